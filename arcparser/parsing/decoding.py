"""Run the arc-standard loop: extract features, score, choose, apply, until every sentence has its tree.

Every Python step moves all sentences of a batch. Training walks through its sentences in
`arcparser.learning.exploration`.

Some arcs may be given: these are made, whatever the scores say, and the others around them
(`arcparser.transition.known_arcs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from arcparser.network.label_scorer import LabelScorer, choose_labels, choose_labels_of_arcs
from arcparser.network.transition_scorer import TransitionScorer, choose_transitions
from arcparser.network.vocabulary import LabelMasks
from arcparser.nn.choice import CloseCalls
from arcparser.transition.arc_standard import MISSING, States
from arcparser.transition.features import extract
from arcparser.types import Ints

if TYPE_CHECKING:
    from arcparser.transition.known_arcs import KnownArcs


class GivenArcs(NamedTuple):
    """The arcs of a sentence of n words that are given.

    Attributes:
        heads: `[n]`, MISSING where none is given.
        labels: `[n]` ids, MISSING where none is given.
    """

    heads: list[int]
    labels: list[int]


def greedy(
    lengths: Ints,
    transition_scorer: TransitionScorer,
    label_scorer: LabelScorer,
    masks: LabelMasks,
    given: Sequence[GivenArcs] | None = None,
) -> tuple[States, Ints]:
    """Parse sentences of these `lengths [B]`, around the arcs that are `given [B]`, if there are any.

    Returns:
        The finished states, which hold heads and labels `[B, L+1]`, and the sentences with a choice that rounding could
        have turned (`arcparser.nn.choice`).
    """
    # In double precision ties are decided; of single precision it is enough to look at all choices together.
    single = transition_scorer.b.dtype != np.float64
    close_transitions, close_labels = (CloseCalls() if single else None for _ in range(2))
    children, rows = transition_scorer.children, transition_scorer.rows
    if given is None:
        states, known = States(lengths, children=children), None
    else:
        from arcparser.transition.known_arcs import KnownArcs  # few parses are given any

        states = States(lengths, max_swaps=None, children=children)
        known = KnownArcs(states, [arcs.heads for arcs in given])
        given_labels = _padded([arcs.labels for arcs in given], states.labels)
    while len(states.active):
        if known is None:
            transition = choose_transitions(transition_scorer, extract(states), states.legal(), close_transitions)
        else:
            transition = _choose_around(known, transition_scorer, close_transitions)
        if children:  # their labels are features of the states to come
            label = choose_labels(states, transition, label_scorer, rows, masks, close_labels)
            if known is not None:
                label = _labels_around(states, transition, label, given_labels)
        else:
            label = np.full(len(transition), MISSING)
        if known is None:
            states.apply(transition, label)
        else:
            known.apply(transition, label)
    if not children:  # one product for all arcs
        sentence = np.repeat(np.arange(len(lengths)), lengths)
        words = np.arange(len(sentence)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
        states.labels[sentence, words] = choose_labels_of_arcs(
            states, label_scorer, rows, masks, sentence, words, close_labels
        )
    if known is not None:
        states.labels = np.where(given_labels == MISSING, states.labels, given_labels)
    if close_transitions is None or close_labels is None:
        return states, np.empty(0, dtype=np.intp)
    return states, np.union1d(close_transitions.found(), close_labels.found())


def _choose_around(known: KnownArcs, scorer: TransitionScorer, close: CloseCalls | None) -> Ints:
    """Choose the most probable transition of each state that keeps the known arcs, `[S]`."""
    features, legal = extract(known.states), known.legal()
    transition = choose_transitions(scorer, features, legal, close)
    while (refused := known.refused(transition)).any():
        legal[refused, transition[refused]] = False
        transition = choose_transitions(scorer, features, legal, close)
    return transition


def _labels_around(states: States, transition: Ints, label: Ints, given: Ints) -> Ints:
    """Replace the labels of transitions that make a known arc by the one that is given, `[S]`."""
    positions, _, dependents = states.arc(transition)
    label = label.copy()
    found = given[states.active[positions], dependents]
    label[positions] = np.where(found == MISSING, label[positions], found)
    return label


def _padded(of_words: Sequence[Sequence[int]], like: Ints) -> Ints:
    """Lay out numbers of words 1..n of each sentence, `[B, L+1]`, MISSING elsewhere."""
    padded = np.full_like(like, MISSING)
    for row, numbers in zip(padded, of_words):
        row[1 : len(numbers) + 1] = numbers
    return padded
