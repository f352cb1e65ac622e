"""Prepare the lines of a comparison of systems once, for the tables in the terminal and for the page."""

from __future__ import annotations

from arcparser.errors import count
from arcparser.evaluation.significance import Difference
from arcparser.evaluation.systems import ChangedSentence, Pair, SystemComparison
from arcparser.viz.analysis_rows import Row

EXPLANATION = (
    "All scores are F1 in percent. Intervals and p come from whole sentences: 95 % interval and first p by the paired "
    "bootstrap (Koehn 2004), second p by approximate randomization; p is not corrected for the number of comparisons."
)


def letter(place: int) -> str:
    """Return the letter by which tables call a system."""
    return chr(ord("A") + place)


def pair_heading(pair: Pair) -> str:
    """Name two systems."""
    return f"{letter(pair.second)} against {letter(pair.first)}"


def columns(pair: Pair) -> tuple[str, ...]:
    """Return the headings of the figures of `metric_rows` and `relation_rows`."""
    first, second = letter(pair.first), letter(pair.second)
    return (first, second, f"{second} − {first}", "95 % interval", "p (bootstrap)", "p (randomization)")


def metric_rows(comparison: SystemComparison, pair: Pair) -> list[Row]:
    """Return a row for each metric; of words only where the text is not split alike."""
    rows = _rows(comparison.metrics, pair.metrics)
    alike = all(system.sentences for system in comparison.systems)
    return [row for row in rows if not (alike and row.name == "Words")]


def relation_rows(comparison: SystemComparison, pair: Pair) -> list[Row]:
    """Return a row for each relation, whose first figure is how many gold words have it."""
    rows = _rows(comparison.relations, pair.relations)
    return [Row(row.name, (f"{number:,}", *row.figures)) for row, number in zip(rows, comparison.support)]


def changed_heading(comparison: SystemComparison, pair: Pair, changed: ChangedSentence) -> str:
    """Say what changed in a sentence."""
    sentence = comparison.gold[changed.index]
    name = f" {sentence.sent_id}" if sentence.sent_id else ""
    first, second = letter(pair.first), letter(pair.second)
    return (
        f"{changed.index + 1}{name}: of {count(len(sentence), 'word')}, "
        f"{changed.gained} right in {second} only, {changed.lost} in {first} only"
    )


def summary(comparison: SystemComparison) -> str:
    """Say on what the systems were compared."""
    words = sum(map(len, comparison.gold))
    return f"{count(len(comparison.gold), 'sentence')}, {count(words, 'word')}, punctuation included"


def _rows(names: list[str], found: Difference) -> list[Row]:
    return [
        Row(
            name,
            (
                f"{found.first[i]:.2f}",
                f"{found.second[i]:.2f}",
                _signed(found.difference[i]),
                f"{_signed(found.low[i])} … {_signed(found.high[i])}",
                f"{found.bootstrap_p[i]:.4f}",
                f"{found.randomization_p[i]:.4f}",
            ),
        )
        for i, name in enumerate(names)
    ]


def _signed(value: float) -> str:
    """Write a difference with its sign, and a rounded 0 without."""
    shown = f"{value:+.2f}".replace("-", "−")
    return "0.00" if shown in ("+0.00", "−0.00") else shown
