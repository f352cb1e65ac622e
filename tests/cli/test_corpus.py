"""The command `corpus`; downloads are tested with `arcparser.treebank.ud`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.command import Run


def test_list(run: Run) -> None:
    everything, some = run("corpus", "list"), run("corpus", "list", "english", "ewt")
    assert (everything.status, some.status) == (0, 0)
    assert "UD_English-EWT" in some.out.decode()
    assert 0 < some.out.count(b"\n") < everything.out.count(b"\n")
    nothing = run("corpus", "list", "klingon")
    assert (nothing.status, nothing.out) == (2, b"")
    assert nothing.line == "no treebank in the list has klingon: with corpus get, --code names any other"


def test_get_needs_a_treebank_that_there_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("corpus", "get", "UD_Klingon-None")
    assert result.status == 2
    assert "UD_Klingon-None" in result.line
    assert os.listdir(tmp_path) == []


def test_an_action_is_needed(run: Run) -> None:
    result = run("corpus")
    assert result.status == 2
    assert "arcparser corpus: error: the following arguments are required: ACTION" in result.err
