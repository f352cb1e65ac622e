"""Save a model as a file, load it, and check that a file is made of what a model is made of.

The arrays in the file (`arcparser.model.array_file`) are the weights of each network k, `k.NAME`, the static vectors
that all networks share, and the weights of the segmentation. `vectors` are whole numbers of a byte, multiples of
`vectors.steps` (`arcparser.pretrained.static_vectors`). Files of former versions have the vectors themselves in half
precision, and no weight `vectors.unknown`, which is 0 then. Weights are rounded (`arcparser.model.stored_weights`);
training scores a model with its weights rounded like that, so the scores in the file are those of the file.

A model that was trained with a pretrained encoder names it, and holds the `scaling` of what it says. It may hold the
encoder itself: the bytes of its files (`arcparser.model.pretrained_entry`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np

from arcparser.errors import ModelError, one_line, quote
from arcparser.model import array_file
from arcparser.model.calibration import Calibration
from arcparser.model.model import MOST_NETWORKS, Card, Model
from arcparser.model.pretrained_entry import pretrained_from_file, pretrained_to_file
from arcparser.model.registry import find
from arcparser.model.sources import sources_from_json, sources_to_json
from arcparser.model.stored_weights import Arrays, in_half, take, take_weights, weights_to_file
from arcparser.network.encoder import UNKNOWN_VECTOR
from arcparser.network.lemma_rules import apply_rule
from arcparser.network.network import Network, weight_shapes
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import TAG_COLUMNS, Vocabulary
from arcparser.pretrained.static_vectors import StaticVectors, not_quantized
from arcparser.text.boundary_classifier import BoundaryClassifier, TokenBoundaries
from arcparser.text.segmentation import SEGMENTERS, Segmentation
from arcparser.treebank.columns import check_values
from arcparser.types import PathLike

_VECTORS, _STEPS = "vectors", "vectors.steps"
_SPLITTER, _RETOKENIZER = "splitter.weights", "retokenizer.weights"
_ENTRIES = {"networks", "settings", "training", "card", "segmentation", "calibration", "vocabulary", "pretrained"}
_SEGMENTATION_ENTRIES = {"features", "segmenter", "rules", "retokenizer", "multiword"}
_LARGEST_COUNT = 2**63
_LARGEST_FITTED = 1e6  # of the numbers of a calibration
_MOST_WORDS = 255  # of a multiword token
_LANGUAGE = re.compile("[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


def save(model: Model, path: PathLike) -> None:
    """Write the model file, whole or not at all; the same model gives the same bytes.

    Raises:
        OutputError: The file cannot be written.
    """
    array_file.write(path, "model", *_contents(model))


def to_bytes(model: Model) -> bytes:
    """Return the bytes of the file that `save` would write."""
    return array_file.encode(model.card.name, "model", *_contents(model))


def _contents(model: Model) -> tuple[dict[str, Any], Arrays]:
    """Return the header and the arrays of a model's file."""
    card = asdict(model.card)
    card["sources"] = sources_to_json(model.card.sources)
    if not card["sources"]:  # so that former versions can read the file
        del card["sources"]
    segmentation, arrays = _segmentation_to_file(model.segmentation)
    header = {
        "networks": len(model.networks),
        "settings": asdict(model.settings),
        "training": card.pop("training"),
        "card": card,
        "segmentation": segmentation,
        "calibration": asdict(model.calibration),
        "vocabulary": vocabulary_to_json(model.vocabulary),
    }
    for k, network in enumerate(model.networks):
        arrays.update(weights_to_file(network.weights, f"{k}."))
    vectors = model.networks[0].vectors
    arrays[_VECTORS] = vectors.table
    if vectors.table.dtype == np.int8:
        arrays[_STEPS] = vectors.steps
    if model.pretrained is not None:
        header["pretrained"], of_encoder = pretrained_to_file(model.pretrained)
        arrays.update(of_encoder)
        arrays["scaling"] = in_half(model.networks[0].scaling)
    return header, arrays


def load(name_or_path: PathLike) -> Model:
    """Read a model file, or a shipped model by its name.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
    """
    path = find(name_or_path)
    return _model(str(path), *array_file.read(path, "model"))


