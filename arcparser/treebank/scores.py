"""Hold how sure a parser is of the tree of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arcparser.types import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class ArcScores:
    """Hold the probabilities of the arcs and labels of a sentence of n words, and what comes second.

    Attributes:
        arc: `[n]` the probability that the word's head is right, 0 to 1.
        label: `[n]` the probability that the label of its arc is right if the head is.
        second_heads: `[n]` the most probable head but for the chosen one, 0 the root; −1 where no other is possible.
        second_deprels: `[n]` the most probable label of the chosen arc but for the chosen one; `_` where no other is
            possible.
    """

    arc: Floats
    label: Floats
    second_heads: Ints
    second_deprels: Sequence[str]
