"""From annotated sentences to batches of integers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .encoder import TAG_COLUMNS, Words, spell
from .lexicon import Lexicon
from .network import Batch
from .nn.packing import pack
from .oracle import plan

Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Example:
    """One annotated sentence of n words as numbers.

    ``forms``, ``spellings`` (places in the treebank's list of distinct forms), ``vectors``, ``heads``,
    ``labels [n]``, ``tags [n, 3]``.
    """

    forms: Ints
    spellings: Ints
    vectors: Ints
    tags: Ints
    heads: Ints
    labels: Ints
    plan: Any


@dataclass(frozen=True)
class Examples:
    """A treebank as numbers: sentences, the spelled distinct forms, and how often each form id occurs."""

    sentences: list[Example]
    spelled: list[list[int]]
    form_counts: Ints

    def batch(self, chosen: Sequence[int]) -> Batch:
        """The batch of these sentences."""
        numbers = sorted(chosen, key=lambda i: -len(self.sentences[i].heads))
        examples = [self.sentences[i] for i in numbers]
        packing = pack([len(e.heads) for e in examples])
        starts = np.cumsum(packing.lengths) - packing.lengths
        rows = starts[packing.sentence] + packing.position  # packed order from sentence after sentence

        def packed(field: str) -> Ints:
            return np.concatenate([getattr(e, field) for e in examples])[rows]

        distinct, spellings = np.unique(packed("spellings"), return_inverse=True)
        spelling, order = spell([self.spelled[i] for i in distinct])
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        forms = packed("forms")
        return Batch(
            Words(packing, forms, place[spellings], packed("vectors"), spelling),
            self.form_counts[forms],
            packed("tags"), packed("heads"), packed("labels"),
            [e.heads.tolist() for e in examples], [e.plan for e in examples], np.array(numbers, dtype=np.intp),
        )  # fmt: skip


def encode_treebank(
    lexicon: Lexicon,
    forms: Sequence[Sequence[str]],
    tags: Sequence[tuple[Sequence[str], Sequence[str], Sequence[str]]],
    arcs: Sequence[tuple[Sequence[int], Sequence[str]]],
) -> Examples:
    """Look everything up; tags that the lexicon does not know become -1 (nothing is learned from them)."""
    tag_ids = [{tag: i for i, tag in enumerate(getattr(lexicon, column))} for column in TAG_COLUMNS]
    label_ids = {label: i for i, label in enumerate(lexicon.labels)}
    known: dict[str, int] = {}
    spelled: list[list[int]] = []
    counts: Counter[int] = Counter()
    sentences = []
    for words, columns, (heads, deprels) in zip(forms, tags, arcs):
        for word in words:
            if word not in known:
                known[word] = len(spelled)
                spelled.append(lexicon.spell(word))
        ids = [lexicon.form_id(word) for word in words]
        counts.update(ids)
        sentences.append(
            Example(
                np.array(ids, dtype=np.intp),
                np.array([known[word] for word in words], dtype=np.intp),
                np.array([lexicon.vector_id(word) for word in words], dtype=np.intp),
                np.array([[d.get(t, -1) for t in c] for d, c in zip(tag_ids, columns)], dtype=np.intp).T,
                np.array(heads, dtype=np.intp),
                np.array([label_ids.get(deprel, -1) for deprel in deprels], dtype=np.intp),
                plan(heads),
            )
        )
    table = np.zeros(lexicon.form_count, dtype=np.intp)
    for i, n in counts.items():
        table[i] = n
    return Examples(sentences, spelled, table)


def shuffled_batches(lengths: Ints, batch_words: int, rng: np.random.Generator) -> list[list[int]]:
    """Sentences of similar length together, in random order: batches of about ``batch_words`` words each.

    Lengths are jittered before they are sorted, so that batches differ from epoch to epoch.
    """
    order = np.argsort(lengths * rng.uniform(0.8, 1.25, len(lengths)), kind="stable")
    batches: list[list[int]] = []
    words = batch_words
    for i in order.tolist():
        if words >= batch_words:
            batches.append([])
            words = 0
        batches[-1].append(i)
        words += int(lengths[i])
    return [batches[i] for i in rng.permutation(len(batches))]
