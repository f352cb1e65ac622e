"""Measure how wide text is in a terminal, counted in cells, and fit it to a width and a direction of writing.

East Asian wide and fullwidth characters take two cells (Unicode Standard Annex 11) and combining marks none. Where the
annex says "ambiguous" a cell is one wide, as in all terminals that are not set up for CJK. Emoji that are joined from
several (a family, a flag, a skin tone) take the two cells of one.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache

_LRM = "\u200e"  # left-to-right mark, invisible
_JOINER = "\u200d"  # zero width joiner


def cells(text: str) -> int:
    """Return the number of terminal cells that the text takes."""
    if text.isascii():
        return len(text)
    return _remembered_cells(text) if len(text) < 200 else _measured_cells(text)


def _measured_cells(text: str) -> int:
    """Measure text as rich does, but for two things.

    Spacing marks, such as many vowels of the scripts of India, have a cell of their own in most terminals. A joiner
    between letters, as in Persian, does not make them one.
    """
    from rich.cells import cell_len

    if text.isalpha():  # neither marks nor joiners
        return cell_len(text)
    marks = sum(unicodedata.category(character) == "Mc" and not cell_len(character) for character in text)
    if _JOINER in text:
        following = [*text[1:], " "]
        text = "".join(a for a, b in zip(text, following) if a != _JOINER or unicodedata.category(b).startswith("S"))
    return cell_len(text) + marks


_remembered_cells = lru_cache(maxsize=4096)(_measured_cells)


def shorten(text: str, width: int) -> str:
    """Return text of at most `width` cells; what is cut off is replaced by `…`."""
    if cells(text) <= width:
        return text
    return f"{text[: _fitting(text, width - 1)]}…" if width > 0 else ""


def is_right_to_left(text: str) -> bool:
    """Return whether the text is mostly of a script written from right to left (Hebrew, Arabic, Syriac ...)."""
    if text.isascii():
        return False
    kinds = [unicodedata.bidirectional(character) for character in text]
    return kinds.count("R") + kinds.count("AL") > kinds.count("L")


def isolate(text: str) -> str:
    """Put text between left-to-right marks if any of it is written from right to left.

    A terminal that reorders such text then leaves the columns around it where they are.
    """
    if text.isascii() or not any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text):
        return text
    return f"{_LRM}{text}{_LRM}"


def wrap(text: str, width: int, *, indent: str = "") -> list[str]:
    """Break text into lines of at most `width` cells, at spaces where there are any; all but the first are indented."""
    lines: list[str] = []
    line, taken = "", 0  # cells
    for word in text.split():
        space, size = " " if line.strip() else "", cells(word)
        if taken + len(space) + size <= width:
            line, taken = line + space + word, taken + len(space) + size
            continue
        if space:
            lines.append(line)
            line, taken = indent, cells(indent)
        rest = word
        while (kept := max(_fitting(rest, width - taken), 1)) < len(rest):
            lines.append(line + rest[:kept])  # of a word longer than a line, or a script without spaces
            line, taken, rest = indent, cells(indent), rest[kept:]
        line, taken = line + rest, taken + cells(rest)
    if line.strip():
        lines.append(line)
    return lines


def _fitting(text: str, width: int) -> int:
    """Return how many of the first characters take at most `width` cells together."""
    end = max(width, 0) + 1
    while end < len(text) and cells(text[:end]) <= width:
        end *= 2  # there are characters without width
    return bisect_right(range(min(end, len(text)) + 1), max(width, 0), key=lambda count: cells(text[:count])) - 1
