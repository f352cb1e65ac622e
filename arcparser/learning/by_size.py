"""Choose what depends on how much there is to learn from: dropout, replaced words, widths, branches and epochs.

A network learns a small treebank by heart long before it has learned its language. So the less there is, the more
noise it is trained with (Dozat & Manning 2017 drop a third) and the longer it takes, and the more it must find in the
characters of words that it has seen once or never. With so much noise a wider network learns more; a large treebank
gives a narrow one, which is faster, enough to learn. Each value is given for a small treebank and for a large one;
between the two it changes evenly with the logarithm of the number of words. docs/experiments.md has the figures behind
them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

SMALL, LARGE = 20_000, 200_000  # words of a treebank at which the values below hold


class _Range(NamedTuple):
    small: float
    large: float


_SETTINGS: Mapping[str, _Range] = {
    "form_dropout": _Range(0.5, 0.25),
    "input_dropout": _Range(0.4, 0.2),
    "hidden_dropout": _Range(0.4, 0.2),
    "recurrent_dropout": _Range(0.25, 0.1),
    "projection_dropout": _Range(0.35, 0.2),
    "substitution": _Range(0.4, 0.0),
    "branch_from": _Range(0.6, 0.36),  # with more noise, branches that part early end too far from each other
}
_SETTINGS_OF: Mapping[str, Mapping[str, _Range]] = {
    "fast": {
        "input_dropout": _Range(0.25, 0.1),
        "hidden_dropout": _Range(0.25, 0.1),
        "projection_dropout": _Range(0.25, 0.1),
    },
}
_WHOLE: Mapping[str, _Range] = {
    "character_hidden": _Range(128, 64),  # new forms take longer; those that come again are looked up
    "branches": _Range(1, 3),  # with much noise, the mean of branches is no better than one of them
}
_WHOLE_OF: Mapping[str, Mapping[str, _Range]] = {
    "fast": {"character_hidden": _Range(96, 48)},
    "standard": {"first_hidden": _Range(192, 112), "hidden": _Range(256, 192), "tag_hidden": _Range(128, 64)},
}
_EPOCHS = _Range(80, 24)


def settings_by_size(preset: str, words: int) -> dict[str, float | int]:
    """Return the settings of a preset that depend on the size of the treebank.

    Args:
        preset: One of `arcparser.learning.presets`: "fast" is a small network, which wants less noise.
        words: How many the treebank has.
    """
    rates = {**_SETTINGS, **_SETTINGS_OF.get(preset, {})}
    numbers = {**_WHOLE, **_WHOLE_OF.get(preset, {})}
    return {
        **{name: round(_between(values, words), 3) for name, values in rates.items()},
        **{name: int(_between(values, words)) for name, values in numbers.items()},
    }


def epochs_by_size(words: int) -> int:
    """Return how many epochs a training has, from the start to each end, when nothing is said."""
    return round(_between(_EPOCHS, words))


def _between(values: _Range, words: int) -> float:
    share = math.log(max(words, 1) / SMALL) / math.log(LARGE / SMALL)
    return values.small + (values.large - values.small) * min(max(share, 0.0), 1.0)
