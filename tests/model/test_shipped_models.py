"""What the pages in models/ say of the shipped models is what the models say of themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import arcparser
from arcparser.model import model_file
from arcparser.model.registry import DEFAULT_MODEL
from tests.helpers.paths import ROOT

FOLDER = ROOT / "models"
MODELS = sorted(FOLDER.glob("*.arcparser"))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_pages_tell_what_the_model_is(path: Path) -> None:
    card = model_file.load(path).card
    assert (card.language, card.license) == ("en", "CC BY-SA 4.0")
    rows = [
        cells(line) for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if f"({path.stem}.md)" in line
    ]
    assert len(rows) == 1
    size, *scores = rows[0][5:]
    assert size == f"{path.stat().st_size / 1e6:.1f} MB"
    assert scores == [f"{card.scores[name]:.2f}" for name in ("UAS", "LAS", "UPOS")]

    page = path.with_suffix(".md").read_text("utf-8")
    names = ["UAS", "LAS", "ExactLAS", "CLAS", "MLAS", "UPOS", "XPOS", "UFeats"]
    names += ["Lemmas", "BLEX"] if "Lemmas" in card.scores else []
    assert "| " + " | ".join(f"{card.scores[name]:.2f}" for name in names) + " |" in page
    # The README's install knows the default model by name; the others are named by their path.
    named = path.stem if path.stem == DEFAULT_MODEL else f"models/{path.name}"
    assert f"--model {named}\n" in page
    assert re.search(r"CC BY-SA 4\.0", page)


def test_the_models_are_small_together_and_parse() -> None:
    if (ROOT / "PKG-INFO").exists():
        pytest.skip("a source distribution has the default model only")
    assert [path.stem for path in MODELS] == ["en_ewt", "en_ewt_accurate", "en_ewt_fast"]
    assert sum(path.stat().st_size for path in MODELS) < 60e6
    for path in MODELS:
        sentence = arcparser.load(path).parse(["She", "saw", "the", "dog", "."])
        assert (sentence.heads, sentence.deprels) == ([2, 0, 4, 2, 2], ["nsubj", "root", "det", "obj", "punct"])
