"""Name the inputs that share an output, so that each is a document and no two inputs have an id in common.

An input gets the name of its file, in which what an id must not have (white space, slashes, control characters) becomes
an underscore. If that is the id of a document before it, `-2`, `-3` … tells them apart.

- A raw text begins with `# newdoc id = NAME`, and its sentences are NAME-1, NAME-2 …
- CoNLL-U begins with it unless its first sentence has a `# newdoc` of its own. An id of a sentence or document that an
  input before it has becomes NAME-ID. All else stays, also an id that occurs twice in one input.

Which ids there were is held in memory: of each thousand that are numbered one after the other, a few hundred bytes.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, BinaryIO

from arcparser.treebank.lines import NEW_DOCUMENT
from arcparser.treebank.sentence import Sentence

if TYPE_CHECKING:
    from arcparser.text.reader import Document

_SENT_ID = re.compile(r"#\s*sent_id\s*=\s*(.*\S)")
_NUMBER = re.compile(r"[0-9]{0,3}\Z")


class Documents:
    """Name the sources of an output, and the sentences of those that are CoNLL-U."""

    def __init__(self, sources: Sequence[str | BinaryIO], is_text: Sequence[bool]) -> None:
        """Look at all sources; `is_text` says which of them are raw text."""
        self._sources = sources
        self._beginnings = tuple(_base(source) for source, text in zip(sources, is_text) if text)
        self._number = -1  # of the source that is read
        self._name = ""  # of it, once it has one
        self._sentences, self._documents = _Ids(), _Ids()  # of the sources before it
        self._own_sentences, self._own_documents = _Ids(), _Ids()  # of it
        self._unfit: set[str] = set()  # names that no text may get, as they begin ids of sentences

    def name(self, number: int) -> Document | None:
        """Name the source of this number, from 0, which is a text; None if it is the only source."""
        if len(self._sources) == 1:
            return None
        from arcparser.text.reader import Document  # not on the way of CoNLL-U

        self._begin(number)
        self._sentences.numbered.add(self._document())
        return Document(self._name, followed=number + 1 < len(self._sources))

    def join(self, sentence: Sentence, number: int) -> None:
        """Let a sentence of the source of this number, which is CoNLL-U, begin a document and have an id of its own."""
        if len(self._sources) == 1:
            return
        is_first = number != self._number
        if is_first:
            self._begin(number)
        begins = self._join_id(sentence, NEW_DOCUMENT, self._documents, self._own_documents)
        if is_first and begins is None:
            sentence.lines.insert_first([f"# newdoc id = {self._document()}"])
        sent_id = self._join_id(sentence, _SENT_ID, self._sentences, self._own_sentences) or ""
        beginning = sent_id.rpartition("-")[0]
        if beginning.startswith(self._beginnings):  # memory must not grow with the input for names no text could get
            self._unfit.add(beginning)

    def _begin(self, number: int) -> None:
        self._number, self._name = number, ""
        self._sentences.update(self._own_sentences)
        self._documents.update(self._own_documents)
        self._own_sentences, self._own_documents = _Ids(), _Ids()

    def _document(self) -> str:
        """Return the name of the source that is read, and give it one if it has none."""
        if not self._name:
            taken = (self._documents, self._own_documents, self._unfit)
            self._name = _numbered(_base(self._sources[self._number]), taken)
            self._documents.add(self._name)
        return self._name

    def _join_id(self, sentence: Sentence, comment: re.Pattern[str], before: _Ids, own: _Ids) -> str | None:
        """Give the id in the first such comment the name of the source if a source before it had that id.

        Returns:
            The id, which is empty in a comment without one; None if there is no such comment.
        """
        for at, part in enumerate(sentence.lines.parts):
            if not isinstance(part, str) or (match := comment.match(part)) is None:
                continue
            given = match[1] or ""
            if given and given in before:
                given = _numbered(f"{self._document()}-{given}", (self._sentences, self._documents, own))
                before.add(given)  # another one of the source may have it
                sentence.lines.parts[at] = part[: match.start(1)] + given + part[match.end(1) :]
            if given:
                own.add(given)
            return given
        return None


class _Ids:
    """A set of ids, in which numbers that follow each other take little space: a bit for each, a thousand together.

    Attributes:
        numbered: For each NAME of these, NAME-1, NAME-2 … are in the set without end.
    """

    def __init__(self) -> None:
        self.numbered: set[str] = set()
        self._bits: dict[str, int] = {}

    def __contains__(self, given: object) -> bool:
        key, bit = self._place(str(given))
        beginning, _, number = str(given).rpartition("-")
        return bool(self._bits.get(key, 0) >> bit & 1) or (number.isdecimal() and beginning in self.numbered)

    def add(self, given: str) -> None:
        key, bit = self._place(given)
        self._bits[key] = self._bits.get(key, 0) | 1 << bit

    def update(self, other: _Ids) -> None:
        for key, bits in other._bits.items():
            self._bits[key] = self._bits.get(key, 0) | bits

    @staticmethod
    def _place(given: str) -> tuple[str, int]:
        """Return what comes before the last three digits, with how many these are, and their number."""
        match = _NUMBER.search(given)
        digits = match[0] if match is not None else ""
        return f"{len(digits)}{given[: len(given) - len(digits)]}", int(digits or 0)


def _numbered(name: str, taken: Sequence[Container[str]]) -> str:
    """Return a name, with a number at its end if it is taken."""
    count, base = 1, name
    while any(name in ids for ids in taken):
        count += 1
        name = f"{base}-{count}"
    return name


def _base(source: str | BinaryIO) -> str:
    if not isinstance(source, str):
        return "text"
    name = "stdin" if source == "-" else os.path.basename(source)
    composed = unicodedata.normalize("NFC", name)
    return "".join([c if c.isprintable() and c not in " /\\" else "_" for c in composed]) or "text"
