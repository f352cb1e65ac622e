"""`parse --flush` answers: a program writes a sentence, reads its tree, and only then writes the next one."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import arcparser
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import parse_files
from tests.helpers.command import BAD, GOOD, POSIX, Run, answer, ended, process
from tests.helpers.toy import DEV, TEST

pytestmark = POSIX

TEXT = "Dogs bark. Cats sleep.\n\nNobody knows why they do that.\n\n\nWho\nasked?\n"


@contextmanager
def coprocess(*arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """A parse that reads from a pipe, writes to another one, and is to end well when its input ends."""
    with process(["parse", "--flush", *arguments], stdin=subprocess.PIPE) as running:
        try:
            yield running
            result = ended(running)
            assert (result.status, result.err, result.out) == (0, "", b"")
        finally:
            running.kill()


def blocks(data: bytes) -> list[bytes]:
    return [block + b"\n\n" for block in data.split(b"\n\n") if block]


@pytest.mark.parametrize("options", [[], ["--jobs", "2"]], ids=" ".join)
def test_a_sentence_is_answered(run: Run, toy_model: Path, options: list[str]) -> None:
    """Also lines that are no sentence, and blank lines more than needed, of which none is an answer by itself."""
    questions = [*blocks(DEV.read_bytes())[:4], b"# a comment\n\n", b"\n" + GOOD, BAD["nine columns"][0], GOOD]
    parsed = run("parse", "--model", toy_model, "--skip-invalid", stdin=b"".join(questions)).out
    arguments = ["--model", toy_model, *options]
    with process(["parse", "--flush", "--skip-invalid", *arguments], stdin=subprocess.PIPE) as running:
        answers = [answer(running, question) for question in questions]
        assert ended(running).status == 0
    assert b"".join(answers) == parsed


def test_a_paragraph_is_answered(toy_model: Path) -> None:
    """In a process of its own; the tests below parse in this one, which has loaded spaCy already."""
    with coprocess("--model", toy_model, "--format", "text") as running:
        assert b"# text = Dogs bark." in answer(running, b"Dogs bark.\n\n")
        assert b"# text = Cats sleep." in answer(running, b"Cats\nsleep.\n\n")


class Pipes:
    """A parse in another thread of this process."""

    def __init__(self, job: Job) -> None:
        (stdin, self.stdin), (self.stdout, stdout) = os.pipe(), os.pipe()
        self.thread = threading.Thread(target=self._parse, args=(stdin, stdout, job), daemon=True)
        self.thread.start()

    def _parse(self, reading: int, writing: int, job: Job) -> None:
        with open(reading, "rb") as stdin, open(writing, "wb") as stdout:
            parse_files([stdin], stdout, job)

    def ask(self, text: str, sentences: Sequence[str]) -> bytes:
        """Write text, and read just these sentences."""
        os.write(self.stdin, text.encode())
        stuck = threading.Timer(120, os.close, [self.stdin])
        stuck.start()
        read = b""
        while read.count(b"\n\n") < len(sentences):
            chunk = os.read(self.stdout, 1 << 16)
            assert chunk, "no answer"
            read += chunk
        stuck.cancel()
        found = [sentence.lines.comment_value("text") for sentence in arcparser.read_conllu(io.BytesIO(read))]
        assert found == sentences
        return read

    def end(self) -> bytes:
        os.close(self.stdin)
        with open(self.stdout, "rb") as stream:
            rest = stream.read()
        self.thread.join(120)
        return rest


@pytest.mark.parametrize("kind", ["lines", "words"])
def test_each_line_is_answered(toy_model: Path, kind: str) -> None:
    pipes = Pipes(Job(model=str(toy_model), format=kind, flush=True))
    pipes.ask("Dogs bark. Cats sleep.\n", ["Dogs bark. Cats sleep."])
    pipes.ask("Nobody\r\nknows.\r\n", ["Nobody", "knows."])
    assert b"SpacesBefore=\\n" in (later := pipes.ask("\nA new paragraph.\n", ["A new paragraph."]))
    assert b"# newpar\n" in later
    pipes.ask(("x" * 1023 + "\n") * 64, ["x" * 1023] * 64)  # just as much as is read at once
    os.write(pipes.stdin, b"The last one")
    assert b"# text = The last one\n" in pipes.end()


def test_a_paragraph_is_answered_whole(toy_model: Path) -> None:
    pipes = Pipes(Job(model=str(toy_model), format="text", flush=True))
    pipes.ask("Dogs bark. Cats sleep.\n\n", ["Dogs bark.", "Cats sleep."])
    os.write(pipes.stdin, b"Nobody knows\n")
    os.write(pipes.stdin, "wh\u00fd.".encode()[:-2])
    os.write(pipes.stdin, "\u00fd.".encode()[1:])
    pipes.ask("\r\n \r\n", ["Nobody knows wh\u00fd."])
    pipes.ask("\n\nWho asked?\n\n", ["Who asked?"])
    assert pipes.end() == b""


@pytest.mark.parametrize("kind", ["conllu", "text", "lines", "words"])
def test_flushing_changes_no_byte(run: Run, toy_model: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "in"
    texts = [sentence.lines.comment_value("text") or "" for sentence in arcparser.read_conllu(TEST)]
    ends = itertools.cycle(["\n", "\n\n", " ", "\n\n\n", "\r\n", "\n \n  "])
    data = "".join(text + end for text, end in zip(texts, ends)).encode()
    file.write_bytes(TEST.read_bytes().replace(b"\n\n", b"\n\n\n", 5) if kind == "conllu" else data)
    options = ["--model", toy_model, "--format", kind]
    assert run("parse", file, *options).out == run("parse", file, *options, "--flush").out != b""


def test_python_reads_a_sentence_when_it_is_complete() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as stream, open(writing, "wb", buffering=0) as pipe:
        sentences = arcparser.read_conllu(stream)
        for blank in (b"\n", b"\r\n", b" \t\n"):
            pipe.write(GOOD[:-1] + blank)
            assert next(sentences).forms == ["a"]
