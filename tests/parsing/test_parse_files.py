"""Parsing files: what is logged of the sentences that are passed through."""

from __future__ import annotations

import gzip
import io
import logging
from pathlib import Path

import pytest

from arcparser.errors import ConlluError, UsageError
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import parse_files

GOOD = b"1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n"
BAD = b"1\ta\n\n"


def parse(data: bytes, job: Job) -> bytes:
    output = io.BytesIO()
    parse_files([io.BytesIO(data)], output, job)
    return output.getvalue()


def test_skipped_sentences_are_logged(toy_model: Path, caplog: pytest.LogCaptureFixture) -> None:
    job = Job(model=str(toy_model), skip_invalid=True)
    assert parse(GOOD, job) == GOOD
    assert caplog.records == []
    assert parse(GOOD + BAD, job) == GOOD + BAD
    assert {(record.name, record.levelno) for record in caplog.records} == {
        ("arcparser.parsing.parse_piece", logging.WARNING)
    }
    first, last = caplog.messages
    assert first.startswith("skipped: <text>:3: ")
    assert last == "1 invalid sentence passed through unchanged"
    caplog.clear()
    assert parse(9 * BAD + GOOD, job) == 9 * BAD + GOOD
    assert len(caplog.messages) == 6
    assert caplog.messages[-1] == "9 invalid sentences passed through unchanged"


def test_without_skipping_nothing_is_logged(toy_model: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ConlluError):
        parse(GOOD + BAD, Job(model=str(toy_model)))
    assert caplog.records == []


def test_line_ends_end_sentences_of_raw_text_alone(toy_model: Path) -> None:
    text = io.BytesIO(b"Dogs bark\nCats sleep. Cats purr.\n")
    output = io.BytesIO()
    parse_files([text], output, Job(model=str(toy_model), format="text", newline_ends_sentence=True))
    assert output.getvalue().count(b"# text = ") == 3
    for kind in (None, "conllu", "lines", "words"):
        with pytest.raises(UsageError, match=r"^--newline-ends-sentence is for raw text: .*$"):
            parse_files([io.BytesIO(GOOD)], output, Job(model=str(toy_model), format=kind, newline_ends_sentence=True))


def test_the_name_says_that_text_is_tokenized(toy_model: Path, tmp_path: Path) -> None:
    for name, tokens in (("a.words.txt", 2), ("a.WORDS.txt.gz", 2), ("a.txt", 3)):
        path = tmp_path / name
        path.write_bytes((gzip.compress if name.endswith("gz") else bytes)(b"Cats. bark\n"))
        output = io.BytesIO()
        parse_files([str(path)], output, Job(model=str(toy_model)))
        assert len([line for line in output.getvalue().splitlines() if b"\t" in line]) == tokens
    output = io.BytesIO()
    parse_files([str(tmp_path / "a.words.txt")], output, Job(model=str(toy_model), format="text"))
    assert output.getvalue().count(b"\t") == 3 * 9


def test_a_format_that_there_is_none_of_is_refused(toy_model: Path) -> None:
    with pytest.raises(UsageError, match=r"^--format 'conll': give one of conllu, text, lines, words$"):
        parse(GOOD, Job(model=str(toy_model), format="conll"))
