"""Check whether the heads of a sentence are a tree, and find the arcs that are not projective.

A tree here is what UD asks for: each word has one head, exactly one word has head 0, and following the heads from any
word ends at 0. An arc from h to d is projective if h dominates every word between the two (Kahane, Nasr, Rambow 1998);
a tree is projective if all its arcs are. `nonprojective_words` decides dominance by the entry and exit times of a
depth-first walk: h dominates k exactly if enter[h] <= enter[k] < leave[h].

Left out: validation against the UD guidelines (use `udvalidate`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from arcparser.errors import TreeError, quote
from arcparser.treebank.columns import BLANK, HEAD, read_heads

if TYPE_CHECKING:
    from arcparser.treebank.sentence import Sentence


_NO_HEAD = -1


class TreeIndex(NamedTuple):
    """The arcs of a sentence of n words, to be looked up.

    Attributes:
        heads: HEAD of each word, [n]; -1 where it is missing or no id of the sentence.
        children: The places, from 0, of the words whose HEAD is an id, in order; ids that are no HEAD have no entry.
    """

    heads: list[int]
    children: dict[int, list[int]]

    @classmethod
    def of(cls, rows: list[list[str]]) -> TreeIndex:
        """Make the index of a sentence with these columns."""
        heads = read_heads(rows)
        children: dict[int, list[int]] = {}
        for position, head in enumerate(heads):
            if head in children:
                children[head].append(position)
            else:
                children[head] = [position]
        return cls(heads, children)


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
    problem = tree_problem(heads)
    if problem is not None:
        sentence.fail(TreeError, *problem)
    if require_deprels:
        for position, deprel in enumerate(sentence.deprels):
            if deprel in BLANK:
                sentence.fail(TreeError, "DEPREL is missing: the word needs one", position)
    return heads


def check_partial_tree(sentence: Sentence) -> list[int]:
    """Return the heads of a sentence, of which some may be `_`, provided that they are part of a tree with one root.

    Returns:
        The n heads: 0 for the root, the 1-based number of a word, or -1 where HEAD is `_`.

    Raises:
        TreeError: A HEAD is no word of the sentence, two words have HEAD 0, or words depend on themselves.
    """
    for _, error in tree_faults(sentence, partial=True):
        raise error
    return sentence.tree_index().heads


def wrong_head(head: object, size: int) -> str:
    """Say that a head is no word of a sentence of `size` words."""
    return f"HEAD {quote(head)} is no word of this sentence: give a number from 0 to {size}"


def unread_head(head: str, size: int) -> str:
    """Say why what is in HEAD is no head in a sentence of `size` words: it is missing, or no word."""
    return "HEAD is missing: the word needs one (0 for the root)" if head in BLANK else wrong_head(head, size)


def tree_problem(heads: Sequence[int]) -> tuple[str, int | None] | None:
    """Say why heads are not one tree with one root, and which word is at fault, from 0; None if they are.

    Args:
        heads: Of each of n words, 0 or the 1-based number of a word, or some other number.
    """
    return next(((problem, position) for _, problem, position in _problems(heads)), None)


def tree_faults(sentence: Sentence, *, partial: bool = False) -> Iterator[tuple[str, TreeError]]:
    """Yield all that is wrong with a tree, each with its kind, in the order in which `check_tree` looks for it.

    Args:
        sentence: The sentence.
        partial: Take a HEAD or DEPREL that is `_` for one that is unknown.
    """
    heads = sentence.tree_index().heads
    for position, head in enumerate(sentence.column(HEAD)):
        if heads[position] == _NO_HEAD and not (partial and head in BLANK):
            yield _fault("head", sentence, unread_head(head, len(heads)), position)
    for kind, problem, at in _problems(heads):
        if kind != "head":
            yield _fault(kind, sentence, problem, at)
    for position, deprel in enumerate(sentence.deprels):
        if deprel in BLANK and not partial:
            yield _fault("deprel", sentence, "DEPREL is missing: the word needs one", position)


def _problems(heads: Sequence[int]) -> Iterator[tuple[str, str, int | None]]:
    """Yield the kind of each thing that is wrong with heads, what it is, and which word is at fault, from 0.

    A head that is no word of the sentence may be the missing root, so no root is missed beside it.
    """
    size = len(heads)
    known = [head if 0 <= head <= size else _NO_HEAD for head in heads]
    for position, head in enumerate(heads):
        if known[position] == _NO_HEAD:
            yield "head", wrong_head(head, size), position
    roots = [position for position, head in enumerate(known) if head == 0]
    if not roots and _NO_HEAD not in known:
        yield "root", "the sentence has no root: give one word HEAD 0", None
    if len(roots) > 1:
        ids = ", ".join(str(position + 1) for position in roots[:5])
        yield "root", f"the sentence has {len(roots)} roots ({ids}): only one word may have HEAD 0", roots[1]
    for cycle in find_cycles([max(head, 0) for head in known]):
        path = " -> ".join(str(word) for word in [*cycle[:8], "..." if len(cycle) > 8 else cycle[0]])
        problem = "is its own head" if len(cycle) == 1 else f"depends on itself by {path}"
        yield "cycle", f"{problem}: correct a HEAD", cycle[0] - 1


def _fault(kind: str, sentence: Sentence, problem: str, position: int | None = None) -> tuple[str, TreeError]:
    try:
        sentence.fail(TreeError, problem, position)
    except TreeError as error:
        return kind, error


def find_cycle(heads: Sequence[int]) -> list[int]:
    """Return the words (1-based, each followed by its head) of the first cycle, or an empty list. O(n).

    Args:
        heads: Of each word, 0 or the 1-based number of a word.
    """
    return next(find_cycles(heads), [])


def find_cycles(heads: Sequence[int]) -> Iterator[list[int]]:
    """Yield the words of each cycle as `find_cycle` returns those of the first."""
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
            yield cycle


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
