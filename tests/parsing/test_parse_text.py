"""Raw text to sentences and trees by one call."""

from __future__ import annotations

import pytest

from arcparser.errors import InputError
from arcparser.parsing.parse_text import parse_text, segment_text, text_stream
from arcparser.parsing.parser import Parser, load
from tests.helpers.toy import assert_tree


@pytest.fixture(scope="module")
def english() -> Parser:
    return load("en_ewt")


def test_text_is_split_and_parsed(toy_parser: Parser) -> None:
    text = "Dogs chase cats.\n\nThe heron slept in the shade.\n"
    read, parsed = list(segment_text(toy_parser, text)), list(parse_text(toy_parser, text))
    assert [sentence.forms for sentence in read] == [sentence.forms for sentence in parsed]
    assert [sentence.forms[0] for sentence in parsed] == ["Dogs", "The"]
    for before, sentence in zip(read, parsed):
        assert set(before.column(6)) == {"_"}
        assert_tree(sentence)
        assert sentence.deprels == toy_parser.parse(sentence).deprels
    assert list(parse_text(toy_parser, " \n")) == []


def test_each_line_may_be_a_sentence(toy_parser: Parser) -> None:
    lines = list(segment_text(toy_parser, "Dogs bark. Cats\nsleep\n", lines=True))
    assert [sentence.forms[-1] for sentence in lines] == ["Cats", "sleep"]


def test_an_argument_that_is_no_text(toy_parser: Parser) -> None:
    """An argument that is not UTF-8 reaches Python with its bytes as lone surrogates."""
    argument = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert text_stream(argument).read() == b"caf\xe9"
    with pytest.raises(InputError, match=r"^<text>:1: .*UTF-8"):
        list(parse_text(toy_parser, argument))


@pytest.mark.parametrize("word", ["P&L", "C&D", "83N", "3801A", "7C", "IT'S", "CAN'T", "WON'T", "USB-C"])
def test_a_sentence_may_end_in_one_capital(english: Parser, word: str) -> None:
    first, second = segment_text(english, f"This is the {word}. Then he left.")
    *_, last, stop = first.tokens()
    assert word.endswith(last.form)
    assert stop.form == "."
    assert second.forms == ["Then", "he", "left", "."]


def test_a_word_in_capitals_is_split_before_a_full_stop(english: Parser) -> None:
    (sentence,) = segment_text(english, "YOU CAN'T.")
    assert [token.words for token in sentence.tokens()] == [("YOU",), ("CA", "N'T"), (".",)]
