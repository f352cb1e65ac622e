"""Raw text that teachers label: how it is read, what is kept of it, and what a student learns from it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.cli.main import main
from arcparser.errors import InputError, OutputError, UsageError
from arcparser.learning.distillation import Teachers
from arcparser.learning.examples import Batch, encode_treebank
from arcparser.learning.loss import SoftTargets, loss_and_gradients
from arcparser.learning.targets import Distributions, Targets
from arcparser.learning.unlabeled import (
    LabeledSentences,
    RawText,
    add_frequent_forms,
    raw_words_of_epoch,
    read_unlabeled,
    sentences_of_epoch,
    with_unlabeled,
)
from arcparser.model import model_file
from arcparser.model.description import describe_model
from arcparser.network import vocabulary
from arcparser.network.lemma_rules import lemma_rules
from arcparser.network.network import Network
from arcparser.network.vocabulary import NOT_KNOWN, TAG_COLUMNS
from arcparser.nn.softmax import softmax
from arcparser.parsing.predictor import Predictor
from arcparser.training import target_folder
from arcparser.training.recipe import Recipe
from arcparser.training.target_folder import TargetFolder
from tests.helpers.losses import SETTINGS, check_taught_gradients
from tests.helpers.tiny_encoder import write_encoder
from tests.helpers.toy import DEV, TEST, columns, history, random_network, random_parser, stop_at, toy_training

GOLD = sorted(arcparser.read_conllu(DEV), key=len)[4:8]
RAW = [s.forms for s in sorted(arcparser.read_conllu(TEST), key=len)[3:9]]


def raw_text(sentences: list[list[str]]) -> RawText:
    places: dict[str, int] = {}
    words = np.array([places.setdefault(w, len(places)) for s in sentences for w in s], dtype=np.int32)
    return RawText(list(places), words, np.array([len(s) for s in sentences]))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "teacher.arcparser"
    toy_training(path, seed=5)
    return path


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("raw") / "raw.words.txt"
    path.write_text("\n".join(" ".join(s.forms) for s in arcparser.read_conllu(TEST)) + "\n", encoding="utf-8")
    return path


def student(output: Path, teacher: Path, text: Path, **changes: Any) -> arcparser.Parser:
    return toy_training(output, teachers=[teacher], unlabeled=[text], **changes)


def test_every_kind_of_text_is_read(tmp_path: Path) -> None:
    long = " ".join(["la"] * 101)
    words, raw, trees = tmp_path / "a.words.txt.gz", tmp_path / "b.txt", tmp_path / "c.conllu"
    words.write_bytes(gzip.compress(f"Ca n't stop .\nCats sleep .\nCats sleep .\n\n{long}\n".encode()))
    raw.write_text("Cats sleep. Dogs\ndo not.\n\nBirds sing.\n", encoding="utf-8")
    trees.write_text("1\tFish\t_\t_\t_\t_\t_\t_\t_\t_\n2\tswim\t_\t_\t_\t_\t_\t_\t_\t_\n\n", encoding="utf-8")
    lines: list[str] = []
    model = random_parser(1).model
    found = read_unlabeled([words, raw, trees], model, format=None, skip_invalid=False, report=lines.append)
    expected = ["Ca n't stop .", "Cats sleep .", "Dogs do not .", "Birds sing .", "Fish swim"]
    assert [" ".join(words) for words in found] == expected
    assert lines == ["raw text: 5 sentences, 16 words, 2 repeated and 1 of more than 100 words left out"]
    given = read_unlabeled([raw], model, format="lines", skip_invalid=False, report=lines.append)
    assert [" ".join(words) for words in given] == ["Cats sleep . Dogs", "do not .", "Birds sing ."]
    raw.write_text("\n\n")
    with pytest.raises(InputError, match="has no sentence"):
        read_unlabeled([raw], model, format=None, skip_invalid=False, report=lines.append)


def test_an_epoch_goes_on_where_the_last_one_stopped() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 30, 200)
    whole = int(lengths.sum())
    words = whole // 4
    epochs = [sentences_of_epoch(lengths, words, seed=3, epoch=e) for e in range(9)]
    orders = np.concatenate(epochs)
    np.testing.assert_array_equal(np.sort(orders[:200]), np.arange(200))
    np.testing.assert_array_equal(np.sort(orders[200:400]), np.arange(200))
    assert not np.array_equal(orders[:200], orders[200:400])
    for chosen in epochs:
        assert abs(int(lengths[chosen].sum()) - words) < 60
    assert not np.array_equal(epochs[0], sentences_of_epoch(lengths, words, seed=4, epoch=0))
    np.testing.assert_array_equal(np.sort(sentences_of_epoch(lengths, whole, seed=3, epoch=7)), np.arange(200))


def test_the_share_of_raw_text() -> None:
    assert raw_words_of_epoch(300, 10_000, 0.5) == 300
    assert raw_words_of_epoch(300, 10_000, 0.75) == 900
    assert raw_words_of_epoch(300, 200, 0.75) == 200  # none comes twice
    assert raw_words_of_epoch(300, 0, 0.5) == 0


def test_the_most_probable_classes_are_kept() -> None:
    given = softmax(np.random.default_rng(1).standard_normal((5, 300)) * 3)
    arrays: dict[str, Any] = {}

    def make(name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        return arrays.setdefault(name, np.zeros(shape, dtype))

    some, every = (Distributions(make, str(most), 9, 300, most) for most in (8, None))
    at = np.array([7, 0, 3, 4, 5])
    for kept in (some, every):
        kept.put(at, given)
    np.testing.assert_allclose(every.take(at), given, atol=1e-3)
    found = some.take(at)
    assert ((found > 0).sum(axis=1) == 8).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    for row, expected in zip(found, given):
        most = np.argsort(-expected)[:8]
        np.testing.assert_allclose(row[most], expected[most] / expected[most].sum(), atol=1e-3)
    assert sum(array.nbytes for name, array in arrays.items() if name.startswith("8")) == 9 * 8 * 4


@pytest.mark.parametrize("children", [False, True])
def test_teachers_label_as_they_parse(children: bool) -> None:
    """One teacher gives trees, tags and lemmas of its own parses, and weighs sentences by its arcs' probabilities."""
    network = random_network(2, scale=2.0, children=children)
    found = Teachers([network], network.vocabulary, raw_text(RAW)).targets
    predictor = Predictor(network)
    assert found.columns is not None and found.sureness is not None
    for i, prediction in enumerate(predictor.predict(RAW)):
        start = int(found.places.starts[i])
        rows = found.columns[start : start + len(RAW[i])]
        np.testing.assert_array_equal(rows[:, :3], prediction.tags)
        np.testing.assert_array_equal(rows[:, 3], prediction.heads)
        if not children:  # else a label belongs to the transition, which may make the arc after a SWAP
            np.testing.assert_array_equal(rows[:, 4], prediction.labels)
        assert prediction.lemmas is not None
        for form, lemma, rule in zip(RAW[i], prediction.lemmas, rows[:, 5].tolist()):
            if rule != NOT_KNOWN:
                made = lemma_rules([form], [lemma])
                assert made == [network.vocabulary.lemma_rules[rule]]
        arcs = predictor.choices([RAW[i]]).arcs
        assert found.sureness[i] == pytest.approx(arcs.mean(), abs=1e-4)


