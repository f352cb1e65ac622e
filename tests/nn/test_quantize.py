"""Matrices in a byte for each number."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.nn.quantize import quantize, restore


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_column_has_a_step_of_its_own(dtype: type) -> None:
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((2, 300, 5)) * [1000, 1, 0.01, 1e-4, 0]).astype(dtype)
    multiples, steps = quantize(x)
    assert (multiples.shape, multiples.dtype) == (x.shape, np.int8)
    assert (steps.shape, steps.dtype) == ((2, 5), np.float16)
    assert (np.abs(multiples[:, :, :3]).max(axis=1) == 127).all()
    assert (steps[:, 4] == 0).all() and not multiples[:, :, 4].any()
    found = restore(multiples, steps, dtype)
    assert found.dtype == dtype
    # Half precision rounds a step by a 2048th, and 127 of them by 127 times as much.
    assert (np.abs(found - x) <= (0.5 + 127 / 2048) * steps[:, np.newaxis].astype(dtype)).all()


def test_what_is_restored_is_rounded_to_itself() -> None:
    rng = np.random.default_rng(2)
    for scale in 10.0 ** np.arange(-9, 4):
        x = (rng.standard_normal((40, 30)) * scale).astype(np.float32)
        multiples, steps = quantize(x)
        again, same = quantize(restore(multiples, steps))
        np.testing.assert_array_equal(again, multiples)
        np.testing.assert_array_equal(same, steps)


def test_what_cannot_be_held_is_no_finite_number() -> None:
    x = np.ones((3, 5), np.float32)
    x[1] = [np.nan, np.inf, -np.inf, 65504, 70_000]
    multiples, steps = quantize(x)
    assert np.isfinite(steps).tolist() == [False] * 5
    assert not np.isfinite(restore(multiples, steps)[1]).any()
    x[1] = 65_000
    assert np.isfinite(restore(*quantize(x))).all()


def test_a_matrix_without_rows() -> None:
    multiples, steps = quantize(np.zeros((0, 3), np.float32))
    assert multiples.shape == (0, 3) and steps.tolist() == [0, 0, 0]
    assert quantize(np.zeros((4, 0)))[0].shape == (4, 0)
