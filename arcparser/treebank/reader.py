"""Read CoNLL-U from files and streams: bytes in, sentences out, nothing lost.

The stream is cut into blocks after each blank line, so that a sentence is there as soon as it is complete; further
blank lines are a block by themselves. Each block is decoded and parsed on its own
(`arcparser.treebank.sentence_reader`), so memory does not grow with the input and one bad sentence does not hide the
next. Writing back the bytes of all blocks in order gives the input again, byte for byte.

- A line of spaces or tabs only ends a sentence like a blank line (the UD validator and Stanza read it so; the CoNLL
  2018 evaluation script refuses it). It is kept as it is.
- A block of comments only is no sentence and no error: it passes through.
- Input whose beginning has no word line at all (raw text, XML, a compressed file, a PDF, UTF-16) is refused at once
  with one clear message, also where bad sentences are to be skipped.

Left out: CoNLL-X and CoNLL-2009, which have the same look but other columns.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from arcparser.errors import ConlluError, InputError, UsageError, quote, unfit
from arcparser.files import foreign_format, is_path, open_input, read_chunks, shown_name
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.sentence_reader import block_faults, parse_block

if TYPE_CHECKING:
    from arcparser.types import PathLike

_BLOCK_END = re.compile(rb"\n[ \t]*\r?\n")
_BLANK_LINES = re.compile(rb"[ \t\r\n]*\n")  # no group is repeated: that takes memory for each blank line
_WORD_LINE = re.compile(rb"^(?:\xef\xbb\xbf)?[1-9][0-9]*\t(?:[^\t\n]*\t){8}[^\t\n]*$", re.MULTILINE)

_NO_COMMENT = re.compile(r"^(?!#)[ \t]*[^ \t\r\n]|\r(?!\n|\Z)", re.MULTILINE)

_CHUNK = 1 << 18
_FEW = 1 << 14  # characters of a block that cost little memory, whatever is in it
_MAX_BLOCK = 1 << 25  # 32 MiB: no sentence is that long, but a binary file without line feeds can be

# What reads raw text, as messages name it.
_READER_OF_TEXT = "arcparser parse --format text"


@dataclass(frozen=True)
class OtherLines:
    """Lines that are no sentence: comments or blank lines only, or a malformed sentence.

    Attributes:
        raw: The bytes that were read. There are none where the input pauses: see `read_blocks`.
        line: The 1-based number of the first line in the file.
        error: What is wrong with the sentence; None for comments or blank lines only.
    """

    raw: bytes
    line: int
    error: InputError | None = None

    def to_bytes(self) -> bytes:
        """Return the bytes that were read."""
        return self.raw


def read_blocks(
    source: PathLike | BinaryIO,
    *,
    on_invalid: Literal["raise", "pass"] = "raise",
    name: str | None = None,
    pauses: bool = False,
    for_text: str = _READER_OF_TEXT,
    line: int = 1,
) -> Iterator[Sentence | OtherLines]:
    """Read everything in a file, in order: joined, the `to_bytes()` of all items are the bytes of the file.

    Args:
        source: A path (`-` is standard input) or a binary stream.
        on_invalid: "raise" an error for a malformed sentence, or "pass" it on as OtherLines that carry the error.
        name: What messages call a stream (default: its own name).
        pauses: Also yield OtherLines without bytes before reading would wait: whoever writes may wait for an answer to
            what has come.
        for_text: What messages advise for raw text.
        line: The number of the first line: beyond 1 the source is a part of a file that surely is CoNLL-U.

    Raises:
        ConlluError: A sentence is malformed, or the file is no CoNLL-U at all.
        InputError: The file cannot be read.
        UsageError: `on_invalid` is anything else, a stream is not binary, or the source is neither path nor stream.
    """
    if not isinstance(on_invalid, str) or on_invalid not in ("raise", "pass"):
        raise UsageError(f"on_invalid={quote(on_invalid)}: use raise or pass")
    if name is not None and not is_path(name):
        raise unfit("name", name, "a string")
    if isinstance(source, (str, os.PathLike)):
        if isinstance(source, str) and "\n" in source and not os.path.exists(source):
            raise InputError("is text, and no path: give a path, or io.BytesIO(text.encode())", quote(source, 60))
        with open_input(source) as stream:
            yield from _read(stream, on_invalid, shown_name(name or source), pauses, for_text, line)
    elif isinstance(source, (bytes, bytearray, memoryview)):
        raise unfit("the source", source, "a path, or io.BytesIO(data)")
    elif callable(getattr(source, "read", None)):
        shown = shown_name(name or str(getattr(source, "name", "<stream>")))
        yield from _read(source, on_invalid, shown, pauses, for_text, line)
    else:
        raise unfit("the source", source, "a path or a binary stream")


def read_conllu(
    source: PathLike | BinaryIO,
    *,
    on_invalid: Literal["raise", "skip"] = "raise",
    report: Callable[[ConlluError], None] | None = None,
    name: str | None = None,
) -> Iterator[Sentence]:
    """Read the sentences of a file alone.

    Args:
        source: A path (`-` is standard input) or a binary stream.
        on_invalid: "raise" an error for a malformed sentence, or "skip" it.
        report: Is given the errors of sentences that are skipped.
        name: What messages call a stream (default: its own name).

    Raises:
        ConlluError: A sentence is malformed, or the file is no CoNLL-U at all.
        InputError: The file cannot be read.
        UsageError: `on_invalid` is anything else, a stream is not binary, or the source is neither path nor stream.
    """
    if not isinstance(on_invalid, str) or on_invalid not in ("raise", "skip"):
        raise UsageError(f"on_invalid={quote(on_invalid)}: use raise or skip")
    if report is not None and not callable(report):
        raise unfit("report", report, "a function that takes an error")
    for item in read_blocks(source, on_invalid="raise" if on_invalid == "raise" else "pass", name=name):
        if isinstance(item, Sentence):
            yield item
        elif isinstance(item.error, ConlluError) and report is not None:
            report(item.error)


def parse_conllu(
    text: str,
    *,
    on_invalid: Literal["raise", "skip"] = "raise",
    report: Callable[[ConlluError], None] | None = None,
) -> list[Sentence]:
    """Read the sentences of a string of CoNLL-U.

    Args:
        text: The string, which need not end in a blank line.
        on_invalid: "raise" an error for a malformed sentence, or "skip" it.
        report: Is given the errors of sentences that are skipped.

    Returns:
        The sentences; none if there is nothing but comments and white space.

    Raises:
        ConlluError: A sentence is malformed, or the string is no CoNLL-U at all.
        UsageError: It is no string but another kind of value, or the path of a file, or `on_invalid` is anything else.
    """
    if not isinstance(text, str):
        raise unfit("the text", text, "a string of CoNLL-U; read_conllu reads files and binary streams")
    if text.endswith(".conllu") or (0 < len(text) < 256 and "\n" not in text and _is_there(text)):
        raise UsageError(f"{quote(text, 60)} is a path, not CoNLL-U: read the file by read_conllu")
    try:
        stream = io.BytesIO(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        culprit = quote(text[error.start])
        raise UsageError(f"the text has half a surrogate pair, {culprit}, at {error.start}: remove it") from None
    return list(read_conllu(stream, on_invalid=on_invalid, report=report, name="<text>"))


def _is_there(path: str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # of a NUL
        return False


def _read(
    stream: BinaryIO, on_invalid: str, name: str, pauses: bool, for_text: str, line: int
) -> Iterator[Sentence | OtherLines]:
    """Parse the blocks of a stream, and count its lines."""
    confirmed = line > 1  # has a sentence been read, so that this surely is CoNLL-U?
    for raw, head in _cut(stream, name, pauses, checked=confirmed):
        sentence = problem = None
        try:
            text = _decode(raw, name, line)
            sentence = parse_block(text, source=name, line=line) if _holds_word(text) else None
        except ConlluError as error:
            problem = error
        if sentence is not None:
            confirmed = True
            yield sentence
        else:
            if problem is not None and not confirmed:
                _refuse_other_formats(head, problem, name, for_text)
                confirmed = True
            if problem is not None and on_invalid == "raise":
                raise problem
            yield OtherLines(raw, line, problem)
        line += raw.count(b"\n")


def _cut(stream: BinaryIO, name: str, pauses: bool, *, checked: bool) -> Iterator[tuple[bytes, bytes]]:
    """Cut a stream into blocks, each with the blank line that ends it; also the first bytes of the stream.

    A block ends at its first blank line, as whoever writes may wait for an answer to it; blank lines that come next are
    the beginning of the next block. A block without bytes is a pause.
    """
    pending = head = b""
    searched = 0
    for chunk in read_chunks(stream, _CHUNK, name=name, content="CoNLL-U", pauses=pauses):
        if chunk is None:
            yield b"", head
            continue
        if not head:
            head = chunk
            if not checked and (problem := foreign_format(head)) is not None:
                raise ConlluError(problem, name)
        pending += chunk
        end = pending.rfind(b"\n") + 1 if chunk else len(pending)  # at the end of the stream all lines are whole
        start = 0
        while True:
            blank = _BLANK_LINES.match(pending, start, end)
            begin = start if blank is None else blank.end()
            found = _BLOCK_END.search(pending, max(begin, searched), end)
            if found is None:
                break
            yield pending[start : found.end()], head
            start = found.end()
        searched = max(0, end - 1 - start)
        pending = pending[start:]
        if len(pending) > _MAX_BLOCK:
            problem = "no blank line within 32 MiB, this is no CoNLL-U"
            raise ConlluError(f"{problem}: end each sentence by a blank line", name)
    if pending:
        yield pending, head


def _holds_word(text: str) -> bool:
    """Return whether a block may have more than comments and blank lines; many of them are not cut into lines."""
    return len(text) < _FEW or "\0" in text or _NO_COMMENT.search(text.removeprefix("\ufeff")) is not None


def _decode(raw: bytes, name: str, line: int) -> str:
    """Decode a block that begins at `line`, or raise the error of its first fault."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise block_faults(raw, source=name, line=line)[0][1] from None


def begins_as_conllu(head: bytes) -> bool:
    """Return whether there is a line of CoNLL-U in the first bytes of a file."""
    return _WORD_LINE.search(head.replace(b"\r\n", b"\n")) is not None


def _refuse_other_formats(head: bytes, problem: ConlluError, name: str, for_text: str) -> None:
    """Raise one message for the whole file if nothing at its beginning looks like a line of CoNLL-U."""
    if begins_as_conllu(head):
        return
    if head.startswith(b"%PDF"):
        raise ConlluError(f"is a PDF: extract its text first, then use {for_text}", name) from problem
    if b"\0" in head:
        kind, advice = "a binary file", f"give a CoNLL-U file, or plain text with {for_text}"
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        kind, advice = "XML or HTML, not CoNLL-U", f"extract its text and use {for_text}"
    elif b"\t" not in head:
        kind, advice = "not CoNLL-U, no line has columns separated by tabs", f"for raw text use {for_text}"
    else:
        return
    raise ConlluError(f"{kind}: {advice}", name, problem.line) from problem
