"""Running commands of arcparser in this process or one of their own, and what to give them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import arcparser
from arcparser.treebank.sentence import Sentence
from tests.helpers.paths import ROOT

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

# Sentences in CoNLL-U: a good one, and bad ones with the line at fault and what is said of it.
GOOD = b"1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n"
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


class Result:
    """How a command ended, what it wrote to standard output (bytes) and to standard error (text)."""

    def __init__(self, status: int, out: bytes, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def line(self) -> str:
        """Return the one line that an error is."""
        assert self.err.startswith("arcparser: "), self.err
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        return self.err[len("arcparser: ") : -1]

    @property
    def sentences(self) -> list[Sentence]:
        """Read the sentences that were written to standard output."""
        return list(arcparser.read_conllu(io.BytesIO(self.out)))


Run = Callable[..., Result]


def process(arguments: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """Start a command in a process of its own."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([*CALL, *map(str, arguments)], env=ENVIRONMENT, **streams)


def ended(running: subprocess.Popen[bytes], stdin: bytes | None = None) -> Result:
    """Wait for the end of a process."""
    out, err = running.communicate(stdin, timeout=300)
    return Result(running.returncode, out or b"", (err or b"").decode())


def answer(running: subprocess.Popen[bytes], question: bytes, blocks: int = 1) -> bytes:
    """Write to a process that waits, and read so many blocks of CoNLL-U; kill it if they do not come."""
    assert running.stdin is not None and running.stdout is not None
    running.stdin.write(question)
    running.stdin.flush()
    deadline = threading.Timer(120, running.kill)
    deadline.start()
    read = b""
    try:
        while read.count(b"\n\n") < blocks:
            chunk = os.read(running.stdout.fileno(), 1 << 16)
            assert chunk, f"no answer but {read!r}, and the end"
            read += chunk
    finally:
        deadline.cancel()
    assert read.count(b"\n\n") == blocks and read.endswith(b"\n\n")
    return read


def shell(command: str) -> Result:
    """Run a command line of the shell, with one good sentence as its standard input."""
    done = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, input=GOOD, capture_output=True, timeout=300)
    return Result(done.returncode, done.stdout, done.stderr.decode())


def wait_until(condition: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
    """Wait until something has happened while a process runs."""
    end = time.monotonic() + 240
    while not condition():
        assert running.poll() is None, "the command ended before it was stopped"
        assert time.monotonic() < end
        time.sleep(0.02)
