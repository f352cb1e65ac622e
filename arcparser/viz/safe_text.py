"""How wide text is in a terminal, counted in cells, and text made safe to show there.

Terminals give East Asian wide and fullwidth characters two cells (Unicode Standard Annex 11) and combining
marks none. Where the annex says "ambiguous" a cell is one wide, as in all terminals that are not set up for
CJK. Emoji that are joined from several (a family, a flag) are measured as their parts, which is what the
terminals show that cannot join them.
"""

from __future__ import annotations

import unicodedata

_VISIBLE_FORMAT = frozenset("\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
_LRM = "\u200e"  # left-to-right mark, invisible


def character_cells(character: str) -> int:
    """0, 1 or 2."""
    if " " <= character <= "~":
        return 1
    if "\u1160" <= character <= "\u11ff":  # vowels and final consonants that join a Hangul syllable
        return 0
    category = unicodedata.category(character)
    if category in ("Mn", "Me") or (category == "Cf" and character not in _VISIBLE_FORMAT):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cells(text: str) -> int:
    """Number of terminal cells that the text takes."""
    return len(text) if text.isascii() else sum(map(character_cells, text))


def shorten(text: str, width: int) -> str:
    """Text of at most `width` cells; what is cut off is replaced by `…`."""
    if cells(text) <= width:
        return text
    kept = []
    room = width - 1
    for character in text:
        room -= character_cells(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…" if width > 0 else ""


def is_right_to_left(text: str) -> bool:
    """Whether the text is mostly of a script written from right to left (Hebrew, Arabic, Syriac ...)."""
    if text.isascii():
        return False
    kinds = [unicodedata.bidirectional(character) for character in text]
    return kinds.count("R") + kinds.count("AL") > kinds.count("L")


def isolate(text: str) -> str:
    """Text between left-to-right marks if any of it is written from right to left, so that a terminal which
    reorders such text leaves the columns around it where they are."""
    if text.isascii() or not any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text):
        return text
    return f"{_LRM}{text}{_LRM}"


def wrap(text: str, width: int, *, indent: str = "") -> list[str]:
    """Lines of at most `width` cells, broken at spaces where there are any; all but the first are indented."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        candidate = f"{line} {word}" if line.strip() else line + word
        if cells(candidate) <= width:
            line = candidate
            continue
        if line.strip():
            lines.append(line)
            line = indent
        for character in word:  # a word longer than a line, or a script without spaces
            if cells(line) + character_cells(character) > width and line.strip():
                lines.append(line)
                line = indent
            line += character
    if line.strip():
        lines.append(line)
    return lines
