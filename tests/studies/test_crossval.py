"""Cross-validation: how a treebank is divided, that no model sees what it parses, and how a run is resumed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import arcparser
from arcparser.errors import ModelError, UsageError
from arcparser.studies import crossval
from arcparser.studies.crossval import CrossValidation, cross_validate
from arcparser.studies.folds import divide
from arcparser.training.hold_out import documents
from arcparser.training.recipe import Execution, Recipe
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import DEV, small


def run(folder: Path, *, execution: Execution | None = None, **options: Any) -> CrossValidation:
    jobs, folds, files = options.pop("jobs", 1), options.pop("folds", 2), options.pop("files", DEV)
    recipe = Recipe(**{"epochs": 1, "config": small(branches=2), "language": "en", **options})
    return cross_validate(files, output_dir=folder, folds=folds, jobs=jobs, recipe=recipe, execution=execution)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=25), st.integers(2, 10), st.booleans(), st.integers(0, 3))
def test_folds(sizes: list[int], folds: int, marked: bool, seed: int) -> None:
    sentences = [
        Sentence.from_words(["w"] * (1 + i), comments=["newdoc"] if marked and i == 0 else [])
        for size in sizes
        for i in range(size)
    ]
    if folds > len(sentences):
        with pytest.raises(UsageError, match="give at most as many as sentences"):
            divide(sentences, folds, seed=seed)
        return
    fold_of = divide(sentences, folds, seed=seed)
    assert {*fold_of} == {*range(folds)} and fold_of == divide(sentences, folds, seed=seed)
    groups = documents(sentences)
    if len(groups) < folds:
        groups = [[i] for i in range(len(sentences))]
    assert all(len({fold_of[i] for i in group}) == 1 for group in groups)
    words = [sum(len(s) for s, fold in zip(sentences, fold_of) if fold == k) for k in range(folds)]
    assert max(words) - min(words) <= max(sum(len(sentences[i]) for i in group) for group in groups)


def test_a_cross_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold = list(arcparser.read_conllu(DEV))
    fold_of = divide(gold, 2, seed=1)
    seen: list[list[list[str]]] = []
    train_whole = crossval.train_whole

    def watched(plan: Any, data: Any, *args: Any, **options: Any) -> Any:
        seen.append([sentence.forms for sentence in data.sentences])
        return train_whole(plan, data, *args, **options)

    monkeypatch.setattr(crossval, "train_whole", watched)
    found = run(tmp_path / "one")
    for fold, forms in enumerate(seen):
        assert forms == [sentence.forms for sentence, of in zip(gold, fold_of) if of != fold]
    parsed = list(arcparser.read_conllu(found.path))
    assert [s.forms for s in parsed] == [s.forms for s in gold]
    assert [s.comments for s in parsed] == [s.comments for s in gold]
    las = arcparser.evaluate(gold, parsed).las.f1
    place = found.metrics.index("LAS")
    assert found.scores[place] == pytest.approx(las) and found.low[place] <= las <= found.high[place]
    assert json.loads((tmp_path / "one" / "scores.json").read_text()) == found.as_dict()
    assert sorted(os.listdir(tmp_path / "one")) == [
        "crossval.json",
        "fold-01.conllu",
        "fold-02.conllu",
        "parsed.conllu",
        "scores.json",
    ]
    assert found.table().startswith(f"{'':<9}     F1   95 % interval")
    # Side by side: the same. Resumed: what is done is not done again.
    run(tmp_path / "two", jobs=2)
    assert (tmp_path / "two" / "parsed.conllu").read_bytes() == found.path.read_bytes()
    before = found.path.read_bytes()
    (tmp_path / "one" / "fold-02.conllu").unlink()
    seen.clear()
    lines: list[str] = []
    run(tmp_path / "one", execution=Execution(resume=True, report=lines.append))
    assert (len(seen), found.path.read_bytes()) == (1, before)
    assert "1 fold done before" in lines and lines[-1].startswith("fold 2 of 2: UAS ")
    for message, options in {
        "holds a cross-validation: --resume goes on with it": {},
        "of other files, folds or settings": {"execution": Execution(resume=True), "seed": 2},
    }.items():
        with pytest.raises(UsageError, match=message):
            run(tmp_path / "one", **options)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_a_fold(tmp_path: Path, jobs: int) -> None:
    lines: list[str] = []
    with pytest.raises(ModelError, match="none"):
        run(tmp_path, jobs=jobs, teachers=["none.arcparser"], execution=Execution(report=lines.append))
    assert lines[-1] == "warning: if a teacher has learned from these sentences, all scores are too high"
    assert os.listdir(tmp_path) == ["crossval.json"]


def test_what_is_refused(tmp_path: Path) -> None:
    for message, options in {
        "0 jobs: give at least 1": {"jobs": 0},
        "1 folds: give at least 2": {"folds": 1},
        "99 folds of 41 sentences": {"folds": 99},
        "give a number of epochs": {"epochs": None, "max_minutes": 1},
    }.items():
        with pytest.raises(UsageError, match=message):
            run(tmp_path, **options)
    assert not os.listdir(tmp_path)
    (tmp_path / "parsed.conllu").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        run(tmp_path)
    assert os.listdir(tmp_path) == ["parsed.conllu"]
