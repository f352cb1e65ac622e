"""What a parser state holds, as lists, and whether heads are a tree."""

from __future__ import annotations

from arcparser.transition.arc_standard import MISSING, ROOT, States


def stack_of(states: States, row: int = 0) -> list[int]:
    words: list[int] = states.stack[row, : states.top[row] + 1].tolist()
    return words[words.index(ROOT) :]


def buffer_of(states: States, row: int = 0) -> list[int]:
    words: list[int] = states.buffer[row, states.front[row] :].tolist()
    return words[: words.index(MISSING)]


def arcs_of(states: States, row: int = 0) -> set[tuple[int, int, int]]:
    return {
        (int(head), int(states.labels[row, word]), word)
        for word, head in enumerate(states.heads[row])
        if head != MISSING
    }


def is_tree(heads: list[int]) -> bool:
    """Heads of words 1..n: every word attached, one root, no cycle?"""
    if heads.count(ROOT) != 1 or min(heads) < 0:
        return False
    for word in range(1, len(heads) + 1):
        for _ in range(len(heads)):
            word = heads[word - 1] if word else ROOT
        if word != ROOT:
            return False
    return True
