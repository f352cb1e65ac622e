"""`-` wherever a command reads or writes a file, options that are given twice or empty, and files read and written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.helpers.command import LINUX, POSIX, TINY, Run, ended, process
from tests.helpers.pages import read_page
from tests.helpers.toy import DEV, TEST


def test_either_file_of_an_evaluation_is_standard_input(run: Run, toy_model: Path, tmp_path: Path) -> None:
    parsed = run("parse", TEST, "--model", toy_model, "--retag").out
    (tmp_path / "parsed.conllu").write_bytes(parsed)
    expected = run("evaluate", TEST, tmp_path / "parsed.conllu").out
    assert expected
    named = f"file {tmp_path / 'parsed.conllu'}\n".encode()
    scores = expected.removesuffix(named)
    assert scores + named == expected  # what was scored comes last
    assert run("evaluate", TEST, "-", stdin=parsed).out == scores + b"file standard input\n"
    assert run("evaluate", "-", tmp_path / "parsed.conllu", stdin=TEST.read_bytes()).out == expected
    of_model = run("evaluate", "-", "--model", toy_model, stdin=TEST.read_bytes()).out
    assert of_model.startswith(scores + f"model en_arc in {toy_model}, SHA-256 ".encode())
    report = tmp_path / "report.html"
    assert run("evaluate", "-", "--model", toy_model, "--report", report, stdin=TEST.read_bytes()).status == 0
    assert "Scores on standard input" in read_page(report.read_text("utf-8")).texts


def test_pages_from_and_to_standard_streams(run: Run, toy_model: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    data = TEST.read_bytes()
    run("render", TEST, "--gold", TEST, "--title", "t", "--output", page)
    for arguments in ((TEST, "--gold", "-"), ("-", "--gold", TEST)):
        result = run("render", *arguments, "--title", "t", "--output", "-", stdin=data)
        assert (result.status, result.out) == (0, page.read_bytes())
        assert result.err == "34 sentences in standard output, 0 of them differ from gold\n"
    assert b"<title>standard input</title>" in run("render", "-", "--output", "-", stdin=data).out
    options = ["--model", toy_model, "--sentence", "2"]
    run("explain", "--gold", TEST, *options, "--output", page)
    assert run("explain", "--gold", "-", *options, "--output", "-", stdin=data).out == page.read_bytes()
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.parametrize("standard", ["train", "dev", "config"])
def test_a_training_reads_standard_input(run: Run, tmp_path: Path, standard: str) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(TINY)
    files = {"train": DEV, "dev": DEV, "config": config}
    data = files[standard].read_bytes()
    train, dev, settings = ("-" if name == standard else file for name, file in files.items())
    output = tmp_path / "m"
    result = run("train", train, "--dev", dev, "--config", settings, "--output", output, "--epochs", "1", stdin=data)
    assert result.status == 0
    if standard == "train":
        assert re.search(rb"^name: +stdin$", run("info", output).out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["evaluate", "-", "-"], "GOLD and SYSTEM"),
        (["parse", "-", "a", "-"], "INPUT twice"),
        (["show", "-", "-"], "TEXT_OR_FILE twice"),
        (["render", "-", "--gold", "-", "--output", "x"], "TEXT_OR_FILE and --gold"),
        (["render", "--gold", "-", "--output", "x", "-"], "--gold and TEXT_OR_FILE"),
        (["train", "-", "--dev", "-", "--output", "x"], "TRAIN and --dev"),
        (["train", "a", "--dev", "-", "--output", "x", "--vectors", "-"], "--dev and --vectors"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_standard_input_is_read_once(run: Run, arguments: list[str], names: str) -> None:
    result = run(*arguments, stdin=TEST.read_bytes())
    assert (result.status, result.out) == (2, b"")
    assert result.line == f"-: is given for {names}, and standard input can be read once: give a file for one"


def test_messages_name_standard_input(run: Run, tmp_path: Path) -> None:
    for arguments in (
        ["evaluate", "-", DEV],
        ["evaluate", DEV, "-"],
        ["render", "-", "--output", tmp_path / "x"],
        ["explain", "--gold", "-"],
        ["show", "-"],
        ["train", "-", "--dev", DEV, "--output", tmp_path / "x", "--lang", "en"],
        ["train", DEV, "--dev", DEV, "--vectors", "-", "--output", tmp_path / "x", "--lang", "en"],
    ):
        result = run(*arguments, stdin=b"<html>\t\n")
        assert result.status == 1
        assert result.line.startswith("<stdin>:1: ")
        result = run(*arguments, stdin=b"\x28\xb5\x2f\xfd\0\1")
        assert result.line.startswith("<stdin>: is compressed by zstd, but is cut off: ")
        result = run(*arguments, stdin=b"LZIP\1")
        assert result.line == "<stdin>: is compressed by lzip: unpack it first"


@pytest.mark.parametrize("command", ["train", "combine"])
def test_a_model_does_not_go_to_standard_output(run: Run, command: str) -> None:
    result = run(command, DEV, "--dev", DEV, "--output", "-")
    assert (result.status, result.out) == (2, b"")
    assert result.line.startswith("--output -: a model does not go to standard output")
    assert run("evaluate", DEV, DEV, "--report", "-").line.startswith("--report -: standard output is for the scores")


REPEATED = [
    (["parse", "a", "--model", "b", "--model=c"], "--model: is given twice, as 'b' and as 'c'"),
    (["parse", "a", "--model", "b", "--mod", "b"], "--model: is given twice, as 'b' and as 'b'"),
    (["parse", "--text", "b", "--text", ""], "--text: is given twice, as 'b' and as ''"),
    (["parse", "a", "--jobs", "1", "--batch-words", "2", "--jobs", "3"], "--jobs: is given twice, as 1 and as 3"),
    (["parse", "a", "--format", "text", "--format", "lines"], "--format: is given twice, as 'text' and as 'lines'"),
    (["show", "a", "--colour", "never", "--color", "always"], "--color: is given twice, as 'never' and as 'always'"),
    (["train", "a", "--dev", "b", "--licence", "x", "--license", "y"], "--license: is given twice, as 'x' and as 'y'"),
    (["train", "a", "--dev", "b", "--dev", "c"], "--dev: is given twice, as 'b' and as 'c'"),
    (["corpus", "get", "a", "--release", "r2.1", "--release", "r2.2"], "--release: is given twice, as 'r2.1' and as"),
    (["render", "a", "--output", "\x1b[31m", "--output", "c"], "--output: is given twice, as '\\x1b[31m' and as 'c'"),
]


@pytest.mark.parametrize(("arguments", "message"), REPEATED, ids=lambda value: str(value)[:40])
def test_an_option_is_given_once(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert (result.status, result.out) == (2, b"")
    assert result.line.startswith(message) and result.line.endswith(": give it once")


def test_some_options_may_be_given_again(run: Run, toy_model: Path) -> None:
    assert run("corpus", "get", "en_ewt", "--part", "a/b", "--part", "c").line.startswith("'a/b' is no part")
    assert run("parse", DEV, "--model", toy_model, "--retag", "--retag").status == 0
    assert run("train", DEV, "--dev", DEV, "--output", "x", "--teacher", "n1", "--teacher", "n2").status == 1


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["parse", "a", "--model", ""], "--model"),
        (["parse", "a", "--output="], "--output"),
        (["parse", ""], "INPUT"),
        (["evaluate", ""], "GOLD"),
        (["evaluate", "a", ""], "SYSTEM"),
        (["info", ""], "NAME_OR_PATH"),
        (["show", ""], "TEXT_OR_FILE"),
        (["train", "a", "--dev", "", "--output", "b"], "--dev"),
        (["train", "a", "--dev", "b", "--output", ""], "--output"),
        (["train", "a", "--dev", "b", "--output", "c", "--lang", ""], "--lang"),
        (["explain", "a", "--gold", ""], "--gold"),
        (["corpus", "get", "en_ewt", "--output", ""], "--output"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_empty_value_is_none(run: Run, arguments: list[str], name: str) -> None:
    result = run(*arguments)
    assert (result.status, result.out) == (2, b"")
    assert re.fullmatch(rf"{name}: is empty: give (the name of a file|a value, or leave it out)", result.line)


def test_what_is_read_is_not_replaced(run: Run, toy_model: Path, tmp_path: Path) -> None:
    file, link = tmp_path / "a.conllu", tmp_path / "link"
    shutil.copy(DEV, file)
    link.symlink_to(file)
    for command in (
        ["render", file, "--output", file],
        ["render", DEV, "--gold", file, "--output", link],
        ["explain", "--gold", file, "--output", file],
        ["evaluate", DEV, file, "--report", file],
        ["train", file, "--dev", DEV, "--output", file],
        ["train", DEV, "--dev", link, "--output", file],
        ["train", DEV, "--dev", DEV, "--config", file, "--output", file],
        ["combine", toy_model, toy_model, "--dev", file, "--output", file],
    ):
        result = run(*command)
        assert (result.status, result.out) == (2, b"")
        assert re.search(r": is to be read and written: give the output another name$", result.line)
        assert file.read_bytes() == DEV.read_bytes()
    # A parse reads to the end before it replaces anything.
    expected = run("parse", DEV, "--model", toy_model, "--retag").out
    assert run("parse", file, "--model", toy_model, "--retag", "--output", file).status == 0
    assert file.read_bytes() == expected


@POSIX
def test_a_parse_does_not_read_what_it_writes(toy_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.conllu"
    shutil.copy(DEV, file)
    with open(file, "ab") as end:  # as the shell's >> opens it
        result = ended(process(["parse", file, "--model", toy_model], stdout=end))
    assert result.status == 2
    assert result.line == f"{file}: is to be read, and standard output goes there: use --output {file}"
    assert file.read_bytes() == DEV.read_bytes()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["--jobs", "9" * 30], f"--jobs {'9' * 30}: give at most "),
        (["--jobs", "-1"], "--jobs -1: give at least 1"),
        (["--batch-words", "-1"], "--batch-words -1: give at least 1"),
    ],
)
def test_numbers_that_no_parse_can_have(run: Run, toy_model: Path, value: list[str], message: str) -> None:
    result = run("parse", DEV, "--model", toy_model, *value)
    assert (result.status, result.out) == (2, b"")
    assert result.line.startswith(message)
    assert run("parse", DEV, "--model", toy_model, "--batch-words", "9" * 30).status == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["--epochs", "9" * 30], "more than 1,000,000 epochs: give fewer"),
        (["--max-minutes", "1e300"], "more than 1,000,000 minutes: give fewer"),
        (["--max-minutes", "inf"], "inf minutes: give more than 0 and less than infinity"),
        (["--seed", "-1"], "seed -1: give a whole number of at least 0"),
        (["--threads", "0"], "0 threads: give 1 or 2"),
        (["--threads", "-1"], "-1 threads: give 1 or 2"),
    ],
)
def test_numbers_that_no_training_can_have(run: Run, tmp_path: Path, value: list[str], message: str) -> None:
    result = run("train", DEV, "--dev", DEV, "--output", tmp_path / "m", *value)
    assert (result.status, result.line) == (2, message)
    assert list(tmp_path.iterdir()) == []


def test_what_argparse_refuses_is_short_and_safe(run: Run) -> None:
    result = run("parse", "--jobs", "9" * 5000)
    assert result.status == 2
    assert result.err.endswith(f"argument --jobs: '{'9' * 59}... is not a whole number: give one\n")
    assert run("train", "--max-minutes", "x").err.endswith("argument --max-minutes: 'x' is not a number: give one\n")
    result = run("parse", "--\x1b[31m\n\u202e")
    assert result.err.endswith("error: unrecognized arguments: --\ufffd[31m \ufffd\n")


def test_widths_that_no_terminal_has(run: Run, toy_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (["show", DEV], ["explain", "Dogs bark", "--model", toy_model]):
        result = run(*command, "--width", "9" * 30)
        assert (result.status, result.line) == (2, f"--width {'9' * 30}: give at most 10000")
        assert run(*command, "--width", "10000").status == 0
        for columns in ("9" * 30, "5", "-3", "x"):
            monkeypatch.setenv("COLUMNS", columns)
            assert run(*command).status == 0
    assert run("explain", "Dogs bark", "--model", toy_model, "--top", "9" * 30).status == 0


def test_the_advice_fits_the_command(run: Run, toy_model: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.conllu"
    text.write_text("Dogs chase cats.\n", encoding="utf-8")
    line = "not CoNLL-U, no line has columns separated by tabs: for raw text use "
    assert run("parse", text, "--model", toy_model).line.endswith(f"{line}--format text")
    for arguments in (
        ["evaluate", text, DEV],
        ["evaluate", DEV, text],
        ["evaluate", text, "--model", toy_model],
        ["show", text],
        ["render", text, "--output", tmp_path / "x"],
        ["explain", "--gold", text],
        ["train", text, "--dev", DEV, "--output", tmp_path / "x", "--lang", "en"],
    ):
        assert run(*arguments).line.endswith(f"{line}arcparser parse --format text")
    for data in (b"%PDF-1.4\n", b"<html>\t</html>", b"\0\1\2\t"):
        text.write_bytes(data)
        assert "arcparser parse --format text" in run("evaluate", text, DEV).line


@pytest.mark.parametrize("place", ["folder", "folder that is not there", "dangling link", "below a file"])
def test_the_output_is_named_as_it_was_given(
    run: Run, toy_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nodir/x")
    (tmp_path / "file").touch()
    output, problem = {
        "folder": ("folder", "is a folder: give the name of a file"),
        "folder that is not there": ("nodir/x", "the folder nodir does not exist: create it first"),
        "dangling link": ("link", f"the folder {tmp_path / 'nodir'} does not exist: create it first"),
        "below a file": ("file/x", "is in what is no folder: choose another place"),
    }[place]
    for command in (
        ["parse", DEV, "--model", toy_model],
        ["train", DEV, "--dev", DEV],
        ["render", DEV],
        ["explain", "Dogs bark", "--model", toy_model],
    ):
        assert run(*command, "--output", output).line == f"{output}: {problem}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "link"]


def test_what_is_no_model(run: Run, tmp_path: Path) -> None:
    assert run("info", tmp_path).line == f"{tmp_path}: no such model file, but a folder: give the name of a file"
    for data, message in (
        (b"\x1f\x8b\x08", "is not an arcparser model, but is compressed by gzip: unpack it first"),
        (b"", "is not an arcparser model: give a file made by arcparser train"),
    ):
        (tmp_path / "m").write_bytes(data)
        assert message in run("info", tmp_path / "m").line


@LINUX
def test_devices_are_no_models(run: Run) -> None:
    assert "no such model file, but a pipe or a device" in run("info", "/dev/null").line
    result = run("train", DEV, "--dev", DEV, "--output", "/dev/null")
    assert (result.status, result.line) == (1, "/dev/null: is a pipe or a device: give the name of a file")


def test_a_folder_is_no_text(run: Run, tmp_path: Path) -> None:
    assert run("show", tmp_path).line == f"{tmp_path}: is a folder: give the name of a file"
