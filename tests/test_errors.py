"""What is made safe for a terminal, and how messages are."""

from __future__ import annotations

import copy
import pickle

import pytest

from arcparser.errors import (
    ArcparserError,
    InputError,
    ModelError,
    TreeError,
    UsageError,
    clean,
    one_line,
    quote,
    readable,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
        ("\x9b31m \x85 \x90", "\ufffd31m \ufffd \ufffd"),
        ("\u202e\u2066\u2069", "\ufffd" * 3),
        ("a\u2028b\u2029c\r\n", "a\ufffdb\ufffdc\ufffd\ufffd"),
        ("\ud800", "\ufffd"),
        ("می\u200cخواهم 👩\u200d👧 \u200e\u00a0", "می\u200cخواهم 👩\u200d👧 \u200e\u00a0"),
        ("n\udcc3\udcb6 \udcff", "nö \ufffd"),
        ("\udc1b\udcc2\udc9b", "\ufffd\ufffd\ufffd"),  # neither ASCII nor C1 comes in by the back door
        ("\udcc2\udc9b", "\ufffd"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected
    assert clean(clean(text)) == clean(text)


def test_bytes_of_names_are_read_as_utf_8_where_they_are() -> None:
    name = "nö 中 \ufffd.conllu"
    given = name.encode().decode("ascii", "surrogateescape")
    assert readable(given) == name
    assert readable(f"{given}\udcff") == f"{name}\udcff"
    assert readable("\ud800") == "\ud800"
    assert quote(given) == repr(name)


def test_one_line() -> None:
    assert one_line("two  spaces stay") == "two  spaces stay"
    assert one_line("a\r\n  b\nc") == "a b c"


@pytest.mark.parametrize("kind", [ArcparserError, ModelError, UsageError])
def test_a_message_is_one_safe_line_whatever_it_is_made_of(kind: type[ArcparserError]) -> None:
    error = kind("x\x1b[2J\ny: is\u202e bad")
    assert str(error) == "x\ufffd[2J y: is\ufffd bad"
    assert error.args == ("x\x1b[2J\ny: is\u202e bad",)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_file_keeps_its_name_but_for_the_message() -> None:
    error = TreeError("no root", "n\udcc3\udcb6\x1b.conllu", 3)
    assert str(error) == "nö\ufffd.conllu:3: no root"
    assert error.file == "n\udcc3\udcb6\x1b.conllu"
    assert copy.copy(error).file == error.file
    assert str(InputError("a\nb")) == "a b"


def test_numbers_of_any_size_can_be_quoted() -> None:
    assert quote(10**30) == "1e+30"
    assert quote(10**400) == "a number of 401 digits"
    assert quote(10**5000) == "a number of 5001 digits"
    assert quote(-3) == "-3"
