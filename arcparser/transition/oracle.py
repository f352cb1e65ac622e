"""The oracle: the best next transition of every state, on the path to the gold tree and off it.

On the gold path it is the static oracle with lazy swap of Nivre, Kuhlmann and Hall (2009), "An improved
oracle for dependency parsing with online reordering": LEFT-ARC and RIGHT-ARC as soon as the dependent has
all its children; SWAP when s0 comes before s1 in the projective order of the gold tree (its in-order
traversal), put off while s0 and b0 belong to one maximal projective component; else SHIFT. It rebuilds any
tree that has one root.

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

Shapes: `B` sentences, `S` states that are not finished, `P` transitions of the longest plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import TreeError
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, ROOT, SHIFT, SWAP, States
from arcparser.types import Ints

Plan = NDArray[np.int8]


def plan(heads: Sequence[int]) -> Plan:
    """The static oracle's transitions for a whole sentence; compute it once for all `Oracle` objects.

    Args:
        heads: Heads of words 1..n.

    Raises:
        TreeError: When they are not a tree with exactly one root.
    """
    gold = [ROOT, *map(int, heads)]
    if gold.count(ROOT) != 2 or min(gold) < ROOT or max(gold) >= len(gold):
        raise TreeError("the heads are not a tree with exactly one root: correct them")
    words = list(range(len(gold)))
    planner = _Planner(words[:1], words[:0:-1], gold, [MISSING] * len(gold), len(gold) ** 2)
    return np.array(planner.plan(), dtype=np.int8)


def oracle_transitions(heads: Sequence[int], labels: Sequence[str] | None = None) -> list[tuple[int, str | None]]:
    """The static oracle's (transition, label) pairs for one sentence, to look at.

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
    """The best next transition of every active state of `states`, whatever was done before.

    A lock step of 200 sentences costs 6 µs beside that of the states, and 21 µs for each sentence of 20 words
    that leaves its plan.

    Args:
        states: States in which nothing was done yet; from now on, advance them by `apply`.
        gold_heads: The gold heads of words 1..n of each of the B sentences, trees with one root.
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
        plans = [plan(heads) for heads in gold_heads] if plans is None else plans
        self._length = np.array([len(steps) for steps in plans], dtype=np.intp)  # [B]
        longest = int(self._length.max(initial=0))
        self._plans = np.full((len(plans), longest), MISSING, dtype=np.int8)  # [B, P]
        if len(plans):
            self._plans[np.arange(longest) < self._length[:, None]] = np.concatenate(plans)
        self._step = np.zeros(len(plans), dtype=np.intp)  # [B] how much of its plan each sentence has done
        for row in np.flatnonzero((self._plans == SWAP).sum(axis=1) > states.swaps_left).tolist():
            self._plan_again(row)

    def transitions(self) -> Ints:
        """The oracle's transition of each active state, `[S]`; each is legal."""
        rows = self.states.active
        return self._plans[rows, self._step[rows]].astype(np.intp)

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
        states = self.states
        gold = [ROOT, *map(int, self._gold_heads[row])]
        stack = states.stack[row, : states.top[row] + 1].tolist()
        stack = stack[stack.index(ROOT) :]
        buffer = states.buffer[row, states.front[row] : len(gold) - 1].tolist()
        buffer.reverse()
        heads, swaps_left = states.heads[row].tolist(), int(states.swaps_left[row])
        steps = _Planner(stack, buffer, gold, heads, swaps_left, self._repair).plan()
        missing = len(steps) - self._plans.shape[1]
        if missing > 0:
            self._plans = np.pad(self._plans, ((0, 0), (0, missing)))
        self._plans[row, : len(steps)] = steps
        self._length[row] = len(steps)
        self._step[row] = 0


