"""What the recurrent layers have in common: two directions, each with products of its own, in one loop.

A cell is a module: `arcparser.nn.lstm` or `arcparser.nn.qrnn`. The backward direction reads each sentence from its
end (`Packing`).
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from arcparser.nn import lstm, qrnn
from arcparser.nn.packing import Packing
from arcparser.types import Floats, Ints

CELLS: dict[str, ModuleType] = {"lstm": lstm, "qrnn": qrnn}


def windows(x: Floats, packing: Packing, window: int) -> Floats:
    """What the gates see of each word in both reading orders, `x [T, D]` in packed order -> `[2, T, window · D]`.

    With a window of 2 the word before stands to the right of the word itself, zeros where there is none.
    """
    width = x.shape[1]
    seen = np.empty((2, len(x), window * width), x.dtype)
    seen[0, :, :width] = x
    seen[1, :, :width] = x[packing.reverse]
    if window == 2:
        first = len(packing.lengths)
        seen[:, :first, width:] = 0
        seen[:, first:, width:] = seen[:, packing.previous, :width]
    return seen


def gate_inputs(seen: Floats, weights: Any) -> Floats:
    """x W + b of both directions, `seen [2, T, D]` -> `[2, T, 3H]`."""
    z: Floats = np.matmul(seen, weights.w)
    z += weights.b[:, None]
    return z


def row_products(x: Floats, weights: Any, window: int) -> Floats:
    """What each of `U` rows adds to the gates wherever it occurs, `x [U, D]` -> `[window, 2, U, 3H]`.

    The first part, x W + b, is for a word's own gates; where the window is 2, the second is for the next word's.
    """
    w = weights.w
    products: Floats = np.matmul(x, w.reshape(2, window, -1, w.shape[2]).transpose(1, 0, 2, 3))
    products[0] += weights.b[:, None]
    return products


def gathered_gate_inputs(products: Floats, rows: Ints, packing: Packing) -> Floats:
    """`gate_inputs` without a product, for `rows [T]` of `row_products`: `[2, T, 3H]`."""
    z = np.empty((2, len(rows), products.shape[3]), products.dtype)
    first, previous = len(packing.lengths), packing.previous
    for direction, read in enumerate((rows, rows[packing.reverse])):
        # "clip" saves take a copy; all rows exist.
        np.take(products[0, direction], read, axis=0, out=z[direction], mode="clip")
        for before in products[1:, direction]:
            z[direction, first:] += before.take(read[previous], axis=0)
    return z


def _backward(dz: Floats, seen: Floats, width: int, weights: Any, gradients: Any, packing: Packing) -> Floats:
    """Of `gate_inputs` and `windows`: the gradient on x `[T, width]`."""
    gradients.b[...] += dz.sum(axis=1)
    gradients.w[...] += np.matmul(seen.transpose(0, 2, 1), dz)
    dseen = np.matmul(dz, weights.w.transpose(0, 2, 1))
    if dseen.shape[2] > width:
        dseen[:, packing.previous, :width] += dseen[:, len(packing.lengths) :, width:]
    dx: Floats = dseen[0, :, :width] + dseen[1, packing.reverse, :width]
    return dx


def both_directions(hidden: Floats, packing: Packing) -> Floats:
    """The two hidden vectors of each word side by side, `[2, T, H]` in reading orders -> `[T, 2H]` packed."""
    width = hidden.shape[2]
    y = np.empty((hidden.shape[1], 2 * width), hidden.dtype)
    y[:, :width] = hidden[0]
    np.take(hidden[1], packing.reverse, axis=0, out=y[:, width:])
    return y


def bidirectional(
    cell: ModuleType, x: Floats, weights: Any, gradients: Any, packing: Packing, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Contextual vectors, `x [T, D] -> y [T, 2H]`, both in packed order; `mask [2, B, H]`: see the cell."""
    seen = windows(x, packing, cell.WINDOW)
    hidden, steps_backward = cell.steps(gate_inputs(seen, weights), weights, packing, mask)
    width = hidden.shape[2]

    def backward(dy: Floats) -> Floats:
        dh = np.stack((dy[:, :width], dy[packing.reverse, width:]))
        dz = steps_backward(dh, gradients)
        return _backward(dz, seen, x.shape[1], weights, gradients, packing)

    return both_directions(hidden, packing), backward


def last_states(
    cell: ModuleType, x: Floats, weights: Any, gradients: Any, packing: Packing
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """One vector for each sequence: the final h of both directions, `x [C, D] -> [B, 2H]`."""
    seen = windows(x, packing, cell.WINDOW)
    hidden, steps_backward = cell.steps(gate_inputs(seen, weights), weights, packing)
    width = hidden.shape[2]
    rows = packing.last_rows

    def backward(dy: Floats) -> Floats:
        dh = np.zeros_like(hidden)
        dh[0, rows], dh[1, rows] = dy[:, :width], dy[:, width:]
        dz = steps_backward(dh, gradients)
        return _backward(dz, seen, x.shape[1], weights, gradients, packing)

    return last_of(hidden, packing), backward


def last_of(hidden: Floats, packing: Packing) -> Floats:
    """The final h of both directions, `[2, C, H]` -> `[B, 2H]`."""
    rows = packing.last_rows
    return np.concatenate((hidden[0, rows], hidden[1, rows]), axis=1)
