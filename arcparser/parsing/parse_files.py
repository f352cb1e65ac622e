"""Parse files: whatever they hold goes in, CoNLL-U or another format comes out, in order, a batch at a time."""

from __future__ import annotations

import gc
import io
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from arcparser._version import __version__
from arcparser.errors import InputError, TreeError, UsageError, count, quote
from arcparser.files import open_input, shown_name
from arcparser.model.array_file import stored_digest
from arcparser.model.registry import find
from arcparser.parsing.documents import Documents
from arcparser.parsing.outputs import FORMATS, Output, open_format
from arcparser.parsing.parser import BATCH_WORDS, Parser, load
from arcparser.parsing.pieces import Piece, Pieces
from arcparser.text.formats import INPUT_FORMATS, format_of
from arcparser.treebank.reader import OtherLines, read_blocks
from arcparser.treebank.sentence import Sentence, TagMode
from arcparser.treebank.tree import check_partial_tree

if TYPE_CHECKING:
    from arcparser.parsing.pool import Workers
    from arcparser.text.reader import Document


MOST_JOBS = 61 if sys.platform == "win32" else 1000  # Windows waits for no more processes at a time
_RAW = ("text", "lines")  # formats whose words are split as the treebank does in any case
_SHOWN = 5  # invalid sentences
_COLLECTED = 200_000  # new objects: those of a few batches
_FLUSHED_WORDS = 500  # parsed together with --flush, though whoever writes does not pause: a fraction of a second


@dataclass(frozen=True, kw_only=True)
class Job:
    """Hold the options of a parse, which `arcparser parse --help` explains.

    Attributes:
        model: Name or path.
        format: "conllu", "text", "lines" or "words"; None: by each file's name.
        newline_ends_sentence: Let each line end of raw text end a sentence.
        batch_words: How many words are held in memory at a time.
        tags: What `arcparser.treebank.sentence.Sentence.set_tags` does with the predicted tags; "retag" is the
            command's `--retag`.
        clear_deps: Empty DEPS.
        scores: Add ArcScore and LabelScore to MISC.
        split_words: Split words of CoNLL-U and of tokenized text as the model's treebank does.
        keep_arcs: Keep the arcs of words that have a HEAD, and parse the rest around them.
        skip_invalid: Pass bad sentences through instead of stopping.
        jobs: How many processes share the work.
        flush: Write the tree of each sentence as soon as it is complete: whoever writes may wait for it.
        output_format: "conllu", "jsonl" or "parquet" (`arcparser.parsing.outputs`).
        provenance: Say before the first sentence which program and which model made the output.
    """

    model: str
    format: str | None = None
    newline_ends_sentence: bool = False
    batch_words: int = BATCH_WORDS
    tags: TagMode = "fill"
    clear_deps: bool = False
    scores: bool = False
    split_words: bool = False
    keep_arcs: bool = False
    skip_invalid: bool = False
    jobs: int = 1
    flush: bool = False
    output_format: str = "conllu"
    provenance: bool = False


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
        with _collecting_seldom():
            return _parse_files(inputs, output, self.job, self.parser, self.workers, progress)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Let Python look for cycles of objects less often: there are none, and to walk through all words takes long."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECTED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


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


def check_job(job: Job) -> None:
    """Check what does not depend on the inputs of a job.

    Raises:
        UsageError: An impossible number of jobs or words, or no such format.
    """
    if job.format is not None and job.format not in INPUT_FORMATS:
        raise UsageError(f"--format {quote(job.format)}: give one of {', '.join(INPUT_FORMATS)}")
    if job.output_format not in FORMATS:
        raise UsageError(f"--output-format {job.output_format}: give one of {', '.join(FORMATS)}")
    if job.batch_words < 1:
        raise UsageError(f"--batch-words {job.batch_words}: give at least 1")
    if job.jobs < 1:
        raise UsageError(f"--jobs {job.jobs}: give at least 1")
    if job.jobs > MOST_JOBS:
        raise UsageError(f"--jobs {job.jobs}: give at most {MOST_JOBS}")