def from_bytes(data: bytes, name: str) -> Model:
    """Make the model of `to_bytes`.

    Args:
        data: Its bytes.
        name: What messages call them.

    Raises:
        ModelError: They are no model, damaged or of another version.
    """
    return _model(name, *array_file.decode(data, name, "model"))


def _model(path: str, header: dict[str, Any], arrays: Arrays) -> Model:
    """Make a model of what is in its file.

    Raises:
        ModelError: That is not what a model is made of.
    """
    try:
        header.setdefault("calibration", {})  # younger than some files: what it would hold the model does without
        header.setdefault("pretrained", None)
        _check_entries("the model", header, _ENTRIES)
        training = {name: value for name, value in header["training"].items() if name != "networks"}  # once there
        card = _card_from_json({**header["card"], "training": training})
        vocabulary = vocabulary_from_json(header["vocabulary"])
        # A setting that is not there is younger than the file: its default is what all networks did before.
        settings = Settings(**header["settings"])
        networks = _networks_from_file(header["networks"], arrays, settings, vocabulary)
        segmentation = _segmentation_from_file(header["segmentation"], arrays, card.language)
        pretrained = pretrained_from_file(header["pretrained"], arrays, settings)
        if arrays:
            raise ValueError(f"an array that belongs to nothing: {quote(min(arrays))}")
        return Model(networks, card, segmentation, _calibration_from_json(header["calibration"]), pretrained)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        reason = one_line(str(error))[:200]  # it may quote a value of any length
        raise ModelError(f"{path}: is not a whole model ({reason}): train it again") from error


def _networks_from_file(count: Any, arrays: Arrays, settings: Settings, vocabulary: Vocabulary) -> tuple[Network, ...]:
    """Take word vectors and weights out of `arrays`; the networks have them in single precision.

    Raises:
        ValueError: An array is missing, has another shape or type, or holds what is no finite number.
    """
    if type(count) is not int or not 1 <= count <= MOST_NETWORKS:
        raise ValueError("bad number of networks")
    former = _STEPS not in arrays
    vectors = _take_vectors(arrays, len(vocabulary.vector_forms), settings.vector_width)
    of_encoder = 2, settings.pretrained_layers, settings.pretrained_inputs
    half_scaling = np.zeros((2, 0, 0), np.float16)
    if settings.pretrained_layers:
        half_scaling = take(arrays, "scaling", of_encoder)
    if not np.isfinite(half_scaling).all():
        raise ValueError("a scaling of what is no finite number")
    scaling = half_scaling.astype(np.float32)
    shapes = weight_shapes(settings, vocabulary)
    networks = []
    for k in range(count):
        younger = {UNKNOWN_VECTOR} if former and f"{k}.{UNKNOWN_VECTOR}" not in arrays else set()
        weights = take_weights(arrays, f"{k}.", shapes, younger)
        networks.append(Network(settings, vocabulary, weights, vectors, scaling))
    return tuple(networks)


def _take_vectors(arrays: Arrays, words: int, width: int) -> StaticVectors:
    """Take the static vectors of so many words out of `arrays`.

    Raises:
        ValueError: There are none, or others, or half precision cannot hold one.
    """
    shape = words + 1, width
    if _STEPS in arrays:
        table = take(arrays, _VECTORS, shape, np.int8)
        vectors = StaticVectors(table, take(arrays, _STEPS, (width,)))
    else:
        vectors = not_quantized(take(arrays, _VECTORS, shape))
    if not vectors.largest <= float(np.finfo(np.float16).max):  # nor is what is no number
        raise ValueError("word vectors of numbers that are not finite, or too large")
    return vectors


