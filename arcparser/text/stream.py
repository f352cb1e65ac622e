"""Decode streams of bytes to characters, and choose where to cut text that has no end."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from arcparser.errors import InputError
from arcparser.files import foreign_format, read_chunks

_CHUNK = 1 << 16  # bytes
ANY_SPACE = re.compile(r".*\s(?=\S)", re.DOTALL)
ASCII_SPACE = re.compile(r".*[\t-\r\x1c- ](?=[^\t-\r\x1c- ])", re.DOTALL)
_NOT_SPACE = re.compile(r"\S")


def decode(stream: BinaryIO, name: str, *, pauses: bool = False, line: int = 1, begun: bool = False) -> Iterator[str]:
    """Yield the characters of a stream in UTF-8, chunk by chunk, without a byte-order mark.

    Args:
        stream: The stream.
        name: What messages call it.
        pauses: Also yield an empty string before reading would wait for whoever writes.
        line: The number of its first line.
        begun: What comes is not the beginning of a file.

    Raises:
        InputError: The stream cannot be read, or, with the line, has bytes that are not UTF-8 or a NUL.
        UsageError: The stream gives text instead of bytes.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    column = 0  # bytes of the last line that was decoded
    for chunk in read_chunks(stream, _CHUNK, name=name, content="text", pauses=pauses):
        if chunk is None:
            yield ""
            continue
        if not begun and (problem := foreign_format(chunk)) is not None:
            raise InputError(problem, name)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            line += before.count(b"\n")
            column = len(before) - before.rfind(b"\n") if b"\n" in before else column + len(before) + 1
            problem = f"byte {column} of the line (0x{error.object[error.start]:02x}) is not UTF-8"
            raise InputError(f"{problem}: save the file as UTF-8", name, line) from None
        if "\0" in text:
            line += text.count("\n", 0, text.index("\0"))
            raise InputError("a NUL character, this is no text: give plain text in UTF-8", name, line)
        _, feed, last = text.rpartition("\n")
        line += text.count("\n")
        column = len(last.encode()) + (0 if feed else column)
        if text:
            yield text if begun else text.removeprefix("\ufeff")
            begun = True


def cut_place(text: str, limit: int, last_space: re.Pattern[str] = ANY_SPACE) -> int:
    """Return where to cut a text that is longer than `limit`: after the last white space before it, if any.

    White space that goes on beyond the limit stays together; if the text ends in it, its end may be yet to come.

    Args:
        text: The text.
        limit: How many characters may come before the cut.
        last_space: `ANY_SPACE`, or `ASCII_SPACE` where words may have other white space in them.
    """
    match = last_space.match(text, 0, limit + 1)
    if match and _NOT_SPACE.search(text, 0, match.end()):
        return match.end()
    if not text[limit - 1].isspace() and not text[limit].isspace():
        return limit
    following = _NOT_SPACE.search(text, limit)
    return following.start() if following else len(text)
