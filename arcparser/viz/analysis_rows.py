"""Prepare the lines of an error analysis once, for the tables in the terminal and for the page.

Headings and layout are left to `arcparser.viz.tables` and `arcparser.viz.report_page`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arcparser.errors import clean
from arcparser.evaluation.confusions import ConfusedWord, Confusion
from arcparser.evaluation.error_analysis import Group


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, everything as it is shown.

    Attributes:
        name: What the line is about.
        figures: Counts and percentages.
        subtype: The line is about a subtype (`nsubj:pass`) of the relation above it.
        bar: The F1 of a relation to one decimal, for the bar beside it; else empty.
    """

    name: str
    figures: tuple[str, ...]
    subtype: bool = False
    bar: str = ""


@dataclass(frozen=True, slots=True)
class ConfusionRow:
    """A line for a confusion: the two relations or lemmas, the figures of `Confusion`, and examples."""

    gold: str
    system: str
    count: str
    head_right: str
    share: str
    examples: tuple[ExampleRow, ...]


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """An example of a confusion.

    Attributes:
        before: The words before it.
        form: The word that is confused.
        after: The words after it.
        heads: Its head in gold, and in the system's output where that is another.
        place: Where to find it.
    """

    before: str
    form: str
    after: str
    heads: str
    place: str

    @property
    def short_place(self) -> str:
        """The place without the folders."""
        return os.path.basename(self.place)


def relation_rows(relations: Sequence[Group], deprels: Sequence[Group]) -> list[Row]:
    """Return a row for each relation, followed by its subtypes if it has any.

    The figures: gold words, system words; LAS precision, recall and F1; share of the gold words with the right head.
    """
    subtypes: dict[str, list[Group]] = defaultdict(list)
    for group in deprels:
        subtypes[group.name.split(":")[0]].append(group)
    rows = []
    for group in relations:
        rows.append(_relation_row(group))
        own = subtypes[group.name]
        if any(part.name != group.name for part in own):
            rows += [_relation_row(part, subtype=True) for part in own]
    return rows


def group_rows(groups: Iterable[Group]) -> list[Row]:
    """Return a row for each group: gold and system words; precision, recall and F1 of UAS, then of LAS."""
    rows = []
    for group in groups:
        rates = [value for one in (group.uas, group.las) for value in (one.precision, one.recall, one.f1)]
        rows.append(Row(clean(group.name), (_count(group.las.gold), _count(group.las.system), *map(_percent, rates))))
    return rows


def error_rows(errors: dict[str, int]) -> list[Row]:
    """Return a row for each kind of error: how many words, and what share of all."""
    total = sum(errors.values())
    return [
        Row(name, (_count(count), _percent(100 * count / total if total else 0.0))) for name, count in errors.items()
    ]


def confusion_rows(confusions: Iterable[Confusion]) -> list[ConfusionRow]:
    """Return a row for each confusion, with its examples."""
    return [
        ConfusionRow(
            gold=clean(one.gold),
            system=clean(one.system),
            count=_count(one.count),
            head_right=_count(one.head_right),
            share=f"{one.share:.1f} %",
            examples=tuple(map(_example_row, one.examples)),
        )
        for one in confusions
    ]


def _relation_row(group: Group, *, subtype: bool = False) -> Row:
    rates = group.las
    percents = (rates.precision, rates.recall, rates.f1, group.uas.recall)
    figures = (_count(rates.gold), _count(rates.system), *map(_percent, percents))
    return Row(clean(group.name), figures, subtype=subtype, bar=f"{rates.f1:.1f}")


def _example_row(example: ConfusedWord) -> ExampleRow:
    heads = f"gold head {example.gold_head}"
    if example.system_head != example.gold_head:
        heads += f", system head {example.system_head}"
    return ExampleRow(*map(clean, (example.before, example.form, example.after, heads, example.place)))


def _count(value: int) -> str:
    return f"{value:,}"


def _percent(value: float) -> str:
    return f"{value:.2f}"
