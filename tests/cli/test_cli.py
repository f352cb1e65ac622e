"""The command line: every command and option, what it prints, how it ends, and that it never ends in a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import arcparser
from arcparser.cli.main import main
from arcparser.treebank.sentence import Sentence
from tests.helpers.paths import ROOT
from tests.helpers.toy import ALL_FILES, DEV, ENHANCED, TEST, TRAIN, assert_tree, only_columns_differ

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and devices of POSIX")
LINUX = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")

CALL = [sys.executable, "-c", "import sys; from arcparser.cli.main import main; sys.exit(main())"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}

TINY = """\
hidden = 8
form_width = 8
character_hidden = 8
layers = 1
"""


class Result:
    """How a command ended, what it wrote to standard output (bytes) and to standard error (text)."""

    def __init__(self, status: int, out: bytes, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def line(self) -> str:
        """The one line that an error is."""
        assert self.err.startswith("arcparser: "), self.err
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        return self.err[len("arcparser: ") : -1]

    @property
    def sentences(self) -> list[Sentence]:
        return list(arcparser.read_conllu(io.BytesIO(self.out)))


Run = Callable[..., Result]


@pytest.fixture
def run(capfdbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, with `stdin` as its standard input."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capfdbinary.readouterr()
        return Result(status, out, err.decode())

    return call


def process(arguments: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([*CALL, *map(str, arguments)], env=ENVIRONMENT, **streams)


def ended(running: subprocess.Popen[bytes], stdin: bytes | None = None) -> Result:
    out, err = running.communicate(stdin, timeout=300)
    return Result(running.returncode, out or b"", (err or b"").decode())


# What each command says of itself


@pytest.mark.parametrize("command", ["train", "parse", "evaluate", "info", "show", "render", "explain", "corpus"])
def test_help_explains_with_an_example(run: Run, command: str) -> None:
    result = run(command, "--help")
    text = result.out.decode()
    assert result.status == 0
    assert f"usage: arcparser {command}" in text
    assert re.search(rf"^examples?:\n(  .*\n)*  (.* \| )?arcparser {command} ", text, re.MULTILINE)
    for option in re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"{option}\b[^\n]*(?:  |\n {{10,}})\w", text), f"{option} is not explained"


def test_help_and_version(run: Run) -> None:
    text = run("--help").out.decode()
    for command in ("train", "parse", "evaluate", "info"):
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


# parse


@pytest.mark.parametrize("file", ALL_FILES, ids=lambda file: file.stem)
def test_parse_changes_heads_and_deprels_alone(run: Run, toy_model: Path, file: Path) -> None:
    result = run("parse", file, "--model", toy_model)
    assert (result.status, result.err) == (0, "")
    words = only_columns_differ(file.read_bytes(), result.out)
    assert words == sum(map(len, result.sentences)) > 50
    for sentence in result.sentences:
        assert_tree(sentence)
    assert result.out != file.read_bytes()


ODD = (
    "\ufeff# free comment\r\n# key = 1\r\n# key = 2\r\n"
    "1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\tA=1|A=2\r\n"
    "1\tdo\tdo  x\tAUX\t_\t_\t7\tx\t0:root\tx=y=z\r\n"
    "1.1\te\t_\t_\t_\t_\t_\t_\t2:dep\t_\r\n"
    "2\tn  't\t_\tPART\t_\tB=2|A=1\t_\t_\t_\t\r\n"
    "\r\n\r\n \n"
    "# only a comment\n\n"
    "1\tÜber\t_\tX\t_\t_\tnone\t\t_\tSpaceAfter=No"
)


def test_parse_keeps_every_other_byte(run: Run, toy_model: Path, tmp_path: Path) -> None:
    """A byte-order mark, CRLF and LF, blank lines, empty columns, repeated keys, no newline at the end."""
    file = tmp_path / "odd.conllu"
    file.write_bytes(ODD.encode())
    result = run("parse", file, "--model", toy_model)
    assert result.status == 0
    assert only_columns_differ(ODD.encode(), result.out) == 3
    assert [s.heads.count(0) for s in result.sentences] == [1, 1]
    assert run("parse", "--model", toy_model, stdin=ODD.encode()).out == result.out


def test_parse_reads_several_inputs_in_order(run: Run, toy_model: Path) -> None:
    separate = [run("parse", file, "--model", toy_model).out for file in (TEST, ENHANCED)]
    joined = run("parse", ENHANCED, "-", TEST, "--model", toy_model, stdin=TEST.read_bytes())
    assert joined.out == separate[1] + separate[0] + separate[0]


@pytest.mark.parametrize("words", ["1", "13", "100000"])
def test_batches_change_no_byte(run: Run, toy_model: Path, words: str) -> None:
    expected = run("parse", TEST, "--model", toy_model).out
    assert run("parse", TEST, "--model", toy_model, "--batch-words", words).out == expected


def test_processes_change_no_byte(run: Run, toy_model: Path) -> None:
    expected = run("parse", TEST, "--model", toy_model).out
    parallel = ended(process(["parse", TEST, "--model", toy_model, "--jobs", "2", "--batch-words", "50"]))
    assert (parallel.status, parallel.err) == (0, "")
    assert parallel.out == expected


def test_nothing_in_nothing_out(run: Run, toy_model: Path) -> None:
    for data in (b"", b"\n", b"# comment\n\n", b"\xef\xbb\xbf"):
        result = run("parse", "--model", toy_model, stdin=data)
        assert (result.status, result.out, result.err) == (0, data, "")


def untagged(file: Path) -> bytes:
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").split("\n")]
    return "\n".join("\t".join([*r[:3], "_", "_", "_", *r[6:]] if len(r) == 10 else r) for r in rows).encode()


def test_tags_are_filled_replaced_or_kept(run: Run, toy_model: Path) -> None:
    bare = untagged(TEST)
    filled = run("parse", "--model", toy_model, stdin=bare).out
    assert only_columns_differ(bare, filled, columns=(3, 4, 5, 6, 7)) == 405
    kept = run("parse", "--model", toy_model, "--keep-tags", stdin=bare).out
    only_columns_differ(bare, kept)
    gold, retagged = run("parse", TEST, "--model", toy_model), run("parse", TEST, "--model", toy_model, "--retag")
    tags = [(s.upos, s.xpos, s.feats) for s in retagged.sentences]
    assert tags == [(s.upos, s.xpos, s.feats) for s in arcparser.read_conllu(io.BytesIO(filled))]
    assert tags != [(s.upos, s.xpos, s.feats) for s in gold.sentences]
    only_columns_differ(TEST.read_bytes(), retagged.out, columns=(3, 4, 5, 6, 7))
    # The tree does not depend on the tags that come in.
    trees = [[s.heads for s in arcparser.read_conllu(io.BytesIO(out))] for out in (filled, kept, retagged.out)]
    assert trees == [[s.heads for s in gold.sentences]] * 3


def test_clear_deps(run: Run, toy_model: Path) -> None:
    result = run("parse", ENHANCED, "--model", toy_model, "--clear-deps")
    assert any(dep != "_" for s in arcparser.read_conllu(ENHANCED) for dep in s.deps)
    for line in result.out.decode().splitlines():
        if line and not line.startswith("#"):
            assert line.split("\t")[8] == "_"
    plain = run("parse", ENHANCED, "--model", toy_model)
    assert [s.heads for s in result.sentences] == [s.heads for s in plain.sentences]


def test_scores_are_added_to_misc(run: Run, toy_model: Path) -> None:
    result = run("parse", TEST, "--model", toy_model, "--scores")
    only_columns_differ(TEST.read_bytes(), result.out, columns=(6, 7, 9))
    before = [value for s in arcparser.read_conllu(TEST) for value in s.misc]
    after = [value for s in result.sentences for value in s.misc]
    for old, new in zip(before, after):
        kept = "" if old == "_" else old + "|"
        assert re.fullmatch(re.escape(kept) + r"ArcScore=[01]\.[0-9]{4}\|LabelScore=[01]\.[0-9]{4}", new)


def test_output_goes_to_a_file_at_once(run: Run, toy_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "parsed.conllu"
    expected = run("parse", TEST, "--model", toy_model).out
    result = run("parse", TEST, "--model", toy_model, "--output", output)
    assert (result.status, result.out, result.err) == (0, b"", "")
    assert output.read_bytes() == expected
    assert os.listdir(tmp_path) == ["parsed.conllu"]
    assert run("parse", TEST, "--model", toy_model, "--output", "-").out == expected
    # A file may be parsed into itself.
    output.write_bytes(TEST.read_bytes())
    assert run("parse", output, "--model", toy_model, "--output", output).status == 0
    assert output.read_bytes() == expected


GOOD = b"1\ta\t_\tX\t_\t_\t0\troot\t_\t_\n\n"
BAD = {
    "nine columns": (b"1\ta\t_\t_\t_\t_\t_\t_\t_\n\n", 1, "9 columns instead of 10"),
    "spaces for tabs": (b"1 a _ _ _ _ _ _ _ _\n\n", 1, "1 column instead of 10"),
    "an ID twice": (b"1" + b"\ta" * 9 + b"\n1" + b"\ta" * 9 + b"\n\n", 2, "ID 1 occurs a second time"),
    "an ID left out": (b"1" + b"\ta" * 9 + b"\n3" + b"\ta" * 9 + b"\n\n", 2, "ID 3 where 2 was due"),
    "no ID": (b"x" + b"\ta" * 9 + b"\n\n", 1, "'x' is no ID"),
    "a range that ends early": (b"1-3" + b"\ta" * 9 + b"\n1" + b"\ta" * 9 + b"\n\n", 1, "has words missing"),
    "a range backwards": (b"2-1" + b"\ta" * 9 + b"\n1" + b"\ta" * 9 + b"\n\n", 1, "ends before it begins"),
    "an empty form": (b"1\t" + b"\ta" * 8 + b"\n\n", 1, "is empty"),
    "bad UTF-8": (b"1\t\xff" + b"\ta" * 8 + b"\n\n", 1, "byte 3 of the line (0xff) is not UTF-8"),
    "NUL": (b"1\ta\0" + b"\ta" * 8 + b"\n\n", 1, "NUL byte"),
    "a stray carriage return": (b"1\ta\rb" + b"\ta" * 8 + b"\n\n", 1, "carriage return"),
}


@pytest.mark.parametrize(("bad", "line", "message"), BAD.values(), ids=list(BAD))
def test_malformed_input_is_one_line_with_file_and_line(
    run: Run, toy_model: Path, tmp_path: Path, bad: bytes, line: int, message: str
) -> None:
    file, output = tmp_path / "bad.conllu", tmp_path / "out.conllu"
    file.write_bytes(GOOD + bad + GOOD)
    result = run("parse", file, "--model", toy_model, "--output", output)
    assert result.status == 1
    assert result.line.startswith(f"{file}:{2 + line}: ")
    assert message in result.line
    assert re.search(r": [a-z]+ .*$", result.line)
    assert not output.exists()
    assert os.listdir(tmp_path) == ["bad.conllu"]
    piped = run("parse", "--model", toy_model, stdin=GOOD + bad + GOOD)
    assert piped.line == result.line.replace(str(file), "<stdin>")

    skipped = run("parse", file, "--model", toy_model, "--skip-invalid", "--output", output)
    assert skipped.status == 0
    assert output.read_bytes() == GOOD + bad + GOOD  # the good ones are one word each: no other tree is possible
    assert skipped.err.splitlines() == [
        f"skipped: {result.line}",
        "1 invalid sentence passed through unchanged",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"Dogs chase cats.\n", "not CoNLL-U, no line has columns separated by tabs: for raw text use --format text"),
        (b"<?xml version='1.0'?>\n<a\t/>\n", "XML or HTML"),
        (b"\x1f\x8b\x08\0\0", "gzip"),
        (b"%PDF-1.4\n", "PDF"),
        ("Dogs".encode("utf-16"), "UTF-16"),
        (b"\0\1\2\3\t\n" * 100, "binary"),
    ],
)
@pytest.mark.parametrize("skip", [[], ["--skip-invalid"]], ids=["", "skip"])
def test_what_is_no_conllu_at_all(run: Run, toy_model: Path, data: bytes, message: str, skip: list[str]) -> None:
    result = run("parse", "--model", toy_model, *skip, stdin=data)
    assert result.status == 1
    assert result.line.startswith("<stdin>")
    assert message in result.line
    assert result.out == b""


def test_many_invalid_sentences_are_counted_not_listed(run: Run, toy_model: Path) -> None:
    data = GOOD + BAD["nine columns"][0] * 30
    result = run("parse", "--model", toy_model, "--skip-invalid", stdin=data)
    assert result.out == data
    assert len(result.err.splitlines()) < 10
    assert result.err.splitlines()[-1] == "30 invalid sentences passed through unchanged"


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


@pytest.mark.parametrize("option", [["--batch-words", "0"], ["--batch-words", "-5"], ["--jobs", "0"]])
def test_impossible_numbers(run: Run, toy_model: Path, option: list[str]) -> None:
    result = run("parse", DEV, "--model", toy_model, *option)
    assert result.status == 2
    assert result.line == f"{' '.join(option)}: give at least 1"


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
def test_a_full_disk(run: Run, toy_model: Path) -> None:
    result = run("parse", DEV, "--model", toy_model, "--output", "/dev/full")
    assert result.status == 1
    assert result.line == "/dev/full: cannot be written: No space left on device"


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
        "parse": ["parse", *[TRAIN] * 3, "--model", toy_model], "evaluate": ["evaluate", DEV, DEV], "--help": ["--help"]
    }  # fmt: skip
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


@POSIX
def test_training_with_standard_error_closed(tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(TINY)
    arguments = ["train", DEV, "--dev", ENHANCED, "--output", tmp_path / "toy", "--config", config, "--epochs", "1"]
    result = shell(" ".join(f"'{part}'" for part in [*CALL, *arguments]) + " 2>&-")
    assert (result.status, result.out, result.err) == (0, b"", "")
    assert (tmp_path / "toy").exists()


def shell(command: str) -> Result:
    done = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, input=GOOD, capture_output=True, timeout=300)
    return Result(done.returncode, done.stdout, done.stderr.decode())


def wait_until(condition: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 240
    while not condition():
        assert running.poll() is None, "the command ended before it was stopped"
        assert time.monotonic() < end
        time.sleep(0.02)


@POSIX
def test_ctrl_c_while_parsing(toy_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.conllu"
    running = process(["parse", "--model", toy_model, "--output", output], stdin=subprocess.PIPE)
    assert running.stdin is not None
    running.stdin.write(GOOD)
    running.stdin.flush()
    wait_until(lambda: bool(os.listdir(tmp_path)), running)  # the temporary file is there: it is parsing
    assert not output.exists()
    running.send_signal(signal.SIGINT)
    result = ended(running)
    assert (result.status, result.line) == (130, "stopped")
    assert os.listdir(tmp_path) == []


@POSIX
def test_ctrl_c_while_training(run: Run, tmp_path: Path) -> None:
    config, model = tmp_path / "tiny.toml", tmp_path / "toy.arcparser"
    config.write_text(TINY)
    arguments = ["train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--epochs", "100000"]
    running = process(arguments)
    wait_until(Path(f"{model}.checkpoint").exists, running)
    running.send_signal(signal.SIGINT)
    result = ended(running)
    assert result.status == 130
    assert "Traceback" not in result.err
    *_, hint, last = result.err.splitlines()
    assert hint == f"the best model so far is in {model}; the same command with --resume goes on"
    assert last == "arcparser: stopped"
    assert run("info", model).status == 0
    assert run("parse", TEST, "--model", model).status == 0
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


@POSIX
def test_ctrl_c_while_processes_parse(toy_model: Path, tmp_path: Path) -> None:
    """At a terminal, Ctrl-C reaches the processes of --jobs as well: they are as quiet as the command."""
    output = tmp_path / "out.conllu"
    running = process(
        ["parse", "--model", toy_model, "--output", output, "--jobs", "2", "--batch-words", "1"],
        stdin=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert running.stdin is not None
    running.stdin.write(GOOD * 12)
    running.stdin.flush()
    wait_until(lambda: bool(os.listdir(tmp_path)), running)
    time.sleep(1)  # while the processes start, or parse, or wait for more
    os.killpg(running.pid, signal.SIGINT)
    result = ended(running)
    assert (result.status, result.line) == (130, "stopped")
    assert os.listdir(tmp_path) == []


@POSIX
def test_processes_end_with_a_command_that_is_killed(toy_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.conllu"
    running = process(
        ["parse", "--model", toy_model, "--output", output, "--jobs", "2", "--batch-words", "1"],
        stdin=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert running.stdin is not None
    running.stdin.write(GOOD * 12)
    running.stdin.flush()
    wait_until(lambda: bool(os.listdir(tmp_path)), running)
    time.sleep(1)
    running.kill()
    # Its standard error is open as long as one of them lives.
    assert ended(running).status == -signal.SIGKILL
    assert not output.exists()


# train, evaluate, info


def test_train_then_info_then_evaluate(run: Run, tmp_path: Path) -> None:
    config, model = tmp_path / "tiny.toml", tmp_path / "toy.arcparser"
    config.write_text(TINY)
    result = run(
        "train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--preset", "fast", "--epochs", "2",
        "--seed", "7", "--lang", "en", "--name", "tales", "--license", "CC0 1.0", "--threads", "1",
    )  # fmt: skip
    assert (result.status, result.out) == (0, b"")
    lines = result.err.splitlines()
    assert lines[0].startswith("train: 41 sentences, 462 words")
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert "\r" not in result.err  # no progress bar where standard error is no terminal
    assert len(Path(f"{model}.epochs.jsonl").read_text().splitlines()) == 2

    card = arcparser.load(model).card
    assert (card.name, card.language, card.license, card.seed) == ("tales", "en", "CC0 1.0", 7)
    assert (card.preset, card.epochs, card.train_words) == ("fast", 2, 462)
    text = run("info", model).out.decode()
    assert re.search(r"^name: +tales$", text, re.MULTILINE)
    for expected in ("CC0 1.0", "41 sentences, 462 words", "format version 2", "seed 7", "hidden 8", "layers 1",
                     "nsubj", f"LAS {card.scores['LAS']:.2f}", f"arcparser {arcparser.__version__}"):  # fmt: skip
        assert expected in text

    again = run("train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--preset", "fast",
                "--epochs", "2", "--seed", "7", "--lang", "en", "--name", "tales", "--license", "CC0 1.0",
                "--resume")  # fmt: skip
    assert again.status == 0
    assert "nothing to resume" in again.err


def test_train_with_a_time_budget(run: Run, tmp_path: Path) -> None:
    config, model = tmp_path / "tiny.toml", tmp_path / "toy.arcparser"
    config.write_text(TINY)
    result = run("train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--max-minutes", "0.001")
    assert result.status == 0
    assert "epochs fit in 0.001 minutes" in result.err


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("hidden = 0", "hidden = 0: give a whole number of at least 1"),
        ("color = 3", "no setting 'color'"),
        ("hidden", "write one setting a line: name = value"),
        ("hidden = \xff", "name = value"),
    ],
)
def test_settings_that_are_none(run: Run, tmp_path: Path, config: str, message: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(config.encode("latin-1"))
    result = run("train", DEV, "--dev", DEV, "--output", tmp_path / "toy", "--config", file)
    assert result.status in (1, 2)
    assert message in result.line
    assert os.listdir(tmp_path) == ["bad.toml"]


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
    assert json.loads(run("evaluate", TEST, "--model", toy_model, "--json").out) == found
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
