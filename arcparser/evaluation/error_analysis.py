"""Show where a parser is right and where it is wrong: scores per group of words.

Words are grouped by relation, by the length of their dependency, by the length of their sentence and by
projectivity, as McDonald and Nivre (2007, "Characterizing the Errors of Data-Driven Dependency Parsing Models")
do. The groups of gold words are made from the gold trees, those of system words from the system's trees, so
that for each group

    recall    = share of the gold words in it that are right,
    precision = share of the system words in it that are right,
    F1        = 2 · precision · recall / (precision + recall), all in percent,

where right means the head (UAS) or head and relation without subtype (LAS, as the CoNLL 2018 evaluation counts
it; with subtypes where the groups are DEPRELs). `nsubj` among the relations therefore has the precision and
recall of all `nsubj` arcs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arcparser.evaluation.confusions import Confusion, label_confusions, lemma_confusions
from arcparser.evaluation.conll18 import Comparison
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import nonprojective_words
from arcparser.types import Bools, Ints

_DEPENDENCY_BINS = (1, 2, 3, 4, 5, 6, 11, 21)  # first length of each
_SENTENCE_BINS = (1, 6, 11, 21, 31, 51)


@dataclass(frozen=True)
class Rates:
    """How many words of a group are right, counted on both sides."""

    right_gold: int
    gold: int
    right_system: int
    system: int

    @property
    def precision(self) -> float:
        """The share of the system words in the group that are right, in percent."""
        return 100 * self.right_system / self.system if self.system else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold words in the group that are right, in percent."""
        return 100 * self.right_gold / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in percent."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Group:
    """Words that have something in common."""

    name: str
    uas: Rates
    las: Rates

    @property
    def support(self) -> int:
        """The number of gold words in the group."""
        return self.las.gold

    def as_dict(self) -> dict[str, Any]:
        """Return precision, recall, f1 (percent) for UAS and LAS, and the number of words on both sides."""
        values: dict[str, Any] = {"support": self.las.gold, "system": self.las.system}
        for name, rates in (("UAS", self.uas), ("LAS", self.las)):
            values[name] = {"precision": rates.precision, "recall": rates.recall, "f1": rates.f1}
        return values


@dataclass(frozen=True)
class ErrorAnalysis:
    """All groups and confusions. Groups that no word is in are left out."""

    relations: list[Group]  # without subtypes, the most frequent in gold first
    deprels: list[Group]  # with subtypes
    dependency_lengths: list[Group]  # in words between dependent and head; the root apart
    sentence_lengths: list[Group]  # in words
    projectivity: list[Group]  # arcs that are (not) projective, words of trees that are (not)
    errors: dict[str, int]  # gold words by what is wrong
    confusions: list[Confusion]  # of labels, the one that costs most first
    lemma_confusions: list[Confusion]  # of lemmas, likewise; none if the system has no lemmas

    def as_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return {
            "by_relation": {group.name: group.as_dict() for group in self.relations},
            "by_deprel": {group.name: group.as_dict() for group in self.deprels},
            "by_dependency_length": {group.name: group.as_dict() for group in self.dependency_lengths},
            "by_sentence_length": {group.name: group.as_dict() for group in self.sentence_lengths},
            "by_projectivity": {group.name: group.as_dict() for group in self.projectivity},
            "errors": self.errors,
            "confusions": [confusion.as_dict() for confusion in self.confusions],
            "lemma_confusions": [confusion.as_dict("lemma") for confusion in self.lemma_confusions],
        }


def by_relation(comparison: Comparison, *, subtypes: bool = False) -> list[Group]:
    """Score each relation, the most frequent in gold first.

    Args:
        comparison: The words to group.
        subtypes: Group by whole DEPRELs, which must then agree in their subtypes, too, to be right. Without it,
            relations are DEPRELs without their subtypes.
    """
    words = _RightWords.of(comparison, subtypes=subtypes)
    gold, system = comparison.gold, comparison.system
    if subtypes:
        groups = words.groups(comparison.deprel_names, gold.deprel, system.deprel)
    else:
        groups = words.groups(comparison.relation_names, gold.relation, system.relation)
    return sorted(groups, key=lambda group: (-group.support, -group.las.system, group.name))


