"""Compute the scores of the CoNLL 2018 shared task, and the same with label subtypes counted.

Definitions: Zeman et al. 2018, https://universaldependencies.org/conll18/evaluation.html. Words are aligned
first (`arcparser.evaluation.alignment`); for each metric, with C correct words among G gold and S system words,

    precision = C / S,  recall = C / G,  F1 = 2 C / (G + S),  aligned accuracy = C / aligned words,

all in percent. A word is correct if it is aligned and

    UPOS, XPOS   the tag is the same
    UFeats       the features of the universal inventory are the same
    AllTags      UPOS, XPOS and UFeats are all correct
    Lemmas       the lemma is the same; where gold has `_`, any is
    UAS          the head is the same (the two heads are aligned to each other, or both are the root)
    LAS          also the relation is the same, subtypes left out: `nsubj:pass` counts as `nsubj`
    CLAS         LAS of content words only (no function words, no punctuation)
    MLAS         CLAS, and UPOS, UFeats are correct, and the function words that hang on it are the same
                 ones, with the same relation, UPOS and UFeats
    BLEX         CLAS, and the lemma is correct
    ExactLAS     LAS with subtypes counted (not part of CoNLL 2018; our own name)

Tokens, Sentences and Words score the segmentation. Enhanced dependencies are left out. Punctuation counts in
all but CLAS, MLAS and BLEX.

Every value of a word is an array over all words of the file: [G] over gold words, [S] over system words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import UsageError
from arcparser.evaluation.alignment import Span, align_words, check_same_text, same_tokens, text_spans
from arcparser.evaluation.columns import Annotation, WordColumns, encode
from arcparser.evaluation.scores import METRICS, Score, Scores
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree
from arcparser.types import Bools, Ints

CONTENT_METRICS = frozenset(("CLAS", "MLAS", "BLEX"))


@dataclass(frozen=True)
class Comparison:
    """Gold and system words side by side: all scores, also those of single relations, are counted from it."""

    gold: WordColumns
    system: WordColumns
    deprel_names: list[str]  # code -> DEPREL
    relation_names: list[str]  # code -> DEPREL without subtype
    lemma_names: list[str]  # code -> LEMMA
    system_of_gold: Ints  # [G] index of the aligned system word, or -1
    gold_of_system: Ints  # [S] index of the aligned gold word, or -1
    tokens: Score
    sentences: Score

    @property
    def aligned(self) -> Bools:
        """Whether each gold word has a system word, `[G]`."""
        return self.system_of_gold >= 0

    def same(self, gold: NDArray[Any], system: NDArray[Any]) -> Bools:
        """Return for each gold word [G] whether it is aligned to a word of the same value.

        Args:
            gold: The value [G] of each gold word.
            system: The value [S] of each system word.
        """
        result: Bools = self.aligned & (gold == system[self.system_of_gold])
        return result

    @property
    def head_correct(self) -> Bools:
        """Whether each gold word is aligned and its head is right, `[G]`."""
        head = self.system.head  # [S]
        gold_head = self.gold_of_system[head]  # [S]
        gold_head[gold_head < 0] = -2  # a head without a gold word, which is not the root's -1
        gold_head[head < 0] = -1
        return self.same(self.gold.head, gold_head)

    @property
    def lemma_correct(self) -> Bools:
        """Whether each gold word is aligned and its lemma is right, `[G]`; any is where gold has `_`."""
        result: Bools = self.aligned & ((self.gold.lemma == 0) | self.same(self.gold.lemma, self.system.lemma))
        return result

    def correct_words(self) -> dict[str, Bools]:
        """Return for each metric of words which gold words [G] are right; for `CONTENT_METRICS`, of content words."""
        gold, system = self.gold, self.system
        head = self.head_correct  # [G]
        relation = self.same(gold.relation, system.relation)  # [G]
        upos = self.same(gold.upos, system.upos)  # [G]
        xpos = self.same(gold.xpos, system.xpos)  # [G]
        feats = self.same(gold.feats, system.feats)  # [G]
        lemma = self.lemma_correct  # [G]
        morphology = upos & feats  # [G]
        function_words = self._same_function_words(head & relation & morphology)  # [G]
        return {
            "Words": self.aligned,
            "UPOS": upos,
            "XPOS": xpos,
            "UFeats": feats,
            "AllTags": upos & xpos & feats,
            "Lemmas": lemma,
            "UAS": head,
            "LAS": head & relation,
            "ExactLAS": head & self.same(gold.deprel, system.deprel),
            "CLAS": gold.content & head & relation,
            "MLAS": gold.content & head & relation & morphology & function_words,
            "BLEX": gold.content & head & relation & lemma,
        }

    def scores(self) -> Scores:
        """Count all metrics."""
        words: dict[str, Score] = {}
        for name, correct in self.correct_words().items():
            gold, system = (
                side.content if name in CONTENT_METRICS else np.ones(len(side.head), bool)
                for side in (self.gold, self.system)
            )
            words[METRICS[name]] = Score(
                correct=int(correct.sum()),
                gold=int(gold.sum()),
                system=int(system.sum()),
                aligned=None if name == "Words" else int((self.aligned & gold).sum()),
            )
        return Scores(tokens=self.tokens, sentences=self.sentences, **words)

    def _same_function_words(self, correct: Bools) -> Bools:
        """Return for each gold word [G] whether its function words are as many as its system word's, and all right.

        Args:
            correct: Of each gold word [G], whether it is right as a function word.
        """
        in_gold = _count_per_head(self.gold.head, self.gold.function)  # [G]
        in_system = _count_per_head(self.system.head, self.system.function)  # [S]
        right = _count_per_head(self.gold.head, self.gold.function & correct)  # [G]
        return self.same(in_gold, in_system) & (right == in_gold)


def compare(gold: Sequence[Sentence], system: Sequence[Sentence]) -> Comparison:
    """Align two annotations of the same text and put them side by side.

    Raises:
        TreeError: A sentence is no tree with one root.
        AlignmentError: The texts differ.
    """
    for sentence in chain(gold, system):
        check_tree(sentence, require_deprels=False)
    if same_tokens(gold, system):
        return _compare_aligned(gold, Annotation.of(system))
    ours, theirs = text_spans(gold), text_spans(system)
    check_same_text(gold, system, ours, theirs)
    system_of_gold = np.array(align_words(ours, theirs), dtype=np.intp)  # [G]
    gold_of_system = np.full(len(theirs.words), -1, dtype=np.intp)  # [S]
    aligned = np.flatnonzero(system_of_gold >= 0)
    gold_of_system[system_of_gold[aligned]] = aligned
    return _comparison(
        Annotation.of(gold),
        Annotation.of(system),
        system_of_gold=system_of_gold,
        gold_of_system=gold_of_system,
        tokens=_span_score(ours.tokens, theirs.tokens),
        sentences=_span_score(ours.sentences, theirs.sentences),
    )


def evaluate_sentences(gold: Sequence[Sentence], system: Sequence[Sentence]) -> Scores:
    """Score `system` against `gold`, two annotations of one text.

    Raises:
        TreeError: A sentence is no tree with one root.
        AlignmentError: The texts differ.
    """
    return compare(gold, system).scores()


def attachment_scores(
    gold: Sequence[Sentence],
    heads: Sequence[Sequence[int]],
    deprels: Sequence[Sequence[str]],
    *,
    upos: Sequence[Sequence[str]] | None = None,
    xpos: Sequence[Sequence[str]] | None = None,
    feats: Sequence[Sequence[str]] | None = None,
    lemmas: Sequence[Sequence[str]] | None = None,
) -> Scores:
    """Score predictions for the very words of `gold`; for use within training.

    Both sides are taken to be trees, which is not checked again.

    Args:
        gold: Sentences with the right trees and tags.
        heads: The predicted heads: one sequence per sentence, one value per word.
        deprels: The predicted relations, in the same shape.
        upos: The predicted tags, in the same shape; those not given count as `_`.
        xpos: The same.
        feats: The same.
        lemmas: The same.

    Raises:
        UsageError: There is not one value for each word.
    """
    untagged = [["_"] * len(sentence) for sentence in gold]
    system = Annotation(
        heads=heads,
        deprels=deprels,
        upos=upos or untagged,
        xpos=xpos or untagged,
        feats=feats or untagged,
        lemmas=lemmas or untagged,
    )
    lengths = [len(sentence) for sentence in gold]
    for values in (system.heads, system.deprels, system.upos, system.xpos, system.feats, system.lemmas):
        if [len(sequence) for sequence in values] != lengths:
            raise UsageError("predictions and gold sentences differ in length: give one value for each word")
    return _compare_aligned(gold, system).scores()


def _compare_aligned(gold: Sequence[Sentence], system: Annotation) -> Comparison:
    """Compare two annotations of the same words."""
    identity = np.arange(sum(map(len, gold)), dtype=np.intp)
    tokens = len(identity) - sum(token.last - token.first for s in gold for token in s.multiword_tokens)
    return _comparison(
        Annotation.of(gold),
        system,
        system_of_gold=identity,
        gold_of_system=identity,
        tokens=Score(correct=tokens, gold=tokens, system=tokens),
        sentences=Score(correct=len(gold), gold=len(gold), system=len(gold)),
    )


def _comparison(
    gold: Annotation,
    system: Annotation,
    *,
    system_of_gold: Ints,
    gold_of_system: Ints,
    tokens: Score,
    sentences: Score,
) -> Comparison:
    encoded = encode(gold, system)
    return Comparison(
        gold=encoded.gold,
        system=encoded.system,
        deprel_names=encoded.deprel_names,
        relation_names=encoded.relation_names,
        lemma_names=encoded.lemma_names,
        system_of_gold=system_of_gold,
        gold_of_system=gold_of_system,
        tokens=tokens,
        sentences=sentences,
    )


def _count_per_head(head: Ints, mask: Bools) -> Ints:
    """Count for each word [W] the words under `mask` [W] whose head it is."""
    result: Ints = np.bincount(head[mask & (head >= 0)], minlength=len(head))
    return result


def _span_score(gold: Sequence[Span], system: Sequence[Span]) -> Score:
    same = Counter(gold) & Counter(system)  # tokens of spaces alone may share a span
    return Score(correct=same.total(), gold=len(gold), system=len(system))
