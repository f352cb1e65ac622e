"""Project the encoder's vectors to what each scorer reads (the MLP projections of Dozat & Manning 2017).

One product serves all scorers. Its columns are

    [ state | graph dependent | graph head | label dependent | label head ]

and the first three are rectified at once; those of the label scorer are rectified when a head and a dependent have been
added up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from arcparser.network.settings import Settings
from arcparser.nn.dropout import dropout_with_backward
from arcparser.nn.linear import linear, linear_with_backward, relu, relu_with_backward
from arcparser.nn.parameters import Parameters, Weight, glorot, zeros
from arcparser.types import Floats


def declare(settings: Settings, inputs: int) -> dict[str, Weight]:
    """Declare the projections' weights; `inputs`: width of the encoder's vectors."""
    columns = sum(projection_widths(settings))
    return {"projection.w": Weight((inputs, columns), glorot), "projection.b": Weight((columns,), zeros)}


def projection_widths(settings: Settings, *, with_graph: bool = True) -> tuple[int, int, int, int, int]:
    """Return the widths of: state, graph dependent, graph head, label dependent, label head.

    Args:
        with_graph: With those of the graph scorer; a parser whose states show none of it can do without.
    """
    s = settings
    of_graph = s.graph_width if with_graph else 0
    return s.state_width, of_graph, of_graph, s.label_width, s.label_width


def rectified_width(settings: Settings, *, with_graph: bool = True) -> int:
    """Return how many columns, the first ones, are rectified."""
    return sum(projection_widths(settings, with_graph=with_graph)[:3])


@dataclass(frozen=True, slots=True)
class Projections:
    """Hold the encoder's vectors as each scorer wants them, rows in packed order.

    `state [T, state_width]`, `graph_dependent`, `graph_head [T, A]`, `label_dependent`, `label_head [T, W]`.
    """

    state: Floats
    graph_dependent: Floats
    graph_head: Floats
    label_dependent: Floats
    label_head: Floats


def split_projections(columns: Floats, settings: Settings, *, with_graph: bool = True) -> Projections:
    """Give each scorer its columns of `[T, sum of projection_widths]`: views."""
    widths = projection_widths(settings, with_graph=with_graph)
    return Projections(*np.split(columns, np.cumsum(widths[:-1]), axis=1))


class ProjectionWeights(NamedTuple):
    """Hold the columns that are wanted, `w [R, columns]`, `b [columns]`, and how many of them are rectified."""

    w: Floats
    b: Floats
    rectified: int


def projection_weights(settings: Settings, p: Parameters, *, with_graph: bool = True) -> ProjectionWeights:
    """Choose the columns, with or without those of the graph scorer."""
    w, b = p["projection.w"], p["projection.b"]
    rectified = rectified_width(settings, with_graph=with_graph)
    if not with_graph:
        columns = np.arange(len(b))
        kept = (columns < settings.state_width) | (columns >= rectified_width(settings))
        w, b = w[:, kept], b[kept]
    return ProjectionWeights(w, b, rectified)


def project(vectors: Floats, weights: ProjectionWeights) -> Floats:
    """Compute the columns of all scorers, `vectors [T, R]` -> `[T, columns]`."""
    y = linear(vectors, weights.w, weights.b)
    relu(y[:, : weights.rectified])
    return y


def project_with_backward(
    vectors: Floats, settings: Settings, p: Parameters, g: Parameters, mask: Floats | None = None
) -> tuple[Projections, Callable[[Projections], Floats]]:
    """Compute `project` for training, split; `backward` takes the gradients on all projections.

    Args:
        vectors: `[T, R]` the encoder's.
        mask: `[T, rectified_width]` dropout of the rectified columns.
    """
    rectified = rectified_width(settings)
    w, b = p["projection.w"], p["projection.b"]
    y, linear_backward = linear_with_backward(vectors, w, b, g["projection.w"], g["projection.b"])
    part, relu_backward = relu_with_backward(y[:, :rectified])
    part, dropout_backward = dropout_with_backward(part, mask)
    columns = y if mask is None else np.concatenate((part, y[:, rectified:]), axis=1)

    def backward(d: Projections) -> Floats:
        dpart = np.concatenate((d.state, d.graph_dependent, d.graph_head), axis=1)
        dpart = relu_backward(dropout_backward(dpart))
        return linear_backward(np.concatenate((dpart, d.label_dependent, d.label_head), axis=1))

    return split_projections(columns, settings), backward
