"""The learning rate, the number of epochs, and when the parser's own choices are followed."""

from __future__ import annotations

import pytest

from arcparser.learning.presets import TrainingSettings
from arcparser.learning.schedule import exploration_probability, learning_rate

SETTINGS = TrainingSettings(rate=0.4, warm_up=100, explore_from=0.25, explore=0.5)


def rate(**at: float) -> float:
    defaults = {"updates": 1000, "done": 0, "share": 0.0, "of": 11}
    return learning_rate(SETTINGS, **{**defaults, **at})  # type: ignore[arg-type]


def test_the_rate_rises_over_the_first_updates() -> None:
    assert [rate(updates=n) for n in (0, 49, 99, 500)] == pytest.approx([0.004, 0.2, 0.4, 0.4])


def test_the_rate_stays_for_an_epoch_and_falls_along_half_a_cosine() -> None:
    assert [rate(share=share) for share in (0.0, 0.5, 1.0)] == [0.4] * 3
    falling = [rate(done=done, share=share) for done in range(1, 11) for share in (0.0, 0.5)]
    assert falling[0] == 0.4
    assert falling == sorted(falling, reverse=True)
    assert len(set(falling)) == len(falling)
    assert rate(done=6, share=0.0) == pytest.approx(0.2)  # halfway from epoch 2 to the end
    assert rate(done=10, share=1.0) == pytest.approx(0.0)


def test_a_training_of_one_epoch_has_one_rate() -> None:
    assert rate(share=0.7, of=1) == 0.4


def test_the_parser_is_followed_after_a_share_of_the_training_but_never_at_first() -> None:
    explored = [exploration_probability(SETTINGS, done=done, of=8) for done in range(8)]
    assert explored == [0.0, 0.0] + [0.5] * 6
    assert exploration_probability(SETTINGS, done=0, of=1) == 0.0
