"""Read what a training has written of its epochs, and show it as a table.

`train` writes a JSON object a line to `MODEL.epochs.jsonl`: the losses in nats a word, by their parts, the scores on
the dev file in percent, the learning rate at the end of the epoch, the branch, and with the last epoch the mean of the
branches (`arcparser.training.trainer`). Files of before lack the rate and the mean.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arcparser.errors import InputError, clean
from arcparser.files import open_input, shown_name
from arcparser.types import PathLike

METRICS = ("UPOS", "UAS", "LAS", "Lemmas")


@dataclass(frozen=True)
class Epoch:
    """Hold an epoch of a training.

    Attributes:
        number: Of its way from the start to an end.
        branch: 0 before the branches part.
        seconds: How long it took.
        losses: In nats a word, by the part of the network.
        accuracy: The share of transitions that were right in training.
        dev: Scores in percent, by their names.
        rate: The learning rate at its end; None if it is not known.
    """

    number: int
    branch: int
    seconds: float
    losses: Mapping[str, float]
    accuracy: float | None
    dev: Mapping[str, float]
    rate: float | None

    @property
    def loss(self) -> float:
        """The sum of all parts."""
        return sum(self.losses.values())


@dataclass(frozen=True)
class History:
    """Hold all epochs of a training.

    Attributes:
        name: Of its file.
        epochs: In the order in which they were trained: the branches come one after the other.
        mean_of: Of how many branches the mean was scored; 0 if none was.
        mean: Its scores.
    """

    name: str
    epochs: Sequence[Epoch]
    mean_of: int
    mean: Mapping[str, float]

    @property
    def best(self) -> Epoch:
        """The epoch of the highest LAS, the first of several."""
        return max(self.epochs, key=lambda epoch: epoch.dev["LAS"])

    @property
    def seconds(self) -> float:
        """How long all epochs took."""
        return sum(epoch.seconds for epoch in self.epochs)

    @property
    def metrics(self) -> list[str]:
        """Those of `METRICS` that the file has."""
        return [name for name in METRICS if all(name in epoch.dev for epoch in self.epochs)]

    @property
    def branches(self) -> dict[int, list[Epoch]]:
        """The epochs of each branch, and of 0 those before they part."""
        found: dict[int, list[Epoch]] = {}
        for epoch in self.epochs:
            found.setdefault(epoch.branch, []).append(epoch)
        return found


def read_history(path: PathLike) -> History:
    """Read the epochs of a training.

    Args:
        path: `MODEL.epochs.jsonl`; `-` is standard input.

    Raises:
        InputError: It cannot be read, holds no epoch, or something else.
    """
    name, epochs = shown_name(path), []
    mean: dict[str, Any] = {}
    mean_of, scores = 0, {}
    with open_input(path) as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                try:
                    entry = json.loads(line)
                    epochs.append(_epoch(entry))
                    mean = entry.get("mean", mean)
                    mean_of, scores = int(mean.get("of", 0)), _numbers(mean.get("dev", {}))
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    problem = "is no epoch of a training: give the MODEL.epochs.jsonl that train has written"
                    raise InputError(problem, name, number) from None
    if not epochs:
        raise InputError("has no epochs: give the MODEL.epochs.jsonl that train has written", name)
    return History(name, epochs, mean_of, scores)


def _epoch(entry: Mapping[str, Any]) -> Epoch:
    """Read an epoch.

    Raises:
        ValueError: A number is none.
        KeyError: Something is missing.
        TypeError: It is of another type.
    """
    losses = _numbers(entry["train"])
    accuracy = losses.pop("accuracy", None)
    dev = _numbers(entry["dev"])
    rate = entry.get("rate")
    found = _numbers({"seconds": entry["seconds"], "LAS": dev["LAS"], **({} if rate is None else {"rate": rate})})
    number, branch = entry["epoch"], entry["branch"]
    if type(number) is not int or type(branch) is not int or not losses:
        raise ValueError("an epoch that is none")
    return Epoch(number, branch, found["seconds"], losses, accuracy, dev, found.get("rate"))


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return finite numbers by their names.

    Raises:
        ValueError: One is no such number.
    """
    for value in values.values():
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ValueError("a number that is none")
    return {str(name): float(value) for name, value in values.items()}


def history_rows(history: History, *, parts: bool) -> list[list[str]]:
    """Return the head and the lines of a table: an epoch a line, the mean of the branches last.

    Args:
        history: What to show.
        parts: Also show each part of the loss.
    """
    metrics, best = history.metrics, history.best
    names = list(history.epochs[0].losses) if parts else []
    rows = [["epoch", "branch", "rate", "loss", *names, *(f"dev {name}" for name in metrics), "s"]]
    for epoch in history.epochs:
        rate = "-" if epoch.rate is None else f"{epoch.rate:.2g}"
        losses = [f"{value:.3f}" for value in (epoch.loss, *(epoch.losses.get(name, 0.0) for name in names))]
        scores = [f"{epoch.dev[name]:.2f}" for name in metrics]
        number = f"{epoch.number}*" if epoch is best else f"{epoch.number}"
        rows.append([number, str(epoch.branch or "-"), rate, *losses, *scores, f"{epoch.seconds:.1f}"])
    if history.mean_of:
        scores = [f"{history.mean[name]:.2f}" if name in history.mean else "-" for name in metrics]
        rows.append([f"mean of {history.mean_of}", "", "", "", *("" for _ in names), *scores, ""])
    return [[clean(cell) for cell in row] for row in rows]


def history_text(history: History, *, width: int) -> str:
    """Return the table as text, with a line about the best epoch; where there is room, with the parts of the loss."""
    for parts in (True, False):
        rows = history_rows(history, parts=parts)
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["  ".join(cell.rjust(size) for cell, size in zip(row, widths)).rstrip() for row in rows]
        if max(map(len, lines)) <= width:
            break
    return "\n".join([*lines, "", summary(history)])


def summary(history: History) -> str:
    """Say which epoch is the best, how good the mean of the branches is, and how long it all took."""
    best = history.best
    of_branch = f" of branch {best.branch}" if best.branch else ""
    text = f"best epoch {best.number}{of_branch}*: dev LAS {best.dev['LAS']:.2f}"
    if history.mean_of:
        text += f"; mean of {history.mean_of} branches: {history.mean.get('LAS', math.nan):.2f}"
    minutes, seconds = divmod(round(history.seconds), 60)
    took = f"{minutes} min {seconds} s" if minutes else f"{history.seconds:.1f} s"
    return f"{text}; {len(history.epochs)} epochs in {took}"
