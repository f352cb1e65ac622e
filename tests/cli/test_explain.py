"""The command `explain`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from arcparser.viz.explain_page import format_html, format_pages
from arcparser.viz.explain_sentence import explain_sentences
from arcparser.viz.explain_terminal import format_text
from arcparser.viz.handout import format_handout
from tests.helpers.command import Run
from tests.helpers.toy import DEV


def test_in_the_terminal_and_on_a_page(run: Run, toy_model: Path, tmp_path: Path) -> None:
    (explanation,) = explain_sentences("Dogs chase cats", model=toy_model, top=3)
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
    (explanation,) = explain_sentences(model=toy_model, gold=DEV, which="2", follow="oracle")
    result = run(
        "explain", "--gold", DEV, "--sentence", "2", "--follow", "oracle", "--model", toy_model, "--width", "80"
    )
    assert result.out.decode() == format_text(explanation, width=80, color=False)


DOGS = ["Dogs chase cats", "--heads", "2 0 2", "--deprels", "nsubj root obj"]


def test_a_tree_of_the_command_line(run: Run, toy_model: Path, tmp_path: Path) -> None:
    (explanation,) = explain_sentences("Dogs chase cats", model=toy_model, tree=([2, 0, 2], ["nsubj", "root", "obj"]))
    expected = format_text(explanation, width=80, color=False)
    assert run("explain", *DOGS, "-m", toy_model, "--width", "80").out.decode() == expected
    commas = ["Dogs chase cats", "--heads", "2,0, 2", "--deprels", "nsubj,root,obj"]
    assert run("explain", *commas, "-m", toy_model, "--width", "80").out.decode() == expected
    page = tmp_path / "handout.html"
    assert run("explain", *DOGS, "-m", toy_model, "-o", page, "--all-steps").status == 0
    assert page.read_text("utf-8") == format_handout([explanation])


def test_two_sentences(run: Run, toy_model: Path, tmp_path: Path) -> None:
    text, page = "Dogs chase cats\nCats sleep", tmp_path / "page.html"
    both = explain_sentences(text, model=toy_model)
    texts = [format_text(explanation, width=80, color=False) for explanation in both]
    assert run("explain", text, "-m", toy_model, "--width", "80").out.decode() == "\n".join(texts)
    assert run("explain", "-", "-m", toy_model, "-o", page, stdin=text.encode()).status == 0
    assert page.read_text("utf-8") == format_pages(both)
    assert run("explain", text, "-m", toy_model, "-o", page, "--all-steps").status == 0
    assert page.read_text("utf-8") == format_handout(both)


def test_a_step_of_gradient_descent(run: Run, toy_model: Path, tmp_path: Path) -> None:
    arguments = ["explain", *DOGS, "-m", toy_model, "--follow", "oracle"]
    shown = run(*arguments, "--step-size", "0.0001").out.decode()
    before, after = re.findall(r"(?:steps = |η = 0.0001: )(\d+\.\d+) nats", " ".join(shown.split()))[-2:]
    assert 0 < float(after) < float(before)
    for option in ([], ["--all-steps"]):
        page = tmp_path / "page.html"
        assert run(*arguments, "--step-size", "0.0001", "-o", page, *option).status == 0
        assert "0.0001" in page.read_text("utf-8")
    too_large = "--step-size 1e+30: what is computed with the weights after it is no number: give a smaller one"
    assert run(*arguments, "--step-size", "1e30").line == too_large
    assert run(*arguments, "--step-size", "-1").line == "step size -1: give a number above 0, such as 0.1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*DOGS[:3]], "--heads and --deprels go together: give both"),
        ([*DOGS[1:]], "--heads and --deprels are the tree of TEXT: give TEXT, and no --gold"),
        ([*DOGS, "--gold", str(DEV)], "--heads and --deprels are the tree of TEXT: give TEXT, and no --gold"),
        (["a", "--heads", "x", "--deprels", "y"], "--heads: 'x' is no head: give the number of a word, 0 for the root"),
        (
            [str(DEV)],
            f"'{DEV}': is the name of a file, and TEXT is a sentence: give it as --gold FILE, with --sentence, or its "
            "text as - < FILE",
        ),
        (["a", "--step-size", "1"], "--step-size learns from a right tree: give --gold, or --heads and --deprels"),
        (
            ["a", "--all-steps"],
            "--all-steps is for a page, the terminal shows all of them: give --output FILE.html",
        ),
        (
            ["-", "--gold", "-"],
            "-: is given for TEXT and --gold, and standard input can be read once: give a file for one",
        ),
    ],
)
def test_options_that_do_not_go_together(run: Run, toy_model: Path, arguments: list[str], message: str) -> None:
    result = run("explain", *arguments, "--model", toy_model)
    assert (result.status, result.out, result.line) == (2, b"", message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to explain: give a sentence, or --gold FILE"),
        (["Dogs", "--sentence", "3"], "TEXT and --sentence exclude each other: give one of them"),
        ([" "], "nothing to explain: the text has no words"),
        (["Dogs", "--follow", "oracle"], "the oracle can be followed only with a gold tree: give one"),
        (["Dogs", "--top", "0"], "top 0: show at least 1 action"),
        (["Dogs", "--width", "3"], "--width 3: give at least 24"),
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
