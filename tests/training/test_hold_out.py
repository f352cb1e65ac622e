"""Trainings without a dev file: what is held out, and the training on everything that follows."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import arcparser
from arcparser.errors import UsageError
from arcparser.training.hold_out import documents, hold_out
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import DEV, ENHANCED, history, small, stop_at, toy_training


def treebank(*sizes: int, marked: bool = True) -> list[Sentence]:
    """Documents of so many sentences."""
    return [
        Sentence.from_words([f"w{number}-{i}"], comments=["newdoc id = d"] if marked and i == 0 else [])
        for number, size in enumerate(sizes)
        for i in range(size)
    ]


def test_documents() -> None:
    assert documents(treebank(2, 1, 3)) == [[0, 1], [2], [3, 4, 5]]
    assert documents(treebank(1, 2, marked=False)) == [[0], [1], [2]]
    unmarked = treebank(2, marked=False) + treebank(1, 2)
    assert documents(unmarked) == [[0, 1], [2], [3, 4]]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(0, 5), st.booleans())
def test_what_is_held_out(sizes: list[int], seed: int, marked: bool) -> None:
    sentences = treebank(*sizes, marked=marked)
    if len(sentences) < 2:
        with pytest.raises(UsageError, match="one sentence only: give --dev"):
            hold_out(sentences, 0.1, seed=seed)
        return
    division = hold_out(sentences, 0.1, seed=seed)
    wanted = min(max(50, round(len(sentences) / 10)), len(sentences) // 2)
    assert max(wanted / 2, min(wanted, 50)) <= len(division.held_out) <= min(1.5 * wanted, len(sentences) / 2)
    assert len(division.train) >= 1
    places = {id(sentence): place for place, sentence in enumerate(sentences)}
    ours, theirs = ([places[id(sentence)] for sentence in part] for part in (division.train, division.held_out))
    assert sorted(ours + theirs) == [*range(len(sentences))] and ours == sorted(ours) and theirs == sorted(theirs)
    if division.documents:
        chosen = {*theirs}
        assert all(chosen.issuperset(group) or chosen.isdisjoint(group) for group in documents(sentences))
    else:
        assert len(division.held_out) == wanted
    again = hold_out(sentences, 0.1, seed=seed)
    assert again == replace(division, train=again.train, held_out=again.held_out) and again.train == division.train


def test_one_large_document_is_not_held_out() -> None:
    division = hold_out(treebank(900, *[10] * 10), 0.1, seed=1)
    assert division.documents == 10 and len(division.held_out) == 100
    assert division.text == "no dev file: 100 sentences (10 whole documents) of 1,000 held out to measure on"
    assert hold_out(treebank(100), 0.1, seed=1).documents == 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("sizes", "share"), [((75, 25), 0.1), ((15, 45), 0.1), ((250, 750), 0.5), ((40, 41, 300), 0.1)]
)
def test_documents_that_are_too_large_or_too_small(sizes: tuple[int, ...], share: float, seed: int) -> None:
    division = hold_out(treebank(*sizes), share, seed=seed)
    assert min(50, sum(sizes) // 2) <= len(division.held_out) <= sum(sizes) / 2


def test_what_makes_scores_mislead_is_told(tmp_path: Path) -> None:
    """Few sentences, copies of sentences that are learned from, and a model that may have learned from them."""
    small, lines = tmp_path / "small.conllu", list[str]()
    blocks = DEV.read_text("utf-8").split("\n\n")
    small.write_text("\n\n".join([*blocks[:8], *blocks[:8]]) + "\n\n", "utf-8")
    parent = tmp_path / "parent.arcparser"
    toy_training(parent)
    arcparser.train(
        [small], output=tmp_path / "m", init=parent, epochs=1, refit=False, language="en", report=lines.append
    )
    copies, few, parents = [line for line in lines if line.startswith("warning: ")]
    assert "of those held out" in copies and "in train too, so that dev scores are too high" in copies
    assert few.endswith("held out say little of how well the model parses: give --dev if you can")
    assert "if the model to continue from has learned from these sentences" in parents


def test_sentences_without_all_labels_are_not_held_out(tmp_path: Path) -> None:
    half, lines = tmp_path / "half.conllu", list[str]()
    rows = [line.split("\t") for line in DEV.read_text("utf-8").split("\n")]
    sentence = 0
    for row in rows:
        sentence += row == [""]
        if len(row) == 10 and sentence < 20 and row[7] != "root":
            row[7] = "_"
    half.write_text("\n".join(map("\t".join, rows)), "utf-8")
    arcparser.train(
        [half], output=tmp_path / "m", partial=True, epochs=1, refit=False, language="en", report=lines.append
    )
    assert [line for line in lines if "held out to measure on" in line]
    assert not [line for line in lines if "never shows" in line and " _" in line]


def test_a_training_without_dev_file(tmp_path: Path) -> None:
    path, lines = tmp_path / "m", list[str]()
    toy_training(path, dev=None, report=lines.append, hold_out=0.2)
    assert sorted(os.listdir(tmp_path)) == ["m", "m.epochs.jsonl"]
    card = arcparser.load(path).card
    division = hold_out(list(arcparser.read_conllu(DEV)), 0.2, seed=1)
    assert (card.held_out, card.train_sentences) == (len(division.held_out), 41)
    assert division.text in lines
    best = max(history(path), key=lambda entry: entry["dev"]["LAS"])
    assert card.scores == best["dev"]
    assert lines[-1] == f"trained on all sentences, LAS {card.scores['LAS']:.2f} without those held out, in {path}"
    assert arcparser.load(path).model.calibration.words
    # Nothing is left to do; and what is there is another training's, if other sentences are held out.
    before = path.read_bytes()
    options = {"dev": None, "resume": True}
    toy_training(path, report=lines.append, hold_out=0.2, **options)
    assert lines[-1] == "the training is finished: nothing to resume"
    with pytest.raises(UsageError, match="is the model of another training"):
        toy_training(path, hold_out=0.2, seed=2, **options)
    assert path.read_bytes() == before


@pytest.mark.parametrize("networks", [1, 2])
def test_interrupted_at_any_time(tmp_path: Path, networks: int) -> None:
    config = small(networks=networks, branches=2, branch_from=0.5)
    options = {"dev": None, "epochs": 2, "config": config}
    toy_training(tmp_path / "whole", **options)
    path = tmp_path / "m"
    lines: list[str] = []
    for beginning in ("epoch 1/", "now on all", "epoch 1/") if networks == 1 else ("now on all",):
        with pytest.raises(KeyboardInterrupt):
            toy_training(path, report=stop_at(beginning), resume=True, **options)
        assert not path.exists()
    with pytest.raises(UsageError, match="its training is not finished: --resume goes on"):
        toy_training(path, **options)
    toy_training(path, report=lines.append, resume=True, **options)
    assert path.read_bytes() == (tmp_path / "whole").read_bytes()
    assert arcparser.load(path).card.mean_of in (0, 2)
    assert not [name for name in os.listdir(tmp_path) if "held-out" in name or "checkpoint" in name]


def test_without_the_second_training(tmp_path: Path) -> None:
    path = tmp_path / "m"
    card = toy_training(path, dev=None, refit=False).card
    trained = hold_out(list(arcparser.read_conllu(DEV)), 0.1, seed=1).train
    assert (card.held_out, card.train_sentences) == (0, len(trained))
    assert card.best_epoch


@pytest.mark.parametrize("options", [{"dev": None, "hold_out": 0}, {"dev": None, "hold_out": 0.6}, {"hold_out": 0.1}])
def test_what_is_refused(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="hold_out"):
        toy_training(tmp_path / "m", **options)
    with pytest.raises(UsageError, match="without refit"):
        toy_training(tmp_path / "m", dev=ENHANCED, refit=False)
    assert not list(tmp_path.iterdir())
    assert len(list(arcparser.read_conllu(DEV))) == 41
