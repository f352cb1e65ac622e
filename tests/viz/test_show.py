"""What is drawn of files, of standard input and of texts."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import InputError, ModelError
from arcparser.parsing.parser import Parser
from arcparser.viz.show import show
from arcparser.viz.terminal_tree import draw_sentences
from tests.helpers.toy import DEV, TEST

NO_MODEL = "nonesuch"


def test_files_are_drawn_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = list(draw_sentences(arcparser.read_conllu(TEST), width=60, color=True))
    other = tmp_path / "trees"  # a file by whatever name
    other.write_bytes(TEST.read_bytes())
    assert list(show([str(TEST), str(other)], model=NO_MODEL, width=60, color=True)) == 2 * expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEST.read_bytes())))
    assert list(show(["-"], model=NO_MODEL, width=60, color=True)) == expected
    with pytest.raises(InputError, match=r"none\.conllu: no such file"):
        list(show([str(tmp_path / "none.conllu")], model=NO_MODEL))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may enter every folder")
def test_a_file_in_a_closed_folder_is_no_text(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    with pytest.raises(InputError, match="Permission denied"):
        list(show([os.fspath(folder / "m")], model="en_ewt", width=80, color=False))


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        list(show(["-"], model=NO_MODEL))


def test_texts_are_parsed(toy_model: Path, toy_parser: Parser) -> None:
    long = "Dogs chase cats and sleep. " * 40  # no file could have such a name
    for text in ("Dogs chase cats.", long):
        assert list(show([text], model=toy_model)) == list(draw_sentences(toy_parser.parse_text(text)))
    drawn = show([str(DEV), "Dogs."], model=NO_MODEL)
    assert len([next(drawn) for _ in range(41)]) == 41
    with pytest.raises(ModelError, match="no such model"):  # which is loaded for the text alone
        next(drawn)
