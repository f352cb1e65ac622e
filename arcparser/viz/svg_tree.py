"""Draw a dependency tree as SVG: words in a row with arcs above them, or a word a line with arcs beside it.

The pictures follow displaCy (Explosion, https://github.com/explosion/displacy), with these differences: each
word takes the room that it and its labels need, arcs stand 26 pixels apart, arcs can be marked as wrong or
missing, everything is escaped, and the same tree gives the same bytes. A row is mirrored for scripts that are
written from right to left.

The height of an arc is its level: one more than the highest level of the arcs within its span. Arcs are
placed from the shortest to the longest.

Here it is computed where everything goes; `templates/tree_row.svg` and `templates/tree_column.svg` write it down,
`templates/svg_tree.css` gives it its colors. Widths of text are estimated, as fonts are known only where the page is
shown; the estimate is on the safe side for common sans-serif fonts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Literal

from arcparser.viz.page import element

if TYPE_CHECKING:
    from markupsafe import Markup

Kind = Literal["same", "wrong", "missing"]

_LEVEL = 26  # height of a level where words are in a row
_DETAIL = 14  # height of a line under the UPOS
_LINE = 24  # height of a line where each word has its own
_OUT = 6  # outgoing arcs leave this far beside the word's middle, where its own arc arrives
DOUBTS = (0.9, 0.7, 0.5)  # below each of them an arc has another shade
_CLASSES = {"same": "", "wrong": "w", "missing": "m"}  # of the arcs, for the style
_NARROW, _BROAD = frozenset("iljIftr.,:;'|!()[]{}\"`-/ "), frozenset("mwMW@%&—…✗✓")
_VISIBLE_FORMAT = frozenset("\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")

_Label = Sequence[tuple[str, str]]  # pieces of a label: style (`x` wrong, `g` right, `q` doubtful, none) and text


@dataclass(frozen=True)
class Word:
    """A word to be drawn.

    Attributes:
        form: The form.
        upos: Its UPOS.
        note: Is shown when the pointer rests on the word.
        details: More lines under the UPOS, or columns behind the label where each word has its own line.
    """

    form: str
    upos: str
    note: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arc:
    """An arc to be drawn, from `head` to `dependent` (positions from 0; head -1 is the artificial root).

    `label` is what the arc is called; `gold_label` is the right label, where `label` is not right although
    the arc is. Kinds: `wrong` is an arc that the gold tree has not, `missing` one that only it has.
    `probability` is that of the arc and its label; an arc is shaded, and bears it, if it is below 0.9.
    """

    head: int
    dependent: int
    label: str
    kind: Kind = "same"
    gold_label: str = ""
    probability: float | None = None

    @property
    def doubt(self) -> int:
        """How doubtful it is, from 0 to 3."""
        return 0 if self.probability is None else sum(self.probability < limit for limit in DOUBTS)

    @property
    def classes(self) -> str:
        """The classes of the element, for the style."""
        return " ".join(filter(None, (_CLASSES[self.kind], f"q{self.doubt}" if self.doubt else "")))


@dataclass(frozen=True)
class Drawing:
    """A tree that is drawn: an SVG element, and its width and height in pixels."""

    svg: Markup
    width: int
    height: int


def text_pixels(text: str, size: float) -> float:
    """Estimate the width of text in a sans-serif font of `size` pixels."""
    ems = 0.0
    for character in text:
        ems += _ems(character)
    return ems * size


@cache
def _ems(character: str) -> float:
    """Estimate the width of a character, where the size of the font is 1."""
    if character in _NARROW:
        return 0.4
    if character in _BROAD:
        return 0.95
    if character.isascii():
        return 0.7 if character.isupper() else 0.61
    category = unicodedata.category(character)
    if category in ("Mn", "Me") or (category == "Cf" and character not in _VISIBLE_FORMAT):
        return 0.0
    if "\u1160" <= character <= "\u11ff":  # vowels and final consonants that join a Hangul syllable
        return 0.0
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.68


def arc_levels(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return the level (1 ...) of each arc, given by its left and right word.

    For [(0, 1), (0, 3), (2, 3)]: [1, 2, 1].
    """
    highest = [0] * max((right for _, right in spans), default=0)  # between a word and the next
    levels = [0] * len(spans)
    for index in sorted(range(len(spans)), key=lambda index: spans[index][1] - spans[index][0]):
        left, right = spans[index]
        levels[index] = max(highest[left:right]) + 1
        highest[left:right] = [levels[index]] * (right - left)
    return levels


def row_width(words: Sequence[Word], arcs: Sequence[Arc]) -> int:
    """Return the width in pixels of what `draw_row` draws."""
    return round(_word_middles(words, arcs)[1])


