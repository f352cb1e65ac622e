"""The softmax that picks the next action, and the scorers it reads from.

The N actions are SHIFT, SWAP, and LEFT-ARC and RIGHT-ARC with each label. Their distribution is factored:

    P(action) = P(transition | state) · P(label | transition, head, dependent)

so that a rare label learns from every arc that bears it, whichever way it points. Both factors are softmaxes:

* transition: relu(Σ_position V_position[word] + Σ_position E_position[label] + graph features · G + b) · W.
  Each word's vector is multiplied once for each position before parsing starts; a state only adds up gathered rows
  (the precomputation of Chen & Manning 2014, after Devlin et al. 2014).
* label: relu(H[head] + D[dependent] + b_direction) · W, over the labels that are legal for the head.

The graph scorer (`arcparser.nn.biaffine`) has a softmax of its own over the possible heads of each word. Its
probabilities are features of the state; it builds no tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.network.settings import Settings
from arcparser.nn.biaffine import biaffine
from arcparser.nn.linear import add_rows, dropout, linear, relu
from arcparser.nn.packing import Packing
from arcparser.nn.parameters import Parameters
from arcparser.transition.arc_standard import LEFT_ARC, TRANSITIONS
from arcparser.transition.features import (
    CHILD_POSITIONS,
    GRAPH_FEATURES,
    WORD_POSITIONS,
    GraphScores,
    StateFeatures,
    graph_features,
)
from arcparser.types import Bools, Floats, Ints


def shapes(settings: Settings, vectors: int, labels: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the weights; `vectors`: width of the encoder's output, `labels`: how many."""
    s = settings
    children = len(CHILD_POSITIONS) if s.children else 0
    return {
        # One product for all scorers: [state | graph dependent | graph head | label dependent | label head]
        "projection.w": (vectors, sum(projection_widths(s))),
        "projection.b": (sum(projection_widths(s)),),
        "graph.root": (s.graph_width,),
        "graph.w": (s.graph_width, s.graph_width),
        "graph.v": (s.graph_width,),
        "label.root": (s.label_width,),
        "label.direction": (2, s.label_width),
        "label.w": (s.label_width, labels),
        "label.b": (labels,),
        "state.special": (2, s.state_width),  # the vectors of the root and of a missing word
        "state.w": (len(WORD_POSITIONS) + children, s.state_width, s.action_hidden),
        "state.b": (s.action_hidden,),
        "state.labels": (children, labels + 1, s.action_hidden),  # row 0: no arc
        "state.graph": (2 * len(GRAPH_FEATURES) if s.graph_features else 0, s.action_hidden),
        "transition.w": (s.action_hidden, len(TRANSITIONS)),
        "transition.b": (len(TRANSITIONS),),
    }


def projection_widths(settings: Settings, *, graph: bool = True) -> tuple[int, int, int, int, int]:
    """Columns of `projection.w` for: state, graph dependent, graph head, label dependent, label head.

    Args:
        graph: With those of the graph scorer; a parser whose states show none of it can do without.
    """
    s = settings
    of_graph = s.graph_width if graph else 0
    return s.state_width, of_graph, of_graph, s.label_width, s.label_width


def projection_weights(settings: Settings, p: Parameters, *, graph: bool) -> tuple[Floats, Floats]:
    """`projection.w [R, columns]` and `projection.b [columns]` of `projection_widths`."""
    w, b = p["projection.w"], p["projection.b"]
    if graph:
        return w, b
    columns = np.arange(len(b))
    kept = (columns < settings.state_width) | (columns >= settings.state_width + 2 * settings.graph_width)
    return w[:, kept], b[kept]


@dataclass(frozen=True, slots=True)
class Projections:
    """The encoder's vectors as each scorer wants them, rows in packed order.

    `state [T, state_width]`, `graph_dependent`, `graph_head [T, A]`, `label_dependent`, `label_head [T, W]`.
    """

    state: Floats
    graph_dependent: Floats
    graph_head: Floats
    label_dependent: Floats
    label_head: Floats


def heads(
    vectors: Floats, settings: Settings, p: Parameters, g: Parameters, mask: Floats | None = None
) -> tuple[Projections, Callable[[Projections], Floats]]:
    """Rectified views of the word vectors `[T, R]`, but for the label scorer's, which are rectified when added up.

    Args:
        mask: `[T, state_width + 2 A]` dropout of the rectified ones.
    """
    rectified = sum(projection_widths(settings)[:3])
    y, y_backward = linear(vectors, p["projection.w"], p["projection.b"], g["projection.w"], g["projection.b"])
    part, relu_backward = relu(y[:, :rectified])
    part, drop_backward = dropout(part, mask)
    h = split_projections(y if mask is None else np.concatenate((part, y[:, rectified:]), axis=1), settings)

    def backward(d: Projections) -> Floats:
        dpart = np.concatenate((d.state, d.graph_dependent, d.graph_head), axis=1)
        dpart = relu_backward(drop_backward(dpart))
        return y_backward(np.concatenate((dpart, d.label_dependent, d.label_head), axis=1))

    return h, backward


