"""Keep all numbers of a network in one flat array, with a named view for each weight; say how each weight starts.

One array makes the optimizer, weight averaging, clipping, checkpoints and the model file a few lines each.

A weight is declared where it is used, as a `Weight`: its shape, and the function that draws its first numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from arcparser.types import Floats

# Naming the type as a string keeps numpy.random, which parsing does not need, from being loaded.
Initializer = Callable[["np.random.Generator", tuple[int, ...]], Floats]


class Weight(NamedTuple):
    """Declare a weight: its shape, and how it starts."""

    shape: tuple[int, ...]
    initializer: Initializer


class Parameters(Mapping[str, Floats]):
    """Hold named arrays of given shapes, views into one `flat` array, in the order of `shapes`.

    Raises:
        ValueError: `flat` has another size.
    """

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
        """Return zeros of the same names, shapes and type: gradients, for instance."""
        return Parameters(self.shapes, dtype=self.flat.dtype)

    def astype(self, dtype: DTypeLike, *, except_for: Collection[str] = ()) -> Parameters:
        """Return a copy in another type.

        Args:
            dtype: The type.
            except_for: Weights that are neither copied nor converted; they are not part of its `flat`.
        """
        if not except_for:
            return Parameters(self.shapes, flat=self.flat.astype(dtype))
        copy = Parameters({name: shape for name, shape in self.shapes.items() if name not in except_for}, dtype=dtype)
        for name, view in copy._views.items():
            view[:] = self._views[name]
        copy._views.update((name, view) for name, view in self._views.items() if name in except_for)
        return copy


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Start at 0, as biases do."""
    return np.zeros(shape)


def normal(scale: float) -> Initializer:
    """Start with normal numbers of this standard deviation."""
    return lambda rng, shape: rng.standard_normal(shape) * scale


def glorot(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Start uniform with the variance of Glorot & Bengio (2010), `[..., inputs, outputs]`."""
    limit = np.sqrt(6 / (shape[-2] + shape[-1]))
    return rng.uniform(-limit, limit, shape)


def glorot_of_sum(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Start matrices `[n, inputs, outputs]` whose products are added up: together they are one of n · inputs rows."""
    limit = np.sqrt(6 / (shape[0] * shape[1] + shape[2]))
    return rng.uniform(-limit, limit, shape)


def orthogonal_gates(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Start recurrent matrices `[2, H, 3H]`, each gate's orthogonal (Saxe, McClelland & Ganguli 2014)."""
    directions, hidden, columns = shape
    u = np.empty(shape)
    for direction in range(directions):
        for gate in range(columns // hidden):
            q, r = np.linalg.qr(rng.standard_normal((hidden, hidden)))
            u[direction, :, gate * hidden : (gate + 1) * hidden] = q * np.sign(np.diag(r))
    return u


def open_forget_gates(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Start the biases `[2, 3H]` of the gates [g | f | o] with forget gates open: f = 0.5, and γ(0.5) = 0.73."""
    b = np.zeros(shape)
    hidden = shape[1] // 3
    b[:, hidden : 2 * hidden] = 0.5
    return b