def test_teachers_of_different_kinds_parse_together() -> None:
    """Networks that are no ensemble, as their sizes differ, have one tree for each sentence, and one root in it."""
    kinds: list[dict[str, Any]] = [{"width": 5, "children": False}, {"cell": "qrnn", "graph_features": False}]
    networks = [random_network(seed, scale=2.0, **kind) for seed, kind in enumerate(kinds, start=2)]
    words = networks[0].vocabulary
    both, *single = (Teachers(chosen, words, raw_text(RAW)) for chosen in (networks, *([n] for n in networks)))
    assert both.targets.columns is not None
    for i, n in enumerate(map(len, RAW)):
        start = int(both.targets.places.starts[i])
        heads = both.targets.columns[start : start + n, 3]
        assert (heads == 0).sum() == 1
    at = np.arange(both.targets.places.words)
    for kept, *each in zip(both.targets.tags, *(one.targets.tags for one in single)):
        agree = both.targets.columns[:, 0] >= 0
        mean = np.mean([one.take(at) for one in each], axis=0)
        assert agree.all() and np.abs(kept.take(at) - mean).max() < 0.2  # all but eight classes are left out


def mixed(network: Network, teachers: list[Network]) -> tuple[Batch, SoftTargets]:
    """A batch of annotated and of labeled sentences."""
    raw = raw_text(RAW)
    examples = encode_treebank(network.vocabulary, *columns(GOLD))
    read = Teachers(teachers, network.vocabulary, raw, first=len(GOLD))
    examples = with_unlabeled(examples, network.vocabulary, raw, read.targets)
    batch = examples.batch([0, 5, 2, 7, 4])
    soft = read.soft_targets(batch)
    assert soft is not None and soft.taught.sum() == 3
    assert read.soft_targets(examples.batch([0, 1])) is None
    return batch, soft


