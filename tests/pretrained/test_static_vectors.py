"""Static vectors in a byte for each number."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.pretrained.static_vectors import NO_VECTORS, StaticVectors, not_quantized, quantized


def test_a_number_is_off_by_half_a_step_at_most() -> None:
    rng = np.random.default_rng(2)
    x = (rng.standard_normal((400, 6)) * [3, 1, 0.5, 0.1, 0.01, 0]).astype(np.float32)
    static = quantized(x)
    assert static.table.dtype == np.int8 and static.table.shape == (401, 6) and static.width == 6
    assert not static.table[0].any() and np.abs(static.table[:, :5]).max(axis=0).tolist() == [127] * 5
    found = static.rows(np.arange(401), np.float64)
    assert found.dtype == np.float64 and not found[0].any()
    assert (np.abs(found[1:] - x) <= 0.6 * static.steps.astype(np.float64)).all()
    assert np.linalg.norm(found[1:] - x) < 0.01 * np.linalg.norm(x)
    np.testing.assert_allclose(static.rows(np.array([3, 3]), np.float32), found[[3, 3]], rtol=1e-6)
    assert np.abs(found).max() == pytest.approx(static.largest)


def test_rounding_what_is_rounded_changes_nothing() -> None:
    static = quantized(np.random.default_rng(3).standard_normal((50, 4)))
    assert quantized(static.rows(np.arange(1, 51), np.float64)).same(static)


def test_none_and_those_of_former_models() -> None:
    assert NO_VECTORS.rows(np.zeros(3, np.intp), np.float32).shape == (3, 0) and NO_VECTORS.largest == 0
    table = np.array([[0, 0], [1.5, -2], [0.25, 3]], np.float16)
    former = not_quantized(table)
    np.testing.assert_array_equal(former.rows(np.array([2, 0]), np.float32), [[0.25, 3], [0, 0]])
    assert former.largest == 3 and not former.same(quantized(table[1:].astype(np.float32)))
    with np.errstate(invalid="ignore"):
        broken = StaticVectors(table, np.array([1, np.nan], np.float16)).largest
    assert not broken <= 1
