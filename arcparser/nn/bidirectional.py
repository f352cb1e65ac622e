"""Run a recurrent layer in both directions, each with products of its own, in one loop.

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
    """Lay out what the gates see of each word in both reading orders, `x [T, D]` packed -> `[2, T, window · D]`.

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
    """Compute x W + b of both directions, `seen [2, T, D]` -> `[2, T, 3H]`."""
    z: Floats = np.matmul(seen, weights.w)
    z += weights.b[:, None]
    return z


def row_products(x: Floats, weights: Any, window: int, out: Floats | None = None) -> Floats:
    """Compute what each of `U` rows adds to the gates wherever it occurs, `x [U, D]` -> `[window, 2, U, 3H]`.

    The first part, x W + b, is for a word's own gates; where the window is 2, the second is for the next word's.
    """
    w = weights.w
    products: Floats = np.matmul(x, w.reshape(2, window, -1, w.shape[2]).transpose(1, 0, 2, 3), out=out)
    products[0] += weights.b[:, None]
    return products


def gathered_gate_inputs(products: Floats, rows: Ints, packing: Packing) -> Floats:
    """Gather `gate_inputs` without a product, for `rows [T]` of `row_products`: `[2, T, 3H]`."""
    z = np.empty((2, len(rows), products.shape[3]), products.dtype)
    first, previous = len(packing.lengths), packing.previous
    gathered = np.empty_like(z[0, first:]) if len(products) > 1 else z[0]
    for direction, read in enumerate((rows, rows[packing.reverse])):
        # "clip" saves take a copy; all rows exist.
        np.take(products[0, direction], read, axis=0, out=z[direction], mode="clip")
        for before in products[1:, direction]:
            z[direction, first:] += np.take(before, read[previous], axis=0, out=gathered, mode="clip")
    return z


def both_directions(hidden: Floats, packing: Packing) -> Floats:
    """Put the two hidden vectors of each word side by side, `[2, T, H]` in reading orders -> `[T, 2H]` packed."""
    width = hidden.shape[2]
    y = np.empty((hidden.shape[1], 2 * width), hidden.dtype)
    y[:, :width] = hidden[0]
    np.take(hidden[1], packing.reverse, axis=0, out=y[:, width:])
    return y


def bidirectional_from_gates(cell: ModuleType, z: Floats, weights: Any, packing: Packing) -> Floats:
    """Compute contextual vectors from gate inputs, `z [2, T, 3H]` (overwritten) -> `y [T, 2H]` packed."""
    return both_directions(cell.hidden_states(z, weights, packing), packing)


def bidirectional(cell: ModuleType, x: Floats, weights: Any, packing: Packing) -> Floats:
    """Compute contextual vectors, `x [T, D] -> y [T, 2H]`, both in packed order."""
    return bidirectional_from_gates(cell, gate_inputs(windows(x, packing, cell.WINDOW), weights), weights, packing)


def bidirectional_with_backward(
    cell: ModuleType, x: Floats, weights: Any, gradients: Any, packing: Packing, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Compute `bidirectional` for training, with a `mask [2, B, H]` where the cell has one."""
    hidden, hidden_backward = _hidden_with_backward(cell, x, weights, gradients, packing, mask)
    width = hidden.shape[2]

    def backward(dy: Floats) -> Floats:
        return hidden_backward(np.stack((dy[:, :width], dy[packing.reverse, width:])))

    return both_directions(hidden, packing), backward


def last_states_from_gates(cell: ModuleType, z: Floats, weights: Any, packing: Packing) -> Floats:
    """Compute one vector for each sequence, the final h of both directions: `z [2, C, 3H]` -> `[B, 2H]`."""
    return _last_of(cell.hidden_states(z, weights, packing), packing)


def last_states_with_backward(
    cell: ModuleType, x: Floats, weights: Any, gradients: Any, packing: Packing
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Compute the final h of both directions for training, `x [C, D]` -> `[B, 2H]`."""
    hidden, hidden_backward = _hidden_with_backward(cell, x, weights, gradients, packing)
    width = hidden.shape[2]
    rows = packing.last_rows

    def backward(dy: Floats) -> Floats:
        dh = np.zeros_like(hidden)
        dh[0, rows], dh[1, rows] = dy[:, :width], dy[:, width:]
        return hidden_backward(dh)

    return _last_of(hidden, packing), backward


def _hidden_with_backward(
    cell: ModuleType, x: Floats, weights: Any, gradients: Any, packing: Packing, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Compute h in both reading orders, `x [T, D]` -> `[2, T, H]`, and its backward from dh to dx."""
    seen = windows(x, packing, cell.WINDOW)
    hidden, cell_backward = cell.hidden_states_with_backward(gate_inputs(seen, weights), weights, packing, mask)
    width = x.shape[1]

    def backward(dh: Floats) -> Floats:
        return _gate_inputs_backward(cell_backward(dh, gradients), seen, width, weights, gradients, packing)

    return hidden, backward


def _gate_inputs_backward(
    dz: Floats, seen: Floats, width: int, weights: Any, gradients: Any, packing: Packing
) -> Floats:
    """Go back from `gate_inputs` and `windows`: dz `[2, T, 3H]` -> dx `[T, width]`."""
    gradients.b[...] += dz.sum(axis=1)
    gradients.w[...] += np.matmul(seen.transpose(0, 2, 1), dz)
    dseen = np.matmul(dz, weights.w.transpose(0, 2, 1))
    if dseen.shape[2] > width:
        dseen[:, packing.previous, :width] += dseen[:, len(packing.lengths) :, width:]
    dx: Floats = dseen[0, :, :width] + dseen[1, packing.reverse, :width]
    return dx


def _last_of(hidden: Floats, packing: Packing) -> Floats:
    """Take the final h of both directions, `[2, C, H]` -> `[B, 2H]`."""
    rows = packing.last_rows
    return np.concatenate((hidden[0, rows], hidden[1, rows]), axis=1)
