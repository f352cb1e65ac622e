"""What all commands share: short options, quiet, verbose, the model of the environment, help for what is mistyped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.cli.main import COMMANDS, filled_parser
from arcparser.model.description import describe_model
from tests.helpers.command import POSIX, Run
from tests.helpers.toy import DEV, TEST


def test_short_options(run: Run, toy_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.conllu"
    assert run("parse", TEST, "-m", toy_model, "-o", output, "-j", "1", "-q").status == 0
    assert output.read_bytes() == run("parse", TEST, "--model", toy_model).out
    result = run("parse", "-m", "a", "-o", "b", "-m", "c")
    assert result.line == "--model: is given twice, as 'a' and as 'c': give it once"


def test_each_option_that_many_commands_have_is_short_in_all() -> None:
    short = {"--model": "-m", "--output": "-o", "--jobs": "-j", "--quiet": "-q", "--verbose": "-v"}
    parsers = filled_parser().commands()
    assert [parser.prog for parser in parsers] == [f"arcparser {name}" for name in COMMANDS]
    for parser in [*parsers, *(inner for outer in parsers for inner in outer.commands())]:
        found = {name: action.option_strings for action in parser.arguments() for name in action.option_strings}
        for name, letter in short.items():
            assert letter not in found or name in found[letter], f"{parser.prog} {letter}"
            assert name not in found or letter in found[name], f"{parser.prog} {name}"
        is_action = len(parser.prog.split()) > 2  # of a command, which has them
        assert is_action or {"-q", "-v"} <= set(found), parser.prog


def test_quiet_leaves_notes_out_and_errors_in(run: Run, toy_model: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert "34 sentences" in run("render", TEST, "-o", page).err
    for arguments in (["render", TEST, "-o", page, "-q"], ["-q", "render", TEST, "-o", page]):
        assert run(*arguments).err == ""
    assert "no such file" in run("render", "-q", tmp_path / "none.conllu", "-o", page).line
    assert "34 sentences" in run("render", TEST, "-o", page).err, "it is told again"
    bad = tmp_path / "bad.conllu"
    bad.write_bytes(TEST.read_bytes() + b"1\ta\n\n")
    assert "skipped" in run("evaluate", "-q", bad, bad, "--skip-invalid").err
    assert run("parse", TEST, "-q", "--progress").line.startswith("--quiet and --progress exclude each other")


def test_verbose_says_how_long_and_where_from(run: Run, toy_model: Path) -> None:
    assert re.fullmatch(r"arcparser: info took \d+\.\d s\n", run("info", toy_model, "-v").err)
    for arguments in (["info", "nonesuch", "-v"], ["-v", "info", "nonesuch"]):
        result = run(*arguments)
        assert result.status == 1
        assert result.err.startswith("Traceback (most recent call last):\n") and "registry.py" in result.err
        assert result.err.splitlines()[-1].startswith("arcparser: nonesuch: no such model")
    assert "Traceback" not in run("info", "nonesuch").err


@pytest.mark.parametrize("arguments", [["--version", "--verbose"], ["-v", "--version"]])
def test_all_versions(run: Run, arguments: list[str]) -> None:
    shown = run(*arguments).out.decode()
    assert re.search(rf"^arcparser: +{re.escape(arcparser.__version__)}$", shown, re.MULTILINE)
    assert re.search(rf"^numpy: +{re.escape(np.__version__)}, \S", shown, re.MULTILINE)
    assert re.search(r"^cores: +\d+, of which this process may use \d+$", shown, re.MULTILINE)
    assert re.search(r"^packages: +spacy \d", shown, re.MULTILINE)


@pytest.mark.parametrize("command", ["parse", "show", "explain", "evaluate"])
def test_the_model_of_the_environment(run: Run, toy_model: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    arguments = {
        "parse": ["parse", TEST],
        "show": ["show", "Dogs chase cats"],
        "explain": ["explain", "Dogs chase cats"],
        "evaluate": ["evaluate", DEV],
    }[command]
    expected = run(*arguments, "-m", toy_model).out
    monkeypatch.setenv("ARCPARSER_MODEL", str(toy_model))
    assert run(*arguments).out == expected
    monkeypatch.setenv("ARCPARSER_MODEL", "nonesuch")
    assert run(*arguments, "-m", toy_model).out == expected
    result = run(*arguments)
    assert (result.status, result.out) == (1, b"")
    assert result.line.startswith("$ARCPARSER_MODEL: nonesuch: no such model")


@pytest.mark.parametrize(
    ("arguments", "usage", "message"),
    [
        (["prase", "x"], "arcparser", "did you mean parse?"),
        (["parse", "--modle", "x"], "arcparser parse", "unrecognized arguments: --modle: did you mean --model?"),
        (["parse", "--modle=x"], "arcparser parse", "unrecognized arguments: --modle=x: did you mean --model?"),
        (["parse", "--format", "txet"], "arcparser parse", "did you mean text?"),
        (["corpus", "lits"], "arcparser corpus", "did you mean list?"),
        (["corpus", "get", "x", "--realease", "r2"], "arcparser corpus get", "did you mean --release?"),
        (["info", "--zzz", "x"], "arcparser info", "unrecognized arguments: --zzz\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_mistyped(run: Run, arguments: list[str], usage: str, message: str) -> None:
    result = run(*arguments)
    assert (result.status, result.out) == (2, b"")
    assert result.err.startswith(f"usage: {usage} [-h]")
    assert message in result.err


@POSIX
def test_a_parse_says_that_it_waits(toy_model: Path, tmp_path: Path) -> None:
    import os
    import pty

    call = [sys.executable, "-m", "arcparser", "parse", "-m", str(toy_model), "--format", "words"]
    keyboard, terminal = pty.openpty()
    with subprocess.Popen(call, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == (b"arcparser: waiting for text on standard input, which Ctrl-D ends\n")
        os.write(keyboard, b"Dogs bark\n\x04")
        out, _ = running.communicate(timeout=120)
    os.close(keyboard)
    os.close(terminal)
    assert out.count(b"\n1\tDogs\t") == 1


def test_other_input_is_not_waited_for(run: Run, toy_model: Path) -> None:
    assert run("parse", "-m", toy_model, stdin=b"").err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(run: Run, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("shtab")
    script = run("completion", shell).out.decode()
    of_actions = [] if shell == "tcsh" else ["--release"]  # which shtab leaves out for tcsh
    assert all(name in script for name in [*COMMANDS, "--output-format", "jsonl", *of_actions])
    assert "licence" not in script
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert run("completion", shell).line == "completion needs shtab: pip install shtab"


def test_several_models_are_a_table(run: Run, toy_model: Path) -> None:
    head, *rows = run("info", toy_model, toy_model).out.decode().splitlines()
    assert head.split()[:5] == ["name", "language", "treebank", "words", "preset"]
    assert len(rows) == 2 and rows[0] == rows[1]
    facts = json.loads(run("info", toy_model, toy_model, "--json").out)
    assert facts[0] == json.loads(run("info", toy_model, "--json").out)
    assert f"{facts[0]['card']['scores']['LAS']:.2f}" in rows[0].split()


def test_one_model_is_a_table_that_fits(run: Run, toy_model: Path) -> None:
    lines = describe_model(toy_model, width=70).splitlines()
    assert all(len(line) <= 70 or " " not in line[13:] for line in lines)
    assert all(re.match(r"[a-z ]+: +|  {12}\S", line) for line in lines)
    unbroken = run("info", toy_model).out.decode().splitlines()
    assert len(unbroken) < len(lines)
    assert " ".join("".join(line) for line in lines).split() == " ".join(unbroken).split()
