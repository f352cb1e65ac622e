"""The weights of a network as the arrays of a file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from arcparser.model.stored_weights import rounded, take_weights, weights_to_file
from arcparser.nn.parameters import Parameters

SHAPES: dict[str, tuple[int, ...]] = {"w": (4, 3), "b": (3,), "u": (2, 5, 6)}


def some_weights() -> Parameters:
    weights = Parameters(SHAPES)
    weights.flat[...] = np.random.default_rng(3).standard_normal(weights.flat.size)
    return weights


def test_matrices_are_bytes_and_biases_in_half_precision() -> None:
    weights = some_weights()
    arrays = weights_to_file(weights, "7.")
    assert {name for name, array in arrays.items() if array.dtype == np.int8} == {"7.w", "7.u"}
    assert {name for name, array in arrays.items() if array.dtype == np.float16} == {"7.w.steps", "7.b", "7.u.steps"}
    found = take_weights(arrays, "7.", SHAPES, set())
    assert not arrays
    np.testing.assert_array_equal(found.flat, rounded(weights).flat)
    np.testing.assert_array_equal(rounded(found).flat, found.flat)
    np.testing.assert_array_equal(found["b"], weights["b"].astype(np.float16))
    assert 0 < np.abs(found.flat - weights.flat).max() < 0.02


def test_weights_that_are_absent_are_zero() -> None:
    weights = some_weights()
    arrays = weights_to_file(weights, "0.")
    del arrays["0.b"]
    found = take_weights(arrays, "0.", SHAPES, {"b"})
    assert not found["b"].any() and found["w"].any()


def former(arrays: dict[str, Any]) -> None:
    arrays["0.w"] = np.full((4, 3), 0.1, np.float16)
    del arrays["0.w.steps"]


def test_former_files_have_matrices_in_half_precision() -> None:
    arrays = weights_to_file(some_weights(), "0.")
    former(arrays)
    assert (take_weights(arrays, "0.", SHAPES, set())["w"] == np.float16(0.1)).all()


@pytest.mark.parametrize(
    ("alteration", "message"),
    [
        ({"0.w": np.zeros((4, 3), np.float16)}, "0.w has another shape or type"),
        ({"0.w": np.zeros((3, 4), np.int8)}, "0.w has another shape or type"),
        ({"0.w.steps": np.zeros(4, np.float16)}, "0.w.steps has another shape or type"),
        ({"0.w.steps": np.zeros(3, np.float32)}, "0.w.steps has another shape or type"),
        ({"0.u.steps": np.zeros((5, 6), np.float16)}, "0.u.steps has another shape or type"),
        ({"0.b.steps": np.zeros((), np.float16)}, "0.b.steps is of what has no columns"),
        ({"0.w.steps": np.full(3, np.nan, np.float16)}, "no finite numbers"),
        ({"0.u.steps": np.full((2, 6), np.inf, np.float16)}, "no finite numbers"),
        ({"0.w.steps": np.full(3, 60_000, np.float16)}, "too large"),
        ({"0.b": np.full(3, -np.inf, np.float16)}, "no finite numbers"),
    ],
)
def test_what_is_refused(alteration: dict[str, Any], message: str) -> None:
    arrays = {**weights_to_file(some_weights(), "0."), **alteration}
    with pytest.raises(ValueError, match=message):
        take_weights(arrays, "0.", SHAPES, set())


def test_what_a_file_cannot_hold_is_no_finite_number() -> None:
    for name, place in (("w", (1, 2)), ("b", (0,))):
        weights = some_weights()
        weights[name][place] = 1e6
        assert not np.isfinite(rounded(weights)[name][place])
        assert np.isfinite(rounded(some_weights()).flat).all()
