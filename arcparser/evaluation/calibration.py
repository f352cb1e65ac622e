"""Measure how well probabilities are calibrated: of what gets 0.8, eight of ten should be right.

Probabilities are put into bins of equal width. The expected calibration error (ECE; Naeini et al. 2015, with 15 bins
Guo et al. 2017) is the distance between the mean probability of a bin and the share of it that is right, averaged over
all probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arcparser.types import Bools, Floats, Ints

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Hold what K bins of equal width between 0 and 1 have in them.

    Attributes:
        edges: `[K+1]` where they begin and end.
        counts: `[K]` how many probabilities are in each.
        confidence: `[K]` their mean; 0 in an empty bin.
        accuracy: `[K]` the share of them that is right; 0 in an empty bin.
    """

    edges: Floats
    counts: Ints
    confidence: Floats
    accuracy: Floats

    @property
    def ece(self) -> float:
        """The expected calibration error in percentage points; 0 if there is nothing."""
        distance = np.abs(self.confidence - self.accuracy)
        return float(100 * (self.counts * distance).sum() / max(1, self.counts.sum()))


def reliability(probabilities: Floats, right: Bools, *, bins: int = BINS) -> Reliability:
    """Put `probabilities [N]` into bins, with whether what each stands for is `right [N]`.

    The last bin has 1 in it.

    >>> found = reliability(np.array([0.9, 0.9, 0.9, 0.9, 0.2]), np.array([True, True, True, False, False]), bins=2)
    >>> found.counts.tolist(), found.accuracy.tolist(), round(found.ece, 2)
    ([1, 4], [0.0, 0.75], 16.0)
    """
    at = np.minimum((probabilities * bins).astype(np.intp), bins - 1)
    counts = np.bincount(at, minlength=bins)
    confidence, accuracy = (
        np.bincount(at, weights=values, minlength=bins) / np.maximum(counts, 1) for values in (probabilities, right)
    )
    return Reliability(np.linspace(0, 1, bins + 1), counts, confidence, accuracy)
