"""Scores per group of words: by hand, against naive loops, and against the scores of the whole."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import Group, analyze, by_relation
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import nonprojective_words
from tests.helpers.annotated import GOLD, SYSTEM, analyzed, read
from tests.helpers.generated import annotate

COUNTS = ("right_gold", "gold", "right_system", "system")


def las(groups: list[Group]) -> dict[str, tuple[int, ...]]:
    """Per group: right gold words, gold words, right system words, system words."""
    return {group.name: tuple(getattr(group.las, name) for name in COUNTS) for group in groups}


def uas(groups: list[Group]) -> dict[str, tuple[int, ...]]:
    return {group.name: tuple(getattr(group.uas, name) for name in COUNTS) for group in groups}


def test_by_hand() -> None:
    result = analyzed(GOLD, SYSTEM)
    assert las(result.relations) == {
        "det": (1, 2, 1, 2),
        "case": (1, 1, 1, 1),
        "nsubj": (1, 1, 1, 1),
        "punct": (1, 1, 1, 1),
        "root": (1, 1, 1, 1),
        "obl": (0, 1, 0, 0),
        "nmod": (0, 0, 0, 1),
    }
    assert list(las(result.deprels))[-2:] == ["obl:loc", "nmod"]
    # heads: The 1, dog 1, in 2, the 1 (system 2), shade 3 (system 4), . 4
    assert uas(result.dependency_lengths) == {
        "root": (1, 1, 1, 1),
        "1": (2, 3, 2, 2),
        "2": (1, 1, 1, 2),
        "3": (0, 1, 0, 0),
        "4": (1, 1, 1, 2),
    }
    assert uas(result.sentence_lengths) == {"6-10": (5, 7, 5, 7)}
    assert las(result.projectivity) == {
        "projective arcs": (5, 7, 4, 5),
        "non-projective arcs": (0, 0, 1, 2),
        "projective trees": (5, 7, 0, 0),
        "non-projective trees": (0, 0, 5, 7),
    }
    assert result.errors == {
        "right": 5,
        "wrong head": 1,
        "wrong relation": 0,
        "wrong head and relation": 1,
        "not aligned": 0,
    }
    (confusion,) = result.confusions
    assert (confusion.gold, confusion.system, confusion.count, confusion.head_right) == ("obl", "nmod", 1, 0)
    assert confusion.share == 50
    assert confusion.as_dict()["examples"] == [
        {
            "text": "The dog slept in the [shade] .",
            "word": "shade",
            "gold_head": "slept",
            "system_head": "dog",
            "sent_id": "s1",
            "file": "gold.conllu",
            "line": 7,
        }
    ]


def test_rates() -> None:
    det = next(group for group in analyzed(GOLD, SYSTEM).relations if group.name == "det")
    assert det.as_dict() == {
        "support": 2,
        "system": 2,
        "UAS": {"precision": 50.0, "recall": 50.0, "f1": 50.0},
        "LAS": {"precision": 50.0, "recall": 50.0, "f1": 50.0},
    }
    obl = next(group for group in analyzed(GOLD, SYSTEM).relations if group.name == "obl")
    assert (obl.las.precision, obl.las.recall, obl.las.f1) == (0, 0, 0)


def test_a_subtype_counts_among_deprels_only() -> None:
    result = analyzed(GOLD, GOLD.replace("obl:loc", "obl"))
    assert las(result.relations)["obl"] == (1, 1, 1, 1)
    assert las(result.deprels)["obl:loc"] == (0, 1, 0, 0)
    assert result.confusions == []


def naive(gold: list[Sentence], system: list[Sentence]) -> dict[str, dict[str, list[int]]]:
    """The same counts by plain loops, for files of the same words: per kind and group the four numbers of LAS."""
    counts: dict[str, dict[str, list[int]]] = {}

    def add(kind: str, group: str, side: int, right: bool) -> None:
        numbers = counts.setdefault(kind, {}).setdefault(group, [0, 0, 0, 0])
        numbers[2 * side] += right
        numbers[2 * side + 1] += 1

    def bin_of(value: int, starts: tuple[int, ...]) -> str:
        at = max(start for start in starts if start <= value)
        later = [start for start in starts if start > at]
        return f"{at}+" if not later else str(at) if later[0] == at + 1 else f"{at}-{later[0] - 1}"

    for pair in zip(gold, system):
        for word in range(len(pair[0])):
            head = [sentence.heads[word] for sentence in pair]
            relation = [sentence.deprels[word].split(":")[0] for sentence in pair]
            right = head[0] == head[1] and relation[0] == relation[1]
            for side in (0, 1):
                distance = abs(head[side] - word - 1)
                length = "root" if not head[side] else bin_of(distance, (1, 2, 3, 4, 5, 6, 11, 21))
                crossing = nonprojective_words(pair[side].heads)
                add("relation", relation[side], side, right)
                add("dependency length", length, side, right)
                add("sentence length", bin_of(len(pair[side]), (1, 6, 11, 21, 31, 51)), side, right)
                add("projectivity", f"{'non-' if word + 1 in crossing else ''}projective arcs", side, right)
                add("projectivity", f"{'non-' if crossing else ''}projective trees", side, right)
    return counts


@given(st.integers(0, 10**9))
@settings(max_examples=25)
def test_against_plain_loops(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choices("abcdef", k=rng.choice([10, 60])))
    gold = read(annotate(text, rng))
    system = [sentence.copy() for sentence in gold]
    for sentence, other in zip(system, read(annotate(text, rng))):
        if len(other) == len(sentence):
            sentence.set_tree(other.heads, other.deprels)
        labels = [rng.choice([label, label, "obl:x", "det"]) for label in sentence.deprels]
        sentence.set_tree(sentence.heads, labels)
    result = analyze(compare(gold, system), gold, system)
    expected = naive(gold, system)
    for kind, groups in (
        ("relation", result.relations),
        ("dependency length", result.dependency_lengths),
        ("sentence length", result.sentence_lengths),
        ("projectivity", result.projectivity),
    ):
        assert las(groups) == {name: tuple(counts) for name, counts in expected[kind].items()}


@given(st.integers(0, 10**9))
@settings(max_examples=40)
def test_groups_add_up_to_the_whole(seed: int) -> None:
    """Also where the two files are tokenized differently."""
    rng = random.Random(seed)
    text = "".join(rng.choices("abcdef", k=rng.choice([3, 20, 60])))
    gold, system = read(annotate(text, rng)), read(annotate(text, rng))
    comparison = compare(gold, system)
    scores = comparison.scores()
    result = analyze(comparison, gold, system)
    for groups in (result.relations, result.dependency_lengths, result.sentence_lengths):
        for rates, score in (("uas", scores.uas), ("las", scores.las)):
            sums = [
                sum(getattr(getattr(g, rates), n) for g in groups)
                for n in ("right_gold", "gold", "right_system", "system")
            ]
            assert sums == [score.correct, score.gold, score.correct, score.system]
    for group in result.relations:  # a right arc has one relation, which is that of both sides
        assert group.las.right_gold == group.las.right_system
    assert sum(group.las.right_gold for group in by_relation(comparison, subtypes=True)) == scores.exact_las.correct
    assert sum(result.errors.values()) == scores.las.gold
    assert result.errors["right"] == scores.las.correct
    assert result.errors["not aligned"] == scores.words.gold - scores.words.correct
    confused = sum(confusion.count for confusion in result.confusions)
    most = result.errors["wrong relation"] + result.errors["wrong head and relation"]
    assert confused == most or len(result.confusions) == 25
    json.dumps(result.as_dict())


@pytest.mark.parametrize("text", [GOLD, SYSTEM])
def test_a_file_against_itself(text: str) -> None:
    result = analyzed(text, text)
    assert all(group.las.f1 == group.uas.f1 == 100 for group in result.relations + result.projectivity)
