"""The command `crossval`."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from tests.helpers.command import POSIX, TINY, Run, ended, process, wait_until
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


@POSIX
def test_ctrl_c(tmp_path: Path) -> None:
    config, folder = tmp_path / "tiny.toml", tmp_path / "folds"
    config.write_text(TINY)
    options = ["--folds", "2", "--jobs", "2", "--epochs", "100000", "--config", config]
    running = process(["crossval", DEV, "--output-dir", folder, *options])
    wait_until((folder / "crossval.json").exists, running)
    running.send_signal(signal.SIGINT)
    result = ended(running)  # which waits for the processes of the folds as well: they share its standard error
    assert (result.status, result.err.splitlines()[-1]) == (130, "arcparser: stopped")
    assert "Traceback" not in result.err
    assert os.listdir(folder) == ["crossval.json"]
