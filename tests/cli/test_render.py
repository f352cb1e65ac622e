"""The command `render`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.command import Run
from tests.helpers.pages import read_page
from tests.helpers.toy import TEST


def test_a_page_of_trees(run: Run, tmp_path: Path) -> None:
    page, gold = tmp_path / "trees.html", tmp_path / "gold.conllu"
    result = run("render", TEST, "--output", page, "--title", "Some <trees>", "--lang", "en")
    assert (result.status, result.out) == (0, b"")
    assert result.err == f"34 sentences in {page}\n"
    assert "Some <trees>" in read_page(page.read_text("utf-8")).texts
    gold.write_bytes(TEST.read_bytes().replace(b"\tnsubj\t", b"\tobj\t", 1))
    result = run("render", TEST, "--gold", gold, "--output", page)
    assert result.err == f"34 sentences in {page}, 1 of them differs from gold\n"


def test_what_cannot_be_rendered(run: Run, tmp_path: Path) -> None:
    missing = run("render", tmp_path / "none.conllu", "--output", tmp_path / "page.html")
    assert (missing.status, missing.line) == (1, f"{tmp_path / 'none.conllu'}: no such file: check the path")
    nowhere = run("render", TEST, "--output", tmp_path / "no" / "page.html")
    assert nowhere.status == 1
    assert nowhere.line.startswith(f"{tmp_path / 'no' / 'page.html'}: the folder")
    assert os.listdir(tmp_path) == []


def test_texts_standard_input_and_several_files(run: Run, toy_model: Path, tmp_path: Path) -> None:
    page = tmp_path / "trees.html"
    result = run("render", "Dogs chase cats", TEST, "-", "-m", toy_model, "-o", page, stdin=TEST.read_bytes())
    assert result.err == f"69 sentences in {page}\n"
    assert run("render", TEST, "-o", page, "--limit", "2").err == f"2 sentences in {page}\n"
    assert run("render", TEST, "-o", page, "--limit", "0").line == "limit 0: draw at least 1 sentence"


def test_pictures(run: Run, toy_model: Path, tmp_path: Path) -> None:
    for name, option, beginning in (
        ("tree.svg", "--svg", b"<svg "),
        ("tree.tex", "--tikz", b"% \\usepackage{tikz-dependency}"),
    ):
        picture = tmp_path / name
        assert run("render", "Dogs chase cats", "-m", toy_model, "-o", picture).err == ""
        assert picture.read_bytes().startswith(beginning)
        assert run("render", "Dogs chase cats", "-m", toy_model, option, "-o", "-").out == picture.read_bytes()
        assert run("render", TEST, "--sentence", "3", "-o", picture).status == 0
    for arguments, message in (
        (["--sentence", "3"], "--sentence is for a picture of one tree: give --svg, --tikz or --png"),
        (["--svg", "--limit", "3"], "--limit is for pages: leave it out, or give --output FILE.html"),
        (["--tikz", "--title", "x"], "--title is for pages: leave it out, or give --output FILE.html"),
    ):
        assert run("render", TEST, "-o", tmp_path / "x.html", *arguments).line == message
    assert run("render", TEST, "-o", tmp_path / "x", "--svg", "--tikz").status == 2


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("d.pdf", []),
        ("t.conllu", []),
        ("m.arcparser", []),
        ("t.conllu.gz", []),
        ("x.html", ["--svg"]),
        ("x.svg", ["--png"]),
    ],
)
def test_other_files_are_not_written_into(run: Run, tmp_path: Path, name: str, options: list[str]) -> None:
    path = tmp_path / name
    path.write_bytes(b"precious")
    result = run("render", TEST, "-o", path, *options)
    ending = {"--svg": ".svg", "--png": ".png"}.get("".join(options), ".html")
    assert (result.status, result.line) == (2, f"{path}: is no name for what is to be written: give FILE{ending}")
    assert path.read_bytes() == b"precious"
    if not options:
        assert run("explain", "Dogs sleep", "-o", path).line == result.line
        assert path.read_bytes() == b"precious"
