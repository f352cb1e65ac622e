"""Play one configuration to its end: the transitions that build the best tree that can still be had.

The rules, their sources and a worked example are in `arcparser.transition.oracle`, which keeps a plan for each sentence
and asks for a new one where it is not followed.

Words whose gold head is unknown have it nowhere in particular: such a word hangs on its neighbor as soon as it has all
its children, so that no SWAP is ever made for it. If the known arcs cannot be built without SWAP, it first gets a place
in the target tree: the head that it had without SWAP, or else the root's only dependent.
"""

from __future__ import annotations

from heapq import heappop, heappush

from arcparser.errors import TreeError
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, ROOT, SHIFT, SWAP, States


class Planner:
    """Play on from one configuration, in plain lists: that is faster than numpy for one sentence.

    Args:
        stack: The artificial root and the words on the stack, s0 last.
        buffer: The words of the buffer, b0 *last*.
        gold: The gold head of each word, MISSING where it is unknown; index 0 holds ROOT.
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
        """Return the transitions to a complete tree or to the first arc outside the target; use the lists up."""
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
            while head > ROOT and not live[head]:
                head = gold[head]
            target[word] = head
        root = gold.index(ROOT, 1) if gold.count(ROOT) > 1 else MISSING
        if root != MISSING and not live[root]:
            while not live[root]:
                root = self.heads[root]
            while target[root] > ROOT:
                root = target[root]
            target[root] = ROOT
            for word in words:
                if target[word] == ROOT and word != root:
                    target[word] = root
        self.pending = pending = [0] * (len(gold) + 1)  # the last entry is that of MISSING
        for word in words:
            pending[target[word]] += 1

    def _without_swaps(self) -> list[int]:
        """Return the transitions that build the target without SWAP. If there are none, find the components."""
        stack, buffer, pending = self.stack.copy(), self.buffer.copy(), self.pending.copy()
        target = self.target
        steps = []
        arcs = []
        s0 = stack.pop()
        while True:
            s1 = stack[-1] if stack else MISSING
            if s1 > ROOT and target[s1] in (s0, MISSING) and not pending[s1]:
                steps.append(LEFT_ARC)
                arcs.append((s1, s0))
                pending[target[s1]] -= 1
                stack.pop()
            elif s1 >= ROOT and target[s0] in (s1, MISSING) and not pending[s0] and (s1 > ROOT or not buffer):
                steps.append(RIGHT_ARC)
                arcs.append((s0, s1))
                pending[target[s0]] -= 1
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
        if MISSING in target:
            self._settle(arcs, [*stack[1:], s0])
        return []

    def _settle(self, arcs: list[tuple[int, int]], left: list[int]) -> None:
        """Give the words of unknown head one in the target tree.

        Args:
            arcs: (dependent, head) of those that can be attached without SWAP.
            left: The other live words.
        """
        target, pending = self.target, self.pending
        unknown = [word for word in left if target[word] == MISSING]
        root = next((word for word in left if target[word] == ROOT), MISSING)
        if root == MISSING and unknown:
            root = unknown.pop(0)
            arcs = [*arcs, (root, ROOT)]
        for word, head in (*arcs, *((word, root) for word in unknown)):
            if target[word] == MISSING:
                target[word] = head
                pending[head] += 1

    def _with_swaps(self) -> list[int]:
        """Return the transitions, with SWAP, that build the target or go as far as an arc that is not part of it."""
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
                    self._arc(LEFT_ARC)
                    if gold[s1] != MISSING:
                        return self.steps
                elif target[s0] != gold[s0] and not pending[s0]:
                    self._arc(RIGHT_ARC)
                    if gold[s0] != MISSING:
                        return self.steps
                elif self.swaps > 0 and s1 < s0 and (self.repair or order[s1] > order[s0]):
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
        """Rank each live word in the in-order traversal of the target tree.

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
        """Pair each covered word of the stack with the top of the component of the word above it, that first."""
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
        """Choose LEFT-ARC or RIGHT-ARC, whichever loses fewer gold heads: the dependent's own and its children's."""
        gold, target = self.gold, self.target

        def loss(dependent: int, head: int) -> int:
            children = sum(target[word] == dependent == gold[word] for word in self.stack + self.buffer)
            return children + (target[dependent] == gold[dependent] != head)

        return LEFT_ARC if loss(s1, s0) <= loss(s0, s1) else RIGHT_ARC

    def _waits(self, s0: int, s1: int) -> bool:
        """Tell whether a head or child of s0 or s1 is still in the buffer."""
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
        dependent = self.stack.pop(-2 if transition == LEFT_ARC else -1)
        self.pending[self.target[dependent]] -= 1
        self.steps.append(transition)
        return self.steps


def play(
    stack: list[int], buffer: list[int], gold: list[int], heads: list[int], swaps: int, repair: bool = True
) -> tuple[list[int], int]:
    """Play one configuration to its very end.

    Args:
        stack: As in `Planner`; it is not changed.
        buffer: As in `Planner`; it is not changed.
        gold: As in `Planner`.
        heads: As in `Planner`; they are not changed.
        swaps: As in `Planner`.
        repair: As in `Planner`.

    Returns:
        The transitions, and how many live words do not get their gold head, of those that have a known one.
    """
    stack, buffer, heads = stack.copy(), buffer.copy(), heads.copy()
    steps: list[int] = []
    lost = 0
    while len(stack) > 1 or buffer:
        planned = Planner(stack.copy(), buffer.copy(), gold, heads, swaps - steps.count(SWAP), repair).plan()
        steps += planned
        lost += follow(planned, stack, buffer, gold, heads)
    return steps, lost


def follow(steps: list[int], stack: list[int], buffer: list[int], gold: list[int], heads: list[int]) -> int:
    """Make transitions on plain lists, which change; return how many known heads get lost.

    Args:
        steps: Legal ones.
        stack: As in `Planner`.
        buffer: See there.
        gold: See there.
        heads: See there.
    """
    lost = 0
    for step in steps:
        dependent, head = advance(stack, buffer, step)
        if dependent != MISSING:
            heads[dependent] = head
            lost += gold[dependent] not in (head, MISSING)
    return lost


def configuration(states: States, row: int) -> tuple[list[int], list[int], list[int]]:
    """Return the stack, the buffer and the heads so far of one sentence, as `Planner` takes them."""
    stack = states.stack[row, : states.top[row] + 1].tolist()
    buffer = states.buffer[row, states.front[row] : states.lengths[row]].tolist()
    return stack[stack.index(ROOT) :], buffer[::-1], states.heads[row].tolist()


def advance(stack: list[int], buffer: list[int], transition: int) -> tuple[int, int]:
    """Make a transition on plain lists; return the dependent and the head of its arc, (MISSING, MISSING) without one.

    Args:
        stack: As in `Planner`.
        buffer: See there.
        transition: A legal one.
    """
    if transition == SHIFT:
        stack.append(buffer.pop())
    elif transition == SWAP:
        buffer.append(stack.pop(-2))
    else:
        return stack.pop(-2 if transition == LEFT_ARC else -1), stack[-1]
    return MISSING, MISSING


def _inversions(words: list[int]) -> list[tuple[int, int]]:
    """List the pairs of words that were swapped: the first comes after the second in the text."""
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
