"""Principal components against numpy's singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.pretrained.principal_components import principal_components


def rows(words: int, width: int) -> np.ndarray:
    """Rows that differ in some directions more than in others, none of them along an axis, around a mean."""
    rng = np.random.default_rng(1)
    mixed = rng.standard_normal((words, width)) * np.linspace(3, 0.2, width) @ rng.standard_normal((width, width))
    return (mixed + rng.standard_normal(width) * 5).astype(np.float32)


@pytest.mark.parametrize(("words", "width", "kept"), [(5000, 9, 4), (50, 20, 20), (6, 20, 3), (4097, 3, 1)])
def test_against_the_singular_value_decomposition(words: int, width: int, kept: int) -> None:
    x = rows(words, width)
    found, held = principal_components(x, kept)
    centered = x - x.mean(axis=0, dtype=np.float64)
    u, sizes, directions = np.linalg.svd(centered, full_matrices=False)
    expected = u[:, :kept] * sizes[:kept]
    signs = np.sign(directions[np.arange(kept), np.abs(directions[:kept]).argmax(axis=1)])
    np.testing.assert_allclose(found, expected * signs, atol=1e-4 * sizes[0])
    assert held == pytest.approx((sizes[:kept] ** 2).sum() / (sizes**2).sum(), abs=1e-6)


def test_the_same_numbers_each_time_and_for_mirrored_vectors() -> None:
    x = rows(500, 8)
    found, _ = principal_components(x, 5)
    again, _ = principal_components(x.copy(), 5)
    assert found.tobytes() == again.tobytes()
    mirrored, _ = principal_components(-x, 5)
    np.testing.assert_allclose(mirrored, -found, atol=1e-3)  # the directions are the same


def test_vectors_that_do_not_differ() -> None:
    found, held = principal_components(np.ones((5, 3), np.float32), 2)
    assert not found.any() and held == 1
