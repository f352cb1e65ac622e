"""Raw text to sentences: nothing is lost, whatever the text is and however it comes in."""

from __future__ import annotations

import io
import re
from itertools import count, islice

import conllu
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.errors import InputError, UsageError
from arcparser.text import reader as module
from arcparser.text.boundary_classifier import BoundaryClassifier, TokenBoundaries
from arcparser.text.reader import read_lines, read_text, read_words
from arcparser.text.retokenizer import TOKEN, WORD, Retokenizer
from arcparser.text.sentence_splitter import LONGEST, PIECE, SentenceSplitter
from arcparser.text.spacing import spaces_around
from arcparser.text.tokenizer import Tokenizer
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from tests.helpers.raw_text import raw_text

ENGLISH = Tokenizer("en")
TABLE = {"don't": ("do", "n't"), "isn't": ("is", "n't"), "du": ("de", "le")}

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(alphabet=CHARACTERS | st.sampled_from(" \n\r\t.?!'\"-aBdon\u00a0\u2028|\\")).map(
    lambda text: text.lstrip("\ufeff")
)


def texts(sentences: list[Sentence]) -> list[str | None]:
    """The values of the text comments."""
    return [sentence.lines.comment_value("text") for sentence in sentences]


def _random_parts(spaces: bool) -> dict[str, object]:
    """A splitter and a retokenizer with random weights: they decide anything, often."""
    random = np.random.default_rng(7)
    return {
        "splitter": SentenceSplitter(BoundaryClassifier(random.normal(size=(256, 2)).astype(np.float16))),
        "retokenizer": Retokenizer(
            TokenBoundaries(
                BoundaryClassifier(random.normal(size=(256, 3)).astype(np.float16)), spaces=spaces, glued=True
            )
        ),
        "multiword": TABLE,
    }


class Dribble(io.BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self.size = size

    def read1(self, size: int | None = -1) -> bytes:
        return super().read(self.size)


def _read(text: str | bytes, **options: object) -> list[Sentence]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_text(io.BytesIO(data), tokenizer=ENGLISH, name="a.txt", **options))  # type: ignore[arg-type]


def _conllu(sentences: list[Sentence]) -> str:
    return "".join(sentence.to_conllu() for sentence in sentences)


def test_a_text_in_full() -> None:
    sentences = _read("\tI don't know.  It's\nlate!\n\nBye \\o|", multiword=TABLE)
    expected = """
# newpar
# sent_id = 1
# text = I don't know.
1 I _ SpacesBefore=\\t
2-3 don't _ _
2 do _ _
3 n't _ _
4 know _ SpaceAfter=No
5 . _ SpacesAfter=\\s\\s

# sent_id = 2
# text = It's late!
1 It _ SpaceAfter=No
2 's _ SpacesAfter=\\n
3 late _ SpaceAfter=No
4 ! _ SpacesAfter=\\n\\n

# newpar
# sent_id = 3
# text = Bye \\o|
1 Bye _ _
2 \\o| _ SpaceAfter=No
"""
    lines = []
    for line in _conllu(sentences).splitlines():
        columns = line.split("\t")
        lines.append(line if len(columns) == 1 else " ".join([*columns[:3], columns[9]]))
    shown = "\n".join(lines).strip()
    assert shown.replace("2 \\o _ SpaceAfter=No\n3 | _", "2 \\o| _") == expected.strip()


ODD_SPACES = "\u00a0\u2003\u3000\u2028\u2029\x85\v\f\x1c\x1f\t\r"


@pytest.mark.parametrize("space", [*ODD_SPACES, "\u00a0\u00a0", " \u2028", ODD_SPACES])
def test_no_white_space_is_written_into_misc(space: str) -> None:
    text = f"{space}Well{space}I don't know.{space}"
    for sentences in (_read(text, multiword=TABLE), list(read_lines(io.BytesIO(text.encode()), tokenizer=ENGLISH))):
        written = _conllu(sentences)
        assert raw_text(sentences) == text
        assert not any(character.isspace() for character in written.translate({ord(blank): None for blank in "\t\n "}))
        assert raw_text(read_conllu(io.BytesIO(written.encode()))) == text
        forms = [[token["form"] for token in sentence] for sentence in conllu.parse(written)]
        assert [form for sentence in forms for form in sentence if form != "don't"] == [
            form for sentence in sentences for form in sentence.forms
        ]


@given(TEXTS, st.sampled_from(["plain", "random", "random with spaces"]), st.integers(1, 40))
def test_words_and_spacing_give_back_the_text(text: str, kind: str, size: int) -> None:
    options = {} if kind == "plain" else _random_parts(kind.endswith("spaces"))
    sentences = _read(text, **options)
    if text.strip():
        assert raw_text(sentences) == text
    else:
        assert sentences == []
    # Reading what was written, and reading the text in small pieces, give the same.
    written = _conllu(sentences)
    assert _conllu(list(read_conllu(io.BytesIO(written.encode())))) == written
    dribbled = read_text(Dribble(text.encode(), size), tokenizer=ENGLISH, **options)  # type: ignore[arg-type]
    assert _conllu(list(dribbled)) == written


