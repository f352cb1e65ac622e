"""A command that is asked to end does so in order: by Ctrl-C, by `kill`, by its terminal, by a reader that is gone."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from arcparser import files
from arcparser.cli import info
from arcparser.cli.main import main
from arcparser.parsing import parse_files, pool
from tests.helpers.command import GOOD, POSIX, TINY, answer, ended, process, wait_until
from tests.helpers.paths import ROOT
from tests.helpers.toy import DEV, ENHANCED, TRAIN

pytestmark = POSIX

ENDING = [signal.SIGTERM, signal.SIGHUP] if os.name == "posix" else []
by_name = pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)


def send(number: int) -> None:
    """Send a signal to this process, and let Python take notice of it."""
    os.kill(os.getpid(), number)
    time.sleep(0)


def group_is_gone(group: int) -> bool:
    """Tell whether all processes of a group have ended, for which they have a while."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    ("signal_name", "whom", "options"),
    [
        ("SIGTERM", "the process", []),
        ("SIGTERM", "the process", ["--jobs", "2"]),
        ("SIGHUP", "its group", ["--jobs", "2"]),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_parse_is_ended(toy_model: Path, tmp_path: Path, signal_name: str, whom: str, options: list[str]) -> None:
    number = getattr(signal, signal_name)
    command = ["parse", "--model", toy_model, "--output", tmp_path / "out.conllu", "--batch-words", "1", *options]
    running = process(command, stdin=subprocess.PIPE, start_new_session=True)
    assert running.stdin is not None
    running.stdin.write(GOOD * 12)
    running.stdin.flush()
    wait_until(lambda: bool(os.listdir(tmp_path)), running)
    (os.killpg if whom == "its group" else os.kill)(running.pid, number)
    # Standard input stays open: the signal may come during an import, and be heeded after the end of the input.
    running.wait(timeout=60)
    result = ended(running)
    assert (result.status, result.line) == (128 + number, "stopped")
    assert os.listdir(tmp_path) == []
    assert group_is_gone(running.pid)


@pytest.mark.parametrize("options", [["--jobs", "2"], ["--cluster", "local:1"]], ids=" ".join)
def test_a_run_over_many_files_is_ended(toy_model: Path, tmp_path: Path, options: list[str]) -> None:
    if "--cluster" in options:
        pytest.importorskip("distributed")
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    for number in range(9):
        (corpus / f"{number}.conllu").write_bytes(DEV.read_bytes() * 30)
    command = ["parse", corpus, "--model", toy_model, "--output-dir", out, "--batch-words", "100", *options]
    running = process(command, start_new_session=True)
    wait_until(lambda: bool(list(out.glob(".arcparser/*.part"))), running)
    os.killpg(running.pid, signal.SIGHUP)
    result = ended(running)
    assert (result.status, result.line) == (128 + signal.SIGHUP, "stopped")
    assert not (out / ".arcparser").exists()
    assert all(len(path.read_bytes()) > 1000 for path in out.glob("*.conllu"))
    assert group_is_gone(running.pid)


def test_signals_wait_until_a_process_is_known() -> None:
    """Else one that has just been started could be left behind, and waited for."""
    with pool.without_interrupts():
        held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE} <= set(held)


def test_ctrl_c_that_is_ignored_disturbs_no_process(toy_model: Path) -> None:
    """As in a job in the background: all processes of the terminal get it."""
    command = ["parse", "--model", toy_model, "--flush", "--jobs", "2"]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running = process(command, stdin=subprocess.PIPE, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, before)
    for _ in range(3):
        assert answer(running, GOOD) == GOOD
        os.killpg(running.pid, signal.SIGINT)
    assert ended(running).status == 0


def test_a_training_is_ended(tmp_path: Path) -> None:
    config, model = tmp_path / "tiny.toml", tmp_path / "toy.arcparser"
    config.write_text(TINY)
    arguments = ["train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--epochs", "100000"]
    running = process(arguments, start_new_session=True)
    wait_until(Path(f"{model}.checkpoint").exists, running)
    running.terminate()
    result = ended(running)
    assert result.status == 128 + signal.SIGTERM
    *_, hint, last = result.err.splitlines()
    assert hint.endswith("the same command with --resume goes on")
    assert last == "arcparser: stopped"
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]
    assert group_is_gone(running.pid)


@pytest.mark.parametrize("options", [[], ["--jobs", "2"]], ids=" ".join)
def test_a_parse_ends_with_its_reader(toy_model: Path, options: list[str]) -> None:
    """Though it waits for more, and has nothing to write."""
    command = ["parse", "--model", toy_model, *options]
    running = process(command, stdin=subprocess.PIPE, start_new_session=True)
    assert running.stdin is not None and running.stdout is not None
    running.stdout.close()
    running.stdout = None
    with running.stdin as stdin:
        running.stdin = None
        stdin.write(GOOD)
        stdin.flush()
        result = ended(running)
    assert (result.status, result.err) == (0, "")
    assert group_is_gone(running.pid)