@contextmanager
def open_file_parser(inputs: Sequence[str | BinaryIO], job: Job) -> Iterator[FileParser]:
    """Check a job for the inputs that it is for, load its model and start its processes.

    Raises:
        ModelError: The model cannot be loaded.
        UsageError: An impossible number of jobs or words, or an option that none of the inputs bears.
    """
    check_job(job)
    if job.newline_ends_sentence and all(_format(source, job) != "text" for source in inputs):
        raise UsageError("--newline-ends-sentence is for raw text: leave it out, or give --format text")
    if job.split_words and all(_format(source, job) in _RAW for source in inputs):
        raise UsageError("--split-words is for CoNLL-U and --format words: leave it out, raw text is split anyway")
    if job.keep_arcs and all(_format(source, job) != "conllu" for source in inputs):
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
    if done.skipped:
        what_became_of_them = "passed through unchanged" if job.output_format == "conllu" else "left out"
        _log("%s %s", count(done.skipped, "invalid sentence"), what_became_of_them)
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
    documents = Documents(inputs, [_format(source, job) != "conllu" for source in inputs])
    in_pieces = _is_cut(inputs, job)
    for number, source in enumerate(inputs):
        target.begin()
        with open_source(source) as stream:
            if progress is not None:
                progress.begin(source, stream)
            is_text = _format(source, job) != "conllu"
            given = _Input(source, stream, documents.name(number) if is_text else None)
            rest: _Input | None = given
            if workers is not None and in_pieces:
                rest = _parse_pieces(given, target, job, workers, done, progress)
            if rest is None:
                continue
            items = _read(rest, job, parser)
            for item in _parse_items(
                items if is_text else _noted(items, documents, number), source, job, parser, workers
            ):
                done.count(item)
                if progress is not None and isinstance(item, Sentence):
                    progress.sentence(len(item))
                target.write(item)
                if job.flush:
                    output.flush()


@dataclass(frozen=True)
class _Input:
    """Hold an input, or what is left of it.

    Attributes:
        source: Its name, or a stream.
        stream: Where it is read.
        document: What a text is called in an output that it shares.
        line: The number of the first line.
        space: The white space before it, in text; None at the beginning of the input.
        sentence: The number of the first sentence, in text.
    """

    source: str | BinaryIO
    stream: BinaryIO
    document: Document | None
    line: int = 1
    space: str | None = None
    sentence: int = 1

    @property
    def name(self) -> str:
        return self.source if isinstance(self.source, str) else "<text>"


def _parse_items(
    items: Iterator[Sentence | OtherLines], source: str | BinaryIO, job: Job, parser: Parser, workers: Workers | None
) -> Iterator[Sentence | OtherLines]:
    for item in parser.parse_stream(
        items,
        batch_words=min(job.batch_words, _FLUSHED_WORDS) if job.flush else job.batch_words,
        tags=job.tags,
        scores=job.scores,
        split_words=job.split_words and _format(source, job) not in _RAW,
        keep_arcs=job.keep_arcs,
        workers=workers,
    ):
        if job.clear_deps and isinstance(item, Sentence):
            item.clear_deps()
        yield item


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


def _is_cut(inputs: Sequence[str | BinaryIO], job: Job) -> bool:
    """Tell whether what is made of a part of an input depends on that part alone."""
    one_by_one = len(inputs) == 1 or all(_format(source, job) != "conllu" for source in inputs)
    return one_by_one and not job.flush and job.output_format != "parquet"


def _parse_pieces(
    given: _Input, target: Output, job: Job, workers: Workers, done: Parsed, progress: Progress | None
) -> _Input | None:
    """Let processes parse an input piece by piece, and return what cannot be cut, if anything is left."""
    kind = _format(given.source, job)
    lines = kind in ("lines", "words") or job.newline_ends_sentence
    pieces = Pieces(given.stream, kind, lines=lines, name=shown_name(given.name))
    sentence = 1
    for parsed in _each_piece(iter(pieces), given, target, job, workers):
        target.add(_numbered(parsed, sentence), parsed.last)
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


