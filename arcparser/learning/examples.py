"""Turn annotated sentences into batches of integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.learning.substitutes import Substitutes, group_words
from arcparser.network.encoder import WordIds, spell
from arcparser.network.lemma_rules import lemma_rules
from arcparser.network.vocabulary import NOT_KNOWN, TAG_COLUMNS, CharacterIds, Vocabulary
from arcparser.nn.packing import pack
from arcparser.pretrained.contexts import Contexts
from arcparser.transition.oracle import Plan, plan
from arcparser.types import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Hold one annotated sentence of n words as numbers.

    Attributes:
        words: `[n]` places in the treebank's list of distinct forms.
        tags: `[n, 3]` class ids of UPOS, XPOS, FEATS, or NOT_KNOWN.
        heads: `[n]` word numbers, 0 the root, or NOT_KNOWN.
        labels: `[n]` ids, or NOT_KNOWN.
        lemma_rules: `[n]` ids, or NOT_KNOWN.
        groups: `[n]` which words each may be replaced by (`arcparser.learning.substitutes`), or NO_GROUP.
        plan: The oracle's, for the whole sentence.
    """

    words: Ints
    tags: Ints
    heads: Ints
    labels: Ints
    lemma_rules: Ints
    groups: Ints
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Hold annotated sentences, longest first, and in packed order the gold columns.

    Attributes:
        words: What the encoder reads.
        numbers: `[B]` which sentences of the treebank.
        form_counts: `[T]` how often each word's form occurs in the treebank.
        tags: `[T, 3]` class ids of UPOS, XPOS, FEATS, or NOT_KNOWN.
        heads: `[T]` word numbers, or NOT_KNOWN.
        labels: `[T]` ids, or NOT_KNOWN.
        lemma_rules: `[T]` ids, or NOT_KNOWN.
        gold_heads: The heads of each sentence.
        plans: The oracle's plan of each sentence.
        contexts: `[T, layers, width]` what a pretrained encoder says of the words, if there is one.
    """

    words: WordIds
    numbers: Ints
    form_counts: Ints
    tags: Ints
    heads: Ints
    labels: Ints
    lemma_rules: Ints
    gold_heads: Sequence[Sequence[int]]
    plans: Sequence[Plan]
    contexts: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Hold a treebank as numbers.

    Attributes:
        sentences: One example each: those of the treebank, and behind them those of raw text.
        annotated: How many are of the treebank.
        lengths: `[sentences]` how many words each has.
        forms: The distinct forms.
        form_ids: The vocabulary's number of each form.
        vector_ids: The row of each form's static vector.
        spelled: The characters of each form.
        form_counts: How often each form id occurs.
        affixes: `[forms, affixes]` the numbers of each form's affixes.
        substitutes: What words may be replaced by.
        contexts: What a pretrained encoder says of the sentences, if there is one.
    """

    sentences: Sequence[Example]
    annotated: int
    lengths: Ints
    forms: list[str]
    form_ids: Ints
    vector_ids: Ints
    spelled: CharacterIds
    form_counts: Ints
    affixes: Ints
    substitutes: Substitutes
    contexts: Contexts | None = None

    def batch(
        self, chosen: Sequence[int], *, substituted: float = 0.0, rng: np.random.Generator | None = None
    ) -> Batch:
        """Make the batch of these sentences.

        Args:
            chosen: Their numbers.
            substituted: The probability with which a word of an open class is replaced by one that can stand for it.
            rng: What that is drawn from.
        """
        numbers = sorted(chosen, key=lambda i: -int(self.lengths[i]))
        examples = [self.sentences[i] for i in numbers]
        packing = pack([len(e.heads) for e in examples])
        starts = np.cumsum(packing.lengths) - packing.lengths
        rows = starts[packing.sentence] + packing.position  # packed order from sentence after sentence

        def packed(field: str) -> Ints:
            return np.concatenate([getattr(e, field) for e in examples])[rows]

        words, lemma_rules = packed("words"), packed("lemma_rules")
        if substituted and rng is not None:
            groups = packed("groups")
            words, lemma_rules = self.substitutes.replace(words, lemma_rules, groups, share=substituted, rng=rng)
        distinct, spellings = np.unique(words, return_inverse=True)
        spelling, order = spell(
            CharacterIds(self.spelled.characters, self.spelled.starts[distinct], self.spelled.lengths[distinct])
        )
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        forms = self.form_ids[words]
        of_sentences = np.array(numbers, dtype=np.intp)
        return Batch(
            words=WordIds(
                packing=packing,
                forms=forms,
                spellings=place[spellings],
                vectors=self.vector_ids[words],
                spelling=spelling,
                affixes=self.affixes[distinct[order]],
            ),
            numbers=of_sentences,
            form_counts=self.form_counts[forms],
            tags=packed("tags"),
            heads=packed("heads"),
            labels=packed("labels"),
            lemma_rules=lemma_rules,
            gold_heads=[e.heads.tolist() for e in examples],
            plans=[e.plan for e in examples],
            contexts=None if self.contexts is None else self.contexts.packed(of_sentences, packing),
        )


