"""Extract the features of a parser state: which words the scorers see, and what else.

A state becomes a vector in three parts, whose columns are named in the tables below:

* the vectors of the words at named POSITIONS of stack, buffer and partial tree (Chen & Manning 2014, Kiperwasser &
  Goldberg 2016); an empty position has a learned vector of its own, and so has the root;
* vectors for the labels of the arcs to the children among them (CHILD_POSITIONS); the children are seen if the model's
  setting `children` says so;
* graph scores (GRAPH_FEATURES): probabilities, from the biaffine head distribution of each word, that say what the
  arcs between the words at hand and those still to come are likely to be.  A greedy step knows what is coming.

`extract` finds the words and the labels of a state, `graph_features` looks up the numbers of the third part. Each of
them, p, enters as p and as log(p + 0.001), which tells small ones apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from arcparser.transition.arc_standard import ROOT, States
from arcparser.types import Floats, Ints

# s0 is the top of the stack, b0 the front of the buffer; `extract` gives the words in this order.
WORD_POSITIONS = ("s0", "s1", "s2", "b0", "b1")
CHILD_POSITIONS = ("s0.leftmost", "s0.rightmost", "s1.leftmost", "s1.rightmost")
POSITIONS = WORD_POSITIONS + CHILD_POSITIONS

# (dependent, head): P(head of dependent = head).
ARC_FEATURES = tuple(
    arc
    for one, other in (("s1", "s0"), ("s0", "b0"), ("s1", "b0"), ("s0", "s2"), ("s1", "s2"), ("b0", "b1"))
    for arc in ((one, other), (other, one))
)
# The buffer here is its suffix of words that were never shifted: all of it but for words that SWAP put back.
BUFFER_HEAD_FEATURES = ("s0", "s1", "s2")  # P(head of the word lies in the buffer)
BUFFER_CHILD_FEATURES = ("s0", "s1", "s2")  # expected number of the word's children in the buffer
GRAPH_FEATURES = (
    *(f"P(head of {d} = {h})" for d, h in ARC_FEATURES),
    *(f"P(head of {d} in buffer)" for d in BUFFER_HEAD_FEATURES),
    *(f"E(children of {h} in buffer)" for h in BUFFER_CHILD_FEATURES),
)

_AT = {name: index for index, name in enumerate(POSITIONS)}
_DEPENDENTS = np.array([_AT[d] for d, _ in ARC_FEATURES])
_HEADS = np.array([_AT[h] for _, h in ARC_FEATURES])
_BUFFER_HEADS = np.array([_AT[d] for d in BUFFER_HEAD_FEATURES])
_BUFFER_CHILDREN = np.array([_AT[h] for h in BUFFER_CHILD_FEATURES])


@dataclass(frozen=True, slots=True)
class StateFeatures:
    """Hold what the extractor sees of `S` states, as integers.

    `sentence [S]`; `words [S, P]` the word numbers at POSITIONS (0 the root, MISSING for none); `labels [S, Q]` the
    label ids of the arcs to CHILD_POSITIONS (MISSING for none); `next_unshifted [S]`. Without children, P is 5 and Q
    is 0.
    """

    sentence: Ints
    words: Ints
    labels: Ints
    next_unshifted: Ints


def extract(states: States) -> StateFeatures:
    """Extract the features of the active states."""
    rows = states.active
    children = len(CHILD_POSITIONS) if states.children else 0
    words = np.empty((len(rows), len(WORD_POSITIONS) + children), dtype=np.intp)
    for depth in range(3):
        words[:, depth] = states.stack_words(depth)
    for offset in range(2):
        words[:, 3 + offset] = states.buffer_words(offset)
    found = words[:, len(WORD_POSITIONS) :]  # a view
    if children:
        # s1 is MISSING where the stack is the root alone: the root has no children yet, so its column serves.
        heads = np.maximum(words[:, :2], ROOT)
        found[:, 0::2] = states.leftmost[rows[:, None], heads]
        found[:, 1::2] = states.rightmost[rows[:, None], heads]
    labels = states.labels[rows[:, None], np.maximum(found, ROOT)]  # the root has none: MISSING, as for no child
    return StateFeatures(rows, words, labels, states.next_unshifted[rows])


def concatenate(parts: list[StateFeatures]) -> StateFeatures:
    """Join the states of all `parts`."""
    return StateFeatures(*(np.concatenate([getattr(p, field) for p in parts]) for field in StateFeatures.__slots__))


def take_states(features: StateFeatures, chosen: Ints) -> StateFeatures:
    """Take some of the states, by their places."""
    return StateFeatures(*(getattr(features, field)[chosen] for field in StateFeatures.__slots__))


class GraphLookup(Protocol):
    """Answer what `GraphScores` does, of word indices as there: `sentence [S, 1]`, the others `[S, …]`."""

    def arcs_at(self, sentence: Ints, dependents: Ints, heads: Ints) -> Floats:
        """Look up P(head of d = h)."""

    def heads_from_at(self, sentence: Ints, dependents: Ints, first: Ints) -> Floats:
        """Look up P(head of d ≥ j)."""

    def children_from_at(self, sentence: Ints, first: Ints, heads: Ints) -> Floats:
        """Look up the expected number of children of h among the words ≥ j."""


@dataclass(frozen=True, slots=True)
class GraphScores:
    """Hold the biaffine distribution in the form that `graph_features` looks up.

    Word w of a sentence is at index w + 1, the root at 1, MISSING at 0; the last index, L + 2, says that no word is
    left. `arcs [B, L+2, L+3]`: `arcs[b, d, h]` = P(head of d = h); `heads_from` of the same shape: `heads_from[b, d,
    j]` = P(head of d ≥ j); `children_from [B, L+3, L+3]`: `children_from[b, j, h]` = expected number of children of h
    among the words ≥ j.
    """

    arcs: Floats
    heads_from: Floats
    children_from: Floats

    def arcs_at(self, sentence: Ints, dependents: Ints, heads: Ints) -> Floats:
        """Look up P(head of d = h)."""
        return self.arcs[sentence, dependents, heads]

    def heads_from_at(self, sentence: Ints, dependents: Ints, first: Ints) -> Floats:
        """Look up P(head of d ≥ j)."""
        return self.heads_from[sentence, dependents, first]

    def children_from_at(self, sentence: Ints, first: Ints, heads: Ints) -> Floats:
        """Look up the expected number of children of h among the words ≥ j."""
        return self.children_from[sentence, first, heads]


def graph_scores(probabilities: Floats) -> GraphScores:
    """Build the tables from P(head of word d+1 = h), `[B, L, L+1]`, 0 where a sentence has no such word."""
    batch, longest, _ = probabilities.shape
    arcs = np.zeros((batch, longest + 2, longest + 3), probabilities.dtype)
    arcs[:, 2:, 1:-1] = probabilities
    heads_from = np.zeros_like(arcs)
    children_from = np.zeros((batch, longest + 3, longest + 3), probabilities.dtype)
    # A column and a row at a time for all sentences: a third of the time of np.cumsum.
    for j in range(longest + 1, -1, -1):
        np.add(heads_from[:, :, j + 1], arcs[:, :, j], out=heads_from[:, :, j])
        np.add(children_from[:, j + 1], arcs[:, j], out=children_from[:, j])
    return GraphScores(arcs, heads_from, children_from)


def graph_features(features: StateFeatures, scores: GraphLookup) -> Floats:
    """Look up GRAPH_FEATURES of the states, each as p and log(p + 0.001): `[S, 2 G]`."""
    b = features.sentence[:, None]
    at = features.words + 1
    next_unshifted = features.next_unshifted[:, None] + 1
    p = np.concatenate(
        (
            scores.arcs_at(b, at[:, _DEPENDENTS], at[:, _HEADS]),
            scores.heads_from_at(b, at[:, _BUFFER_HEADS], next_unshifted),
            scores.children_from_at(b, next_unshifted, at[:, _BUFFER_CHILDREN]),
        ),
        axis=1,
    )
    return np.concatenate((p, np.log(p + p.dtype.type(0.001))), axis=1)
