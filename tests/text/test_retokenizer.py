"""Corrections of spaCy's tokens that are learned from a treebank."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.text.retokenizer import Retokenizer, _PrefixHashes, train_retokenizer
from arcparser.text.tokenizer import Tokenizer
from arcparser.treebank.columns import MultiwordToken
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from tests.helpers.raw_text import raw_text
from tests.helpers.toy import CHINESE

NOUNS = "tree house river mountain garden window letter summer".split()


def _words(text: str, tokens: tuple[list[tuple[int, int]], dict[int, list[int]]]) -> list[list[str]]:
    """The words of each token."""
    spans, meetings = tokens
    words = []
    for token, (start, end) in enumerate(spans):
        bounds = [start, *meetings.get(token, []), end]
        words.append([text[begin:stop] for begin, stop in zip(bounds, bounds[1:])])
    return words


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer("en")


@pytest.fixture(scope="module")
def english(tokenizer: Tokenizer) -> Retokenizer:
    """A treebank that joins numbers with hyphens, splits slashes, and has possessives as multiword tokens."""
    random = np.random.default_rng(4)
    sentences = []
    for _ in range(300):
        noun, other = (str(word) for word in random.choice(NOUNS, 2))
        day, month = random.integers(10, 30, 2)
        words = ["The", noun, "'s", other, "or", noun, "/", other, "on", f"{day}-{month}", "."]
        misc = ["_"] * 5 + ["SpaceAfter=No"] * 2 + ["_"] * 2 + ["SpaceAfter=No", "_"]
        sentences.append(Sentence.from_words(words, misc=misc, multiword_tokens=[MultiwordToken(2, 3, f"{noun}'s")]))
    return train_retokenizer(sentences, tokenizer)


def test_it_joins_splits_and_finds_the_words_of_unseen_multiword_tokens(
    english: Retokenizer, tokenizer: Tokenizer
) -> None:
    text = "The planet's moon or planet/moon on 17-24."
    tokens = _words(text, english(text, tokenizer(text)))
    assert tokens == [
        ["The"],
        ["planet", "'s"],
        ["moon"],
        ["or"],
        ["planet"],
        ["/"],
        ["moon"],
        ["on"],
        ["17-24"],
        ["."],
    ]
    assert _words(text, (tokenizer(text), {})) != tokens


def test_a_token_begins_where_a_sentence_begins(english: Retokenizer, tokenizer: Tokenizer) -> None:
    text = "On 17-24"
    assert _words(text, english(text, tokenizer(text), [0, 6])) == [["On"], ["17-"], ["24"]]


def test_what_is_decided_does_not_depend_on_other_paragraphs(english: Retokenizer, tokenizer: Tokenizer) -> None:
    text = "The planet's moon/planet on\n17-24 ."
    alone = _words(text, english(text, tokenizer(text)))
    joined = "\n\n".join([text] * 3) + "\n \n"
    assert _words(joined, english(joined, tokenizer(joined))) == alone * 3


def test_a_line_end_counts_as_a_space(english: Retokenizer, tokenizer: Tokenizer) -> None:
    text = "The planet's moon or planet/moon on 17-24 . It 's"
    wrapped = text.replace(" ", "\n")
    assert _words(wrapped, english(wrapped, tokenizer(wrapped))) == _words(text, english(text, tokenizer(text)))


def test_its_weights_are_small(english: Retokenizer) -> None:
    assert english.boundaries.classifier.weights.dtype == np.float16
    assert english.boundaries.classifier.weights.nbytes < 400_000


@pytest.mark.parametrize("text", ["", " ", "\n\n", "a", " a ", "ab", "a b", "\U0001f600\u0301 x"])
def test_little_text(english: Retokenizer, tokenizer: Tokenizer, text: str) -> None:
    tokens = english(text, tokenizer(text))
    assert "".join(word for token in _words(text, tokens) for word in token) == "".join(text.split())


def test_words_with_spaces() -> None:
    random = np.random.default_rng(5)
    compounds = [f"{first} {second}" for first in ("hoa", "mua", "nha") for second in ("hong", "xuan", "tho")]
    sentences = []
    for _ in range(200):
        words = [str(random.choice(["toi", "co", "va", str(random.choice(compounds))])) for _ in range(6)]
        sentences.append(Sentence.from_words([*words, "."], misc=["_"] * 5 + ["SpaceAfter=No", "_"]))
    tokenizer = Tokenizer("xx")
    retokenizer = train_retokenizer(sentences, tokenizer)
    assert retokenizer.boundaries.spaces
    text = "toi co hoa hong va nha  tho."
    assert _words(text, retokenizer(text, tokenizer(text))) == [
        ["toi"],
        ["co"],
        ["hoa hong"],
        ["va"],
        ["nha"],
        ["tho"],
        ["."],
    ]


def test_chinese_words_come_out_of_characters() -> None:
    sentences = list(read_conllu(CHINESE))
    tokenizer = Tokenizer("zh", segmenter="char")
    retokenizer = train_retokenizer(sentences, tokenizer)
    text = raw_text(sentences)
    gold = [token.form for sentence in sentences for token in sentence.tokens]
    characters = [form for (form,) in _words(text, (tokenizer(text), {}))]
    words = [form for (form,) in _words(text, retokenizer(text, tokenizer(text)))]
    assert "".join(words) == "".join(gold) == "".join(characters)
    assert len(characters) > 1.3 * len(gold)
    assert abs(len(words) - len(gold)) < 0.05 * len(gold)


def test_where_the_treebank_has_no_glued_tokens_spacys_boundaries_stay() -> None:
    sentences = [Sentence.from_words(["a", "well-known", "rule", "."])] * 50
    tokenizer = Tokenizer("xx")
    retokenizer = train_retokenizer(sentences, tokenizer)
    assert not retokenizer.boundaries.glued
    text = "a rule."
    assert _words(text, retokenizer(text, tokenizer(text))) == [["a"], ["rule"], ["."]]


def test_an_empty_treebank() -> None:
    tokenizer = Tokenizer("xx")
    retokenizer = train_retokenizer([], tokenizer)
    text = "It rains."
    assert _words(text, retokenizer(text, tokenizer(text))) == [["It"], ["rains"], ["."]]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=12), st.data())
def test_substrings_have_the_same_hash_wherever_they_stand(values: list[int], data: st.DataObject) -> None:
    hashes = _PrefixHashes(np.array(values, np.uint64))
    bounds = st.integers(0, len(values))
    start, end, other = data.draw(bounds), data.draw(bounds), data.draw(bounds)
    start, end = min(start, end), max(start, end)
    other_end = min(other + end - start, len(values))
    first, second = hashes(np.array([start, other]), np.array([end, other_end]))
    assert (first == second) == (values[start:end] == values[other:other_end])
