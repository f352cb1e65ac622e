"""The paired bootstrap and approximate randomization: against plain loops, on equal systems and on random halves."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.errors import UsageError
from arcparser.evaluation.significance import compare_counts, f1, interval
from arcparser.types import Floats


def counts(seed: int, *, sentences: int = 40, rates: tuple[float, ...] = (0.7, 0.9)) -> Floats:
    """Counts [n, M, 3] of a random system on the same sentences, which may find other numbers of words."""
    lengths = np.random.default_rng(0).integers(1, 20, sentences)
    draw = np.random.default_rng(seed)
    columns = []
    for rate in rates:
        found = np.maximum(lengths + draw.integers(-1, 2, sentences), 0)
        columns.append(np.stack([np.minimum(draw.binomial(lengths, rate), found), lengths, found], axis=-1))
    return np.stack(columns, axis=1).astype(float)


def score(rows: Floats) -> float:
    correct, gold, system = rows.sum(0)
    return float(200 * correct / (gold + system))


def test_against_plain_loops() -> None:
    first, second = counts(1), counts(2)
    size, resamples = len(first), 300
    result = compare_counts(first, second, resamples=resamples, seed=5)
    picks = np.random.default_rng(5).integers(size, size=(resamples, size))
    coins = np.random.default_rng(6).integers(2, size=(resamples, size))
    for metric in range(2):
        ours, theirs = first[:, metric], second[:, metric]
        found = score(theirs) - score(ours)
        drawn = [score(theirs[pick]) - score(ours[pick]) for pick in picks]
        swapped = []
        for coin in coins:
            a = np.where(coin[:, None] == 1, theirs, ours)
            b = np.where(coin[:, None] == 1, ours, theirs)
            swapped.append(score(b) - score(a))
        assert result.difference[metric] == pytest.approx(found)
        assert (result.low[metric], result.high[metric]) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])))
        far = sum(abs(value - found) >= abs(found) - 1e-9 for value in drawn)
        assert result.bootstrap_p[metric] == pytest.approx((1 + far) / (resamples + 1))
        far = sum(abs(value) >= abs(found) - 1e-9 for value in swapped)
        assert result.randomization_p[metric] == pytest.approx((1 + far) / (resamples + 1))
        low, high = interval(first, resamples=resamples, seed=5)
        ends = tuple(np.percentile([score(ours[pick]) for pick in picks], [2.5, 97.5]))
        assert (low[metric], high[metric]) == pytest.approx(ends)


def test_identical_systems() -> None:
    same = counts(3)
    result = compare_counts(same, same, resamples=200)
    assert (result.bootstrap_p == 1).all() and (result.randomization_p == 1).all()
    assert not result.low.any() and not result.high.any() and not result.difference.any()


def test_systems_that_differ_much() -> None:
    result = compare_counts(counts(4), counts(5, rates=(0.95, 0.5)), resamples=400)
    assert (result.bootstrap_p < 0.01).all() and (result.randomization_p < 0.01).all()
    assert result.low[0] > 0 > result.high[1]


def test_either_order() -> None:
    first, second = counts(6), counts(7)
    there, back = compare_counts(first, second, resamples=200), compare_counts(second, first, resamples=200)
    assert there.difference == pytest.approx(-back.difference)
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))
    assert (there.bootstrap_p == back.bootstrap_p).all()
    assert (there.randomization_p == back.randomization_p).all()


def test_random_halves_have_a_uniform_p() -> None:
    """Two systems that swap their sentences at random differ by chance alone; see the D of Kolmogorov and Smirnov."""
    first, second = counts(8, sentences=80, rates=(0.8,)), counts(9, sentences=80, rates=(0.8,))
    draw = np.random.default_rng(10)
    found = []
    for _ in range(300):
        swap = draw.integers(2, size=(80, 1, 1)).astype(bool)
        halves = compare_counts(np.where(swap, second, first), np.where(swap, first, second), resamples=199)
        found.append((halves.bootstrap_p[0], halves.randomization_p[0]))
    for values in np.sort(np.array(found), axis=0).T:
        distance = np.abs(values - (np.arange(300) + 0.5) / 300).max()
        assert distance < 1.63 / np.sqrt(300) + 1 / 200  # of one in a hundred samples that are uniform


def test_scores_of_nothing() -> None:
    assert f1(np.zeros((2, 3))).tolist() == [0, 0]
    result = compare_counts(np.zeros((3, 1, 3)), np.zeros((3, 1, 3)), resamples=10)
    assert (result.bootstrap_p[0], result.difference[0]) == (1, 0)
    with pytest.raises(UsageError, match="no sentences to compare"):
        compare_counts(np.zeros((0, 1, 3)), np.zeros((0, 1, 3)))
    with pytest.raises(UsageError, match="0 resamples: give at least 1"):
        interval(counts(1), resamples=0)
