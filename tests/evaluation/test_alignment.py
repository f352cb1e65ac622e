"""Which word is which: multiword tokens, other tokens and sentences, and texts that differ."""

from __future__ import annotations

import random
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.errors import AlignmentError
from arcparser.evaluation.alignment import SPACES, common_subsequence
from arcparser.evaluation.scores import Score
from tests.helpers.generated import annotate
from tests.helpers.referee import assert_equals_referee
from tests.helpers.tagged import GOLD, evaluate, rows
from tests.helpers.white_words import difference, random_pair


def test_words_of_a_multiword_token_are_aligned_by_their_forms() -> None:
    gold = "1-2\tdon't" + "\t_" * 8 + "\n" + rows("do AUX _ 0 root", "not PART _ 1 advmod", "go VERB _ 1 conj")
    split = "1\tdon't\t_\tAUX\t_\t_\t0\troot\t_\t_\n2\tgo\t_\tVERB\t_\t_\t1\tconj\t_\t_\n\n"
    other = gold.replace("\tnot\t", "\tn't\t")
    scores = evaluate(gold, other)
    assert scores.words == Score(correct=2, gold=3, system=3)
    assert scores.tokens == Score(correct=2, gold=2, system=2)
    assert scores.uas == Score(correct=2, gold=3, system=3, aligned=2)
    assert not scores.same_segmentation
    scores = evaluate(gold, split)
    assert scores.words == Score(correct=1, gold=3, system=2)
    assert scores.uas.correct == 0  # `go` hangs on a word that is aligned to none
    for system in (other, split):
        assert_equals_referee(gold, system)
        assert_equals_referee(system, gold)


def test_sentences_and_tokens_split_differently() -> None:
    gold = rows("ab X _ 0 root") + rows("c X _ 0 root", "d X _ 1 dep")
    system = rows("a X _ 0 root", "b X _ 1 dep", "c X _ 1 dep", "d X _ 3 dep")
    scores = evaluate(gold, system)
    assert scores.sentences == Score(correct=0, gold=2, system=1)
    assert scores.tokens == Score(correct=2, gold=3, system=4)
    assert scores.words.f1 == pytest.approx(400 / 7)
    assert scores.uas == Score(correct=1, gold=3, system=4, aligned=2)
    assert_equals_referee(gold, system)


@given(st.text("abAB", min_size=1, max_size=30), st.text("abAB", min_size=1, max_size=30), st.integers(0, 99))
def test_differing_texts_are_an_error(one: str, other: str, seed: int) -> None:
    rng = random.Random(seed)
    gold, system = annotate(one, rng), annotate(other, rng)
    if one == other:
        assert evaluate(gold, system).tokens.gold
        return
    with pytest.raises(AlignmentError) as caught:
        evaluate(gold, system)
    assert "\n" not in str(caught.value)


def test_the_first_difference_is_named() -> None:
    system = GOLD.replace("\tshade\t", "\tsun\t")
    with pytest.raises(AlignmentError) as caught:
        evaluate("# c\n" + GOLD, system)
    expected = "the texts differ, gold has 'shade' (gold:7) where system has 'sun' (system:6)"
    assert str(caught.value) == f"{expected}: give two files of the same text"
    with pytest.raises(AlignmentError, match=r"gold has 'The' \(gold:10\) where system has no more words"):
        evaluate(GOLD + "\n" + GOLD, GOLD)
    multiword = "1-2\tabc" + "\t_" * 8 + "\n" + rows("a X _ 0 root", "b X _ 1 dep")
    with pytest.raises(AlignmentError, match=r"gold has 'abc' \(gold:2\) where system has 'abd'"):
        evaluate(multiword, multiword.replace("abc", "abd"))


def test_spaces_within_forms_do_not_matter() -> None:
    gold = rows("New_York X _ 0 root").replace("_York", " York")
    system = rows("New X _ 0 root", "York X _ 1 flat")
    assert evaluate(gold, system).tokens == Score(correct=0, gold=1, system=2)
    assert_equals_referee(gold, system)


