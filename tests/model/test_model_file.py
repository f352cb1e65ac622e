"""A model file is read as it was written, and refused with one line if it is anything else."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.errors import ModelError
from arcparser.model import container, model_file

Header = dict[str, Any]


def refused(path: Path) -> str:
    """The one-line message of the ModelError that loading gives."""
    with pytest.raises(ModelError) as caught:
        arcparser.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def parts(data: bytes) -> tuple[Header, bytes]:
    """Header and arrays of a model file."""
    _, size, rest = data.split(b"\n", 2)
    return json.loads(rest[: int(size)]), rest[int(size) : -32]


def forged(header: Any, arrays: bytes, *, version: bytes = b"2", size: int | None = None) -> bytes:
    """A file with a digest that fits whatever is in it: only the checks of its contents can refuse it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = b"arcparser %s\n%d\n%s%s" % (version, len(text) if size is None else size, text, arrays)
    return body + hashlib.sha256(body).digest()


def test_what_is_loaded_is_what_was_saved(toy_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.arcparser"
    model_file.save(model_file.load(toy_model), copy)
    assert copy.read_bytes() == toy_model.read_bytes()
    assert toy_model.read_bytes().startswith(b"arcparser 2\n")


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


@pytest.mark.parametrize("version", [b"0", b"1", b"3", b"10", b"", b"1.0", b"-1", b"x" * 50])
def test_other_versions_are_named(toy_model: Path, tmp_path: Path, version: bytes) -> None:
    path = tmp_path / "other.arcparser"
    path.write_bytes(forged(*parts(toy_model.read_bytes()), version=version))
    assert "format version" in refused(path)


def test_settings_of_earlier_versions_are_understood(toy_model: Path, tmp_path: Path) -> None:
    """One was only read in training, one stood for two: the model parses as it did."""
    header, arrays = parts(toy_model.read_bytes())
    header["settings"]["substitute"] = 0.2
    del header["settings"]["first_hidden"]
    path = tmp_path / "earlier.arcparser"
    path.write_bytes(forged(header, arrays))
    found, whole = model_file.load(path).networks[0], model_file.load(toy_model).networks[0]
    assert found.settings == whole.settings
    assert np.array_equal(found.weights.flat, whole.weights.flat)


def test_a_second_layer_of_earlier_versions_is_refused(toy_model: Path, tmp_path: Path) -> None:
    """Without `tags_only` it read the first and the tags' layer side by side."""
    header, arrays = parts(toy_model.read_bytes())
    header["settings"] |= {"layers": 2, "tags_only": 0}
    del header["settings"]["branches"]
    path = tmp_path / "earlier.arcparser"
    path.write_bytes(forged(header, arrays))
    assert "of an earlier version, with another second layer" in refused(path)


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
    "no arrays": drop("arrays"),
    "arrays are a number": change("arrays", to=7),
    "no such array": change("arrays", to=[]),
    "an array of another name": change("arrays", 0, 0, to="heights"),
    "an array without a name": change("arrays", 0, 0, to=None),
    "an array with a number for a name": lambda header: header["arrays"].append([5, "<f2", [0]]),
    "an array with a list for a name": change("arrays", 0, 0, to=["weights"]),
    "pickled objects": change("arrays", 0, 1, to="|O"),
    "an unknown type": change("arrays", 0, 1, to="<f16"),
    "a list for a type": change("arrays", 0, 1, to=["<f2"]),
    "another type": change("arrays", 0, 1, to="<f8"),
    "too many numbers": change("arrays", 0, 2, to=lambda shape: [shape[0] + 1]),
    "too few numbers": change("arrays", 0, 2, to=lambda shape: [shape[0] - 1]),
    "an enormous shape": change("arrays", 0, 2, to=[10**12]),
    "a shape that overflows": change("arrays", 0, 2, to=[2**40, 2**40, 2**40]),
    "a shape of nothing by everything": change("arrays", 0, 2, to=[0, 10**30]),
    "a negative shape": change("arrays", 0, 2, to=[-1, -2]),
    "a fraction of a shape": change("arrays", 0, 2, to=[1.5]),
    "a word for a shape": change("arrays", 0, 2, to="12"),
    "two dimensions": change("arrays", 0, 2, to=lambda shape: [1, shape[0]]),
    "no dimension": change("arrays", 0, 2, to=[]),
    "a hundred dimensions": change("arrays", 0, 2, to=lambda shape: [*shape, *[1] * 100]),
    "no settings": drop("settings"),
    "settings are a list": change("settings", to=[1, 2]),
    "an unknown setting": change("settings", "color", to=3),
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
    "multiword tokens that are numbers": change("card", "multiword", to={"don't": 2}),
    "more that is a list": change("extra", to=[]),
    "no more": drop("extra"),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_contents_are_checked_even_if_the_digest_fits(
    toy_model: Path, tmp_path: Path, forgery: Callable[[Header], None]
) -> None:
    header, arrays = parts(toy_model.read_bytes())
    forgery(header)
    path = tmp_path / "forged.arcparser"
    path.write_bytes(forged(header, arrays))
    refused(path)


def test_the_forger_can_write_a_good_file(toy_model: Path, tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    path = tmp_path / "forged.arcparser"
    path.write_bytes(forged(*parts(toy_model.read_bytes())))
    assert arcparser.load(path).parse(["Dogs", "chase", "cats"]).heads.count(0) == 1


@pytest.mark.parametrize(
    "text", [b"", b"null", b"[]", b"5", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b'{"kind":"model"}']
)
def test_headers_that_are_none(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "bad.arcparser"
    path.write_bytes(forged(text, b""))
    assert "damaged" in refused(path)


@pytest.mark.parametrize("size", [-1, 0, 10**9, 10**18])
def test_headers_of_another_size(toy_model: Path, tmp_path: Path, size: int) -> None:
    path = tmp_path / "bad.arcparser"
    path.write_bytes(forged(*parts(toy_model.read_bytes()), size=size))
    assert "damaged" in refused(path)


def test_weights_that_are_no_numbers(toy_model: Path, tmp_path: Path) -> None:
    header, arrays = parts(toy_model.read_bytes())
    weights = np.frombuffer(arrays, "<f2").copy()
    path = tmp_path / "nan.arcparser"
    for value in (np.nan, np.inf):
        weights[17] = value
        path.write_bytes(forged(header, weights.tobytes()))
        refused(path)


def test_what_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "other"
    for data in (b"", b"\n", b"arcparser", b"PK\x03\x04 zip", b"1\tDogs\t_\n", os.urandom(5000)):
        path.write_bytes(data)
        assert "is not an arcparser model" in refused(path)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "trapped"),)

    path = tmp_path / "pickle.arcparser"
    path.write_bytes(pickle.dumps(Trap()))
    refused(path)
    path.write_bytes(forged({"kind": "model", "arrays": [["weights", "|O", [1]]]}, pickle.dumps(Trap())))
    refused(path)
    assert not (tmp_path / "trapped").exists()


def test_a_checkpoint_is_no_model(toy_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "toy.checkpoint"
    container.write(path, "checkpoint", {}, {"weights": np.zeros(3, np.float32)})
    assert "is an arcparser checkpoint, not a model" in refused(path)


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
