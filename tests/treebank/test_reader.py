"""Reading and writing CoNLL-U: not a byte is lost, and what is no CoNLL-U is refused."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings

from arcparser.errors import ConlluError, InputError, UsageError
from arcparser.treebank.attributes import without_scores
from arcparser.treebank.reader import OtherLines, read_blocks, read_conllu
from arcparser.treebank.sentence import Sentence
from tests.helpers.generated import annotate, conllu_files, damaged_files
from tests.helpers.sentences import assert_refused, file, read, word


def rewritten(data: bytes) -> bytes:
    """The file after HEAD and DEPREL of each word were set to what they are, and the scores of the arcs put back."""
    out = []
    for item in read_blocks(io.BytesIO(data)):
        if isinstance(item, Sentence):
            before = [list(row) for row in item.rows]
            item.set_tree([0] + [1] * (len(item) - 1), ["changed"] * len(item))
            for row, columns in zip(item.rows, before):
                row[6:8] = columns[6:8]
                if row[9] == without_scores(columns[9]):  # a new arc takes the scores of the former one away
                    row[9] = columns[9]
        out.append(item.to_bytes())
    return b"".join(out)


class Trickle(io.RawIOBase):
    """A stream that gives its bytes in pieces of a few, as a slow pipe does."""

    def __init__(self, data: bytes, seed: int) -> None:
        self.data, self.rng = data, random.Random(seed)

    def read(self, size: int = -1) -> bytes:
        length = self.rng.randint(1, 7)
        piece, self.data = self.data[:length], self.data[length:]
        return piece


KEPT = {
    "comments": file("# free words", "# a = 1", "# a = 2", "#", "#x", "#\ttab", word(1), ""),
    "comments between and after words": file(word(1), "# between", word(2), "# after", ""),
    "crlf": file(word(1), word(2), "").replace(b"\n", b"\r\n"),
    "mixed line endings": file("# a", word(1)) + b"\r\n" + file(word(1)).replace(b"\n", b"\r\n") + b"\n",
    "byte-order mark": b"\xef\xbb\xbf" + file(word(1), ""),
    "byte-order mark in the middle": file(word(1), "") + b"\xef\xbb\xbf" + file("# c", word(1), ""),
    "blank lines": b"\n\n" + file(word(1), "", "", "", word(1), "", ""),
    "blank lines of spaces": file(word(1), "  ", word(1), "\t", "", word(1), " "),
    "no last newline": file(word(1)).rstrip(),
    "no last newline after a sentence of one word": file(word(1), "", word(1)).rstrip(),
    "spaces at the very end": file(word(1), "", word(1), "") + b"  ",
    "no blank line at the end": file(word(1)),
    "carriage return at the very end": file(word(1)).rstrip() + b"\r",
    "spaces in forms": file(word(1, "New  York"), word(2, " x "), word(3, "\u00a0"), ""),
    "empty nodes": file(word("0.1"), word(1), word("1.1"), word("1.2"), word(2), word("2.1"), ""),
    "multiword tokens": file(word("1-2", "du"), word(1), word(2), word(3), word("4-4"), word(4), ""),
    "empty node in a multiword token": file(word("1-2"), word(1), word("1.1"), word(2), ""),
    "values": file(word(1, "#", misc="A=1|A=2|x=y=z||=|SpaceAfter=No"), ""),
    "scores": file(word(1, misc="ArcScore"), word(2, misc="A=1|ArcScore=0.5|LabelScore=0.2"), ""),
    "empty columns": file("1\tw\t\t\t\t\t\t\t\t", ""),
    "unicode line separators": file(word(1, "a\u2028b\x0b\x0c\x1c\x85"), ""),
    "comments only": file("# only", "# comments", "", word(1), "", "# end", ""),
    "nothing": b"",
    "only blank lines": b"\n \n\r\n",
    "only a byte-order mark": b"\xef\xbb\xbf",
}


@pytest.mark.parametrize("data", KEPT.values(), ids=KEPT.keys())
def test_what_is_read_is_written_again(data: bytes) -> None:
    assert b"".join(item.to_bytes() for item in read_blocks(io.BytesIO(data))) == data
    assert rewritten(data) == data


@given(conllu_files())
def test_random_files_are_written_again(data: bytes) -> None:
    assert b"".join(item.to_bytes() for item in read_blocks(io.BytesIO(data))) == data
    assert rewritten(data) == data


@given(conllu_files())
def test_blocks_do_not_depend_on_how_the_stream_is_cut(data: bytes) -> None:
    whole = [item.to_bytes() for item in read_blocks(io.BytesIO(data))]
    for seed in range(3):
        pipe = cast(BinaryIO, Trickle(data, seed))
        assert [item.to_bytes() for item in read_blocks(pipe, name="pipe")] == whole


@settings(max_examples=300)
@given(damaged_files())
def test_damage_gives_a_correct_read_or_a_clean_error(data: bytes) -> None:
    try:
        items = list(read_blocks(io.BytesIO(data), on_invalid="pass", name="f.conllu"))
    except InputError as error:  # no CoNLL-U at all
        assert str(error).startswith("f.conllu:")
        return
    assert b"".join(item.to_bytes() for item in items) == data
    errors = [item.error for item in items if isinstance(item, OtherLines) and item.error]
    for found in errors:
        assert str(found).startswith(f"f.conllu:{found.line}: ")
        assert "\n" not in str(found)
        assert found.line is not None
        assert 1 <= found.line <= data.count(b"\n") + 1
    for item in items:
        if isinstance(item, Sentence):
            assert [row[0] for row in item.rows] == [str(number) for number in range(1, len(item) + 1)]
            assert all(len(row) == 10 and row[1] for row in item.rows)
    if errors:
        with pytest.raises(ConlluError) as caught:
            read(data)
        assert str(caught.value) == str(errors[0])


def test_a_multiword_token_may_hold_any_of_the_generated_analyses() -> None:
    rng = random.Random(7)
    for _ in range(50):
        data = annotate("".join(rng.choices("abAB", k=30)), rng, spaces=0.2).encode()
        assert rewritten(data) == data


ERRORS = [
    (file("# c", word(1), "") + b"1\tcaf\xe9\t_\n\n", "f:4: byte 6 of the line (0xe9) is not UTF-8"),
    (file(word(1).replace("\t", "    "), ""), "f:1: not CoNLL-U"),
    (b"Some text.\nMore text.\n\nA paragraph.\n", "--format text"),
    (b"<?xml version='1.0'?>\n<text>\tx</text>\n", "f:1: XML or HTML"),
    (b"\x1f\x8b\x08\x00abc", "f: is compressed by gzip"),
    (b"PK\x03\x04abc", "f: is a zip archive"),
    (b"%PDF-1.7\n%\xe2", "f: is a PDF"),
    ("1\tw".encode("utf-16"), "f: is encoded in UTF-16"),
    (bytes(range(256)), "f:1: a binary file"),
]


@pytest.mark.parametrize(("data", "message"), ERRORS)
def test_errors_say_where_and_what(data: bytes, message: str) -> None:
    assert_refused(data, message)


def test_invalid_sentences_are_passed_on_or_skipped_with_a_report() -> None:
    good, bad = file(word(1), ""), file("# c", word(1), word(3), "")
    data = good + bad + file("# comments only", "") + good
    items = list(read_blocks(io.BytesIO(data), on_invalid="pass", name="f"))
    assert [type(item) for item in items] == [Sentence, OtherLines, OtherLines, Sentence]
    assert [item.line for item in items] == [1, 3, 7, 9]
    assert b"".join(item.to_bytes() for item in items) == data
    errors: list[ConlluError] = []
    assert len(list(read_conllu(io.BytesIO(data), on_invalid="skip", report=errors.append, name="f"))) == 2
    assert [error.line for error in errors] == [5]


def test_a_damaged_first_sentence_does_not_make_the_file_something_else() -> None:
    data = file("no columns at all", "") + file(word(1), "")
    items = list(read_blocks(io.BytesIO(data), on_invalid="pass"))
    assert [type(item) for item in items] == [OtherLines, Sentence]


def test_a_file_without_blank_lines_ends_with_an_error_instead_of_filling_memory() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += 1 << 20
            return b"x" * (1 << 20)

    stream = Endless()
    with pytest.raises(ConlluError, match="no blank line within 32 MiB"):
        list(read_conllu(stream, name="f"))  # type: ignore[arg-type]
    assert stream.given < 1 << 26


def test_long_lines_and_long_sentences() -> None:
    size = 3000
    data = file("# text = " + "x" * 1_000_000, *(word(n, "w" * 100, head=n - 1) for n in range(1, size + 1)), "")
    (sentence,) = read(data)
    assert len(sentence) == size
    assert sentence.heads == list(range(size))
    sentence.set_tree([0, *range(1, size)], ["_"] * size)
    assert sentence.to_bytes() == data


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    places: list[tuple[str | Path, str]] = [
        (tmp_path / "none", "no such file"),
        (tmp_path, "is a folder"),
        ("a\0b", "is no file name"),
    ]
    for path, message in places:
        with pytest.raises(InputError, match=message):
            list(read_conllu(path))
    with pytest.raises(UsageError, match="binary"):
        list(read_conllu(io.StringIO("1\n")))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="on_invalid"):
        list(read_conllu(io.BytesIO(), on_invalid="drop"))  # type: ignore[arg-type]


ROW = "1\ta" + 8 * "\t_"


@pytest.mark.parametrize("line", ["# a comment\n", "# a\tb\r\n", "\n", " \t\r\n", "#\n"])
@pytest.mark.parametrize("end", ["", "\n", f"{ROW}\n", f"\n{ROW}\n", "\r\n\r\n# last"])
def test_many_lines_without_words_are_read_as_few_are(line: str, end: str) -> None:
    for bom in ("", "\ufeff"):
        many = f"{bom}{line * 10_000}{end}".encode()
        items = list(read_blocks(io.BytesIO(many)))
        assert b"".join(item.to_bytes() for item in items) == many
        few = read_blocks(io.BytesIO(f"{bom}{line * 3}{end}".encode()))
        assert [(type(item), item.line > 1) for item in items] == [(type(item), item.line > 1) for item in few]


@pytest.mark.parametrize("wrong", [" # no comment", "word", "\ufeff# within", "a\rb", "# a\rb", "\t\r\t"])
def test_a_wrong_line_is_found_among_many_comments(wrong: str) -> None:
    data = (2_000 * "# a comment\n" + wrong + "\n" + 2_000 * "# a comment\n").encode()
    with pytest.raises(ConlluError) as caught:
        list(read_blocks(io.BytesIO(data), name="x"))
    assert caught.value.line == 2001
