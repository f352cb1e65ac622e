"""Hold the vectors of words in context, as a pretrained encoder computes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.nn.packing import Packing
from arcparser.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class Contexts:
    """Hold what a pretrained encoder says of sentences: word i of sentence k is row `starts[k] + i` of `vectors`.

    Attributes:
        vectors: `[words, layers, width]` in half precision, perhaps a memory map.
        starts: `[sentences]`.
    """

    vectors: Floats
    starts: Ints

    def take(self, sentences: Ints | Sequence[int]) -> Contexts:
        """Return those of some of the sentences, by number; no vector is copied."""
        return Contexts(self.vectors, self.starts[np.asarray(sentences, dtype=np.intp)])

    def packed(self, sentences: Ints, packing: Packing) -> Floats:
        """Return those of the `sentences [B]`, which lie in `packing` in that order, `[T, layers, width]`."""
        return np.asarray(self.vectors[self.starts[sentences][packing.sentence] + packing.position])


def sentence_starts(sentences: Sequence[Sequence[str]]) -> Ints:
    """Return where the words of each sentence begin, one sentence after the other."""
    lengths = np.fromiter(map(len, sentences), dtype=np.intp, count=len(sentences))
    return np.cumsum(lengths) - lengths
