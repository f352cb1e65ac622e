"""`train --encoder`: what a pretrained encoder says of words as an additional input, from training to all uses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy

import arcparser
from arcparser.cli.main import main
from arcparser.errors import ModelError, OutputError, UsageError
from arcparser.evaluation.evaluate import evaluate
from arcparser.model import model_file
from arcparser.network.contextual import contextual_vectors, measure_scaling
from arcparser.parsing.parser import Parser
from arcparser.pretrained import encoder_files, pretrained_encoder
from arcparser.pretrained.pretrained_encoder import PretrainedEncoder
from arcparser.training.context_folder import ContextFolder
from arcparser.viz.explain import explain
from tests.helpers.forged_files import forged, parts
from tests.helpers.tiny_encoder import WIDTH, write_encoder
from tests.helpers.toy import DEV, ENHANCED, random_network, small, stop_at, toy_training


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoders") / "tiny")


@pytest.fixture(scope="module")
def embedded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with the encoder in its file."""
    path = tmp_path_factory.mktemp("model") / "embedded.arcparser"
    toy_training(path, encoder=folder, embed_encoder=True)
    return path


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(encoder_files.PLACES, raising=False)


def parsed(parser: Parser, *, words: int = 20_000, scores: bool = False) -> bytes:
    sentences = [sentence.copy() for sentence in arcparser.read_conllu(DEV)]
    done = parser.parse_stream(sentences, batch_words=words, tags="retag", scores=scores)
    return b"".join(item.to_bytes() for item in done)


def test_layers_are_scaled_mixed_and_projected() -> None:
    """Against the formula, a word and a number at a time."""
    rng = np.random.default_rng(1)
    network = random_network(1, dtype=np.float64, pretrained_layers=2, pretrained_inputs=3)
    p, contexts = network.weights, rng.standard_normal((4, 2, 3))
    p["pretrained.mix"][...] = np.log([1, 3])
    found = contextual_vectors(contexts, network.scaling, p)
    mean, factor = network.scaling
    for word in range(4):
        for column in range(found.shape[1]):
            expected = p["pretrained.b"][column]
            for layer, share in enumerate((0.25, 0.75)):
                for i in range(3):
                    scaled = (contexts[word, layer, i] - mean[layer, i]) * factor[layer, i]
                    expected += share * scaled * p["pretrained.w"][i, column]
            assert found[word, column] == pytest.approx(expected)


def test_scaling_makes_all_numbers_alike() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((9000, 2, 3)) * [[0.1, 3, 0], [1, 40, 7]] + [[5, 0, 1], [0, -90, 3]]
    mean, factor = measure_scaling(vectors.astype(np.float16))
    scaled = (vectors - mean) * factor
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(scaled.std(axis=0), [[1, 1, 0], [1, 1, 1]], atol=0.02)


def test_the_same_command_gives_the_same_bytes(embedded: Path, folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.arcparser"
    toy_training(again, encoder=folder, embed_encoder=True, threads=2)
    assert again.read_bytes() == embedded.read_bytes()
    copy = tmp_path / "copy.arcparser"
    model_file.save(model_file.load(embedded), copy)
    assert copy.read_bytes() == embedded.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "again.arcparser",
        "again.arcparser.epochs.jsonl",
        "copy.arcparser",
    ]


def test_the_encoder_makes_a_difference(embedded: Path) -> None:
    """Its vectors reach the trees, and what they are is learned from."""
    model = arcparser.load(embedded).model
    (network,) = model.networks
    assert np.any(network.weights["pretrained.mix"])  # it began at 0
    before = parsed(Parser(model))
    network.weights["pretrained.w"][...] = 0
    assert parsed(Parser(model)) != before


