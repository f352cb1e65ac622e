"""Keep arcs that are known beforehand, whatever the scores say: a mask on the transitions of a parse.

Some heads of a sentence are known, and the others are the parser's to find. Two rules look at the next arc alone: a
word whose head is known gets no other, and no word is attached before it has all its known children. They are not
enough, as two words that were swapped can never be swapped back. So each sentence keeps a plan, a list of transitions
to a complete tree with all known arcs (`arcparser.transition.planner`). At first that is the static oracle's, which
builds any tree. A transition that is not planned is made only if the planner finds a plan from where it leads to.

There is always a transition, the planned one; and every parse comes to its end, as no two words are swapped twice. The
planner does not find every way that there is; then a transition is refused that could have been made.

Worked example, "She saw stars through telescopes", where saw -> telescopes is known, and the parser is at

    stack                           buffer    what may be made
    [0 saw stars through telescopes]          LEFT-ARC     through <- telescopes
                                              SWAP         through is left for later
                                              no RIGHT-ARC, as telescopes hangs on saw
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arcparser.transition.arc_standard import (
    LEFT_ARC,
    MAX_SWAPS,
    MISSING,
    RIGHT_ARC,
    ROOT,
    SWAP,
    States,
)
from arcparser.transition.planner import configuration, follow, play
from arcparser.types import Bools, Ints


class KnownArcs:
    """Say which transitions of `states` keep the known arcs, and advance them.

    Attributes:
        states: States in which nothing was done yet, with `max_swaps=None`; advance them by `apply`.

    Args:
        states: These.
        heads: The heads of words 1..n of each of the B sentences, MISSING where unknown: each a part of a tree with one
            root (`arcparser.treebank.tree.check_partial_tree`).
    """

    def __init__(self, states: States, heads: Sequence[Sequence[int]]) -> None:
        self.states = states
        self._known = np.full(states.heads.shape, MISSING, dtype=np.intp)  # [B, L+1]
        self._waits = np.zeros_like(self._known)  # how many known children each word has not got yet
        for row, known in enumerate(heads):
            self._known[row, 1 : len(known) + 1] = known
            for head in known:
                self._waits[row, head] += head > ROOT
        self._plans: dict[int, list[int]] = {}  # of the sentences with known arcs, what comes next last
        self._swaps = MAX_SWAPS * states.lengths  # [B] how many SWAPs may still be made that are not planned
        for row, known in enumerate(heads):
            if max(known, default=MISSING) != MISSING:
                self._plans[row] = self._play(row, *configuration(states, row))[0][::-1]
        self._found: dict[int, list[int]] = {}  # plans from where the chosen transitions lead to

    def legal(self) -> Bools:
        """Tell which transitions each active state allows as far as the next arc shows, `[S, 4]`; at least one is."""
        states, rows = self.states, self.states.active
        s0, s1 = states.stack_words(0), states.stack_words(1)
        legal = states.legal()
        for transition, head, dependent in ((LEFT_ARC, s0, s1), (RIGHT_ARC, s1, s0)):
            known = self._known[rows, dependent]
            legal[:, transition] &= ((known == MISSING) | (known == head)) & (self._waits[rows, dependent] == 0)
        planned = np.array([self._plans[row][-1] == SWAP if row in self._plans else False for row in rows.tolist()])
        legal[:, SWAP] &= (self._swaps[rows] > 0) | planned
        return legal

    def refused(self, transition: Ints) -> Bools:
        """Tell which of the transitions `[S]`, chosen among those of `legal`, may lose a known arc later on, `[S]`."""
        refused = np.zeros(len(transition), dtype=bool)
        for place, (row, chosen) in enumerate(zip(self.states.active.tolist(), transition.tolist())):
            plan = self._plans.get(row)
            if plan is None or plan[-1] == chosen or row in self._found:
                continue
            stack, buffer, heads = configuration(self.states, row)
            follow([chosen], stack, buffer, self._heads(row), heads)
            steps, lost = self._play(row, stack, buffer, heads)
            if lost:
                refused[place] = True
            else:
                self._found[row] = steps[::-1]
        return refused

    def apply(self, transition: Ints, label: Ints) -> None:
        """Make one transition in every active state (as `States.apply`), of those that are not refused."""
        rows = self.states.active
        positions, heads, dependents = self.states.arc(transition)
        self._waits[rows[positions], heads] -= self._known[rows[positions], dependents] == heads
        for row, chosen in zip(rows.tolist(), transition.tolist()):
            plan = self._plans.get(row)
            if plan is None:
                self._swaps[row] -= chosen == SWAP
            elif row in self._found:
                self._plans[row] = self._found[row]
                self._swaps[row] -= chosen == SWAP
            else:
                plan.pop()
        self._found = {}
        self.states.apply(transition, label)

    def _heads(self, row: int) -> list[int]:
        """Return the known heads of a sentence as the planner takes them."""
        return [ROOT, *self._known[row, 1 : self.states.lengths[row] + 1].tolist()]

    def _play(self, row: int, stack: list[int], buffer: list[int], heads: list[int]) -> tuple[list[int], int]:
        known = self._heads(row)
        return play(stack, buffer, known, heads, len(known) ** 2)
