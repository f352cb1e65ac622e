"""Say how a network is trained, and name good combinations of settings (the presets)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from arcparser.errors import InputError, UsageError, quote
from arcparser.files import foreign_format, open_input, read_chunks, shown_name
from arcparser.learning.by_size import settings_by_size
from arcparser.model.model import MOST_NETWORKS
from arcparser.network.settings import Settings
from arcparser.types import PathLike

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# What settings and values were called in earlier versions.
_FORMER_NAMES = {"head_dropout": "projection_dropout"}
_FORMER_CELLS = {"quasi": "qrnn"}


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Hold the settings that only training reads: rates, weights, numbers.

    Raises:
        UsageError: A value is impossible.
    """

    # Regularization: rates of dropout, and what else keeps a network from being too sure.
    # What train takes for a treebank of some size is in arcparser.learning.by_size.
    form_dropout: float = 0.25  # a form of frequency n becomes unknown with probability d / (d + n)
    vector_dropout: float = 1.5  # and so does its static vector, independently
    input_dropout: float = 0.2
    hidden_dropout: float = 0.2
    recurrent_dropout: float = 0.1
    projection_dropout: float = 0.2  # of the tag layer, the projections and the scorers' hidden layers
    substitution: float = 0.0  # probability of replacing a word of an open class (arcparser.learning.substitutes)
    smoothing: float = 0.1  # share of what is to be learned that is spread over all classes (arcparser.nn.softmax)
    # Several networks, trained from one seed after the other, that choose together (arcparser.network.ensemble)
    networks: int = 1
    # Branches of a training, whose weights are averaged into one network in the end (arcparser.learning.branches)
    branches: int = 1
    branch_from: float = 0.36  # share of the training after which they part
    # Learning
    batch_words: int = 400  # words of an update
    rate: float = 0.003  # of learning, at its highest (arcparser.learning.schedule)
    beta1: float = 0.9  # of Adam: how long it remembers gradients
    beta2: float = 0.95  # and their squares
    clip: float = 5.0  # largest norm of a gradient
    average: float = 0.998  # how much of the average of the weights an update leaves (arcparser.nn.adam)
    warm_up: int = 100  # updates until the rate is at its highest
    tag_weight: float = 0.5  # of the loss of each tag column in the whole; the transitions' is 1
    lemma_weight: float = 0.5  # of the loss of the lemmas
    graph_weight: float = 1.0  # of the loss of the graph scorer
    label_weight: float = 1.0  # of the loss of the labels
    teacher_weight: float = 0.8  # share of the teachers in what is to be learned, beside the gold annotation
    # Raw text that teachers label (arcparser.learning.unlabeled)
    unlabeled_share: float = 0.5  # of an epoch's words
    added_forms: int = 4000  # forms of raw text that get a vector of their own, the most frequent first
    explore_from: float = 0.2  # share of the training after which the parser's own choices are followed
    explore: float = 0.5  # probability with which a choice of the parser is followed instead of the oracle's

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if f.type == "int" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
                raise UsageError(f"{f.name} = {quote(value)}: give a whole number of at least 1")
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < float("inf"):
                raise UsageError(f"{f.name} = {quote(value)}: give a number of at least 0")
            if f.name.endswith("dropout") and f.name not in ("form_dropout", "vector_dropout") and value >= 1:
                raise UsageError(f"{f.name} = {quote(value)}: give a rate below 1")
            if f.name == "unlabeled_share" and not 0 < value < 1:
                raise UsageError(f"{f.name} = {value}: give a share above 0 and below 1")
            if f.name in ("teacher_weight", "branch_from", "substitution", "smoothing") and value > 1:
                raise UsageError(f"{f.name} = {value}: give a share of at most 1")
            if f.name in ("beta1", "beta2", "average") and value >= 1:
                raise UsageError(f"{f.name} = {value}: beta1, beta2 and average must be below 1")
        if self.networks > MOST_NETWORKS:
            raise UsageError(f"networks = {self.networks}: give at most {MOST_NETWORKS}")


