"""Tell whether two systems differ by more than the choice of the test sentences explains.

Both systems have parsed the same n sentences. A score is F1 = 2 C / (G + S) of sums over sentences: correct words C,
gold words G, system words S. Whatever is drawn by chance is drawn by whole sentences, as the words of a sentence are
right and wrong together.

**Paired bootstrap** (Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"): n sentences are
drawn with replacement, the same for both systems, and the difference of the scores is computed, R times. The middle
95 % of the R differences d* are the interval. The p-value is two-sided: how often d* is as far from the difference d in
the whole file as that is from 0 (Efron & Tibshirani 1993; Berg-Kirkpatrick et al. 2012),

    p = (1 + #{ |d* − d| ≥ |d| }) / (R + 1).

**Approximate randomization** (Noreen 1989; Yeh 2000): if the systems were alike, the output of one for a sentence might
as well be that of the other. For each sentence a coin decides whether the two are swapped, R times, and

    p = (1 + #{ |d*| ≥ |d| }) / (R + 1).

Two identical systems have p = 1 in both. Of systems that are alike, a share of α has p ≤ α. The values of several
comparisons are not corrected for their number.

The counts of a metric are an array `[n, 3]`: C, G and S of each sentence; those of M metrics side by side `[n, M, 3]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import UsageError
from arcparser.types import Floats

_AT_ONCE = 1 << 20  # weights of sentences that are drawn at once
_TIE = 1e-9  # percent; sums in another order are not another score


@dataclass(frozen=True)
class Difference:
    """Say how a second system differs from a first one in M scores, each `[M]` in percent.

    Attributes:
        first: The score of the first system.
        second: The score of the second one.
        low: The lower end of the 95 % interval of the difference, second − first.
        high: Its upper end.
        bootstrap_p: The p-value of the paired bootstrap.
        randomization_p: That of approximate randomization.
    """

    first: Floats
    second: Floats
    low: Floats
    high: Floats
    bootstrap_p: Floats
    randomization_p: Floats

    @property
    def difference(self) -> Floats:
        """The score of the second system less that of the first, in points."""
        return self.second - self.first


def f1(counts: Floats) -> Floats:
    """Return F1 in percent of sums `[..., 3]` of correct, gold and system words; 0 where there are no words."""
    total = counts[..., 1] + counts[..., 2]
    result: Floats = 200 * counts[..., 0] / np.maximum(total, 1)
    return result


def compare_counts(first: Floats, second: Floats, *, resamples: int = 10_000, seed: int = 1) -> Difference:
    """Compare two systems.

    Args:
        first: The counts `[n, M, 3]` of the first system.
        second: Those of the second one, of the same sentences.
        resamples: How often sentences are drawn, and swapped.
        seed: Of what is drawn.

    Raises:
        UsageError: There are no sentences, or fewer than 1 resample.
    """
    _check(len(first), resamples)
    first, second = first.astype(float), second.astype(float)
    scores = f1(first.sum(0)), f1(second.sum(0))
    found = scores[1] - scores[0]  # [M]
    drawn = _drawn(second, resamples, seed) - _drawn(first, resamples, seed)  # [R, M]
    swapped = _swapped(first, second, resamples, seed + 1)  # [R, M]
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    least = np.abs(found) - _TIE
    return Difference(
        first=scores[0],
        second=scores[1],
        low=low,
        high=high,
        bootstrap_p=(1 + (np.abs(drawn - found) >= least).sum(0)) / (resamples + 1),
        randomization_p=(1 + (np.abs(swapped) >= least).sum(0)) / (resamples + 1),
    )


def interval(counts: Floats, *, resamples: int = 10_000, seed: int = 1) -> tuple[Floats, Floats]:
    """Return the ends `[M]` of the 95 % bootstrap intervals of scores.

    Args:
        counts: The counts `[n, M, 3]` of a system.
        resamples: How often sentences are drawn.
        seed: Of what is drawn.

    Raises:
        UsageError: There are no sentences, or fewer than 1 resample.
    """
    _check(len(counts), resamples)
    low, high = np.percentile(_drawn(counts.astype(float), resamples, seed), [2.5, 97.5], axis=0)
    return low, high


def _check(sentences: int, resamples: int) -> None:
    if not sentences:
        raise UsageError("no sentences to compare: give at least one")
    if resamples < 1:
        raise UsageError(f"{resamples} resamples: give at least 1")


def _drawn(counts: Floats, resamples: int, seed: int) -> Floats:
    """Return the scores `[R, M]` of as many sentences, drawn with replacement; the same ones for each seed."""
    size = len(counts)
    generator = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // size)
    parts = []
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        picks = generator.integers(size, size=(rows, size)) + size * np.arange(rows)[:, None]
        times = np.bincount(picks.ravel(), minlength=rows * size).reshape(rows, size)  # [rows, n]
        parts.append(f1(_sums(times, counts)))
    return np.concatenate(parts)


def _swapped(first: Floats, second: Floats, resamples: int, seed: int) -> Floats:
    """Return the differences `[R, M]` of scores after sentences were swapped."""
    size = len(first)
    generator = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // size)
    change, total = second - first, first.sum(0) + second.sum(0)
    parts = []
    for start in range(0, resamples, step):
        coins = generator.integers(2, size=(min(step, resamples - start), size))
        ours = first.sum(0) + _sums(coins, change)  # [rows, M, 3]
        parts.append(f1(total - ours) - f1(ours))
    return np.concatenate(parts)


def _sums(weights: NDArray[np.integer[Any]], counts: Floats) -> Floats:
    """Return the sums `[R, M, 3]` of counts `[n, M, 3]`, each sentence as often as `weights` `[R, n]` says."""
    size = len(counts)
    result: Floats = (weights.astype(float) @ counts.reshape(size, -1)).reshape(len(weights), *counts.shape[1:])
    return result
