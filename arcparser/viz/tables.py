"""Lay out an error analysis as text tables, about 85 columns wide. P is precision, R recall, all in percent."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from arcparser.evaluation.error_analysis import ErrorAnalysis
from arcparser.viz.analysis_rows import ConfusionRow, confusion_rows, error_rows, group_rows, relation_rows

_UNLIMITED = 10**9  # columns: no name is cut off, and what reads the output wraps it
_GROUP_COLUMNS = ("gold", "system", "UAS P", "R", "F1", "LAS P", "R", "F1")


def analysis_text(analysis: ErrorAnalysis, *, confusions: int = 10) -> str:
    """Return all tables, a blank line between them; of the confusions the first `confusions`."""
    tables = [
        table_lines(
            ("Relation", "gold", "system", "precision", "recall", "F1", "head right"),
            (
                (f"  {row.name}" if row.subtype else row.name, *row.figures)
                for row in relation_rows(analysis.relations, analysis.deprels)
            ),
        )
    ]
    for title, groups in (
        ("Dependency length", analysis.dependency_lengths),
        ("Sentence length", analysis.sentence_lengths),
        ("Projectivity", analysis.projectivity),
    ):
        tables.append(table_lines((title, *_GROUP_COLUMNS), ((row.name, *row.figures) for row in group_rows(groups))))
    errors = ((row.name, *row.figures) for row in error_rows(analysis.errors))
    tables.append(table_lines(("Gold words", "count", "percent"), errors))
    for title, errors_of, found in (
        ("Label confusions that cost most", "LAS", analysis.confusions[:confusions]),
        ("Wrong lemmas that are most frequent", "lemma", analysis.lemma_confusions[:confusions]),
    ):
        if found:
            tables.append(_confusion_lines(title, errors_of, confusion_rows(found)))
    return "\n\n".join("\n".join(lines) for lines in tables)


def _confusion_lines(title: str, errors_of: str, confusions: Sequence[ConfusionRow]) -> list[str]:
    """Write the table of confusions, each with its examples below it."""
    heading, *rows = table_lines(
        ("gold", "system", "count", "head right", f"of {errors_of} errors"),
        ((row.gold, row.system, row.count, row.head_right, row.share) for row in confusions),
        names=2,
        least=13,
    )
    lines = [title, heading]
    for row, line in zip(confusions, rows):
        lines.append(line)
        for example in row.examples:
            sentence = f"{example.before}[{example.form}]{example.after}"
            lines.append(f"    {sentence}  ({example.heads}; {example.place})")
    return lines


def table_lines(head: Sequence[str], rows: Iterable[Sequence[str]], *, names: int = 1, least: int = 20) -> list[str]:
    """Lay out a table, a line for its head and for each row.

    Args:
        head: The headings of the columns.
        rows: The cells of each row.
        names: How many columns hold names and begin at the left; figures end at the right.
        least: The width of a column of names is at least this.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for number, heading in enumerate(head):
        if number < names:
            table.add_column(Text(heading), min_width=least, no_wrap=True)
        else:
            table.add_column(Text(heading), min_width=6, no_wrap=True, justify="right")
    for row in rows:
        table.add_row(*map(Text, row))  # not str, in which rich would look for its own markup
    text = io.StringIO()
    Console(file=text, width=_UNLIMITED, color_system=None, force_terminal=False, force_jupyter=False).print(table)
    return [line.rstrip() for line in text.getvalue().splitlines()]
