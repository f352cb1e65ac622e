"""Compare several systems on one gold file, sentence by sentence.

What is counted of each gold sentence is summed and drawn by `arcparser.evaluation.significance`. Where a system splits
the text otherwise than gold does, a word of the system that no gold word corresponds to counts in the gold sentence of
the last word before it that has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from arcparser.errors import UsageError, count
from arcparser.evaluation.alignment import same_tokens
from arcparser.evaluation.conll18 import CONTENT_METRICS, Comparison, compare
from arcparser.evaluation.evaluate import Source, sentence_pair
from arcparser.evaluation.significance import Difference, compare_counts, f1, interval
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import Sentence
from arcparser.types import Bools, Floats, Ints

MOST_SYSTEMS = 10


@dataclass(frozen=True)
class System:
    """Hold what one system makes of the gold file.

    Attributes:
        name: What it is called: the name of a file or model.
        sentences: Its sentences.
        counts: `[n, M, 3]` correct, gold and system words of each gold sentence for each metric.
        relation_counts: `[n, L, 3]` the same for the words of each relation, right in head and relation.
        right: Of each gold word, whether it has the right head and relation.
        low: `[M]` the lower ends of the 95 % intervals of its scores.
        high: `[M]` the upper ends.
    """

    name: str
    sentences: Sequence[Sentence]
    counts: Floats
    relation_counts: Floats
    right: Bools
    low: Floats
    high: Floats


@dataclass(frozen=True)
class ChangedSentence:
    """Say how many words of a sentence another system gets right.

    Attributes:
        index: The sentence's place in the gold file, from 0.
        gained: Words that only the second system gets right.
        lost: Words that only the first one gets right.
    """

    index: int
    gained: int
    lost: int


@dataclass(frozen=True)
class Pair:
    """Compare a second system with a first one.

    Attributes:
        first: The place of the first system.
        second: That of the second one.
        metrics: The differences of the metrics.
        relations: The differences in F1 of the relations.
        changed: The sentences that differ in a word that is right, those that differ most first.
    """

    first: int
    second: int
    metrics: Difference
    relations: Difference
    changed: list[ChangedSentence]


@dataclass(frozen=True)
class SystemComparison:
    """Hold several systems side by side.

    Attributes:
        gold: The gold sentences.
        systems: The systems.
        metrics: The names of the M metrics.
        relations: The names of the L relations, the most frequent in gold first.
        support: How many gold words each relation has.
        pairs: Each system with each that comes after it.
    """

    gold: Sequence[Sentence]
    systems: list[System]
    metrics: list[str]
    relations: list[str]
    support: list[int]
    pairs: list[Pair]

    def as_dict(self, *, most: int = 10) -> dict[str, Any]:
        """Return everything, ready for JSON, with so many of the sentences that changed."""
        return {
            "sentences": len(self.gold),
            "words": sum(map(len, self.gold)),
            "systems": [
                {
                    "name": system.name,
                    "scores": {
                        name: {"f1": float(score), "low": float(low), "high": float(high)}
                        for name, score, low, high in zip(
                            self.metrics, f1(system.counts.sum(0)), system.low, system.high
                        )
                    },
                }
                for system in self.systems
            ],
            "pairs": [
                {
                    "first": self.systems[pair.first].name,
                    "second": self.systems[pair.second].name,
                    "metrics": _differences(self.metrics, pair.metrics),
                    "relations": _differences(self.relations, pair.relations),
                    "changed": [
                        {
                            "sentence": changed.index + 1,
                            "sent_id": self.gold[changed.index].sent_id,
                            "gained": changed.gained,
                            "lost": changed.lost,
                        }
                        for changed in pair.changed[:most]
                    ],
                }
                for pair in self.pairs
            ],
        }


def compare_systems(
    gold: Source,
    systems: Sequence[Source | Parser],
    *,
    names: Sequence[str],
    resamples: int = 10_000,
    seed: int = 1,
) -> SystemComparison:
    """Compare systems by the metrics of CoNLL 2018 and by relation.

    Args:
        gold: As in `arcparser.evaluation.evaluate.evaluate`.
        systems: Two or more, each as in `evaluate`: files, models or parsers.
        names: What to call them.
        resamples: How often sentences are drawn, and swapped.
        seed: Of what is drawn.

    Raises:
        InputError: A file cannot be read or is malformed, or no sentence is left.
        AlignmentError: Texts differ.
        ModelError: A model cannot be loaded.
        UsageError: There are fewer than two systems or more than ten, or an argument is none of these.
    """
    if not 2 <= len(systems) <= MOST_SYSTEMS:
        raise UsageError(f"{count(len(systems), 'system')}: give 2 to {MOST_SYSTEMS} to compare")
    if len(names) != len(systems):
        raise UsageError(f"{count(len(names), 'name')} for {len(systems)} systems: give one for each")
    if resamples < 1:
        raise UsageError(f"{resamples} resamples: give at least 1")
    sentences: Any = gold
    compared: list[tuple[Comparison, Sequence[Sentence]]] = []
    for system in systems:
        sentences, parsed = sentence_pair(sentences, system)
        compared.append((compare(sentences, parsed), parsed))
    # Two comparisons have codes of their own for relations.
    relations = sorted({name for comparison, _ in compared for name in comparison.relation_names})
    found = [
        _system(name, sentences, parsed, comparison, relations, resamples, seed)
        for name, (comparison, parsed) in zip(names, compared)
    ]
    support = found[0].relation_counts[:, :, 1].sum(0).astype(int)  # [L]
    order = sorted(range(len(relations)), key=lambda code: (-support[code], relations[code]))
    lengths = np.array([len(sentence) for sentence in sentences])
    return SystemComparison(
        gold=sentences,
        systems=found,
        metrics=list(compared[0][0].correct_words()),
        relations=[relations[code] for code in order],
        support=[int(support[code]) for code in order],
        pairs=[
            _pair(found, a, b, order, lengths, resamples=resamples, seed=seed)
            for a, b in combinations(range(len(found)), 2)
        ],
    )


def _pair(
    found: Sequence[System], a: int, b: int, order: Sequence[int], lengths: Ints, *, resamples: int, seed: int
) -> Pair:
    """Compare two systems, the relations in this order."""
    first, second = (found[place].relation_counts[:, order] for place in (a, b))
    return Pair(
        first=a,
        second=b,
        metrics=compare_counts(found[a].counts, found[b].counts, resamples=resamples, seed=seed),
        relations=compare_counts(first, second, resamples=resamples, seed=seed),
        changed=_changed(found[a].right, found[b].right, lengths),
    )


def sentence_counts(comparison: Comparison, lengths: Sequence[int]) -> Floats:
    """Return the counts `[n, M, 3]` of the metrics, in the order of `Comparison.correct_words`.

    Args:
        comparison: Of gold and a system.
        lengths: The number of words of each of the n gold sentences.
    """
    of_gold, of_system = _sentences_of_words(comparison, lengths)
    size = len(lengths)
    columns = []
    for name, correct in comparison.correct_words().items():
        content = name in CONTENT_METRICS
        gold = comparison.gold.content if content else np.ones(len(of_gold), bool)
        system = comparison.system.content if content else np.ones(len(of_system), bool)
        masks = ((of_gold, correct), (of_gold, gold), (of_system, system))
        columns.append([np.bincount(of[mask], minlength=size) for of, mask in masks])
    result: Floats = np.array(columns, dtype=float).transpose(2, 0, 1)
    return result


def _system(
    name: str,
    gold: Sequence[Sentence],
    parsed: Sequence[Sentence],
    comparison: Comparison,
    relations: Sequence[str],
    resamples: int,
    seed: int,
) -> System:
    lengths = [len(sentence) for sentence in gold]
    counts = sentence_counts(comparison, lengths)
    right = comparison.correct_words()["LAS"]
    low, high = interval(counts, resamples=resamples, seed=seed)
    return System(
        name=name,
        sentences=parsed if same_tokens(gold, parsed) else [],
        counts=counts,
        relation_counts=_relation_counts(comparison, right, lengths, relations),
        right=right,
        low=low,
        high=high,
    )


def _relation_counts(comparison: Comparison, right: Bools, lengths: Sequence[int], relations: Sequence[str]) -> Floats:
    """Return the counts `[n, L, 3]` of the words of each relation."""
    of_gold, of_system = _sentences_of_words(comparison, lengths)
    place = {name: code for code, name in enumerate(relations)}
    new = np.array([place[name] for name in comparison.relation_names], dtype=np.intp)
    gold, system = new[comparison.gold.relation], new[comparison.system.relation]
    shape = (len(lengths), len(relations))

    def counted(sentence: Ints, relation: Ints) -> Ints:
        cells = sentence * shape[1] + relation
        result: Ints = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
        return result

    parts = [counted(of_gold[right], gold[right]), counted(of_gold, gold), counted(of_system, system)]
    return np.stack(parts, axis=-1).astype(float)


def _sentences_of_words(comparison: Comparison, lengths: Sequence[int]) -> tuple[Ints, Ints]:
    """Return the gold sentence of each gold word [G] and of each system word [S]."""
    of_gold = np.repeat(np.arange(len(lengths), dtype=np.intp), lengths)
    latest = np.maximum.accumulate(np.maximum(comparison.gold_of_system, 0))
    return of_gold, of_gold[latest]


def _changed(first: Bools, second: Bools, lengths: Ints) -> list[ChangedSentence]:
    starts = np.cumsum(lengths) - lengths
    gained, lost = (np.add.reduceat(mask.astype(int), starts) for mask in (second & ~first, first & ~second))
    changed = [ChangedSentence(i, int(gained[i]), int(lost[i])) for i in np.flatnonzero(gained + lost).tolist()]
    return sorted(changed, key=lambda one: (-(one.gained + one.lost), one.index))


def _differences(names: Sequence[str], found: Difference) -> dict[str, dict[str, float]]:
    return {
        name: {
            "first": float(found.first[i]),
            "second": float(found.second[i]),
            "difference": float(found.difference[i]),
            "low": float(found.low[i]),
            "high": float(found.high[i]),
            "bootstrap_p": float(found.bootstrap_p[i]),
            "randomization_p": float(found.randomization_p[i]),
        }
        for i, name in enumerate(names)
    }
