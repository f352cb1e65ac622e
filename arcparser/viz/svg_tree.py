"""A dependency tree as SVG: words in a row with arcs above them, or one word per line with arcs beside it.

The pictures follow displaCy (Explosion, https://github.com/explosion/displacy), with these differences: each
word takes the room that it and its labels need, arcs stand 26 pixels apart, arcs can be marked as wrong or
missing, everything is escaped, and the same tree gives the same bytes. A row is mirrored for scripts that are
written from right to left.

The height of an arc is its level: one more than the highest level of the arcs within its span. Arcs are
placed from the shortest to the longest.

Widths of text are estimated, as fonts are known only where the page is shown; the estimate is on the safe
side for common sans-serif fonts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from arcparser.viz.page import escape
from arcparser.viz.safe_text import character_cells

Kind = Literal["same", "wrong", "missing"]

STYLE = """\
.t{display:block;overflow:visible}
.t text{font-size:15px;fill:var(--fg)}.t path{fill:none;stroke:var(--arc);stroke-width:1.5}
.t .p{font-size:11px}.t .l{font-size:12px}.t .p{fill:var(--soft)}.t.h text{text-anchor:middle}
.t.h .l{paint-order:stroke;stroke:var(--bg);stroke-width:5px;stroke-linejoin:round}
.t.v.rtl text{text-anchor:end}.t.rtl .f{direction:rtl}.t.v.rtl .f{text-anchor:start}
.t g:hover path{stroke-width:3}
.t .w path{stroke:var(--bad);stroke-width:2.5}.t .m path{stroke:var(--good);stroke-width:2;stroke-dasharray:6 4}
.t .x{fill:var(--bad);font-weight:600}.t .g{fill:var(--good);font-weight:600}
"""

_LEVEL = 26  # height of a level where words are in a row
_LINE = 24  # height of a line where each word has its own
_OUT = 6  # outgoing arcs leave this far beside the word's middle, where its own arc arrives
_NARROW, _BROAD = frozenset("iljIftr.,:;'|!()[]{}\"`-/ "), frozenset("mwMW@%&—…✗✓")


@dataclass(frozen=True)
class Word:
    """A word to be drawn. `note` is shown when the pointer rests on it."""

    form: str
    upos: str
    note: str = ""


@dataclass(frozen=True)
class Arc:
    """An arc to be drawn, from `head` to `dependent` (positions from 0; head -1 is the artificial root).

    `label` is what the arc is called; `gold_label` is the right label, where `label` is not right although
    the arc is. Kinds: `wrong` is an arc that the gold tree has not, `missing` one that only it has.
    """

    head: int
    dependent: int
    label: str
    kind: Kind = "same"
    gold_label: str = ""


@dataclass(frozen=True)
class Drawing:
    """A tree that is drawn: an SVG element, and its height in pixels."""

    svg: str
    height: int


def text_pixels(text: str, size: float) -> float:
    """Estimated width of text in a sans-serif font of `size` pixels."""
    ems = 0.0
    for character in text:
        if character in _NARROW:
            ems += 0.4
        elif character in _BROAD:
            ems += 0.95
        elif character.isascii():
            ems += 0.7 if character.isupper() else 0.61
        else:
            ems += (0.0, 0.68, 1.05)[character_cells(character)]
    return ems * size


def arc_levels(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Level (1 ...) of each arc, given by its left and right word. [(0, 1), (0, 3), (2, 3)]: [1, 2, 1]."""
    highest = [0] * max((right for _, right in spans), default=0)  # between a word and the next
    levels = [0] * len(spans)
    for index in sorted(range(len(spans)), key=lambda index: spans[index][1] - spans[index][0]):
        left, right = spans[index]
        levels[index] = max(highest[left:right]) + 1
        highest[left:right] = [levels[index]] * (right - left)
    return levels


def row_width(words: Sequence[Word], arcs: Sequence[Arc]) -> int:
    """Width in pixels of `draw_row`."""
    return round(_word_middles(words, arcs)[1])


def draw_row(words: Sequence[Word], arcs: Sequence[Arc], *, right_to_left: bool = False) -> Drawing:
    """Words in a row, arcs above them; arcs of kind `missing` below them."""
    middles, width = _word_middles(words, arcs)  # [words]
    if right_to_left:
        middles = [width - middle for middle in middles]
    upper, upper_top = _with_levels([arc for arc in arcs if arc.kind != "missing"])
    lower, lower_top = _with_levels([arc for arc in arcs if arc.kind == "missing"])
    base = upper_top * _LEVEL + 12
    parts = []
    for arc, level in upper:
        parts.append(_row_arc(arc, middles, base, base - level * _LEVEL))
    for arc, level in lower:
        parts.append(_row_arc(arc, middles, base + 44, base + 44 + level * _LEVEL))
    for word, x in zip(words, middles):
        parts.append(
            f'<text class="f" x="{x:.0f}" y="{base + 20}">{_note(word)}{escape(word.form)}</text>'
            f'<text class="p" x="{x:.0f}" y="{base + 36}">{escape(word.upos)}</text>'
        )
    height = base + 44 + (lower_top * _LEVEL + 14 if lower else 0)
    return _svg("h", width, height, parts, right_to_left)


