"""Every command with odd values of its arguments: the calls of benchmarks/robustness/odd_calls.py, one of so many."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest

from tests.helpers.paths import ROOT


@pytest.mark.filterwarnings("default")  # which the command line prints
@pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="needs the scripts of the repository")
def test_odd_calls_end_well_or_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "robustness"))
    script = importlib.import_module("odd_calls")
    counts: Counter[str] = Counter()
    messages: set[str] = set()
    failures = script.check_commands(list(script.BASES), 13, counts, messages)
    assert failures == 0, capsys.readouterr().err
    assert sum(counts[f"calls of {command}"] for command in script.BASES) > 100
    assert len(messages) > 60