@given(TEXTS, st.integers(4, 30), st.integers(1, 40))
def test_text_is_cut_at_the_same_places_however_it_comes_in(text: str, limit: int, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LIMIT", limit)
        patch.setattr(module, "REACH", 3)
        options = _random_parts(spaces=True)
        at_once = _read(text, **options)
        pieces = read_text(Dribble(text.encode(), size), tokenizer=ENGLISH, **options)  # type: ignore[arg-type]
        assert _conllu(list(pieces)) == _conllu(at_once)
        assert raw_text(at_once) == (text if text.strip() else "")


@given(TEXTS, st.integers(1, 40), st.sampled_from([10, 1 << 16]))
def test_lines_give_back_the_text(text: str, size: int, limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LINE_LIMIT", limit)
        sentences = list(read_lines(Dribble(text.encode(), size), tokenizer=ENGLISH, multiword=TABLE))
    assert raw_text(sentences) == (text if text.strip() else "")
    if limit > 100:
        lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
        assert len(sentences) == len(lines)


def test_each_line_is_a_sentence() -> None:
    data = b"\n\nWhy? Because.\r\nno end here\n \n\nLast one.\n"
    sentences = list(read_lines(io.BytesIO(data), tokenizer=ENGLISH))
    assert texts(sentences) == [
        "Why? Because.",
        "no end here",
        "Last one.",
    ]
    assert [sentence.comments[0] for sentence in sentences] == ["# newpar", "# sent_id = 2", "# newpar"]
    assert sentences[0].misc[-1] == r"SpacesAfter=\r\n"


def _read_words(text: str) -> list[Sentence]:
    return list(read_words(io.BytesIO(text.encode()), name="a.txt"))


def test_words_between_spaces_stay_as_they_are() -> None:
    text = "\ufeffI don't like 3DS - Co.\n(yes) \ttwo  spaces \r\n \n Last"
    sentences = _read_words(text)
    assert [(sentence.forms, sentence.misc) for sentence in sentences] == [
        (["I", "don't", "like", "3DS", "-", "Co."], ["_"] * 5 + [r"SpacesAfter=\n"]),
        (["(yes)", "two", "spaces"], [r"SpacesAfter=\s\t", r"SpacesAfter=\s\s", r"SpacesAfter=\s\r\n\s\n\s"]),
        (["Last"], ["SpaceAfter=No"]),
    ]
    assert [sentence.comments for sentence in sentences] == [
        ["# newpar", "# sent_id = 1", "# text = I don't like 3DS - Co."],
        ["# sent_id = 2", "# text = (yes) two spaces"],
        ["# newpar", "# sent_id = 3", "# text = Last"],
    ]
    assert not any(sentence.multiword_tokens for sentence in sentences)
    assert raw_text(sentences) == text[1:]
    assert _read_words("") == _read_words(" \n\t\n") == []


@pytest.mark.parametrize("space", "\u00a0\u2003\u3000\u2028\u2029\x85")
def test_words_may_have_other_white_space_inside(space: str) -> None:
    text = f"10{space}000{space}{space}000 euros{space} .{space}\n{space}10{space}{space}\n"
    sentences = _read_words(text)
    number = f"10{space}000{space}{space}000"
    assert [sentence.forms for sentence in sentences] == [[number, "euros", "."], ["10"]]
    assert texts(sentences) == [f"{number} euros .", "10"]
    assert raw_text(sentences) == text
    written = _conllu(sentences)
    assert _conllu(list(read_conllu(io.BytesIO(written.encode())))) == written


@given(TEXTS, st.integers(1, 40), st.sampled_from([10, 1 << 16]))
def test_words_give_back_the_text(text: str, size: int, limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LINE_LIMIT", limit)
        sentences = list(read_words(Dribble(text.encode(), size)))
    assert raw_text(sentences) == (text if text.strip() else "")
    if limit > 100:
        lines = [re.split(r"[\t\v\f\x1c- ]+", line) for line in re.split(r"[\r\n]", text)]
        words = [[word.strip() for word in line if word.strip()] for line in lines]
        assert [sentence.forms for sentence in sentences] == [line for line in words if line]
        assert texts(sentences) == [" ".join(line) for line in words if line]


def test_long_lines_of_words_are_cut_between_words() -> None:
    for words in (["It", "rained\u00a0on", "us"] * 6000, ["rain"] * LONGEST + ["more"], ["a"] * 300):
        text = " ".join(words)
        sentences = _read_words(text)
        assert len(sentences) > 1
        assert max(map(len, sentences)) <= LONGEST
        assert [form for sentence in sentences for form in sentence.forms] == words
        assert raw_text(sentences) == text
    assert len(_read_words("rain " * 400)) == 1


@pytest.mark.parametrize("data", [b"one\nth\xffree", b"one\n\0two", b"o\0\0\0n\0\0\0", b"x" + b" " * 3_000_000])
def test_what_is_no_text_has_no_words_either(data: bytes) -> None:
    errors = []
    for read in (read_words(io.BytesIO(data), name="a"), read_lines(io.BytesIO(data), tokenizer=ENGLISH, name="a")):
        with pytest.raises(InputError) as caught:
            list(read)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


def test_white_space_is_never_a_word() -> None:
    (sentence,) = _read("One \u00a0 two\u3000\u2028three\tfour")
    assert sentence.forms == ["One", "two", "three", "four"]
    assert texts([sentence])[0] == "One two three four"


def test_control_characters_stay_in_their_words() -> None:
    (sentence,) = _read("so\u00adft be\x07ll zero\u200bwidth")
    assert sentence.forms == ["so\u00adft", "be\x07ll", "zero\u200bwidth"]


def test_white_space_alone_is_no_sentence() -> None:
    assert _read("") == _read(" \n\n\t ") == []


def test_a_byte_order_mark_is_left_out() -> None:
    (sentence,) = _read(b"\xef\xbb\xbfRain.")
    assert sentence.forms == ["Rain", "."]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"one\ntwo\nth\xffree", "a.txt:3: byte 3 of the line (0xff) is not UTF-8: save the file as UTF-8"),
        (b"one\ntwo \xe2\x82", "a.txt:2: byte 5 of the line (0xe2) is not UTF-8: save the file as UTF-8"),
        (b"one\n\0two", "a.txt:2: a NUL character, this is no text: give plain text in UTF-8"),
        ("one".encode("utf-16"), "a.txt: is encoded in UTF-16: save it as UTF-8"),
        (b"x" + b"\n" * 3_000_000, "a.txt: more than 1 MiB of white space in a row: this is no text"),
    ],
)
def test_what_is_no_text_is_an_error_that_says_where(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        _read(data)
    assert str(caught.value) == message


def test_a_bad_byte_after_many_lines_is_found() -> None:
    with pytest.raises(InputError, match=r"a\.txt:20001: "):
        _read(b"Rain fell.\n\n" * 10_000 + b"\xff")


def test_a_stream_of_text_instead_of_bytes_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="mode 'rb'"):
        next(read_text(io.StringIO("Rain."), tokenizer=ENGLISH))  # type: ignore[arg-type]


