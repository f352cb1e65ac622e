"""The command line as a whole: help, wrong calls, and files, models and streams that fail without a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import arcparser
from arcparser.cli.main import COMMANDS
from tests.helpers.command import CALL, GOOD, LINUX, POSIX, TINY, Result, Run, ended, process, shell
from tests.helpers.forged_files import forged, parts
from tests.helpers.paths import PACKAGE, ROOT
from tests.helpers.toy import DEV, TRAIN


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_with_an_example(run: Run, command: str) -> None:
    result = run(command, "--help")
    text = result.out.decode()
    assert result.status == 0
    assert f"usage: arcparser {command}" in text
    of_what = ", of two trainings with --seed 1 and --seed 2" if command == "combine" else ""
    assert re.search(rf"^examples?{of_what}:\n(  .*\n)*  (.* \| )?arcparser {command} ", text, re.MULTILINE)
    for option in re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"{option}\b[^\n]*(?:  |\n {{10,}})\w", text), f"{option} is not explained"


def test_a_warning_is_one_line(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Dogs bark.", encoding="utf-8")
    code = f"""
import warnings
from arcparser.cli import main
def warn(args):
    warnings.warn("this\\nand that")
from arcparser.cli import parse
parse.run = warn
main.main(["parse", {os.fspath(text)!r}])
warnings.warn("afterwards")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=ROOT, check=True)
    first, *others = done.stderr.splitlines()
    assert first == "arcparser: warning: this and that"
    assert "UserWarning: afterwards" in others[0]


def test_each_command_is_a_module() -> None:
    shared = {"__init__", "main", "signals", "command", "common", "log", "progress", "versions"}
    assert {path.stem for path in (PACKAGE / "cli").glob("*.py")} - shared == set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--version"], set()),
        (["--help"], set()),
        ([], set()),
        (["fly"], set()),
        (["parse", "--help"], {"common", "parse"}),
        (["corpus", "get", "--help"], {"common", "corpus"}),
    ],
)
def test_a_command_is_imported_when_it_is_called(arguments: list[str], expected: set[str]) -> None:
    assert loaded_by(arguments) == {"main", "signals", "command", *expected}


def test_a_parse_does_not_load_what_it_does_not_need(toy_model: Path, tmp_path: Path) -> None:
    arguments = ["parse", str(DEV), "--model", str(toy_model), "--output", str(tmp_path / "out.conllu")]
    assert loaded_by(arguments) == {"main", "signals", "command", "common", "parse"}
    assert loaded_by([*arguments, "--skip-invalid"]) == {
        "main",
        "signals",
        "command",
        "common",
        "parse",
        "log",
        "logging",
    }


def loaded_by(arguments: list[str]) -> set[str]:
    """Return the modules of the command line that a call loads, and `logging`, which takes 2 ms, if it does."""
    code = """
import sys
from arcparser.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("", *(name for name in sys.modules if name.startswith("arcparser.cli.") or name == "logging"), sep="\\n")
"""
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    names = done.stdout.decode().rpartition("\n\n")[2].split()
    return {name.removeprefix("arcparser.cli.") for name in names}


