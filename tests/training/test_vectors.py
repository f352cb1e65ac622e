"""`train --vectors`: word vectors made elsewhere as an additional input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.learning.examples import encode_treebank
from arcparser.learning.loss import draw_noise
from arcparser.learning.presets import TrainingSettings, read_config
from arcparser.model.description import describe_model, model_facts
from arcparser.network.vocabulary import UNKNOWN
from arcparser.treebank.reader import read_conllu
from tests.helpers.paths import CORPORA
from tests.helpers.toy import DEV, columns, random_network, stop_at, toy_training

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


@pytest.mark.parametrize("text", [f"rate = {'9' * 5000}", f"rate = {'[' * 5000}", "rate = 1e"])
def test_settings_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(arcparser.InputError, match=r"write one setting a line: name = value$"):
        read_config(path)
    path.write_bytes(b"\xef\xbb\xbfrate = 0.5\r\n")
    assert read_config(path) == {"rate": 0.5}


def vectors_of_dev(path: Path, *, width: int = 5) -> Path:
    """Random vectors for every second form of the file that `toy_training` trains on."""
    forms = sorted({form for s in read_conllu(DEV) for form in s.forms})[::2]
    table = np.random.default_rng(1).standard_normal((len(forms), width)).round(3)
    path.write_text("".join(f"{f} {' '.join(map(str, row))}\n" for f, row in zip(forms, table.tolist())), "utf-8")
    return path


def test_options_and_what_the_model_says_of_them(tmp_path: Path) -> None:
    lines: list[str] = []
    file = vectors_of_dev(tmp_path / "my.vec")
    made = toy_training(tmp_path / "a", vectors=file, vector_words=30, vector_width=3, report=lines.append)
    (source,) = made.card.sources
    assert (source.kind, source.name, source.words, source.width) == ("vectors", "my.vec", 30, 3)
    assert made.model.settings.vector_width == 3 and len(made.model.vocabulary.vector_forms) == 30
    assert any(line.startswith("30 word vectors of width 3, principal components of 5") for line in lines)
    described = describe_model(tmp_path / "a").splitlines()
    assert "vectors:     30 forms of width 3" in described
    assert described[-1].startswith("made from:   vectors my.vec (30 words of width 3, license not stated, SHA-256 ")
    assert model_facts(tmp_path / "a")["vectors"] == {"words": 30, "width": 3}
    assert made.model.networks[0].weights["vectors.unknown"].all()  # it has learned


def test_resumed_with_the_same_vectors_alone(tmp_path: Path) -> None:
    file = vectors_of_dev(tmp_path / "my.vec")
    toy_training(tmp_path / "whole", vectors=file, vector_width=3)
    with pytest.raises(KeyboardInterrupt):
        toy_training(tmp_path / "part", vectors=file, vector_width=3, report=stop_at("epoch 2"))
    for others in ({"vector_width": 2}, {"vector_width": 3, "vector_words": 30}):
        with pytest.raises(arcparser.UsageError, match="was made with other data, settings"):
            toy_training(tmp_path / "part", vectors=file, resume=True, **others)
    toy_training(tmp_path / "part", vectors=file, vector_width=3, resume=True, threads=2)
    assert (tmp_path / "part").read_bytes() == (tmp_path / "whole").read_bytes()


def test_continued_taught_and_combined(tmp_path: Path) -> None:
    file = vectors_of_dev(tmp_path / "my.vec")
    first = toy_training(tmp_path / "first", vectors=file, epochs=1)
    static, weight = first.model.networks[0].vectors, "vectors.unknown"
    more = toy_training(tmp_path / "more", init=tmp_path / "first", config=None, epochs=1).model.networks[0]
    assert more.vectors.same(static) and np.any(more.weights[weight] != first.model.networks[0].weights[weight])
    for options in ({}, {"vectors": file}):
        taught = toy_training(tmp_path / "taught", teachers=[tmp_path / "first"], epochs=1, overwrite=True, **options)
        assert taught.model.settings.vector_width == (5 if options else 0)
    text = tmp_path / "raw.words.txt"
    text.write_text("The dog sleeps .\nEvery cat chases birds .\n" * 3 + "A bird sings .\n")
    options = {"teachers": [tmp_path / "first"], "unlabeled": [text], "vectors": file, "epochs": 1}
    assert toy_training(tmp_path / "raw", **options).card.raw_words > 0
    toy_training(tmp_path / "second", vectors=file, epochs=1, seed=2)
    both = arcparser.combine([tmp_path / "first", tmp_path / "second"], dev=DEV, output=tmp_path / "both")
    loaded = arcparser.load(tmp_path / "both")
    assert loaded.model.networks[1].vectors is loaded.model.networks[0].vectors  # which are in the file once
    words = ["The", "zebra", "sings"]
    assert str(both.parse(words)) == str(loaded.parse(words))
    toy_training(tmp_path / "other", vectors=vectors_of_dev(tmp_path / "b.vec", width=4), epochs=1)
    with pytest.raises(arcparser.UsageError, match="other widths or layers than the first model"):
        arcparser.combine([tmp_path / "first", tmp_path / "other"], dev=DEV, output=tmp_path / "none")


def test_rare_forms_are_seen_without_their_vector_now_and_then() -> None:
    """So that what is learned for forms without a vector is of use where every form of the treebank has one."""
    network = random_network(1, vector_width=4)
    examples = encode_treebank(network.vocabulary, *columns(list(read_conllu(DEV))))
    batch = examples.batch(range(41))
    hidden = np.zeros(batch.words.packing.words)
    for seed in range(60):
        noise = draw_noise(network, TrainingSettings(vector_dropout=0.5), batch, np.random.default_rng(seed))
        assert noise.vectors is not None and noise.forms is not None and np.any(noise.vectors != noise.forms)
        hidden += noise.vectors / 60
    rare = batch.words.forms == UNKNOWN
    frequent = ~rare & (batch.form_counts > 20)
    assert hidden[rare].mean() == pytest.approx(1 / 3, abs=0.05) and hidden[frequent].mean() < 0.03
    without = draw_noise(random_network(1), TrainingSettings(), batch, np.random.default_rng(1))
    assert without.vectors is None


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
    network.vectors.table[...] = 0
    network.weights["vectors.unknown"][...] = 0
    blind = arcparser.Parser(parser.model)
    assert [str(s) for s in blind.parse_many(sentences)] != [str(s) for s in again.parse_many(sentences)]