def encode_treebank(
    vocabulary: Vocabulary,
    forms: Sequence[Sequence[str]],
    tags: Sequence[tuple[Sequence[str], Sequence[str], Sequence[str]]],
    arcs: Sequence[tuple[Sequence[int], Sequence[str]]],
    lemmas: Sequence[Sequence[str]],
) -> Examples:
    """Look everything up; tags, labels and rules that the vocabulary does not have are NOT_KNOWN.

    Args:
        vocabulary: What has a number.
        forms: The words of each sentence.
        tags: Their UPOS, XPOS and FEATS.
        arcs: Their heads, NOT_KNOWN where unknown, and deprels.
        lemmas: Their lemmas.
    """
    tag_ids = [{tag: i for i, tag in enumerate(getattr(vocabulary, column))} for column in TAG_COLUMNS]
    rule_ids: dict[str | None, int] = {rule: i for i, rule in enumerate(vocabulary.lemma_rules)}
    label_ids = {label: i for i, label in enumerate(vocabulary.labels)}
    distinct = list(dict.fromkeys(word for words in forms for word in words))
    place = {word: i for i, word in enumerate(distinct)}
    form_ids = np.array([vocabulary.form_id(word) for word in distinct], dtype=np.intp)
    words = [np.array([place[word] for word in sentence], dtype=np.intp) for sentence in forms]
    tags_of = [
        np.array([[d.get(t, NOT_KNOWN) for t in c] for d, c in zip(tag_ids, columns)], dtype=np.intp).T
        for columns in tags
    ]
    labels = [np.array([label_ids.get(deprel, NOT_KNOWN) for deprel in deprels], dtype=np.intp) for _, deprels in arcs]
    rules = [
        np.array([rule_ids.get(rule, NOT_KNOWN) for rule in lemma_rules(of_forms, of_lemmas)], dtype=np.intp)
        for of_forms, of_lemmas in zip(forms, lemmas)
    ]
    substitutes, groups = group_words(words, tags_of, labels, rules, vocabulary.upos)
    sentences = [
        Example(
            words=words[i],
            tags=tags_of[i],
            heads=np.array(heads, dtype=np.intp),
            labels=labels[i],
            lemma_rules=rules[i],
            groups=groups[i],
            plan=plan(heads, partial=True),
        )
        for i, (heads, _) in enumerate(arcs)
    ]
    return Examples(
        sentences=sentences,
        annotated=len(sentences),
        lengths=np.array([len(e.heads) for e in sentences], dtype=np.intp),
        forms=distinct,
        form_ids=form_ids,
        vector_ids=np.array([vocabulary.vector_id(word) for word in distinct], dtype=np.intp),
        spelled=vocabulary.spell(distinct),
        affixes=vocabulary.affix_ids(distinct),
        form_counts=np.bincount(form_ids[np.concatenate(words)], minlength=vocabulary.form_count),
        substitutes=substitutes,
    )


def shuffled_batches(lengths: Ints, batch_words: int, rng: np.random.Generator) -> list[list[int]]:
    """Batch sentences of similar length, about `batch_words` words a batch, in random order.

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