def test_annotated_sentences_are_learned_as_they_are() -> None:
    """In a batch of both kinds, the gradient is that of the annotated ones alone, and of the labeled ones alone."""
    network = random_network(1, scale=2.0, width=5, dtype=np.float64)
    raw = raw_text(RAW)
    examples = encode_treebank(network.vocabulary, *columns(GOLD))
    read = Teachers([random_network(2, scale=2.0)], network.vocabulary, raw, first=len(GOLD))
    examples = with_unlabeled(examples, network.vocabulary, raw, read.targets)
    together, apart = network.weights.like(), network.weights.like()
    losses = []
    for chosen, gradients in (([1, 6, 2, 5], together), ([1, 2], apart), ([5, 6], apart)):
        batch = examples.batch(chosen)
        soft = read.soft_targets(batch)
        losses.append(loss_and_gradients(network, SETTINGS, batch, gradients, soft=soft, scale=1.0))
    np.testing.assert_allclose(together.flat, apart.flat, atol=1e-4 * np.abs(together.flat).max())
    for name, loss in losses[0].items():
        assert loss == pytest.approx(losses[1][name] + losses[2][name], rel=1e-4)


def test_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(1, scale=2.0, width=5, dtype=np.float64)
    batch, soft = mixed(network, [random_network(2, scale=2.0, cell="qrnn")])
    soft = replace(soft, weights=np.linspace(0.3, 1, len(soft.weights)))
    check_taught_gradients(monkeypatch, network, batch, soft)


def test_frequent_forms_get_vectors() -> None:
    words = vocabulary.build(*columns(GOLD))
    new = ["Zebra"] * 3 + ["zebra"] * 2 + ["gnu"] * 6 + ["once"]
    raw = raw_text([new, ["yak"] * 5])
    forms = [s.forms for s in GOLD]
    assert list(add_frequent_forms(words, forms, raw, most=9).forms) == [*words.forms, "gnu", "yak", "zebra"]
    assert list(add_frequent_forms(words, forms, raw, most=1).forms) == [*words.forms, "gnu"]


def test_what_teachers_say_lies_on_the_disk(tmp_path: Path) -> None:
    """It is mapped, the same as in memory, found again, and made anew where it is damaged."""
    network = random_network(2, scale=2.0)
    raw, folder = raw_text(RAW), TargetFolder(tmp_path / "x")
    here = Teachers([network], network.vocabulary, raw).targets
    made: list[int] = []
    found: list[Targets] = []
    for _ in range(3):
        keep = folder.keeper("key", begin=lambda: made.append(len(found)))
        there = Teachers([network], network.vocabulary, raw, keep=keep).targets
        found.append(there)
        for name in ("states", "arcs"):
            for a, b in zip(getattr(here, name), getattr(there, name)):
                assert isinstance(b, np.memmap)
                np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(here.columns, there.columns)
        at = np.arange(there.places.words)
        for one, other in zip((*here.tags, here.labels), (*there.tags, there.labels)):
            np.testing.assert_array_equal(one.take(at), other.take(at))
        if len(found) == 2:
            (folder.path / "key" / "arcs.0.npy").write_bytes(b"no array")
    assert made == [0, 2]
    assert len(list(folder.path.iterdir())) == 1
    examples = with_unlabeled(encode_treebank(network.vocabulary, *columns(GOLD)), network.vocabulary, raw, there)
    assert isinstance(examples.sentences, LabeledSentences)  # one is made when it is asked for
    assert len(examples.sentences) == len(GOLD) + len(RAW) == len(examples.sentences[:])


def test_a_full_disk_is_an_error_of_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(stream: Any, header: Any) -> None:
        raise OSError(28, "No space left on device")

    network = random_network(2)
    monkeypatch.setattr(target_folder.np.lib.format, "write_array_header_1_0", full)
    with pytest.raises(OutputError, match="No space left"):
        keep = TargetFolder(tmp_path / "x").keeper("key", begin=print)
        Teachers([network], network.vocabulary, raw_text(RAW), keep=keep)


