"""A model as a file: save it, load it, and check that a file is made of what a model is made of.

Weights are stored in half precision. Training scores a model with its weights rounded like that, so the scores in
the file are those of the file.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import ModelError
from arcparser.model import container
from arcparser.model.model import MOST_NETWORKS, Card, Model
from arcparser.model.registry import find
from arcparser.network.network import Network, weight_shapes
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary
from arcparser.nn.parameters import Parameters
from arcparser.text.retokenizer import Retokenizer
from arcparser.text.segmentation import FEATURES_VERSION, Segmentation
from arcparser.text.sentence_splitter import SentenceSplitter
from arcparser.text.tokenizer import SEGMENTERS
from arcparser.treebank.sentence import check_values
from arcparser.types import PathLike

Arrays = dict[str, NDArray[Any]]

_SPLITTER, _RETOKENIZER = "splitter.", "retokenizer."

# Settings of earlier versions that only training read.
_FORMER_SETTINGS = {"substitute"}


def save(model: Model, path: PathLike) -> None:
    """Write the model file, whole or not at all."""
    segmentation, segmentation_arrays = segmentation_to_file(model.segmentation)
    header = {
        "card": {
            **{k: v for k, v in dataclasses.asdict(model.card).items() if k != "training"},
            "multiword": segmentation.pop("multiword"),
        },
        "settings": {**dataclasses.asdict(model.settings), **model.card.training, "networks": len(model.networks)},
        "vocabulary": vocabulary_to_json(model.vocabulary),
        "extra": segmentation,
    }
    with np.errstate(over="ignore"):
        half = np.concatenate([network.weights.flat.astype(np.float16) for network in model.networks])
        vectors = model.networks[0].vectors.astype(np.float16)
    container.write(path, "model", header, {"weights": half, "vectors": vectors, **segmentation_arrays})


def load(name_or_path: PathLike) -> Model:
    """Read a model file, or a shipped model by its name.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
    """
    path = find(name_or_path)
    header, arrays = container.read(path, "model")
    try:
        _rename_former(header)
        settings, training = _settings_from_json(header["settings"])
        vocabulary = vocabulary_from_json(header["vocabulary"])
        multiword = header["card"].pop("multiword", {})
        card = dataclasses.replace(card_from_json(header["card"]), training=training)
        flat = arrays.pop("weights").astype(np.float32)
        if flat.ndim != 1 or not np.isfinite(flat).all():
            raise ValueError("weights that are no finite numbers")
        vectors = arrays.pop("vectors").astype(np.float32)
        if vectors.shape != (len(vocabulary.vector_forms) + 1, settings.vector_width) or not np.isfinite(vectors).all():
            raise ValueError("bad word vectors")
        count = training["networks"]
        if type(count) is not int or not 1 <= count <= MOST_NETWORKS:
            raise ValueError(f"networks = {count!r}")
        shapes = weight_shapes(settings, vocabulary)
        networks = tuple(
            Network(settings, vocabulary, Parameters(shapes, flat=part), vectors) for part in np.split(flat, count)
        )
        segmentation = segmentation_from_file({**header["extra"], "multiword": multiword}, arrays, card.language)
        return Model(networks, card, segmentation)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]  # it may quote a value of any length
        raise ModelError(f"{path}: is not a whole model ({reason}): train it again") from error


def _rename_former(header: dict[str, Any]) -> None:
    """Give the entries of a header of format 2 the names that they have now."""
    if "lexicon" in header:
        header["vocabulary"] = header.pop("lexicon")
        header["card"]["license"] = header["card"].pop("licence")
        header["settings"]["projection_dropout"] = header["settings"].pop("head_dropout")
        header["settings"]["cell"] = header["settings"]["cell"].replace("quasi", "qrnn")
    header["card"].pop("threads", None)


def _settings_from_json(found: Mapping[str, Any]) -> tuple[Settings, dict[str, Any]]:
    """Read settings, those of earlier versions, too: their models parse as they always did.

    Raises:
        ValueError: The second layer reads the first and the tags' layer, as it once could.
    """
    if "branches" not in found and found["layers"] > 1 and not found.get("tags_only"):
        raise ValueError("of an earlier version, with another second layer")
    known = {name: value for name, value in found.items() if name not in _FORMER_SETTINGS}
    known.setdefault("first_hidden", known["hidden"])  # once all layers had one width
    for name in ("tags_only", "children", "graph_features"):
        known[name] = bool(known.get(name, name != "tags_only"))
    names = {f.name for f in dataclasses.fields(Settings)}
    training = {name: value for name, value in known.items() if name not in names}
    training["networks"] = training.get("networks", 1)
    return Settings(**{name: value for name, value in known.items() if name in names}), training


def vocabulary_to_json(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the lists of a vocabulary by name."""
    return {f.name: list(getattr(vocabulary, f.name)) for f in dataclasses.fields(Vocabulary) if f.init}


