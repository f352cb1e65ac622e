"""A block of lines is a sentence, or what is wrong is named with its line."""

from __future__ import annotations

import pytest

from arcparser.treebank.sentence_reader import parse_block
from tests.helpers.sentences import assert_refused, file, word

ERRORS = [
    (file(word(1), "2\tw\t_", ""), "f:2: 3 columns instead of 10"),
    (file(word(1), word(2) + "\t_", ""), "f:2: 11 columns instead of 10"),
    (file(word(1), word(1), ""), "f:2: ID 1 occurs a second time or out of order"),
    (file(word(1), word(3), ""), "f:2: ID 3 where 2 was due"),
    (file(word(2), ""), "f:1: ID 2 where 1 was due"),
    (file(word("01"), ""), "f:1: '01' is no ID"),
    (file(word("x"), ""), "f:1: 'x' is no ID"),
    (file(word("1" * 5000), ""), "is no ID"),
    (file(word("²"), ""), "is no ID"),
    (file(word(""), ""), "f:1: '' is no ID"),
    (file(word(1, ""), ""), "f:1: the FORM of '1' is empty"),
    (file(word("1-2", ""), word(1), word(2), ""), "f:1: the FORM of '1-2' is empty"),
    (file(word("2-1"), word(1), ""), "f:1: multiword token 2-1 ends before it begins"),
    (file(word("2-3"), word(1), word(2), word(3), ""), "f:1: multiword token 2-3 stands before word 1"),
    (file(word(1), word("1-2"), word(2), ""), "f:2: multiword token 1-2 stands before word 2"),
    (file(word("1-2"), word(1), word("2-3"), word(2), word(3), ""), "f:3: multiword token 2-3 overlaps"),
    (file("# c", word("1-3"), word(1), word(2), ""), "f:2: multiword token 1-3 has words missing"),
    (file(word("1.1"), word(1), ""), "f:1: empty node 1.1 stands after word 0"),
    (file(word(1), word("1.2"), ""), "f:2: empty node 1.2 is out of order"),
    (file(word(1), word("1.1"), word("1.1"), ""), "f:3: empty node 1.1 is out of order"),
    (file(word("0.1"), ""), "f:1: a sentence of empty nodes only"),
    (file(word(1), "", "# c", word(1, "a\0b"), ""), "f:4: NUL byte"),
    (file("2\tw\t_", word(1, "a\0b"), ""), "f:1: 3 columns instead of 10"),
    (file("2\tw\t_", word(1) + "\xff", "").replace("ÿ".encode(), b"\xff"), "f:1: 3 columns instead of 10"),
    (file(word(1, "a\rb"), ""), "f:1: carriage return within the line"),
    (file(word(1), word(2), "").replace(b"\n", b"\r"), "f:1: carriage return within the line"),
    (file(word(1), "", "# old comment\r# next"), "f:3: carriage return within the line"),
]


@pytest.mark.parametrize(("data", "message"), ERRORS)
def test_errors_say_where_and_what(data: bytes, message: str) -> None:
    assert_refused(data, message)


def test_parse_block_alone() -> None:
    assert parse_block("# only comments\n\n") is None
    sentence = parse_block(word(1) + "\n\n", source="s", line=10)
    assert sentence is not None
    assert sentence.word_line(0) == 10
