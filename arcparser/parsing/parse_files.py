"""Parse files: whatever they hold goes in, CoNLL-U comes out, in order, a batch at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from arcparser.compression import bare_name
from arcparser.errors import UsageError, count
from arcparser.files import open_input, shown_name
from arcparser.parsing.documents import Documents
from arcparser.parsing.parser import BATCH_WORDS, Parser, load
from arcparser.treebank.reader import OtherLines, read_blocks
from arcparser.treebank.sentence import Sentence, TagMode
from arcparser.treebank.writer import missing_end

if TYPE_CHECKING:
    from arcparser.parsing.pool import Workers


MOST_JOBS = 61 if sys.platform == "win32" else 1000  # Windows waits for no more processes at a time
_RAW = ("text", "lines")  # formats whose words are split as the treebank does in any case
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
        skip_invalid: Pass bad sentences through instead of stopping.
        jobs: How many processes share the work.
        flush: Write the tree of each sentence as soon as it is complete: whoever writes may wait for it.
    """

    model: str
    format: str | None = None
    newline_ends_sentence: bool = False
    batch_words: int = BATCH_WORDS
    tags: TagMode = "fill"
    clear_deps: bool = False
    scores: bool = False
    split_words: bool = False
    skip_invalid: bool = False
    jobs: int = 1
    flush: bool = False


def parse_files(inputs: Sequence[str | BinaryIO], output: BinaryIO, job: Job) -> None:
    """Parse files (`-` is standard input) or streams one after the other and write CoNLL-U to `output`.

    Invalid sentences that are passed through (`job.skip_invalid`) are logged: the first five, and how many there were.

    Raises:
        InputError: A file cannot be read, or is malformed and not to be skipped.
        ModelError: The model cannot be loaded.
        UsageError: An impossible number of jobs or words, or an option that none of the inputs bears.
    """
    if job.batch_words < 1:
        raise UsageError(f"--batch-words {job.batch_words}: give at least 1")
    if job.jobs < 1:
        raise UsageError(f"--jobs {job.jobs}: give at least 1")
    if job.jobs > MOST_JOBS:
        raise UsageError(f"--jobs {job.jobs}: give at most {MOST_JOBS}")
    if job.newline_ends_sentence and all(_format(source, job) != "text" for source in inputs):
        raise UsageError("--newline-ends-sentence is for raw text: leave it out, or give --format text")
    if job.split_words and all(_format(source, job) in _RAW for source in inputs):
        raise UsageError("--split-words is for CoNLL-U and --format words: leave it out, raw text is split anyway")
    parser = load(job.model)
    if job.split_words and not parser.model.segmentation.multiword:
        problem = f"--split-words: {parser.card.name} splits no words, its treebank has no multiword tokens"
        raise UsageError(f"{problem}: leave it out, or give another --model")
    if job.jobs == 1:
        return _parse_files(inputs, output, job, parser, None)
    from arcparser.model.registry import find
    from arcparser.parsing.pool import Workers

    with Workers(find(job.model), job.jobs) as workers:
        _parse_files(inputs, output, job, parser, workers)


def _parse_files(
    inputs: Sequence[str | BinaryIO],
    output: BinaryIO,
    job: Job,
    parser: Parser,
    workers: Workers | None,
) -> None:
    batch_words = min(job.batch_words, _FLUSHED_WORDS) if job.flush else job.batch_words
    skipped = 0
    documents = Documents(inputs, [_format(source, job) != "conllu" for source in inputs])
    last = b""
    for number, source in enumerate(inputs):
        name = source if isinstance(source, str) else "<text>"
        missing = missing_end(last)
        with open_source(source) as stream:
            items = read_items(stream, name, job, parser, documents, number)
            split_words = job.split_words and _format(source, job) not in _RAW
            for item in parser.parse_stream(
                items,
                batch_words=batch_words,
                tags=job.tags,
                scores=job.scores,
                split_words=split_words,
                workers=workers,
            ):
                if job.clear_deps and isinstance(item, Sentence):
                    item.clear_deps()
                if isinstance(item, OtherLines) and item.error is not None:
                    skipped += 1
                    if skipped <= 5:
                        _log("skipped: %s", item.error)
                written = missing + item.to_bytes()
                if written:  # nothing is what a pause is written as
                    output.write(written)
                    last, missing = written, b""
                if job.flush:
                    output.flush()
    output.flush()
    if skipped:
        _log("%s passed through unchanged", count(skipped, "invalid sentence"))


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
        if isinstance(item, Sentence):
            documents.note(item)
        yield item


def _format(source: str | BinaryIO, job: Job) -> str:
    is_text = isinstance(source, str) and bare_name(source).lower().endswith(".txt")
    return job.format or ("text" if is_text else "conllu")


def open_source(source: str | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Open a file, or take standard input (`-`) or a stream, which stay open.

    Raises:
        InputError: The file cannot be opened, or standard input is closed.
    """
    return open_input(source) if isinstance(source, str) else nullcontext(source)
