"""Parse files: whatever they hold goes in, CoNLL-U or another format comes out, in order, a batch at a time."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

from arcparser._version import __version__
from arcparser.compression import bare_name
from arcparser.errors import TreeError, UsageError, count
from arcparser.files import open_input, shown_name
from arcparser.model.array_file import stored_digest
from arcparser.model.registry import find
from arcparser.parsing.documents import Documents
from arcparser.parsing.outputs import FORMATS, open_format
from arcparser.parsing.parser import BATCH_WORDS, Parser, load
from arcparser.treebank.reader import OtherLines, read_blocks
from arcparser.treebank.sentence import Sentence, TagMode
from arcparser.treebank.tree import check_partial_tree

if TYPE_CHECKING:
    from arcparser.parsing.pool import Workers


MOST_JOBS = 61 if sys.platform == "win32" else 1000  # Windows waits for no more processes at a time
_RAW = ("text", "lines")  # formats whose words are split as the treebank does in any case
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

    def sentence(self, words: int) -> None:
        """Take note that a sentence was written."""

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
    """Parse files (`-` is standard input) or streams one after the other and write them to `output`.

    Invalid sentences that are passed through (`job.skip_invalid`) are logged: the first five, and how many there were.

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
    batch_words = min(job.batch_words, _FLUSHED_WORDS) if job.flush else job.batch_words
    skipped = 0
    counts = Counts()
    documents = Documents(inputs, [_format(source, job) != "conllu" for source in inputs])
    target = open_format(job.output_format, output, provenance=_provenance(job, parser))
    for number, source in enumerate(inputs):
        name = source if isinstance(source, str) else "<text>"
        target.begin()
        with open_source(source) as stream:
            if progress is not None:
                progress.begin(source, stream)
            items = read_items(stream, name, job, parser, documents, number)
            split_words = job.split_words and _format(source, job) not in _RAW
            for item in parser.parse_stream(
                items,
                batch_words=batch_words,
                tags=job.tags,
                scores=job.scores,
                split_words=split_words,
                keep_arcs=job.keep_arcs,
                workers=workers,
            ):
                if isinstance(item, Sentence):
                    if job.clear_deps:
                        item.clear_deps()
                    counts.sentences += 1
                    counts.words += len(item)
                    if progress is not None:
                        progress.sentence(len(item))
                elif item.error is not None:
                    skipped += 1
                    if skipped <= 5:
                        _log("skipped: %s", item.error)
                target.write(item)
                if job.flush:
                    output.flush()
    target.end()
    output.flush()
    if skipped:
        what_became_of_them = "passed through unchanged" if job.output_format == "conllu" else "left out"
        _log("%s %s", count(skipped, "invalid sentence"), what_became_of_them)
    return counts


def _provenance(job: Job, parser: Parser) -> dict[str, str]:
    if not job.provenance:
        return {}
    model = f"{parser.card.name} {stored_digest(find(job.model))}".strip()
    return {"generator": f"arcparser {__version__}", "model": model}


def _log(message: str, *values: object) -> None:
    import logging  # few parses need it, and importing it takes 2 ms

    logging.getLogger(__name__).warning(message, *values)


def read_items(
    stream: BinaryIO, name: str, job: Job, parser: Parser, documents: Documents, number: int
) -> Iterator[Sentence | OtherLines]:
    """Read a file of the job's format, which is the source of this number."""
    shown = shown_name(name)
    kind = _format(name, job)
    if kind == "words":
        from arcparser.text.reader import read_words  # not on the way of CoNLL-U

        yield from read_words(stream, name=shown, pauses=job.flush, document=documents.name(number))
        return
    if kind != "conllu":
        yield from parser.model.segmentation.read(
            stream,
            lines=kind == "lines",
            name=shown,
            pauses=job.flush,
            document=documents.name(number),
            newline_ends=job.newline_ends_sentence,
        )
        return
    on_invalid: Literal["raise", "pass"] = "pass" if job.skip_invalid else "raise"
    for item in read_blocks(stream, on_invalid=on_invalid, name=shown, pauses=job.flush, for_text="--format text"):
        if isinstance(item, Sentence) and job.keep_arcs:
            try:
                check_partial_tree(item)
            except TreeError as error:
                if not job.skip_invalid:
                    raise
                item = OtherLines(item.to_bytes(), item.line, error)
        if isinstance(item, Sentence):
            documents.join(item, number)
        yield item


def _format(source: str | BinaryIO, job: Job) -> str:
    if job.format is not None:
        return job.format
    name = bare_name(source).lower() if isinstance(source, str) else ""
    return "words" if name.endswith(".words.txt") else "text" if name.endswith(".txt") else "conllu"


def open_source(source: str | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Open a file, or take standard input (`-`) or a stream, which stay open.

    Raises:
        InputError: The file cannot be opened, or standard input is closed.
    """
    return open_input(source) if isinstance(source, str) else nullcontext(source)
