"""The command `show`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.command import CALL, POSIX, Run, shell
from tests.helpers.toy import TEST


def test_files_standard_input_and_text(run: Run, toy_model: Path) -> None:
    result = run("show", TEST, "--width", "60")
    assert (result.status, result.err) == (0, "")
    assert run("show", "-", "--width", "60", stdin=TEST.read_bytes()).out == result.out
    assert all(len(line) <= 60 for line in result.out.decode().splitlines())
    text = run("show", "Dogs chase cats.", "--model", toy_model).out.decode()
    assert re.search(r"╴Dogs +\w+ +\w+\n", text)
    both = run("show", TEST, "Dogs chase cats.", "--model", toy_model, "--width", "60").out
    assert both.startswith(result.out)
    assert len(both) > len(result.out)


def test_colors(run: Run) -> None:
    colored, plain = (run("show", TEST, "--color", when).out for when in ("always", "never"))
    assert b"\x1b[" in colored and b"\x1b[" not in plain
    assert run("show", TEST, "--colour", "always").out == colored
    assert run("show", TEST, "--col=always").out == colored
    assert run("show", TEST).out == plain  # which goes to no terminal


def test_what_cannot_be_shown(run: Run, tmp_path: Path) -> None:
    narrow = run("show", TEST, "--width", "19")
    assert (narrow.status, narrow.line) == (2, "--width 19: give at least 24")
    missing = run("show", tmp_path / "none.conllu")
    assert (missing.status, missing.line) == (1, f"{tmp_path / 'none.conllu'}: no such file: check the path")
    no_model = run("show", "Dogs bark.", "--model", "nonesuch")
    assert no_model.status == 1
    assert no_model.line.startswith("nonesuch: no such model")


@POSIX
@pytest.mark.parametrize(
    ("redirection", "message"),
    [("<&-", "<stdin>: standard input is closed: give a file"), (">&-", "standard output is closed")],
)
def test_closed_standard_streams(redirection: str, message: str) -> None:
    result = shell(" ".join(f"'{part}'" for part in [*CALL, "show", "-"]) + f" {redirection}")
    assert result.status == 1
    assert message in result.line


def test_scores_and_gold(run: Run, toy_model: Path, tmp_path: Path) -> None:
    parsed = tmp_path / "parsed.conllu"
    run("parse", TEST, "--model", toy_model, "--scores", "--output", parsed)
    text = run("show", parsed, "--scores", "--gold", TEST, "--width", "100").out.decode()
    assert re.search(r"^# \d+ of \d+ heads right", text, re.MULTILINE) and re.search(r" \d+ +✗ \d+ ", text)
    assert re.search(r"╴Dogs .* \d+\n", run("show", "Dogs chase cats.", "--model", toy_model, "--scores").out.decode())
    result = run("show", TEST, "--scores")
    assert result.status == 1 and "no ArcScore and LabelScore in MISC" in result.line
    page = tmp_path / "page.html"
    assert run("render", parsed, "--scores", "--output", page).status == 0
    assert "below 50 %" in page.read_text("utf-8")
