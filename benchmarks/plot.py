"""A scatter plot as SVG, written by hand: LAS against words/s, legible on light and dark pages.

The file follows the reader's color scheme through a media query, which also works where a page shows it as an image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 56, 36, 48, 56

# Colours of the kinds of parser on a light and on a dark page; each kind has a shape as well.
COLOURS = {"arcparser": ("#0b62c4", "#6cb2ff"), "spacy": ("#b4530a", "#ffb066"), "udpipe": ("#1a7a3c", "#6fd08c")}
INK = ("#1f2328", "#e6edf3")
GRID = ("#d0d7de", "#3d444d")


class Point(NamedTuple):
    """One parser."""

    kind: str
    name: str
    speed: float  # words/s
    las: float


def scatter(points: Sequence[Point], title: str) -> str:
    """The plot: words/s on a logarithmic axis, LAS upwards."""
    x_ticks = _speed_ticks([p.speed for p in points])
    y_ticks = _las_ticks([p.las for p in points])
    low, high = math.log(x_ticks[0]), math.log(x_ticks[-1])

    def x(speed: float) -> float:
        return LEFT + (math.log(speed) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(las: float) -> float:
        return HEIGHT - BOTTOM - (las - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f"<style>{_style(0)} @media (prefers-color-scheme: dark) {{ {_style(1)} }}</style>",
        _text(LEFT, 24, title, size=15),
    ]
    for tick in x_ticks:
        parts += [
            _line(x(tick), TOP, x(tick), HEIGHT - BOTTOM),
            _text(x(tick), HEIGHT - BOTTOM + 18, f"{tick:,}", "middle"),
        ]
    for las in y_ticks:
        parts += [_line(LEFT, y(las), WIDTH - RIGHT, y(las)), _text(LEFT - 8, y(las) + 4, f"{las:g}", "end")]
    parts.append(
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, "words per second, one core, gold tokens in memory", "middle")
    )
    parts.append(_text(LEFT - 8, 38, "LAS", "end"))
    labels: list[tuple[float, float, float]] = []  # left, right, height of those written so far
    for point in sorted(points, key=lambda p: -p.las):
        px, py = x(point.speed), y(point.las)
        parts.append(_mark(point.kind, px, py))
        text = f"{point.name} {point.las:.1f} · {point.speed:,.0f}/s"
        width = 7.2 * len(text)
        left = px + 11 if px + 11 + width < WIDTH else px - 11 - width
        height = py + 4
        while any(left < end and left + width > start and abs(height - h) < 15 for start, end, h in labels):
            height += 3
        labels.append((left, left + width, height))
        parts.append(_text(left if left > px else px - 11, height, text, "start" if left > px else "end"))
    return "\n".join([*parts, "</svg>", ""])


def _style(scheme: int) -> str:
    marks = " ".join(f".{kind} {{ fill: {colors[scheme]} }}" for kind, colors in COLOURS.items())
    return f"text {{ fill: {INK[scheme]} }} line {{ stroke: {GRID[scheme]} }} {marks}"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 13) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "spacy":
        return f'<rect class="{kind}" x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12"/>'
    if kind == "udpipe":
        return f'<path class="{kind}" d="M {x:.1f} {y - 8:.1f} l 8 14 h -16 z"/>'
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="7"/>'


def _speed_ticks(speeds: Sequence[float]) -> list[int]:
    """1, 2 or 5 times a power of ten, from below the slowest to above the fastest."""
    steps = [m * 10**e for e in range(8) for m in (1, 2, 5)]
    first = max((s for s in steps if s <= min(speeds) * 0.9), default=steps[0])
    last = min((s for s in steps if s >= max(speeds) * 1.1), default=steps[-1])
    return [s for s in steps if first <= s <= last]


def _las_ticks(values: Sequence[float]) -> list[float]:
    """Six or so round values that have all of these between them."""
    spread = max(max(values) - min(values), 2)
    step = next(s for s in (0.5, 1, 2, 5, 10, 20) if spread / s <= 6)
    first = max(0.0, math.floor(min(values) / step - 0.2) * step)
    last = min(100.0, math.ceil(max(values) / step + 0.2) * step)
    return [first + i * step for i in range(round((last - first) / step) + 1)]
