"""The command `render`."""

from __future__ import annotations

import os
from pathlib import Path

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