def draw_column(words: Sequence[Word], arcs: Sequence[Arc], *, right_to_left: bool = False) -> Drawing:
    """One word per line with its UPOS and DEPREL, all arcs at the side where the line begins."""
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
    width = labels + max(map(_label_pixels, texts)) + 6

    def across(x: float) -> str:
        return f"{width - x if right_to_left else x:.0f}"

    parts = []
    for arc, level in placed:
        x, end = base - level * gap, across(base)
        y = round((arc.dependent + 0.5) * _LINE) + 4 * (arc.kind == "missing")  # not on top of a wrong arc
        side = 4 if right_to_left else -4
        arrow = f"m{side},-3.5l{-side},3.5l{side},3.5"
        if arc.head < 0:
            path = f"M{across(x)},{y}H{end}{arrow}"
        else:
            down = 1 if arc.dependent > arc.head else -1
            start = round((arc.head + 0.5) * _LINE) + down * _OUT
            bend = min(8.0, level * gap, abs(y - start) / 2)
            path = (
                f"M{end},{start}H{across(x + bend)}Q{across(x)},{start} {across(x)},{start + down * bend:g}"
                f"V{y - down * bend:g}Q{across(x)},{y} {across(x + bend)},{y}H{end}{arrow}"
            )
        head = words[arc.head].form if arc.head >= 0 else "root"
        title = escape(f"{head} → {words[arc.dependent].form}: {arc.label}")
        parts.append(f'<g{_kind(arc)}><title>{title}</title><path d="{path}"/></g>')
    for position, (word, text) in enumerate(zip(words, texts)):
        y = round((position + 0.5) * _LINE) + 5
        parts.append(
            f'<text class="f" x="{across(forms)}" y="{y}">{_note(word)}{escape(word.form)}</text>'
            f'<text class="p" x="{across(tags)}" y="{y}">{escape(word.upos)}</text>'
            f'<text class="l" x="{across(labels)}" y="{y}">{_spans(text)}</text>'
        )
    return _svg("v", width, len(words) * _LINE, parts, right_to_left)


def _word_middles(words: Sequence[Word], arcs: Sequence[Arc]) -> tuple[list[float], float]:
    """The middle of each word in a row (from the left), and the width of the row: words do not touch, and
    each arc is as long as its label."""
    halves = [max(text_pixels(word.form, 15), text_pixels(word.upos, 11), 14) / 2 for word in words]
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
    """Arcs with their levels, and the highest; the arc from the artificial root is higher than all others."""
    inner = [arc for arc in arcs if arc.head >= 0]
    levels = arc_levels([(min(arc.head, arc.dependent), max(arc.head, arc.dependent)) for arc in inner])
    placed = list(zip(inner, levels))
    top = max(levels, default=0)
    roots = [arc for arc in arcs if arc.head < 0]
    return [*((arc, top + 1) for arc in roots), *placed], top + bool(roots)


def _row_arc(arc: Arc, middles: Sequence[float], base: float, y: float) -> str:
    """An arc that ends at height `base` and has its label at height `y`, above or below."""
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
    text = f'<text class="l" x="{middle:.0f}" y="{y + 4}">{_spans(_label_on_arc(arc))}</text>'
    return f'<g{_kind(arc)}><path d="{path}"/>{text}</g>'


def _label_on_arc(arc: Arc) -> list[tuple[str, str]]:
    """The label of an arc as pairs of style (`x` wrong, `g` right, none) and text."""
    if arc.kind == "missing":
        return [("g", f"✓{arc.label}")]
    if arc.kind == "wrong":
        return [("x", f"✗{arc.label}")]
    if arc.gold_label:
        return [("x", f"✗{arc.label}"), ("g", f"✓{arc.gold_label}")]
    return [("", arc.label)]


def _label_in_column(arcs: Sequence[Arc]) -> list[tuple[str, str]]:
    """The same for all arcs to one word, where the label stands beside the word."""
    kinds = {arc.kind: arc for arc in arcs}
    if "same" in kinds:
        return _label_on_arc(kinds["same"])
    wrong, right = kinds.get("wrong"), kinds.get("missing")
    if wrong and right and wrong.label == right.label:
        return [("x", "✗head"), ("", wrong.label)]
    return [("x", "✗head"), *chain.from_iterable(map(_label_on_arc, filter(None, (wrong, right))))]


def _label_pixels(parts: Sequence[tuple[str, str]]) -> float:
    bold = 1.15  # times as wide as regular letters
    return sum(text_pixels(f"{text} ", 12) * (bold if style else 1.0) for style, text in parts)


def _spans(parts: Sequence[tuple[str, str]]) -> str:
    return " ".join(
        f'<tspan class="{style}">{escape(text)}</tspan>' if style else escape(text) for style, text in parts
    )


def _kind(arc: Arc) -> str:
    return {"same": "", "wrong": ' class="w"', "missing": ' class="m"'}[arc.kind]


def _note(word: Word) -> str:
    return f"<title>{escape(word.note)}</title>" if word.note else ""


def _svg(layout: str, width: float, height: int, parts: Sequence[str], right_to_left: bool) -> Drawing:
    size = f'width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
    rtl = " rtl" if right_to_left else ""
    return Drawing(f'<svg class="t {layout}{rtl}" role="img" {size}>{"".join(parts)}</svg>', height)
