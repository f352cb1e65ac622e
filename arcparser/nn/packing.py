"""Lay the words of many sentences in one array: step after step, without padding.

Sentences are sorted by length, longest first. The first `active[0]` rows hold the first word of every sentence, the
next `active[1]` rows the second word of those that have one, and so on (cuDNN calls this a packed sequence). The
sentences that a step needs are always the first `active[t]`: a slice, no mask, nothing computed for padding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from arcparser.types import Ints


@dataclass(frozen=True, slots=True)
class Packing:
    """Hold the layout of `B` sentences of `T` words in all; make one with `pack`.

    `lengths [B]` falls; `offsets [L+1]`: the words of step t are the rows `offsets[t]:offsets[t+1]`; `sentence [T]`,
    `position [T]`: whose word a row is, and its place in the sentence from 0; `reverse [T]`: the row that a row trades
    places with when every sentence is read backwards.
    """

    lengths: Ints
    offsets: Ints
    sentence: Ints
    position: Ints
    reverse: Ints

    @property
    def words(self) -> int:
        """T, the number of words."""
        return len(self.sentence)

    @property
    def previous(self) -> Ints:
        """The row of the word before, `[T - B]`, for each row from the second words of the sentences on."""
        first = len(self.lengths)
        return self.offsets[self.position[first:] - 1] + self.sentence[first:]

    @property
    def last_rows(self) -> Ints:
        """The row of each sentence's last word, `[B]`: of its first, in a sequence read backwards."""
        return self.offsets[self.lengths - 1] + np.arange(len(self.lengths))

    def padded(self) -> Ints:
        """Return the row of each word, `[B, L]`; T (a row past the end) where a sentence has no such word."""
        batch, longest = len(self.lengths), len(self.offsets) - 1
        rows = np.full((batch, longest), self.words, dtype=np.intp)
        rows[self.sentence, self.position] = np.arange(self.words)
        return rows


def pack(lengths: ArrayLike) -> Packing:
    """Pack sentences of these `lengths`, each at least 1 and sorted from long to short.

    Raises:
        ValueError: The lengths are not so.
    """
    lengths = np.asarray(lengths, dtype=np.intp)
    if len(lengths) and (lengths[-1] < 1 or np.any(np.diff(lengths) > 0)):
        raise ValueError("lengths must be at least 1 and sorted from long to short")
    longest = int(lengths[0]) if len(lengths) else 0
    # active[t] = how many sentences have more than t words.
    active = np.searchsorted(-lengths, -np.arange(longest), side="left")
    offsets = np.concatenate(([0], np.cumsum(active))).astype(np.intp)
    position = np.repeat(np.arange(longest), active)
    sentence = np.arange(offsets[-1]) - offsets[position]
    reverse = offsets[lengths[sentence] - 1 - position] + sentence
    return Packing(lengths, offsets, sentence, position, reverse)
