"""Look up the graph scores of one long sentence without keeping a number for each pair of its words.

The table of n words would have n² entries (for 20,000 words 1.6 GB, and its sums twice as much again). States ask for
few of them: single arcs, P(d, h) = exp(d · h − z_d), which are made when they are asked for; and sums over the words
from the first unshifted one on, which only moves forward. Those sums are kept for a block of such words at a time:

    heads_from(d, j)     =  Σ_{h ≥ j} P(d, h)   =  Σ_{j ≤ h < end of the block} P(d, h)  +  what follows the block
    children_from(j, h)  =  Σ_{d ≥ j} P(d, h)   likewise

One pass over all pairs finds the normalizers z and what follows each block. Words that are numbers here are those of
`arcparser.transition.features.GraphScores`, and so are the answers, up to rounding.
"""

from __future__ import annotations

import math

import numpy as np

from arcparser.network.projections import Projections
from arcparser.nn.biaffine import transform
from arcparser.nn.parameters import Parameters
from arcparser.types import Floats, Ints


class GraphBlocks:
    """Answer what `GraphScores` answers, for a batch that is one sentence of n words.

    Args:
        h: Its projections.
        p: The network's weights.
    """

    def __init__(self, h: Projections, p: Parameters) -> None:
        transformed = transform(h.graph_dependent, p["graph.w"], p["graph.v"])
        # The root is number 0 in both; it depends on nothing.
        self._dependents = np.concatenate((np.zeros_like(transformed[:1]), transformed))  # [n+1, A]
        self._heads = np.concatenate((p["graph.root"][None], h.graph_head))  # [n+1, A]
        self._normalizers = np.full(len(self._heads), np.inf, self._heads.dtype)
        # So many words as there are blocks: what is kept of each word, and of each word of a block, takes least memory.
        self._size = math.isqrt(len(self._heads)) + 1
        starts = np.arange(0, len(self._heads), self._size)
        sums = np.empty((2, len(starts), len(self._heads)), self._heads.dtype)
        for block, start in enumerate(starts.tolist()):
            part = slice(start, start + self._size)
            a = self._dependents[part] @ self._heads.T
            numbers = np.arange(start, start + len(a))
            a[np.arange(len(a)), numbers] = -np.inf  # no word heads itself
            largest = a.max(axis=1)
            a -= largest[:, None]
            np.exp(a, out=a)
            total = a.sum(axis=1)
            a /= total[:, None]
            self._normalizers[part] = largest + np.log(total)
            if not start:
                a[0] = 0
            sums[0][:, part] = np.add.reduceat(a, starts, axis=1).T
            sums[1, block] = a.sum(axis=0)
        self._normalizers[0] = np.inf
        # after[0] [blocks, n+1]: of each dependent, the probability that its head follows the block; after[1]: of each
        # head, the expected number of its children that do.
        self._after = sums
        sums[:, :-1] = sums[:, 1:]
        sums[:, -1] = 0
        for block in range(len(starts) - 2, -1, -1):
            sums[:, block] += sums[:, block + 1]
        self._block = -1
        self._in_block = np.empty((2, 0, 0), sums.dtype)

    def arcs_at(self, sentence: Ints, dependents: Ints, heads: Ints) -> Floats:
        """Look up P(head of d = h)."""
        known = (dependents > 0) & (heads > 0) & (heads <= len(self._heads))
        d, h = np.where(known, dependents - 1, 0), np.where(known, heads - 1, 0)
        scores = np.einsum("...i,...i", self._dependents[d], self._heads[h]) - self._normalizers[d]
        return np.exp(scores)  # that of no word, too: nothing depends on 0

    def heads_of(self, words: Ints) -> Floats:
        """Compute P(head of w = h) of a few words, numbers from 1, for each h from 0, `[K] -> [K, n+1]`."""
        p = self._dependents[words] @ self._heads.T
        p -= self._normalizers[words, None]
        np.exp(p, out=p)
        p[np.arange(len(words)), words] = 0
        return p

    def heads_from_at(self, sentence: Ints, dependents: Ints, first: Ints) -> Floats:
        """Look up P(head of d ≥ j)."""
        return self._sums(0, first, dependents)

    def children_from_at(self, sentence: Ints, first: Ints, heads: Ints) -> Floats:
        """Look up the expected number of children of h among the words ≥ j."""
        return self._sums(1, first, heads)

    def _sums(self, which: int, first: Ints, words: Ints) -> Floats:
        """Look up the sums of `words [1, n]` from word `first [1, 1]` on."""
        j = int(first[0, 0]) - 1
        if j >= len(self._heads):
            return np.zeros(words.shape, self._heads.dtype)
        if j // self._size != self._block:
            self._load(j // self._size)
        found: Floats = self._in_block[which, j % self._size][np.maximum(words - 1, 0)]
        return np.where(words > 0, found, found.dtype.type(0))

    def _load(self, block: int) -> None:
        """Make the sums from each word of a block on, `[2, words, n+1]`."""
        part = slice(block * self._size, (block + 1) * self._size)
        self._block = block
        self._in_block = np.empty((2, *self._heads[part].shape[:1], len(self._heads)), self._heads.dtype)
        to_heads, to_dependents = self._in_block
        np.matmul(self._heads[part], self._dependents.T, out=to_heads)
        to_heads -= self._normalizers
        np.matmul(self._dependents[part], self._heads.T, out=to_dependents)
        to_dependents -= self._normalizers[part, None]
        rows = np.arange(len(to_heads))
        for which, a in enumerate(self._in_block):
            np.exp(a, out=a)
            a[rows, rows + part.start] = 0
            a[-1] += self._after[which, block]
            for row in range(len(a) - 2, -1, -1):
                a[row] += a[row + 1]
