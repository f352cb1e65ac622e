"""What a tree is, and which of its arcs cross."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.errors import TreeError
from arcparser.treebank.tree import check_tree, find_cycle, nonprojective_words
from tests.helpers.generated import random_tree
from tests.helpers.oracle_search import dominates, is_projective
from tests.helpers.sentences import sentence_of


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ([0, "_"], "f:3: word 2 ('w2'): HEAD is missing"),
        ([0, 3], "f:3: word 2 ('w2'): HEAD '3' is no word"),
        ([0, 2], "f:3: word 2 ('w2'): is its own head"),
        ([0, 3, 2], "f:3: word 2 ('w2'): depends on itself by 2 -> 3 -> 2"),
        ([2, 3, 1, 0], "f:2: word 1 ('w1'): depends on itself by 1 -> 2 -> 3 -> 1"),
        ([2, 1], "f:2: the sentence has no root"),
        ([1], "f:2: the sentence has no root"),
        ([2, 0, 0], "f:4: word 3 ('w3'): the sentence has 2 roots (2, 3)"),
        ([0] * 20, "the sentence has 20 roots (1, 2, 3, 4, 5)"),
        ([0, *range(3, 21), 2], "depends on itself by 2 -> 3 -> 4 -> 5 -> 6 -> 7 -> 8 -> 9 -> ..."),
    ],
)
def test_what_is_no_tree(heads: list[int | str], message: str) -> None:
    with pytest.raises(TreeError) as caught:
        check_tree(sentence_of(heads))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_deprel() -> None:
    sentence = sentence_of([2, 0], ["_", "root"])
    with pytest.raises(TreeError, match=r"f:2: word 1 \('w1'\): DEPREL is missing"):
        check_tree(sentence)
    assert check_tree(sentence, require_deprels=False) == [2, 0]


@pytest.mark.parametrize(
    ("heads", "crossing"),
    [
        ([0], []),
        ([2, 0, 2], []),
        ([2, 0, 2, 1], [4]),  # the arc from 1 to 4 passes over the root
        ([3, 4, 0, 3], [2]),  # 3 stands between 4 and 2, and 4 does not dominate it
        ([2, 0, 5, 2, 2], [3]),  # 4 stands between 5 and 3
        ([4, 5, 0, 3, 4], [1, 2]),
        ([0, 4, 1, 1], [2]),
    ],
)
def test_arcs_that_cross(heads: list[int], crossing: list[int]) -> None:
    assert nonprojective_words(heads) == crossing
    assert is_projective(heads) == (not crossing)


@given(st.integers(1, 12), st.integers(0, 10**9))
def test_crossing_arcs_equal_the_definition(size: int, seed: int) -> None:
    heads = random_tree(size, random.Random(seed))
    expected = [
        word
        for word, head in enumerate(heads, start=1)
        if not all(dominates(heads, head, k) for k in range(min(word, head) + 1, max(word, head)))
    ]
    assert nonprojective_words(heads) == expected
    assert find_cycle(heads) == []


@given(st.lists(st.integers(0, 8), min_size=1, max_size=8))
def test_cycles_equal_the_definition(heads: list[int]) -> None:
    heads = [min(head, len(heads)) for head in heads]
    cyclic = set()
    for word in range(1, len(heads) + 1):
        seen, at = set(), heads[word - 1]
        while at and at not in seen:
            seen.add(at)
            at = heads[at - 1]
        if word in seen:
            cyclic.add(word)
    cycle = find_cycle(heads)
    assert bool(cycle) == bool(cyclic)
    assert set(cycle) <= cyclic
    for word, head in zip(cycle, [*cycle[1:], *cycle[:1]]):
        assert heads[word - 1] == head


def test_a_deep_tree_is_no_problem() -> None:
    size = 20_000
    assert nonprojective_words([0, *range(1, size)]) == []
    assert find_cycle([0, *range(1, size)]) == []
    assert find_cycle([*range(2, size + 1), 1]) == list(range(1, size + 1))
