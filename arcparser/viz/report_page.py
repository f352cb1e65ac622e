"""Show the evaluation of a parser as one HTML page: scores, plots per group of words, confusions with examples.

The numbers are those of `arcparser.evaluation.scores` and `arcparser.evaluation.error_analysis`; the page
(`templates/report_page.html`) adds nothing to them. The plots (`templates/group_plot.svg`) are SVG within the page, and
each stands above the table that it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arcparser.errors import count
from arcparser.evaluation.error_analysis import ErrorAnalysis, Group
from arcparser.evaluation.scores import METRICS, Scores
from arcparser.files import atomic_writer
from arcparser.types import PathLike
from arcparser.viz.analysis_rows import Row, confusion_rows, error_rows, group_rows, relation_rows
from arcparser.viz.page import element, template

if TYPE_CHECKING:
    from markupsafe import Markup


def report_html(
    scores: Scores, analysis: ErrorAnalysis, *, title: str = "Evaluation", system: str = "", language: str = ""
) -> str:
    """Return the evaluation as one self-contained page.

    Args:
        scores: The scores of the comparison.
        analysis: The error analysis of the same comparison.
        title: The title and heading of the page.
        system: What was scored.
        language: A BCP 47 code such as `en`, which lets the browser choose fonts, or empty.
    """
    groups = [
        ("By length of the dependency", analysis.dependency_lengths),
        ("By length of the sentence", analysis.sentence_lengths),
        ("By projectivity", analysis.projectivity),
    ]
    return template("report_page.html").render(
        title=title,
        system=system,
        language=language,
        words=count(scores.words.gold, "word"),
        sentences=count(scores.sentences.gold, "sentence"),
        score_columns=["metric", *(["F1"] if scores.same_segmentation else ["precision", "recall", "F1"])],
        scores=_score_rows(scores),
        relations=relation_rows(analysis.relations, analysis.deprels),
        groups=[(heading, _plot(some, heading), group_rows(some)) for heading, some in groups],
        errors=error_rows(analysis.errors),
        confusions=[
            ("Label confusions that cost most", "LAS", confusion_rows(analysis.confusions)),
            ("Wrong lemmas that are most frequent", "lemma", confusion_rows(analysis.lemma_confusions)),
        ],
    )


def write_report(
    path: PathLike,
    scores: Scores,
    analysis: ErrorAnalysis,
    *,
    title: str = "Evaluation",
    system: str = "",
    language: str = "",
) -> None:
    """Write the page of `report_html` to a file, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    page = report_html(scores, analysis, title=title, system=system, language=language)
    with atomic_writer(path) as stream:
        stream.write(page.encode())


def _score_rows(scores: Scores) -> list[Row]:
    """Return a row for each metric; of tokens, sentences and words only where they are not given."""
    rows = []
    for name, attribute in METRICS.items():
        score = getattr(scores, attribute)
        if scores.same_segmentation and score.aligned is None:
            continue
        values = [score.f1] if scores.same_segmentation else [score.precision, score.recall, score.f1]
        rows.append(Row(name, tuple(f"{value:.2f}" for value in values)))
    return rows


def _plot(groups: Sequence[Group], heading: str) -> Markup:
    """Draw two columns per group, LAS precision and recall, from 0 to 100."""
    width, height, left, top, bottom = 760, 250, 40, 26, 34
    step = (width - left) / max(len(groups), 1)
    column = min(30.0, step * 0.36)
    scale = (height - top - bottom) / 100

    def level(value: float) -> float:
        return height - bottom - value * scale

    shown = []
    for index, group in enumerate(groups):
        middle = left + (index + 0.5) * step
        series = (("one", group.las.precision, middle - column), ("two", group.las.recall, middle))
        columns = [(style, f"{x:.1f}", f"{level(value):.1f}", f"{value * scale:.1f}") for style, value, x in series]
        shown.append((group.name, f"{middle:.1f}", columns))
    return element(
        "group_plot.svg",
        heading=heading,
        width=width,
        height=height,
        left=left,
        marks=[(mark, f"{level(mark):.1f}", f"{level(mark) + 4:.1f}") for mark in (0, 25, 50, 75, 100)],
        groups=shown,
        column=f"{column - 1:.1f}",
        names_y=height - bottom + 17,
    )
