"""An error analysis as text tables, about 85 columns wide. P is precision, R recall, all in percent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from arcparser.errors import clean
from arcparser.evaluation.confusions import Confusion
from arcparser.evaluation.error_analysis import ErrorAnalysis, Group
from arcparser.viz.safe_text import cells


def analysis_text(analysis: ErrorAnalysis, *, confusions: int = 10) -> str:
    """All tables, a blank line between them; of the confusions the first `confusions`."""
    parts = [
        _relation_table(analysis.relations, analysis.deprels),
        _group_table("Dependency length", analysis.dependency_lengths),
        _group_table("Sentence length", analysis.sentence_lengths),
        _group_table("Projectivity", analysis.projectivity),
        _error_table(analysis.errors),
    ]
    if analysis.confusions[:confusions]:
        parts.append(_confusion_table(analysis.confusions[:confusions]))
    return "\n\n".join(parts)


def _relation_table(relations: Sequence[Group], deprels: Sequence[Group]) -> str:
    """Relations, each followed by its subtypes."""
    subtypes: dict[str, list[Group]] = defaultdict(list)
    for group in deprels:
        subtypes[group.name.split(":")[0]].append(group)
    lines = [f"{'Relation':<20} {'gold':>7} {'system':>7} {'precision':>10} {'recall':>7} {'F1':>7} {'head right':>11}"]
    for group in relations:
        lines.append(_relation_line(clean(group.name), group))
        own = subtypes[group.name]
        if any(part.name != group.name for part in own):
            lines += [_relation_line(f"  {clean(part.name)}", part) for part in own]
    return "\n".join(lines)


def _relation_line(name: str, group: Group) -> str:
    rates = group.las
    counts = f"{rates.gold:>7,} {rates.system:>7,}"
    return (
        f"{name + ' ' * (20 - cells(name))} {counts} {rates.precision:10.2f} {rates.recall:7.2f} {rates.f1:7.2f} "
        f"{group.uas.recall:11.2f}"
    )


def _group_table(title: str, groups: Sequence[Group]) -> str:
    columns = "".join(f"{name:>8}" for name in ("UAS P", "R", "F1", "LAS P", "R", "F1"))
    lines = [f"{title:<20}{'gold':>8}{'system':>8}{columns}"]
    for group in groups:
        rates = "".join(
            f"{value:8.2f}" for one in (group.uas, group.las) for value in (one.precision, one.recall, one.f1)
        )
        lines.append(f"{group.name:<20}{group.las.gold:>8,}{group.las.system:>8,}{rates}")
    return "\n".join(lines)


def _error_table(errors: dict[str, int]) -> str:
    total = sum(errors.values())
    lines = [f"{'Gold words':<30} {'count':>7} {'percent':>10}"]
    for name, count in errors.items():
        lines.append(f"{name:<30} {count:>7,} {100 * count / total if total else 0.0:10.2f}")
    return "\n".join(lines)


def _confusion_table(confusions: Sequence[Confusion]) -> str:
    title = "Label confusions that cost most"
    lines = [title, f"{'gold':<14} {'system':<14} {'count':>6} {'head right':>11} {'of LAS errors':>14}"]
    for one in confusions:
        names = f"{clean(one.gold):<14} {clean(one.system):<14}"
        lines.append(f"{names} {one.count:>6,} {one.head_right:>11,} {one.share:12.1f} %")
        for example in one.examples:
            heads = f"gold head {example.gold_head}"
            if example.system_head != example.gold_head:
                heads += f", system head {example.system_head}"
            lines.append(f"    {example.before}[{example.form}]{example.after}  ({heads}; {example.place})")
    return "\n".join(lines)
