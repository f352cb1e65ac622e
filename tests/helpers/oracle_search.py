"""Exhaustive search: how many gold arcs can still be made from a configuration, and how many the oracle makes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC, ROOT, SHIFT, SWAP
from arcparser.transition.planner import Planner
from tests.helpers.states import is_tree


def dominates(heads: list[int], above: int, word: int) -> bool:
    while word not in (above, ROOT):
        word = heads[word - 1]
    return word == above


def is_projective(heads: list[int]) -> bool:
    return all(
        dominates(heads, head, between)
        for word, head in enumerate(heads, start=1)
        for between in range(min(word, head) + 1, max(word, head))
    )


Configuration = tuple[tuple[int, ...], tuple[int, ...]]

END: Configuration = ((ROOT,), ())


def choices(stack: tuple[int, ...], buffer: tuple[int, ...]) -> list[int]:
    """The legal transitions: the rules once more. The limit of 2n SWAPs never matters for five words."""
    legal = [SHIFT] if buffer else []
    if len(stack) > 2:
        legal += [LEFT_ARC, RIGHT_ARC] + [SWAP] * (stack[-2] < stack[-1])
    elif len(stack) == 2 and not buffer:
        legal.append(RIGHT_ARC)
    return legal


def move(
    stack: tuple[int, ...], buffer: tuple[int, ...], transition: int
) -> tuple[Configuration, tuple[int, int] | None]:
    """The next configuration, and the arc (head, dependent) if one is made."""
    if transition == SHIFT:
        return (stack + buffer[:1], buffer[1:]), None
    if transition == SWAP:
        return (stack[:-2] + stack[-1:], stack[-2:-1] + buffer), None
    if transition == LEFT_ARC:
        return (stack[:-2] + stack[-1:], buffer), (stack[-1], stack[-2])
    return (stack[:-1], buffer), (stack[-2], stack[-1])


def exhaustive(heads: list[int]) -> Callable[[tuple[int, ...], tuple[int, ...]], int]:
    """The number of gold arcs that can still be made from a configuration at best."""

    @functools.cache
    def best(stack: tuple[int, ...], buffer: tuple[int, ...]) -> int:
        most = 0
        for transition in choices(stack, buffer):
            after, arc = move(stack, buffer, transition)
            most = max(most, best(*after) + (arc is not None and heads[arc[1] - 1] == arc[0]))
        return most

    return best


def reached(heads: list[int], configuration: Configuration, attached: list[int]) -> int:
    """The number of gold arcs that the oracle makes from a configuration.

    Args:
        attached: Head of each word so far, index 0 unused.
    """
    attached = attached.copy()
    correct = 0
    while configuration != END:
        stack, buffer = configuration
        planner = Planner(list(stack), list(buffer[::-1]), [ROOT, *heads], attached, swaps=len(heads) ** 2)
        for transition in planner.plan():
            assert transition in choices(*configuration)
            configuration, arc = move(*configuration, transition)
            if arc is not None:
                attached[arc[1]] = arc[0]
                correct += heads[arc[1] - 1] == arc[0]
    return correct


def all_trees(size: int) -> Iterator[list[int]]:
    return (list(heads) for heads in itertools.product(range(size + 1), repeat=size) if is_tree(list(heads)))
