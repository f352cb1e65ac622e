"""White space in MISC, and the raw text of sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.text.spacing import (
    escape_spaces,
    is_paragraph_break,
    passages,
    spaces_around,
    spacing_misc,
    unescape_spaces,
)
from arcparser.treebank.columns import MultiwordToken
from arcparser.treebank.sentence import Sentence
from tests.helpers.raw_text import raw_text


def test_udpipes_escapes() -> None:
    assert escape_spaces(" \t\r\n|\\") == r"\s\t\r\n\p\\"
    assert unescape_spaces(r"\s\\n\n\x") == " \\n\n\\x"


def test_other_white_space_is_written_by_its_number_as_in_ud() -> None:
    assert (
        escape_spaces("\u00a0 \v\f\x1c\x85\u2003\u2028\u3000") == r"\u00A0\s\u000B\u000C\u001C\u0085\u2003\u2028\u3000"
    )
    assert unescape_spaces(r"\u00A0\u00a0\s\u2028") == "\u00a0\u00a0 \u2028"
    assert unescape_spaces("\u00a0\u2003") == "\u00a0\u2003"  # as it was once written
    assert unescape_spaces(r"\\u00A0") == r"\u00A0"


@pytest.mark.parametrize("value", [r"\u0000", r"\uD83D\uDE00", r"\u00A", r"\uXYZW", r"\U00A0"])
def test_what_is_no_escape_stays(value: str) -> None:
    assert unescape_spaces(value) == value


@given(st.text())
def test_escapes_come_back(text: str) -> None:
    escaped = escape_spaces(text)
    assert unescape_spaces(escaped) == text
    assert not set(escaped) & set(" \t\r\n|")
    assert not any(character.isspace() for character in escaped)


@given(st.text(alphabet=" \t\n\r\u00a0|\\"), st.text(alphabet=" \t\n\u2003"))
def test_spacing_comes_back(after: str, before: str) -> None:
    assert spaces_around(spacing_misc(after, before=before)) == (before, after)


def test_only_what_is_not_one_space_is_noted() -> None:
    assert spacing_misc(" ") == "_"
    assert spacing_misc("") == "SpaceAfter=No"
    assert spacing_misc("  ") == r"SpacesAfter=\s\s"
    assert spaces_around("Gloss=a|SpaceAfter=No|Ref=1") == ("", "")


@pytest.mark.parametrize("space", ["\n\n", "\n \t\n", "\r\n\r\n", "\r\r", " \n\n\n ", "\u2029\n"])
def test_a_blank_line_ends_a_paragraph(space: str) -> None:
    assert is_paragraph_break(space)


@pytest.mark.parametrize("space", ["", " ", "  ", "\n", "\r\n", " \r\n\t"])
def test_a_line_end_does_not_end_a_paragraph(space: str) -> None:
    assert not is_paragraph_break(space)


def _sentences() -> list[Sentence]:
    no = "SpaceAfter=No"
    return [
        Sentence.from_words(["Rain", "fell", "."], comments=["newpar"], misc=["_", no, "_"]),
        Sentence.from_words(
            ["We", "did", "n't", "mind", "!"],
            misc=["_", "_", "_", no, "_"],
            multiword_tokens=[MultiwordToken(2, 3, "didn't")],
        ),
        Sentence.from_words(["Later", "?"], comments=["newpar id = p2"], misc=[no, no]),
    ]


def test_raw_text_puts_a_blank_line_between_paragraphs() -> None:
    assert raw_text(_sentences()) == "Rain fell. We didn't mind!\n\nLater?"


def test_spacing_that_is_noted_stays() -> None:
    first, _, last = _sentences()
    first.add_misc(2, r"SpacesAfter=\s\n\n\n")
    last.add_misc(0, r"SpacesBefore=\t")
    assert raw_text([first, last]) == "Rain fell. \n\n\n\tLater?"


def test_passages_are_paragraphs_with_the_places_of_their_tokens() -> None:
    one, two = passages(_sentences())
    assert one.text == "Rain fell. We didn't mind!"
    assert [one.text[start:end] for start, end in one.tokens][3:] == ["We", "didn't", "mind", "!"]
    assert one.words[4] == ("did", "n't")
    assert one.sentence_starts == [0, 3]
    assert (two.text, two.sentence_starts) == ("Later?", [0])
