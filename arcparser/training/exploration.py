"""Walk through training sentences beside the oracle, and keep what was seen (training with exploration)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arcparser.network.label_scorer import LabelScorer, choose_labels
from arcparser.network.transition_scorer import TransitionScorer, choose_transitions
from arcparser.network.vocabulary import LabelMasks
from arcparser.transition.arc_standard import MISSING
from arcparser.transition.features import StateFeatures, concatenate, extract
from arcparser.transition.oracle import Oracle
from arcparser.types import Bools, Ints


@dataclass(frozen=True, slots=True)
class VisitedStates:
    """Hold `N` states: their features, legal transitions `[N, 4]`, the oracle's transition `[N]`."""

    features: StateFeatures
    legal: Bools
    correct: Ints


def explore_states(
    oracle: Oracle,
    gold_labels: Ints,
    transition_scorer: TransitionScorer,
    label_scorer: LabelScorer,
    masks: LabelMasks,
    *,
    probability: float,
    rng: np.random.Generator,
) -> VisitedStates:
    """Walk through the sentences of `oracle.states`, and ask the oracle in every state on the way.

    With this `probability` a sentence makes the parser's own choice instead of the oracle's at a step (Goldberg & Nivre
    2012, "training with exploration"): the parser learns what to do after its own mistakes. Then it also sees the
    labels that it would have given; without exploration it sees the gold labels.

    Args:
        oracle: Of states in which nothing was done yet.
        gold_labels: `[B, L+1]` label ids of the gold arcs, MISSING at the root.
        transition_scorer: The parser's, for the same sentences.
        label_scorer: Likewise.
        masks: Which labels are legal where.
        probability: Of following the parser, 0 to 1.
        rng: Where the randomness comes from.
    """
    states = oracle.states
    features, legals, corrects = [], [], []
    while len(states.active):
        rows = states.active
        seen, legal, correct = extract(states), states.legal(), oracle.transitions()
        features.append(seen)
        legals.append(legal)
        corrects.append(correct)
        transition = correct
        if probability > 0:
            own = choose_transitions(transition_scorer, seen, legal)
            transition = np.where(rng.random(len(rows)) < probability, own, correct)
            label = choose_labels(states, transition, label_scorer, transition_scorer.rows, masks)
        else:
            label = np.full(len(rows), MISSING, dtype=np.intp)
            positions, _, dependents = states.arc(transition)
            label[positions] = gold_labels[rows[positions], dependents]
        oracle.apply(transition, label)
    return VisitedStates(concatenate(features), np.concatenate(legals), np.concatenate(corrects))
