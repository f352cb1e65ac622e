"""The worked examples that the project started from, and the softmax in extreme cases."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.nn.linear import linear_with_backward
from arcparser.nn.softmax import (
    cross_entropy,
    logits_gradient,
    marginal_cross_entropy,
    marginal_target,
    smooth,
    soft_cross_entropy,
    softmax,
)
from tests.helpers.gradients import assert_gradient


def test_softmax_sums_to_one_and_keeps_the_order() -> None:
    a = softmax([3, 1, -3])
    assert a.sum() == pytest.approx(1)
    assert a[0] > a[1] > a[2] > 0


def test_softmax_of_2_3_4() -> None:
    assert softmax([2, 3, 4]).round(4).tolist() == [0.0900, 0.2447, 0.6652]


def test_gradient_on_the_logits_and_on_the_output_weights() -> None:
    a = softmax([2.0, 3.0, 4.0])
    gradient = logits_gradient(a, np.intp(1))
    assert gradient.round(4).tolist() == [0.0900, -0.7553, 0.6652]
    o = np.array([[0.5, -2.0]])  # hidden outputs o_j; any weights that give these logits do
    w, dw = np.zeros((2, 3)), np.zeros((2, 3))
    _, backward = linear_with_backward(o, w, np.array([2.0, 3.0, 4.0]), dw, np.zeros(3))
    backward(gradient[None])
    for k, y in enumerate((0, 1, 0)):
        for j in range(2):
            assert dw[j, k] == pytest.approx((a[k] - y) * o[0, j])


def test_loss_is_minus_log_of_the_correct_class() -> None:
    a = softmax([2.0, 3.0, 4.0])
    for j in range(3):
        assert cross_entropy(a, np.intp(j)) == pytest.approx(-np.log(a[j]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_do_not_overflow(dtype: type) -> None:
    with np.errstate(all="raise", under="ignore"):
        a = softmax(np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4]], dtype=dtype))
        loss = cross_entropy(a, np.array([1, 0]))
    assert a[0].tolist() == [1, 0, 0]
    assert a[1] == pytest.approx([1 / 3] * 3)
    assert np.isfinite(loss).all() and loss[0] > 80


def test_illegal_classes_get_nothing() -> None:
    a = softmax(np.array([5.0, 1.0, 1.0]), np.array([False, True, True]))
    assert a.tolist() == [0, 0.5, 0.5]


def test_gradient_of_the_loss_by_finite_differences() -> None:
    z, correct = np.random.default_rng(0).standard_normal((4, 5)), np.array([0, 2, 4, 4])
    assert_gradient(lambda: float(cross_entropy(softmax(z), correct).sum()), z, logits_gradient(softmax(z), correct))
    target = softmax(np.random.default_rng(1).standard_normal((4, 5)))
    assert_gradient(lambda: float(soft_cross_entropy(softmax(z), target).sum()), z, softmax(z) - target)


def test_the_marginal_loss_and_its_gradient() -> None:
    """−ln Σ_j a_j over the classes that are right, against finite differences."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(5, 4))
    correct = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1]], dtype=bool)
    a = softmax(z)
    np.testing.assert_allclose(marginal_cross_entropy(a, correct), [-np.log(r[c].sum()) for r, c in zip(a, correct)])
    gradient = a - marginal_target(z, correct)
    assert_gradient(lambda: float(marginal_cross_entropy(softmax(z), correct).sum()), z, gradient)
    np.testing.assert_allclose(gradient[3], 0, atol=1e-12)  # all are right: nothing to learn
    # With one class it is the cross-entropy.
    assert np.array_equal(marginal_cross_entropy(a[:1], correct[:1]), cross_entropy(a[:1], np.array([0])))
    assert np.array_equal(gradient[:1], logits_gradient(a[:1], np.array([0])))


def test_the_marginal_target_where_all_right_classes_have_underflowed() -> None:
    z = np.array([1000.0, 0.0, 0.0], dtype=np.float32)
    assert marginal_target(z, np.array([False, True, True])).tolist() == [0, 0.5, 0.5]


def test_smoothing_spreads_a_share_over_what_is_possible() -> None:
    target = np.array([[0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0]], np.float32)
    possible = np.array([[True, True, True, True], [True, False, True, False]])
    found = smooth(target, 0.1, possible)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.025, 0.925, 0.025, 0.025], [0.5, 0, 0.5, 0]], rtol=1e-6)
    np.testing.assert_allclose(smooth(target, 0.1), smooth(target, 0.1, np.ones((2, 4), bool)), rtol=1e-6)
    np.testing.assert_array_equal(smooth(target, 0.0, possible), target)
    np.testing.assert_allclose(smooth(np.zeros((2, 4)), 1.0, possible), [[0.25] * 4, [0.5, 0, 0.5, 0]])
