"""Score the four transitions of a state, the first factor of the softmax that picks the next action.

The N actions are SHIFT, SWAP, and LEFT-ARC and RIGHT-ARC with each label. Their distribution is factored:

    P(action) = P(transition | state) · P(label | transition, head, dependent)

so that a rare label learns from every arc that bears it, whichever way it points. Both factors are softmaxes. The
labels' is in `arcparser.network.label_scorer`; the transitions' logits are

    relu(Σ_position V_position[word] + Σ_position E_position[label] + graph features · G + b) · W.

Each word's vector is multiplied once for each position before parsing starts; a state only adds up gathered rows (the
precomputation of Chen & Manning 2014, after Devlin et al. 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.network.settings import Settings
from arcparser.nn.choice import CloseCalls, choose
from arcparser.nn.dropout import dropout_with_backward
from arcparser.nn.embedding import add_rows
from arcparser.nn.linear import linear, linear_with_backward, relu, relu_with_backward
from arcparser.nn.packing import Packing
from arcparser.nn.parameters import Parameters, Weight, glorot, glorot_of_sum, normal, zeros
from arcparser.transition.arc_standard import TRANSITIONS
from arcparser.transition.features import (
    CHILD_POSITIONS,
    GRAPH_FEATURES,
    WORD_POSITIONS,
    GraphLookup,
    StateFeatures,
    graph_features,
)
from arcparser.types import Bools, Floats, Ints


def declare(settings: Settings, label_count: int) -> dict[str, Weight]:
    """Declare the transition scorer's weights."""
    s = settings
    children = len(CHILD_POSITIONS) if s.children else 0
    positions = len(WORD_POSITIONS) + children
    return {
        "state.special": Weight((2, s.state_width), normal(0.1)),  # the vectors of the root and of a missing word
        "state.w": Weight((positions, s.state_width, s.action_hidden), glorot_of_sum),
        "state.b": Weight((s.action_hidden,), zeros),
        "state.labels": Weight((children, label_count + 1, s.action_hidden), normal(0.1)),  # row 0: no arc
        "state.graph": Weight((2 * len(GRAPH_FEATURES) if s.graph_features else 0, s.action_hidden), glorot),
        "transition.w": Weight((s.action_hidden, len(TRANSITIONS)), glorot),
        "transition.b": Weight((len(TRANSITIONS),), zeros),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionScorer:
    """Compute P(transition | state), with every product that does not depend on the state done beforehand.

    Attributes:
        tables: `[P, T+2, hidden]` each word's contribution at each position, the root's in row T, a missing word's in
            row T+1.
        rows: `[B, L+2]` where word w of a sentence (at w + 1) lies in them.
        graph: As in `arcparser.transition.features`, one for each network; empty if states show none of it.
        label_tables: `[Q, labels+1, hidden]` the contribution of a child's label, row 0 that of no child.
        graph_weights: `[2G, hidden]`.
        bias: `[hidden]`.
        w: `[hidden, 4]`.
        b: `[4]`.
    """

    tables: Floats
    rows: Ints
    graph: Sequence[GraphLookup]
    label_tables: Floats
    graph_weights: Floats
    bias: Floats
    w: Floats
    b: Floats

    @property
    def children(self) -> bool:
        """Whether the states must show children and their labels."""
        return len(self.label_tables) > 0

    def graph_features(self, features: StateFeatures) -> Floats:
        """Look up the graph features of each graph scorer, side by side, `[S, 2G]`."""
        seen = [graph_features(features, scores) for scores in self.graph]
        if len(seen) == 1:
            return seen[0]
        return np.concatenate((np.empty((len(features.words), 0), self.bias.dtype), *seen), axis=1)

    def hidden(self, features: StateFeatures, graph_values: Floats) -> Floats:
        """Add up the hidden layer before its rectifier, `[S, hidden]`, also from the graph features `[S, 2G]`."""
        rows = self.rows[features.sentence[:, None], features.words + 1]
        z: Floats = graph_values @ self.graph_weights
        z += self.bias
        gathered = np.empty_like(z)
        for position, table in enumerate(self.tables):
            # "clip" saves take a copy; all rows exist.
            z += np.take(table, rows[:, position], axis=0, out=gathered, mode="clip")
        for position, table in enumerate(self.label_tables):
            z += np.take(table, features.labels[:, position] + 1, axis=0, out=gathered, mode="clip")
        return z

    def logits(self, features: StateFeatures) -> Floats:
        """Score the four transitions, `[S, 4]`."""
        return linear(relu(self.hidden(features, self.graph_features(features))), self.w, self.b)


def word_rows(packing: Packing) -> Ints:
    """Return the row of word w at index w + 1 in packed order, `[B, L+2]`; T for the root (1), T+1 for MISSING (0)."""
    words = packing.padded()
    rows = np.full((words.shape[0], words.shape[1] + 2), packing.words + 1, dtype=np.intp)
    rows[:, 1] = packing.words
    rows[:, 2:] = words
    return rows


def prepare_transition_scorer(
    vectors: Floats,
    packing: Packing,
    graph: GraphLookup | None,
    p: Parameters,
    *,
    tables: Floats | None = None,
) -> TransitionScorer:
    """Prepare the scorer for a batch.

    Args:
        vectors: `[T, state_width]` in packed order, `Projections.state`.
        packing: Where the words lie.
        graph: What the graph scorer finds; None if states show none of it.
        p: The network's weights.
        tables: Where the tables are written, if given.
    """
    return TransitionScorer(
        tables=np.matmul(_with_special(vectors, p), p["state.w"], out=tables),
        rows=word_rows(packing),
        graph=[] if graph is None else [graph],
        label_tables=p["state.labels"],
        graph_weights=p["state.graph"],
        bias=p["state.b"],
        w=p["transition.w"],
        b=p["transition.b"],
    )


def prepare_transition_scorer_with_backward(
    vectors: Floats, packing: Packing, graph: GraphLookup | None, p: Parameters, g: Parameters
) -> tuple[TransitionScorer, Callable[[Floats], Floats]]:
    """Prepare the scorer for training; `backward` takes the gradient on its tables and gives that on `vectors`."""
    every = _with_special(vectors, p)

    def backward(dtables: Floats) -> Floats:
        g["state.w"][...] += np.matmul(every.T, dtables)
        dvectors = np.matmul(dtables, p["state.w"].transpose(0, 2, 1)).sum(axis=0)
        g["state.special"][...] += dvectors[-2:]
        return dvectors[:-2]

    return prepare_transition_scorer(vectors, packing, graph, p), backward


def score_transitions_with_backward(
    scorer: TransitionScorer, features: StateFeatures, g: Parameters, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Score all states of a batch at once, `[N, 4]`; `backward` gives the gradient on `scorer.tables`.

    The graph features are inputs here: no gradient goes through them to the graph scorer, whose probabilities stay
    what its own loss makes them.

    Args:
        mask: `[N, hidden]` dropout of the hidden layer.
    """
    graph_values = scorer.graph_features(features)
    z, relu_backward = relu_with_backward(scorer.hidden(features, graph_values))
    z, dropout_backward = dropout_with_backward(z, mask)
    logits, linear_backward = linear_with_backward(z, scorer.w, scorer.b, g["transition.w"], g["transition.b"])

    def backward(dlogits: Floats) -> Floats:
        dz = relu_backward(dropout_backward(linear_backward(dlogits)))
        g["state.graph"][...] += graph_values.T @ dz
        g["state.b"][...] += dz.sum(axis=0)
        for position in range(len(scorer.label_tables)):
            add_rows(g["state.labels"][position], features.labels[:, position] + 1, dz)
        rows = scorer.rows[features.sentence[:, None], features.words + 1]
        dtables = np.zeros_like(scorer.tables)
        for position in range(len(scorer.tables)):
            add_rows(dtables[position], rows[:, position], dz)
        return dtables

    return logits, backward


def choose_transitions(
    scorer: TransitionScorer, features: StateFeatures, legal: Bools, close: CloseCalls | None = None
) -> Ints:
    """Choose the most probable legal transition of each state, `[S]`; `close` keeps how the choice was made."""
    logits = np.where(legal, scorer.logits(features), -np.inf)
    best = choose(logits)
    if close is not None:
        close.add(features.sentence, logits, best)
    return best


def _with_special(vectors: Floats, p: Parameters) -> Floats:
    """Put the vectors of the root and of a missing word below those of the words, `[T+2, state_width]`."""
    return np.concatenate((vectors, p["state.special"]))
