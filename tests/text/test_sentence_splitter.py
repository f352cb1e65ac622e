"""Sentence boundaries by rules and by a trained splitter."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.text.sentence_splitter import LONGEST, PIECE, SentenceSplitter, sentence_starts, shape, train_splitter
from arcparser.text.tokenizer import Tokenizer
from arcparser.treebank.sentence import Sentence

NAMES = "Ada Ben Cleo Dora Emil Finn Gina Hugo Ida Jon Kira Leo".split()
VERBS = "waits sleeps sings paints swims reads cooks writes dances laughs".split()


def _split(text: str, splitter: SentenceSplitter | None = None) -> list[str]:
    """Sentences of text whose tokens are between spaces; ~ is no space between tokens, ¶ a blank line."""
    tokens: list[str] = []
    spaces: list[str] = []
    for run in text.replace(" ¶ ", "\n\n").split(" "):
        for paragraph in run.split("\n\n"):
            parts = paragraph.split("~")
            tokens += parts
            spaces += [""] * (len(parts) - 1) + ["\n\n"]
        spaces[-1] = " "
    sentences: list[list[str]] = []
    for token, starts in zip(tokens, sentence_starts(tokens, spaces, splitter)):
        if starts:
            sentences.append([])
        sentences[-1].append(token)
    return [" ".join(sentence) for sentence in sentences]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It rained~. We stayed~.", ["It rained .", "We stayed ."]),
        ("Why~?! Nobody knows~.", ["Why ?!", "Nobody knows ."]),
        ('He said~: ~"~Go~!~" Then he left~.', ['He said :  " Go ! "', "Then he left ."]),
        ('"~Go~!~" ~"~No~!~"', ['" Go ! "', ' " No ! "']),
        ("About 3 p.m. it rained~.", ["About 3 p.m. it rained ."]),
        ("Wait~... what~?", ["Wait ... what ?"]),
        ("(~It rained~.~) (~Often~.~)", ["( It rained . )", "( Often . )"]),
        ("No end here ¶ and a new start", ["No end here", "and a new start"]),
        ("雨~。~晴~。", ["雨 。", "晴 。"]),
        ("वर्षा~। धूप~।", ["वर्षा ।", "धूप ।"]),
    ],
)
def test_rules(text: str, sentences: list[str]) -> None:
    tokens = text.replace(" ~", " ")
    assert _split(tokens) == [sentence.replace("  ", " ").strip() for sentence in sentences]


def test_nothing_and_little() -> None:
    assert sentence_starts([], []) == []
    assert sentence_starts(["."], [""]) == [True]


def test_a_sentence_without_end_is_cut() -> None:
    tokens = ["word"] * (3 * LONGEST + 10)
    starts = np.flatnonzero(sentence_starts(tokens, [" "] * len(tokens)))
    assert np.diff([*starts, len(tokens)]).max() <= LONGEST


@pytest.fixture(scope="module")
def treebank() -> list[Sentence]:
    """Sentences that end in ";" and begin with a name, where rules find nothing; "Dr." never does."""
    random = np.random.default_rng(3)
    sentences = []
    for number in range(300):
        words = [str(random.choice(NAMES)), str(random.choice(VERBS)), "with", "Dr.", str(random.choice(NAMES))]
        words = [*words[: int(random.choice([2, 5]))], ";"]
        misc = ["SpaceAfter=No" if after == ";" else "_" for after in words[1:]] + ["_"]
        sentences.append(Sentence.from_words(words, misc=misc, comments=["newpar"] if number % 7 == 0 else []))
    return sentences


@pytest.fixture(scope="module")
def splitter(treebank: list[Sentence]) -> SentenceSplitter:
    trained = train_splitter(treebank, Tokenizer("en"))
    assert trained is not None
    return trained


def test_a_trained_splitter_does_as_its_treebank(splitter: SentenceSplitter) -> None:
    text = "Ada sings~; Leo paints with Dr. Ida~; Dora sleeps~;"
    assert _split(text, splitter) == ["Ada sings ;", "Leo paints with Dr. Ida ;", "Dora sleeps ;"]
    assert len(_split(text)) == 1


def test_a_blank_line_ends_a_sentence_whatever_the_splitter_says(splitter: SentenceSplitter) -> None:
    assert _split("Ada paints with ¶ Dr. Ida~;", splitter) == ["Ada paints with", "Dr. Ida ;"]


def test_what_is_decided_does_not_depend_on_other_paragraphs(splitter: SentenceSplitter) -> None:
    tokens = "Ada sings ; Leo paints with Dr. Ida ; Hugo".split()
    spaces = [" "] * (len(tokens) - 1) + ["\n\n"]
    alone = splitter.probabilities(tokens, spaces)
    among = splitter.probabilities(tokens * 3, spaces * 3)
    assert (among == np.tile(alone, 3)).all()


def test_a_splitter_is_small_and_learned_again_the_same(splitter: SentenceSplitter, treebank: list[Sentence]) -> None:
    weights = splitter.classifier.weights
    assert weights.dtype == np.float16
    assert weights.nbytes < 300_000
    other = train_splitter(treebank, Tokenizer("en"))
    assert other is not None
    assert (other.classifier.weights == weights).all()


def test_a_treebank_of_one_sentence_a_paragraph_teaches_nothing() -> None:
    sentences = [Sentence.from_words(["Rain", "."], comments=["newpar"])] * 3
    assert train_splitter(sentences, Tokenizer("en")) is None


def test_shapes() -> None:
    assert [shape(form) for form in ("Paris", "USA", "e-mail", "2024", "-->", "")] == [
        "Xxx",
        "XX",
        "x-xx",
        "dd",
        "-->",
        "",
    ]


@pytest.mark.parametrize("token", ["!", ",", "a", "word"])
@pytest.mark.parametrize("space", ["", " "])
def test_a_text_without_boundaries_is_cut_into_pieces_that_are_neither_long_nor_short(token: str, space: str) -> None:
    tokens = [token] * 5000
    starts = np.flatnonzero(sentence_starts(tokens, [space] * 5000))
    sizes = np.diff([*starts, 5000])
    assert sizes.max() <= PIECE
    assert sizes[:-1].min() > PIECE // 2


def test_a_long_sentence_of_words_stays_whole_and_one_of_letters_does_not() -> None:
    assert sum(sentence_starts(["word"] * 500, [" "] * 500)) == 1
    assert sum(sentence_starts(["a"] * 200, [" "] * 200)) == 1
    assert sum(sentence_starts(["a"] * 500, [" "] * 500)) >= 10  # a token of a longer one would cost more
