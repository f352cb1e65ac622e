"""Draw and apply dropout masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from arcparser.types import Floats


def dropout_mask(shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: Any) -> Floats | None:
    """Draw a mask of 0 and 1/(1 − rate) (inverted dropout, Srivastava et al. 2014); None where nothing is dropped.

    The rate is rounded to 256ths, of which at least one is kept.
    """
    # A byte for each number is random enough for a rate, and four times cheaper to draw than a float.
    dropped = min(round(rate * 256), 255)
    if dropped <= 0:
        return None
    keep = rng.integers(0, 256, shape, dtype=np.uint8) >= dropped
    return keep.astype(dtype) * dtype(256 / (256 - dropped))


def dropout_with_backward(x: Floats, mask: Floats | None) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Multiply x by a `mask` of the same shape; a `mask` of None changes nothing."""
    if mask is None:
        return x, lambda dy: dy
    return x * mask, lambda dy: dy * mask
