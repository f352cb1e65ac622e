"""Raw text to sentences and trees by one call."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from arcparser.errors import InputError, UsageError
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import parse_files
from arcparser.parsing.parse_text import segment_text, text_stream
from arcparser.parsing.parser import Parser, load
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import assert_tree


@pytest.fixture(scope="module")
def english() -> Parser:
    return load("en_ewt")


def test_text_is_split_and_parsed(toy_parser: Parser) -> None:
    text = "Dogs chase cats.\n\nThe heron slept in the shade.\n"
    read, parsed = list(segment_text(toy_parser, text)), toy_parser.parse_text(text)
    assert [sentence.forms for sentence in read] == [sentence.forms for sentence in parsed]
    assert [sentence.forms[0] for sentence in parsed] == ["Dogs", "The"]
    for before, sentence in zip(read, parsed):
        assert set(before.column(6)) == {"_"}
        assert_tree(sentence)
        assert sentence.deprels == toy_parser.parse(sentence).deprels
    assert toy_parser.parse_text(" \n") == []


def test_each_line_may_be_a_sentence(toy_parser: Parser) -> None:
    lines = list(segment_text(toy_parser, "Dogs bark. Cats\nsleep\n", lines=True))
    assert [sentence.forms[-1] for sentence in lines] == ["Cats", "sleep"]


def test_an_argument_that_is_no_text(toy_parser: Parser) -> None:
    """An argument that is not UTF-8 reaches Python with its bytes as lone surrogates."""
    argument = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert text_stream(argument).read() == b"caf\xe9"
    with pytest.raises(InputError, match=r"^<text>:1: .*UTF-8"):
        toy_parser.parse_text(argument)


@pytest.mark.parametrize("word", ["P&L", "C&D", "83N", "3801A", "7C", "IT'S", "CAN'T", "WON'T", "USB-C"])
def test_a_sentence_may_end_in_one_capital(english: Parser, word: str) -> None:
    first, second = segment_text(english, f"This is the {word}. Then he left.")
    *_, last, stop = first.tokens
    assert word.endswith(last.form)
    assert stop.form == "."
    assert second.forms == ["Then", "he", "left", "."]


def test_a_word_in_capitals_is_split_before_a_full_stop(english: Parser) -> None:
    (sentence,) = segment_text(english, "YOU CAN'T.")
    assert [tuple(map(str, token.words)) for token in sentence.tokens] == [("YOU",), ("CA", "N'T"), (".",)]


TEXT = "Dogs chase cats.\r\nThe heron, it's\nasleep in the shade!\n\n\n  Cats sleep "


@pytest.mark.parametrize("options", [{}, {"newline_ends_sentence": True}, {"lines": True}])
def test_text_is_parsed_as_the_command_does(options: dict[str, bool], toy_parser: Parser, toy_model: Path) -> None:
    output = io.BytesIO()
    job = Job(
        model=str(toy_model),
        format="lines" if "lines" in options else "text",
        newline_ends_sentence="newline_ends_sentence" in options,
    )
    parse_files([text_stream(TEXT)], output, job)
    sentences = toy_parser.parse_text(TEXT, **options)
    assert "".join(sentence.to_conllu() for sentence in sentences).encode() == output.getvalue()
    assert toy_parser.parse_text(TEXT, batch_words=1, **options) == sentences


def test_a_text_is_read_however_it_comes(toy_parser: Parser, tmp_path: Path) -> None:
    sentences = toy_parser.parse_text(TEXT)
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode())
    with open(path, "rb") as binary, open(path, encoding="utf-8", newline="") as text, open(path, "rb", 0) as raw:
        for source in (path, str(path), binary, text, raw, io.StringIO(TEXT, newline=""), io.BytesIO(TEXT.encode())):
            assert list(toy_parser.parse_text_stream(source)) == sentences
        assert not binary.closed and not text.closed
    scored = toy_parser.parse_text(TEXT, scores=True)
    for sentence in (*scored, *toy_parser.parse_text_stream(io.StringIO(TEXT), scores=True)):
        assert all(0 < word.arc_score <= 1 and 0 < word.label_score <= 1 for word in sentence)
    with pytest.raises(InputError, match="parse a text by parse_text"):
        list(toy_parser.parse_text_stream("Dogs chase cats."))
    with pytest.raises(InputError, match="no such file"):
        list(toy_parser.parse_text_stream(tmp_path / "no.txt"))
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}:1: .*UTF-8"):
        path.write_bytes(b"caf\xe9 and more")
        list(toy_parser.parse_text_stream(path))
    with pytest.raises(UsageError, match="lines with newline_ends_sentence"):
        toy_parser.parse_text(TEXT, lines=True, newline_ends_sentence=True)


def test_a_stream_is_parsed_while_it_is_read(toy_parser: Parser) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"Dogs chase cats.\n\n" * 100

    stream = toy_parser.parse_text_stream(Endless(), batch_words=50)
    assert [next(stream).forms for _ in range(3)] == [["Dogs", "chase", "cats", "."]] * 3


def test_a_path_is_text_for_parse_text(toy_parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a name of our own: the folder that pytest makes may read as two sentences
    monkeypatch.chdir(tmp_path)
    Path("dogs").write_text("Cats sleep.", encoding="utf-8")
    (sentence,) = toy_parser.parse_text("dogs")
    assert sentence.text == "dogs"
    for parse in (toy_parser.parse, lambda text: list(toy_parser.parse_many(text))):
        for given in ("Dogs chase cats.", ["Dogs chase cats.", "Cats sleep."]):
            if parse == toy_parser.parse and isinstance(given, list):
                continue
            with pytest.raises(UsageError, match="parse_text"):
                parse(given)


def test_a_new_parse_drops_old_scores_and_scores_again_once(toy_parser: Parser) -> None:
    misc = ["ArcScore=0.5|SpaceAfter=No|LabelScore=x", "AltHead=1|AltDeprel=obj"]
    given = Sentence.from_words(["Dogs", "bark"], misc=misc)
    assert toy_parser.parse(given).misc == ["SpaceAfter=No", "_"]
    assert given.misc == misc
    (scored,) = toy_parser.parse_stream([given.copy()], scores=True)
    (again,) = toy_parser.parse_stream([scored.copy()], scores=True)
    assert scored == again
    assert [list(word.misc) for word in again] == [["SpaceAfter", "ArcScore", "LabelScore"], ["ArcScore", "LabelScore"]]
    assert toy_parser.parse(again).misc == ["SpaceAfter=No", "_"]
