"""Replace words by others with the same tags and relation, so that a small treebank shows more than it has.

Such sentences are nonsense, but their trees and tags are right: "nonce sentences" (Gulordava et al. 2018, "Colorless
green recurrent networks dream hierarchically"), which help where there is little to learn from (Vania et al. 2019, "A
systematic comparison of methods for low-resource dependency parsing"). The network cannot learn a sentence by heart
whose words are others each time. Words of the open classes only are replaced: a preposition is what it is.

A word takes the form of another word, and the lemma rule of that word, which belongs to its form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.types import Ints

NO_GROUP = -1

# UPOS of the open classes whose words stand for each other; adverbs and interjections are too unlike each other.
_OPEN = frozenset(("ADJ", "NOUN", "NUM", "PROPN", "VERB"))


@dataclass(frozen=True, slots=True)
class Substitutes:
    """Hold groups of words that stand for each other, each distinct pair of form and lemma rule once.

    Attributes:
        starts: `[groups]` where each group begins.
        sizes: `[groups]` how many pairs it has.
        words: `[pairs]` their places in the treebank's list of distinct forms.
        lemma_rules: `[pairs]` ids.
    """

    starts: Ints
    sizes: Ints
    words: Ints
    lemma_rules: Ints

    def replace(
        self, words: Ints, lemma_rules: Ints, groups: Ints, *, share: float, rng: np.random.Generator
    ) -> tuple[Ints, Ints]:
        """Replace a share of the words that belong to a group by any of it; return new words and lemma rules, `[T]`.

        Args:
            words: `[T]` places in the list of forms.
            lemma_rules: `[T]` ids.
            groups: `[T]` the group of each word, or NO_GROUP.
            share: The probability with which a word is replaced.
            rng: What it is drawn from.
        """
        drawn = rng.random((2, len(words)))
        taken = (drawn[0] < share) & (groups != NO_GROUP)
        group = groups[taken]
        place = self.starts[group] + (drawn[1][taken] * self.sizes[group]).astype(np.intp)
        words, lemma_rules = words.copy(), lemma_rules.copy()
        words[taken] = self.words[place]
        lemma_rules[taken] = self.lemma_rules[place]
        return words, lemma_rules


def group_words(
    words: Sequence[Ints],
    tags: Sequence[Ints],
    labels: Sequence[Ints],
    lemma_rules: Sequence[Ints],
    upos: Sequence[str],
) -> tuple[Substitutes, list[Ints]]:
    """Group the words of a treebank by UPOS, XPOS, FEATS and DEPREL; also tell the group of each word.

    Args:
        words: Of each sentence `[n]` places in the list of forms.
        tags: `[n, 3]` ids.
        labels: `[n]` ids.
        lemma_rules: `[n]` ids.
        upos: The names of UPOS by id.
    """
    is_open = [tag in _OPEN for tag in upos]
    numbers: dict[tuple[int, ...], int] = {}
    members: list[dict[tuple[int, int], None]] = []  # of each group, in the order in which they come
    groups: list[Ints] = []
    for sentence in zip(words, tags, labels, lemma_rules):
        of_sentence = []
        for word, (upos_id, *others), label, rule in zip(*(column.tolist() for column in sentence)):
            if upos_id < 0 or not is_open[upos_id]:
                of_sentence.append(NO_GROUP)
                continue
            group = numbers.setdefault((upos_id, *others, label), len(members))
            if group == len(members):
                members.append({})
            members[group][word, rule] = None
            of_sentence.append(group)
        groups.append(np.array(of_sentence, dtype=np.intp))
    sizes = np.array(list(map(len, members)), dtype=np.intp)
    pairs = np.array([pair for group in members for pair in group], dtype=np.intp).reshape(-1, 2)
    return Substitutes(np.cumsum(sizes) - sizes, sizes, pairs[:, 0], pairs[:, 1]), groups