def draw_row(words: Sequence[Word], arcs: Sequence[Arc], *, right_to_left: bool = False) -> Drawing:
    """Draw words in a row, arcs above them; arcs of kind `missing` below them."""
    middles, width = _word_middles(words, arcs)  # [words]
    if right_to_left:
        middles = [width - middle for middle in middles]
    upper, upper_top = _with_levels([arc for arc in arcs if arc.kind != "missing"])
    lower, lower_top = _with_levels([arc for arc in arcs if arc.kind == "missing"])
    base = upper_top * _LEVEL + 12
    bottom = base + 44 + _DETAIL * max((len(word.details) for word in words), default=0)
    height = bottom + (lower_top * _LEVEL + 14 if lower else 0)
    above = [_row_arc(arc, middles, base, base - level * _LEVEL) for arc, level in upper]
    below = [_row_arc(arc, middles, bottom, bottom + level * _LEVEL) for arc, level in lower]
    svg = element(
        "tree_row.svg",
        right_to_left=right_to_left,
        width=f"{width:.0f}",
        height=height,
        arcs=above + below,
        words=[
            (word.form, word.note, f"{x:.0f}", [(line, base + 36 + _DETAIL * i) for i, line in enumerate(lines)])
            for word, x, lines in ((word, x, (word.upos, *word.details)) for word, x in zip(words, middles))
        ],
        form_y=base + 20,
    )
    return Drawing(svg, round(width), height)


def draw_column(words: Sequence[Word], arcs: Sequence[Arc], *, right_to_left: bool = False) -> Drawing:
    """Draw one word per line with its UPOS, DEPREL and details, all arcs at the side where the line begins."""
    placed, top = _with_levels(arcs)
    gap = max(5.0, min(14.0, 150 / max(top, 1)))  # between levels
    base = round(gap * top + 12)  # where the arcs end
    forms = base + 6
    tags = forms + max(text_pixels(word.form, 15) for word in words) + 10
    labels = tags + max(text_pixels(word.upos, 11) for word in words) + 10
    labeled: list[list[Arc]] = [[] for _ in words]
    for arc in arcs:
        labeled[arc.dependent].append(arc)
    texts = list(map(_label_in_column, labeled))
    details = labels + max(map(_label_pixels, texts)) + 6
    written = ["  ".join(word.details) for word in words]
    width = details + (max(text_pixels(text, 11) for text in written) + 6 if any(written) else 0)

    def across(x: float) -> str:
        return f"{width - x if right_to_left else x:.0f}"

    shown_arcs = []
    for arc, level in placed:
        path = _column_path(arc, base, level * gap, across, right_to_left)
        head = words[arc.head].form if arc.head >= 0 else "root"
        shown_arcs.append((arc.classes, path, head, words[arc.dependent].form, arc.label))
    shown_words = []
    for position, (word, text, detail) in enumerate(zip(words, texts, written)):
        y = round((position + 0.5) * _LINE) + 5
        shown_words.append((word.form, word.upos, word.note, _spaced(text), detail, y))
    height = len(words) * _LINE
    svg = element(
        "tree_column.svg",
        right_to_left=right_to_left,
        width=f"{width:.0f}",
        height=height,
        arcs=shown_arcs,
        words=shown_words,
        form_x=across(forms),
        upos_x=across(tags),
        label_x=across(labels),
        detail_x=across(details),
    )
    return Drawing(svg, round(width), height)


def _column_path(arc: Arc, base: int, reach: float, across: Callable[[float], str], right_to_left: bool) -> str:
    """Return the path of an arc beside the lines, which ends at `base` and is `reach` wide.

    `across` writes a horizontal position, which it mirrors where writing goes from right to left.
    """
    x, end = across(base - reach), across(base)
    y = round((arc.dependent + 0.5) * _LINE) + 4 * (arc.kind == "missing")  # not on top of a wrong arc
    side = 4 if right_to_left else -4
    arrow = f"m{side},-3.5l{-side},3.5l{side},3.5"
    if arc.head < 0:
        return f"M{x},{y}H{end}{arrow}"
    down = 1 if arc.dependent > arc.head else -1
    start = round((arc.head + 0.5) * _LINE) + down * _OUT
    bend = min(8.0, reach, abs(y - start) / 2)
    bent = across(base - reach + bend)
    return (
        f"M{end},{start}H{bent}Q{x},{start} {x},{start + down * bend:g}"
        f"V{y - down * bend:g}Q{x},{y} {bent},{y}H{end}{arrow}"
    )


