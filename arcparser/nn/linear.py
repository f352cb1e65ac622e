"""Linear layers and rectifiers, rows gathered from tables, dropout: the small layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from arcparser.types import Floats, Ints

Backward = Callable[[Floats], Floats]


def linear(x: Floats, w: Floats, b: Floats, dw: Floats, db: Floats) -> tuple[Floats, Backward]:
    """y = x W + b, `x [T, D]`, `w [D, K]`, `b [K]` -> `y [T, K]`.

    ∂loss/∂W = xᵀ dy: for one row, the gradient of w_kj is dy_k · x_j.
    """
    y = x @ w
    y += b

    def backward(dy: Floats) -> Floats:
        dw[...] += x.T @ dy
        db[...] += dy.sum(axis=0)
        return dy @ w.T

    return y, backward


def relu(x: Floats) -> tuple[Floats, Backward]:
    """max(0, x), in place: `x` is overwritten by the result."""
    np.maximum(x, 0, out=x)

    def backward(dy: Floats) -> Floats:
        return dy * (x > 0)

    return x, backward


def embed(rows: Ints, table: Floats, dtable: Floats) -> tuple[Floats, Callable[[Floats], None]]:
    """The vectors of `rows [T]` in `table [V, D]` -> `[T, D]`; its backward has no input to go on to."""

    def backward(dy: Floats) -> None:
        add_rows(dtable, rows, dy)

    return table[rows], backward


def add_rows(table: Floats, rows: Ints, values: Floats) -> None:
    """`table[rows[i]] += values[i]` for every i, also where rows repeat; `values [T, D]`.

    Sorting brings the repeats together, so that one `reduceat` sums them: several times faster than `np.add.at` on
    rows of a hundred numbers.
    """
    if not len(rows):
        return
    order = np.argsort(rows, kind="stable")
    in_order = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    table[in_order[starts]] += np.add.reduceat(values[order], starts, axis=0)


def dropout_mask(shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: Any) -> Floats | None:
    """A mask of 0 and 1/(1 − rate) (inverted dropout, Srivastava et al. 2014); None where nothing is dropped."""
    if rate <= 0:
        return None
    # A byte for each number is random enough for a rate, and four times cheaper to draw than a float.
    keep = rng.integers(0, 256, shape, dtype=np.uint8) >= round(rate * 256)
    return keep.astype(dtype) * dtype(1 / (1 - rate))


def dropout(x: Floats, mask: Floats | None) -> tuple[Floats, Backward]:
    """x times `mask` of the same shape; a `mask` of None changes nothing."""
    if mask is None:
        return x, lambda dy: dy
    return x * mask, lambda dy: dy * mask
