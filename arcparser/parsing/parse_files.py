"""Parse files: whatever they hold goes in, CoNLL-U or another format comes out, in order, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from arcparser._version import __version__
from arcparser.errors import UsageError
from arcparser.files import shown_name
from arcparser.model.array_file import stored_digest
from arcparser.model.registry import find
from arcparser.parsing.documents import Documents
from arcparser.parsing.job import Job, check_job
from arcparser.parsing.outputs import Output, open_format
from arcparser.parsing.parse_piece import RAW, Parsed, collecting_seldom, numbered, parse_items, parse_piece
from arcparser.parsing.parser import Parser, load
from arcparser.parsing.pieces import Piece, Pieces
from arcparser.parsing.read_input import Input, open_source, read_input
from arcparser.treebank.reader import OtherLines
from arcparser.treebank.sentence import Sentence

if TYPE_CHECKING:
    from arcparser.parsing.pool import Workers


@dataclass
class Counts:
    """Count what was parsed.

    Attributes:
        sentences: How many sentences.
        words: How many words they have.
        done_before: Nothing was parsed, as it is done.
    """

    sentences: int = 0
    words: int = 0
    done_before: bool = False

    def add(self, other: Counts) -> None:
        """Add what was parsed besides."""
        self.sentences += other.sentences
        self.words += other.words


class Progress(Protocol):
    """Be told how a parse goes on."""

    def begin(self, source: str | BinaryIO, stream: BinaryIO) -> None:
        """Take note that an input was opened."""

    def sentence(self, words: int, count: int = 1) -> None:
        """Take note that a sentence was written, or several, with so many words together."""

    def done(self, source: str, words: int) -> None:
        """Take note that a whole input is done; it has so many words that nobody told of."""


@dataclass(frozen=True)
class FileParser:
    """Parse files by one job; its model and its processes are loaded once."""

    job: Job
    parser: Parser
    workers: Workers | None

    def __call__(
        self, inputs: Sequence[str | BinaryIO], output: BinaryIO, *, progress: Progress | None = None
    ) -> Counts:
        """Do what `parse_files` does."""
        with collecting_seldom():
            return _parse_files(inputs, output, self.job, self.parser, self.workers, progress)


def parse_files(
    inputs: Sequence[str | BinaryIO], output: BinaryIO, job: Job, *, progress: Progress | None = None
) -> Counts:
    """Parse files or streams one after the other and write them to `output`.

    Invalid sentences that are passed through (`job.skip_invalid`) are logged: the first five, and how many there were.

    Args:
        inputs: Paths, of which `-` is standard input, or streams of bytes.
        output: Where the bytes go; it stays open.
        job: What to do.
        progress: Told how far it is.

    Returns:
        How many sentences and words there were.

    Raises:
        InputError: A file cannot be read, or is malformed and not to be skipped.
        ModelError: The model cannot be loaded.
        UsageError: An impossible number of jobs or words, or an option that none of the inputs bears.
    """
    with open_file_parser(inputs, job) as parse:
        return parse(inputs, output, progress=progress)


@contextmanager
def open_file_parser(inputs: Sequence[str | BinaryIO], job: Job) -> Iterator[FileParser]:
    """Check a job for the inputs that it is for, load its model and start its processes.

    Raises:
        ModelError: The model cannot be loaded.
        UsageError: An impossible number of jobs or words, or an option that none of the inputs bears.
    """
    check_job(job)
    if job.newline_ends_sentence and all(job.format_of(source) != "text" for source in inputs):
        raise UsageError("--newline-ends-sentence is for raw text: leave it out, or give --format text")
    if job.split_words and all(job.format_of(source) in RAW for source in inputs):
        raise UsageError("--split-words is for CoNLL-U and --format words: leave it out, raw text is split anyway")
    if job.keep_arcs and all(job.format_of(source) != "conllu" for source in inputs):
        raise UsageError("--keep-arcs is for CoNLL-U: leave it out, raw text has no arcs")
    parser = load(job.model)
    if job.split_words and not parser.model.segmentation.multiword:
        problem = f"--split-words: {parser.card.name} splits no words, its treebank has no multiword tokens"
        raise UsageError(f"{problem}: leave it out, or give another --model")
    if job.jobs == 1:
        yield FileParser(job, parser, None)
        return
    from arcparser.parsing.pool import Workers

    with Workers(find(job.model), job.jobs) as workers:
        yield FileParser(job, parser, workers)


def _parse_files(
    inputs: Sequence[str | BinaryIO],
    output: BinaryIO,
    job: Job,
    parser: Parser,
    workers: Workers | None,
    progress: Progress | None = None,
) -> Counts:
    target = open_format(job.output_format, output, provenance=_provenance(job, parser))
    done = Parsed()
    try:
        _parse_inputs(inputs, target, output, job, parser, workers, done, progress)
        target.end()
    except BaseException:
        target.abandon()
        raise
    output.flush()
    done.tell_skipped("passed through unchanged" if job.output_format == "conllu" else "left out")
    return Counts(done.sentences, done.words)


def _parse_inputs(
    inputs: Sequence[str | BinaryIO],
    target: Output,
    output: BinaryIO,
    job: Job,
    parser: Parser,
    workers: Workers | None,
    done: Parsed,
    progress: Progress | None,
) -> None:
    """Parse inputs one after the other into `target`, which writes to `output`; count in `done`."""
    documents = Documents(inputs, [job.format_of(source) != "conllu" for source in inputs])
    in_pieces = _is_cut(inputs, job)
    for number, source in enumerate(inputs):
        target.begin()
        with open_source(source) as stream:
            if progress is not None:
                progress.begin(source, stream)
            is_text = job.format_of(source) != "conllu"
            given = Input(source, stream, documents.name(number) if is_text else None)
            rest: Input | None = given
            if workers is not None and in_pieces:
                rest = _parse_pieces(given, target, job, workers, done, progress)
            if rest is None:
                continue
            items = read_input(rest, job, parser)
            for item in parse_items(
                items if is_text else _noted(items, documents, number), source, job, parser, workers
            ):
                done.count(item)
                if progress is not None and isinstance(item, Sentence):
                    progress.sentence(len(item))
                target.write(item)
                if job.flush:
                    output.flush()


def _is_cut(inputs: Sequence[str | BinaryIO], job: Job) -> bool:
    """Tell whether what is made of a part of an input depends on that part alone."""
    one_by_one = len(inputs) == 1 or all(job.format_of(source) != "conllu" for source in inputs)
    return one_by_one and not job.flush and job.output_format != "parquet"


def _parse_pieces(
    given: Input, target: Output, job: Job, workers: Workers, done: Parsed, progress: Progress | None
) -> Input | None:
    """Let processes parse an input piece by piece, and return what cannot be cut, if anything is left."""
    kind = job.format_of(given.source)
    lines = kind in ("lines", "words") or job.newline_ends_sentence
    pieces = Pieces(given.stream, kind, lines=lines, name=shown_name(given.name))
    sentence = 1
    for parsed in _each_piece(iter(pieces), given, target, job, workers):
        target.add(numbered(parsed, sentence), parsed.last)
        if parsed.sentences:
            target.provenance = {}
        sentence += parsed.sentences
        done.add(parsed)
        if progress is not None:
            progress.sentence(parsed.words, parsed.sentences)
    rest = pieces.rest
    if rest is None:
        return None
    return replace(given, stream=pieces.rest_of_stream(), line=rest.line, space=rest.space, sentence=sentence)


def _each_piece(pieces: Iterator[Piece], given: Input, target: Output, job: Job, workers: Workers) -> Iterator[Parsed]:
    source = given.source if isinstance(given.source, str) else None

    def call(piece: Piece) -> tuple[Any, ...]:
        return piece, source, given.document, job, target.provenance

    while target.provenance:  # one piece at a time, until one has a sentence that they come before
        piece = next(pieces, None)
        if piece is None:
            return
        yield from workers.call(parse_piece, [call(piece)])
    yield from workers.call(parse_piece, map(call, pieces))


def _provenance(job: Job, parser: Parser) -> dict[str, str]:
    if not job.provenance:
        return {}
    model = f"{parser.card.name} {stored_digest(find(job.model))}".strip()
    return {"generator": f"arcparser {__version__}", "model": model}


def _noted(
    items: Iterator[Sentence | OtherLines], documents: Documents, number: int
) -> Iterator[Sentence | OtherLines]:
    for item in items:
        if isinstance(item, Sentence):
            documents.join(item, number)
        yield item