def vocabulary_to_json(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the lists of a vocabulary by name."""
    return {f.name: list(getattr(vocabulary, f.name)) for f in fields(Vocabulary) if f.init}


def vocabulary_from_json(lists: Mapping[str, list[Any]]) -> Vocabulary:
    """Make a vocabulary of its lists.

    Raises:
        ValueError: The lists are not what a vocabulary is made of.
        TypeError: Likewise.
    """
    wanted = [f for f in fields(Vocabulary) if f.init]
    # A list that is not there is younger than the file: what it would hold the model does without.
    younger: dict[str, list[Any]] = {f.name: [] for f in wanted if f.default == ()}
    _check_entries(
        "the vocabulary", {**younger, **lists} if isinstance(lists, dict) else lists, {f.name for f in wanted}
    )
    for name, values in lists.items():
        kind = int if name.startswith("root_") else str
        if not isinstance(values, list) or not all(type(value) is kind for value in values):
            raise ValueError(f"bad list of {name}")
    if any(len(character) != 1 for character in lists["characters"]):
        raise ValueError("bad list of characters")
    vocabulary = Vocabulary(**lists)
    for name in (*TAG_COLUMNS, "labels"):  # what is written into files
        values = lists[name]
        check_values(values)
        "".join(values).encode()  # ValueError for half a surrogate pair
        if not values or len(set(values)) < len(values):
            raise ValueError(f"bad list of {name}")
    check_values(vocabulary.lemma_rules)
    "".join(vocabulary.lemma_rules).encode()
    for rule in vocabulary.lemma_rules:
        apply_rule(rule, "")  # ValueError for what is no rule
    roots = [*vocabulary.root_labels, *vocabulary.root_only]
    if "" in vocabulary.labels or not vocabulary.root_labels or any(not 0 <= i < len(vocabulary.labels) for i in roots):
        raise ValueError("bad labels")
    return vocabulary


def _card_from_json(values: Mapping[str, Any]) -> Card:
    """Make a card of its values.

    Raises:
        ValueError: The values are not what a card is made of.
        TypeError: Likewise.
    """
    card = Card(**{**values, "sources": sources_from_json(values.get("sources", ()))})
    json.dumps(values, ensure_ascii=False).encode()  # ValueError where text is no text (half a surrogate pair)
    for f in fields(Card):
        value = getattr(card, f.name)
        if f.type in ("str", "int") and type(value).__name__ != f.type:
            raise ValueError(f"bad {f.name}")
        if f.type == "int" and not (value >= 0 and (value < _LARGEST_COUNT or f.name == "seed")):
            raise ValueError(f"bad {f.name}: {quote(value)}")
    if not is_language(card.language):
        raise ValueError(f"bad language: {quote(card.language)}")
    if not isinstance(card.scores, dict) or not all(map(is_percentage, card.scores.values())):
        raise ValueError("bad scores")
    if not isinstance(card.training, dict) or not all(map(_is_setting, card.training.values())):
        raise ValueError("bad settings of the training")
    return card


def _calibration_from_json(values: Mapping[str, Any]) -> Calibration:
    """Make a calibration of its values.

    Raises:
        ValueError: The values are not what a calibration is made of.
        TypeError: Likewise.
    """
    given = {name: value for name, value in values.items() if name != "arc_slope"}
    if "arc_slope" in values:  # of former versions, which had one for both
        given["arc_slopes"] = values["arc_slope"], values["arc_slope"]
    found = Calibration(**given)
    if not isinstance(found.arc_slopes, (list, tuple)) or len(found.arc_slopes) != 2:
        raise ValueError("bad slopes of the calibration")
    fitted = (*found.arc_slopes, found.arc_offset, found.label_temperature)
    if not all(type(value) in (int, float) and abs(value) <= _LARGEST_FITTED for value in fitted):
        raise ValueError("bad calibration")
    if min(max(found.arc_slopes), found.label_temperature) < 1 / _LARGEST_FITTED or min(found.arc_slopes) < 0:
        raise ValueError("bad calibration: what must be above 0 is not")
    if type(found.words) is not int or not 0 <= found.words < _LARGEST_COUNT:
        raise ValueError("bad number of words of the calibration")
    errors = found.arc_ece, found.label_ece
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 and all(map(is_percentage, pair)) for pair in errors):
        raise ValueError("bad errors of the calibration")
    a, b = found.arc_slopes
    (arc_before, arc_after), (label_before, label_after) = errors
    return replace(found, arc_slopes=(a, b), arc_ece=(arc_before, arc_after), label_ece=(label_before, label_after))


def is_language(code: str) -> bool:
    """Tell whether this may be the code of a language: a name of letters, and parts of letters and digits."""
    return _LANGUAGE.fullmatch(code) is not None


def is_percentage(value: object) -> bool:
    """Tell whether a value is a number from 0 to 100."""
    return type(value) in (int, float) and 0 <= value <= 100  # type: ignore[operator]


def _is_setting(value: object) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return abs(value) < _LARGEST_COUNT  # neither infinite nor NaN
    return isinstance(value, (bool, str))


def _check_entries(where: str, found: object, wanted: set[str]) -> None:
    """Refuse what is no JSON object, or has other entries than are wanted.

    Raises:
        ValueError: The first of these, by name.
    """
    if not isinstance(found, dict):
        raise ValueError(f"{where} is no list of entries by name")
    for name in sorted(wanted - found.keys()):
        raise ValueError(f"{where} lacks {name}")
    for name in sorted(found.keys() - wanted):
        raise ValueError(f"{where} has {quote(name)}, which belongs to nothing")


def _segmentation_to_file(segmentation: Segmentation) -> tuple[dict[str, Any], Arrays]:
    """Return the header's entry and the arrays of a segmentation."""
    arrays: Arrays = {}
    sentences, tokens = segmentation.sentence_boundaries, segmentation.token_boundaries
    if sentences is not None:
        arrays[_SPLITTER] = sentences.weights
    if tokens is not None:
        arrays[_RETOKENIZER] = tokens.classifier.weights
    header = {
        "features": segmentation.features_version,
        "segmenter": segmentation.segmenter,
        **({"rules": segmentation.rules} if segmentation.rules else {}),
        "retokenizer": tokens and {"spaces": tokens.spaces, "glued": tokens.glued},
        "multiword": {form: list(words) for form, words in segmentation.multiword.items()},
    }
    return header, arrays


def _segmentation_from_file(header: Mapping[str, Any], arrays: Arrays, language: str) -> Segmentation:
    """Make a segmentation of what `_segmentation_to_file` returned, and take its arrays out of `arrays`.

    Raises:
        ValueError: It is damaged.
        TypeError: It is damaged.
        KeyError: It is damaged.
    """
    header = {"rules": None, **header}
    _check_entries("the segmentation", header, _SEGMENTATION_ENTRIES)
    rules = header["rules"]
    if type(header["features"]) is not int or header["segmenter"] not in (None, *SEGMENTERS):
        raise ValueError("bad segmentation")
    if rules is not None and not (isinstance(rules, str) and _LANGUAGE.fullmatch(rules)):
        raise ValueError("bad segmentation")
    multiword = header["multiword"]
    if not isinstance(multiword, dict) or not all(
        isinstance(words, list) and 1 < len(words) <= _MOST_WORDS and all(type(word) is str and word for word in words)
        for words in multiword.values()
    ):
        raise ValueError("bad table of multiword tokens")
    forms = [word for words in multiword.values() for word in words]
    check_values(forms)
    "".join(forms).encode()  # ValueError for half a surrogate pair
    sentences = tokens = None
    if _SPLITTER in arrays:
        sentences = _take_classifier(arrays, _SPLITTER, 2)
    conventions = header["retokenizer"]
    if conventions is not None:
        _check_entries("the retokenizer", conventions, {"spaces", "glued"})
        if any(type(value) is not bool for value in conventions.values()):
            raise ValueError("bad segmentation")
        tokens = TokenBoundaries(_take_classifier(arrays, _RETOKENIZER, 3), **conventions)
    return Segmentation(
        language,
        segmenter=header["segmenter"],
        rules=rules,
        sentence_boundaries=sentences,
        token_boundaries=tokens,
        multiword=multiword,
        features_version=header["features"],
    )


def _take_classifier(arrays: Arrays, name: str, classes: int) -> BoundaryClassifier:
    """Take the weights of a classifier of so many classes out of `arrays`.

    Raises:
        ValueError: There are none, their number is no power of 2, or one is no finite number.
    """
    weights = take(arrays, name, (None, classes))
    if len(weights) < 2 or len(weights) & (len(weights) - 1):
        raise ValueError(f"{name} has another shape or type")
    if not np.isfinite(weights).all():
        raise ValueError(f"{name} has numbers that are not finite")
    return BoundaryClassifier(weights)
