"""Turn the scorers' probabilities into ones that mean what they say: of the arcs of 0.8, eight of ten are right.

Networks are surer of themselves than their accuracy allows (Guo et al. 2017, "On Calibration of Modern Neural
Networks"). A few numbers, fitted on a dev file when the weights are final (`arcparser.training.calibrate`), correct
that. They change no choice.

- **Labels** have a temperature T: P(label | arc) is the softmax of the logits divided by T.
- **Arcs** have two slopes a and b and an offset c: P(arc is right) = σ(a ln p − b ln(1 − p) + c), where p is the
  probability that the graph scorer gives to the chosen head (Kull, Silva Filho & Flach 2017, "Beta calibration").
  A temperature alone does not do: the transitions choose the head and see more than the graph scorer, so that arcs to
  which it gives 0.05 are right in a third of all cases. c lifts these. Nor does one slope (a = b, Platt 1999): a
  network that learned smoothed labels gives 0.9 to what it is sure of, and b > 1 makes up for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arcparser.nn.softmax import softmax
from arcparser.types import Floats

# Where 1 − p is less, its digits are those of rounding.
_NEAREST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Hold the numbers that were fitted, and what they are worth. Without arguments it changes no probability.

    Attributes:
        arc_slopes: a and b, neither below 0, and not both 0.
        arc_offset: c.
        label_temperature: T, more than 0.
        words: Words of the dev file that it was fitted on; 0: it was not fitted.
        arc_ece: The expected calibration error of arcs on dev in percentage points (`arcparser.evaluation.calibration`)
            before and after; what comes after is of each half of the sentences with the numbers of the other half.
        label_ece: The same of labels, among the words whose head is right.
    """

    arc_slopes: tuple[float, float] = (1.0, 1.0)
    arc_offset: float = 0.0
    label_temperature: float = 1.0
    words: int = 0
    arc_ece: tuple[float, float] = (0.0, 0.0)
    label_ece: tuple[float, float] = (0.0, 0.0)

    def arcs(self, probabilities: Floats) -> Floats:
        """Calibrate P(head) of chosen heads, of any shape."""
        if (self.arc_slopes, self.arc_offset) == ((1.0, 1.0), 0.0):
            return probabilities
        return beta(*logs(probabilities), self.arc_slopes, self.arc_offset)

    def labels(self, logits: Floats) -> Floats:
        """Compute P(label | arc) from logits, −inf where a label is illegal, `[T, labels]`."""
        return softmax(logits / self.label_temperature)


UNCALIBRATED = Calibration()


def logs(probabilities: Floats) -> tuple[Floats, Floats]:
    """Compute ln p and −ln(1 − p), finite also where p is 0 or 1."""
    p = np.clip(probabilities, _NEAREST, 1 - _NEAREST)
    return np.log(p), -np.log1p(-p)


def beta(log_p: Floats, minus_log_rest: Floats, slopes: tuple[float, float], offset: float) -> Floats:
    """Compute σ(a ln p − b ln(1 − p) + c) of `logs`.

    >>> beta(*logs(np.array([0.05, 0.5, 0.99])), (0.5, 0.5), 1.0).round(3).tolist()
    [0.384, 0.731, 0.964]
    """
    # tanh does not overflow, as exp would.
    return 0.5 + 0.5 * np.tanh(0.5 * (slopes[0] * log_p + slopes[1] * minus_log_rest + offset))
