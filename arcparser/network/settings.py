"""Settings of a network and its training, and the presets that name good combinations of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from arcparser.errors import InputError, UsageError
from arcparser.files import open_input
from arcparser.types import PathLike

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


CELLS = ("lstm", "qrnn")
MOST_NETWORKS = 16
SWITCHES = ("tags_only", "children", "graph_features")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Widths, rates and weights; `arcparser train --config` sets any of them by name."""

    # Word vectors
    form_width: int = 128
    character_width: int = 32
    character_hidden: int = 64  # of each direction
    vector_width: int = 0  # of given word vectors; set by --vectors
    # Encoder
    cell: str = "lstm"  # of the recurrent layers: "lstm" or "qrnn" (arcparser.nn)
    layers: int = 2
    first_hidden: int = 112  # of each direction of the first layer, which finds the tags
    hidden: int = 192  # and of those above
    tags_only: int = 0  # whether the second layer reads the tags' hidden layer instead of the first layer
    # Projections
    tag_hidden: int = 64
    graph_width: int = 64
    label_width: int = 64
    children: int = 1  # whether a state shows the outermost children of s0 and s1, and their labels
    graph_features: int = 1  # whether a state shows what the graph scorer finds probable; it is trained in any case
    state_width: int = 64  # of a word's vector as the action classifier sees it
    action_hidden: int = 96
    # Regularisation: rates of dropout
    form_dropout: float = 0.25  # a form of frequency n becomes unknown with probability d / (d + n)
    input_dropout: float = 0.2
    hidden_dropout: float = 0.2
    recurrent_dropout: float = 0.1
    projection_dropout: float = 0.2
    # Several networks, trained from one seed after the other, that choose together (arcparser.network.ensemble)
    networks: int = 1
    # Branches of a training, whose weights are averaged into one network in the end (arcparser.training.branches)
    branches: int = 1
    branch_from: float = 0.36  # share of the training after which they part
    # Learning
    batch_words: int = 400
    rate: float = 0.003
    beta1: float = 0.9
    beta2: float = 0.95
    clip: float = 5.0
    average: float = 0.998
    warm_up: int = 100  # updates
    tag_weight: float = 0.5
    graph_weight: float = 1.0
    label_weight: float = 1.0
    teacher_weight: float = 0.8  # share of the teachers in what is to be learned, beside the gold annotation
    explore_from: float = 0.2  # share of the training after which the parser's own choices are followed
    explore: float = 0.5  # probability with which a choice of the parser is followed instead of the oracle's

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "cell":
                if value not in CELLS:
                    raise UsageError(f"cell = {value!r}: take one of {', '.join(CELLS)}")
                continue
            least = 0 if f.name in ("vector_width", *SWITCHES) else 1
            if f.type == "int" and (not isinstance(value, int) or isinstance(value, bool) or value < least):
                raise UsageError(f"{f.name} = {value!r}: give a whole number of at least {least}")
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < float("inf"):
                raise UsageError(f"{f.name} = {value!r}: give a number of at least 0")
            if f.name.endswith("dropout") and f.name != "form_dropout" and value >= 1:
                raise UsageError(f"{f.name} = {value!r}: give a rate below 1")
        if self.teacher_weight > 1:
            raise UsageError(f"teacher_weight = {self.teacher_weight}: give a share of at most 1")
        if any(getattr(self, name) > 1 for name in SWITCHES):
            raise UsageError(f"{', '.join(SWITCHES)} are switches: give 0 or 1")
        if self.branch_from > 1:
            raise UsageError(f"branch_from = {self.branch_from}: give a share of at most 1")
        if self.networks > MOST_NETWORKS:
            raise UsageError(f"networks = {self.networks}: give at most {MOST_NETWORKS}")
        if self.layers > 8 or self.beta1 >= 1 or self.beta2 >= 1 or self.average >= 1:
            raise UsageError("layers must be at most 8, and beta1, beta2 and average below 1")

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """These settings with some replaced by name.

        Raises:
            UsageError: There is no such setting, or a value is impossible.
        """
        known = {f.name: f.type for f in fields(Settings)}
        for name in changes:
            if name not in known:
                raise UsageError(f"no setting {name!r}: take some of {', '.join(known)}")
        # 1 is as good as 1.0 where a rate is asked for.
        cast: dict[str, Any] = dict(changes)
        cast.update((k, float(v)) for k, v in changes.items() if known[k] == "float" and type(v) is int)
        return replace(self, **cast)


# Chosen by measuring LAS and words a second (docs/experiments.md).  In "fast", what is read once for each form is wide,
# and what is computed for each word or state is as narrow as the accuracy bears.  "standard" is what fits, from file to
# file, into two fifths of the time that spaCy takes in memory.  A wider network gains little, several gain: "accurate".
PRESETS = {
    "fast": Settings(
        cell="qrnn", form_width=160, character_hidden=48, layers=1, first_hidden=128, tag_hidden=64, children=0,
        graph_features=0, state_width=48, action_hidden=64, graph_width=32, label_width=32,
        input_dropout=0.1, hidden_dropout=0.1, projection_dropout=0.1, batch_words=200,
    ),
    "standard": Settings(branches=2),
    "accurate": Settings(
        networks=4, first_hidden=192, tags_only=1, tag_hidden=192, state_width=96, action_hidden=128
    ),
}  # fmt: skip


def preset_settings(preset: str, changes: Mapping[str, Any]) -> Settings:
    """The settings of a preset, with `changes` by name.

    Raises:
        UsageError: There is no such preset or setting, or a value is impossible.
    """
    if preset not in PRESETS:
        raise UsageError(f"no preset {preset!r}: take one of {', '.join(PRESETS)}")
    return PRESETS[preset].changed(changes)


def read_config(path: PathLike) -> dict[str, Any]:
    """The settings in a TOML file: one `name = value` a line.

    Raises:
        InputError: The file cannot be read, or is no TOML.
    """
    with open_input(path) as stream:
        try:
            return tomllib.load(stream)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{error}: write one setting a line: name = value", os.fspath(path)) from error