def test_a_student_learns_what_its_teacher_says_of_raw_text(
    teacher: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taught by a parser to which every word of raw text is of one rare UPOS, it finds little else there.

    What this teacher says has much weight, as if it were sure of its arcs.
    """
    model = model_file.load(teacher)
    rare = len(model.vocabulary.upos) - 1
    model.networks[0].weights["upos.b"][rare] = 1000
    model_file.save(model, tmp_path / "odd")
    original = Teachers.soft_targets

    def weighted(teachers: Teachers, batch: Batch) -> SoftTargets | None:
        found = original(teachers, batch)
        return found and replace(found, weights=np.where(found.taught, 5, 1).astype(np.float32))

    monkeypatch.setattr(Teachers, "soft_targets", weighted)
    made = student(tmp_path / "x", tmp_path / "odd", text, epochs=5)
    said = np.concatenate([p.tags[:, 0] for p in made.predict(RAW)])
    assert np.mean(said == rare) > 0.7


def test_a_training_is_the_same_again_resumed_and_on_two_threads(teacher: Path, text: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    made = student(first, teacher, text)
    assert made.card.teachers == 1 and made.card.raw_words > 0
    assert "1 teacher on" in describe_model(first) and "of raw text" in describe_model(first)
    assert not Path(f"{first}.targets").exists()
    with pytest.raises(KeyboardInterrupt):
        student(again, teacher, text, report=stop_at("epoch 2"))
    assert len(list(Path(f"{again}.targets").iterdir())) == 1
    student(again, teacher, text, threads=2, resume=True)
    assert first.read_bytes() == again.read_bytes()
    assert not Path(f"{again}.targets").exists()
    assert [e["train"] for e in history(first)] == [e["train"] for e in history(again)]


def test_other_raw_text_is_another_training(teacher: Path, text: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        student(tmp_path / "x", teacher, text, report=stop_at("epoch 2"))
    other = tmp_path / "other.words.txt"
    other.write_text("Cats sleep .\n")
    with pytest.raises(UsageError, match="was made with other data"):
        student(tmp_path / "x", teacher, other, resume=True)


def test_without_a_dev_file(teacher: Path, text: Path, tmp_path: Path) -> None:
    """Sentences that are held out may have tags that the others lack: the teacher's stay."""
    lines: list[str] = []
    made = student(tmp_path / "x", teacher, text, dev=None, epochs=1, report=lines.append)
    assert made.card.held_out
    for column in TAG_COLUMNS:
        ours, theirs = (getattr(m.vocabulary, column) for m in (made.model, model_file.load(teacher)))
        assert list(ours) == list(theirs)
    assert sum("teacher labels" in line for line in lines) == 1  # for both parts of the training
    assert not [path for path in tmp_path.iterdir() if path.name.endswith("targets")]


def test_encoders_of_teacher_and_student(text: Path, tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "tiny")
    toy_training(tmp_path / "big", encoder=folder, embed_encoder=True, epochs=1)
    plain = student(tmp_path / "plain", tmp_path / "big", text, epochs=1)
    assert plain.model.pretrained is None
    both = student(tmp_path / "both", tmp_path / "big", text, encoder=folder, embed_encoder=True, epochs=1)
    assert both.model.pretrained is not None
    assert not Path(f"{tmp_path / 'both'}.contexts").exists()


def test_impossible_options(teacher: Path, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options, problem in (
        ({"unlabeled": [text]}, "--unlabeled without --teacher"),
        ({"unlabeled_share": 0.5}, "without it"),
        ({"unlabeled_format": "text"}, "without it"),
        ({"unlabeled": [text], "teachers": [teacher], "unlabeled_share": 1}, "above 0 and below 1"),
        ({"unlabeled": [text], "teachers": [teacher], "unlabeled_format": "pdf"}, "conllu, text, lines, words"),
        ({"unlabeled": 3, "teachers": [teacher]}, "unlabeled"),
    ):
        with pytest.raises(UsageError, match=problem):
            Recipe(**options)  # type: ignore[arg-type]
    missing = str(tmp_path / "nowhere.txt")
    command = ["train", str(DEV), "--dev", str(TEST), "--output", str(tmp_path / "x"), "--teacher", str(teacher)]
    assert main([*command, "--unlabeled", missing]) == 1
    assert "nowhere.txt: no such file" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
