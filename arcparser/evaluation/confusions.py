"""Count confusions of labels and of lemmas: words that have another one than in gold, with examples.

A confusion of labels costs LAS one word, whether the word's head is right or not; subtypes are left out, as in the
CoNLL 2018 evaluation. A confusion of lemmas costs Lemmas one word. Words that tokenization has kept from being aligned
are wrong, but confuse nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arcparser.errors import clean
from arcparser.evaluation.conll18 import Comparison
from arcparser.treebank.columns import FORM
from arcparser.treebank.sentence import Sentence
from arcparser.types import Bools, Ints


@dataclass(frozen=True)
class ConfusedWord:
    """A word that is confused, in its sentence."""

    before: str
    form: str
    after: str
    gold_head: str  # FORM of the head, "root" for the root
    system_head: str
    sent_id: str | None
    file: str | None
    line: int | None  # of the word in the gold file

    @property
    def place(self) -> str:
        """Say where to find it: `file:line`, or the sent_id."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.sent_id or ""

    def as_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON; the word stands in brackets in `text`."""
        return {
            "text": f"{self.before}[{self.form}]{self.after}",
            "word": self.form,
            "gold_head": self.gold_head,
            "system_head": self.system_head,
            "sent_id": self.sent_id,
            "file": self.file,
            "line": self.line,
        }


@dataclass(frozen=True)
class Confusion:
    """Words whose relation (or lemma) is `gold` in gold and `system` in the system's output."""

    gold: str
    system: str
    count: int
    head_right: int  # of these have the right head
    share: float  # of all words that LAS (or Lemmas) counts as wrong, in percent
    examples: tuple[ConfusedWord, ...]

    def as_dict(self, metric: str = "las") -> dict[str, Any]:
        """Return everything, ready for JSON; `metric` is the one whose errors the share is of."""
        return {
            "gold": self.gold,
            "system": self.system,
            "count": self.count,
            "head_right": self.head_right,
            f"share_of_{metric}_errors": self.share,
            "examples": [example.as_dict() for example in self.examples],
        }


def label_confusions(
    comparison: Comparison,
    gold: Sequence[Sentence],
    system: Sequence[Sentence],
    *,
    most: int = 25,
    examples: int = 3,
) -> list[Confusion]:
    """List the confusions that cost most.

    Args:
        comparison: The comparison of `gold` and `system`.
        gold: The gold sentences that were compared.
        system: The system's sentences that were compared.
        most: How many confusions to keep.
        examples: How many examples each has at most: from short sentences, and each from another one.
    """
    same = comparison.same(comparison.gold.relation, comparison.system.relation)  # [G]
    values = _Values(comparison.relation_names, comparison.gold.relation, comparison.system.relation)
    wrong = int((~(comparison.head_correct & same)).sum())
    return _confusions(comparison, gold, system, values, ~same, wrong=wrong, most=most, examples=examples)


def lemma_confusions(
    comparison: Comparison,
    gold: Sequence[Sentence],
    system: Sequence[Sentence],
    *,
    most: int = 25,
    examples: int = 3,
) -> list[Confusion]:
    """List the wrong lemmas that are most frequent; the arguments are those of `label_confusions`."""
    wrong = ~comparison.lemma_correct  # [G]
    values = _Values(comparison.lemma_names, comparison.gold.lemma, comparison.system.lemma)
    return _confusions(comparison, gold, system, values, wrong, wrong=int(wrong.sum()), most=most, examples=examples)


@dataclass(frozen=True)
class _Values:
    """A column of both sides: what its codes stand for, and the codes [G] and [S]."""

    names: Sequence[str]
    gold: Ints
    system: Ints


def _confusions(
    comparison: Comparison,
    gold: Sequence[Sentence],
    system: Sequence[Sentence],
    values: _Values,
    differ: Bools,
    *,
    wrong: int,
    most: int,
    examples: int,
) -> list[Confusion]:
    """List the confusions among the aligned words that `differ` [G], of `wrong` words that are wrong in all."""
    head = comparison.head_correct  # [G]
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    for word in np.flatnonzero(comparison.aligned & differ).tolist():
        key = int(values.gold[word]), int(values.system[comparison.system_of_gold[word]])
        places[key].append(word)
    names = values.names
    theirs, ours = _Positions.of(system), _Positions.of(gold)
    result = []
    ranked = sorted(places.items(), key=lambda item: (-len(item[1]), [names[code] for code in item[0]]))
    for (right, chosen), found in ranked[:most]:
        shown: dict[int, int] = {}  # sentence -> word
        for word in sorted(found, key=lambda word: (len(gold[ours.sentence[word]]) < 4, ours.length(word), word)):
            shown.setdefault(ours.sentence[word], word)
        chosen_words = list(shown.values())[:examples]
        result.append(
            Confusion(
                gold=names[right],
                system=names[chosen],
                count=len(found),
                head_right=int(head[found].sum()),
                share=100 * len(found) / wrong,
                examples=tuple(
                    _example(ours, word, theirs, int(comparison.system_of_gold[word])) for word in chosen_words
                ),
            )
        )
    return result


@dataclass(frozen=True)
class _Positions:
    """From the index of a word among all words to its sentence and position."""

    sentences: Sequence[Sentence]
    sentence: list[int]  # [W]
    first: list[int]  # per sentence: index of its first word

    @classmethod
    def of(cls, sentences: Sequence[Sentence]) -> _Positions:
        sentence = [index for index, one in enumerate(sentences) for _ in range(len(one))]
        first = [0]
        for one in sentences:
            first.append(first[-1] + len(one))
        return cls(sentences, sentence, first)

    def length(self, word: int) -> int:
        return len(self.sentences[self.sentence[word]])

    def head(self, word: int) -> str:
        """Return FORM of the word's head, or `root`."""
        index = self.sentence[word]
        head = self.sentences[index].heads[word - self.first[index]]
        return clean(self.sentences[index].rows[head - 1][FORM]) if head else "root"


def _example(ours: _Positions, word: int, theirs: _Positions, counterpart: int, *, context: int = 8) -> ConfusedWord:
    sentence = ours.sentences[ours.sentence[word]]
    at = word - ours.first[ours.sentence[word]]
    forms = list(map(clean, sentence.forms))
    before, after = forms[max(0, at - context) : at], forms[at + 1 : at + 1 + context]
    return ConfusedWord(
        before="".join(["… "] * (at > context) + [f"{form} " for form in before]),
        form=forms[at],
        after="".join([f" {form}" for form in after] + [" …"] * (at + 1 + context < len(forms))),
        gold_head=ours.head(word),
        system_head=theirs.head(counterpart),
        sent_id=sentence.sent_id,
        file=sentence.source,
        line=sentence.word_line(at) if sentence.line else None,
    )
