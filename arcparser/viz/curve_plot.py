"""Draw a learning curve as an SVG picture: what was measured, the curve through it, and beyond that its dashed end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from arcparser.files import atomic_writer
from arcparser.types import PathLike
from arcparser.viz.page import template

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 24, 48


def curve_svg(points: Sequence[tuple[float, float]], fitted: Callable[[float], float], *, end: float) -> str:
    """Return a picture of LAS by the number of sentences, whose axis is logarithmic.

    Args:
        points: Sentences and LAS of each part, the smallest first.
        fitted: The LAS of the curve for a number of sentences.
        end: The number of sentences that the curve is extrapolated to.
    """
    first, last = points[0][0], points[-1][0]
    values = [y for _, y in points] + [fitted(x) for x in (first, last, end)]
    low = max(0, 5 * math.floor(min(values) / 5))
    high = max(low + 5, min(100, 5 * math.ceil(max(values) / 5)))

    def at(x: float, y: float) -> tuple[str, str]:
        across = math.log(x / first) / max(math.log(end / first), 1e-9)
        up = (y - low) / (high - low)
        return (
            f"{_LEFT + across * (_WIDTH - _LEFT - _RIGHT):.1f}",
            f"{_HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM):.1f}",
        )

    def line(start: float, stop: float) -> str:
        steps = [start * (stop / start) ** (i / 40) for i in range(41)]
        return " ".join(",".join(at(x, fitted(x))) for x in steps)

    step = 5 if high - low <= 40 else 10
    return template("curve.svg").render(
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        bottom=_HEIGHT - _BOTTOM,
        marks=[(mark, at(first, mark)[1]) for mark in range(low, high + 1, step)],
        sizes=[(f"{x:,.0f}", at(x, low)[0]) for x in [*(x for x, _ in points), end]],
        measured=[(*at(x, y), f"{y:.2f}") for x, y in points],
        curve=line(first, last),
        extrapolation=line(last, end),
        end=(*at(end, fitted(end)), f"{fitted(end):.2f}"),
    )


def write_curve(
    path: PathLike, points: Sequence[tuple[float, float]], fitted: Callable[[float], float], *, end: float
) -> None:
    """Write the picture of `curve_svg` to a file, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    picture = curve_svg(points, fitted, end=end)
    with atomic_writer(path) as stream:
        stream.write(picture.encode())