def split_projections(y: Floats, settings: Settings, *, graph: bool = True) -> Projections:
    """The columns `[T, sum of projection_widths]` of each scorer."""
    widths = projection_widths(settings, graph=graph)
    return Projections(*np.split(y, np.cumsum(widths[:-1]), axis=1))


def graph_logits(
    h: Projections, packing: Packing, p: Parameters, g: Parameters
) -> tuple[Floats, Bools, Callable[[Floats], tuple[Floats, Floats]]]:
    """Scores `[B, L, L+1]` of each word's possible heads (0 is the root), and which are possible.

    A word cannot head itself, nor can a word that is not there; the rows of words that are not there allow all heads,
    so that their softmax exists. `backward` gives the gradients on graph_dependent and graph_head, `[T, A]`.
    """
    rows = packing.padded()  # [B, L]
    batch, longest = rows.shape
    zero = np.zeros((1, h.graph_dependent.shape[1]), h.graph_dependent.dtype)
    dependents = np.concatenate((h.graph_dependent, zero))[rows]
    root = np.broadcast_to(p["graph.root"], (batch, 1, len(p["graph.root"])))
    as_heads = np.concatenate((root, np.concatenate((h.graph_head, zero))[rows]), axis=1)
    scores, scores_backward = biaffine(dependents, as_heads, p["graph.w"], p["graph.v"], g["graph.w"], g["graph.v"])
    there = np.arange(longest) < packing.lengths[:, None]  # [B, L]
    possible = np.ones(scores.shape, dtype=bool)
    possible[:, :, 1:] = (there[:, None, :] & ~np.eye(longest, dtype=bool)) | ~there[:, :, None]

    def backward(dscores: Floats) -> tuple[Floats, Floats]:
        ddependents, das_heads = scores_backward(dscores)
        g["graph.root"][...] += das_heads[:, 0].sum(axis=0)
        at = packing.sentence, packing.position
        return ddependents[at], das_heads[:, 1:][at]

    return scores, possible, backward


@dataclass(frozen=True, slots=True)
class StateScorer:
    """P(transition | state), with every product that does not depend on the state done beforehand.

    `tables [P, T+2, hidden]`: each word's contribution at each position, the root's in row T, a missing word's in row
    T+1; `rows [B, L+2]`: where word w of a sentence (at w + 1) lies in them; `graph`: as in features, empty if states
    show none of it.
    """

    tables: Floats
    rows: Ints
    graph: Sequence[GraphScores]
    labels: Floats
    graph_weights: Floats
    bias: Floats
    w: Floats
    b: Floats

    @property
    def children(self) -> bool:
        """Whether the states must show children and their labels."""
        return len(self.labels) > 0

    def graph_features(self, features: StateFeatures) -> Floats:
        """`[S, 2G]` of each graph scorer, side by side."""
        seen = [graph_features(features, scores) for scores in self.graph]
        if len(seen) == 1:
            return seen[0]
        return np.concatenate((np.empty((len(features.words), 0), self.bias.dtype), *seen), axis=1)

    def hidden(self, features: StateFeatures, numbers: Floats) -> Floats:
        """The hidden layer before its rectifier, `[S, hidden]`; `numbers`: the graph features `[S, 2G]`."""
        rows = self.rows[features.sentence[:, None], features.words + 1]
        z: Floats = numbers @ self.graph_weights
        z += self.bias
        gathered = np.empty_like(z)
        for position, table in enumerate(self.tables):
            # "clip" saves take a copy; all rows exist.
            z += np.take(table, rows[:, position], axis=0, out=gathered, mode="clip")
        for position, table in enumerate(self.labels):
            z += np.take(table, features.labels[:, position] + 1, axis=0, out=gathered, mode="clip")
        return z

    def logits(self, features: StateFeatures) -> Floats:
        """Scores of the four transitions, `[S, 4]`."""
        z = self.hidden(features, self.graph_features(features))
        np.maximum(z, 0, out=z)
        return z @ self.w + self.b


def word_rows(packing: Packing) -> Ints:
    """`[B, L+2]`: the row of word w at index w + 1 in packed order; T for the root (1), T+1 for MISSING (0)."""
    words = packing.padded()
    rows = np.full((words.shape[0], words.shape[1] + 2), packing.words + 1, dtype=np.intp)
    rows[:, 1] = packing.words
    rows[:, 2:] = words
    return rows


