"""Make vectors narrower: project them to the directions in which they differ most (Pearson 1901).

With the mean m of the rows x_i and their covariance C = Σ (x_i − m)ᵀ (x_i − m) / V, these are the eigenvectors of C
with the largest eigenvalues, and an eigenvalue is the variance in its direction.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from arcparser.types import Floats

_BLOCK = 4096  # rows that are in double precision at a time


def principal_components(x: Floats, width: int) -> tuple[Floats, float]:
    """Compute the first components of each row, `x [V, D] -> [V, width]`, and the share of the variance they hold.

    The sign of a direction is arbitrary: its largest number in size is made positive.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((x.shape[1], x.shape[1]))
    starts = range(0, len(x), _BLOCK)
    with threadpool_limits(limits=1):  # the last digits depend on the number of threads
        for start in starts:
            centered = x[start : start + _BLOCK] - mean
            covariance += centered.T @ centered
        values, directions = np.linalg.eigh(covariance / max(len(x), 1))  # in ascending order
        values, directions = values[::-1], directions[:, ::-1][:, :width]
        largest = np.abs(directions).argmax(axis=0)
        directions = directions * np.sign(directions[largest, np.arange(width)])
        components = np.empty((len(x), width), np.float32)
        for start in starts:
            components[start : start + _BLOCK] = (x[start : start + _BLOCK] - mean) @ directions
    total = float(values.sum())
    return components, float(values[:width].sum()) / total if total > 0 else 1.0
