"""What a tree is, what crosses in it, and what a treebank holds."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.errors import ConlluError, InputError, TreeError
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import (
    check_tree,
    describe,
    find_cycle,
    is_projective,
    nonprojective_words,
    read_treebank,
)
from tests.helpers.generated import PATIENT, random_tree


def sentence_of(heads: list[int | str], deprels: list[str] | None = None) -> Sentence:
    """A sentence in a file `f`, its first word in line 2."""
    deprels = deprels or ["root" if head == 0 else "dep" for head in heads]
    rows = [f"{i}\tw{i}\t_\tX\t_\t_\t{h}\t{d}\t_\t_\n" for i, (h, d) in enumerate(zip(heads, deprels), start=1)]
    (sentence,) = read_conllu(io.BytesIO(("# c\n" + "".join(rows) + "\n").encode()), name="f")
    return sentence


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


def dominates(heads: list[int], ancestor: int, word: int) -> bool:
    while word and word != ancestor:
        word = heads[word - 1]
    return word == ancestor


@PATIENT
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


@PATIENT
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


def write(path: Path, *trees: list[int | str], junk: str = "") -> Path:
    path.write_bytes(b"".join(sentence_of(heads).to_bytes() for heads in trees) + junk.encode())
    return path


def test_files_are_joined_and_described(tmp_path: Path) -> None:
    first = write(tmp_path / "a.conllu", [2, 0, 2, 1], [0])
    rows = ["1-2\tab", "1\ta\t_\t_\t_\t_\t0\ttop", "2\tb\t_\tX\t_\t_\t1\tobj", "2.1\te"]
    more = "".join(row + "\t_" * (9 - row.count("\t")) + "\n" for row in rows) + "\n"
    second = write(tmp_path / "b.conllu", [2, 0], junk=more)
    treebank = read_treebank([first, str(second)])
    report = describe(treebank)
    assert [len(sentence) for sentence in treebank.sentences] == [4, 1, 2, 2]
    assert (report.sentences, report.words, report.multiword_tokens, report.empty_nodes) == (4, 9, 1, 1)
    assert (report.nonprojective_sentences, report.nonprojective_words, report.untagged_words) == (1, 1, 1)
    assert report.nonprojective_share == 25.0
    assert report.labels == {"dep": 4, "root": 3, "top": 1, "obj": 1}
    assert report.root_labels == {"root": 3, "top": 1}
    assert report.text().splitlines() == [
        "4 sentences, 9 words, 4 labels",
        "25.0 % of the trees are non-projective (1 trees, 1 arcs)",
        "1 multiword tokens, 1 empty nodes (not parsed)",
        "1 words without UPOS",
    ]
    assert len(read_treebank(first).sentences) == 2


def test_invalid_sentences_stop_or_are_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conllu", [0], [2, 1], [0, 0], [2, 0], junk="1\tw\n\n")
    with pytest.raises(TreeError, match=f"^{re.escape(str(path))}:5: the sentence has no root"):
        read_treebank(path)
    treebank = read_treebank(path, skip_invalid=True)
    assert len(treebank.sentences) == 2
    assert [(type(error), error.line) for error in treebank.skipped] == [
        (TreeError, 5),
        (TreeError, 10),
        (ConlluError, 16),
    ]
    lines = describe(treebank).text(reasons=2).splitlines()
    assert lines[2:] == [
        "3 invalid sentences skipped:",
        f"  {treebank.skipped[0]}",
        f"  {treebank.skipped[1]}",
        "  ... and 1 more",
    ]


def test_a_file_without_a_sentence_is_an_error(tmp_path: Path) -> None:
    good = write(tmp_path / "good.conllu", [0])
    empty = write(tmp_path / "empty.conllu", junk="# only a comment\n")
    bad = write(tmp_path / "bad.conllu", [0, 0])
    with pytest.raises(InputError, match=f"{re.escape(str(empty))}: no sentence to use, it is empty"):
        read_treebank([good, empty])
    with pytest.raises(InputError, match=r"all of its 1 sentences are invalid, the first: .*bad.conllu:3"):
        read_treebank([good, bad], skip_invalid=True)
