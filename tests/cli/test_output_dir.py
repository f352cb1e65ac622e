"""`parse --output-dir`, and what is told of the progress of a parse."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from arcparser.cli import progress
from arcparser.cli.progress import Reporter
from arcparser.files import open_input
from tests.helpers.command import GOOD, Run
from tests.helpers.toy import DEV

SUMMARY = r"2 files, 42 sentences, 463 words in \d+\.\d s"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.conllu").write_bytes(DEV.read_bytes())
    (folder / "b.CONLLU.gz").write_bytes(gzip.compress(GOOD))
    return folder


def test_a_folder_and_a_summary(run: Run, corpus: Path, toy_model: Path, tmp_path: Path) -> None:
    command = ["parse", corpus, "--output-dir", tmp_path / "out", "--model", toy_model]
    result = run(*command)
    assert (result.status, result.out) == (0, b"")
    assert re.fullmatch(f"{SUMMARY}\n", result.err)
    assert (tmp_path / "out" / "a.conllu").read_bytes() == run("parse", DEV, "--model", toy_model).out
    assert gzip.decompress((tmp_path / "out" / "b.conllu.gz").read_bytes()) == GOOD
    again = run(*command)
    assert re.fullmatch(r"0 files, 0 sentences, 0 words in \d+\.\d s; 2 files skipped, done before\n", again.err)
    assert re.match(SUMMARY, run(*command, "--overwrite", "--jobs", "2").err)
    (corpus / "c.conllu").write_bytes(b"1\ta\n\n")
    failed = run(*command)
    assert failed.status == 1
    first, _, last = failed.err.splitlines()
    assert first.startswith(f"arcparser: {corpus / 'c.conllu'}:1: ")
    assert last.startswith("arcparser: 1 of 3 files could not be parsed, the others are done: ")
    only = run("parse", corpus, "--output-dir", tmp_path / "only", "--include", "a*", "--model", toy_model)
    assert only.err.startswith("1 file, 41 sentences, ")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--text", "a", "--output-dir", "x"], "--output-dir and --text exclude each other"),
        (["a", "--output", "y", "--output-dir", "x"], "--output-dir and --output exclude each other"),
        (["--output-dir", "x"], "--output-dir takes files and folders"),
        (["-", "--output-dir", "x"], "-: --output-dir takes files and folders"),
        (["a", "--include", "*"], "--include is for --output-dir"),
        (["a", "--overwrite"], "--overwrite is for --output-dir"),
    ],
)
def test_calls_that_cannot_be(
    run: Run, arguments: list[str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("parse", *arguments)
    assert result.status == 2
    assert result.line.startswith(problem)
    assert list(tmp_path.iterdir()) == []


def test_progress_in_lines(
    run: Run, corpus: Path, toy_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    monkeypatch.setattr(progress, "_SENTENCES", 20)
    file = corpus / "a.conllu"
    result = run("parse", file, "--model", toy_model, "--progress", "--output", tmp_path / "x")
    *lines, last = result.err.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r"100 % of 0\.0 MB, \d+ words, [\d,]+ words/s, 0:00 left", lines[0])
    assert re.fullmatch(r"1 file, 41 sentences, 462 words in \d+\.\d s", last)
    piped = run("parse", "--model", toy_model, "--progress", stdin=DEV.read_bytes())
    assert re.fullmatch(r"\d+ words, [\d,]+ words/s", piped.err.splitlines()[0])
    assert run("parse", file, "--model", toy_model).err == ""


def test_a_bar_on_a_terminal(corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "_FIRST_BAR", -1.0)
    inputs = [str(corpus / "a.conllu"), str(corpus / "b.CONLLU.gz")]
    with Reporter(inputs, bar=True) as reporter:
        reporter.done(inputs[1], 0)
        with open_input(inputs[0]) as stream:
            reporter.begin(inputs[0], stream)
            stream.read()
            for _ in range(progress._SENTENCES):
                reporter.sentence(10)
    shown = capsys.readouterr().err
    assert "100%" in shown and "640 words" in shown
