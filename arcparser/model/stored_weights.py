"""Turn the weights of a network into the arrays of a file, and back.

Matrices, of two axes or more, are rounded to a byte a number and have steps beside them, `NAME.steps`
(`arcparser.nn.quantize`); what has one axis, as biases have, is in half precision. Files of former versions have all
weights in half precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arcparser.nn.parameters import Parameters
from arcparser.nn.quantize import quantize, restore
from arcparser.types import Floats

Arrays = dict[str, NDArray[Any]]  # by name

_STEPS = "steps"


def in_half(numbers: Floats) -> NDArray[np.float16]:
    """Round numbers to half precision; infinite where that cannot hold them."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float16)


def weights_to_file(weights: Parameters, prefix: str) -> Arrays:
    """Return the arrays of all weights, by `prefix` and name."""
    arrays: Arrays = {}
    for name, array in weights.items():
        if array.ndim < 2:
            arrays[prefix + name] = in_half(array)
        else:
            arrays[prefix + name], arrays[f"{prefix}{name}.{_STEPS}"] = quantize(array)
    return arrays


def take_weights(arrays: Arrays, prefix: str, shapes: Mapping[str, tuple[int, ...]], absent: set[str]) -> Parameters:
    """Take the weights of these shapes out of `arrays`, in single precision.

    Args:
        arrays: Those of the file.
        prefix: Of the network's arrays.
        shapes: The shape of each weight.
        absent: The weights that are not in the file and are 0.

    Raises:
        ValueError: One is missing, has another shape or type, or has what is no finite number, or is larger than half
            precision holds (`arcparser.network.bounds` relies on that).
    """
    taken = {name: _take_weight(arrays, prefix + name, s) for name, s in shapes.items() if name not in absent}
    weights = Parameters(shapes)  # not before the shapes are known to be those in the file: they could be enormous
    for name, (array, steps) in taken.items():
        weights[name][...] = array if steps is None else restore(array, steps)
    largest = float(np.finfo(np.float16).max)
    if not (-largest <= weights.flat.min(initial=0) and weights.flat.max(initial=0) <= largest):  # nor is NaN
        raise ValueError("weights that are no finite numbers, or too large")
    return weights


def rounded(weights: Parameters) -> Parameters:
    """Round weights as a file gives them back; where it cannot hold them, they are no finite numbers."""
    found = Parameters(weights.shapes)
    for name, array in weights.items():
        found[name][...] = in_half(array) if array.ndim < 2 else restore(*quantize(array))
    return found


def take(arrays: Arrays, name: str, shape: Sequence[int | None], dtype: DTypeLike = np.float16) -> NDArray[Any]:
    """Take an array of this shape (None: any size) and type out of `arrays`.

    Raises:
        ValueError: There is none.
    """
    array = arrays.pop(name, None)
    if array is None:
        raise ValueError(f"{name} is missing")
    fits = array.ndim == len(shape) and all(n in (size, None) for size, n in zip(array.shape, shape))
    if not fits or array.dtype != dtype:
        raise ValueError(f"{name} has another shape or type")
    return array


def _take_weight(arrays: Arrays, name: str, shape: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[np.float16] | None]:
    """Take a weight and its steps out of `arrays`; in half precision it has none.

    Raises:
        ValueError: There is none of this shape.
    """
    steps = f"{name}.{_STEPS}"
    if steps not in arrays:
        return take(arrays, name, shape), None
    if len(shape) < 2:
        raise ValueError(f"{steps} is of what has no columns")
    return take(arrays, name, shape, np.int8), take(arrays, steps, (*shape[:-2], shape[-1]))
