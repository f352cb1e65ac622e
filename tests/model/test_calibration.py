"""Probabilities are corrected by the formulas of the docstrings, and left alone without a fit."""

from __future__ import annotations

import math

import numpy as np

from arcparser.model.calibration import Calibration, beta, logs
from arcparser.nn.softmax import softmax


def test_without_a_fit_nothing_changes() -> None:
    p = np.array([0.0, 1e-12, 0.3, 1.0])
    assert Calibration().arcs(p).tolist() == p.tolist()
    logits = np.array([[1.0, -np.inf, 2.0]])
    assert Calibration().labels(logits).tolist() == softmax(logits).tolist()


def test_arcs_have_slopes_and_an_offset() -> None:
    found = Calibration(arc_slopes=(0.5, 1.5), arc_offset=1.0).arcs(np.array([0.05, 0.5, 0.99]))
    by_hand = [1 / (1 + math.exp(-(0.5 * math.log(p) - 1.5 * math.log(1 - p) + 1.0))) for p in (0.05, 0.5, 0.99)]
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)
    one_slope = Calibration(arc_slopes=(0.5, 0.5), arc_offset=1.0).arcs(np.array([0.05, 0.5, 0.99]))
    assert one_slope.round(3).tolist() == [0.384, 0.731, 0.964]


def test_labels_have_a_temperature_and_what_is_illegal_stays_so() -> None:
    logits = np.array([[1.0, -np.inf, 3.0], [-np.inf, 7.0, -np.inf]])
    found = Calibration(label_temperature=2.0).labels(logits)
    np.testing.assert_allclose(found, [[1 / (1 + math.e), 0, math.e / (1 + math.e)], [0, 1, 0]], rtol=1e-12)


def test_certainty_and_impossibility_stay_finite() -> None:
    log_p, minus_log_rest = logs(np.array([0.0, 1.0]))
    np.testing.assert_allclose(log_p, [-9 * math.log(10), 0], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(minus_log_rest, [0, 9 * math.log(10)], rtol=1e-7, atol=1e-8)
    assert beta(log_p, minus_log_rest, (1e6, 1e6), 0.0).tolist() == [0.0, 1.0]  # and no warning
