"""The command `check`: what it prints, and how it ends; the same faults in a training."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.command import Run
from tests.helpers.toy import DEV, TRAIN

FAULTY = "1\ta\t_\t_\t_\t_\t2\tx\t_\t_\n2\tb\t_\t_\t_\t_\t7\t_\t_\t_\n\n1\ta\n\n1\ta\t_\t_\t_\t_\t0\tx\t_\t_\n\n"


def test_a_good_file(run: Run) -> None:
    result = run("check", TRAIN)
    assert (result.status, result.err) == (0, "")
    assert "0 faults" in result.out.decode().splitlines()[-1]


def test_every_fault_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.conllu"
    file.write_text(FAULTY, "utf-8")
    result = run("check", file, "--dev", file)
    *lines, summary = result.out.decode().splitlines()
    assert (result.status, result.err) == (1, "")
    assert [line.split(": ")[0] for line in lines[:6]] == [f"{file}:{line}" for line in (2, 2, 4)] * 2
    assert lines[6] == f"{file}:6: warning: is in train, at {file}:6: leave it out of one of them"
    assert summary.startswith("2 sentences without a fault, 2 words; 6 faults (2 head, 2 deprel, 2 format); 1 warning")
    assert run("check", "-", stdin=FAULTY.encode()).out.startswith(b"<stdin>:2: word 2 ('b'): HEAD '7' is no word")
    values = [json.loads(line) for line in run("check", file, "--json").out.splitlines()]
    assert [(value["line"], value["level"], value["kind"]) for value in values] == [
        (2, "fault", "head"),
        (2, "fault", "deprel"),
        (4, "fault", "format"),
    ]


def test_a_training_tells_all_of_them(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.conllu"
    file.write_text(FAULTY, "utf-8")
    result = run("train", DEV, "--dev", file, "--output", tmp_path / "m")
    *lines, last = result.err.splitlines()
    assert result.status == 1
    assert [line.split(": ")[0] for line in lines] == [f"{file}:{line}" for line in (2, 2, 4)]
    assert last.startswith(f"arcparser: {file}:2: word 2 ('b'): HEAD '7' is no word of this sentence")
    assert last.endswith("or leave bad sentences out with --skip-invalid)")
    assert not (tmp_path / "m").exists()
