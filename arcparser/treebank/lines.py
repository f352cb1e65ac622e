"""Hold the lines of a sentence: as they were read, or made of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from arcparser.errors import UsageError, as_list, count, quote, unfit
from arcparser.treebank.columns import (
    DEPS,
    EMPTY_NODE,
    MultiwordToken,
    check_values,
    checked_multiword_tokens,
    numerals,
)

Part = str | list[str]  # a line as it was read, or the columns of a word

NEW_DOCUMENT = re.compile(r"#\s*newdoc\b(?:\s+id\s*=\s*(.*\S))?")  # and its id
NEW_PARAGRAPH = re.compile(r"#\s*new(?:par|doc)\b")
# Comments that are about more than the sentence come first.
_DOCUMENT_COMMENT = re.compile(r"#\s*(?:newdoc|newpar|global\.columns)\b")
_GLOBAL_COLUMNS = re.compile(r"#\s*global\.columns\s*=")


class Lines:
    """The lines of a sentence, in order.

    Attributes:
        parts: One per line: its text, or the columns of a word.
        eols: Line endings, one per line; None when all are line feeds.
        bom: A byte-order mark before the first line, or nothing.
        added: How many lines before the words are not in the file.
    """

    __slots__ = ("added", "bom", "eols", "parts")

    def __init__(self, parts: list[Part], *, eols: list[str] | None = None, bom: str = "", added: int = 0) -> None:
        self.parts = parts
        self.eols = eols
        self.bom = bom
        self.added = added

    def text(self) -> str:
        """Return the lines joined."""
        lines = [part if isinstance(part, str) else "\t".join(part) for part in self.parts]
        if self.eols is None:
            return self.bom + "\n".join(lines)
        return self.bom + "".join([line + eol for line, eol in zip(lines, self.eols)])

    def word_line(self, position: int) -> int:
        """Return the number, from 0, of the line in the file of the word at `position` (0-based)."""
        words = [at for at, part in enumerate(self.parts) if not isinstance(part, str)]
        return words[position] - self.added

    def comments(self) -> list[str]:
        """Return the comment lines, with their `#`."""
        return [part for part in self.parts if isinstance(part, str) and part.startswith("#")]

    def others(self) -> Iterator[str]:
        """Yield the lines of multiword tokens and empty nodes."""
        lines = (part for part in self.parts if isinstance(part, str))
        return (line for line in lines if line.strip(" \t") and not line.startswith("#"))

    def comment_value(self, key: str) -> str | None:
        """Return the value of the first `# key = ...` comment; None if there is none."""
        for comment in self.comments():
            name, equals, value = comment[1:].partition("=")
            if equals and name.strip() == key:
                return value.strip()
        return None

    def set_comment(self, key: str, value: str) -> None:
        """Write the value of the first `# key = ...` comment, or a new one.

        A new one comes before the other comments, but after those of documents and paragraphs and after `# sent_id`.

        Raises:
            UsageError: The value is no string, has a tab or line break in it, or is empty.
        """
        if not isinstance(value, str):
            raise unfit(key, value, "a string")
        check_values([value])
        value = value.strip()
        if not value:
            raise UsageError(f"{key} is empty: give a value")
        for at, part in enumerate(self.parts):
            if isinstance(part, str) and part.startswith("#"):
                name, equals, _ = part[1:].partition("=")
                if equals and name.strip() == key:
                    self.parts[at] = f"#{name}= {value}"
                    return
        place = next(at for at, part in enumerate(self.parts) if not self._comes_before(part, key))
        self.parts.insert(place, f"# {key} = {value}")
        if self.eols is not None:
            self.eols.insert(place, self.eols[place] or "\n")
        self.added += 1

    def insert_first(self, comments: Sequence[str]) -> None:
        """Insert comments before all others, but after `# global.columns`, which must be the first line of a file."""
        place = next(at for at, part in enumerate(self.parts) if not isinstance(part, str) or part.strip(" \t"))
        place += _GLOBAL_COLUMNS.match(str(self.parts[place])) is not None
        self.parts[place:place] = comments
        if self.eols is not None:
            self.eols[place:place] = [self.eols[place] or "\n"] * len(comments)
        self.added += len(comments)

    def _comes_before(self, part: Part, key: str) -> bool:
        if not isinstance(part, str):
            return False
        is_id = part.startswith("#") and part[1:].partition("=")[0].strip() == "sent_id"
        return not part.strip(" \t") or _DOCUMENT_COMMENT.match(part) is not None or (is_id and key != "sent_id")

    def clear_deps(self) -> None:
        """Empty DEPS of the empty nodes."""
        for at, part in enumerate(self.parts):
            if isinstance(part, str) and EMPTY_NODE.fullmatch(part.partition("\t")[0]):
                columns = part.split("\t")
                columns[DEPS] = "_"
                self.parts[at] = "\t".join(columns)


def lines_of_words(
    forms: Sequence[str],
    *,
    comments: Iterable[str],
    misc: Sequence[str] | None,
    multiword_tokens: Iterable[MultiwordToken],
) -> tuple[list[Part], list[list[str]], list[MultiwordToken]]:
    """Make the lines of a new sentence of untagged, unattached words, which have been checked.

    Returns:
        All lines, the columns of the words among them, and the multiword tokens.

    Raises:
        UsageError: See `arcparser.treebank.sentence.Sentence.from_words`.
    """
    if misc is not None:
        misc = as_list("misc", misc, "a list of a string for each word")
        if len(misc) != len(forms):
            problem = f"{count(len(misc), 'MISC value')} for {count(len(forms), 'word')}"
            raise UsageError(f"{problem}: give one for each word")
    comments = as_list("comments", comments, "a list of comment lines")
    check_values([*comments, *(misc or ())])
    parts: list[Part] = [text if text.startswith("#") else f"# {text}" for text in comments]
    tokens = checked_multiword_tokens(multiword_tokens)
    names = numerals(len(forms))
    values = ["_"] * len(forms) if misc is None else misc
    rows = [[i, form, "_", "_", "_", "_", "_", "_", "_", m or "_"] for i, form, m in zip(names[1:], forms, values)]
    if not tokens:
        return [*parts, *rows, "", ""], rows, tokens
    starts = {token.first: token for token in tokens}
    covered = 0
    for number, row in enumerate(rows, start=1):
        token = starts.pop(number, None)
        if token is not None:
            if not token.form or not covered < token.first <= token.last <= len(rows):
                raise UsageError(f"{quote(token, 80)} overlaps another, or is empty: correct its words and form")
            columns = [f"{token.first}-{token.last}", token.form, *("_" * 7), token.misc or "_"]
            parts.append("\t".join(columns))
            covered = token.last
        parts.append(row)
    if starts:
        token = starts.popitem()[1]
        raise UsageError(f"{quote(token, 80)} begins at a word that does not exist: correct its words")
    return [*parts, "", ""], rows, tokens
