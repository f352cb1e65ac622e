"""Compute linear layers and rectifiers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from arcparser.types import Floats

Backward = Callable[[Floats], Floats]


def linear(x: Floats, w: Floats, b: Floats) -> Floats:
    """Compute y = x W + b, `x [T, D]`, `w [D, K]`, `b [K]` -> `y [T, K]`."""
    y: Floats = x @ w
    y += b
    return y


def linear_with_backward(x: Floats, w: Floats, b: Floats, dw: Floats, db: Floats) -> tuple[Floats, Backward]:
    """Compute `linear` for training.

    ∂loss/∂W = xᵀ dy: for one row, the gradient of w_kj is dy_k · x_j.
    """

    def backward(dy: Floats) -> Floats:
        dw[...] += x.T @ dy
        db[...] += dy.sum(axis=0)
        return dy @ w.T

    return linear(x, w, b), backward


def relu(x: Floats) -> Floats:
    """Compute max(0, x) in place: `x` is overwritten by the result."""
    return np.maximum(x, 0, out=x)


def relu_with_backward(x: Floats) -> tuple[Floats, Backward]:
    """Compute `relu`, in place, for training."""
    relu(x)

    def backward(dy: Floats) -> Floats:
        return dy * (x > 0)

    return x, backward