def _word_middles(words: Sequence[Word], arcs: Sequence[Arc]) -> tuple[list[float], float]:
    """Return the middle of each word in a row (from the left), and the width of the row.

    Words do not touch, and each arc is as long as its label.
    """
    halves = [
        max(text_pixels(word.form, 15), *(text_pixels(line, 11) for line in (word.upos, *word.details)), 14) / 2
        for word in words
    ]
    shortest: list[list[tuple[int, float]]] = [[] for _ in words]  # per right word: left word, length
    for arc in arcs:
        room = _label_pixels(_label_on_arc(arc))
        if arc.head < 0:
            halves[arc.dependent] = max(halves[arc.dependent], room / 2)
        else:
            left, right = sorted((arc.head, arc.dependent))
            shortest[right].append((left, room + 2 * _OUT + 16))
    middles: list[float] = []
    for position, half in enumerate(halves):
        middle = half + 4 if not position else middles[-1] + halves[position - 1] + half + 14
        middles.append(max([middle, *(middles[left] + length for left, length in shortest[position])]))
    return middles, middles[-1] + halves[-1] + 4


def _with_levels(arcs: Sequence[Arc]) -> tuple[list[tuple[Arc, int]], int]:
    """Return arcs with their levels, and the highest; the arc from the artificial root is higher than all others."""
    inner = [arc for arc in arcs if arc.head >= 0]
    levels = arc_levels([(min(arc.head, arc.dependent), max(arc.head, arc.dependent)) for arc in inner])
    placed = list(zip(inner, levels))
    top = max(levels, default=0)
    roots = [arc for arc in arcs if arc.head < 0]
    return [*((arc, top + 1) for arc in roots), *placed], top + bool(roots)


def _row_arc(arc: Arc, middles: Sequence[float], base: int, y: int) -> tuple[str, str, str, int, _Label]:
    """Place an arc that ends at height `base` and has its label at height `y`, above or below.

    Returns:
        Its class, its path, where its label is (x, y), and the label.
    """
    end = middles[arc.dependent]
    up = 1 if y > base else -1
    arrow = f"m-3.5,{up * 5}l3.5,{-up * 5}l3.5,{up * 5}"
    if arc.head < 0:
        middle = end
        path = f"M{end:.0f},{y}V{base}{arrow}"
    else:
        right = 1 if end > middles[arc.head] else -1
        start = middles[arc.head] + right * _OUT
        middle = (start + end) / 2
        bend = min(12.0, abs(end - start) / 2) * right
        fall = min(12.0, abs(y - base)) * -up
        path = (
            f"M{start:.0f},{base}V{y + fall:g}Q{start:.0f},{y} {start + bend:.0f},{y}"
            f"H{end - bend:.0f}Q{end:.0f},{y} {end:.0f},{y + fall:g}V{base}{arrow}"
        )
    return arc.classes, path, f"{middle:.0f}", y + 4, _spaced(_label_on_arc(arc))


def _label_on_arc(arc: Arc) -> _Label:
    """Return the label of an arc."""
    if arc.kind == "missing":
        return [("g", f"✓{arc.label}")]
    percent = _percent(arc)
    if arc.kind == "wrong":
        return [("x", f"✗{arc.label}"), *percent]
    if arc.gold_label:
        return [("x", f"✗{arc.label}"), ("g", f"✓{arc.gold_label}"), *percent]
    return [("", arc.label), *percent]


def _percent(arc: Arc) -> _Label:
    """Return how probable a doubtful arc is."""
    return [("q", f"{100 * arc.probability:.0f} %")] if arc.doubt and arc.probability is not None else []


def _label_in_column(arcs: Sequence[Arc]) -> _Label:
    """Return the labels of all arcs to one word, where they stand beside the word."""
    if not arcs:
        return []
    kinds = {arc.kind: arc for arc in arcs}
    if "same" in kinds:
        return _label_on_arc(kinds["same"])
    wrong, right = kinds.get("wrong"), kinds.get("missing")
    if wrong and right and wrong.label == right.label:
        return [("x", "✗head"), ("", wrong.label), *_percent(wrong)]
    return [("x", "✗head"), *chain.from_iterable(map(_label_on_arc, filter(None, (wrong, right))))]


def _label_pixels(label: _Label) -> float:
    """Estimate the width of a label."""
    bold = 1.15  # times as wide as regular letters
    return sum(text_pixels(f"{text} ", 12) * (bold if style else 1.0) for style, text in label)


def _spaced(label: _Label) -> _Label:
    """Put a space between the pieces of a label."""
    return label if len(label) < 2 else [label[0], *chain.from_iterable((("", " "), piece) for piece in label[1:])]
