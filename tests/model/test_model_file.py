"""A model file is read as it was written, and refused with one line if it is anything else."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy

import arcparser
from arcparser.errors import ModelError, OutputError
from arcparser.model import array_file, model_file
from arcparser.model.calibration import Calibration
from arcparser.model.model import Model, ensemble
from arcparser.model.stored_weights import rounded
from arcparser.network.initialize import new_network
from arcparser.pretrained.static_vectors import quantized
from tests.helpers.forged_files import forged, parts
from tests.helpers.paths import ROOT
from tests.helpers.toy import random_parser

Header = dict[str, Any]


def refused(path: Path) -> str:
    """The one-line message of the ModelError that loading gives."""
    with pytest.raises(ModelError) as caught:
        arcparser.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_what_is_loaded_is_what_was_saved(toy_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.arcparser"
    model_file.save(model_file.load(toy_model), copy)
    assert copy.read_bytes() == toy_model.read_bytes()


def test_the_same_model_has_the_same_bytes_in_every_process(toy_model: Path, tmp_path: Path) -> None:
    code = "import sys; from arcparser.model.model_file import load, save; save(load(sys.argv[1]), sys.argv[2])"
    for seed in ("1", "2", "3"):
        copy = tmp_path / f"{seed}.arcparser"
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, toy_model, copy], check=True, env=environment, cwd=ROOT)
        assert copy.read_bytes() == toy_model.read_bytes()


def test_other_programs_can_read_it(toy_model: Path) -> None:
    model = model_file.load(toy_model)
    arrays = safetensors.numpy.load_file(toy_model)
    weights = model.networks[0].weights
    matrices = {f"0.{name}" for name, array in weights.items() if array.ndim > 1}
    names = {f"0.{name}" for name in weights} | {f"{name}.steps" for name in matrices}
    assert set(arrays) == names | {"vectors", "splitter.weights", "retokenizer.weights"}
    assert {name for name, array in arrays.items() if array.dtype == np.int8} == matrices
    assert {array.dtype.name for array in arrays.values()} == {"float16", "int8"}
    for name, array in weights.items():
        stored = arrays[f"0.{name}"].astype(np.float32)
        if f"0.{name}" in matrices:
            stored *= arrays[f"0.{name}.steps"].astype(np.float32)[..., np.newaxis, :]
        np.testing.assert_array_equal(stored, array)
    with safetensors.safe_open(toy_model, "np") as file:
        metadata = file.metadata()
    header = json.loads(metadata.pop("arcparser"))
    assert not metadata
    assert list(header)[:3] == ["format", "sha256", "kind"]
    assert (header["format"], header["kind"], header["networks"]) == (3, "model", 1)
    assert header["settings"]["children"] is True and header["settings"]["first_hidden"] == 16
    assert header["training"]["warm_up"] == 10 and not set(header["training"]) & set(header["settings"])
    assert header["card"]["name"] == "en_arc" and "forms" in header["vocabulary"]


def test_the_digest_is_that_of_all_other_bytes(toy_model: Path) -> None:
    data = toy_model.read_bytes()
    place = data.index(b"sha256") + len(rb"sha256\":\"")
    assert hashlib.sha256(data[:place] + data[place + 64 :]).hexdigest() == data[place : place + 64].decode()


def test_several_networks_are_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "three.arcparser"
    model = ensemble([random_parser(seed).model for seed in (1, 2, 3)])
    model_file.save(model, path)
    found = model_file.load(path)
    assert len(found.networks) == 3
    assert "networks" not in found.card.training
    for k, (saved, loaded) in enumerate(zip(model.networks, found.networks)):
        np.testing.assert_array_equal(loaded.weights.flat, rounded(saved.weights).flat)
        assert np.abs(loaded.weights.flat - saved.weights.flat).max() < 0.02
        np.testing.assert_array_equal(safetensors.numpy.load_file(path)[f"{k}.upos.b"], loaded.weights["upos.b"])


def test_static_vectors_are_bytes(tmp_path: Path) -> None:
    path = tmp_path / "vectors.arcparser"
    model = random_parser(1, vector_width=6).model
    model_file.save(model, path)
    arrays = safetensors.numpy.load_file(path)
    words = len(model.vocabulary.vector_forms)
    assert words > 20 and arrays["vectors"].shape == (words + 1, 6) and arrays["vectors"].dtype == np.int8
    assert arrays["vectors.steps"].shape == (6,) and arrays["0.vectors.unknown"].shape == (6,)
    found = model_file.load(path)
    assert found.networks[0].vectors.same(model.networks[0].vectors)
    np.testing.assert_array_equal(found.networks[0].weights["vectors.unknown"], arrays["0.vectors.unknown"])
    model_file.save(found, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_fifty_thousand_vectors_of_width_64_take_four_megabytes() -> None:
    network = random_parser(1, width=64).model.networks[0]
    rng = np.random.default_rng(1)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
    forms = [bytes(row).decode() for row in letters[rng.integers(26, size=(50_000, 9))]]
    words = replace(network.vocabulary, vector_forms=forms)
    table = quantized(rng.standard_normal((50_000, 64)).astype(np.float32))
    settings = replace(network.settings, vector_width=64)
    with_vectors = new_network(settings, words, seed=1, vectors=table)
    model = random_parser(1).model
    sizes = [len(model_file.to_bytes(replace(model, networks=(n,)))) for n in (network, with_vectors)]
    weights = with_vectors.weights.flat.size - network.weights.flat.size  # of the layers that read the vectors
    quotes = len('\\"\\",')  # around each word, in a string within the listing
    arrays = 50_001 * 64 + 2 * 64
    assert sizes[1] - sizes[0] == pytest.approx(arrays + weights + 50_000 * (9 + quotes), abs=1000)
    assert sizes[1] - sizes[0] < 4_100_000


def former_file(model: Model, path: Path) -> None:
    """Write a model of one network as former versions did: all in half precision, no vector for unknown forms."""
    header, _, _ = parts(model_file.to_bytes(model))
    stored = safetensors.numpy.load(model_file.to_bytes(model))
    arrays = {name: array.copy() for name, array in stored.items() if not name.endswith(".steps")}
    for name, weight in model.networks[0].weights.items():
        arrays[f"0.{name}"] = weight.astype(np.float16)
    static = model.networks[0].vectors
    del arrays["0.vectors.unknown"]
    arrays["vectors"] = static.rows(np.arange(len(static.table)), np.float32).astype(np.float16)
    array_file.write(path, "model", {name: value for name, value in header.items() if name != "kind"}, arrays)


def test_files_of_former_versions_are_in_half_precision(tmp_path: Path) -> None:
    path = tmp_path / "former.arcparser"
    parser = random_parser(1, vector_width=6)
    weights = parser.model.networks[0].weights
    weights.flat[...] = rounded(weights).flat.astype(np.float16)  # so that both files hold nearly the same
    weights["vectors.unknown"][...] = 0
    model_file.save(parser.model, tmp_path / "now.arcparser")
    former_file(parser.model, path)
    now, former = arcparser.load(tmp_path / "now.arcparser"), arcparser.load(path)
    network = former.model.networks[0]
    np.testing.assert_array_equal(network.weights.flat, weights.flat)
    assert not network.weights["vectors.unknown"].any() and not network.vectors.rows(np.zeros(1, int), float).any()
    sentences = [["the", "dog", "chases", "xyzzy"], ["Every", "cat", "sleeps", "."]]
    assert [str(s) for s in former.parse_many(sentences)] == [str(s) for s in now.parse_many(sentences)]
    model_file.save(former.model, tmp_path / "saved.arcparser")  # with a vector for unknown forms from now on
    again = model_file.load(tmp_path / "saved.arcparser")
    assert again.networks[0].vectors.same(network.vectors)
    assert not again.networks[0].weights["vectors.unknown"].any()


def enormous(arrays: dict[str, Any]) -> None:
    arrays["vectors.steps"][...] = 60_000


def infinite(arrays: dict[str, Any]) -> None:
    arrays["vectors"][:, 0] = 0
    arrays["vectors.steps"][0] = np.inf


def no_number(arrays: dict[str, Any]) -> None:
    arrays["vectors.steps"][1] = np.nan


def without_steps(arrays: dict[str, Any]) -> None:
    del arrays["vectors.steps"]


def without_unknown(arrays: dict[str, Any]) -> None:
    del arrays["0.vectors.unknown"]


def a_row_more(arrays: dict[str, Any]) -> None:
    arrays["vectors"] = np.vstack((arrays["vectors"], arrays["vectors"][:1]))


def unsigned(arrays: dict[str, Any]) -> None:
    arrays["vectors"] = arrays["vectors"].view(np.uint8)


@pytest.mark.parametrize(
    "change", [enormous, infinite, no_number, without_steps, without_unknown, a_row_more, unsigned]
)
def test_vectors_that_are_none(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    data = model_file.to_bytes(random_parser(1, vector_width=6).model)
    arrays = {name: array.copy() for name, array in safetensors.numpy.load(data).items()}
    change(arrays)
    header, _, _ = parts(data)
    path = tmp_path / "bad.arcparser"
    array_file.write(path, "model", {name: value for name, value in header.items() if name != "kind"}, arrays)
    assert "is not a whole model" in refused(path)


def test_truncated_anywhere(toy_model: Path, tmp_path: Path) -> None:
    data = toy_model.read_bytes()
    path = tmp_path / "cut.arcparser"
    ends = [*range(60), *range(60, len(data), len(data) // 150), *range(len(data) - 40, len(data))]
    for end in ends:
        path.write_bytes(data[:end])
        refused(path)
    path.write_bytes(data + b"\0")
    assert "damaged" in refused(path)


def test_any_byte_altered(toy_model: Path, tmp_path: Path) -> None:
    data = bytearray(toy_model.read_bytes())
    path = tmp_path / "altered.arcparser"
    for at in [*range(40), *range(40, len(data), len(data) // 200), len(data) - 1]:
        for bit in (1, 128):
            data[at] ^= bit
            path.write_bytes(data)
            refused(path)
            data[at] ^= bit


@pytest.mark.parametrize("version", [b"0", b"1", b"2", b"4", b"10", b"33", b"", b"1.0", b"-1", b"x" * 50, b"\n\x1b["])
def test_other_versions_are_named(toy_model: Path, tmp_path: Path, version: bytes) -> None:
    path = tmp_path / "other.arcparser"
    path.write_bytes(forged(*parts(toy_model.read_bytes()), version=version))
    message = refused(path)
    assert "format version" in message and "and this arcparser reads 3: " in message
    assert message.isprintable()


def change(*keys: str | int, to: Any) -> Callable[[Header], None]:
    """Set what lies under `keys`; callables change what is there."""

    def apply(header: Any) -> None:
        for key in keys[:-1]:
            header = header[key]
        header[keys[-1]] = to(header[keys[-1]]) if callable(to) else to

    return apply


def drop(*keys: str | int) -> Callable[[Header], None]:
    def apply(header: Any) -> None:
        for key in keys[:-1]:
            header = header[key]
        del header[keys[-1]]

    return apply


FORGERIES = {
    "another kind": change("kind", to="checkpoint"),
    "a kind that is no name": change("kind", to=[]),
    "no kind": drop("kind"),
    "no settings": drop("settings"),
    "settings are a list": change("settings", to=[1, 2]),
    "an unknown setting": change("settings", "color", to=3),
    "a setting too few": drop("settings", "tag_hidden"),
    "a switch that is a number": change("settings", "children", to=1),
    "a switch that is a word": change("settings", "tags_only", to="no"),
    "another cell": change("settings", "cell", to="qrnn"),
    "no such cell": change("settings", "cell", to="gru"),
    "wider word vectors": change("settings", "vector_width", to=10**9),
    "no settings of the training": drop("training"),
    "settings of the training are a list": change("training", to=["rate"]),
    "a list for a rate": change("training", "rate", to=[1]),
    "half a character for a rate": change("training", "rate", to="\udcff"),
    "no number of networks": drop("networks"),
    "more networks": change("networks", to=2),
    "no networks": change("networks", to=0),
    "very many networks": change("networks", to=10**9),
    "a word for the number of networks": change("networks", to="1"),
    "true for the number of networks": change("networks", to=True),
    "a fraction for the number of networks": change("networks", to=1.0),
    "seventeen networks": change("networks", to=17),
    "an enormous layer": change("settings", "first_hidden", to=10**9),
    "an impossible layer": change("settings", "first_hidden", to=-3),
    "a word for a layer": change("settings", "first_hidden", to="8"),
    "a thousand layers": change("settings", "layers", to=1000),
    "another layer": change("settings", "first_hidden", to=lambda hidden: hidden + 1),
    "no vocabulary": drop("vocabulary"),
    "a vocabulary without forms": drop("vocabulary", "forms"),
    "forms are a word": change("vocabulary", "forms", to="word"),
    "forms are numbers": change("vocabulary", "forms", to=lambda forms: list(range(len(forms)))),
    "no labels": change("vocabulary", "labels", to=[]),
    "no root label": change("vocabulary", "root_labels", to=[]),
    "a root label that is no label": change("vocabulary", "root_labels", to=[1000]),
    "a root label below 0": change("vocabulary", "root_labels", to=[-1]),
    "a label of the root alone that is none": change("vocabulary", "root_only", to=[-5]),
    "a root label that is true": change("vocabulary", "root_labels", to=[True]),
    "a label twice": change("vocabulary", "labels", to=lambda labels: [labels[1], *labels[1:]]),
    "a label of two lines": change("vocabulary", "labels", 0, to="a\nb"),
    "a label with a tab": change("vocabulary", "labels", 0, to="a\tb"),
    "a label of half a character": change("vocabulary", "labels", 0, to="\ud800"),
    "an empty label": change("vocabulary", "labels", 0, to=""),
    "a tag with a tab": change("vocabulary", "upos", 0, to="NOUN\t"),
    "no card": drop("card"),
    "a card without a name": drop("card", "name"),
    "a card with more": change("card", "price", to=1),
    "a number for a name": change("card", "name", to=5),
    "a name of half a character": change("card", "name", to="\udcff"),
    "a word for an epoch": change("card", "epochs", to="ten"),
    "scores that are a list": change("card", "scores", to=[1]),
    "scores that are words": change("card", "scores", to={"LAS": "good"}),
    "a score that is none": change("card", "scores", "LAS", to=float("nan")),
    "a score beyond all numbers": change("card", "scores", "LAS", to=10**400),
    "a score above 100": change("card", "scores", "LAS", to=100.5),
    "a negative number of words": change("card", "train_words", to=-1),
    "more words than can be": change("card", "train_words", to=10**100),
    "a rate that is infinite": change("training", "rate", to=float("inf")),
    "a rate beyond all numbers": change("training", "rate", to=10**400),
    "a layer beyond all numbers": change("settings", "first_hidden", to=10**400),
    "a language that is a path": change("card", "language", to="../en"),
    "a module for a language": change("card", "language", to="en.lex_attrs"),
    "a language of many letters": change("card", "language", to="tokenizer_exceptions"),
    "no language": change("card", "language", to=""),
    "no segmentation": drop("segmentation"),
    "a segmentation that is a list": change("segmentation", to=[]),
    "no table of multiword tokens": drop("segmentation", "multiword"),
    "multiword tokens that are numbers": change("segmentation", "multiword", to={"don't": 2}),
    "multiword tokens of one word": change("segmentation", "multiword", to={"don't": ["don't"]}),
    "multiword tokens of empty words": change("segmentation", "multiword", to={"don't": ["do", ""]}),
    "multiword tokens of half a character": change("segmentation", "multiword", to={"don't": ["do", "\ud800"]}),
    "multiword tokens of thousands of words": change("segmentation", "multiword", to={"don't": ["n"] * 5000}),
    "no segmenter": drop("segmentation", "segmenter"),
    "rules of no language": change("segmentation", "rules", to="../en"),
    "rules that are a number": change("segmentation", "rules", to=1),
    "no version of the features": drop("segmentation", "features"),
    "a segmentation with more": change("segmentation", "more", to=1),
    "a calibration that is a list": change("calibration", to=[1, 2]),
    "a calibration with more": change("calibration", "more", to=1),
    "slopes of 0": change("calibration", "arc_slopes", to=[0.0, 0.0]),
    "a slope below 0": change("calibration", "arc_slopes", to=[-0.1, 1.0]),
    "a slope that is a word": change("calibration", "arc_slopes", 0, to="steep"),
    "one slope": change("calibration", "arc_slopes", to=[1.0]),
    "slopes that are one number": change("calibration", "arc_slopes", to=1.0),
    "a former slope that is a word": change("calibration", "arc_slope", to="steep"),
    "an offset that is none": change("calibration", "arc_offset", to=float("nan")),
    "an offset beyond all numbers": change("calibration", "arc_offset", to=10**400),
    "a temperature below 0": change("calibration", "label_temperature", to=-1.0),
    "an infinite temperature": change("calibration", "label_temperature", to=float("inf")),
    "half a word for a calibration": change("calibration", "words", to=0.5),
    "one error of a calibration": change("calibration", "arc_ece", to=[1.0]),
    "errors above 100": change("calibration", "label_ece", to=[1.0, 101.0]),
    "a character of two": change("vocabulary", "characters", 0, to="ab"),
    "a vocabulary with more": change("vocabulary", "more", to=[]),
    "multiword tokens of no words": change("segmentation", "multiword", to={"don't": []}),
    "multiword tokens of two lines": change("segmentation", "multiword", to={"don't": ["do\n", "n't"]}),
    "a retokenizer that is a word": change("segmentation", "retokenizer", to="spaces"),
    "a retokenizer that knows too little": drop("segmentation", "retokenizer", "glued"),
    "a retokenizer that knows a number": change("segmentation", "retokenizer", "glued", to=2),
    "weights of a retokenizer that is none": change("segmentation", "retokenizer", to=None),
    "more": change("more", to={}),
}

WEIGHTS = "0.upos.b"
ARRAY_FORGERIES = {
    "no arrays": lambda entries: entries.clear(),
    "an array too few": drop(WEIGHTS),
    "an array that is a number": change(WEIGHTS, to=7),
    "an array of another name": lambda entries: entries.update({"heights": entries.pop(WEIGHTS)}),
    "an array without a type": drop(WEIGHTS, "dtype"),
    "pickled objects": change(WEIGHTS, "dtype", to="|O"),
    "an unknown type": change(WEIGHTS, "dtype", to="F24"),
    "a list for a type": change(WEIGHTS, "dtype", to=["F16"]),
    "another type": change(WEIGHTS, "dtype", to="F64"),
    "integers": change(WEIGHTS, "dtype", to="I16"),
    "another type of half precision": change(WEIGHTS, "dtype", to="BF16"),
    "too many numbers": change(WEIGHTS, "shape", to=lambda shape: [shape[0] + 1]),
    "too few numbers": change(WEIGHTS, "shape", to=lambda shape: [shape[0] - 1]),
    "an enormous shape": change(WEIGHTS, "shape", to=[10**12]),
    "a shape that overflows": change(WEIGHTS, "shape", to=[2**40, 2**40, 2**40]),
    "a shape of nothing by everything": change("vectors", "shape", to=[0, 2**62]),
    "a shape of nothing by more than that": change("vectors", "shape", to=[0, 10**30]),
    "a negative shape": change(WEIGHTS, "shape", to=[-1, -2]),
    "a fraction of a shape": change(WEIGHTS, "shape", to=[1.5]),
    "a word for a shape": change(WEIGHTS, "shape", to="12"),
    "two dimensions": change(WEIGHTS, "shape", to=lambda shape: [1, shape[0]]),
    "no dimension": change(WEIGHTS, "shape", to=[]),
    "a hundred dimensions": change(WEIGHTS, "shape", to=lambda shape: [*shape, *[1] * 100]),
    "no place": drop(WEIGHTS, "data_offsets"),
    "an enormous place": change(WEIGHTS, "data_offsets", to=[0, 2**63]),
    "a place before the beginning": change(WEIGHTS, "data_offsets", to=[-8, 0]),
    "the place of another": lambda entries: entries[WEIGHTS].update(data_offsets=entries["0.xpos.b"]["data_offsets"]),
    "a place that ends before it begins": change(WEIGHTS, "data_offsets", to=lambda place: place[::-1]),
    "a second header": change("__metadata__", to={"arcparser": "{}"}),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_the_header_is_checked_even_if_the_digest_fits(
    toy_model: Path, tmp_path: Path, forgery: Callable[[Header], None]
) -> None:
    header, entries, arrays = parts(toy_model.read_bytes())
    forgery(header)
    path = tmp_path / "forged.arcparser"
    path.write_bytes(forged(header, entries, arrays))
    refused(path)


@pytest.mark.parametrize("forgery", ARRAY_FORGERIES.values(), ids=list(ARRAY_FORGERIES))
def test_the_arrays_are_checked_even_if_the_digest_fits(
    toy_model: Path, tmp_path: Path, forgery: Callable[[Header], None]
) -> None:
    header, entries, arrays = parts(toy_model.read_bytes())
    forgery(entries)
    path = tmp_path / "forged.arcparser"
    path.write_bytes(forged(header, entries, arrays))
    refused(path)


def test_the_forger_can_write_a_good_file(toy_model: Path, tmp_path: Path) -> None:
    """Else the tests above would show nothing."""
    path = tmp_path / "forged.arcparser"
    path.write_bytes(forged(*parts(toy_model.read_bytes())))
    assert path.read_bytes() == toy_model.read_bytes()
    assert arcparser.load(path).parse(["Dogs", "chase", "cats"]).heads.count(0) == 1


def test_a_header_that_the_format_cannot_hold_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: object) -> bytes:
        raise safetensors.SafetensorError("header too large")

    monkeypatch.setattr("safetensors.numpy.save", too_large)
    path = tmp_path / "large.arcparser"
    with pytest.raises(OutputError, match=r"cannot be written \(header too large\): train with fewer forms"):
        model_file.save(random_parser(1).model, path)
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_an_earlier_version_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "former.checkpoint"
    path.write_bytes(b"arcparser 2\n")
    with pytest.raises(ModelError, match="this arcparser reads 3: give --overwrite instead of --resume, or install"):
        array_file.read(path, "checkpoint")


def test_a_setting_that_is_younger_than_the_file_has_its_default(toy_model: Path, tmp_path: Path) -> None:
    header, entries, arrays = parts(toy_model.read_bytes())
    del header["settings"]["graph_features"], header["settings"]["cell"]
    path = tmp_path / "older.arcparser"
    path.write_bytes(forged(header, entries, arrays))
    assert model_file.load(path).settings == model_file.load(toy_model).settings


def test_a_calibration_is_kept_and_a_file_without_one_loads(toy_model: Path, tmp_path: Path) -> None:
    fitted = model_file.load(toy_model).calibration
    assert fitted.words == 461 and fitted.arc_ece[1] < fitted.arc_ece[0] and type(fitted.arc_ece) is tuple
    header, entries, arrays = parts(toy_model.read_bytes())
    del header["calibration"]
    path = tmp_path / "older.arcparser"
    path.write_bytes(forged(header, entries, arrays))
    assert model_file.load(path).calibration == Calibration()
    kept = tmp_path / "kept.arcparser"
    model_file.save(replace(model_file.load(path), calibration=fitted), kept)
    assert model_file.load(kept).calibration == fitted
    assert kept.read_bytes() == toy_model.read_bytes()


@pytest.mark.parametrize("rest", ["", ",", "]", ',"kind":"model"', ',"kind":' + "[" * 100_000, "9" * 5000, "}{", "}}"])
def test_headers_that_are_none(toy_model: Path, tmp_path: Path, rest: str) -> None:
    _, entries, arrays = parts(toy_model.read_bytes())
    path = tmp_path / "bad.arcparser"
    path.write_bytes(forged({}, entries, arrays, header_rest=rest))
    assert "damaged" in refused(path)


@pytest.mark.parametrize(
    "rest", [b"", b"}", b"}}}", b"},", b'},"a":' + b"[" * 100_000, b'},"a":' + b"9" * 5000 + b"}", b"\xff\xfe}}"]
)
def test_listings_that_are_none(toy_model: Path, tmp_path: Path, rest: bytes) -> None:
    header, _, arrays = parts(toy_model.read_bytes())
    path = tmp_path / "bad.arcparser"
    path.write_bytes(forged(header, {}, arrays, listing_rest=rest))
    assert "damaged" in refused(path)


@pytest.mark.parametrize("size", [0, 1, 8, 10**9, 10**18, 2**64 - 1])
def test_listings_of_another_size(toy_model: Path, tmp_path: Path, size: int) -> None:
    path = tmp_path / "bad.arcparser"
    path.write_bytes(forged(*parts(toy_model.read_bytes()), size=size))
    assert "damaged" in refused(path)


def test_weights_that_are_no_numbers(toy_model: Path, tmp_path: Path) -> None:
    header, entries, arrays = parts(toy_model.read_bytes())
    path = tmp_path / "nan.arcparser"
    for value in (np.nan, np.inf, -np.inf):
        weights = np.frombuffer(arrays, "<f2").copy()
        weights[entries[WEIGHTS]["data_offsets"][0] // 2] = value
        path.write_bytes(forged(header, entries, weights.tobytes()))
        assert "no finite numbers" in refused(path)


def test_what_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "other"
    arrays = {"weights": np.zeros(3, np.float16)}
    other = safetensors.numpy.save(arrays, {"format": "np"})
    nearly = safetensors.numpy.save(arrays, {"arcparser": '{"version":3}'})
    for data in (b"", b"\n", b"arcparser", b"PK\x03\x04 zip", b"1\tDogs\t_\n", os.urandom(5000), other, nearly):
        path.write_bytes(data)
        assert "is not an arcparser model" in refused(path)


@pytest.mark.parametrize("version", [b"1", b"2"])
def test_former_formats_are_named(tmp_path: Path, version: bytes) -> None:
    path = tmp_path / "former.arcparser"
    for rest in (b"", b"\n", b"\n2\n{}" + bytes(32), b"\n" + bytes(5000)):
        path.write_bytes(b"arcparser " + version + rest)
        message = (
            f"{path}: has format version {version.decode()}, and this arcparser reads 3: train it again, or install"
        )
        assert refused(path).startswith(message)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "trapped"),)

    path = tmp_path / "pickle.arcparser"
    path.write_bytes(pickle.dumps(Trap()))
    refused(path)
    trap = pickle.dumps(Trap())
    for dtype in ("|O", "object", "U8", "F16"):
        entries = {"vectors": {"dtype": dtype, "shape": [len(trap)], "data_offsets": [0, len(trap)]}}
        path.write_bytes(forged({"kind": "model"}, entries, trap))
        refused(path)
    assert not (tmp_path / "trapped").exists()


def test_a_checkpoint_is_no_model(toy_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "toy.checkpoint"
    array_file.write(path, "checkpoint", {}, {"weights": np.zeros(3, np.float32)})
    assert "is an arcparser checkpoint, not a model" in refused(path)
    array_file.write(path, "picture", {}, {"pixels": np.zeros(3, np.int32)})
    assert "is an arcparser file of another kind, not a model" in refused(path)


def test_names_and_paths_that_lead_nowhere(tmp_path: Path) -> None:
    refused(tmp_path / "none.arcparser")
    refused(tmp_path)
    refused(tmp_path / ("long" * 100))
    for name in ("no_such_model", "", "a\0b", "x" * 5000):
        with pytest.raises(ModelError, match="no such model"):
            arcparser.load(name)
    with pytest.raises(ModelError, match=r"installed are .*arcparser train"):
        arcparser.load("no_such_model")


@pytest.mark.skipif(sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="all can read")
def test_a_file_that_may_not_be_read(toy_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "secret.arcparser"
    path.write_bytes(toy_model.read_bytes())
    path.chmod(0)
    assert "Permission denied" in refused(path)


@pytest.mark.skipif(sys.platform == "win32", reason="there it would fill the disk")
def test_a_large_file_that_is_no_model_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with open(path, "wb") as stream:
        stream.truncate(1 << 40)  # a terabyte of nothing, on file systems that store holes
    assert "is not an arcparser model" in refused(path)


@pytest.mark.skipif(sys.platform == "win32", reason="there it would fill the disk")
def test_a_model_with_a_terabyte_of_nothing_behind_it_is_not_read(toy_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "large.arcparser"
    path.write_bytes(toy_model.read_bytes())
    with open(path, "r+b") as stream:
        stream.truncate(1 << 40)
    assert "is damaged (it is larger than its arrays)" in refused(path)


def test_a_large_model_is_read(toy_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_file, "_LARGE", 0)
    assert model_file.load(toy_model).card.name == "en_arc"