def state_scorer(
    vectors: Floats,
    packing: Packing,
    graph: GraphScores | None,
    p: Parameters,
    g: Parameters,
    workspace: Floats | None = None,
) -> tuple[StateScorer, Callable[[Floats], Floats]]:
    """Prepare the scorer; `backward` takes the gradient on its tables and gives that on `vectors`.

    Args:
        vectors: `[T, state_width]` in packed order, `Projections.state`.
        workspace: Where the tables are written, if there is workspace: enough numbers in a row.
    """
    vectors = np.concatenate((vectors, p["state.special"]))  # [T+2, state_width]
    w = p["state.w"]
    shape = len(w), len(vectors), w.shape[2]
    size = shape[0] * shape[1] * shape[2]
    tables = np.matmul(vectors, w, out=None if workspace is None else workspace[:size].reshape(shape))

    def backward(dtables: Floats) -> Floats:
        g["state.w"][...] += np.matmul(vectors.T, dtables)
        dvectors = np.matmul(dtables, p["state.w"].transpose(0, 2, 1)).sum(axis=0)
        g["state.special"][...] += dvectors[-2:]
        return dvectors[:-2]

    scorer = StateScorer(
        tables, word_rows(packing), [] if graph is None else [graph], p["state.labels"], p["state.graph"], p["state.b"],
        p["transition.w"], p["transition.b"],
    )  # fmt: skip
    return scorer, backward


def score_states(
    scorer: StateScorer, features: StateFeatures, g: Parameters, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Logits `[N, 4]` of all states of a batch at once; `backward` gives the gradient on `scorer.tables`.

    The graph features are inputs here: no gradient goes through them to the graph scorer, whose probabilities stay
    what its own loss makes them.

    Args:
        mask: `[N, hidden]` dropout of the hidden layer.
    """
    numbers = scorer.graph_features(features)
    z, relu_backward = relu(scorer.hidden(features, numbers))
    z, drop_backward = dropout(z, mask)
    logits, out_backward = linear(z, scorer.w, scorer.b, g["transition.w"], g["transition.b"])

    def backward(dlogits: Floats) -> Floats:
        dz = relu_backward(drop_backward(out_backward(dlogits)))
        g["state.graph"][...] += numbers.T @ dz
        g["state.b"][...] += dz.sum(axis=0)
        for position in range(len(scorer.labels)):
            add_rows(g["state.labels"][position], features.labels[:, position] + 1, dz)
        rows = scorer.rows[features.sentence[:, None], features.words + 1]
        dtables = np.zeros_like(scorer.tables)
        for position in range(len(scorer.tables)):
            add_rows(dtables[position], rows[:, position], dz)
        return dtables

    return logits, backward


@dataclass(frozen=True, slots=True)
class LabelScorer:
    """P(label | transition, head, dependent): `dependents [T, W]`, `heads [T+1, W]` (the root's in row T)."""

    dependents: Floats
    heads: Floats
    direction: Floats
    w: Floats
    b: Floats

    def hidden(self, transition: Ints, head_rows: Ints, dependent_rows: Ints) -> Floats:
        """The hidden layer before its rectifier, for arcs made by `transition [S]`: `[S, W]`."""
        z = self.heads.take(head_rows, axis=0)  # half the time of an index in brackets
        z += self.dependents.take(dependent_rows, axis=0)
        z += self.direction.take((transition == LEFT_ARC).astype(np.intp), axis=0)
        return z

    def logits(self, transition: Ints, head_rows: Ints, dependent_rows: Ints) -> Floats:
        """Scores of the labels, `[S, labels]`."""
        z = self.hidden(transition, head_rows, dependent_rows)
        np.maximum(z, 0, out=z)
        return z @ self.w + self.b


def label_scorer(h: Projections, p: Parameters) -> LabelScorer:
    """Prepare the scorer."""
    as_heads = np.concatenate((h.label_head, p["label.root"][None]))
    # In one piece: take would copy columns of a wider array in every step.
    return LabelScorer(
        np.ascontiguousarray(h.label_dependent), as_heads, p["label.direction"], p["label.w"], p["label.b"]
    )


def score_labels(
    scorer: LabelScorer,
    transition: Ints,
    head_rows: Ints,
    dependent_rows: Ints,
    g: Parameters,
    mask: Floats | None = None,
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Logits `[N, labels]` of the arcs; `backward` gives the gradients on label_dependent and label_head."""
    z, relu_backward = relu(scorer.hidden(transition, head_rows, dependent_rows))
    z, drop_backward = dropout(z, mask)
    logits, out_backward = linear(z, scorer.w, scorer.b, g["label.w"], g["label.b"])

    def backward(dlogits: Floats) -> tuple[Floats, Floats]:
        dz = relu_backward(drop_backward(out_backward(dlogits)))
        left = transition == LEFT_ARC
        g["label.direction"][...] += np.stack((dz[~left].sum(axis=0), dz[left].sum(axis=0)))
        ddependents, dheads = np.zeros_like(scorer.dependents), np.zeros_like(scorer.heads)
        add_rows(ddependents, dependent_rows, dz)
        add_rows(dheads, head_rows, dz)
        g["label.root"][...] += dheads[-1]
        return ddependents, dheads[:-1]

    return logits, backward
