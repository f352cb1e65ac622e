"""Show a comparison of systems: as tables in the terminal, and as a page with the trees that changed most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arcparser.evaluation.significance import f1
from arcparser.evaluation.systems import Pair, SystemComparison
from arcparser.files import atomic_writer
from arcparser.types import PathLike
from arcparser.viz.analysis_rows import Row
from arcparser.viz.comparison_rows import (
    EXPLANATION,
    changed_heading,
    columns,
    letter,
    metric_rows,
    pair_heading,
    relation_rows,
    summary,
)
from arcparser.viz.page import template
from arcparser.viz.tables import table_lines
from arcparser.viz.tree_page import LAYOUT, Tally, tree_figure

if TYPE_CHECKING:
    from markupsafe import Markup


def comparison_text(comparison: SystemComparison, *, most: int = 10) -> str:
    """Return all tables, a blank line between them.

    Args:
        comparison: What is compared.
        most: How many of the sentences that changed are shown of each two systems.
    """
    names = "\n".join(f"{letter(place)}  {system.name}" for place, system in enumerate(comparison.systems))
    parts = [f"{summary(comparison)}\n{names}"]
    if len(comparison.systems) > 2:
        parts.append("\n".join(_score_lines(comparison)))
    for pair in comparison.pairs:
        rows = ((row.name, *row.figures) for row in metric_rows(comparison, pair))
        parts.append("\n".join(table_lines((pair_heading(pair), *columns(pair)), rows, least=13)))
        rows = ((row.name, *row.figures) for row in relation_rows(comparison, pair))
        parts.append("\n".join(table_lines(("By relation", "gold", *columns(pair)), rows, least=13)))
        if pair.changed and most > 0:
            lines = ["Sentences that changed most"]
            for changed in pair.changed[:most]:
                lines.append(changed_heading(comparison, pair, changed))
                lines.append(f"    {comparison.gold[changed.index].text}")
            parts.append("\n".join(lines))
    return "\n\n".join([*parts, EXPLANATION])


def _score_lines(comparison: SystemComparison) -> list[str]:
    """Lay out the scores of all systems, each with its interval."""
    rows = []
    for place, metric in enumerate(comparison.metrics):
        cells = []
        for system in comparison.systems:
            score = f1(system.counts[:, place].sum(0))
            cells.append(f"{score:.2f} ({system.low[place]:.2f} … {system.high[place]:.2f})")
        rows.append((metric, *cells))
    letters = [letter(place) for place in range(len(comparison.systems))]
    return table_lines(("F1 (95 % interval)", *letters), rows, least=13)


@dataclass(frozen=True)
class _PairPart:
    """Hold what the page shows of two systems."""

    heading: str
    columns: list[str]
    metrics: list[Row]
    relation_columns: list[str]
    relations: list[Row]
    changed: list[_ChangedPart]


@dataclass(frozen=True)
class _ChangedPart:
    """Hold what the page shows of a sentence that changed: the tree of each system, against gold."""

    heading: str
    figures: list[tuple[str, Markup]]


def write_comparison(
    path: PathLike, comparison: SystemComparison, *, title: str, most: int = 10, language: str = ""
) -> None:
    """Write a page of all tables and of the trees of sentences that changed, whole or not at all.

    Where a system splits the text otherwise than gold does, its trees are not drawn.

    Args:
        path: The page to write.
        comparison: What is compared.
        title: The title of the page.
        most: How many of the sentences that changed are drawn of each two systems.
        language: A BCP 47 code such as `en`, which lets the browser choose fonts, or empty.

    Raises:
        OutputError: The file cannot be written.
    """
    tally = Tally()
    page = template("comparison_page.html").render(
        title=title,
        language=language,
        **LAYOUT,
        summary=summary(comparison),
        systems=[(letter(place), system.name) for place, system in enumerate(comparison.systems)],
        explanation=EXPLANATION,
        pairs=[
            _PairPart(
                heading=pair_heading(pair),
                columns=["metric", *columns(pair)],
                metrics=metric_rows(comparison, pair),
                relation_columns=["relation", "gold", *columns(pair)],
                relations=relation_rows(comparison, pair),
                changed=_changed(comparison, pair, tally, most),
            )
            for pair in comparison.pairs
        ],
    )
    with atomic_writer(path) as stream:
        stream.write(page.encode())


def _changed(comparison: SystemComparison, pair: Pair, tally: Tally, most: int) -> list[_ChangedPart]:
    parts = []
    for changed in pair.changed[: max(most, 0)]:
        gold = comparison.gold[changed.index]
        figures = [
            (
                f"{letter(place)} {comparison.systems[place].name}",
                tree_figure(sentences[changed.index], gold, tally, ()),
            )
            for place in (pair.first, pair.second)
            if (sentences := comparison.systems[place].sentences)
        ]
        parts.append(_ChangedPart(changed_heading(comparison, pair, changed), figures))
    return parts
