"""The scores: by hand, and against the evaluation script of the task, which `udtools` carries."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.errors import TreeError, UsageError
from arcparser.evaluation.conll18 import attachment_scores
from arcparser.evaluation.scores import Score
from arcparser.treebank.sentence import Sentence
from tests.helpers.annotated import read
from tests.helpers.generated import annotate, random_tree
from tests.helpers.referee import assert_equals_referee
from tests.helpers.tagged import GOLD, changed, evaluate

# A change to one word, and the counts of correct words that it leaves:
# UPOS, UFeats, UAS, LAS, ExactLAS of 7 words; CLAS, MLAS of 3 content words.
BY_HAND = [
    ("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Plur 3 nsubj", (7, 7, 7, 7, 7, 3, 3)),
    ("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Plur 6 nsubj", (7, 7, 6, 6, 6, 2, 2)),
    ("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Plur 3 obj", (7, 7, 7, 6, 6, 2, 2)),
    ("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Plur 3 nsubj:pass", (7, 7, 7, 7, 6, 3, 3)),
    ("dogs NOUN Number=Plur 3 nsubj", "dogs PROPN Number=Plur 3 nsubj", (6, 7, 7, 7, 7, 3, 2)),
    ("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Sing 3 nsubj", (7, 6, 7, 7, 7, 3, 2)),
    ("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Plur|Typo=Yes 3 nsubj", (7, 7, 7, 7, 7, 3, 3)),
    ("shade NOUN Number=Sing 3 obl:loc", "shade NOUN Number=Sing 3 obl", (7, 7, 7, 7, 6, 3, 3)),
    # A function word costs MLAS at its head only.
    ("in ADP _ 6 case", "in ADP _ 3 case", (7, 7, 6, 6, 6, 3, 1)),
    ("in ADP _ 6 case", "in SCONJ _ 6 case", (6, 7, 7, 7, 7, 3, 2)),
    ("in ADP _ 6 case", "in ADP _ 6 mark", (7, 7, 7, 6, 6, 3, 2)),
    # Punctuation counts in UAS and LAS, not in CLAS and MLAS.
    (". PUNCT _ 3 punct", ". PUNCT _ 6 punct", (7, 7, 6, 6, 6, 3, 3)),
]


@pytest.mark.parametrize(("old", "new", "correct"), BY_HAND)
def test_scores_by_hand(old: str, new: str, correct: tuple[int, ...]) -> None:
    system = changed(old, new)
    s = evaluate(GOLD, system)
    assert tuple(score.correct for score in (s.upos, s.ufeats, s.uas, s.las, s.exact_las, s.clas, s.mlas)) == correct
    assert (s.las.gold, s.las.system, s.clas.gold) == (7, 7, 3)
    assert s.same_segmentation
    assert_equals_referee(GOLD, system)


def test_clas_counts_the_content_words_of_each_side() -> None:
    system = changed(". PUNCT _ 3 punct", ". PUNCT _ 3 dep")
    score = evaluate(GOLD, system).clas
    assert score == Score(correct=3, gold=3, system=4, aligned=3)
    assert (score.precision, score.recall) == (75.0, 100.0)
    assert score.f1 == pytest.approx(600 / 7)


@settings(max_examples=300)
@given(st.text("abAB", min_size=1, max_size=30), st.integers(0, 10**9), st.sampled_from([0.0, 0.0, 0.3]))
def test_random_pairs_equal_the_referee(text: str, seed: int, spaces: float) -> None:
    rng = random.Random(seed)
    gold, system = annotate(text, rng, spaces=spaces), annotate(text, rng, spaces=spaces)
    assert_equals_referee(gold, system)


def reannotate(sentence: Sentence, rng: random.Random) -> None:
    """Another tree and some other tags for the same words."""
    size = len(sentence)
    sentence.set_tree(random_tree(size, rng), [rng.choice(sentence.deprels) for _ in range(size)])
    tags = [[rng.choice(column) for _ in range(size)] for column in (sentence.upos, sentence.xpos, sentence.feats)]
    sentence.set_tags(*tags, mode="retag")


@settings(max_examples=150)
@given(st.text("abAB", min_size=1, max_size=40), st.integers(0, 10**9))
def test_the_same_words_with_other_trees_equal_the_referee(text: str, seed: int) -> None:
    rng = random.Random(seed)
    gold = annotate(text, rng)
    sentences = read(gold)
    for sentence in sentences:
        reannotate(sentence, rng)
    system = "".join(sentence.to_conllu() for sentence in sentences)
    assert_equals_referee(gold, system)
    scores = attachment_scores(
        read(gold),
        [sentence.heads for sentence in sentences],
        [sentence.deprels for sentence in sentences],
        upos=[sentence.upos for sentence in sentences],
        xpos=[sentence.xpos for sentence in sentences],
        feats=[sentence.feats for sentence in sentences],
        lemmas=[sentence.lemmas for sentence in sentences],
    )
    assert scores == evaluate(gold, system)


@pytest.mark.parametrize(
    ("old", "new"),
    [("0 root", "2 root"), ("3 punct", "0 punct"), ("3 punct", "9 punct"), ("3 punct", "_ punct")],
)
def test_what_is_no_tree_is_an_error_on_either_side(old: str, new: str) -> None:
    broken = GOLD.replace(old.replace(" ", "\t"), new.replace(" ", "\t"))
    assert broken != GOLD
    for gold, system in ((GOLD, broken), (broken, GOLD)):
        with pytest.raises(TreeError, match=r"^(gold|system):\d+: "):
            evaluate(gold, system)
        assert_equals_referee(gold, system)


def test_tags_not_given_count_as_missing() -> None:
    gold = read(GOLD)
    scores = attachment_scores(gold, [s.heads for s in gold], [s.deprels for s in gold])
    assert (scores.las.f1, scores.upos.f1) == (100.0, 0.0)
    assert scores.xpos.f1 == 100.0  # the gold file has none either
    with pytest.raises(UsageError, match="differ in length"):
        attachment_scores(gold, [[0]], [["root"]])
