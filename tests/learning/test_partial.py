"""Trainings on partly annotated sentences: words whose HEAD is `_` are unknown."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import TreeError, UsageError
from arcparser.learning.by_size import epochs_by_size, settings_by_size
from arcparser.studies.crossval import cross_validate
from arcparser.training.given import Given
from arcparser.training.hold_out import hold_out
from arcparser.training.job import plan_training
from arcparser.training.recipe import Recipe
from arcparser.treebank.check import check_files
from arcparser.treebank.treebank import describe, read_treebank
from tests.helpers.toy import DEV, TRAIN, small, toy_training


def with_unknown(path: Path, output: Path, share: float) -> Path:
    """Write a treebank without HEAD and DEPREL of a share of its words; every other sentence stays whole."""
    rng = random.Random(1)
    with output.open("wb") as stream:
        for number, sentence in enumerate(arcparser.read_conllu(path)):
            for row in sentence.rows if number % 2 else ():
                if rng.random() < share:
                    row[6] = row[7] = "_"
            stream.write(sentence.to_bytes())
    return output


def test_a_partly_annotated_treebank(tmp_path: Path) -> None:
    file, lines = with_unknown(DEV, tmp_path / "part.conllu", 0.5), list[str]()
    with pytest.raises(
        TreeError, match=r"HEAD is missing.* or leave bad sentences out with --skip-invalid, or say --pa"
    ):
        toy_training(tmp_path / "m", train_files=file)
    parser = toy_training(tmp_path / "m", train_files=file, partial=True, report=lines.append)
    unknown = sum(head < 0 for s in arcparser.read_conllu(file) for head in s.tree_index().heads)
    words = sum(map(len, arcparser.read_conllu(file)))
    assert any(f"{unknown} words without HEAD" in line for line in lines)
    assert any(line.startswith(f"chosen for {words - unknown} words with a HEAD: ") for line in lines)
    assert parser.card.train_sentences == 41
    assert "_" not in parser.model.vocabulary.labels
    assert parser.parse(["Dogs", "chase", "cats"]).root is not None


def test_a_whole_treebank_makes_the_same_model(tmp_path: Path) -> None:
    for name, partial in (("whole", False), ("partial", True)):
        toy_training(tmp_path / name, partial=partial, config=small(explore_from=0.0))
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "partial").read_bytes()


def test_words_with_a_head_choose_how_long(tmp_path: Path) -> None:
    some = list(arcparser.read_conllu(DEV))
    for sentence in some[::2]:
        for row in sentence.rows:
            row[6] = row[7] = "_"
    sentences = some * (60_000 // sum(map(len, some)))
    attached = sum(len(s) for s in sentences if s.tree_index().heads[0] >= 0)
    assert 20_000 < attached < sum(map(len, sentences))
    said: list[str] = []
    plan = plan_training(
        Recipe(partial=True), Given(None, None, None, ()), sentences, said.append, language="en", name="x"
    )
    assert plan.epochs == epochs_by_size(attached) < epochs_by_size(0)
    expected = settings_by_size("standard", attached)
    assert plan.settings.network.first_hidden == expected["first_hidden"] < 192
    assert said[0].startswith(f"chosen for {attached:,} words with a HEAD: ")


def test_what_is_held_out_is_whole(tmp_path: Path) -> None:
    file, lines = with_unknown(DEV, tmp_path / "part.conllu", 0.5), list[str]()
    parser = toy_training(tmp_path / "m", train_files=file, dev=None, partial=True, epochs=1, report=lines.append)
    assert 5 <= parser.card.held_out <= 15
    sentences = list(arcparser.read_conllu(file))
    whole = [place for place, sentence in enumerate(sentences) if min(sentence.tree_index().heads) >= 0]
    division = hold_out(sentences, 0.1, seed=1, among=whole)
    assert len(division.held_out) == parser.card.held_out
    assert all(sentence.heads for sentence in division.held_out)
    with pytest.raises(UsageError, match="no dev file, and 0 sentences annotated as a whole"):
        nothing = tmp_path / "all.conllu"
        nothing.write_text("1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n2\tb\t_\t_\t_\t_\t1\tx\t_\t_\n\n" * 3)
        toy_training(tmp_path / "n", train_files=nothing, dev=None, partial=True)


def test_an_empty_column_is_no_label(tmp_path: Path) -> None:
    """Some programs leave a column empty where `_` belongs."""
    file = tmp_path / "empty.conllu"
    text = DEV.read_text().replace("\tdet\t", "\t\t").replace("\tDET\t", "\t\t")
    assert "\t\t" in text
    file.write_text(text)
    toy_training(tmp_path / "m", train_files=file, partial=True, epochs=1)
    found = arcparser.load(tmp_path / "m").model.vocabulary
    assert "det" not in found.labels and "" not in {*found.labels, *found.upos} and "_" in found.upos
    assert "" not in describe(read_treebank(file, partial=True)).labels


def test_what_is_measured_on_is_whole(tmp_path: Path) -> None:
    file = with_unknown(DEV, tmp_path / "part.conllu", 0.5)
    with pytest.raises(TreeError, match="HEAD is missing"):
        toy_training(tmp_path / "m", dev=file, partial=True)
    with pytest.raises(UsageError, match="all sentences are measured on"):
        cross_validate(DEV, output_dir=tmp_path / "folds", recipe=Recipe(partial=True))
    bare = tmp_path / "bare.conllu"
    bare.write_text("1\ta\t_\t_\t_\t_\t_\tx\t_\t_\n\n")
    with pytest.raises(UsageError, match="--partial: no word of the training files has HEAD and DEPREL"):
        toy_training(tmp_path / "m", train_files=bare, partial=True)


@pytest.mark.parametrize(
    ("heads", "problem"),
    [
        (["0", "_", "0"], "the sentence has 2 roots"),
        (["2", "1", "_"], "depends on itself"),
        (["_", "4", "_"], "HEAD '4' is no word of this sentence"),
        (["_", "x", "_"], "HEAD 'x' is no word"),
    ],
)
def test_what_is_no_part_of_a_tree(tmp_path: Path, heads: list[str], problem: str) -> None:
    file = tmp_path / "bad.conllu"
    file.write_text("".join(f"{i}\ta\t_\t_\t_\t_\t{head}\tx\t_\t_\n" for i, head in enumerate(heads, start=1)) + "\n")
    with pytest.raises(TreeError, match=problem) as caught:
        read_treebank(file, partial=True)
    assert caught.value.line in (1, 2, 3)
    assert [fault.error.problem for fault in check_files([file], partial=True).faults] == [caught.value.problem]


def test_what_a_check_counts(tmp_path: Path) -> None:
    file = with_unknown(TRAIN, tmp_path / "part.conllu", 0.5)
    assert check_files([file]).faults
    found = check_files([file], dev=DEV, partial=True)
    assert not found.faults and found.sentences > 100
    contents = describe(read_treebank(file, partial=True))
    assert contents.words == sum(contents.labels.values()) + contents.unattached_words