def _each_piece(pieces: Iterator[Piece], given: _Input, target: Output, job: Job, workers: Workers) -> Iterator[Parsed]:
    source = given.source if isinstance(given.source, str) else None

    def call(piece: Piece) -> tuple[Any, ...]:
        return piece, source, given.document, job, target.provenance

    while target.provenance:  # one piece at a time, until one has a sentence that they come before
        piece = next(pieces, None)
        if piece is None:
            return
        yield from workers.call(parse_piece, [call(piece)])
    yield from workers.call(parse_piece, map(call, pieces))


def _numbered(parsed: Parsed, first: int) -> bytes:
    """Join what was written by putting the numbers of sentences between, from the first one on."""
    parts = parsed.written
    if len(parts) == 1:
        return parts[0]
    times = (len(parts) - 1) // parsed.sentences  # that each number is written
    joined = [parts[0]]
    for at, part in enumerate(parts[1:]):
        joined += b"%d" % (first + at // times), part
    return b"".join(joined)


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
    given = _Input(of_piece, io.BytesIO(piece.data), document, piece.line, piece.space)
    begins: list[tuple[int, str]] = []  # of the sentences: where, and their ids
    begin = 0
    with _collecting_seldom(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for item in _parse_items(_read(given, job, parser), of_piece, job, parser, None):
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
    parsed.written = [written] if _format(of_piece, job) == "conllu" else _without_numbers(written, begins, job)
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


def _provenance(job: Job, parser: Parser) -> dict[str, str]:
    if not job.provenance:
        return {}
    model = f"{parser.card.name} {stored_digest(find(job.model))}".strip()
    return {"generator": f"arcparser {__version__}", "model": model}


def _log(message: str, *values: object) -> None:
    import logging  # few parses need it, and importing it takes 2 ms

    logging.getLogger(__name__).warning(message, *values)


def read_items(stream: BinaryIO, source: str | BinaryIO, job: Job, parser: Parser) -> Iterator[Sentence | OtherLines]:
    """Read an input that shares its output with no other, of the job's format.

    Raises:
        InputError: It is malformed.
    """
    return _read(_Input(source, stream, None), job, parser)


def _read(given: _Input, job: Job, parser: Parser) -> Iterator[Sentence | OtherLines]:
    """Read an input of the job's format."""
    shown = shown_name(given.name)
    kind = _format(given.source, job)
    if kind == "conllu":
        blocks = read_blocks(
            given.stream,
            on_invalid="pass" if job.skip_invalid else "raise",
            name=shown,
            pauses=job.flush,
            for_text="--format text",
            line=given.line,
        )
        return _with_trees(blocks, job) if job.keep_arcs else blocks
    from arcparser.text.reader import Place, read_words  # not on the way of CoNLL-U

    place = Place(given.line, given.space, given.sentence)
    if kind == "words":
        return read_words(given.stream, name=shown, pauses=job.flush, document=given.document, place=place)
    return parser.model.segmentation.read(
        given.stream,
        lines=kind == "lines",
        name=shown,
        pauses=job.flush,
        document=given.document,
        newline_ends=job.newline_ends_sentence,
        tokenizer=parser.tokenizer,
        place=place,
    )


def _with_trees(items: Iterator[Sentence | OtherLines], job: Job) -> Iterator[Sentence | OtherLines]:
    """Check that the arcs that are to be kept are part of a tree."""
    for item in items:
        if isinstance(item, Sentence):
            try:
                check_partial_tree(item)
            except TreeError as error:
                if not job.skip_invalid:
                    raise
                yield OtherLines(item.to_bytes(), item.line, error)
                continue
        yield item


def _noted(
    items: Iterator[Sentence | OtherLines], documents: Documents, number: int
) -> Iterator[Sentence | OtherLines]:
    for item in items:
        if isinstance(item, Sentence):
            documents.join(item, number)
        yield item


def _format(source: str | BinaryIO, job: Job) -> str:
    if job.format is not None:
        return job.format
    return format_of(source if isinstance(source, str) else "")


def open_source(source: str | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Open a file, or take standard input (`-`) or a stream, which stay open.

    Raises:
        InputError: The file cannot be opened, or standard input is closed.
    """
    return open_input(source) if isinstance(source, str) else nullcontext(source)
