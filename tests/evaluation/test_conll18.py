"""The scores: by hand, and against the evaluation script of the task, which `udtools` carries."""

from __future__ import annotations

import io
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.errors import AlignmentError, ArcparserError, TreeError, UsageError
from arcparser.evaluation import columns as annotation
from arcparser.evaluation.alignment import SPACES, common_subsequence
from arcparser.evaluation.conll18 import attachment_scores, evaluate_sentences
from arcparser.evaluation.scores import METRICS, Score, Scores
from arcparser.treebank.reader import Sentence, read_conllu
from tests.helpers.generated import PATIENT, annotate, random_tree

udeval = pytest.importorskip("udtools.udeval", reason="the referee, package udtools, is not installed")


def read(text: str, name: str = "f") -> list[Sentence]:
    return list(read_conllu(io.BytesIO(text.encode()), name=name))


def evaluate(gold: str, system: str) -> Scores:
    return evaluate_sentences(read(gold, "gold"), read(system, "system"))


def assert_equals_referee(gold: str, system: str) -> None:
    """All twelve metrics but ExactLAS, which is ours, or an error on both sides."""
    try:
        referee = udeval.evaluate(*(udeval.load_conllu(io.StringIO(text), "", {}) for text in (gold, system)))
    except udeval.UDError:
        with pytest.raises(ArcparserError):
            evaluate(gold, system)
        return
    scores = evaluate(gold, system)
    for name, attribute in METRICS.items():
        if name == "ExactLAS":
            continue
        ours, theirs = getattr(scores, attribute), referee[name]
        expected = [theirs.precision, theirs.recall, theirs.f1, theirs.aligned_accuracy]
        expected = [None if value is None else pytest.approx(100 * value) for value in expected]
        assert [ours.precision, ours.recall, ours.f1, ours.aligned_accuracy] == expected, name


def rows(*words: str) -> str:
    """A sentence of words given as `form upos feats head deprel`."""
    lines = []
    for number, value in enumerate(words, start=1):
        form, upos, feats, head, deprel = value.split(" ")
        lines.append(f"{number}\t{form}\t_\t{upos}\t_\t{feats}\t{head}\t{deprel}\t_\t_\n")
    return "".join(lines) + "\n"


SENTENCE = (
    "The DET _ 2 det",
    "dogs NOUN Number=Plur 3 nsubj",
    "slept VERB Tense=Past 0 root",
    "in ADP _ 6 case",
    "the DET _ 6 det",
    "shade NOUN Number=Sing 3 obl:loc",
    ". PUNCT _ 3 punct",
)
GOLD = rows(*SENTENCE)


def changed(old: str, new: str) -> str:
    """GOLD with one word changed."""
    assert old in SENTENCE
    return rows(*(new if word == old else word for word in SENTENCE))


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


@settings(PATIENT, max_examples=300)
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


@settings(PATIENT, max_examples=150)
@given(st.text("abAB", min_size=1, max_size=40), st.integers(0, 10**9))
def test_the_same_words_with_other_trees_equal_the_referee(text: str, seed: int) -> None:
    rng = random.Random(seed)
    gold = annotate(text, rng)
    sentences = read(gold)
    for sentence in sentences:
        reannotate(sentence, rng)
    system = "".join(sentence.text() for sentence in sentences)
    assert_equals_referee(gold, system)
    scores = attachment_scores(
        read(gold),
        [sentence.heads for sentence in sentences],
        [sentence.deprels for sentence in sentences],
        upos=[sentence.upos for sentence in sentences],
        xpos=[sentence.xpos for sentence in sentences],
        feats=[sentence.feats for sentence in sentences],
    )
    assert scores == evaluate(gold, system)


@PATIENT
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


def test_spaces_within_forms_do_not_matter() -> None:
    gold = rows("New_York X _ 0 root").replace("_York", " York")
    system = rows("New X _ 0 root", "York X _ 1 flat")
    assert evaluate(gold, system).tokens == Score(correct=0, gold=1, system=2)
    assert_equals_referee(gold, system)


def test_the_inventories_are_those_of_the_referee() -> None:
    assert annotation.CONTENT_RELATIONS == udeval.CONTENT_DEPRELS
    assert annotation.FUNCTION_RELATIONS == udeval.FUNCTIONAL_DEPRELS
    assert annotation.UNIVERSAL_FEATURES == udeval.UNIVERSAL_FEATURES


def test_spaces_are_unicode_category_zs() -> None:
    import sys
    import unicodedata

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


def test_tags_not_given_count_as_missing() -> None:
    gold = read(GOLD)
    scores = attachment_scores(gold, [s.heads for s in gold], [s.deprels for s in gold])
    assert (scores.las.f1, scores.upos.f1) == (100.0, 0.0)
    assert scores.xpos.f1 == 100.0  # the gold file has none either
    with pytest.raises(UsageError, match="differ in length"):
        attachment_scores(gold, [[0]], [["root"]])


def test_table_and_json() -> None:
    system = changed("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Plur 6 nsubj")
    scores = evaluate(GOLD, system)
    lines = scores.table().splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == list(METRICS)[3:]
    assert "LAS        85.71" in lines
    assert lines[-1].startswith("7 words in 1 sentences")
    values = json.loads(json.dumps(scores.as_dict()))
    assert list(values) == list(METRICS)
    assert values["LAS"] == {
        "precision": 600 / 7, "recall": 600 / 7, "f1": 600 / 7, "aligned_accuracy": 600 / 7,
        "correct": 6, "gold": 7, "system": 7, "aligned": 7,
    }  # fmt: skip
    split = evaluate(rows("ab X _ 0 root"), rows("a X _ 0 root", "b X _ 1 dep"))
    lines = split.table().splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == list(METRICS)
    assert lines[1].split() == ["Tokens", "0.00", "0.00", "0.00"]
    assert split.as_dict()["Words"]["aligned_accuracy"] is None
