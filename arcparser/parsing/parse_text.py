"""Turn a string of raw text into sentences, as the model's treebank splits text, and into trees."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from arcparser.errors import UsageError, quote, unfit
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import Sentence


def text_stream(text: str) -> BinaryIO:
    """Return the bytes of a text in UTF-8.

    An argument of a command that was no UTF-8 gets the bytes back that it had, so that whoever reads them can say so.

    Raises:
        UsageError: It is no text.
    """
    if not isinstance(text, str):
        raise unfit("the text", text, "a string")
    try:
        return io.BytesIO(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as error:
        problem = f"the text has half a surrogate pair, {quote(text[error.start])}, at {error.start}"
        raise UsageError(f"{problem}: give characters, as bytes.decode('utf-8') does") from None


def segment_text(parser: Parser, text: str, *, lines: bool = False) -> Iterator[Sentence]:
    """Read raw text as sentences without trees; with `lines` each line is one.

    Raises:
        InputError: The text has a NUL, bytes that are not UTF-8, or more than 1 MiB of white space in a row.
        UsageError: It is no text, or the parser no Parser.
    """
    if not isinstance(parser, Parser):
        raise unfit("the parser", parser, "a Parser, as arcparser.load returns it")
    items = parser.model.segmentation.read(text_stream(text), lines=lines, name="<text>")
    return (item for item in items if isinstance(item, Sentence))


def parse_text(parser: Parser, text: str) -> Iterator[Sentence]:
    """Parse raw text.

    Raises:
        InputError: See `segment_text`.
        UsageError: See `segment_text`.
    """
    segmented = segment_text(parser, text)
    return (item for item in parser.parse_stream(segmented) if isinstance(item, Sentence))
