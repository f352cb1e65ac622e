"""Show the epochs of trainings on one page: dev scores, losses by part, learning rate, branches and their mean.

The page (`templates/history_page.html`) is SVG and tables in one file that needs no network; what is on it comes from
`arcparser.viz.history`. Each branch goes on from the epoch where they part; the mean of the branches is a diamond.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arcparser.files import open_output
from arcparser.types import PathLike
from arcparser.viz.history import Epoch, History, history_rows, summary
from arcparser.viz.page import element, template

if TYPE_CHECKING:
    from markupsafe import Markup

_WIDTH, _HEIGHT = 760, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 14, 34
_MARKS = 6  # on an axis, about
_COLORS = 8


@dataclass(frozen=True)
class _Series:
    """A line of a plot: what it is called, and its value in an epoch and of the mean of branches (None: no point)."""

    name: str
    of: Callable[[Epoch], float | None]
    mean: float | None = None


def history_html(histories: Sequence[History], *, title: str = "") -> str:
    """Return one self-contained page of one training or several, one after the other."""
    return template("history_page.html").render(
        title=title or ", ".join(history.name for history in histories),
        language="en",
        parts=[
            {
                "name": history.name if len(histories) > 1 else "",
                "summary": summary(history),
                "plots": _plots(history),
                "rows": history_rows(history, parts=True),
            }
            for history in histories
        ],
    )


def write_history(path: PathLike, histories: Sequence[History], *, title: str = "") -> None:
    """Write the page of `history_html` to a file, whole or not at all; `-` is standard output.

    Raises:
        OutputError: The file cannot be written.
    """
    page = history_html(histories, title=title)
    with open_output(path) as stream:
        stream.write(page.encode())


def _plots(history: History) -> list[tuple[str, str, Markup]]:
    """Draw the plots, each with its heading and a sentence about it."""
    losses = [_Series(name, _loss_of(name)) for name in history.epochs[0].losses]
    scores = [_Series(name, _score_of(name), history.mean.get(name)) for name in history.metrics]
    plots = [
        ("Dev scores", "percent, on the dev file", _plot(history, scores, "dev scores", from_zero=False)),
        (
            "Loss by part",
            "nats a word, on the training sentences, with all noise",
            _plot(history, losses, "losses by part"),
        ),
    ]
    if any(epoch.accuracy is not None for epoch in history.epochs):
        transitions = [_Series("transitions that are right", _accuracy)]
        about = "percent, on the training sentences, with all noise"
        plots.append(("Transitions", about, _plot(history, transitions, "transitions that are right", from_zero=False)))
    if any(epoch.rate is not None for epoch in history.epochs):
        rate = [_Series("learning rate", lambda epoch: epoch.rate)]
        plots.append(("Learning rate", "at the end of each epoch", _plot(history, rate, "learning rate")))
    return plots


def _loss_of(name: str) -> Callable[[Epoch], float | None]:
    return lambda epoch: epoch.losses.get(name)


def _score_of(name: str) -> Callable[[Epoch], float | None]:
    return lambda epoch: epoch.dev.get(name)


def _accuracy(epoch: Epoch) -> float | None:
    return None if epoch.accuracy is None else 100 * epoch.accuracy


def _plot(history: History, series: Sequence[_Series], heading: str, *, from_zero: bool = True) -> Markup:
    """Draw lines over the epochs, one for each series, which part where the branches do."""
    values = [value for line in series for value in (*map(line.of, history.epochs), line.mean) if value is not None]
    low, high, step = _scale(0.0 if from_zero else min(values, default=0.0), max(values, default=1.0))
    last = max(epoch.number for epoch in history.epochs)

    def across(number: float) -> float:
        return _LEFT + (number - 1) / max(last - 1, 1) * (_WIDTH - _LEFT - _RIGHT)

    def at(number: float, value: float) -> tuple[str, str]:
        up = (value - low) / (high - low)
        return f"{across(number):.1f}", f"{_HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM):.1f}"

    lines, dots, means = [], [], []
    for color, one in enumerate(series):
        style = f"c{color % _COLORS}"
        for branch, epochs in _ways(history):
            points = [(epoch.number, value) for epoch in epochs if (value := one.of(epoch)) is not None]
            lines.append((style, branch > 1, " ".join(",".join(at(*point)) for point in points)))
        for epoch in history.epochs:
            value = one.of(epoch)
            if value is not None:
                where = f"epoch {epoch.number}" + (f" of branch {epoch.branch}" if epoch.branch else "")
                dots.append((style, *at(epoch.number, value), f"{one.name}, {where}: {value:.4g}"))
        if one.mean is not None:
            text = f"{one.name}, mean of {history.mean_of} branches: {one.mean:.4g}"
            means.append((style, *at(last, one.mean), text))
    return element(
        "history_plot.svg",
        heading=heading,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        bottom=_HEIGHT - _BOTTOM,
        marks=[(f"{mark:.6g}", at(1, mark)[1]) for mark in _steps(low, high, step)],
        epochs=[(number, f"{across(number):.1f}") for number in _epoch_marks(last)],
        lines=lines,
        dots=dots,
        means=means,
        names=[(f"c{color % _COLORS}", one.name) for color, one in enumerate(series)] if len(series) > 1 else [],
    )


def _ways(history: History) -> list[tuple[int, list[Epoch]]]:
    """Return the epochs of each line: those before the branches part, and of each branch from there on."""
    branches = dict(history.branches)
    stem = branches.pop(0, [])
    return [(0, stem), *((branch, [*stem[-1:], *epochs]) for branch, epochs in branches.items())]


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Return round ends of an axis on which all values are, and the step between its marks."""
    spread = max(high - low, abs(high) * 1e-3, 1e-9)
    rough = spread / _MARKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    bottom = step * math.floor(low / step)
    return bottom, max(step * math.ceil(high / step), bottom + step), step


def _steps(low: float, high: float, step: float) -> Iterable[float]:
    return [low + step * i for i in range(round((high - low) / step) + 1)]


def _epoch_marks(last: int) -> list[int]:
    """Return which epochs are named under a plot: all, or every second, fifth, tenth ... and the last."""
    step = next(
        size for power in (1, 10, 100, 1000, 10**9) for size in (power, 2 * power, 5 * power) if last <= 12 * size
    )
    marks = [1, *range(step, last + 1, step)] if step > 1 else list(range(1, last + 1))
    return marks if last in marks else [mark for mark in marks if last - mark >= step / 2] + [last]
