"""Run the arc-standard loop: extract features, score, choose, apply, until every sentence has its tree.

Every Python step moves all sentences of a batch. Training walks through its sentences in
`arcparser.training.exploration`.
"""

from __future__ import annotations

import numpy as np

from arcparser.network.label_scorer import LabelScorer, choose_labels, choose_labels_of_arcs
from arcparser.network.transition_scorer import TransitionScorer, choose_transitions
from arcparser.network.vocabulary import LabelMasks
from arcparser.nn.choice import CloseCalls
from arcparser.transition.arc_standard import MISSING, States
from arcparser.transition.features import extract
from arcparser.types import Ints


def greedy(
    lengths: Ints, transition_scorer: TransitionScorer, label_scorer: LabelScorer, masks: LabelMasks
) -> tuple[States, Ints]:
    """Parse sentences of these `lengths [B]`.

    Returns:
        The finished states, which hold heads and labels `[B, L+1]`, and the sentences with a choice that rounding could
        have turned (`arcparser.nn.choice`).
    """
    # In double precision ties are decided; of single precision it is enough to look at all choices together.
    single = transition_scorer.b.dtype != np.float64
    close_transitions, close_labels = (CloseCalls() if single else None for _ in range(2))
    children, rows = transition_scorer.children, transition_scorer.rows
    states = States(lengths, children=children)
    while len(states.active):
        transition = choose_transitions(transition_scorer, extract(states), states.legal(), close_transitions)
        if children:  # their labels are features of the states to come
            label = choose_labels(states, transition, label_scorer, rows, masks, close_labels)
        else:
            label = np.full(len(transition), MISSING)
        states.apply(transition, label)
    if not children:  # one product for all arcs
        sentence = np.repeat(np.arange(len(lengths)), lengths)
        words = np.arange(len(sentence)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
        states.labels[sentence, words] = choose_labels_of_arcs(
            states, label_scorer, rows, masks, sentence, words, close_labels
        )
    if close_transitions is None or close_labels is None:
        return states, np.empty(0, dtype=np.intp)
    return states, np.union1d(close_transitions.found(), close_labels.found())
