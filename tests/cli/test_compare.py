"""The command `compare`: tables, JSON and the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.command import Run
from tests.helpers.pages import read_page
from tests.helpers.toy import DEV, TEST


@pytest.fixture
def parsed(run: Run, toy_model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "parsed.conllu"
    assert run("parse", TEST, "--model", toy_model, "--output", path).status == 0
    return path


def test_tables_and_json(run: Run, parsed: Path) -> None:
    result = run("compare", TEST, parsed, TEST, "--resamples", "200", "--top", "2")
    text = result.out.decode()
    assert (result.status, result.err) == (0, "")
    assert text.startswith(f"34 sentences, 405 words, punctuation included\nA  {parsed}\nB  {TEST}\n")
    assert "\nB against A" in text and "\nSentences that changed most\n" in text
    assert text == run("compare", TEST, parsed, TEST, "--resamples", "200", "--top", "2").out.decode()
    assert (
        run("compare", "-", parsed, TEST, "--resamples", "200", "--top", "2", stdin=TEST.read_bytes()).out.decode()
        == text
    )
    values = json.loads(run("compare", TEST, parsed, TEST, "--resamples", "200", "--json").out)
    scores = json.loads(run("evaluate", TEST, parsed, "--json").out)
    assert values["systems"][0]["scores"]["LAS"]["f1"] == pytest.approx(scores["LAS"]["f1"])
    assert values["pairs"][0]["metrics"]["LAS"]["difference"] == pytest.approx(100 - scores["LAS"]["f1"])


def test_a_page_with_both_trees(run: Run, toy_model: Path, parsed: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = run("compare", TEST, TEST, toy_model, parsed, "--resamples", "50", "--top", "2", "--html", page)
    assert result.status == 0
    assert "F1 (95 % interval)" in result.out.decode()
    html = page.read_text("utf-8")
    found = read_page(html)
    assert html.count("<figure") == 8  # both trees of two sentences, of each pair that differs
    assert any("right in B only" in text for text in found.texts)
    assert "C against B" in html


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DEV], "1 system: give 2 to 10 to compare"),
        ([DEV, DEV, "--resamples", "0"], "0 resamples: give at least 1"),
        ([DEV, DEV, "--top", "-1"], "--top -1: give at least 0"),
        ([DEV, DEV, "--html", "-"], "--html -: standard output is for the tables: give the name of a file"),
        ([DEV, DEV, "--html", DEV], f"{DEV}: is to be read and written: give the output another name"),
    ],
)
def test_wrong_calls(run: Run, arguments: list[str], message: str) -> None:
    result = run("compare", DEV, *arguments)
    assert (result.status, result.line) == (2, message)
