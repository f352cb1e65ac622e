"""Divide a treebank into folds, documents kept whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arcparser.errors import UsageError, count
from arcparser.training.hold_out import documents
from arcparser.treebank.sentence import Sentence


def divide(sentences: Sequence[Sentence], folds: int, *, seed: int) -> list[int]:
    """Return the fold of each sentence, from 0; all have about as many words.

    The largest document comes first; each goes to the fold that has fewest words by then. Documents of one size come in
    random order. Where there are fewer documents than folds, each sentence goes by itself.

    Args:
        sentences: The treebank.
        folds: How many.
        seed: Of the order.

    Raises:
        UsageError: There are fewer than two folds, or fewer sentences than folds.
    """
    if folds < 2:
        raise UsageError(f"{folds} folds: give at least 2")
    if folds > len(sentences):
        raise UsageError(f"{folds} folds of {count(len(sentences), 'sentence')}: give at most as many as sentences")
    groups = documents(sentences)
    if len(groups) < folds:
        groups = [[i] for i in range(len(sentences))]
    sizes = [sum(len(sentences[i]) for i in group) for group in groups]
    order = np.random.default_rng([seed, len(groups)]).permutation(len(groups)).tolist()
    order.sort(key=lambda place: -sizes[place])
    words = [0] * folds
    members = [0] * folds
    fold_of = [0] * len(sentences)
    for place in order:
        fold = min(range(folds), key=lambda k: (words[k], members[k]))
        words[fold] += sizes[place]
        members[fold] += 1
        for i in groups[place]:
            fold_of[i] = fold
    return fold_of