class _Planner:
    """One configuration, played on. Plain lists: that is faster than numpy for one sentence.

    Args:
        stack: The artificial root and the words on the stack, s0 last.
        buffer: The words of the buffer, b0 *last*.
        gold: The gold head of each word; index 0 is not read.
        heads: The head of each word so far; only those of attached words are read.
        swaps: How many SWAPs may still be made.
        repair: As in `Oracle`.
    """

    def __init__(
        self,
        stack: list[int],
        buffer: list[int],
        gold: list[int],
        heads: list[int],
        swaps: int,
        repair: bool = True,
    ) -> None:
        self.stack, self.buffer, self.gold, self.heads = stack, buffer, gold, heads
        self.swaps, self.repair = swaps, repair
        self.steps: list[int] = []  # the transitions made with SWAP
        self.target: list[int] = []  # the head of each live word in the target tree
        self.pending: list[int] = []  # how many children in the target tree each word still waits for
        self.component: list[int] = []  # the topmost word of each word's maximal projective component

    def plan(self) -> list[int]:
        """The transitions to a complete tree or to the first arc outside the target; uses the lists up."""
        self._aim()
        return self._without_swaps() or self._with_swaps()

    def _aim(self) -> None:
        """Find the target tree."""
        gold, words = self.gold, self.stack[1:] + self.buffer
        live = [False] * len(gold)
        live[ROOT] = True
        for word in words:
            live[word] = True
        self.target = target = [ROOT] * len(gold)
        for word in words:
            head = gold[word]
            while not live[head]:
                head = gold[head]
            target[word] = head
        root = gold.index(ROOT, 1)
        if not live[root]:
            while not live[root]:
                root = self.heads[root]
            while target[root] != ROOT:
                root = target[root]
            for word in words:
                if target[word] == ROOT and word != root:
                    target[word] = root
        self.pending = pending = [0] * len(gold)
        for word in words:
            pending[target[word]] += 1

    def _without_swaps(self) -> list[int]:
        """The transitions that build the target without SWAP. If there are none, find the components."""
        stack, buffer, pending = self.stack.copy(), self.buffer.copy(), self.pending.copy()
        target = self.target
        steps = []
        arcs = []
        s0 = stack.pop()
        while True:
            s1 = stack[-1] if stack else MISSING
            if s1 > ROOT and target[s1] == s0 and not pending[s1]:
                steps.append(LEFT_ARC)
                arcs.append((s1, s0))
                pending[s0] -= 1
                stack.pop()
            elif s1 >= ROOT and target[s0] == s1 and not pending[s0]:
                steps.append(RIGHT_ARC)
                arcs.append((s0, s1))
                pending[s1] -= 1
                s0 = stack.pop()
            elif buffer:
                steps.append(SHIFT)
                stack.append(s0)
                s0 = buffer.pop()
            else:
                break
        if not stack:
            return steps
        self.component = component = list(range(len(target)))
        for dependent, head in reversed(arcs):
            component[dependent] = component[head]
        return []

    def _with_swaps(self) -> list[int]:
        """The transitions, with SWAP, that build the target or go as far as an arc that is not part of it."""
        stack, buffer, gold, target = self.stack, self.buffer, self.gold, self.target
        pending, component = self.pending, self.component
        words = stack + buffer[::-1]
        swapped = _inversions(words)
        order = repaired = self._order(words, swapped)
        covers = self._covers(order)
        if covers:
            repaired = self._order(words, swapped + covers)
        while len(stack) > 1 or buffer:
            s0 = stack[-1]
            s1 = stack[-2] if len(stack) > 1 else MISSING
            if s1 > ROOT and target[s1] == s0 and not pending[s1]:
                self._arc(LEFT_ARC)
            elif s1 >= ROOT and target[s0] == s1 and not pending[s0]:
                self._arc(RIGHT_ARC)
            elif s1 > ROOT and (
                repaired[s1] > repaired[s0] and not (buffer and component[s0] == component[buffer[-1]])
            ):
                if target[s1] != gold[s1] and not pending[s1]:  # free and complete
                    return self._arc(LEFT_ARC)
                if target[s0] != gold[s0] and not pending[s0]:
                    return self._arc(RIGHT_ARC)
                if self.swaps > 0 and s1 < s0 and (self.repair or order[s1] > order[s0]):
                    self._swap()
                elif self._waits(s0, s1):
                    self._shift()
                else:
                    return self._arc(self._lesser_evil(s0, s1))
            elif buffer:
                self._shift()
            else:
                return self._arc(self._lesser_evil(s0, s1))
        return self.steps

    def _order(self, words: list[int], precede: list[tuple[int, int]]) -> list[int]:
        """The rank of each live word in the in-order traversal of the target tree.

        Args:
            words: The live words, stack first: siblings and their head are visited in this order ...
            precede: ... except that of each of these pairs of words the first one's branch comes first.
        """
        target = self.target
        family: list[list[int]] = [[] for _ in target]  # each word among its children
        for word in words:
            family[word].append(word)
            if word != ROOT:
                family[target[word]].append(word)
        branches: dict[int, set[tuple[int, int]]] = {}
        for first, second in precede:
            branch = {}  # the words from `first` up, each with the member of its family that `first` is under
            word, below = first, first
            while word != ROOT:
                branch[word] = below
                word, below = target[word], word
            branch[ROOT] = below
            word, below = second, second
            while word not in branch:
                word, below = target[word], word
            branches.setdefault(word, set()).add((branch[word], below))
        for word, pairs in branches.items():
            family[word] = _arrange(family[word], pairs)
        order = [0] * len(target)
        rank = 0
        opened = [False] * len(target)
        agenda = [ROOT]
        while agenda:
            word = agenda.pop()
            if opened[word]:
                order[word] = rank
                rank += 1
            else:
                opened[word] = True
                agenda += reversed(family[word])
        if rank != len(words):  # words on a cycle are not found from the root
            raise TreeError("the heads are not a tree with exactly one root: correct them")
        return order

    def _covers(self, order: list[int]) -> list[tuple[int, int]]:
        """Each covered word of the stack, after the top of the component of the word above it."""
        target, pending, component = self.target, self.pending, self.component
        covers = []
        covered = False
        for below, word, above in zip(self.stack[1:], self.stack[2:], self.stack[3:], strict=False):
            covered = component[word] != component[above] and (
                covered
                or order[below] > order[word]
                or (target[below] == word and not pending[below])
                or (target[word] == below and not pending[word])
            )
            if covered:
                covers.append((component[above], word))
        return covers

    def _lesser_evil(self, s0: int, s1: int) -> int:
        """LEFT-ARC or RIGHT-ARC, whichever loses fewer gold heads: the dependent's own and its children's."""
        gold, target = self.gold, self.target

        def loss(dependent: int, head: int) -> int:
            children = sum(target[word] == dependent == gold[word] for word in self.stack + self.buffer)
            return children + (target[dependent] == gold[dependent] != head)

        return LEFT_ARC if loss(s1, s0) <= loss(s0, s1) else RIGHT_ARC

    def _waits(self, s0: int, s1: int) -> bool:
        """Is a head or child of s0 or s1 still in the buffer?"""
        target = self.target
        return any(word in (target[s0], target[s1]) or target[word] in (s0, s1) for word in self.buffer)

    def _shift(self) -> None:
        self.stack.append(self.buffer.pop())
        self.steps.append(SHIFT)

    def _swap(self) -> None:
        self.buffer.append(self.stack.pop(-2))
        self.steps.append(SWAP)
        self.swaps -= 1

    def _arc(self, transition: int) -> list[int]:
        self.stack.pop(-2 if transition == LEFT_ARC else -1)
        self.pending[self.stack[-1]] -= 1
        self.steps.append(transition)
        return self.steps


