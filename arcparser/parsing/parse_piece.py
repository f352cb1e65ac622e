"""Parse the sentences of an input, or of a piece of it in a process of its own."""

from __future__ import annotations

import gc
import io
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from arcparser.errors import InputError, count
from arcparser.parsing.job import Job
from arcparser.parsing.outputs import open_format
from arcparser.parsing.parser import Parser
from arcparser.parsing.pieces import Piece
from arcparser.parsing.read_input import Input, read_input
from arcparser.treebank.reader import OtherLines
from arcparser.treebank.sentence import Sentence

if TYPE_CHECKING:
    from arcparser.parsing.pool import Workers
    from arcparser.text.reader import Document

RAW = ("text", "lines")  # formats whose words are split as the treebank does in any case
_SHOWN = 5  # invalid sentences
_COLLECTED = 200_000  # new objects: those of a few batches
_FLUSHED_WORDS = 500  # parsed together with --flush, though whoever writes does not pause: a fraction of a second


@dataclass
class Parsed:
    """Hold what was made of a part of the input.

    Attributes:
        sentences: How many sentences there were.
        words: How many words they have.
        skipped: How many sentences were invalid.
        errors: What was wrong with the first few of these.
        warnings: What is to be told besides.
        written: The output, cut where the numbers of sentences are missing.
        last: What was written last.
    """

    sentences: int = 0
    words: int = 0
    skipped: int = 0
    errors: list[InputError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    written: list[bytes] = field(default_factory=list)
    last: bytes = b""

    def count(self, item: Sentence | OtherLines) -> None:
        """Take note of an item, and log what is wrong with the first few of those that are skipped."""
        if isinstance(item, Sentence):
            self.sentences += 1
            self.words += len(item)
        elif item.error is not None:
            self.skip(item.error)

    def skip(self, error: InputError) -> None:
        """Take note of an invalid sentence."""
        self.skipped += 1
        if self.skipped <= _SHOWN:
            _log("skipped: %s", error)

    def tell_skipped(self, what_became_of_them: str) -> None:
        """Log how many sentences were invalid, if any was."""
        if self.skipped:
            _log("%s %s", count(self.skipped, "invalid sentence"), what_became_of_them)

    def add(self, other: Parsed) -> None:
        """Take note of what was made of the next part."""
        for error in other.errors:
            self.skip(error)
        self.skipped += other.skipped - len(other.errors)
        self.sentences += other.sentences
        self.words += other.words
        for text in other.warnings:
            if text not in self.warnings:
                self.warnings.append(text)
                warnings.warn(text, UserWarning, stacklevel=2)


def parse_items(
    items: Iterator[Sentence | OtherLines], source: str | BinaryIO, job: Job, parser: Parser, workers: Workers | None
) -> Iterator[Sentence | OtherLines]:
    """Parse what was read of an input as a job says; what is no sentence passes through."""
    for item in parser.parse_stream(
        items,
        batch_words=min(job.batch_words, _FLUSHED_WORDS) if job.flush else job.batch_words,
        tags=job.tags,
        scores=job.scores,
        split_words=job.split_words and job.format_of(source) not in RAW,
        keep_arcs=job.keep_arcs,
        workers=workers,
    ):
        if job.clear_deps and isinstance(item, Sentence):
            item.clear_deps()
        yield item


def parse_piece(
    parser: Parser, piece: Piece, source: str | None, document: Document | None, job: Job, provenance: dict[str, str]
) -> Parsed:
    """Parse a piece of an input in a process of its own.

    Args:
        parser: The parser of this process.
        piece: The piece.
        source: The name of the input; None if it has none.
        document: What a text is called in an output that it shares.
        job: How it is parsed.
        provenance: Comments before its first sentence.
    """
    output, parsed = io.BytesIO(), Parsed()
    target = open_format(job.output_format, output, provenance=provenance)
    if document is not None and not piece.last:
        document = replace(document, followed=False)  # by another text
    of_piece = source or output  # a stream is of the format that the job says
    given = Input(of_piece, io.BytesIO(piece.data), document, piece.line, piece.space)
    begins: list[tuple[int, str]] = []  # of the sentences: where, and their ids
    begin = 0
    with collecting_seldom(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for item in parse_items(read_input(given, job, parser), of_piece, job, parser, None):
            begin = output.tell()
            if isinstance(item, Sentence):
                parsed.sentences += 1
                parsed.words += len(item)
                begins.append((begin, item.sent_id or ""))
            elif item.error is not None:
                parsed.skipped += 1
                parsed.errors += [item.error] * (parsed.skipped <= _SHOWN)
            target.write(item)
    parsed.warnings = [str(warning.message) for warning in caught]
    written = output.getvalue()
    parsed.last = written[begin:]
    parsed.written = [written] if job.format_of(of_piece) == "conllu" else _without_numbers(written, begins, job)
    return parsed


def _without_numbers(written: bytes, begins: Sequence[tuple[int, str]], job: Job) -> list[bytes]:
    """Cut the numbers out that end the ids of sentences, which have them from 1 on."""
    parts, done = [], 0
    for number, (begin, sent_id) in enumerate(begins, start=1):
        comment = f"# sent_id = {sent_id}"
        if job.output_format == "jsonl":
            places = [(b"", f'"sent_id": {_quoted(sent_id)}'), (b'"comments": [', _quoted(comment))]
        else:
            places = [(b"", f"{comment}\n")]
        for after, place in places:
            found = place.encode()
            end = written.index(found, written.index(after, max(begin, done))) + len(found) - 1
            parts.append(written[done : end - len(str(number))])
            done = end
    return [*parts, written[done:]]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def numbered(parsed: Parsed, first: int) -> bytes:
    """Join what was written by putting the numbers of sentences between, from the first one on."""
    parts = parsed.written
    if len(parts) == 1:
        return parts[0]
    times = (len(parts) - 1) // parsed.sentences  # that each number is written
    joined = [parts[0]]
    for at, part in enumerate(parts[1:]):
        joined += b"%d" % (first + at // times), part
    return b"".join(joined)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let Python look for cycles of objects less often: there are none, and to walk through all words takes long."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECTED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _log(message: str, *values: object) -> None:
    import logging  # few parses need it, and importing it takes 2 ms

    logging.getLogger(__name__).warning(message, *values)
