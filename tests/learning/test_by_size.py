"""What is chosen by the size of the treebank."""

from __future__ import annotations

import pytest

from arcparser.learning.by_size import LARGE, SMALL, epochs_by_size, settings_by_size
from arcparser.learning.presets import PRESETS, preset_settings
from arcparser.network.settings import Settings

SIZES = [1, 300, SMALL, 30_000, 80_000, LARGE, 10**8]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_less_there_is_the_more_noise_and_the_more_epochs(preset: str) -> None:
    chosen = [settings_by_size(preset, words) for words in SIZES]
    assert [settings["branches"] for settings in chosen] == [1, 1, 1, 1, 2, 3, 3]
    for name in chosen[0].keys() - {"branches"}:
        values = [settings[name] for settings in chosen]
        assert values == sorted(values, reverse=True)
        assert values[0] == values[2] > values[-2] == values[-1]  # beyond the ends nothing changes
    epochs = [epochs_by_size(words) for words in SIZES]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] == epochs[2] > epochs[-2] == epochs[-1]


@pytest.mark.parametrize("preset", PRESETS)
def test_all_that_is_chosen_are_settings_of_their_types(preset: str) -> None:
    for words in SIZES:
        settings = preset_settings(preset, {}, words=words)
        assert type(settings.training.branches) is int and type(settings.network.character_hidden) is int


def test_values_change_evenly_with_the_logarithm() -> None:
    middle = round((SMALL * LARGE) ** 0.5)
    small, between, large = (settings_by_size("standard", words) for words in (SMALL, middle, LARGE))
    assert between["input_dropout"] == pytest.approx((small["input_dropout"] + large["input_dropout"]) / 2, abs=0.001)


def test_the_small_network_gets_less_noise() -> None:
    assert settings_by_size("fast", 1000)["input_dropout"] < settings_by_size("standard", 1000)["input_dropout"]


def test_only_standard_is_narrower_on_a_large_treebank() -> None:
    for name in ("first_hidden", "hidden", "tag_hidden"):
        widths = {
            preset: [getattr(preset_settings(preset, {}, words=words).network, name) for words in SIZES]
            for preset in PRESETS
        }
        assert widths["standard"][0] > widths["standard"][-1] == getattr(Settings(), name)
        assert all(len(set(widths[preset])) == 1 for preset in PRESETS if preset != "standard")