def test_help_and_version(run: Run) -> None:
    text = run("--help").out.decode()
    for command in COMMANDS:
        assert re.search(rf"^ +{command} +\w", text, re.MULTILINE)
    assert run("--version").out.decode() == f"arcparser {arcparser.__version__}\n"
    nothing = run()
    assert nothing.status == 2
    assert b"usage: arcparser" in nothing.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["parse", "--fly"],
        ["parse", "--batch-words", "many"],
        ["parse", "--format", "pdf"],
        ["parse", "--retag", "--keep-tags"],
        ["train", "a.conllu"],
        ["train", "a.conllu", "--dev", "b", "--output", "c", "--epochs", "1", "--max-minutes", "1"],
        ["evaluate"],
        ["info"],
    ],
    ids=" ".join,
)
def test_wrong_calls_end_with_2(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.status == 2
    assert "usage: arcparser" in result.err
    assert result.out == b""


def test_files_that_cannot_be_read(run: Run, toy_model: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.conllu"
    output = tmp_path / "out.conllu"
    for file, message in ((missing, "no such file: check the path"), (tmp_path, "is a folder")):
        for command in (
            ["parse", file, "--model", toy_model, "--output", output],
            ["parse", DEV, file, "--model", toy_model, "--output", output],
            ["train", file, "--dev", DEV, "--output", output],
            ["train", DEV, "--dev", file, "--output", output],
            ["train", DEV, "--dev", DEV, "--config", file, "--output", output],
            ["evaluate", file, DEV],
            ["evaluate", DEV, file],
            ["evaluate", file, "--model", toy_model],
        ):
            result = run(*command)
            assert result.status == 1
            last = result.err.splitlines()[-1]
            assert last.startswith(f"arcparser: {file}: {message}")
            assert "Traceback" not in result.err
    assert os.listdir(tmp_path) == []


def test_models_that_are_none(run: Run, toy_model: Path, tmp_path: Path) -> None:
    damaged, other = tmp_path / "damaged.arcparser", tmp_path / "other.arcparser"
    damaged.write_bytes(toy_model.read_bytes()[:-7])
    other.write_bytes(DEV.read_bytes())
    for name, message in (
        (damaged, "is damaged"),
        (other, "is not an arcparser model"),
        (tmp_path / "none.arcparser", "no such model file"),
        (tmp_path, "no such model"),
        ("nonesuch", "nonesuch: no such model: installed are"),
    ):
        for command in (
            ["parse", DEV, "--model", name, "--output", tmp_path / "out"],
            ["parse", DEV, "--model", name],
            ["parse", DEV, "--model", name, "--jobs", "2"],
            ["evaluate", DEV, "--model", name],
            ["info", name],
        ):
            result = run(*command)
            assert (result.status, result.out) == (1, b"")
            assert message in result.line
    assert sorted(os.listdir(tmp_path)) == ["damaged.arcparser", "other.arcparser"]


def test_outputs_that_cannot_be_written(run: Run, toy_model: Path, tmp_path: Path) -> None:
    for output in (tmp_path, tmp_path / "no" / "out.conllu"):
        result = run("parse", DEV, "--model", toy_model, "--output", output)
        assert result.status == 1
        assert result.line.startswith(f"{output}: ")
        result = run("train", DEV, "--dev", DEV, "--output", output)
        assert result.status == 1
        assert result.line.startswith(f"{output}")
    assert os.listdir(tmp_path) == []


@LINUX
@pytest.mark.parametrize("command", ["parse", "evaluate"])
def test_a_full_disk_behind_standard_output(toy_model: Path, command: str) -> None:
    arguments = {"parse": ["parse", DEV, "--model", toy_model], "evaluate": ["evaluate", DEV, DEV]}
    with open("/dev/full", "wb") as full:
        result = ended(process(arguments[command], stdout=full))
    assert result.status == 1
    assert result.line.startswith("standard output: No space left on device")


@POSIX
@pytest.mark.parametrize("command", ["parse", "evaluate", "--help"])
def test_a_closed_pipe_ends_quietly(toy_model: Path, command: str) -> None:
    arguments = {
        "parse": ["parse", *[TRAIN] * 3, "--model", toy_model],
        "evaluate": ["evaluate", DEV, DEV],
        "--help": ["--help"],
    }
    running = process(arguments[command])
    assert running.stdout is not None
    if command == "parse":
        assert running.stdout.read(10).startswith(b"#")
    running.stdout.close()
    running.stdout = None
    result = ended(running)
    assert (result.status, result.err) == (0, "")


@POSIX
def test_closed_standard_streams(toy_model: Path) -> None:
    quoted = " ".join(f"'{part}'" for part in [*CALL, "parse", "--model", str(toy_model)])
    for redirection, message in (("<&-", "<stdin>: standard input is closed"), (">&-", "standard output is closed")):
        result = shell(f"{quoted} {redirection}")
        assert result.status == 1
        assert message in result.line
    result = shell(f"{quoted} nonesuch.conllu 2>&-")
    assert (result.status, result.out, result.err) == (1, b"", "")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            b"1\ta\t_\t_\t_\t_\t2\tx\t_\t_\n2\tb\t_\t_\t_\t_\t1\tx\t_\t_\n3\tc\t_\t_\t_\t_\t0\tx\t_\t_\n\n",
            "1 -> 2 -> 1",
        ),
        (b"1\ta\t_\t_\t_\t_\t1\tx\t_\t_\n\n", "no root"),
        (b"1\ta\t_\t_\t_\t_\t0\tx\t_\t_\n2\tb\t_\t_\t_\t_\t0\tx\t_\t_\n\n", "2 roots"),
        (b"1\ta\t_\t_\t_\t_\t5\tx\t_\t_\n\n", "HEAD '5' is no word of this sentence"),
        (b"1\ta\t_\t_\t_\t_\t_\tx\t_\t_\n\n", "HEAD is missing"),
    ],
)
def test_trees_that_are_none(run: Run, toy_model: Path, tmp_path: Path, bad: bytes, message: str) -> None:
    file = tmp_path / "en_bad-ud-dev.conllu"
    file.write_bytes(GOOD + bad)
    for command in (
        ["train", file, "--dev", DEV, "--output", tmp_path / "toy"],
        ["train", DEV, "--dev", file, "--output", tmp_path / "toy"],
        ["evaluate", file, DEV],
        ["evaluate", DEV, file],
        ["evaluate", file, "--model", toy_model],
    ):
        result = run(*command)
        assert result.status == 1
        last = result.err.splitlines()[-1]
        assert re.match(rf"arcparser: {re.escape(str(file))}:[34]: ", last)
        assert message in last
    assert os.listdir(tmp_path) == [file.name]
    # A parser has no use for the trees that it replaces.
    assert run("parse", file, "--model", toy_model).status == 0


