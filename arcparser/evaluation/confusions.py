"""Count label confusions: words whose relation is another one than in gold, with examples.

A confusion costs LAS one word, whether the word's head is right or not; subtypes are left out, as in the CoNLL
2018 evaluation. Words that tokenization has kept from being aligned are wrong, but confuse nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arcparser.errors import clean
from arcparser.evaluation.conll18 import Comparison
from arcparser.treebank.sentence import FORM, Sentence


@dataclass(frozen=True)
class Example:
    """A word whose relation is confused, in its sentence."""

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
    """Words that are `gold` in gold and `system` in the system's output."""

    gold: str
    system: str
    count: int
    head_right: int  # of these have the right head
    share: float  # of all words that LAS counts as wrong, in percent
    examples: tuple[Example, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return {
            "gold": self.gold,
            "system": self.system,
            "count": self.count,
            "head_right": self.head_right,
            "share_of_las_errors": self.share,
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
    head = comparison.head_correct  # [G]
    same = comparison.same(comparison.gold.relation, comparison.system.relation)  # [G]
    confused = comparison.aligned & ~same  # [G]
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    for word in np.flatnonzero(confused).tolist():
        counterpart = comparison.system_of_gold[word]
        key = int(comparison.gold.relation[word]), int(comparison.system.relation[counterpart])
        places[key].append(word)
    wrong = int((~(head & same)).sum())
    names = comparison.relation_names
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


def _example(ours: _Positions, word: int, theirs: _Positions, counterpart: int, *, context: int = 8) -> Example:
    sentence = ours.sentences[ours.sentence[word]]
    at = word - ours.first[ours.sentence[word]]
    forms = list(map(clean, sentence.forms))
    before, after = forms[max(0, at - context) : at], forms[at + 1 : at + 1 + context]
    return Example(
        before="".join(["… "] * (at > context) + [f"{form} " for form in before]),
        form=forms[at],
        after="".join([f" {form}" for form in after] + [" …"] * (at + 1 + context < len(forms))),
        gold_head=ours.head(word),
        system_head=theirs.head(counterpart),
        sent_id=sentence.sent_id,
        file=sentence.source,
        line=sentence.word_line(at) if sentence.line else None,
    )
