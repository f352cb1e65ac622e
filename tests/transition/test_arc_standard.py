"""The transition system: hand-worked derivations, the legality mask, one tree whatever the scores are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, ROOT, SHIFT, SWAP, TRANSITIONS, Ints, States
from tests.helpers.states import arcs_of, buffer_of, is_tree, stack_of


@dataclass(frozen=True)
class Step:
    """A transition with its label, and the configuration that it leads to."""

    transition: int
    label: int
    stack: list[int]
    buffer: list[int]
    arcs: set[tuple[int, int, int]]  # (head, label, dependent)


DOGS_CHASE_CATS = [
    Step(SHIFT, 9, [0, 1], [2, 3], set()),
    Step(SHIFT, 9, [0, 1, 2], [3], set()),
    Step(LEFT_ARC, 5, [0, 2], [3], {(2, 5, 1)}),
    Step(SHIFT, 9, [0, 2, 3], [], {(2, 5, 1)}),
    Step(RIGHT_ARC, 6, [0, 2], [], {(2, 5, 1), (2, 6, 3)}),
    Step(RIGHT_ARC, 7, [0], [], {(2, 5, 1), (2, 6, 3), (0, 7, 2)}),
]

# "What are you thinking about", with about -> What across the root `thinking`
WHAT_ARE_YOU_THINKING_ABOUT = [
    Step(SHIFT, 9, [0, 1], [2, 3, 4, 5], set()),
    Step(SHIFT, 9, [0, 1, 2], [3, 4, 5], set()),
    Step(SHIFT, 9, [0, 1, 2, 3], [4, 5], set()),
    Step(SHIFT, 9, [0, 1, 2, 3, 4], [5], set()),
    Step(LEFT_ARC, 1, [0, 1, 2, 4], [5], {(4, 1, 3)}),
    Step(LEFT_ARC, 2, [0, 1, 4], [5], {(4, 1, 3), (4, 2, 2)}),
    Step(SHIFT, 9, [0, 1, 4, 5], [], {(4, 1, 3), (4, 2, 2)}),
    Step(SWAP, 9, [0, 1, 5], [4], {(4, 1, 3), (4, 2, 2)}),
    Step(LEFT_ARC, 3, [0, 5], [4], {(4, 1, 3), (4, 2, 2), (5, 3, 1)}),
    Step(SHIFT, 9, [0, 5, 4], [], {(4, 1, 3), (4, 2, 2), (5, 3, 1)}),
    Step(LEFT_ARC, 4, [0, 4], [], {(4, 1, 3), (4, 2, 2), (5, 3, 1), (4, 4, 5)}),
    Step(RIGHT_ARC, 0, [0], [], {(4, 1, 3), (4, 2, 2), (5, 3, 1), (4, 4, 5), (0, 0, 4)}),
]


def one(transition: int) -> Ints:
    return np.array([transition], dtype=np.intp)


@pytest.mark.parametrize("derivation", [DOGS_CHASE_CATS, WHAT_ARE_YOU_THINKING_ABOUT])
def test_derivation(derivation: list[Step]) -> None:
    """Stack, buffer and arcs after each step of a derivation worked by hand; only arcs read the label."""
    words = max(step.stack[-1] for step in derivation)
    states = States(np.array([words]))
    assert (stack_of(states), buffer_of(states)) == ([ROOT], list(range(1, words + 1)))
    for step in derivation:
        assert states.legal()[0, step.transition]
        before = arcs_of(states)
        positions, heads, dependents = states.arc(one(step.transition))
        announced = [(int(h), step.label, int(d)) for h, d in zip(heads, dependents, strict=True)]
        states.apply(one(step.transition), one(step.label))
        assert (stack_of(states), buffer_of(states), arcs_of(states)) == (step.stack, step.buffer, step.arcs)
        assert positions.tolist() == [0] * len(announced)
        assert set(announced) == step.arcs - before
    assert len(states.active) == 0


def test_positions_of_stack_and_buffer() -> None:
    """s0, s1, s2, b0, b1; MISSING below the root and past the end of the buffer."""
    states = States(np.array([3, 1]))
    seen = []
    for transition in ([SHIFT, SHIFT], [SHIFT, RIGHT_ARC], [SHIFT], [LEFT_ARC]):
        seen.append(
            [states.stack_words(depth).tolist() for depth in (0, 1, 2)]
            + [states.buffer_words(offset).tolist() for offset in (0, 1)]
        )
        states.apply(np.array(transition), np.zeros(len(transition), dtype=np.intp))
    none = MISSING
    assert seen == [
        [[0, 0], [none, none], [none, none], [1, 1], [2, none]],
        [[1, 1], [0, 0], [none, none], [2, none], [3, none]],
        [[2], [1], [0], [3], [none]],  # the sentence of one word is finished
        [[3], [2], [1], [none], [none]],
    ]
    assert [states.stack_words(depth).tolist() for depth in (0, 1, 2)] == [[3], [1], [0]]


def test_outermost_children_and_the_next_unshifted_word() -> None:
    """A child that is attached later may lie nearer to its head (SWAP); a swapped word does not count as unshifted."""
    states = States(np.array([4]))
    for transition in (SHIFT, SHIFT, SHIFT, SWAP):  # [0 1 3] [2 4]
        states.apply(one(transition), one(0))
    assert states.next_unshifted[0] == 4
    states.apply(one(RIGHT_ARC), one(0))  # 1 -> 3
    assert (states.leftmost[0, 1], states.rightmost[0, 1]) == (MISSING, 3)
    states.apply(one(SHIFT), one(0))
    assert states.next_unshifted[0] == 4
    states.apply(one(RIGHT_ARC), one(0))  # 1 -> 2
    assert states.rightmost[0, 1] == 3
    states.apply(one(SHIFT), one(0))
    assert states.next_unshifted[0] == 5
    states.apply(one(LEFT_ARC), one(0))  # 1 <- 4
    assert (states.leftmost[0, 4], states.rightmost[0, 4]) == (1, MISSING)


@pytest.mark.parametrize(
    ("done", "legal"),
    [
        ("", "SHIFT"),
        ("SHIFT", "SHIFT"),  # the root waits until nothing else is left
        ("SHIFT SHIFT", "SHIFT LEFT-ARC RIGHT-ARC SWAP"),
        ("SHIFT SHIFT SHIFT", "LEFT-ARC RIGHT-ARC SWAP"),
        ("SHIFT SHIFT SWAP", "SHIFT"),
        ("SHIFT SHIFT SWAP SHIFT", "SHIFT LEFT-ARC RIGHT-ARC"),  # 2 lies before 1: not again
        ("SHIFT SHIFT LEFT-ARC", "SHIFT"),
        ("SHIFT SHIFT LEFT-ARC SHIFT", "LEFT-ARC RIGHT-ARC SWAP"),
        ("SHIFT SHIFT LEFT-ARC SHIFT LEFT-ARC", "RIGHT-ARC"),
    ],
)
def test_legal(done: str, legal: str) -> None:
    """Three words."""
    states = States(np.array([3]))
    for name in done.split():
        states.apply(one(TRANSITIONS.index(name)), one(0))
    allowed = [TRANSITIONS[transition] for transition in np.flatnonzero(states.legal()[0])]
    assert allowed == legal.split()


def test_swaps_are_limited() -> None:
    """With `max_swaps=1` two words may be swapped once and once more, three words in a third place not."""
    states = States(np.array([2]), max_swaps=0)
    for _ in range(2):
        states.apply(one(SHIFT), one(0))
    assert not states.legal()[0, SWAP]
    states = States(np.array([4]), max_swaps=1)
    for transition in (SHIFT, SHIFT, SWAP, SHIFT, SHIFT, SWAP, SWAP, SHIFT, SHIFT, SHIFT, SWAP):
        assert states.legal()[0, transition]
        states.apply(one(transition), one(0))
    assert (stack_of(states), buffer_of(states), states.swaps_left[0]) == ([0, 3, 2, 4], [1], 0)
    assert not states.legal()[0, SWAP]
    assert States(np.array([4]), max_swaps=None).swaps_left[0] > 4**2


def run(lengths: list[int], max_swaps: int | None, bias: list[float], seed: int) -> tuple[States, Ints, Ints]:
    """Follow random scores (`bias` for each transition, plus noise) to the end, with the lengths of the
    derivations and the numbers of SWAPs."""
    rng = np.random.default_rng(seed)
    states = States(np.array(lengths), max_swaps=max_swaps)
    steps = np.zeros((2, len(lengths)), dtype=np.intp)
    while len(states.active):
        rows, legal = states.active, states.legal()
        assert legal.any(axis=1).all()
        scores = np.array(bias) + rng.normal(size=legal.shape)
        transition = np.where(legal, scores, -np.inf).argmax(axis=1)
        steps[0, rows] += 1
        steps[1, rows] += transition == SWAP
        states.apply(transition, transition)
    return states, steps[0], steps[1]


BIASES = st.one_of(
    st.just([0.0, 0.0, 0.0, 1000.0]),  # always SWAP where it is legal
    st.just([10.0, 0.0, 0.0, 1000.0]),
    st.lists(st.floats(-20, 20), min_size=4, max_size=4),
)


@settings(max_examples=150)
@given(
    lengths=st.lists(st.one_of(st.just(1), st.integers(1, 14)), min_size=1, max_size=6),
    max_swaps=st.sampled_from([0, 1, 2, 2, 2]),
    bias=BIASES,
    seed=st.integers(0, 2**32 - 1),
)
def test_any_scores_give_one_tree(lengths: list[int], max_swaps: int, bias: list[float], seed: int) -> None:
    """In 2n steps and two for each SWAP, at most 6n in all."""
    states, steps, swaps = run(lengths, max_swaps, bias, seed)
    for row, length in enumerate(lengths):
        heads = states.heads[row, 1 : length + 1].tolist()
        assert is_tree(heads)
        assert swaps[row] <= max_swaps * length
        assert steps[row] == 2 * length + 2 * swaps[row] <= 6 * length
        assert states.swaps_left[row] == max_swaps * length - swaps[row]
        for word in range(length + 1):
            children = [child for child in range(1, length + 1) if heads[child - 1] == word]
            before = [child for child in children if child < word]
            after = [child for child in children if child > word]
            assert states.leftmost[row, word] == min(before, default=MISSING)
            assert states.rightmost[row, word] == max(after, default=MISSING)
        assert set(states.labels[row, 1 : length + 1].tolist()) <= {LEFT_ARC, RIGHT_ARC}
        assert (states.heads[row, length + 1 :] == MISSING).all()


@settings(max_examples=40)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 2**32 - 1))
def test_without_a_limit_it_ends_too(lengths: list[int], seed: int) -> None:
    """Two words are swapped once at most."""
    states, _, swaps = run(lengths, None, [10.0, 0.0, 0.0, 1000.0], seed)
    for row, length in enumerate(lengths):
        assert is_tree(states.heads[row, 1 : length + 1].tolist())
        assert swaps[row] <= length * (length - 1) // 2


@settings(max_examples=60)
@given(data=st.data(), lengths=st.lists(st.integers(1, 10), min_size=1, max_size=5))
def test_lock_step_equals_one_by_one(data: st.DataObject, lengths: list[int]) -> None:
    """A sentence's tree does not depend on the sentences beside it."""
    seeds = [data.draw(st.integers(0, 2**32 - 1)) for _ in lengths]

    def parse(rows: list[int]) -> States:
        generators = [np.random.default_rng(seeds[row]) for row in rows]
        states = States(np.array([lengths[row] for row in rows]))
        while len(states.active):
            scores = np.array([generators[row].random(4) for row in states.active])
            transition = np.where(states.legal(), scores, -1.0).argmax(axis=1)
            states.apply(transition, np.array([generators[row].integers(9) for row in states.active]))
        return states

    together = parse(list(range(len(lengths))))
    for row, length in enumerate(lengths):
        alone = parse([row])
        for name in ("heads", "labels", "leftmost", "rightmost"):
            assert getattr(together, name)[row, : length + 1].tolist() == getattr(alone, name)[0, : length + 1].tolist()


def test_no_sentences() -> None:
    states = States(np.array([], dtype=np.intp))
    assert len(states.active) == 0
    assert states.legal().shape == (0, 4)
