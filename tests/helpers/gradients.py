"""Central finite differences, the independent referee of every analytic gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def numerical_gradient(loss: Callable[[], float], x: np.ndarray, *, step: float = 1e-5, sample: int = 60) -> tuple:
    """(indices, derivatives) of `loss()` on some numbers of `x` (all of them if there are few), float64 only."""
    assert x.dtype == np.float64
    flat = x.reshape(-1)
    assert np.shares_memory(flat, x)
    indices = np.arange(flat.size)
    if flat.size > sample:
        indices = np.sort(np.random.default_rng(0).choice(flat.size, sample, replace=False))
    return indices, np.array([difference(loss, flat, i, step=step) for i in indices])


def difference(loss: Callable[[], float], flat: np.ndarray, i: int, *, step: float = 1e-6) -> float:
    """The central finite difference of the loss on one number."""
    old = flat[i]
    flat[i] = old + step
    above = loss()
    flat[i] = old - step
    below = loss()
    flat[i] = old
    return (above - below) / (2 * step)


def assert_gradient(loss: Callable[[], float], x: np.ndarray, gradient: np.ndarray, *, tolerance: float = 1e-6) -> None:
    """`gradient` is the derivative of `loss()` on `x`, up to `tolerance` relative to the largest derivative."""
    indices, expected = numerical_gradient(loss, x)
    actual = gradient.reshape(-1)[indices]
    scale = max(np.abs(expected).max(), 1e-3)
    np.testing.assert_allclose(actual / scale, expected / scale, atol=tolerance)
