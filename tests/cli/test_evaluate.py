"""The command `evaluate`: files and models, as a table and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.helpers.command import BAD, Run
from tests.helpers.toy import DEV, TEST


def test_evaluate_two_files(run: Run, toy_model: Path, tmp_path: Path) -> None:
    parsed = tmp_path / "parsed.conllu"
    run("parse", TEST, "--model", toy_model, "--retag", "--output", parsed)
    table = run("evaluate", TEST, parsed)
    assert table.status == 0
    found = json.loads(run("evaluate", TEST, parsed, "--json").out)
    assert set(found) >= {"UAS", "LAS", "CLAS", "MLAS", "UPOS", "XPOS", "UFeats", "AllTags", "ExactLAS"}
    text = table.out.decode()
    for name in ("UAS", "LAS", "UPOS"):
        assert re.search(rf"^{name} +{found[name]['f1']:.2f}$", text, re.MULTILINE)
    # A model's own parse is the same: the tags of the gold file are not shown to it.
    of_model = json.loads(run("evaluate", TEST, "--model", toy_model, "--json").out)
    assert {**of_model, "system": found["system"]} == found
    assert (found["gold"], found["system"]["file"], found["system"]["model"]) == (str(TEST), str(parsed), None)
    assert text.splitlines()[-1] == f"file {parsed}"
    digest = of_model["system"]["digest"]
    card = {"model": "en_arc", "file": str(toy_model), "digest": digest, "license": ""}
    assert of_model["system"] == card and re.fullmatch("[0-9a-f]{64}", digest)
    assert json.loads(run("evaluate", TEST, toy_model, "--json").out) == of_model
    report = tmp_path / "report.html"
    shown = run("evaluate", TEST, "--model", toy_model, "--report", report).out.decode().splitlines()[-1]
    assert shown == f"model en_arc in {toy_model}, SHA-256 {digest[:12]}…"
    assert shown in report.read_text("utf-8")
    # A file says by which model it was parsed, if it was asked to.
    run("parse", TEST, "--model", toy_model, "--retag", "--provenance", "--output", parsed)
    named = json.loads(run("evaluate", TEST, parsed, "--json").out)["system"]
    assert named["model"] == f"en_arc {digest}" and named["generator"].startswith("arcparser ")
    assert json.loads(run("evaluate", TEST, TEST, "--json").out)["LAS"]["f1"] == 100


def test_evaluate_says_what_differs(run: Run, toy_model: Path, tmp_path: Path) -> None:
    other = run("evaluate", TEST, DEV)
    assert other.status == 1
    assert "differ" in other.line
    both = run("evaluate", TEST, DEV, "--model", toy_model)
    assert both.status == 2
    assert "exclude each other" in both.line


def test_evaluate_skips_and_says_so(run: Run, toy_model: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold.conllu"
    gold.write_bytes(DEV.read_bytes() + BAD["nine columns"][0])
    line = DEV.read_bytes().count(b"\n") + 1
    expected = run("evaluate", DEV, "--model", toy_model).out
    for arguments, left_out in ((["--model", toy_model], "1 invalid sentence"), ([gold], "2 invalid sentences")):
        result = run("evaluate", gold, *arguments, "--skip-invalid")
        assert result.status == 0
        assert f"gold.conllu:{line}: 9 columns" in result.err
        assert result.err.endswith(f"{left_out} left out\n")
    assert run("evaluate", gold, "--model", toy_model, "--skip-invalid").out == expected
