"""The arc-standard loop: extract features, score, choose, apply, until every sentence has its tree.

`greedy` parses; `explore_states` walks through training sentences beside the oracle and keeps what it saw. Every
Python step moves all sentences of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arcparser.network.classifier import LabelScorer, StateScorer
from arcparser.nn.softmax import softmax
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, ROOT, States
from arcparser.transition.features import StateFeatures, concatenate, extract
from arcparser.transition.oracle import Oracle
from arcparser.types import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class LabelMasks:
    """Which labels an arc from the root may bear, and which any other, `[labels]` each."""

    at_root: Bools
    elsewhere: Bools

    def legal(self, heads: Ints) -> Bools:
        """`[S]` heads (word numbers) -> `[S, labels]`."""
        return np.where((heads == ROOT)[:, None], self.at_root, self.elsewhere)


def choose_labels(
    states: States, transition: Ints, scorer: StateScorer, labeler: LabelScorer, masks: LabelMasks
) -> Ints:
    """The most probable legal label for each transition that makes an arc, `[S]`; MISSING for the others."""
    label = np.full(len(transition), MISSING, dtype=np.intp)
    positions, heads, dependents = states.arc(transition)
    if len(positions):
        rows = states.active[positions]
        logits = labeler.logits(transition[positions], scorer.rows[rows, heads + 1], scorer.rows[rows, dependents + 1])
        label[positions] = np.where(masks.legal(heads), logits, -np.inf).argmax(axis=1)
    return label


def choose_transitions(scorer: StateScorer, features: StateFeatures, legal: Bools) -> Ints:
    """The most probable legal transition of each state, `[S]`."""
    return np.where(legal, scorer.logits(features), -np.inf).argmax(axis=1)


def greedy(lengths: Ints, scorer: StateScorer, labeler: LabelScorer, masks: LabelMasks) -> States:
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
        logits, legal = _label_logits(states, scorer, labeler, masks, sentence, words)
        states.labels[sentence, words] = np.where(legal, logits, -np.inf).argmax(axis=1)
    return states


def _label_logits(
    states: States, scorer: StateScorer, labeler: LabelScorer, masks: LabelMasks, sentence: Ints, words: Ints
) -> tuple[Floats, Bools]:
    """Scores `[T, labels]` for the arcs that `words [T]` of `sentence [T]` got, and which labels are legal."""
    heads = states.heads[sentence, words]
    transition = np.where(heads > words, LEFT_ARC, RIGHT_ARC)
    logits = labeler.logits(transition, scorer.rows[sentence, heads + 1], scorer.rows[sentence, words + 1])
    return logits, masks.legal(heads)


def label_probabilities(
    states: States, scorer: StateScorer, labeler: LabelScorer, masks: LabelMasks, sentence: Ints, words: Ints
) -> Floats:
    """P(label | transition, head, dependent) of the arcs that `words [T]` of `sentence [T]` got, `[T]`."""
    a = softmax(*_label_logits(states, scorer, labeler, masks, sentence, words))
    return a[np.arange(len(words)), states.labels[sentence, words]]


@dataclass(frozen=True, slots=True)
class Visited:
    """The `N` states of a explore_states: their features, legal transitions `[N, 4]`, the oracle's transition `[N]`."""

    features: StateFeatures
    legal: Bools
    correct: Ints


def explore_states(
    oracle: Oracle,
    gold_labels: Ints,
    scorer: StateScorer,
    labeler: LabelScorer,
    masks: LabelMasks,
    explore: float,
    rng: np.random.Generator,
) -> Visited:
    """Walk through the sentences of `oracle.states`, and ask the oracle in every state on the way.

    With probability `explore` a sentence makes the parser's own choice instead of the oracle's at a step (Goldberg &
    Nivre 2012, "training with exploration"): the parser learns what to do after its own mistakes. Then it also sees
    the labels that it would have given; without exploration it sees the gold labels.

    Args:
        gold_labels: `[B, L+1]` label ids of the gold arcs, MISSING at the root.
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
        if explore > 0:
            own = choose_transitions(scorer, seen, legal)
            transition = np.where(rng.random(len(rows)) < explore, own, correct)
        if explore > 0:
            label = choose_labels(states, transition, scorer, labeler, masks)
        else:
            label = np.full(len(rows), MISSING, dtype=np.intp)
            positions, _, dependents = states.arc(transition)
            label[positions] = gold_labels[rows[positions], dependents]
        oracle.apply(transition, label)
    return Visited(concatenate(features), np.concatenate(legals), np.concatenate(corrects))
