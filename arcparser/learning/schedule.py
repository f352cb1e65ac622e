"""Say how fast a training learns, and when it follows its own choices."""

from __future__ import annotations

import math

from arcparser.learning.presets import TrainingSettings


def learning_rate(settings: TrainingSettings, *, updates: int, done: int, share: float, of: int) -> float:
    """Return the learning rate after so many updates: `done` of `of` epochs, and a `share` (0 to 1) of the next.

    It warms up over the first updates. The first epoch is at full rate, then half a cosine falls to 0 (Loshchilov &
    Hutter 2017).
    """
    warm = min(1.0, (updates + 1) / settings.warm_up)
    progress = (done - 1 + share) / (of - 1) if done else 0.0
    return settings.rate * warm * 0.5 * (1 + math.cos(math.pi * progress))


def exploration_probability(settings: TrainingSettings, *, done: int, of: int) -> float:
    """Return the probability of following the parser's own choices when `done` of `of` epochs are done."""
    return settings.explore if done >= max(1, settings.explore_from * of) else 0.0