def _inversions(words: list[int]) -> list[tuple[int, int]]:
    """The pairs of words that were swapped: the first comes after the second in the text."""
    least = words.copy()  # the first word in the text from each position on
    for i in range(len(words) - 2, -1, -1):
        least[i] = min(least[i], least[i + 1])
    return [
        (word, other) for i, word in enumerate(words) if least[i] < word for other in words[i + 1 :] if other < word
    ]


def _arrange(family: list[int], pairs: set[tuple[int, int]]) -> list[int]:
    """Sort so that the first of each pair comes first, else in the given order; a circle of pairs is cut."""
    place = {word: i for i, word in enumerate(family)}
    later: dict[int, list[int]] = {}
    waits = [0] * len(family)
    for first, second in pairs:
        later.setdefault(place[first], []).append(place[second])
        waits[place[second]] += 1
    ready = [i for i, count in enumerate(waits) if not count]  # a heap: it is sorted
    arranged: list[int] = []
    done = [False] * len(family)
    while len(arranged) < len(family):
        i = heappop(ready) if ready else done.index(False)
        if done[i]:
            continue
        done[i] = True
        arranged.append(family[i])
        for j in later.get(i, ()):
            waits[j] -= 1
            if not waits[j]:
                heappush(ready, j)
    return arranged
