"""A trained model: the network, what is known about it, and its file.

Weights are stored in half precision. Training scores a model with its weights rounded like that, so the scores in
the file are those of the file.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import ModelError, UsageError
from arcparser.model import container
from arcparser.model.container import FORMAT_VERSION
from arcparser.network.network import Network, weight_shapes
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary
from arcparser.nn.parameters import Parameters
from arcparser.treebank.sentence import check_values
from arcparser.types import PathLike

DEFAULT_MODEL = "en_ewt"
_SUFFIX = ".arcparser"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a model says of itself.

    `fingerprint`: of the data and settings, set when the training came to its end; `scores`: percentages on the dev
    file with gold tokens and predicted tags; `multiword`: how the treebank splits tokens into words
    (`arcparser.text.multiword`).
    """

    name: str
    language: str
    treebank: str = ""
    license: str = ""
    preset: str = ""
    seed: int = 0
    threads: int = 1
    epochs: int = 0
    best_epoch: int = 0
    mean_of: int = 0  # branches whose weights were averaged; 0: the weights are those of one epoch
    train_sentences: int = 0
    train_words: int = 0
    teachers: int = 0
    version: str = ""
    fingerprint: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    multiword: Mapping[str, list[str]] = field(default_factory=dict)


# Settings of earlier versions that only training read.
_FORMER_SETTINGS = {"substitute"}


def _rename_former(header: dict[str, Any]) -> None:
    """Names that files of format 2 have."""
    if "lexicon" in header:
        header["vocabulary"] = header.pop("lexicon")
        header["card"]["license"] = header["card"].pop("licence")
        header["settings"]["projection_dropout"] = header["settings"].pop("head_dropout")
        header["settings"]["cell"] = header["settings"]["cell"].replace("quasi", "qrnn")


def _settings_from_json(found: Mapping[str, Any]) -> Settings:
    """Those of earlier versions, too: their models parse as they always did.

    Raises:
        ValueError: The second layer reads the first and the tags' layer, as it once could.
    """
    if "branches" not in found and found["layers"] > 1 and not found.get("tags_only"):
        raise ValueError("of an earlier version, with another second layer")
    known = {name: value for name, value in found.items() if name not in _FORMER_SETTINGS}
    known.setdefault("first_hidden", known["hidden"])  # once all layers had one width
    return Settings(**known)


@dataclass(frozen=True)
class Model:
    """A network and its card; `extra` arrays belong to other parts, such as a sentence splitter.

    `others`: further networks of the same settings and vocabulary, which choose together with the first
    (`arcparser.network.ensemble`); `settings.networks` of each says how many there are.
    """

    network: Network
    card: Card
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    extra_settings: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[Network, ...] = ()

    @property
    def networks(self) -> tuple[Network, ...]:
        """All of them."""
        return self.network, *self.others


def save(model: Model, path: PathLike) -> None:
    """Write the model file, whole or not at all."""
    header = {
        "card": dataclasses.asdict(model.card),
        "settings": dataclasses.asdict(model.network.settings),
        "vocabulary": vocabulary_to_json(model.network.vocabulary),
        "extra": dict(model.extra_settings),
    }
    with np.errstate(over="ignore"):
        half = np.concatenate([network.weights.flat.astype(np.float16) for network in model.networks])
        vectors = model.network.vectors.astype(np.float16)
    container.write(path, "model", header, {"weights": half, "vectors": vectors, **model.extra})


def load(name_or_path: PathLike) -> Model:
    """Read a model file, or a shipped model by its name.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
    """
    path = find(name_or_path)
    header, arrays = container.read(path, "model")
    try:
        _rename_former(header)
        settings = _settings_from_json(header["settings"])
        vocabulary = vocabulary_from_json(header["vocabulary"])
        card = card_from_json(header["card"])
        flat = arrays.pop("weights").astype(np.float32)
        if flat.ndim != 1 or not np.isfinite(flat).all():
            raise ValueError("weights that are no finite numbers")
        vectors = arrays.pop("vectors").astype(np.float32)
        if vectors.shape != (len(vocabulary.vector_forms) + 1, settings.vector_width) or not np.isfinite(vectors).all():
            raise ValueError("bad word vectors")
        shapes = weight_shapes(settings, vocabulary)
        first, *others = (
            Network(settings, vocabulary, Parameters(shapes, flat=part), vectors)
            for part in np.split(flat, settings.networks)
        )
        if not isinstance(header["extra"], dict):
            raise ValueError("bad settings of other parts")
        return Model(first, card, arrays, header["extra"], tuple(others))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]  # it may quote a value of any length
        raise ModelError(f"{path}: is not a whole model ({reason}): train it again") from error


def join(models: Sequence[Model]) -> Model:
    """The networks of `models`, which must go together, in one model; all else is that of the first.

    Raises:
        UsageError: Too many networks, or twice the same.
    """
    networks = [network for part in models for network in part.networks]
    settings = networks[0].settings.changed({"networks": len(networks)})
    if len({network.weights.flat.tobytes() for network in networks}) < len(networks):
        raise UsageError("the same network twice: combine models that were trained with different seeds")
    first, *others = (dataclasses.replace(network, settings=settings) for network in networks)
    return dataclasses.replace(models[0], network=first, others=tuple(others))


