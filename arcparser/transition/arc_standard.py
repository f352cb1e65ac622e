"""Advance the states of many sentences in lock step: arc-standard with SWAP.

Nivre (2004), "Incrementality in deterministic dependency parsing", with the SWAP transition of Nivre (2009),
"Non-projective dependency parsing in expected linear time". A configuration is a stack, a buffer and a set of arcs.
The artificial root (word 0) lies at the bottom of the stack; words are numbered from 1 as in CoNLL-U.

    SHIFT             (σ,       b|β, A)  ->  (σ|b,  β,   A)
    LEFT-ARC(label)   (σ|s1|s0, β,   A)  ->  (σ|s0, β,   A + s0 -label-> s1)     s1 is not the root
    RIGHT-ARC(label)  (σ|s1|s0, β,   A)  ->  (σ|s1, β,   A + s1 -label-> s0)     the root takes the last word only
    SWAP              (σ|s1|s0, β,   A)  ->  (σ|s0, s1|β, A)                     0 < s1 < s0

Worked example, "Dogs chase cats" (the stack's top is on the right):

    stack                buffer              transition         arc
    [0]                  [Dogs chase cats]   SHIFT
    [0 Dogs]             [chase cats]        SHIFT
    [0 Dogs chase]       [cats]              LEFT-ARC(nsubj)    Dogs <- chase
    [0 chase]            [cats]              SHIFT
    [0 chase cats]       []                  RIGHT-ARC(obj)     chase -> cats
    [0 chase]            []                  RIGHT-ARC(root)    0 -> chase
    [0]                  []                  (finished)

The mask of `States.legal` guarantees a tree with exactly one root for every input and any scores: the root gets an arc
only when nothing but one word is left, and at most 2n SWAPs bound the number of steps by 6n (n SHIFTs and n arcs, and
a SWAP costs itself and one more SHIFT).

Shapes: `B` sentences, `L` words of the longest one, `S` states that are not finished.
"""

from __future__ import annotations

import numpy as np

from arcparser.types import Bools, Ints

SHIFT, LEFT_ARC, RIGHT_ARC, SWAP = 0, 1, 2, 3
TRANSITIONS = ("SHIFT", "LEFT-ARC", "RIGHT-ARC", "SWAP")

ROOT = 0
MAX_SWAPS = 2  # how many SWAPs a sentence of n words may make, as a multiple of n
MISSING = -1  # what an empty position holds, and the head of a word that has none yet

_BOTTOM = 2  # column of the root in the stack: two columns of MISSING lie below it, so that s1 and s2 always exist