def test_batches_and_scores_change_no_tree(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = arcparser.load(embedded)
    whole = parsed(parser)
    assert parsed(parser, words=1) == whole
    monkeypatch.setattr("arcparser.parsing.predictor._READ_WORDS", 30)
    assert parsed(parser) == whole
    scored = parsed(parser, scores=True)
    assert parsed(parser, words=50, scores=True) == scored
    without = [line.split(b"\t")[:8] for line in scored.splitlines()]
    assert without == [line.split(b"\t")[:8] for line in whole.splitlines()]


def test_the_dev_scores_are_those_of_the_file(embedded: Path) -> None:
    parser = arcparser.load(embedded)
    assert parser.card.scores["LAS"] == round(evaluate(ENHANCED, parser).las.f1, 2)


def test_every_use_of_an_embedded_encoder(embedded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = parsed(arcparser.load(embedded))
    one, two = tmp_path / "one.conllu", tmp_path / "two.conllu"
    parse = ["parse", str(DEV), "--model", str(embedded), "--retag", "--output"]
    assert main([*parse, str(one)]) == 0
    assert main([*parse, str(two), "--jobs", "2", "--batch-words", "100"]) == 0
    assert one.read_bytes() == two.read_bytes() == expected
    assert main(["info", str(embedded)]) == 0
    told = capsys.readouterr().out
    assert f"tiny (CC0-1.0), 2 layers of width {WIDTH}, within the file, SHA-256" in told
    assert main(["info", str(embedded), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["pretrained"]
    assert (facts["name"], facts["license"], facts["width"], facts["embedded"]) == ("tiny", "CC0-1.0", WIDTH, True)
    parser = arcparser.load(embedded)
    words = ["Dogs", "chase", "the", "cats", "."]
    tree = parser.parse(words)
    arcs = sorted(explain(parser, words).arcs, key=lambda arc: arc.dependent)
    assert [arc.head for arc in arcs] == tree.heads
    nlp = spacy.blank("en")
    nlp.add_pipe("arcparser", config={"model": str(embedded)})
    doc = nlp(spacy.tokens.Doc(nlp.vocab, words))
    assert [0 if token.head == token else token.head.i + 1 for token in doc] == tree.heads
    again = spacy.blank("en")
    again.add_pipe("arcparser", config={"model": str(embedded)})
    again.from_bytes(nlp.to_bytes())
    doc = again(spacy.tokens.Doc(again.vocab, words))
    assert [0 if token.head == token else token.head.i + 1 for token in doc] == tree.heads


def test_an_encoder_that_stays_outside(
    embedded: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "outside.arcparser"
    trained = toy_training(path, encoder=folder)
    assert path.stat().st_size < embedded.stat().st_size
    expected = parsed(arcparser.load(embedded))
    assert parsed(trained) == expected  # it knows where the folder is
    assert main(["parse", str(DEV), "--model", str(path), "--output", str(tmp_path / "p.conllu")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "en_arc: needs the pretrained encoder tiny (SHA-256 " in line
    assert line.endswith(
        ": set ARCPARSER_ENCODERS to the folder that it lies in, or take a model with its encoder embedded"
    )
    assert not (tmp_path / "p.conllu").exists()
    monkeypatch.setenv(encoder_files.PLACES, str(folder.parent))
    assert parsed(arcparser.load(path)) == expected
    monkeypatch.setattr(encoder_files, "find_spec", lambda name: None if name == "tokenizers" else 1)
    with pytest.raises(
        ModelError, match=r'needs tokenizers, which is not installed: pip install "arcparser\[encoder\]"'
    ):
        arcparser.load(path)


def test_an_interrupted_training_goes_on(
    embedded: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "resumed.arcparser"
    options: dict[str, Any] = {"encoder": folder, "embed_encoder": True}
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, report=stop_at("epoch 2/"), **options)
    kept = sorted(ContextFolder(path).path.iterdir())
    assert len(kept) == 2
    kept[0].write_bytes(kept[0].read_bytes()[:-7])  # of a copy that was cut short: read anew
    read: list[int] = []
    original = PretrainedEncoder.read

    def count(self: PretrainedEncoder, sentences: list[list[str]], **options: Any) -> Any:
        read.append(len(sentences))
        return original(self, sentences, **options)

    monkeypatch.setattr(PretrainedEncoder, "read", count)
    toy_training(path, resume=True, **options)
    assert len(read) == 1
    assert path.read_bytes() == embedded.read_bytes()
    assert not ContextFolder(path).path.exists()


def test_a_model_goes_on_with_its_encoder(embedded: Path, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.arcparser"
    more = toy_training(path, init=embedded, config=None, train_files=ENHANCED, epochs=1)
    assert more.model.pretrained is not None and more.model.pretrained.embedded is not None
    other = write_encoder(tmp_path / "tiny", seed=2)
    plain = tmp_path / "plain.arcparser"
    toy_training(plain, epochs=1)
    for init, encoder in ((embedded, other), (plain, folder)):
        with pytest.raises(UsageError, match="--encoder with --init: a model keeps the encoder"):
            toy_training(tmp_path / "x.arcparser", init=init, encoder=encoder, config=None)
    with pytest.raises(UsageError, match="--embed-encoder with --init: the model has no encoder: leave it out"):
        toy_training(tmp_path / "x.arcparser", init=plain, embed_encoder=True, config=None)


def test_models_with_one_encoder_go_together(embedded: Path, folder: Path, tmp_path: Path) -> None:
    second, other = tmp_path / "second.arcparser", tmp_path / "other.arcparser"
    toy_training(second, encoder=folder, embed_encoder=True, seed=2, epochs=1)
    toy_training(other, encoder=write_encoder(tmp_path / "tiny", seed=2), embed_encoder=True, seed=3, epochs=1)
    both = arcparser.combine([embedded, second], dev=ENHANCED, output=tmp_path / "both.arcparser")
    assert both.card.scores["LAS"] == round(evaluate(ENHANCED, both).las.f1, 2)
    assert len(both.model.networks) == 2
    with pytest.raises(UsageError, match="another pretrained encoder than the first model"):
        arcparser.combine([embedded, other], dev=ENHANCED, output=tmp_path / "x.arcparser")


def test_a_teacher_with_an_encoder(embedded: Path, folder: Path, tmp_path: Path) -> None:
    said: list[str] = []
    alone = toy_training(tmp_path / "alone.arcparser", teachers=[embedded], epochs=1, report=said.append)
    assert alone.card.teachers == 1 and alone.model.pretrained is None
    assert [line for line in said if "reads" in line] == ["tiny reads 462 words, once for all epochs"]
    teachers = [embedded, tmp_path / "alone.arcparser"]
    both = toy_training(tmp_path / "both.arcparser", teachers=teachers, encoder=folder, epochs=1)
    assert both.card.teachers == 2 and both.model.pretrained is not None


def test_several_networks(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "two.arcparser"
    config = small(cell="qrnn", pretrained_width=5, networks=2)
    parser = toy_training(path, encoder=folder, config=config, epochs=1)
    assert len(parser.model.networks) == 2
    assert parser.card.scores["LAS"] == round(evaluate(ENHANCED, parser).las.f1, 2)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"embed_encoder": True}, "--embed-encoder without --encoder: there is none to embed: give its folder"),
        ({"embed_encoder": 1}, "embed_encoder is of type int: give True or False"),
        ({"config": {"substitution": 0.2}}, "substitution with --encoder: .*: leave substitution out"),
        ({"config": {"pretrained_layers": 2}}, "set by --encoder: leave them out"),
        ({"encoder": 7}, "encoder is of type int"),
    ],
    ids=str,
)
def test_what_cannot_be(folder: Path, tmp_path: Path, options: dict[str, Any], problem: str) -> None:
    given = {"encoder": folder, **options} if "config" in options else options
    with pytest.raises(UsageError, match=problem):
        toy_training(tmp_path / "x.arcparser", **given)
    assert not list(tmp_path.iterdir())


def test_where_the_contexts_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.arcparser.contexts").write_bytes(b"")
    with pytest.raises(OutputError, match=r"x\.arcparser\.contexts: is no folder"):
        toy_training(tmp_path / "x.arcparser", encoder=folder)


def test_a_training_that_fails_leaves_nothing(embedded: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a teacher with other"):
        toy_training(tmp_path / "x.arcparser", train_files=ENHANCED, encoder=folder, teachers=[embedded])
    assert not list(tmp_path.iterdir())


def test_words_that_the_encoder_does_not_know(embedded: Path) -> None:
    parser = arcparser.load(embedded)
    for words in (["\u200b"], ["日本", "\u200b", "Dogs"], ["x" * 300], ["dogs"] * 200):
        assert len(parser.parse(words).heads) == len(words)


@pytest.mark.parametrize(
    "forge",
    [
        lambda header, entries: header.pop("pretrained"),
        lambda header, entries: header.update(pretrained=[]),
        lambda header, entries: header["pretrained"].pop("license"),
        lambda header, entries: header["pretrained"].update(name="../tiny"),
        lambda header, entries: header["pretrained"].update(name=".."),
        lambda header, entries: header["pretrained"].update(name=""),
        lambda header, entries: header["pretrained"].update(license="\ud800"),
        lambda header, entries: header["pretrained"].update(digest="0" * 64),
        lambda header, entries: header["pretrained"].update(digest="x"),
        lambda header, entries: header["pretrained"].update(width=WIDTH + 1),
        lambda header, entries: header["pretrained"].update(width=float(WIDTH)),
        lambda header, entries: header["pretrained"].update(layers=["last_hidden_state"]),
        lambda header, entries: header["pretrained"].update(layers="ab"),
        lambda header, entries: header["pretrained"].update(layers=[1, 2]),
        lambda header, entries: header["pretrained"].update(window=0),
        lambda header, entries: header["pretrained"].update(window="12"),
        lambda header, entries: header["pretrained"].update(embedded=False),
        lambda header, entries: header["pretrained"].update(embedded=1),
        lambda header, entries: header["settings"].update(pretrained_layers=0, pretrained_inputs=0),
        lambda header, entries: header["settings"].update(pretrained_layers=65_536, pretrained_inputs=65_536),
        lambda header, entries: entries.pop("scaling"),
        lambda header, entries: entries.pop("pretrained.tokenizer"),
        lambda header, entries: entries["pretrained.model"].update(dtype="I8"),
    ],
)
def test_forged_files(embedded: Path, tmp_path: Path, forge: Callable[[Any, Any], object]) -> None:
    header, entries, arrays = parts(embedded.read_bytes())
    forge(header, entries)
    path = tmp_path / "forged.arcparser"
    path.write_bytes(forged(header, entries, arrays))
    with pytest.raises(ModelError) as caught:
        arcparser.load(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_an_embedded_encoder_that_cannot_run(embedded: Path, tmp_path: Path) -> None:
    model = model_file.load(embedded)
    assert model.pretrained is not None
    files = encoder_files.EncoderFiles(b"no model", b"{}")
    card = encoder_files.EncoderCard(**{**vars(model.pretrained.card), "digest": encoder_files.digest(files)})
    path = tmp_path / "bad.arcparser"
    model_file.save(type(model)(**{**vars(model), "pretrained": PretrainedEncoder(card, files)}), path)
    with pytest.raises(ModelError, match="the encoder tiny: is no ONNX model that can be run") as caught:
        arcparser.load(path).parse(["Dogs"])
    assert "\n" not in str(caught.value)


def test_the_parts_of_a_large_treebank(embedded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies on disk is written part by part, and is what is computed at once."""
    encoder = model_file.load(embedded).pretrained
    assert encoder is not None
    sentences = [sentence.forms for sentence in arcparser.read_conllu(DEV)]
    monkeypatch.setattr(pretrained_encoder, "READ_WORDS", 50)
    folder = ContextFolder(tmp_path / "x.arcparser")
    found = folder.read(encoder, sentences, threads=1, report=lambda line: None)
    assert isinstance(found.vectors, np.memmap)
    np.testing.assert_array_equal(found.vectors, encoder.read(sentences).vectors)
