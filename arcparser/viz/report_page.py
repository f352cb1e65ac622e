"""The evaluation of a parser as one HTML page: scores, plots per group of words, confusions with examples.

The numbers are those of `arcparser.evaluation.scores` and `arcparser.evaluation.error_analysis`; the page adds
nothing to them. The plots are SVG within the page, and each stands above the table that it shows.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence

from arcparser.evaluation.confusions import Confusion, Example
from arcparser.evaluation.error_analysis import ErrorAnalysis, Group
from arcparser.evaluation.scores import METRICS, Scores
from arcparser.files import atomic_writer
from arcparser.types import PathLike
from arcparser.viz.page import PAGE_END, escape, page_start

_STYLE = """\
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:3px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:600}
th:first-child,td:first-child{text-align:left}
td.sub{padding-left:26px;color:var(--soft)}
td.bar{width:180px;min-width:90px;padding:3px 4px}
.bar i{display:block;height:12px;border-radius:2px;background:var(--bar)}
mark{background:none;color:inherit;font-weight:700;text-decoration:underline;text-underline-offset:3px}
dt{margin-top:12px}dd{margin:2px 0 2px 20px}dd p{margin:3px 0}dd .soft{font-size:.85rem}
svg.plot{width:100%;min-width:500px;max-width:760px;height:auto;display:block;margin:4px 0 10px}
svg.plot text{font-size:12px;fill:var(--fg);text-anchor:middle}svg.plot .axis{fill:var(--soft)}
svg.plot line{stroke:var(--line)}svg.plot .end{text-anchor:end}svg.plot .start{text-anchor:start}
svg.plot .one{fill:var(--bar)}svg.plot .two{fill:var(--bar2)}
@media(max-width:640px){th,td{padding:3px 5px}table{font-size:.8rem}
.bar{display:none}td.sub{padding-left:14px}}
"""


def report_html(scores: Scores, analysis: ErrorAnalysis, *, title: str = "Evaluation", language: str = "") -> str:
    """One self-contained page."""
    words, sentences = scores.words.gold, scores.sentences.gold
    parts = [
        page_start(title, language=language, style=_STYLE),
        f'<p class="soft">{words:,} words in {sentences:,} sentences, punctuation included; all values in percent.</p>',
        _score_table(scores),
        "<h2>By relation</h2>",
        '<p class="soft">Right is what has the right head and relation; bars show F1. '
        "The last column says how many of the gold words have the right head, whatever their relation.</p>",
        _relation_table(analysis.relations, analysis.deprels),
    ]
    for heading, groups in (
        ("By length of the dependency", analysis.dependency_lengths),
        ("By length of the sentence", analysis.sentence_lengths),
        ("By projectivity", analysis.projectivity),
    ):
        parts += [f"<h2>{heading}</h2>", _plot(groups, heading), _group_table(groups)]
    parts += ["<h2>What is wrong</h2>", _error_table(analysis.errors)]
    parts += ["<h2>Label confusions that cost most</h2>", _confusion_list(analysis.confusions), PAGE_END]
    return "\n".join(parts)


def write_report(
    path: PathLike,
    scores: Scores,
    analysis: ErrorAnalysis,
    *,
    title: str = "Evaluation",
    language: str = "",
) -> None:
    """Write the page to a file, whole or not at all. Raises OutputError."""
    page = report_html(scores, analysis, title=title, language=language)
    with atomic_writer(path) as stream:
        stream.write(page.encode())


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" if name else '<th class="bar"></th>' for name in head)
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _row(name: str, values: Sequence[str], *, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f"<tr><td{style}>{escape(name)}</td>{''.join(f'<td>{value}</td>' for value in values)}</tr>"


def _score_table(scores: Scores) -> str:
    rows = []
    for name, attribute in METRICS.items():
        score = getattr(scores, attribute)
        if scores.same_segmentation and score.aligned is None:
            continue
        values = [score.f1] if scores.same_segmentation else [score.precision, score.recall, score.f1]
        rows.append(_row(name, [f"{value:.2f}" for value in values]))
    head = ["metric", "F1"] if scores.same_segmentation else ["metric", "precision", "recall", "F1"]
    return _table(head, rows)


def _relation_table(relations: Sequence[Group], deprels: Sequence[Group]) -> str:
    subtypes: dict[str, list[Group]] = defaultdict(list)
    for group in deprels:
        subtypes[group.name.split(":")[0]].append(group)
    rows = []
    for group in relations:
        rows.append(_relation_row(group))
        if any(part.name != group.name for part in subtypes[group.name]):
            rows += [_relation_row(part, kind="sub") for part in subtypes[group.name]]
    return _table(["relation", "gold", "system", "prec.", "recall", "F1", "", "head right"], rows)


def _relation_row(group: Group, *, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    rates = group.las
    numbers = "".join(f"<td>{value:.2f}</td>" for value in (rates.precision, rates.recall, rates.f1))
    return (
        f"<tr><td{style}>{escape(group.name)}</td><td>{rates.gold:,}</td><td>{rates.system:,}</td>{numbers}"
        f'<td class="bar"><i style="width:{rates.f1:.1f}%"></i></td><td>{group.uas.recall:.2f}</td></tr>'
    )


def _group_table(groups: Sequence[Group]) -> str:
    rows = []
    for group in groups:
        values = [f"{group.las.gold:,}", f"{group.las.system:,}"]
        for rates in (group.uas, group.las):
            values += [f"{value:.2f}" for value in (rates.precision, rates.recall, rates.f1)]
        rows.append(_row(group.name, values))
    head = ["group", "gold", "system", "UAS prec.", "recall", "F1", "LAS prec.", "recall", "F1"]
    return _table(head, rows)


def _plot(groups: Sequence[Group], heading: str) -> str:
    """Two columns per group, LAS precision and recall, from 0 to 100."""
    width, height, left, top, bottom = 760, 250, 40, 26, 34
    step = (width - left) / max(len(groups), 1)
    column = min(30.0, step * 0.36)
    scale = (height - top - bottom) / 100
    label = f'role="img" aria-label="{escape(heading)}: LAS"'
    parts = [f'<div class="wide"><svg class="plot" viewBox="0 0 {width} {height}" {label}>']
    for mark in (0, 25, 50, 75, 100):
        y = height - bottom - mark * scale
        parts.append(f'<line x1="{left}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis end" x="{left - 6}" y="{y + 4:.1f}">{mark}</text>')
    for index, group in enumerate(groups):
        middle = left + (index + 0.5) * step
        series = (("one", group.las.precision, middle - column), ("two", group.las.recall, middle))
        for style, value, x in series:
            y = height - bottom - value * scale
            size = f'width="{column - 1:.1f}" height="{value * scale:.1f}"'
            parts.append(f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" {size}/>')
        parts.append(f'<text x="{middle:.1f}" y="{height - bottom + 17}">{escape(group.name)}</text>')
    for style, name, x in (("one", "LAS precision", left), ("two", "LAS recall", left + 130)):
        parts.append(f'<rect class="{style}" x="{x}" y="4" width="12" height="12"/>')
        parts.append(f'<text class="start" x="{x + 18}" y="14">{name}</text>')
    return "".join([*parts, "</svg></div>"])


def _error_table(errors: dict[str, int]) -> str:
    total = sum(errors.values())
    rows = [
        _row(name, [f"{count:,}", f"{100 * count / total if total else 0.0:.2f}"]) for name, count in errors.items()
    ]
    return _table(["gold words", "count", "percent"], rows)


def _confusion_list(confusions: Sequence[Confusion]) -> str:
    if not confusions:
        return "<p>None.</p>"
    parts = []
    for one in confusions:
        numbers = f"{one.count:,} words, {one.head_right:,} with the right head, {one.share:.1f} % of LAS errors"
        examples = "".join(map(_example, one.examples))
        parts.append(
            f"<dt><b>{escape(one.gold)}</b> taken for <b>{escape(one.system)}</b>: {numbers}</dt><dd>{examples}</dd>"
        )
    return f"<dl>{''.join(parts)}</dl>"


def _example(example: Example) -> str:
    heads = f"gold head {example.gold_head}"
    if example.system_head != example.gold_head:
        heads += f", system head {example.system_head}"
    place = os.path.basename(example.place)
    return (
        f'<p dir="auto">{escape(example.before)}<mark>{escape(example.form)}</mark>{escape(example.after)} '
        f'<bdi class="soft">({escape(heads)}; {escape(place)})</bdi></p>'
    )
