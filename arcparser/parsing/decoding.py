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


def greedy(lengths: Ints, scorer: TransitionScorer, labeler: LabelScorer, masks: LabelMasks) -> States:
    """Parse sentences of these `lengths [B]`: the finished states hold heads and labels `[B, L+1]`."""
    states = States(lengths, children=scorer.children)
    while len(states.active):
        transition = choose_transitions(scorer, extract(states), states.legal())
        if scorer.children:  # their labels are features of the states to come
            label = choose_labels(states, transition, scorer, labeler, masks)
        else:
            label = np.full(len(transition), MISSING)
        states.apply(transition, label)
    if not scorer.children:  # one product for all arcs
        sentence = np.repeat(np.arange(len(lengths)), lengths)
        words = np.arange(len(sentence)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
        states.labels[sentence, words] = choose_labels_of_arcs(states, scorer, labeler, masks, sentence, words)
    return states
