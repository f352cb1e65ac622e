"""`train --vectors`: word vectors made elsewhere as an additional input."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.learning.presets import read_config
from arcparser.training.vectors import read_vectors
from arcparser.treebank.reader import read_conllu
from tests.helpers.paths import CORPORA

CORPUS = CORPORA / "en_arc"
SMALL = {"form_width": 8, "character_width": 8, "character_hidden": 4, "hidden": 16, "tag_hidden": 8, "rate": 0.01}


def write_vectors(path: Path, *, width: int = 40) -> dict[str, np.ndarray]:
    """Vectors from the training text: which words stand next to a form, hashed into `width` counts."""
    sentences = [s.forms for s in read_conllu(CORPUS / "en_arc-ud-train.conllu")]
    frequent = sorted({form for words in sentences for form in words})
    rng = np.random.default_rng(0)
    context = {form: rng.standard_normal(width) for form in frequent}
    vectors = {form: np.zeros(width) for form in frequent}
    for words in sentences:
        for left, right in zip(words, words[1:]):
            vectors[left] += context[right]
            vectors[right] += context[left]
    lines = [f"{form} " + " ".join(f"{x:.4f}" for x in vector) for form, vector in vectors.items()]
    path.write_text(f"{len(vectors)} {width}\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return vectors


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "some.vec"
    path.write_text("2 3\ndog 1 2 3\nDog 0 0 -6\n", encoding="utf-8")
    read = read_vectors(path)
    assert read.forms == ["dog", "Dog"]
    assert not read.table[0].any()
    np.testing.assert_allclose(read.table[1] / read.table[1, 0], [1, 2, 3], rtol=1e-2)


@pytest.mark.parametrize(
    ("text", "problem"), [("dog 1 2\ncat 1\n", ":2:"), ("dog 1 x\n", ":1:"), ("", "no vectors"), ("a nan 1\n", ":1:")]
)
def test_bad_files(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "bad.vec"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(arcparser.InputError, match=problem):
        read_vectors(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "cc.en.300.vec.gz"
    path.write_bytes(gzip.compress(b"dog 1 2\n"))
    assert read_vectors(path).forms == ["dog"]
    path = path.rename(tmp_path / "cc.en.300.vec")
    with pytest.raises(arcparser.InputError, match=r"\.vec: is compressed by gzip: unpack it first$"):
        read_vectors(path)
    path.write_bytes(b"dog 1 2\ncat 3 4")  # which has no end of its last line
    assert read_vectors(path).forms == ["dog", "cat"]
    path.write_bytes(b"1 " * (9 << 20))
    with pytest.raises(arcparser.InputError, match="a line of more than 16 MiB"):
        read_vectors(path)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs /proc")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for read in (read_vectors, read_config):
        with pytest.raises(arcparser.InputError, match=r"^/proc/self/mem: cannot be read: "):
            read("/proc/self/mem")


@pytest.mark.parametrize("text", [f"rate = {'9' * 5000}", f"rate = {'[' * 5000}", "rate = 1e"])
def test_settings_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(arcparser.InputError, match=r"write one setting a line: name = value$"):
        read_config(path)
    path.write_bytes(b"\xef\xbb\xbfrate = 0.5\r\n")
    assert read_config(path) == {"rate": 0.5}


def test_training_with_vectors_of_the_training_text(tmp_path: Path) -> None:
    write_vectors(tmp_path / "train.vec")
    parser = arcparser.train(
        CORPUS / "en_arc-ud-train.conllu",
        dev=CORPUS / "en_arc-ud-dev.conllu",
        output=tmp_path / "a.model",
        vectors=tmp_path / "train.vec",
        config=SMALL,
        epochs=3,
    )
    network = parser.model.networks[0]
    assert network.settings.vector_width == 40
    assert network.vocabulary.vector_id("The") and not network.vocabulary.vector_id("quincunx")
    sentences = [s.forms for s in read_conllu(CORPUS / "en_arc-ud-dev.conllu")]
    again = arcparser.load(tmp_path / "a.model")
    for one, other in zip(parser.parse_many(sentences), again.parse_many(sentences)):
        assert str(one) == str(other)
    # The vectors matter: without them the same weights see other words.
    network.vectors[...] = 0
    blind = arcparser.Parser(parser.model)
    assert [str(s) for s in blind.parse_many(sentences)] != [str(s) for s in again.parse_many(sentences)]
