"""From annotated sentences to batches of integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arcparser.network.encoder import TAG_COLUMNS, Words, spell
from arcparser.network.network import Batch
from arcparser.network.vocabulary import CharacterIds, Vocabulary
from arcparser.nn.packing import pack
from arcparser.transition.oracle import plan
from arcparser.types import Ints


@dataclass(frozen=True, slots=True)
class Example:
    """One annotated sentence of n words as numbers.

    `words` (places in the treebank's list of distinct forms), `heads`, `labels [n]`, `tags [n, 3]`.
    """

    words: Ints
    tags: Ints
    heads: Ints
    labels: Ints
    plan: Any


@dataclass(frozen=True)
class Examples:
    """A treebank as numbers.

    `sentences`; `forms`: its distinct forms and, for each of them, `form_ids`, `vector_ids`, `spelled`; `form_counts`:
    how often each form id occurs.
    """

    sentences: list[Example]
    forms: list[str]
    form_ids: Ints
    vector_ids: Ints
    spelled: CharacterIds
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

        words = packed("words")
        distinct, spellings = np.unique(words, return_inverse=True)
        spelling, order = spell(
            CharacterIds(self.spelled.characters, self.spelled.starts[distinct], self.spelled.lengths[distinct])
        )
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        forms = self.form_ids[words]
        return Batch(
            Words(packing, forms, place[spellings], self.vector_ids[words], spelling),
            np.array(numbers, dtype=np.intp), self.form_counts[forms],
            packed("tags"), packed("heads"), packed("labels"),
            [e.heads.tolist() for e in examples], [e.plan for e in examples],
        )  # fmt: skip


def encode_treebank(
    vocabulary: Vocabulary,
    forms: Sequence[Sequence[str]],
    tags: Sequence[tuple[Sequence[str], Sequence[str], Sequence[str]]],
    arcs: Sequence[tuple[Sequence[int], Sequence[str]]],
) -> Examples:
    """Look everything up; tags that the vocabulary does not know become -1 (nothing is learned from them)."""
    tag_ids = [{tag: i for i, tag in enumerate(getattr(vocabulary, column))} for column in TAG_COLUMNS]
    label_ids = {label: i for i, label in enumerate(vocabulary.labels)}
    distinct = list(dict.fromkeys(word for words in forms for word in words))
    place = {word: i for i, word in enumerate(distinct)}
    form_ids = np.array([vocabulary.form_id(word) for word in distinct], dtype=np.intp)
    words = [[place[word] for word in sentence] for sentence in forms]
    flat = [word for sentence in words for word in sentence]
    sentences = [
        Example(
            np.array(numbers, dtype=np.intp),
            np.array([[d.get(t, -1) for t in c] for d, c in zip(tag_ids, columns)], dtype=np.intp).T,
            np.array(heads, dtype=np.intp),
            np.array([label_ids.get(deprel, -1) for deprel in deprels], dtype=np.intp),
            plan(heads),
        )
        for numbers, columns, (heads, deprels) in zip(words, tags, arcs)
    ]
    return Examples(
        sentences, distinct, form_ids,
        np.array([vocabulary.vector_id(word) for word in distinct], dtype=np.intp),
        vocabulary.spell(distinct),
        np.bincount(form_ids[flat], minlength=vocabulary.form_count),
    )  # fmt: skip


def shuffled_batches(lengths: Ints, batch_words: int, rng: np.random.Generator) -> list[list[int]]:
    """Sentences of similar length together, in random order: batches of about `batch_words` words each.

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
