"""CoNLL-U in strings, and sentences written to files and streams."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path

import conllu
import pytest

from arcparser.errors import ConlluError, OutputError, UsageError
from arcparser.treebank.reader import parse_conllu, read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.writer import whole_block, write_conllu
from tests.helpers.sentences import file, word
from tests.helpers.toy import ENHANCED
from tests.treebank.test_reader import KEPT


@pytest.mark.parametrize("name", KEPT)
def test_what_is_read_is_written_again(name: str, tmp_path: Path) -> None:
    data = KEPT[name]
    sentences = list(read_conllu(io.BytesIO(data)))
    joined = b"".join(sentence.to_bytes() for sentence in sentences)
    assert parse_conllu(data.decode()) == sentences
    write_conllu(sentences, tmp_path / "x.conllu")
    text, binary = io.StringIO(newline=""), io.BytesIO()
    write_conllu(iter(sentences), text)
    write_conllu(sentences, binary)
    assert (tmp_path / "x.conllu").read_bytes() == binary.getvalue() == text.getvalue().encode() == joined


def test_sentences_without_a_blank_line_do_not_run_into_each_other(tmp_path: Path) -> None:
    first, second = parse_conllu("1\ta" + "\t_" * 8), parse_conllu("1\tb" + "\t_" * 8 + "\r\n")
    target = tmp_path / "x.conllu"
    write_conllu([*first, *second, *first], str(target))
    assert target.read_bytes().decode() == "1\ta{0}\n\n1\tb{0}\r\n\r\n1\ta{0}".format("\t_" * 8)
    assert list(read_conllu(target)) == [*first, *second, *first]


def test_a_block_ends_in_a_blank_line_of_its_own_kind() -> None:
    line = "1\ta\t_\t_\t_\t_\t0\troot\t_\t_"
    for text in (line, f"{line}\n", f"{line}\n\n", f"{line}\r\n", f"{line}\r\n\r\n"):
        (sentence,) = read_conllu(io.BytesIO(text.encode()))
        end = b"\r\n" if "\r" in text else b"\n"
        assert whole_block(sentence) == text.encode().rstrip() + end + end


def test_a_file_is_replaced_only_where_it_is_asked_for_and_whole(tmp_path: Path) -> None:
    target = tmp_path / "x.conllu"
    target.write_bytes(file(word(1, "old"), ""))
    sentence = Sentence.from_words(["new"])
    with pytest.raises(UsageError, match=r"x\.conllu: is there already: .*overwrite=True"):
        write_conllu([sentence], target)

    def broken() -> Iterator[Sentence]:
        yield sentence
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        write_conllu(broken(), target, overwrite=True)
    with pytest.raises(UsageError, match="a sentence to write is of type list: give a Sentence or a TokenList"):
        write_conllu([sentence, ["new"]], target, overwrite=True)  # type: ignore[list-item]
    assert target.read_bytes() == file(word(1, "old"), "")
    write_conllu(read_conllu(target), target, overwrite=True)
    assert target.read_bytes() == file(word(1, "old"), "")
    write_conllu(sentence, target, overwrite=True)
    assert target.read_bytes() == sentence.to_bytes()
    assert os.listdir(tmp_path) == ["x.conllu"]
    with pytest.raises(OutputError, match=r"the folder .* does not exist"):
        write_conllu([sentence], tmp_path / "no" / "x.conllu")
    write_conllu([], tmp_path / "empty.conllu")
    assert (tmp_path / "empty.conllu").read_bytes() == b""


def test_tokenlists_are_written(tmp_path: Path) -> None:
    text = ENHANCED.read_text("utf-8")
    tokens = conllu.parse(text)
    for given in (tokens, iter(tokens)):
        stream = io.StringIO()
        write_conllu(given, stream)
        assert stream.getvalue() == text
    stream = io.StringIO()
    write_conllu(tokens[0], stream)
    assert parse_conllu(stream.getvalue()) == parse_conllu(text)[:1]


def test_streams_of_several_kinds(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sentence = Sentence.from_words(["é"])
    with gzip.open(tmp_path / "x.gz", "wb") as packed:
        write_conllu([sentence], packed)
    with gzip.open(tmp_path / "x.gz", "rb") as packed:
        assert list(read_conllu(packed)) == [sentence]
    write_conllu([sentence], "-")
    assert capsysbinary.readouterr().out == sentence.to_bytes()
    with open(tmp_path / "x.txt", "w", encoding="ascii") as stream, pytest.raises(OutputError, match="encoding"):
        write_conllu([sentence], stream)
    with open(ENHANCED, "rb") as reading, pytest.raises(OutputError, match="cannot be written"):
        write_conllu([sentence], reading)
    with pytest.raises(OutputError, match="cannot be written"):
        write_conllu([sentence], reading)
    with pytest.raises(UsageError, match="the target is None"):
        write_conllu([sentence], None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="first argument of write_conllu is of type str: give Sentences"):
        write_conllu(str(tmp_path / "y"), [sentence])  # type: ignore[arg-type]


def test_a_string_is_no_path(tmp_path: Path) -> None:
    assert parse_conllu("") == parse_conllu(" \n\n") == parse_conllu("# only a comment\n") == []
    here = tmp_path / "data"
    here.write_bytes(b"")
    for path in (str(here), "no/such.conllu"):
        with pytest.raises(UsageError, match="is a path, not CoNLL-U: read the file by read_conllu"):
            parse_conllu(path)
    for value in (ENHANCED, ENHANCED.read_bytes(), None):
        with pytest.raises(UsageError, match="read_conllu reads files"):
            parse_conllu(value)  # type: ignore[arg-type]
    with pytest.raises(ConlluError, match=r"^<text>.*not CoNLL-U"):
        parse_conllu("Dogs chase cats.")
    with pytest.raises(ConlluError, match=r"^<text>:3: "):
        parse_conllu("1\ta" + "\t_" * 8 + "\n\n1\tb\n")
    errors: list[ConlluError] = []
    (sentence,) = parse_conllu("1\ta" + "\t_" * 8 + "\n\n1\tb\n", on_invalid="skip", report=errors.append)
    assert (sentence.forms, len(errors)) == (["a"], 1)
