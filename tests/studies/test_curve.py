"""Learning curves: the power law through points, and trainings on nested parts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import arcparser
from arcparser.errors import UsageError
from arcparser.studies import curve
from arcparser.studies.curve import fit, learning_curve
from arcparser.training.recipe import Execution, Recipe
from tests.helpers.toy import DEV, ENHANCED, small


@given(st.floats(60, 99), st.floats(20, 300), st.sampled_from([0.2, 0.5, 0.9]))
def test_points_on_a_power_law(a: float, b: float, c: float) -> None:
    sizes = [50, 100, 200, 400]
    found = fit(sizes, [a - b * n**-c for n in sizes])
    assert found.at(800) == pytest.approx(a - b * 800**-c, abs=0.05)


@given(st.lists(st.floats(0, 100), min_size=4, max_size=4))
def test_any_points(scores: list[float]) -> None:
    found = fit([50, 100, 200, 400], scores)
    assert found.a <= 100 and found.b >= 0
    assert found.at(800) >= found.at(400) - 1e-9
    assert found.at(800) <= 100 + 1e-9


def test_points_that_fall() -> None:
    assert fit([50, 100, 200, 400], [40, 30, 20, 10]).at(800) == 25


def test_trainings_on_nested_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(epochs=1, config=small(), language="en")
    found = learning_curve(DEV, dev=ENHANCED, output_dir=tmp_path, recipe=recipe)
    assert found.sentences == [5, 10, 20, 41]
    parts = [list(arcparser.read_conllu(tmp_path / f"part-{part}.conllu")) for part in (8, 4, 2, 1)]
    ids = [[sentence.sent_id for sentence in part] for part in parts]
    whole = [sentence.sent_id for sentence in arcparser.read_conllu(DEV)]
    assert ids[-1] == whole and all({*few} < {*more} for few, more in zip(ids, ids[1:]))
    for part, words, scores in zip((8, 4, 2, 1), found.words, found.scores):
        card = arcparser.load(tmp_path / f"part-{part}.arcparser").card
        assert (card.train_words, card.scores, card.name) == (words, scores, "en_arc")
    assert json.loads((tmp_path / "curve.json").read_text()) == found.as_dict()
    assert found.table().splitlines()[-1].split() == [
        "82",
        f"{found.extrapolated[1]:.2f}",
        "extrapolated,",
        "not",
        "measured",
    ]
    before = (tmp_path / "part-1.arcparser").read_bytes()
    lines: list[str] = []
    learning_curve(
        DEV, dev=ENHANCED, output_dir=tmp_path, recipe=recipe, execution=Execution(resume=True, report=lines.append)
    )
    assert lines.count("the training is finished: nothing to resume") == 4
    assert (tmp_path / "part-1.arcparser").read_bytes() == before

    def none(*_: Any, **__: Any) -> None:
        raise AssertionError

    with pytest.raises(UsageError, match="is there already"):
        learning_curve(DEV, dev=ENHANCED, output_dir=tmp_path, recipe=recipe)
    monkeypatch.setattr(curve, "train", none)
    with pytest.raises(UsageError, match="standard input can be read once"):
        learning_curve(DEV, dev="-", output_dir=tmp_path, recipe=recipe)
    with pytest.raises(UsageError, match="teachers: have learned from more sentences"):
        learning_curve(DEV, dev=ENHANCED, output_dir=tmp_path, recipe=replace(recipe, teachers=["t.arcparser"]))
    with pytest.raises(UsageError, match="vectors -: is read for each part"):
        learning_curve(DEV, dev=DEV, output_dir=tmp_path, recipe=replace(recipe, vectors="-"))
