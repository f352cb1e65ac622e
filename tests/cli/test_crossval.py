"""The command `crossval`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.command import TINY, Run
from tests.helpers.toy import DEV


def test_crossval(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(TINY + "branches = 1\n")
    arguments = [
        "crossval",
        "-",
        "--output-dir",
        tmp_path / "folds",
        "--folds",
        "2",
        "--epochs",
        "1",
        "--config",
        config,
    ]
    result = run(*arguments, "--lang", "en", stdin=DEV.read_bytes())
    assert result.status == 0
    assert result.out.decode().splitlines()[-1] == "41 sentences in 2 folds, punctuation included"
    assert f"parses in {tmp_path / 'folds' / 'parsed.conllu'}" in result.err
    again = run(*arguments, "--lang", "en", "--resume", "--json", stdin=DEV.read_bytes())
    assert again.status == 0 and "2 folds done before" in again.err
    assert len(json.loads(again.out)["folds"]) == 2
    refused = run(*arguments, "--lang", "en", stdin=DEV.read_bytes())
    assert refused.status == 2 and "holds a cross-validation" in refused.err