class Endless(io.RawIOBase):
    """A text without a line end; counts what was asked for."""

    def __init__(self, unit: bytes) -> None:
        self.unit, self.given = unit, 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return (self.unit * (size // len(self.unit) + 1))[:size]


@pytest.mark.parametrize("unit", [b"It rained. ", b"rain ", b"rain"])
@pytest.mark.parametrize("reader", [read_text, read_lines, read_words])
def test_a_line_without_end_streams(reader: object, unit: bytes) -> None:
    stream = Endless(unit)
    options = {} if reader is read_words else {"tokenizer": ENGLISH}
    sentences = reader(stream, **options)  # type: ignore[operator]
    for _ in islice(zip(sentences, count()), 6):
        pass
    assert stream.given < 3_000_000


def test_a_paragraph_comes_before_the_rest_of_the_text() -> None:
    data = Dribble(b"Rain fell.\n\nWind rose.\n\nSnow came.", 16)
    first = next(read_text(data, tokenizer=ENGLISH))
    assert first.forms == ["Rain", "fell", "."]
    assert data.tell() == 16


@pytest.mark.parametrize("text", [3000 * "a", 3000 * ",", 1500 * "a ", 700 * "don't", f"{3000 * 'a'}\n\nb"])
@pytest.mark.parametrize("kind", [WORD, TOKEN])
def test_no_sentence_is_long_after_its_tokens_are_corrected(text: str, kind: int) -> None:
    """A retokenizer that makes a token, or a word of one token, of each character; in texts and in lines."""
    weights = np.zeros((256, 3), np.float16)
    weights[:, kind] = 1.0
    parts = Retokenizer(TokenBoundaries(BoundaryClassifier(weights), spaces=False, glued=True))
    lines = list(read_lines(io.BytesIO(text.encode()), tokenizer=ENGLISH, retokenizer=parts))
    for read in (_read(text, retokenizer=parts), lines):
        assert raw_text(read) == text
        assert max(map(len, read)) <= PIECE


@pytest.mark.parametrize("kind", ["plain", "random"])
def test_line_ends_may_end_sentences_while_lines_have_several(kind: str) -> None:
    text = "One\n\nA headline\r\nDogs bark. Cats sleep\rand purr.\n  Two\u2028three\n"
    options = {} if kind == "plain" else _random_parts(spaces=False)
    found = _read(text, newline_ends=True, **options)
    assert raw_text(found) == text
    joined = ["".join(token.form for token in sentence.tokens) for sentence in found]
    if kind == "plain":
        assert joined == ["One", "Aheadline", "Dogsbark.", "Catssleep", "andpurr.", "Twothree"]
    assert [sentence.comments[0] for sentence in found].count("# newpar") == 2
    dribbled = read_text(Dribble(text.encode(), 3), tokenizer=ENGLISH, newline_ends=True, **options)  # type: ignore[arg-type]
    assert _conllu(list(dribbled)) == _conllu(found)
    for sentence in found[:-1]:
        *inner, _ = [spaces_around(str(token.misc))[1] for token in sentence.tokens]
        assert not any("\n" in space or "\r" in space for space in inner)
