"""Check whether the heads of a sentence are a tree, and find the arcs that are not projective.

A tree here is what UD asks for: each word has one head, exactly one word has head 0, and following the heads from any
word ends at 0. An arc from h to d is projective if h dominates every word between the two (Kahane, Nasr, Rambow 1998);
a tree is projective if all its arcs are. `nonprojective_words` decides dominance by the entry and exit times of a
depth-first walk: h dominates k exactly if enter[h] <= enter[k] < leave[h].

Left out: validation against the UD guidelines (use `udvalidate`).
"""

from __future__ import annotations

from collections.abc import Sequence

from arcparser.errors import TreeError
from arcparser.treebank.sentence import Sentence


def check_tree(sentence: Sentence, *, require_deprels: bool = True) -> list[int]:
    """Return the heads of a sentence, provided that they are one tree with one root.

    Args:
        sentence: A sentence of n words.
        require_deprels: Refuse a word whose DEPREL is `_` as well.

    Returns:
        The n heads: 0 for the root, else the 1-based number of a word.

    Raises:
        TreeError: It is no tree, or a DEPREL is missing; with the line of the word at fault.
    """
    heads = sentence.heads  # raises for a HEAD that is missing, no number or out of range
    if heads.count(0) != 1:
        roots = [position for position, head in enumerate(heads) if head == 0]
        if not roots:
            sentence.fail(TreeError, "the sentence has no root: give one word HEAD 0")
        ids = ", ".join(str(position + 1) for position in roots[:5])
        sentence.fail(
            TreeError, f"the sentence has {len(roots)} roots ({ids}): only one word may have HEAD 0", roots[1]
        )
    cycle = find_cycle(heads)
    if cycle:
        path = " -> ".join(str(word) for word in [*cycle[:8], "..." if len(cycle) > 8 else cycle[0]])
        problem = "is its own head" if len(cycle) == 1 else f"depends on itself by {path}"
        sentence.fail(TreeError, f"{problem}: correct a HEAD", cycle[0] - 1)
    if require_deprels:
        for position, deprel in enumerate(sentence.deprels):
            if deprel in ("_", ""):
                sentence.fail(TreeError, "DEPREL is missing: the word needs one", position)
    return heads


def find_cycle(heads: Sequence[int]) -> list[int]:
    """Return the words (1-based, each followed by its head) of the first cycle, or an empty list. O(n).

    Args:
        heads: Of each word, 0 or the 1-based number of a word.
    """
    walk_of = [0] * (len(heads) + 1)  # the walk that came through a word first; a walk that meets itself is a cycle
    walk_of[0] = -1
    for start in range(1, len(heads) + 1):
        word = start
        while not walk_of[word]:
            walk_of[word] = start
            word = heads[word - 1]
        if walk_of[word] == start:
            cycle = [word]
            while heads[cycle[-1] - 1] != word:
                cycle.append(heads[cycle[-1] - 1])
            return cycle
    return []


def nonprojective_words(heads: Sequence[int]) -> list[int]:
    """Return the words (1-based) whose arc from their head is not projective.

    For heads [2, 0, 2, 1] (4 hangs on 1, across the root 2) it is [4].

    Args:
        heads: The heads of a tree (`check_tree`).
    """
    size = len(heads)
    children: list[list[int]] = [[] for _ in range(size + 1)]
    for word, head in enumerate(heads, start=1):
        children[head].append(word)
    enter = [0] * (size + 1)
    time = 0
    stack = [0]
    order = []
    while stack:
        word = stack.pop()
        enter[word] = time
        time += 1
        order.append(word)
        stack += children[word]
    leave = [time + 1 for time in enter]
    for word in reversed(order[1:]):
        head = heads[word - 1]
        leave[head] = max(leave[head], leave[word])
    crossing = []
    for word, head in enumerate(heads, start=1):
        between = enter[word + 1 : head] if word < head else enter[head + 1 : word]
        if between and head and not (enter[head] <= min(between) and max(between) < leave[head]):
            crossing.append(word)
    return crossing
