"""Take raw text however it comes, and turn it into sentences, as the model's treebank splits text."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from arcparser.errors import InputError, UsageError, quote, unfit
from arcparser.files import STANDARD_STREAM, is_path, open_input, shown_name
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import Sentence
from arcparser.types import PathLike

if TYPE_CHECKING:
    from arcparser.text.reader import Tokenize


def text_stream(text: str) -> BinaryIO:
    """Return the bytes of a text in UTF-8.

    An argument of a command that was no UTF-8 gets the bytes back that it had, so that whoever reads them can say so.

    Raises:
        UsageError: It is no text.
    """
    if not isinstance(text, str):
        raise unfit("the text", text, "a string")
    return io.BytesIO(_encoded(text))


def segment_text(
    parser: Parser,
    text: str | BinaryIO,
    *,
    lines: bool = False,
    newline_ends_sentence: bool = False,
    name: str = "<text>",
    tokenizer: Tokenize | None = None,
) -> Iterator[Sentence]:
    """Read raw text as sentences without trees.

    Args:
        parser: It has the model that knows of text.
        text: A string, or a stream of bytes.
        lines: Each line is a sentence.
        newline_ends_sentence: Each line end ends a sentence, but a line may have several.
        name: What messages call the text.
        tokenizer: That of the model, if it is there from another text.

    Raises:
        InputError: The text has a NUL, bytes that are not UTF-8, or more than 1 MiB of white space in a row.
        ModelError: The model learned how to split text in another version of arcparser.
        UsageError: It is no text, the parser no Parser, or an option neither True nor False; both options are given.
    """
    if not isinstance(parser, Parser):
        raise unfit("the parser", parser, "a Parser, as arcparser.load returns it")
    for option, value in (("lines", lines), ("newline_ends_sentence", newline_ends_sentence)):
        if not isinstance(value, bool):
            raise unfit(option, value, "True or False")
    if lines and newline_ends_sentence:
        raise UsageError("lines with newline_ends_sentence: one says a line is a sentence, the other that it has some")
    given: Any = text
    stream = given if hasattr(given, "read") else text_stream(given)
    read = parser.model.segmentation.read
    items = read(stream, lines=lines, newline_ends=newline_ends_sentence, name=name, tokenizer=tokenizer)
    return (item for item in items if isinstance(item, Sentence))


def open_text(source: PathLike | IO[bytes] | IO[str]) -> tuple[AbstractContextManager[BinaryIO], str]:
    """Open a text that is read piece by piece.

    Args:
        source: A path (`-` is standard input), or a stream of bytes or characters, which stays open.

    Returns:
        What opens it as bytes, and what messages call it.

    Raises:
        InputError: It is a text and no path.
        UsageError: It is neither path nor stream.
    """
    if is_path(source):
        path: Any = source
        if isinstance(path, str) and path != STANDARD_STREAM and not os.path.exists(path) and len(path.split()) > 1:
            raise InputError("no such file: check the path, or parse a text by parse_text", shown_name(path))
        return open_input(path), shown_name(path)
    if not callable(getattr(source, "read", None)):
        raise unfit("the text", source, "a path or a stream; parse_text takes a string")
    stream: Any = source
    return nullcontext(_Bytes(stream)), shown_name(str(getattr(source, "name", "<stream>")))  # type: ignore[arg-type]


class _Bytes:
    """Read a stream of bytes or characters as bytes."""

    def __init__(self, stream: Any) -> None:
        self._read = getattr(stream, "read1", stream.read)

    def read(self, size: int) -> bytes:
        piece = self._read(size)
        return _encoded(piece) if isinstance(piece, str) else piece


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        problem = f"the text has half a surrogate pair, {quote(text[error.start])}, at {error.start}"
        raise UsageError(f"{problem}: give characters, as bytes.decode('utf-8') does") from None
