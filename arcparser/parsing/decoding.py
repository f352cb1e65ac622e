"""Run the arc-standard loop: extract features, score, choose, apply, until every sentence has its tree.

Every Python step moves all sentences of a batch. Training walks through its sentences in
`arcparser.training.exploration`.
"""

from __future__ import annotations

import numpy as np

from arcparser.network.label_scorer import LabelScorer, choose_labels, choose_labels_of_arcs
from arcparser.network.transition_scorer import TransitionScorer, choose_transitions
from arcparser.network.vocabulary import LabelMasks
from arcparser.transition.arc_standard import MISSING, States
from arcparser.transition.features import extract
from arcparser.types import Ints


def greedy(lengths: Ints, transition_scorer: TransitionScorer, label_scorer: LabelScorer, masks: LabelMasks) -> States:
    """Parse sentences of these `lengths [B]`: the finished states hold heads and labels `[B, L+1]`."""
    children, rows = transition_scorer.children, transition_scorer.rows
    states = States(lengths, children=children)
    while len(states.active):
        transition = choose_transitions(transition_scorer, extract(states), states.legal())
        if children:  # their labels are features of the states to come
            label = choose_labels(states, transition, label_scorer, rows, masks)
        else:
            label = np.full(len(transition), MISSING)
        states.apply(transition, label)
    if not children:  # one product for all arcs
        sentence = np.repeat(np.arange(len(lengths)), lengths)
        words = np.arange(len(sentence)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
        states.labels[sentence, words] = choose_labels_of_arcs(states, label_scorer, rows, masks, sentence, words)
    return states