def test_empty_treebanks(run: Run, toy_model: Path, tmp_path: Path) -> None:
    empty = tmp_path / "en_empty-ud-dev.conllu"
    for data in (b"", b"\n\n", b"# comment\n"):
        empty.write_bytes(data)
        for command in (
            ["train", empty, "--dev", DEV, "--output", tmp_path / "toy"],
            ["train", DEV, "--dev", empty, "--output", tmp_path / "toy"],
            ["evaluate", empty, empty],
            ["evaluate", empty, "--model", toy_model],
        ):
            result = run(*command)
            assert result.status == 1
            assert result.err.splitlines()[-1].startswith(f"arcparser: {empty}: no sentence to ")
    assert os.listdir(tmp_path) == [empty.name]


@POSIX
def test_names_that_are_no_text(run: Run, tmp_path: Path) -> None:
    """A file name of POSIX is bytes, and may be no UTF-8."""
    config = tmp_path / "tiny.toml"
    config.write_text(TINY)
    file = os.fsencode(tmp_path) + b"/\xff.conllu"
    try:
        with open(file, "wb") as stream:
            stream.write(DEV.read_bytes())
    except OSError:
        pytest.skip("this file system has names of text only")
    name = os.fsdecode(file)
    result = run("train", name, "--dev", name, "--output", name + ".model", "--epochs", "1", "--config", config)
    assert result.status == 0
    result = run("info", name + ".model")
    assert result.status == 0
    assert b"name:" in result.out
    assert run("parse", name + "x").status == 1


def test_the_exceptions_are_those_of_the_docs() -> None:
    text = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
    drawn = set(re.findall(r"^[├└│─ ]*([A-Z]\w+Error)\b", text, re.MULTILINE))
    exported = {name for name in arcparser.__all__ if name.endswith("Error")}
    assert drawn == exported
    assert all(issubclass(getattr(arcparser, name), arcparser.ArcparserError) for name in drawn)


SEQUENCE = "a\x1b[31mb\x9bc\u202ed\u2028e\x07"  # what a terminal would obey
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(result: Result) -> str:
    """Return all that a command printed, if nothing in it could command a terminal."""
    text = result.out.decode() + result.err
    assert not UNSAFE.search(text), text
    return text


@pytest.mark.parametrize("field", ["name", "language", "treebank", "license", "preset", "version"])
def test_texts_of_a_model_cannot_command_a_terminal(run: Run, toy_model: Path, tmp_path: Path, field: str) -> None:
    header, entries, arrays = parts(toy_model.read_bytes())
    header["card"][field] += SEQUENCE
    path = tmp_path / "altered.arcparser"
    path.write_bytes(forged(header, entries, arrays))
    shown = safe(run("info", path))
    assert "\ufffd[31mb\ufffdc\ufffdd\ufffde" in shown or field == "language"
    for command in (["explain", "Dogs"], ["show", "Dogs"], ["evaluate", DEV, "--by-relation"]):
        safe(run(*command, "--model", path))


def test_labels_of_a_model_cannot_command_a_terminal(run: Run, toy_model: Path, tmp_path: Path) -> None:
    header, entries, arrays = parts(toy_model.read_bytes())
    for name in ("labels", "upos", "xpos"):
        header["vocabulary"][name] = [value + SEQUENCE for value in header["vocabulary"][name]]
    # Each feature, as weights belong to features.
    feats = [value.replace("|", SEQUENCE + "|") for value in header["vocabulary"]["feats"]]
    header["vocabulary"]["feats"] = [value if value == "_" else value + SEQUENCE for value in feats]
    header["settings"][SEQUENCE] = 1
    path, page = tmp_path / "altered.arcparser", tmp_path / "page.html"
    path.write_bytes(forged(header, entries, arrays))
    assert "Settings" in safe(run("info", path))
    del header["settings"][SEQUENCE]
    path.write_bytes(forged(header, entries, arrays))
    for command in (
        ["info", path],
        ["show", "Dogs chase", "--model", path],
        ["explain", "Dogs chase", "--model", path],
        ["explain", "Dogs chase", "--model", path, "--output", page],
        ["evaluate", DEV, "--model", path, "--by-relation", "--report", tmp_path / "report.html"],
    ):
        result = run(*command)
        safe(result)
        assert result.status == 0
    for file in (page, tmp_path / "report.html"):
        assert not re.search("[\x1b\x9b\u202e\u2028\x07]", file.read_text(encoding="utf-8"))
    colored = run("show", "Dogs chase", "--model", path, "--color", "always").out.decode()
    assert "\x1b[" in colored
    assert not UNSAFE.search(re.sub(r"\x1b\[[0-9;]*m", "", colored))
    assert SEQUENCE in run("parse", "--text", "Dogs", "--model", path).out.decode()  # that is data


