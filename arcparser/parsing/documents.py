"""Name the raw texts that share an output, so that each is a document and no two sentences have the same id.

A text gets the name of its file, in which what an id must not have (white space, slashes, control characters) becomes
an underscore. If that is the id of a document before it, `-2`, `-3` … tells them apart. Its sentences are ID-1, ID-2 …
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from arcparser.treebank.sentence import Sentence

if TYPE_CHECKING:
    from arcparser.text.reader import Document

_NEW_DOCUMENT = re.compile(r"#\s*newdoc\s+id\s*=\s*(.*\S)")


class Documents:
    """Name the texts among the sources of an output."""

    def __init__(self, sources: Sequence[str | BinaryIO], is_text: Sequence[bool]) -> None:
        """Look at all sources; `is_text` says which of them are raw text."""
        self._sources = sources
        self._beginnings = tuple(_base(source) for source, text in zip(sources, is_text) if text)
        self._taken: set[str] = set()

    def name(self, number: int) -> Document | None:
        """Name the source of this number, from 0, which is a text; None if it is the only source."""
        if len(self._sources) == 1:
            return None
        from arcparser.text.reader import Document  # not on the way of CoNLL-U

        base = name = _base(self._sources[number])
        count = 1
        while name in self._taken:
            count += 1
            name = f"{base}-{count}"
        self._taken.add(name)
        return Document(name, followed=number + 1 < len(self._sources))

    def note(self, sentence: Sentence) -> None:
        """See which ids a sentence of CoNLL-U has, so that no text after it gets them."""
        if not self._beginnings:
            return
        found = [(sentence.sent_id or "").rpartition("-")[0]]
        found += [match[1] for comment in sentence.comments if (match := _NEW_DOCUMENT.match(comment))]
        # Only those that a text could get: memory must not grow with the input.
        self._taken.update(name for name in found if name.startswith(self._beginnings))


def _base(source: str | BinaryIO) -> str:
    if not isinstance(source, str):
        return "text"
    name = "stdin" if source == "-" else os.path.basename(source)
    composed = unicodedata.normalize("NFC", name)
    return "".join([c if c.isprintable() and c not in " /\\" else "_" for c in composed]) or "text"
