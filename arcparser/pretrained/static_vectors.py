"""Hold static word vectors, a byte for each number, and look them up.

They are rounded as the matrices of a model are (`arcparser.nn.quantize`). What is lost is about a hundredth of a
vector's length, and the file takes half of what half precision would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arcparser.nn.quantize import quantize, restore
from arcparser.types import Floats, Ints

_BLOCK = 4096  # rows that are in single precision at a time


@dataclass(frozen=True, slots=True)
class StaticVectors:
    """Hold the vectors of `V` forms in the rows from 1 on; row 0 is zero, for forms without one.

    Attributes:
        table: `[V+1, D]` multiples, `int8`; models of former versions have the numbers themselves, in half precision.
        steps: `[D]` in half precision; 1 for the numbers themselves.
    """

    table: NDArray[np.int8] | NDArray[np.float16]
    steps: NDArray[np.float16]

    @property
    def width(self) -> int:
        """D, how many numbers a vector has."""
        return len(self.steps)

    @property
    def largest(self) -> float:
        """What no number of a vector exceeds in size; NaN if one is none."""
        sizes = np.zeros(self.width)
        for start in range(0, len(self.table), _BLOCK):  # in half precision, numpy takes four times as long
            block = np.abs(self.table[start : start + _BLOCK].astype(np.float32))
            np.maximum(sizes, block.max(axis=0), out=sizes)
        with np.errstate(invalid="ignore"):  # of a file that was altered, infinity times 0
            return float((sizes * self.steps).max(initial=0))

    def rows(self, numbers: Ints, dtype: DTypeLike) -> Floats:
        """Look rows up, `numbers [U]` -> `[U, D]`."""
        return restore(self.table[numbers], self.steps, dtype)

    def to_bytes(self) -> bytes:
        """Return all numbers, to compute a digest of."""
        return self.table.tobytes() + self.steps.tobytes()

    def same(self, other: StaticVectors) -> bool:
        """Tell whether the other ones are the same."""
        return np.array_equal(self.table, other.table) and np.array_equal(self.steps, other.steps)


def quantized(vectors: Floats) -> StaticVectors:
    """Round the vectors of forms, `[V, D]`, to multiples of a step for each column."""
    multiples, steps = quantize(vectors)
    table = np.zeros((len(vectors) + 1, len(steps)), np.int8)
    table[1:] = multiples
    return StaticVectors(table, steps)


def not_quantized(table: NDArray[np.float16]) -> StaticVectors:
    """Take the numbers themselves, `table [V+1, D]`, as models of former versions have them."""
    return StaticVectors(table, np.ones(table.shape[1], np.float16))


NO_VECTORS = not_quantized(np.zeros((1, 0), np.float16))
