"""The command `doubtful`."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.command import Run
from tests.helpers.toy import TEST


def test_doubtful(run: Run, toy_model: Path, tmp_path: Path) -> None:
    parsed = run("parse", TEST, "--model", toy_model, "--scores").out
    result = run("doubtful", "-", "--top", "5", stdin=parsed)
    assert result.status == 0 and len(result.sentences) == 5
    assert result.err.startswith("5 of 34 sentences, ")
    output = tmp_path / "out.conllu"
    modeled = run("doubtful", TEST, "--model", toy_model, "--top", "5", "--output", output)
    assert (modeled.status, modeled.out, modeled.err) == (0, b"", result.err)
    assert b"AltHead=" in output.read_bytes()
    assert [s.sent_id for s in result.sentences] == [s.sent_id for s in run("doubtful", output).sentences]
    assert run("doubtful", TEST).line.startswith(f"{TEST}:")
    assert run("doubtful", "-").line == "<stdin>: no sentence to look at: give a file in CoNLL-U"