@pytest.mark.parametrize(
    "arguments",
    [
        [SEQUENCE],
        ["parse", f"--{SEQUENCE}"],
        ["parse", "--format", SEQUENCE],
        ["parse", SEQUENCE],
        ["info", SEQUENCE],
        ["info", f"{SEQUENCE}.arcparser"],
        ["explain", "x", SEQUENCE],
        ["evaluate", SEQUENCE, SEQUENCE],
        ["train", SEQUENCE, "--dev", SEQUENCE, "--output", f"{SEQUENCE}/x"],
        ["train", DEV, "--dev", DEV, "--output", "x", "--preset", SEQUENCE],
        ["train", DEV, "--dev", DEV, "--output", "x", "--lang", SEQUENCE],
        ["corpus", "list", SEQUENCE],
        ["corpus", "get", SEQUENCE],
        ["corpus", SEQUENCE],
    ],
    ids=lambda arguments: " ".join(map(str, arguments)).replace(SEQUENCE, "SEQUENCE"),
)
def test_arguments_cannot_command_a_terminal(run: Run, arguments: list[str | Path]) -> None:
    result = run(*arguments)
    assert result.status in (1, 2)
    safe(result)


def test_a_name_with_two_spaces_is_told_as_it_is(run: Run, tmp_path: Path) -> None:
    assert run("parse", tmp_path / "a  b.conllu").line.startswith(f"{tmp_path / 'a  b.conllu'}: no such file")


@POSIX
def test_names_are_readable_where_the_locale_names_no_encoding(tmp_path: Path) -> None:
    """Without UTF-8 mode, each byte of a name that is not ASCII comes as half a character."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHONIO", "LANG"))}
    environment = {**plain, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    name = os.fsencode(tmp_path) + "/nö.conllu".encode()
    try:
        with open(name, "wb") as stream:
            stream.write(GOOD)
    except OSError:
        pytest.skip("this file system has no such names")
    code = """
import sys
from arcparser.cli.main import main
for arguments in (["evaluate", "?.conllu", "?"], ["info", "?"], ["render", "?.conllu", "--output", "?.html"]):
    print("->", main([argument.replace("?", sys.argv[1][:-7]) for argument in arguments]), file=sys.stderr)
main(["explain", "--gold", sys.argv[1], sys.argv[2]])
main(["train", sys.argv[1], "--dev", sys.argv[1], "--output", "x", "--preset", sys.argv[2]])
"""
    call = [sys.executable, "-c", code, name, "Ö"]
    done = subprocess.run(call, env=environment, cwd=ROOT, capture_output=True, timeout=300)
    shown = done.stderr.decode()
    stem = f"{tmp_path}/nö"
    assert f"arcparser: {stem}: no such file" in shown and f"arcparser: {stem}: no such model" in shown
    assert f"1 sentence in {stem}.html" in shown
    assert "no sentence 'Ö'" in shown and "no preset 'Ö'" in shown
    assert "\\udc" not in shown and "Traceback" not in shown
    with open(name[:-7] + b".html", encoding="utf-8") as page:
        assert "<title>nö.conllu</title>" in page.read()
    # A standard error that is said to be ASCII gets what can be read there.
    done = subprocess.run(call, env={**environment, "PYTHONIOENCODING": "ascii"}, cwd=ROOT, capture_output=True)
    assert rf"{tmp_path}/n\xf6: no such model" in done.stderr.decode("ascii")


def test_printing_is_in_one_place() -> None:
    printing = re.compile(r"\bprint\(|std(out|err)(\.buffer)?\.write|\.print_message")
    found = {path.stem for path in (PACKAGE / "cli").glob("*.py") if printing.search(path.read_text(encoding="utf-8"))}
    assert found == {"common"}
