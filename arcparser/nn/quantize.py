"""Round the numbers of a matrix to a byte each.

Column j of a matrix x is kept as whole multiples, from −127 to 127, of a step of its own:

    x_ij ≈ q_ij s_j      s_j = max_i |x_ij| / 127

Steps are in half precision. What is restored from q and s gives the same q and s again: the largest of a column is
±127 s_j, which single precision holds exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arcparser.types import Floats

_LARGEST = 127  # the largest of the multiples; −128 is not used
_SMALLEST_STEP = 2.0**-14  # below it, half precision has fewer digits


def quantize(numbers: Floats) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Round matrices `[..., rows, columns]` to multiples of a step for each column, and return both.

    Columns that half precision cannot hold, or that have what is no number, have steps that are no finite numbers.
    """
    sizes = np.abs(numbers).max(axis=-2, initial=0).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.maximum(sizes / _LARGEST, _SMALLEST_STEP).astype(np.float16)
        steps[sizes <= _SMALLEST_STEP / 2] = 0  # all of the column becomes 0
        steps[~(steps.astype(np.float64) * _LARGEST <= float(np.finfo(np.float16).max))] = np.inf
        divisors = np.where(steps > 0, steps, np.inf).astype(numbers.dtype)[..., np.newaxis, :]
        multiples = np.clip(np.rint(np.nan_to_num(numbers / divisors, copy=False)), -_LARGEST, _LARGEST)
    return multiples.astype(np.int8), steps


def restore(
    multiples: NDArray[np.int8] | NDArray[np.float16], steps: NDArray[np.float16], dtype: DTypeLike = np.float32
) -> Floats:
    """Return the numbers again, `[..., rows, columns]`; what `quantize` could not hold is no finite number."""
    restored: Floats = multiples.astype(dtype)
    with np.errstate(invalid="ignore"):  # 0 times infinity
        restored *= steps.astype(dtype)[..., np.newaxis, :]
    return restored
