"""Cut an input into pieces that can be parsed by themselves, by looking at nothing but bytes.

What is made of a piece does not depend on the others, but for the numbers of sentences in raw text. So whoever cuts
does little, and all that costs, from decoding to writing, is done where a piece is parsed. A piece of CoNLL-U ends with
the blank line after a sentence, one of raw text with the white space after a paragraph, and where each line is a
sentence with that after a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from arcparser.compression import Joined
from arcparser.files import read_chunks
from arcparser.treebank.reader import begins_as_conllu

_SIZES = {"conllu": 1 << 20}  # bytes of a piece: some 20,000 words
_SIZE = 1 << 17  # likewise, of text
_MOST = 1 << 22  # bytes in which a piece may end
_CHUNK = 1 << 18

# Up to the first blank line after a line that is none: further ones may stand before the next sentence.
_CONLLU = re.compile(rb".*[^ \t\r\n][ \t\r]*\n[ \t]*\r?\n", re.DOTALL)

_WHITE = frozenset(b"\t\n\v\f\r\x1c\x1d\x1e\x1f ")
_NOT_WHITE = re.compile(rb"[^\t-\r\x1c- ]")
# What is white space beyond ASCII, or a byte-order mark, which would be one at the beginning of a piece.
_NO_WORD = re.compile(
    rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf"
)


@dataclass(frozen=True)
class Piece:
    """Hold a part of an input.

    Attributes:
        data: Its bytes.
        line: The number of its first line, from 1.
        space: The white space before it, in text; None at the beginning of the input.
        last: It is the end of the input.
    """

    data: bytes
    line: int
    space: str | None
    last: bool


class Pieces:
    """The pieces of an input, as far as they end soon enough.

    Attributes:
        rest: What is left when no further piece ends soon enough, as one piece whose data come from `rest_of_stream`.
    """

    def __init__(self, stream: BinaryIO, kind: str, *, lines: bool, name: str) -> None:
        """Cut a stream of a kind ("conllu", or one of text, in which sentences may end with lines)."""
        self.rest: Piece | None = None
        self._stream = stream
        self._is_conllu = kind == "conllu"
        self._line_ends = 1 if lines else 2
        self._size = _SIZES.get(kind, _SIZE)
        self._name = name

    def __iter__(self) -> Iterator[Piece]:
        piece = Piece(b"", 1, None, False)  # the next one
        pending, wanted = b"", self._size
        content = "CoNLL-U" if self._is_conllu else "text"
        for chunk in read_chunks(self._stream, _CHUNK, name=self._name, content=content):
            pending += chunk
            if not chunk:
                yield replace(piece, data=pending, last=True)
                return
            if len(pending) < wanted:
                continue
            if piece.line == 1 and self._is_conllu and not begins_as_conllu(pending[:_CHUNK]):
                break
            end, space = self._cut(pending)
            if end:
                yield replace(piece, data=pending[:end])
                piece = Piece(b"", piece.line + pending.count(b"\n", 0, end), space, False)
                pending, wanted = pending[end:], self._size
            elif len(pending) > _MOST:
                break
            else:
                wanted = 2 * len(pending)
        self.rest = replace(piece, data=pending)

    def rest_of_stream(self) -> BinaryIO:
        """Return what is left to be read."""
        if self.rest is None:
            raise RuntimeError("nothing is left")
        return cast("BinaryIO", Joined(self.rest.data, self._stream))

    def _cut(self, pending: bytes) -> tuple[int, str]:
        """Return where the last piece ends in some bytes, 0 if none does, and the white space there."""
        if self._is_conllu:
            found = _CONLLU.match(pending)
            return (0, "") if found is None else (found.end(), "")
        at = len(pending)
        while (at := pending.rfind(b"\n", 0, at)) > 0:
            end = _NOT_WHITE.search(pending, at)
            while at and pending[at - 1] in _WHITE:
                at -= 1
            if end is None or len(pending) - end.start() < 3 or not at:  # more white space may come
                continue
            space = pending[at : end.start()]
            if space.count(b"\n") >= self._line_ends and not _NO_WORD.match(pending, end.start()):
                return end.start(), space.decode("ascii")
        return 0, ""
