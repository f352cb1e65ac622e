"""Name the best next transition of every state (the oracle), on the path to the gold tree and off it.

The rules are told here and played out in `arcparser.transition.planner`.

On the gold path it is the static oracle with lazy swap of Nivre, Kuhlmann and Hall (2009), "An improved oracle for
dependency parsing with online reordering": LEFT-ARC and RIGHT-ARC as soon as the dependent has all its children; SWAP
when s0 comes before s1 in the projective order of the gold tree (its in-order traversal), put off while s0 and b0
belong to one maximal projective component; else SHIFT. It rebuilds any tree that has one root.

Off the path (training in the states that the parser's own mistakes lead to) it goes on in the same way
towards the best tree that can still be had. No exact oracle for arc-standard with SWAP is known; compare
Nederhof (2019), de Lhoneux et al. (2017), Björkelund and Nivre (2015). The rules:

* *Target tree.*  A word is *live* while it is unattached. A live word whose gold head is no longer live
  cannot be saved: it is *free* and hangs on its nearest live gold ancestor.  The artificial root keeps one
  dependent: when the gold root is attached elsewhere, the fragment that it now lies in gives the new one.
* *Projective order* and *components* are those of the target tree over stack and buffer as they are now.
  Words that were swapped can never be swapped back, so the order of such a pair is kept.
* *Repair.*  A stack word is *covered* when it should have been reduced or swapped but something was shifted
  on top of it.  Whatever lies above it goes below it in the projective order; so a missed arc costs a SWAP,
  not a head.
* A free word that has all its children is attached to its neighbor instead of being swapped: its head is
  wrong anyway.
* Where a SWAP is needed but not legal, the two words wait for their heads and children in the buffer, if
  any; then that arc between them is made which loses fewer gold heads.

Compared with exhaustive search over all configurations of five words, it loses no head that could be saved
for projective trees, as long as stack and buffer are in the order of the text; for the other trees it does
in 0.7 % of these configurations. Over all ways of swapping, however senseless, it is 8 and 15 %
(benchmarks/oracle_optimality.py); on random ways from the root, 0.0 to 0.4 % (tests/transition/test_oracle.py).

Of a partly annotated sentence some gold heads are unknown. Such a word may be attached anywhere once it has its known
children, so that several transitions may be right. `Oracle.allowed` has them all:

* An arc whose dependent has this gold head, and all its known children, is right, and LEFT-ARC the only right
  transition then. RIGHT-ARC is not alone while the dependent may get another child from the buffer.
* Beside the oracle's transition, SHIFT and the arcs of words of unknown head are right if after them no more known
  heads are lost, and no more SWAPs needed, than after the oracle's. Without the second condition SHIFT would always be
  right, as a missed arc can be made up for by SWAP, and there would be nothing to learn.
* SWAP is right only where the oracle makes it: known arcs cross.

With all heads known it is the oracle's transition alone.

All of this is worked out for many steps at once: the *plan*, a list of transitions that ends in a complete
tree, or in the first arc that is not in the target tree. A lock step only looks up the next element of each
plan; a sentence whose plan is at its end, or is not followed, is planned again. So an oracle that is
followed always comes to an end.

Worked example: "ate pizza with friends", with the gold arcs ate -> pizza, ate -> friends, friends -> with, after the
mistake of shifting `with` before `pizza` was attached:

    stack                      buffer        transition   because
    [0 ate pizza with]         [friends]     SHIFT
    [0 ate pizza with friends] []            LEFT-ARC     with <- friends
    [0 ate pizza friends]      []            SWAP         pizza is covered
    [0 ate friends]            [pizza]       RIGHT-ARC    ate -> friends
    [0 ate]                    [pizza]       SHIFT
    [0 ate pizza]              []            RIGHT-ARC    ate -> pizza
    [0 ate]                    []            RIGHT-ARC    0 -> ate

Shapes: `B` sentences, `S` states that are not finished, `M` transitions of the longest plan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import TreeError
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, ROOT, SHIFT, SWAP, TRANSITIONS, States
from arcparser.transition.planner import Planner, configuration, follow, play
from arcparser.types import Bools, Ints

Plan = NDArray[np.int8]


def plan(heads: Sequence[int], *, partial: bool = False) -> Plan:
    """Plan the static oracle's transitions for a whole sentence; one plan serves all `Oracle` objects.

    Args:
        heads: Heads of words 1..n.
        partial: Take MISSING for a head that is unknown.

    Raises:
        TreeError: When they are not a tree with exactly one root, nor part of one.
    """
    gold = [ROOT, *map(int, heads)]
    unknown = partial and MISSING in gold
    roots = gold.count(ROOT) - 1
    if not (roots == 1 or (roots == 0 and unknown)) or min(gold) < -unknown or max(gold) >= len(gold):
        raise TreeError("the heads are not a tree with exactly one root: correct them")
    words = list(range(len(gold)))
    planner = Planner(words[:1], words[:0:-1], gold, [MISSING] * len(gold), len(gold) ** 2)
    return np.array(planner.plan(), dtype=np.int8)


def oracle_transitions(heads: Sequence[int], labels: Sequence[str] | None = None) -> list[tuple[int, str | None]]:
    """List the static oracle's (transition, label) pairs for one sentence, to look at.

    SHIFT and SWAP have the label None; so have the arcs without `labels` (those of words 1..n).

    "A hearing is scheduled on the issue today" (heads 2 3 0 3 2 7 5 4: `on` hangs on `hearing`) needs two SWAPs;
    without the laziness it would be six, one for each of `on`, `the`, `issue` with `is` and `scheduled`. `the` and
    `issue` are attached first:

        stack                             buffer                transition
        [0 hearing is scheduled on]       [the issue today]     SHIFT          on, the, issue: one component
        [0 hearing is scheduled on the]   [issue today]         SHIFT
        [.. scheduled on the issue]       [today]               LEFT-ARC       the <- issue
        [0 hearing is scheduled on issue] [today]               RIGHT-ARC      on -> issue
        [0 hearing is scheduled on]       [today]               SWAP
        [0 hearing is on]                 [scheduled today]     SWAP
        [0 hearing on]                    [is scheduled today]  RIGHT-ARC      hearing -> on

    Raises:
        TreeError: When `heads` is not a tree with exactly one root.
    """
    states = States(np.array([len(heads)]), max_swaps=None)
    pairs: list[tuple[int, str | None]] = []
    for transition in plan(heads):
        _, _, dependents = states.arc(np.array([transition]))
        label = labels[dependents[0] - 1] if labels is not None and len(dependents) else None
        pairs.append((int(transition), label))
        states.apply(np.array([transition]), np.array([MISSING]))
    return pairs


class Oracle:
    """Know the best next transition of every active state of `states`, whatever was done before.

    A lock step of 200 sentences costs 6 µs beside that of the states, and 21 µs for each sentence of 20 words
    that leaves its plan.

    Args:
        states: States in which nothing was done yet; from now on, advance them by `apply`.
        gold_heads: The gold heads of words 1..n of each of the B sentences, trees with one root or, with MISSING where
            a head is unknown, parts of such.
        plans: `plan` of each sentence, where known.
        repair: Whether a missed arc may be made up for by SWAP; otherwise a gold head is given up.

    Raises:
        TreeError: When `plans` is not given and some heads are not a tree with exactly one root.
    """

    def __init__(
        self,
        states: States,
        gold_heads: Sequence[Sequence[int]],
        *,
        plans: Sequence[Plan] | None = None,
        repair: bool = True,
    ) -> None:
        self.states = states
        self._gold_heads = gold_heads
        self._repair = repair
        plans = [plan(heads, partial=True) for heads in gold_heads] if plans is None else plans
        self._length = np.array([len(steps) for steps in plans], dtype=np.intp)  # [B]
        longest = int(self._length.max(initial=0))
        self._plans = np.full((len(plans), longest), MISSING, dtype=np.int8)  # [B, M]
        if len(plans):
            self._plans[np.arange(longest) < self._length[:, None]] = np.concatenate(plans)
        self._step = np.zeros(len(plans), dtype=np.intp)  # [B] how much of its plan each sentence has done
        self._partial = np.array([MISSING in heads for heads in gold_heads], dtype=bool)  # [B]
        for row in np.flatnonzero((self._plans == SWAP).sum(axis=1) > states.swaps_left).tolist():
            self._plan_again(row)

    @property
    def partial(self) -> bool:
        """Whether some heads are unknown."""
        return bool(self._partial.any())

    def transitions(self) -> Ints:
        """Return the oracle's transition of each active state, `[S]`; each is legal."""
        rows = self.states.active
        return self._plans[rows, self._step[rows]].astype(np.intp)

    def allowed(self) -> Bools:
        """Tell which transitions of each active state are right, the oracle's and those as good, `[S, 4]`."""
        rows, transitions = self.states.active, self.transitions()
        allowed: Bools = transitions[:, None] == np.arange(len(TRANSITIONS))
        for place in np.flatnonzero(self._partial[rows]).tolist():
            allowed[place, self._as_good(int(rows[place]))] = True
        return allowed

    def apply(self, transition: Ints, label: Ints) -> None:
        """Make one transition in every active state (as `States.apply`), the oracle's or any other."""
        rows = self.states.active
        followed = transition == self._plans[rows, self._step[rows]]
        self._step[rows] = np.where(followed, self._step[rows] + 1, self._length[rows])
        self.states.apply(transition, label)
        rows = self.states.active
        for row in rows[self._step[rows] == self._length[rows]].tolist():
            self._plan_again(row)

    def _plan_again(self, row: int) -> None:
        steps = Planner(*self._configuration(row), self._repair).plan()
        missing = len(steps) - self._plans.shape[1]
        if missing > 0:
            self._plans = np.pad(self._plans, ((0, 0), (0, missing)))
        self._plans[row, : len(steps)] = steps
        self._length[row] = len(steps)
        self._step[row] = 0

    def _configuration(self, row: int) -> tuple[list[int], list[int], list[int], list[int], int]:
        """Return what the planner plays on from."""
        stack, buffer, heads = configuration(self.states, row)
        gold = [ROOT, *map(int, self._gold_heads[row])]
        return stack, buffer, gold, heads, int(self.states.swaps_left[row])

    def _as_good(self, row: int) -> list[int]:
        """Find the transitions that are as good as the planned one in a partly annotated sentence."""
        planned = self._plans[row, self._step[row] : self._length[row]].tolist()
        stack, buffer, gold, *_ = configuration = self._configuration(row)
        s0, s1 = stack[-1], stack[-2] if len(stack) > 1 else MISSING
        if s1 <= ROOT or (planned[0] == LEFT_ARC and gold[s1] == s0):
            return []
        waiting = {gold[word] for word in (*stack, *buffer)}  # heads that have not got all their known children
        others = []
        if gold[s1] == MISSING and s1 not in waiting:
            others.append(LEFT_ARC)
        if gold[s0] in (s1, MISSING) and s0 not in waiting:
            others.append(RIGHT_ARC)
        if buffer:
            others.append(SHIFT)
        others = [transition for transition in others if transition != planned[0]]
        if not others:
            return []
        least = self._cost(planned, *configuration)
        return [transition for transition in others if self._cost([transition], *configuration) <= least]

    def _cost(
        self, steps: list[int], stack: list[int], buffer: list[int], gold: list[int], heads: list[int], swaps: int
    ) -> tuple[int, int]:
        """Count the known heads that are lost by transitions and after them, and the SWAPs."""
        stack, buffer, heads = stack.copy(), buffer.copy(), heads.copy()
        lost = follow(steps, stack, buffer, gold, heads)
        made = steps.count(SWAP)
        later, lost_later = play(stack, buffer, gold, heads, swaps - made, self._repair)
        return lost + lost_later, made + later.count(SWAP)
