"""Settings by name: what replaces what, and what they were once called."""

from __future__ import annotations

import pytest

from arcparser.errors import UsageError
from arcparser.learning.by_size import settings_by_size
from arcparser.learning.presets import PRESETS, AllSettings, preset_settings


@pytest.mark.parametrize("preset", PRESETS)
def test_a_change_replaces_what_the_preset_says(preset: str) -> None:
    settings = preset_settings(preset, {"state_width": 7, "rate": 1}, words=1000)
    assert (settings.network.state_width, settings.training.rate) == (7, 1.0)
    assert type(settings.training.rate) is float
    others = {**PRESETS[preset], **settings_by_size(preset, 1000)}
    assert settings == AllSettings().changed({**others, "state_width": 7, "rate": 1.0})


def test_former_names_and_values_mean_what_they_meant() -> None:
    former = {"head_dropout": 0.5, "cell": "quasi", "tags_only": 1, "children": 0}
    now = {"projection_dropout": 0.5, "cell": "qrnn", "tags_only": True, "children": False}
    assert AllSettings().changed(former) == AllSettings().changed(now) != AllSettings()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"substitute": 0.1}, "no setting 'substitute'"),
        ({"cell": "gru"}, "cell = 'gru'"),
        ({"cell": ["lstm"]}, "cell = ['lstm']: take one of lstm, qrnn"),
        ({"cell": {"name": "lstm"}}, "cell = {"),
        ({"rate": 10**400}, "rate: a number of 401 digits: give a smaller one"),
        ({"form_width": 10**30}, "form_width = 1e+30: give at most 65536"),
        ({"head_dropout": 0.1, "projection_dropout": 0.2}, "head_dropout and projection_dropout are one setting"),
        ({"children": 2}, "children = 2: it is a switch"),
        ({"rate": "fast"}, "rate = 'fast'"),
        ({"rate": float("nan")}, "rate = nan"),
        ({"networks": 0}, "networks = 0"),
        ({"networks": 17}, "networks = 17: give at most 16"),
        ({"hidden_dropout": 1}, "hidden_dropout = 1.0: give a rate below 1"),
        ({"layers": 1.5}, "layers = 1.5"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        preset_settings("standard", changes, words=1000)
    assert str(caught.value).startswith(problem)


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no preset 'quick': take one of fast, standard, accurate"):
        preset_settings("quick", {}, words=1000)


def test_what_is_given_by_name_is_not_chosen_by_size() -> None:
    settings = preset_settings("standard", {"branches": 1, "head_dropout": 0.05}, words=20_000)
    assert (settings.training.branches, settings.training.projection_dropout) == (1, 0.05)