WHITE = [" ", "\u00a0", "\u3000", "  ", " \u2003"]


@pytest.mark.parametrize("white", WHITE)
def test_a_word_of_spaces_alone_costs_no_other_word(white: str) -> None:
    gold = rows("We PRON _ 2 nsubj", "go VERB _ 0 root", "home ADV _ 2 advmod")
    system = rows("We PRON _ 3 nsubj", "@ SPACE _ 3 dep", "go VERB _ 0 root", "home ADV _ 3 advmod").replace("@", white)
    for one, other in ((gold, system), (system, gold)):
        scores = evaluate(one + gold, other + gold)
        assert scores.las.f1 == scores.words.f1 == scores.tokens.f1 == pytest.approx(1200 / 13)
        assert scores.las.correct == 6
    both = evaluate(system, system.replace(white, "\u00a0\u2003").replace("\tSPACE", "\tX"))
    assert (both.las.f1, both.tokens.f1, both.upos.correct) == (100, 100, 3)


@pytest.mark.parametrize("white", WHITE)
def test_a_multiword_token_of_spaces_alone_ends_no_alignment(white: str) -> None:
    words = ("a X _ 3 dep", "b X _ 3 dep", "go VERB _ 0 root")
    multiword = f"1-2\t{white}" + "\t_" * 8 + "\n" + rows(*words)
    one_word = f"1-1\t{white}" + "\t_" * 8 + "\n" + rows("@ X _ 2 dep", words[2]).replace("@", white)
    go = rows("go VERB _ 0 root")
    for gold, system, correct in [(multiword, go, 1), (one_word, go, 1), (one_word, multiword, 1)]:
        for one, other in ((gold, system), (system, gold)):
            scores = evaluate(one, other)
            assert (scores.las.correct, scores.las.aligned) == (correct, correct)
    # Both have it, and differ elsewhere.
    scores = evaluate(multiword + rows("ab X _ 0 root"), multiword + rows("a X _ 0 root", "b X _ 1 dep"))
    assert (scores.las.correct, scores.tokens.correct) == (3, 2)


def test_several_words_of_spaces_at_one_place() -> None:
    gold = rows("@ X _ 3 dep", "@ X _ 3 dep", "go X _ 0 root").replace("@", " ")
    system = rows("@ X _ 4 dep", "@ X _ 4 dep", "@ X _ 4 dep", "go X _ 0 root").replace("@", "\u3000")
    scores = evaluate(gold, system)
    assert scores.tokens == Score(correct=3, gold=3, system=4)
    assert scores.las == Score(correct=3, gold=3, system=4, aligned=3)
    alone = rows("@ X _ 0 root").replace("@", " ")
    assert evaluate(alone + alone, rows("@ X _ 0 root", "@ X _ 1 dep").replace("@", " ")).tokens.f1 == 100
    assert evaluate(alone + alone, alone).sentences == Score(correct=1, gold=2, system=1)


@pytest.mark.parametrize("seed", range(5))
def test_random_pairs_with_words_of_spaces_equal_the_referee(seed: int) -> None:
    rng = random.Random(seed)
    for number in range(100):
        gold, system = random_pair(rng)
        assert difference(gold, system) is None, number


def test_spaces_are_unicode_category_zs() -> None:
    everything = map(chr, range(sys.maxunicode + 1))
    assert all(bool(SPACES.match(char)) == (unicodedata.category(char) == "Zs") for char in everything)


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ("the cat", "a the cat", [(0, 1), (1, 2)]),
        ("a b c", "a b c", [(0, 0), (1, 1), (2, 2)]),
        ("a b", "b a", [(1, 0)]),
        ("a b c d", "a x c", [(0, 0), (2, 2)]),
        ("", "a", []),
    ],
)
def test_common_subsequence(a: str, b: str, pairs: list[tuple[int, int]]) -> None:
    assert common_subsequence(a.split(), b.split()) == pairs
