"""The expected calibration error, by hand and on probabilities that are right as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.evaluation.calibration import reliability


def test_by_hand() -> None:
    p = np.array([0.9, 0.9, 0.9, 0.9, 0.2])
    found = reliability(p, np.array([True, True, True, False, False]), bins=2)
    assert found.edges.tolist() == [0.0, 0.5, 1.0]
    assert found.counts.tolist() == [1, 4]
    assert found.confidence.tolist() == pytest.approx([0.2, 0.9])
    assert found.accuracy.tolist() == [0.0, 0.75]
    assert found.ece == pytest.approx(100 * (1 * 0.2 + 4 * 0.15) / 5)


def test_the_ends_are_in_the_first_and_the_last_bin() -> None:
    found = reliability(np.array([0.0, 1.0]), np.array([False, True]))
    assert len(found.counts) == 15
    assert (found.counts[0], found.counts[-1], found.counts.sum(), found.ece) == (1, 1, 2, 0.0)


def test_nothing_has_no_error() -> None:
    assert reliability(np.empty(0), np.empty(0, dtype=bool)).ece == 0.0


def test_what_is_right_as_often_as_it_says_has_hardly_any() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(100_000)
    right = rng.random(100_000) < p
    assert reliability(p, right).ece < 1  # what chance leaves
    assert reliability(p**0.25, right).ece > 20
