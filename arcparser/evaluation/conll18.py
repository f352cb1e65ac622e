"""The scores of the CoNLL 2018 shared task, and the same with label subtypes counted.

Definitions: Zeman et al. 2018, https://universaldependencies.org/conll18/evaluation.html. Words are aligned
first (`arcparser.evaluation.alignment`); for each metric, with C correct words among G gold and S system words,

    precision = C / S,  recall = C / G,  F1 = 2 C / (G + S),  aligned accuracy = C / aligned words,

all in percent. A word is correct if it is aligned and

    UPOS, XPOS   the tag is the same
    UFeats       the features of the universal inventory are the same
    AllTags      UPOS, XPOS and UFeats are all correct
    UAS          the head is the same (the two heads are aligned to each other, or both are the root)
    LAS          also the relation is the same, subtypes left out: `nsubj:pass` counts as `nsubj`
    CLAS         LAS of content words only (no function words, no punctuation)
    MLAS         CLAS, and UPOS, UFeats are correct, and the function words that hang on it are the same
                 ones, with the same relation, UPOS and UFeats
    ExactLAS     LAS with subtypes counted (not part of CoNLL 2018; our own name)

Tokens, Sentences and Words score the segmentation. Lemmas and BLEX are left out, as this parser makes no
lemmas, and so are enhanced dependencies. Punctuation counts in all but CLAS and MLAS.

Every value of a word is an array over all words of the file: [G] over gold words, [S] over system words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import UsageError
from arcparser.evaluation.alignment import align_words, check_same_text, lay_out, same_tokens
from arcparser.evaluation.columns import Annotation, Words, encode
from arcparser.evaluation.scores import Score, Scores
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import check_tree
from arcparser.types import Bools, Ints


@dataclass(frozen=True)
class Comparison:
    """Gold and system words side by side: what all scores, also those of single relations, are counted
    from."""

    gold: Words
    system: Words
    deprel_names: list[str]  # code -> DEPREL
    relation_names: list[str]  # code -> DEPREL without subtype
    system_of_gold: Ints  # [G] index of the aligned system word, or -1
    gold_of_system: Ints  # [S] index of the aligned gold word, or -1
    tokens: Score
    sentences: Score

    @property
    def aligned(self) -> Bools:
        """[G] whether the gold word has a system word."""
        return self.system_of_gold >= 0

    def same(self, gold: NDArray[Any], system: NDArray[Any]) -> Bools:
        """[G] whether aligned words have the same value; `gold` [G] and `system` [S] hold the values."""
        result: Bools = self.aligned & (gold == system[self.system_of_gold])
        return result

    @property
    def head_correct(self) -> Bools:
        """[G] whether the word is aligned and its head is right."""
        head = self.system.head  # [S]
        gold_head = self.gold_of_system[head]  # [S]
        gold_head[gold_head < 0] = -2  # a head without a gold word, which is not the root's -1
        gold_head[head < 0] = -1
        return self.same(self.gold.head, gold_head)

    def scores(self) -> Scores:
        """Count all metrics."""
        gold, system = self.gold, self.system
        aligned, head = self.aligned, self.head_correct  # [G]
        relation = self.same(gold.relation, system.relation)  # [G]
        upos = self.same(gold.upos, system.upos)  # [G]
        xpos = self.same(gold.xpos, system.xpos)  # [G]
        feats = self.same(gold.feats, system.feats)  # [G]
        morphology = upos & feats  # [G]
        function_words = self._same_function_words(head & relation & morphology)  # [G]
        size, system_size, matched = len(aligned), len(system.head), int(aligned.sum())

        def over_all(correct: Bools) -> Score:
            return Score(int(correct.sum()), size, system_size, matched)

        def over_content(correct: Bools) -> Score:
            return Score(
                int((correct & gold.content).sum()),
                int(gold.content.sum()),
                int(system.content.sum()),
                int((aligned & gold.content).sum()),
            )

        return Scores(
            tokens=self.tokens,
            sentences=self.sentences,
            words=Score(matched, size, system_size),
            upos=over_all(upos),
            xpos=over_all(xpos),
            ufeats=over_all(feats),
            alltags=over_all(upos & xpos & feats),
            uas=over_all(head),
            las=over_all(head & relation),
            exact_las=over_all(head & self.same(gold.deprel, system.deprel)),
            clas=over_content(head & relation),
            mlas=over_content(head & relation & morphology & function_words),
        )

    def _same_function_words(self, correct: Bools) -> Bools:
        """[G] whether the function words of an aligned word are the same in number and each `correct` [G]."""
        in_gold = _count_per_head(self.gold.head, self.gold.function)  # [G]
        in_system = _count_per_head(self.system.head, self.system.function)  # [S]
        right = _count_per_head(self.gold.head, self.gold.function & correct)  # [G]
        return self.same(in_gold, in_system) & (right == in_gold)


def compare(gold: Sequence[Sentence], system: Sequence[Sentence]) -> Comparison:
    """Align two annotations of the same text and put them side by side.

    Raises TreeError for a sentence that is no tree with one root, AlignmentError if the texts differ.
    """
    for sentence in chain(gold, system):
        check_tree(sentence, require_deprels=False)
    if same_tokens(gold, system):
        return _compare_aligned(gold, Annotation.of(system))
    ours, theirs = lay_out(gold), lay_out(system)
    check_same_text(gold, system, ours, theirs)
    system_of_gold = np.array(align_words(ours, theirs), dtype=np.intp)  # [G]
    gold_of_system = np.full(len(theirs.spans), -1, dtype=np.intp)  # [S]
    aligned = np.flatnonzero(system_of_gold >= 0)
    gold_of_system[system_of_gold[aligned]] = aligned
    return Comparison(
        *encode(Annotation.of(gold), Annotation.of(system)),
        system_of_gold,
        gold_of_system,
        tokens=_span_score(ours.tokens, theirs.tokens),
        sentences=_span_score(ours.sentences, theirs.sentences),
    )


def evaluate_sentences(gold: Sequence[Sentence], system: Sequence[Sentence]) -> Scores:
    """Scores of `system` against `gold`, two annotations of one text. Raises TreeError, AlignmentError."""
    return compare(gold, system).scores()


def attachment_scores(
    gold: Sequence[Sentence],
    heads: Sequence[Sequence[int]],
    deprels: Sequence[Sequence[str]],
    *,
    upos: Sequence[Sequence[str]] | None = None,
    xpos: Sequence[Sequence[str]] | None = None,
    feats: Sequence[Sequence[str]] | None = None,
) -> Scores:
    """Scores of predictions for the very words of `gold`, one sequence per sentence; for use within training.

    Tags that are not given count as `_`. Both sides are taken to be trees, which is not checked again.
    """
    untagged = [["_"] * len(sentence) for sentence in gold]
    system = Annotation(heads, deprels, upos or untagged, xpos or untagged, feats or untagged)
    lengths = [len(sentence) for sentence in gold]
    for values in (system.heads, system.deprels, system.upos, system.xpos, system.feats):
        if [len(sequence) for sequence in values] != lengths:
            raise UsageError("predictions and gold sentences differ in length: give one value for each word")
    return _compare_aligned(gold, system).scores()


def _compare_aligned(gold: Sequence[Sentence], system: Annotation) -> Comparison:
    """The comparison of two annotations of the same words."""
    identity = np.arange(sum(map(len, gold)), dtype=np.intp)
    tokens = len(identity) - sum(token.last - token.first for s in gold for token in s.multiword_tokens)
    return Comparison(
        *encode(Annotation.of(gold), system),
        identity,
        identity,
        tokens=Score(tokens, tokens, tokens),
        sentences=Score(len(gold), len(gold), len(gold)),
    )


def _count_per_head(head: Ints, mask: Bools) -> Ints:
    """[W] number of words under `mask` [W] whose head the word is."""
    result: Ints = np.bincount(head[mask & (head >= 0)], minlength=len(head))
    return result


def _span_score(gold: Sequence[tuple[int, int]], system: Sequence[tuple[int, int]]) -> Score:
    return Score(len(set(gold) & set(system)), len(gold), len(system))
