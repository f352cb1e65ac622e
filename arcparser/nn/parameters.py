"""All numbers of a network in one flat array, with a named view for each weight.

One array makes the optimizer, weight averaging, clipping, checkpoints and the model file a few lines each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import DTypeLike

from arcparser.types import Floats


class Parameters(Mapping[str, Floats]):
    """Named arrays of given shapes that are views into one `flat` array, in the order of `shapes`."""

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], *, dtype: DTypeLike = np.float32, flat: Floats | None = None
    ) -> None:
        self.shapes = dict(shapes)
        size = sum(math.prod(shape) for shape in self.shapes.values())
        self.flat: Floats = np.zeros(size, dtype) if flat is None else flat
        if self.flat.shape != (size,):
            raise ValueError(f"{self.flat.shape[0]} numbers for weights that take {size}")
        self._views: dict[str, Floats] = {}
        start = 0
        for name, shape in self.shapes.items():
            end = start + math.prod(shape)
            self._views[name] = self.flat[start:end].reshape(shape)
            start = end

    def __getitem__(self, name: str) -> Floats:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def like(self) -> Parameters:
        """Zeros of the same names, shapes and type: gradients, for instance."""
        return Parameters(self.shapes, dtype=self.flat.dtype)

    def astype(self, dtype: DTypeLike) -> Parameters:
        """A copy in another type."""
        return Parameters(self.shapes, flat=self.flat.astype(dtype))
