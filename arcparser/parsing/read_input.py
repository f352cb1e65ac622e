"""Read an input, whatever format it has: sentences, and the lines between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from arcparser.errors import TreeError
from arcparser.files import open_input, shown_name
from arcparser.parsing.job import Job
from arcparser.parsing.parser import Parser
from arcparser.treebank.reader import OtherLines, read_blocks
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_partial_tree

if TYPE_CHECKING:
    from arcparser.text.reader import Document


@dataclass(frozen=True)
class Input:
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
        """What messages call it."""
        return self.source if isinstance(self.source, str) else "<text>"


def open_source(source: str | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Open a file, or take standard input (`-`) or a stream, which stay open.

    Raises:
        InputError: The file cannot be opened, or standard input is closed.
    """
    return open_input(source) if isinstance(source, str) else nullcontext(source)


def read_items(stream: BinaryIO, source: str | BinaryIO, job: Job, parser: Parser) -> Iterator[Sentence | OtherLines]:
    """Read an input that shares its output with no other, of the job's format.

    Raises:
        InputError: It is malformed.
    """
    return read_input(Input(source, stream, None), job, parser)


def read_input(given: Input, job: Job, parser: Parser) -> Iterator[Sentence | OtherLines]:
    """Read an input of the job's format."""
    shown = shown_name(given.name)
    kind = job.format_of(given.source)
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