def test_a_training_ends_with_the_reader_of_its_report(tmp_path: Path) -> None:
    """Before it has more to report."""
    config, treebank = tmp_path / "tiny.toml", tmp_path / "en_big-ud-train.conllu"
    config.write_text(TINY)
    treebank.write_bytes(TRAIN.read_bytes() * 30)
    arguments = ["train", treebank, "--dev", ENHANCED, "--output", tmp_path / "toy", "--config", config]
    running = process(arguments)
    assert running.stderr is not None
    assert running.stderr.readline().startswith(b"train: ")
    running.stderr.close()
    running.stderr = None
    assert ended(running).status == 0
    assert not (tmp_path / "toy").exists()


def test_a_reader_that_does_not_read(toy_model: Path, tmp_path: Path) -> None:
    """Its pipe is full: nothing more can be written on the way out."""
    many = tmp_path / "many.conllu"
    many.write_bytes(DEV.read_bytes() * 20)
    running = process(["parse", many, "--model", toy_model, "--batch-words", "500"])
    assert running.stdout is not None and running.stderr is not None
    before, size = 0, 1
    while size > before:  # until nothing comes any more
        time.sleep(0.5)
        before, size = size, _waiting(running.stdout.fileno())
    running.terminate()
    assert running.wait(120) == 128 + signal.SIGTERM
    assert running.stderr.read() == b"arcparser: stopped\n"
    running.communicate()


def _waiting(file: int) -> int:
    """How many bytes wait in a pipe."""
    import array
    import fcntl
    import termios

    count = array.array("i", [0])
    fcntl.ioctl(file, termios.FIONREAD, count)
    return count[0]


@by_name
def test_once_the_output_is_in_place_it_is_too_late(
    toy_model: Path, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.conllu"
    command = ["parse", str(DEV), "--model", str(toy_model), "--output", str(output)]
    replace = os.replace

    def replace_and_end(*names: str) -> None:
        replace(*names)
        send(number)

    monkeypatch.setattr(files.os, "replace", replace_and_end)
    assert main(command) == 0
    assert capsys.readouterr().err == ""
    assert output.read_bytes().count(b"\n\n") == DEV.read_bytes().count(b"\n\n")
    assert os.listdir(tmp_path) == ["out.conllu"]


def test_until_then_it_is_not(
    toy_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And another signal does not disturb the tidying up."""
    log, unlink = parse_files._parse_files, os.unlink

    def parse_and_end(*arguments: object) -> None:
        log(*arguments)  # type: ignore[arg-type]
        send(signal.SIGTERM)

    def unlink_after_a_signal(path: str) -> None:
        send(signal.SIGHUP)
        send(signal.SIGINT)
        unlink(path)

    monkeypatch.setattr(parse_files, "_parse_files", parse_and_end)
    monkeypatch.setattr(files.os, "unlink", unlink_after_a_signal)
    status = main(["parse", str(DEV), "--model", str(toy_model), "--output", str(tmp_path / "out.conllu")])
    assert (status, capsys.readouterr().err) == (128 + signal.SIGTERM, "arcparser: stopped\n")
    assert os.listdir(tmp_path) == []


class Ends:
    """Send a signal to this process where an exception is lost."""

    def __del__(self) -> None:
        send(signal.SIGTERM)


def in_a_destructor(_: argparse.Namespace) -> None:
    ends = Ends()
    del ends
    time.sleep(60)


def in_an_import(_: argparse.Namespace) -> None:
    import ends_while_imported  # type: ignore[import-not-found]

    assert ends_while_imported.whole
    time.sleep(60)


def taken_for_another_error(_: argparse.Namespace) -> None:
    try:
        send(signal.SIGTERM)
    except BaseException as error:
        raise ImportError("numpy.core.multiarray failed to import") from error


@pytest.mark.parametrize("work", [in_a_destructor, in_an_import, taken_for_another_error])
def test_a_signal_is_not_lost(
    work: Callable[[argparse.Namespace], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "ends_while_imported.py").write_text(
        "import os, signal\n"
        "try:\n    os.kill(os.getpid(), signal.SIGTERM)\n    whole = True\nexcept BaseException:\n    whole = False\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(info, "run", work)
    assert main(["info", "en_ewt"]) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "arcparser: stopped\n"


def test_signals_are_heeded_while_a_command_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are ignored (`nohup`) stay so, and those that somebody else handles stay with him."""

    def others(*_: object) -> None:
        raise AssertionError

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, others)
        found = []
        monkeypatch.setattr(info, "run", lambda _: found.extend(map(signal.getsignal, numbers)))
        assert main(["info", "en_ewt"]) == 0
        assert found[0] is others and found[2] == signal.SIG_IGN
        assert callable(found[1])
        assert [signal.getsignal(number) for number in numbers] == [others, signal.SIG_DFL, signal.SIG_IGN]
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)


def test_importing_handles_no_signal() -> None:
    code = """
import signal
import arcparser.cli.main, arcparser.__main__, arcparser.parsing.pool, arcparser.training.train
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGALRM"):
    print(name, signal.getsignal(getattr(signal, name)) in (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split()[1::2] == ["True"] * 5


def test_the_end_of_the_process_is_not_disturbed() -> None:
    """From the last line of the command on, while Python tidies up."""
    code = """
import atexit, os, signal, sys
from arcparser.cli.main import main
atexit.register(lambda: [os.kill(os.getpid(), n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)])
from arcparser.cli import info
info.run = lambda args: None
sys.argv[1:] = ["info", "x"]
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
