"""The command `explain`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from arcparser.viz.explain_page import format_html
from arcparser.viz.explain_sentence import explain_sentence
from arcparser.viz.explain_terminal import format_text
from tests.helpers.command import Run
from tests.helpers.toy import DEV


def test_in_the_terminal_and_on_a_page(run: Run, toy_model: Path, tmp_path: Path) -> None:
    explanation = explain_sentence("Dogs chase cats", model=toy_model, top=3)
    arguments = ["explain", "Dogs chase cats", "--model", toy_model, "--top", "3"]
    shown = run(*arguments, "--width", "70")
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.decode() == format_text(explanation, width=70, color=False)
    colored = run(*arguments, "--width", "70", "--colour", "always")
    assert colored.out.decode() == format_text(explanation, width=70, color=True)
    page = tmp_path / "explain.html"
    assert run(*arguments, "--output", page).out == b""
    assert page.read_text("utf-8") == format_html(explanation)


def test_a_sentence_of_a_treebank(run: Run, toy_model: Path) -> None:
    explanation = explain_sentence(model=toy_model, gold=DEV, which="2", follow="oracle")
    result = run(
        "explain", "--gold", DEV, "--sentence", "2", "--follow", "oracle", "--model", toy_model, "--width", "80"
    )
    assert result.out.decode() == format_text(explanation, width=80, color=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to explain: give a sentence, or --gold FILE"),
        (["Dogs", "--sentence", "3"], "TEXT and --sentence exclude each other: give one of them"),
        ([" "], "nothing to explain: the text has no words"),
        (["Dogs", "--follow", "oracle"], "the oracle can be followed only with a gold tree: give one"),
        (["Dogs", "--top", "0"], "top 0: show at least 1 action"),
        (["Dogs", "--width", "3"], "--width 3: give at least 20"),
    ],
)
def test_what_cannot_be_explained(
    run: Run, toy_model: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = run("explain", *arguments, "--model", toy_model)
    assert (result.status, result.out, result.line) == (2, b"", message)
    if "--width" not in arguments:
        assert run("explain", *arguments, "--model", toy_model, "--output", tmp_path / "page.html").line == message
    assert os.listdir(tmp_path) == []
