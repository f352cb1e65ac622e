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
    """Hold `N` states: their features, legal transitions `[N, 4]`, and which of these are right, `[N, 4]`."""

    features: StateFeatures
    legal: Bools
    correct: Bools


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

    Where several transitions are right, as heads are unknown, it is the parser that chooses among them.

    Args:
        oracle: Of states in which nothing was done yet.
        gold_labels: `[B, L+1]` label ids of the gold arcs, MISSING at the root and where unknown.
        transition_scorer: The parser's, for the same sentences.
        label_scorer: Likewise.
        masks: Which labels are legal where.
        probability: Of following the parser, 0 to 1.
        rng: Where the randomness comes from.
    """
    states, partial = oracle.states, oracle.partial
    features, legals, corrects = [], [], []
    while len(states.active):
        rows = states.active
        seen, legal, correct = extract(states), states.legal(), oracle.allowed()
        features.append(seen)
        legals.append(legal)
        corrects.append(correct)
        transition = correct.argmax(axis=1)
        if probability > 0 or partial:
            strays = rng.random(len(rows)) < probability
            transition = choose_transitions(transition_scorer, seen, np.where(strays[:, None], legal, correct))
            label = choose_labels(states, transition, label_scorer, transition_scorer.rows, masks)
        else:
            label = np.full(len(rows), MISSING, dtype=np.intp)
        if probability == 0:
            positions, _, dependents = states.arc(transition)
            gold = gold_labels[rows[positions], dependents]
            label[positions] = np.where(gold == MISSING, label[positions], gold)
        oracle.apply(transition, label)
    return VisitedStates(concatenate(features), np.concatenate(legals), np.concatenate(corrects))