def analyze(
    comparison: Comparison,
    gold: Sequence[Sentence],
    system: Sequence[Sentence],
    *,
    confusions: int = 25,
    examples: int = 3,
) -> ErrorAnalysis:
    """Group the words of a comparison and list its confusions.

    Args:
        comparison: What `arcparser.evaluation.conll18.compare(gold, system)` has returned.
        gold: The gold sentences that were compared.
        system: The system's sentences that were compared.
        confusions: How many confusions to keep, those that cost most.
        examples: How many examples each has at most: from short sentences, and each from another one.
    """
    words = _RightWords.of(comparison)
    sides = _of_sentence(gold), _of_sentence(system)
    return ErrorAnalysis(
        relations=by_relation(comparison),
        deprels=by_relation(comparison, subtypes=True),
        dependency_lengths=words.groups(
            ["root", *_bin_names(_DEPENDENCY_BINS)],
            *(_dependency_bins(side.head) for side in (comparison.gold, comparison.system)),
        ),
        sentence_lengths=words.groups(
            _bin_names(_SENTENCE_BINS), *(np.digitize(side.length, _SENTENCE_BINS) - 1 for side in sides)
        ),
        projectivity=[
            *words.groups(["projective arcs", "non-projective arcs"], *(side.crossing for side in sides)),
            *words.groups(["projective trees", "non-projective trees"], *(side.in_crossing_tree for side in sides)),
        ],
        errors=_errors(comparison, words),
        confusions=label_confusions(comparison, gold, system, most=confusions, examples=examples),
        lemma_confusions=(
            lemma_confusions(comparison, gold, system, most=confusions, examples=examples)
            if comparison.system.lemma.any()  # 0 is `_`
            else []
        ),
    )


@dataclass(frozen=True)
class _RightWords:
    """Which words are right, on both sides."""

    head_gold: Bools  # [G] the head is right
    head_system: Bools  # [S]
    label_gold: Bools  # [G] head and relation are right
    label_system: Bools  # [S]

    @classmethod
    def of(cls, comparison: Comparison, *, subtypes: bool = False) -> _RightWords:
        gold, system = comparison.gold, comparison.system
        head = comparison.head_correct  # [G]
        if subtypes:
            label = head & comparison.same(gold.deprel, system.deprel)  # [G]
        else:
            label = head & comparison.same(gold.relation, system.relation)  # [G]
        at = comparison.gold_of_system  # [S]
        return cls(
            head_gold=head,
            head_system=(at >= 0) & head[at],
            label_gold=label,
            label_system=(at >= 0) & label[at],
        )

    def groups(self, names: Sequence[str], gold: Ints, system: Ints) -> list[Group]:
        """Make one group per name; `gold` [G] and `system` [S] hold the group of each word."""
        size = len(names)

        def count(group: Ints, right: Bools) -> list[int]:
            counts: list[int] = np.bincount(group[right], minlength=size).tolist()
            return counts

        of_gold, of_system = (np.bincount(group, minlength=size).tolist() for group in (gold, system))

        def rates(right_gold: Bools, right_system: Bools) -> list[Rates]:
            counts = zip(count(gold, right_gold), of_gold, count(system, right_system), of_system)
            return [Rates(right_gold=a, gold=b, right_system=c, system=d) for a, b, c, d in counts]

        uas = rates(self.head_gold, self.head_system)
        las = rates(self.label_gold, self.label_system)
        return [Group(name=name, uas=uas[i], las=las[i]) for i, name in enumerate(names) if of_gold[i] or of_system[i]]


@dataclass(frozen=True)
class _OfSentence:
    """Hold what each of all words [W] of a file has from its sentence."""

    length: Ints  # number of words
    crossing: Ints  # 1 if its arc is not projective
    in_crossing_tree: Ints  # 1 if any arc of its tree is not projective


def _of_sentence(sentences: Sequence[Sentence]) -> _OfSentence:
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.intp)
    crossing = np.zeros(int(lengths.sum()), dtype=np.intp)  # [W]
    crossing_trees = np.zeros(len(sentences), dtype=np.intp)
    first = 0
    for index, sentence in enumerate(sentences):
        words = nonprojective_words(sentence.heads)
        crossing_trees[index] = bool(words)
        for word in words:
            crossing[first + word - 1] = 1
        first += len(sentence)
    return _OfSentence(
        length=np.repeat(lengths, lengths),
        crossing=crossing,
        in_crossing_tree=np.repeat(crossing_trees, lengths),
    )


def _dependency_bins(head: Ints) -> Ints:
    """Return for each word [W] 0 for the root, else 1 + the bin of the distance to its head.

    Args:
        head: As in `arcparser.evaluation.columns.WordColumns`.
    """
    distance = np.abs(np.arange(len(head)) - head)  # [W]
    bins: Ints = np.where(head < 0, 0, np.digitize(distance, _DEPENDENCY_BINS))
    return bins


def _bin_names(starts: Sequence[int]) -> list[str]:
    """Name the bins that begin at these lengths: for (1, 2, 6) they are 1, 2-5, 6+."""
    names = [str(start) if start == after - 1 else f"{start}-{after - 1}" for start, after in zip(starts, starts[1:])]
    return [*names, f"{starts[-1]}+"]


def _errors(comparison: Comparison, words: _RightWords) -> dict[str, int]:
    relation = comparison.same(comparison.gold.relation, comparison.system.relation)  # [G]
    aligned, head = comparison.aligned, words.head_gold
    return {
        "right": int((head & relation).sum()),
        "wrong head": int((aligned & ~head & relation).sum()),
        "wrong relation": int((head & ~relation).sum()),
        "wrong head and relation": int((aligned & ~head & ~relation).sum()),
        "not aligned": int((~aligned).sum()),
    }