def find(name_or_path: PathLike) -> Path:
    """The file of a model: a path as it is, a name among the models that are shipped.

    Raises:
        ModelError: No such file or name.
    """
    path = Path(name_or_path)
    if _is_file(path):
        return path
    name = os.fspath(name_or_path)
    is_name = os.sep not in name and "/" not in name and not path.suffix
    if is_name:
        for folder in model_folders():
            shipped = folder / f"{name}{_SUFFIX}"
            if _is_file(shipped):
                return shipped
        known = ", ".join(available()) or "none"
        raise ModelError(
            f"{name}: no such model: installed are {known}; get others from the models folder of the arcparser "
            "repository and give their path, or train one with arcparser train"
        )
    raise ModelError(f"{name}: no such model file: check the path, or train one with arcparser train")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, a folder that may not be entered
        return False


def available() -> list[str]:
    """Names of the models that are there."""
    return sorted({file.stem for folder in model_folders() for file in folder.glob(f"*{_SUFFIX}")})


def model_folders() -> list[Path]:
    """Where shipped models lie: in the installed package, and in the repository's `models` when run from there."""
    package = Path(__file__).resolve().parent.parent
    return [folder for folder in (package / "models", package.parent / "models") if folder.is_dir()]


def vocabulary_to_json(vocabulary: Vocabulary) -> dict[str, Any]:
    """The lists of a vocabulary."""
    return {f.name: list(getattr(vocabulary, f.name)) for f in dataclasses.fields(Vocabulary) if f.init}


def vocabulary_from_json(lists: Mapping[str, list[Any]]) -> Vocabulary:
    """Raises TypeError or ValueError where the lists are not what a vocabulary is made of."""
    vocabulary = Vocabulary(**lists)
    for name, values in lists.items():
        kind = int if name.startswith("root_") else str
        if not isinstance(values, list) or not all(type(value) is kind for value in values):
            raise ValueError(f"bad list of {name}")
    for name in ("upos", "xpos", "feats", "labels"):  # what is written into files
        values = lists[name]
        check_values(values)
        "".join(values).encode()  # ValueError for half a surrogate pair
        if not values or len(set(values)) < len(values):
            raise ValueError(f"bad list of {name}")
    roots = [*vocabulary.root_labels, *vocabulary.root_only]
    if "" in vocabulary.labels or not vocabulary.root_labels or any(not 0 <= i < len(vocabulary.labels) for i in roots):
        raise ValueError("bad labels")
    return vocabulary


def card_from_json(values: Mapping[str, Any]) -> Card:
    """Raises TypeError or ValueError where the values are not what a card is made of."""
    card = Card(**values)
    json.dumps(values, ensure_ascii=False).encode()  # ValueError where text is no text (half a surrogate pair)
    for f in dataclasses.fields(Card):
        if f.type in ("str", "int") and type(values.get(f.name, f.default)).__name__ != f.type:
            raise ValueError(f"bad {f.name}")
    if not isinstance(card.scores, dict) or not all(type(score) in (int, float) for score in card.scores.values()):
        raise ValueError("bad scores")
    if not isinstance(card.multiword, dict) or not all(
        isinstance(words, list) and all(type(word) is str for word in words) for words in card.multiword.values()
    ):
        raise ValueError("bad table of multiword tokens")
    return card


def describe_model(name_or_path: PathLike) -> str:
    """What `arcparser info` prints."""
    path = find(name_or_path)
    model = load(path)
    card, network, networks = model.card, model.network, len(model.networks)
    vocabulary, settings = network.vocabulary, network.settings
    rows = [
        ("name", card.name),
        ("language", card.language),
        ("treebank", f"{card.treebank} ({card.train_sentences:,} sentences, {card.train_words:,} words)"),
        ("license", card.license or "not stated"),
        ("file", f"{path} ({path.stat().st_size / 1e6:.1f} MB, format version {FORMAT_VERSION})"),
        ("made by", f"arcparser {card.version}, preset {card.preset}, seed {card.seed}, "
                    + (f"mean of {card.mean_of} branches" if card.mean_of else f"epoch {card.best_epoch}")
                    + f" of {card.epochs} epochs, {card.teachers or 'no'} teachers"),
        ("weights", f"{len(network.weights.flat):,}" + (f" in each of {networks} networks" if networks > 1 else "")),
        ("forms", f"{len(vocabulary.forms):,} and {len(vocabulary.characters):,} characters"),
        ("tags", f"{len(vocabulary.upos)} UPOS, {len(vocabulary.xpos)} XPOS, {len(vocabulary.feats)} FEATS"),
        ("labels", f"{len(vocabulary.labels)}: {' '.join(sorted(vocabulary.labels))}"),
        ("settings", ", ".join(f"{k} {v}" for k, v in dataclasses.asdict(settings).items())),
        ("dev scores", "  ".join(f"{name} {score:.2f}" for name, score in card.scores.items())),
    ]  # fmt: skip
    return "\n".join(f"{name + ':':<12} {text}" for name, text in rows)


__all__ = ["DEFAULT_MODEL", "FORMAT_VERSION", "Card", "Model", "available", "describe_model", "find", "load", "save"]
