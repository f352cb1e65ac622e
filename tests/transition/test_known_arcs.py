"""Arcs that are known beforehand are part of every tree, whatever is chosen of what the mask allows."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, ROOT, SHIFT, SWAP, States
from arcparser.transition.known_arcs import KnownArcs
from tests.helpers.generated import random_tree
from tests.helpers.oracle_search import all_trees
from tests.helpers.states import is_tree, stack_of


def any_parse(known: list[list[int]], rng: random.Random) -> list[list[int]]:
    """Trees of a parser that chooses at random among what is allowed."""
    states = States(np.array([len(heads) for heads in known]), max_swaps=None)
    arcs = KnownArcs(states, known)
    while len(states.active):
        legal = arcs.legal()
        assert legal.any(axis=1).all()
        chosen = np.array([rng.choice(np.flatnonzero(row).tolist()) for row in legal])
        while (refused := arcs.refused(chosen)).any():
            legal[refused, chosen[refused]] = False
            assert legal.any(axis=1).all()
            chosen = np.where(refused, [rng.choice(np.flatnonzero(row).tolist()) for row in legal], chosen)
        arcs.apply(chosen, chosen)
    return [states.heads[row, 1 : len(heads) + 1].tolist() for row, heads in enumerate(known)]


def assert_kept(known: list[list[int]], rng: random.Random) -> None:
    for given_heads, heads in zip(known, any_parse(known, rng)):
        assert is_tree(heads)
        assert all(head in (MISSING, built) for head, built in zip(given_heads, heads)), (given_heads, heads)


def test_every_part_of_every_small_tree() -> None:
    rng = random.Random(1)
    for size in range(1, 5):
        parts = range(2**size)
        for tree in all_trees(size):
            assert_kept([[h if part >> i & 1 else MISSING for i, h in enumerate(tree)] for part in parts], rng)


@settings(max_examples=15)
@given(st.integers(5, 14), st.randoms(use_true_random=False))
def test_any_part_of_any_tree(size: int, rng: random.Random) -> None:
    tree = random_tree(size, rng)
    assert_kept([[h if rng.random() < share else MISSING for h in tree] for share in (0, 0.2, 0.5, 0.8, 1)], rng)


def test_what_is_allowed() -> None:
    """The worked example: saw -> telescopes is known."""
    states = States(np.array([5]), max_swaps=None)
    arcs = KnownArcs(states, [[MISSING, MISSING, MISSING, MISSING, 2]])
    for transition in (SHIFT, SHIFT, LEFT_ARC, SHIFT, SHIFT, SHIFT):
        assert arcs.legal()[0, transition] and not arcs.refused(np.array([transition]))[0]
        arcs.apply(np.array([transition]), np.array([MISSING]))
    assert stack_of(states) == [ROOT, 2, 3, 4, 5]
    assert np.flatnonzero(arcs.legal()[0]).tolist() == [LEFT_ARC, SWAP]


def test_a_swap_that_could_not_be_undone_is_refused() -> None:
    """Both 2 and 3 hang on 1: once 3 is before 2, it is attached before 2 is shifted on it."""
    states = States(np.array([3]), max_swaps=None)
    arcs = KnownArcs(states, [[MISSING, 1, 1]])
    for transition in (SHIFT, SHIFT, SHIFT, SWAP):
        assert not arcs.refused(np.array([transition]))[0]
        arcs.apply(np.array([transition]), np.array([MISSING]))
    legal = arcs.legal()[0]
    assert legal[SHIFT] and arcs.refused(np.array([SHIFT]))[0]
    assert legal[RIGHT_ARC] and not arcs.refused(np.array([RIGHT_ARC]))[0]