@dataclass(frozen=True)
class AllSettings:
    """Hold what a network is and how it is trained, side by side."""

    network: Settings = field(default_factory=Settings)
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def changed(self, changes: Mapping[str, Any]) -> AllSettings:
        """Return these settings with some replaced by name, whichever of the two they belong to.

        Raises:
            UsageError: There is no such setting, or a value is impossible.
        """
        kinds = {f.name: f.type for part in (Settings, TrainingSettings) for f in fields(part)}
        of_network = {f.name for f in fields(Settings)}
        network: dict[str, Any] = {}
        training: dict[str, Any] = {}
        for given, value in changes.items():
            name = _FORMER_NAMES.get(given, given)
            if name != given and name in changes:
                raise UsageError(f"{given} and {name} are one setting: give it once")
            if name not in kinds:
                raise UsageError(f"no setting {quote(given)}: take some of {', '.join(kinds)}")
            if kinds[name] == "float" and type(value) is int:
                value = _as_float(name, value)  # 1 is as good as 1.0 where a rate is asked for
            elif kinds[name] == "bool" and type(value) is int and value in (0, 1):
                value = bool(value)  # as switches were set once
            elif name == "cell" and isinstance(value, str):
                value = _FORMER_CELLS.get(value, value)
            (network if name in of_network else training)[name] = value
        return AllSettings(replace(self.network, **network), replace(self.training, **training))


def _as_float(name: str, value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise UsageError(f"{name}: {quote(value)}: give a smaller one") from None


# Chosen by measuring LAS and words a second (docs/experiments.md).  In "fast", what is read once for each form is wide,
# and what is computed for each word or state is as narrow as the accuracy bears.  "standard" is what fits, from file to
# file, into two fifths of the time that spaCy takes in memory.  A wider network gains little, several gain: "accurate".
PRESETS: dict[str, Mapping[str, Any]] = {
    "fast": {
        "cell": "qrnn",
        "feature_sums": True,
        "form_width": 160,
        "layers": 1,
        "first_hidden": 128,
        "tag_hidden": 64,
        "children": False,
        "graph_features": False,
        "state_width": 48,
        "action_hidden": 64,
        "graph_width": 32,
        "label_width": 32,
        "batch_words": 200,
    },
    "standard": {"feature_sums": True},
    "accurate": {
        "feature_sums": True,
        "networks": 4,
        "first_hidden": 192,
        "tags_only": True,
        "tag_hidden": 192,
        "state_width": 96,
        "action_hidden": 128,
    },
}


DEFAULT_PRESET = "standard"


def preset_settings(preset: str, changes: Mapping[str, Any], *, words: int) -> AllSettings:
    """Return the settings of a preset for a treebank of so many words, with `changes` by name.

    Raises:
        UsageError: There is no such preset or setting, or a value is impossible.
    """
    if preset not in PRESETS:
        raise UsageError(f"no preset {quote(preset)}: take one of {', '.join(PRESETS)}")
    return AllSettings().changed(PRESETS[preset]).changed(settings_by_size(preset, words)).changed(changes)


def read_config(path: PathLike) -> dict[str, Any]:
    """Read the settings in a TOML file: one `name = value` a line.

    Raises:
        InputError: The file cannot be read, or is no TOML.
    """
    name = shown_name(path)
    with open_input(path) as stream:
        data = b"".join(read_chunks(stream, 1 << 16, name=name, content="TOML"))
    if (problem := foreign_format(data)) is not None:
        raise InputError(problem, name)
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} (0x{data[error.start]:02x})"
        raise InputError(f"{byte} is not UTF-8: write one setting a line in UTF-8: name = value", name) from error
    except (ValueError, RecursionError) as error:
        found = "a number of too many digits" if isinstance(error, ValueError) else "brackets in too many brackets"
        reason = error if isinstance(error, tomllib.TOMLDecodeError) else found
        raise InputError(f"{reason}: write one setting a line: name = value", name) from error
