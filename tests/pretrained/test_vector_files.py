"""Reading static word vectors: text files, plain and compressed, and spaCy pipelines."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.vectors import Vectors

import arcparser
from arcparser.learning.presets import read_config
from arcparser.pretrained.principal_components import principal_components
from arcparser.pretrained.vector_files import read_vectors


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "some.vec"
    path.write_text("2 3\ndog 1 2 3\nDog 0 0 -6\n", encoding="utf-8")
    read = read_vectors(path)
    assert read.forms == ["dog", "Dog"]
    none, dog, _ = read.static.rows(np.arange(3), np.float32)
    assert not none.any()
    np.testing.assert_allclose(dog / dog[0], [1, 2, 3], rtol=1e-2)


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


def write_random(path: Path, words: int, width: int) -> np.ndarray:
    numbers = np.random.default_rng(0).standard_normal((words, width)).round(4)
    lines = [f"{words} {width}", *(f"w{i} " + " ".join(map(str, row)) for i, row in enumerate(numbers.tolist()))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return numbers.astype(np.float32)


def test_the_first_words_and_their_principal_components(tmp_path: Path) -> None:
    numbers = write_random(tmp_path / "wide.vec", 300, 12)
    read = read_vectors(tmp_path / "wide.vec", words=200, width=5)
    assert read.forms == [f"w{i}" for i in range(200)]
    expected, held = principal_components(numbers[:200], 5)
    assert (read.read_width, read.held) == (12, held)
    found = read.static.rows(np.arange(1, 201), np.float64)
    np.testing.assert_allclose(found, expected * (0.5 / expected.std()), atol=read.static.steps.max())
    assert found.std() == pytest.approx(0.5, rel=0.01)
    assert read.text().startswith("200 word vectors of width 5, principal components of 12 that hold ")
    again = read_vectors(tmp_path / "wide.vec", words=200, width=5)
    assert again.static.same(read.static)


def test_by_default_64_numbers_for_each_of_50_thousand_words(tmp_path: Path) -> None:
    write_random(tmp_path / "wide.vec", 80, 70)
    assert read_vectors(tmp_path / "wide.vec").static.table.shape == (81, 64)
    assert read_vectors(tmp_path / "wide.vec", width=100).static.table.shape == (81, 70)
    (tmp_path / "long.vec").write_text("".join(f"w{i} {i % 7} 1\n" for i in range(50_010)), encoding="utf-8")
    read = read_vectors(tmp_path / "long.vec")
    assert len(read.forms) == 50_000 and read.static.width == 2
    assert read.text() == "50,000 word vectors of width 2"


@pytest.mark.parametrize(("suffix", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_compressed_files(tmp_path: Path, suffix: str, compress: Any) -> None:
    write_random(tmp_path / "a.vec", 30, 4)
    plain = read_vectors(tmp_path / "a.vec")
    packed = tmp_path / f"a.vec.{suffix}"
    packed.write_bytes(compress((tmp_path / "a.vec").read_bytes()))
    read = read_vectors(packed)
    assert read.forms == plain.forms and read.static.same(plain.static)


def test_a_spacy_pipeline_whose_rows_are_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in one whose name ends in md: the most frequent forms have a row of their own, rare ones share theirs."""
    nlp = spacy.blank("en")
    table = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32)
    keys = [nlp.vocab.strings.add(form) for form in ("the", "of", "dog", "cat", "thee")]
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=keys[:3])
    nlp.vocab.vectors.add("cat", row=2)
    nlp.vocab.vectors.add("thee", row=0)
    monkeypatch.setattr(spacy, "load", lambda name: nlp)
    read = read_vectors("xx_made_up_md")
    assert read.forms == ["the", "of", "dog", "thee", "cat"]
    assert read_vectors("xx_made_up_md", words=3).forms == ["the", "of", "dog"]
    rows = read.static.rows(np.arange(1, 6), np.float32)
    np.testing.assert_array_equal(rows[3:], rows[[0, 2]])
    monkeypatch.setattr(spacy, "load", lambda name: spacy.blank("en"))
    with pytest.raises(arcparser.UsageError, match="has no word vectors: take one whose name ends in md or lg"):
        read_vectors("xx_made_up_sm")