def vocabulary_from_json(lists: Mapping[str, list[Any]]) -> Vocabulary:
    """Make a vocabulary of its lists.

    Raises:
        ValueError: The lists are not what a vocabulary is made of.
        TypeError: Likewise.
    """
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
    """Make a card of its values.

    Raises:
        ValueError: The values are not what a card is made of.
        TypeError: Likewise.
    """
    card = Card(**values)
    json.dumps(values, ensure_ascii=False).encode()  # ValueError where text is no text (half a surrogate pair)
    for f in dataclasses.fields(Card):
        if f.type in ("str", "int") and type(values.get(f.name, f.default)).__name__ != f.type:
            raise ValueError(f"bad {f.name}")
    if not isinstance(card.scores, dict) or not all(type(score) in (int, float) for score in card.scores.values()):
        raise ValueError("bad scores")
    return card


def segmentation_to_file(segmentation: Segmentation) -> tuple[dict[str, Any], Arrays]:
    """Return the header's entries and the arrays of a segmentation."""
    header: dict[str, Any] = {
        "segmentation": {"features": FEATURES_VERSION, "segmenter": segmentation.segmenter},
        "multiword": {form: list(words) for form, words in segmentation.multiword.items()},
    }
    arrays: Arrays = {}
    splitter, retokenizer = segmentation.splitter, segmentation.retokenizer
    if splitter is not None:
        arrays.update((_SPLITTER + name, array) for name, array in splitter.to_arrays().items())
    if retokenizer is not None:
        arrays.update((_RETOKENIZER + name, array) for name, array in retokenizer.to_arrays().items())
        header["retokenizer"] = {"spaces": retokenizer.spaces, "glued": retokenizer.glued}
    return header, arrays


def segmentation_from_file(header: Mapping[str, Any], arrays: Arrays, language: str) -> Segmentation:
    """Make a segmentation of what `segmentation_to_file` returned; rules, where there is nothing.

    Raises:
        ValueError: It is damaged, or another version of arcparser learned it from other features.
    """
    made = header.get("segmentation", {"features": FEATURES_VERSION, "segmenter": None})
    if not isinstance(made, dict) or made.get("segmenter") not in (None, *SEGMENTERS):
        raise ValueError("bad segmentation")
    if made.get("features") != FEATURES_VERSION:
        raise ValueError("another version of arcparser learned how its text is split")

    def part(prefix: str, classes: int) -> Arrays:
        found = {name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)}
        for a in found.values():
            if a.ndim != 2 or a.shape[1] != classes or a.shape[0] & (a.shape[0] - 1) or a.shape[0] < 2:
                raise ValueError("bad segmentation")
        return found

    splitter, retokenizer = part(_SPLITTER, 2), part(_RETOKENIZER, 3)
    conventions = header.get("retokenizer", {})
    if retokenizer and (not isinstance(conventions, dict) or set(conventions) != {"spaces", "glued"}):
        raise ValueError("bad segmentation")
    multiword = header["multiword"]
    if not isinstance(multiword, dict) or not all(
        isinstance(words, list) and all(type(word) is str for word in words) for words in multiword.values()
    ):
        raise ValueError("bad table of multiword tokens")
    return Segmentation(
        language,
        made.get("segmenter"),
        SentenceSplitter.from_arrays(splitter) if "weights" in splitter else None,
        Retokenizer.from_arrays(retokenizer, **conventions) if "weights" in retokenizer else None,
        multiword,
    )