class States:
    """Hold the configurations of `B` sentences, and advance them together.

    Arrays (`L` = longest sentence): `stack` `[B, L+3]`, `top` `[B]` (column of s0), `buffer` `[B, L+2]`, `front` `[B]`
    (column of b0), `next_unshifted` `[B]` (the first word that was never shifted; n+1 when there is none), `heads`,
    `labels`, `leftmost`, `rightmost` `[B, L+1]` (head, label, outermost children of each word so far, MISSING where
    there is none), `swaps_left` `[B]`.

    Args:
        lengths: `[B]` number of words of each sentence, each at least 1.
        max_swaps: How many SWAPs a sentence of n words may make, as a multiple of n; None for no limit (oracle).
        children: Keep `leftmost` and `rightmost`, which not every feature extractor asks for.
    """

    def __init__(self, lengths: Ints, *, max_swaps: int | None = MAX_SWAPS, children: bool = True) -> None:
        lengths = np.asarray(lengths, dtype=np.intp)
        batch, longest = len(lengths), int(lengths.max(initial=0))
        self.lengths = lengths
        words = np.arange(1, longest + 3)
        self.stack = np.full((batch, longest + 3), MISSING, dtype=np.intp)
        self.stack[:, _BOTTOM] = ROOT
        self.top = np.full(batch, _BOTTOM, dtype=np.intp)
        self.buffer = np.where(words <= lengths[:, None], words, MISSING)  # [B, L+2]
        self.front = np.zeros(batch, dtype=np.intp)
        self.next_unshifted = np.ones(batch, dtype=np.intp)
        self.children = children
        self.heads, self.labels, self.leftmost, self.rightmost = np.full(
            (4, batch, longest + 1), MISSING, dtype=np.intp
        )
        unlimited = np.iinfo(np.intp).max
        self.swaps_left = np.full(batch, unlimited) if max_swaps is None else max_swaps * lengths
        self.active = np.flatnonzero(lengths > 0)  # [S] the sentences that are not finished

    def stack_words(self, depth: int) -> Ints:
        """Return the word at `depth` of each active stack (0 is s0, at most 2), `[S]`; MISSING if it is too short."""
        rows = self.active
        return self.stack[rows, self.top[rows] - depth]

    def buffer_words(self, offset: int) -> Ints:
        """Return the word at `offset` of each active buffer (0 is b0, at most 1), `[S]`; MISSING past its end."""
        rows = self.active
        return self.buffer[rows, self.front[rows] + offset]

    def legal(self) -> Bools:
        """Tell which of SHIFT, LEFT-ARC, RIGHT-ARC, SWAP each active state allows, `[S, 4]`; at least one is."""
        s0, s1 = self.stack_words(0), self.stack_words(1)
        has_buffer = self.buffer_words(0) != MISSING
        legal = np.empty((len(s0), 4), dtype=bool)
        legal[:, SHIFT] = has_buffer
        legal[:, LEFT_ARC] = s1 > ROOT
        # The root's only dependent is the word that is left over when everything else is attached.
        legal[:, RIGHT_ARC] = (s1 > ROOT) | ((s1 == ROOT) & ~has_buffer)
        legal[:, SWAP] = (s1 > ROOT) & (s1 < s0) & (self.swaps_left[self.active] > 0)
        return legal

    def arc(self, transition: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the arcs that `transition [S]` would add: (positions in S, heads, dependents), each `[arcs]`."""
        positions = np.flatnonzero((transition == LEFT_ARC) | (transition == RIGHT_ARC))
        rows = self.active[positions]
        top = self.top[rows]
        s0, s1 = self.stack[rows, top], self.stack[rows, top - 1]
        left = transition[positions] == LEFT_ARC
        return positions, np.where(left, s0, s1), np.where(left, s1, s0)

    def apply(self, transition: Ints, label: Ints) -> None:
        """Make one transition in every active state and forget the sentences that are finished by it.

        Args:
            transition: `[S]` legal transitions.
            label: `[S]` label ids; only those of LEFT-ARC and RIGHT-ARC are read.
        """
        positions, heads, dependents = self.arc(transition)
        if len(positions):
            rows = self.active[positions]
            self.heads[rows, dependents] = heads
            self.labels[rows, dependents] = label[positions]
            if self.children:
                before = dependents < heads
                self._extend(self.leftmost, rows[before], heads[before], dependents[before], np.minimum)
                self._extend(self.rightmost, rows[~before], heads[~before], dependents[~before], np.maximum)
            self.top[rows] -= 1
            self.stack[rows, self.top[rows]] = heads
        rows = self.active[transition == SHIFT]
        if len(rows):
            words = self.buffer[rows, self.front[rows]]
            self.front[rows] += 1
            self.top[rows] += 1
            self.stack[rows, self.top[rows]] = words
            self.next_unshifted[rows] += words == self.next_unshifted[rows]
        rows = self.active[transition == SWAP]
        if len(rows):
            top = self.top[rows]
            self.front[rows] -= 1
            self.buffer[rows, self.front[rows]] = self.stack[rows, top - 1]
            self.stack[rows, top - 1] = self.stack[rows, top]
            self.top[rows] -= 1
            self.swaps_left[rows] -= 1
        rows = self.active
        finished = (self.top[rows] == _BOTTOM) & (self.buffer[rows, self.front[rows]] == MISSING)
        if finished.any():
            self.active = rows[~finished]

    @staticmethod
    def _extend(outermost: Ints, rows: Ints, heads: Ints, children: Ints, choose: np.ufunc) -> None:
        """Keep the outermost child: with SWAP, a later child may lie nearer to its head than an earlier one."""
        old = outermost[rows, heads]
        outermost[rows, heads] = np.where(old == MISSING, children, choose(old, children))
