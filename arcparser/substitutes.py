"""Words in place of others: sentences that nobody wrote, with the tree of one that somebody did.

A word of an open class may give way to another with the same tags, the same deprel and the same case of its first
letter, drawn as often as the treebank has it there ("nonce" sentences: Gulordava et al. 2018; as training data: Vania
et al. 2019).  The sentence loses its meaning and keeps its tree.  Above all it gives teachers
(:mod:`arcparser.teachers`) something that they have not seen: of the training sentences themselves they are certain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]

# https://universaldependencies.org/u/pos: words of the other classes carry the structure of the sentence.
OPEN_CLASSES = ("ADJ", "ADV", "INTJ", "NOUN", "PROPN", "VERB")


class Substitutes:
    """Which words of a treebank may stand for each other.

    :param words: every word of the treebank: its number in the list of distinct forms, and
    :param kinds: what it must have in common with its substitutes; None if it has none.
    """

    def __init__(self, words: Sequence[int], kinds: Sequence[object]) -> None:
        members: dict[object, list[int]] = defaultdict(list)
        for word, kind in zip(words, kinds):
            if kind is not None:
                members[kind].append(word)
        ids = {kind: i for i, kind in enumerate(members)}
        #: ``[words]``: the kind of each word as a number, -1 for none
        self.kinds: Ints = np.array([-1 if kind is None else ids[kind] for kind in kinds], dtype=np.intp)
        self._sizes = np.array([len(found) for found in members.values()], dtype=np.intp)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._members = np.array([word for found in members.values() for word in found], dtype=np.intp)

    def draw(self, words: Ints, kinds: Ints, rate: float, rng: np.random.Generator) -> Ints:
        """``words [T]`` with some that have a kind replaced, each with probability ``rate``."""
        at = np.flatnonzero((kinds >= 0) & (rng.random(len(words)) < rate))
        sizes = self._sizes[kinds[at]]
        drawn = words.copy()
        drawn[at] = self._members[self._starts[kinds[at]] + (rng.random(len(at)) * sizes).astype(np.intp)]
        return drawn


def kind_of(form: str, tags: Sequence[str], deprel: str) -> object:
    """What a word shares with those that may stand for it, None if nothing may; ``tags``: UPOS, XPOS, FEATS."""
    return (*tags, deprel, form[:1].isupper()) if tags[0] in OPEN_CLASSES else None
