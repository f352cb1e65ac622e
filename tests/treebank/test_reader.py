"""Reading and writing CoNLL-U: not a byte is lost, and what is wrong is named with its place."""

from __future__ import annotations

import io
import pickle
import random
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings

from arcparser.errors import ArcparserError, ConlluError, InputError, TreeError, UsageError
from arcparser.treebank.reader import OtherLines, read_blocks, read_conllu
from arcparser.treebank.sentence import DEPS, MISC, UPOS, MultiwordToken, Sentence
from arcparser.treebank.sentence_reader import parse_block
from arcparser.treebank.tokenlist import from_tokenlist, to_tokenlist
from tests.helpers.generated import PATIENT, annotate, conllu_files, damaged_files


def word(number: int | str, form: str = "w", upos: str = "X", head: int | str = "_", misc: str = "_") -> str:
    """A word line without its line feed."""
    return f"{number}\t{form}\t_\t{upos}\t_\t_\t{head}\t_\t_\t{misc}"


def file(*lines: str) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def read(data: bytes) -> list[Sentence]:
    return list(read_conllu(io.BytesIO(data), name="f.conllu"))


def rewritten(data: bytes) -> bytes:
    """The file after HEAD and DEPREL of each word were set to what they are."""
    out = []
    for item in read_blocks(io.BytesIO(data)):
        if isinstance(item, Sentence):
            tokens = [row[6] for row in item.rows], item.deprels
            item.set_tree([0] * len(item), ["changed"] * len(item))
            for row, head, deprel in zip(item.rows, *tokens):
                row[6], row[7] = head, deprel
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


@PATIENT
@given(conllu_files())
def test_random_files_are_written_again(data: bytes) -> None:
    assert b"".join(item.to_bytes() for item in read_blocks(io.BytesIO(data))) == data
    assert rewritten(data) == data


@PATIENT
@given(conllu_files())
def test_blocks_do_not_depend_on_how_the_stream_is_cut(data: bytes) -> None:
    whole = [item.to_bytes() for item in read_blocks(io.BytesIO(data))]
    for seed in range(3):
        pipe = cast(BinaryIO, Trickle(data, seed))
        assert [item.to_bytes() for item in read_blocks(pipe, name="pipe")] == whole


@settings(PATIENT, max_examples=300)
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
    (file("# c", word(1), "") + b"1\tcaf\xe9\t_\n\n", "f:4: byte 6 of the line (0xe9) is not UTF-8"),
    (file(word(1, "a\rb"), ""), "f:1: carriage return within the line"),
    (file(word(1), word(2), "").replace(b"\n", b"\r"), "f:1: carriage return within the line"),
    (file(word(1), "", "# old comment\r# next"), "f:3: carriage return within the line"),
    (file(word(1).replace("\t", "    "), ""), "f:1: not CoNLL-U"),
    (b"Some text.\nMore text.\n\nA paragraph.\n", "--format text"),
    (b"<?xml version='1.0'?>\n<text>\tx</text>\n", "f:1: XML or HTML"),
    (b"\x1f\x8b\x08\x00abc", "f: is compressed by gzip"),
    (b"PK\x03\x04abc", "f: is a zip archive"),
    (b"%PDF-1.7\n%\xe2", "f: is a PDF"),
    ("1\tw".encode("utf-16"), "f: is encoded in UTF-16"),
    (bytes(range(256)), "f:2: a binary file"),
]


@pytest.mark.parametrize(("data", "message"), ERRORS)
def test_errors_say_where_and_what(data: bytes, message: str) -> None:
    with pytest.raises(ConlluError) as caught:
        list(read_conllu(io.BytesIO(data), name="f"))
    assert message in str(caught.value)
    assert str(caught.value).startswith("f:")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


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


def test_columns_and_lookups(tmp_path: Path) -> None:
    path = tmp_path / "x.conllu"
    row = "1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t2:nsubj\t_"
    lines = ["", "# sent_id = s1", "# text = Dogs don't", "# sent_id = other", row]
    lines += [
        "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\tA=b",
        word(2, "do", head=0),
        word(3, "not", head=2),
        word("3.1"),
        "",
    ]
    path.write_bytes(file(*lines))
    (sentence,) = read_conllu(path)
    assert len(sentence) == 3
    assert sentence.forms == ["Dogs", "do", "not"]
    assert (sentence.lemmas[0], sentence.upos[0], sentence.xpos[0]) == ("dog", "NOUN", "NNS")
    assert (sentence.feats[0], sentence.deprels[0], sentence.deps[0]) == ("Number=Plur", "nsubj", "2:nsubj")
    assert sentence.column(MISC) == sentence.misc == ["_", "_", "_"]
    assert sentence.heads == [2, 0, 2]
    assert sentence.sent_id == "s1"
    assert sentence.text_comment == "Dogs don't"
    assert sentence.comments == lines[1:4]
    assert sentence.multiword_tokens == (MultiwordToken(2, 3, "don't", "A=b"),)
    assert sentence.empty_nodes == ((3, 1),)
    assert sentence.source == str(path)
    assert (sentence.line, sentence.word_line(0), sentence.word_line(1)) == (1, 5, 7)
    assert repr(sentence) == "<Sentence of 3 words: Dogs do not>"
    assert str(sentence).encode() == path.read_bytes()


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("_", "f.conllu:2: word 2 ('v'): HEAD is missing"),
        ("", "HEAD is missing"),
        ("3", "f.conllu:2: word 2 ('v'): HEAD '3' is no word of this sentence: give a number from 0 to 2"),
        ("-1", "HEAD '-1' is no word"),
        ("+1", "no word"),
        ("1_0", "no word"),
        ("٢", "no word"),
        ("x", "no word"),
    ],
)
def test_heads_that_are_no_heads(head: str, message: str) -> None:
    (sentence,) = read(file(word(1, head=0), word(2, "v", head=head), ""))
    with pytest.raises(TreeError) as caught:
        sentence.heads  # noqa: B018
    assert message in str(caught.value)


def test_set_tree_changes_two_columns_only() -> None:
    row = "1\ta  b\tl\tU\tX\tF=1\t9\told\t9:old\tM=1|M=2"
    data = file("# c", "1-1\tx\t_\t_\t_\t_\t_\t_\t_\t_", row, word("1.1"), "").replace(b"\n", b"\r\n")
    (sentence,) = read(data)
    sentence.set_tree([0], ["root"])
    assert sentence.to_bytes() == data.replace(b"9\told\t", b"0\troot\t")


@pytest.mark.parametrize(
    ("heads", "deprels", "message"),
    [
        ([0], ["root", "dep"], "give one for each word"),
        ([0, 3], ["root", "dep"], "not in 0 to 2"),
        ([0, -1], ["root", "dep"], "not in 0 to 2"),
        ([0, 1], ["root", "a\tb"], "tab or line break"),
        ([0, 1], ["root", "a\nb"], "tab or line break"),
    ],
)
def test_set_tree_refuses_what_would_break_the_file(heads: list[int], deprels: list[str], message: str) -> None:
    (sentence,) = read(file(word(1), word(2), ""))
    with pytest.raises(UsageError, match=message):
        sentence.set_tree(heads, deprels)
    assert sentence.to_bytes() == file(word(1), word(2), "")


# Columns UPOS, XPOS, FEATS of a word before, and after each mode with the predictions U, X, F=1.
TAGGING = [
    ("_\t_\t_", "U\tX\tF=1", "U\tX\tF=1"),
    ("NOUN\t_\t_", "NOUN\t_\t_", "U\tX\tF=1"),
    ("NOUN\tNN\tN=1", "NOUN\tNN\tN=1", "U\tX\tF=1"),
    ("_\tNN\t_", "U\tNN\tF=1", "U\tX\tF=1"),
    ("_\t_\tN=1", "U\tX\tN=1", "U\tX\tF=1"),
    ("\t\t", "U\tX\tF=1", "U\tX\tF=1"),
]


@pytest.mark.parametrize(("before", "filled", "retagged"), TAGGING)
def test_tags_are_filled_in_only_where_a_word_is_untagged(before: str, filled: str, retagged: str) -> None:
    line = "1\tw\t_\t{}\t_\t_\t_\t_"
    second = "2\tw\t_\tVERB\t_\t_\t_\t_\t_\t_"  # a tagged word beside it changes nothing
    for mode, after in (("fill", filled), ("retag", retagged), ("keep", before)):
        (sentence,) = read(file(line.format(before), second, ""))
        sentence.set_tags(["U", "U"], ["X", "X"], ["F=1", "F=1"], mode=mode)  # type: ignore[arg-type]
        assert sentence.to_bytes().split(b"\n")[0].decode() == line.format(after)
        assert sentence.upos[1] == ("U" if mode == "retag" else "VERB")


def test_set_tags_edges() -> None:
    (sentence,) = read(file(word(1, upos="_"), ""))
    sentence.set_tags(["NOUN"], None, [""])
    assert (sentence.upos, sentence.xpos, sentence.feats) == (["NOUN"], ["_"], ["_"])
    with pytest.raises(UsageError, match="2 values of UPOS for 1 words"):
        sentence.set_tags(["A", "B"], None, None, mode="retag")
    with pytest.raises(UsageError, match="use fill, retag or keep"):
        sentence.set_tags(["A"], None, None, mode="guess")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("_", "ArcScore=0.9|LabelScore=0.8"),
        ("", "ArcScore=0.9|LabelScore=0.8"),
        ("SpaceAfter=No", "SpaceAfter=No|ArcScore=0.9|LabelScore=0.8"),
        ("A=1|ArcScore=0.1|A=2|LabelScore=0.2|x=y=z", "A=1|A=2|x=y=z|ArcScore=0.9|LabelScore=0.8"),
        ("ArcScore=0.1", "ArcScore=0.9|LabelScore=0.8"),
        ("MyArcScore=1", "MyArcScore=1|ArcScore=0.9|LabelScore=0.8"),
    ],
)
def test_scores_are_added_to_misc_once(before: str, after: str) -> None:
    (sentence,) = read(file(word(1, misc=before), ""))
    for _ in range(2):
        sentence.add_misc(0, "ArcScore=0.9|LabelScore=0.8")
        assert sentence.misc == [after]
    with pytest.raises(UsageError, match="tab or line break"):
        sentence.add_misc(0, "A=\t")


def test_clear_deps_empties_words_and_empty_nodes() -> None:
    row = "1\tw\t_\tX\t_\t_\t0\troot\t0:root|1.1:x\t_"
    node = "1.1\te\t_\tX\t_\t_\t_\t_\t1:x\tM=1"
    (sentence,) = read(file("# 1.1\ta\tb", row, node, ""))
    sentence.clear_deps()
    expected = file("# 1.1\ta\tb", row.replace("0:root|1.1:x", "_"), node.replace("1:x", "_"), "")
    assert sentence.to_bytes() == expected
    assert sentence.column(DEPS) == ["_"]


def test_from_words() -> None:
    token = MultiwordToken(1, 2, "don't", "SpaceAfter=No")
    sentence = Sentence.from_words(
        ["do", "n't", "New  York"],
        comments=["text = x", "# sent_id = 1"],
        misc=["_", "", "A=b"],
        multiword_tokens=[token],
    )
    empty = "\t_" * 8
    lines = ["# text = x", "# sent_id = 1", "1-2\tdon't" + "\t_" * 7 + "\tSpaceAfter=No", "1\tdo" + empty]
    lines += ["2\tn't" + empty, "3\tNew  York" + "\t_" * 7 + "\tA=b", ""]
    assert sentence.to_bytes() == file(*lines)
    (again,) = read(sentence.to_bytes())
    assert again.multiword_tokens == sentence.multiword_tokens == (token,)
    with pytest.raises(TreeError, match=r"^word 1 \('do'\): HEAD is missing"):
        sentence.heads  # noqa: B018


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "without words"),
        (["a", ""], "word 2 is ''"),
        (["a\tb"], "word 1 is"),
        (["a\n"], "word 1 is"),
        (["\ud800"], "word 1 is"),
        ([None], "word 1 is None"),
        ("Dogs", "not a string"),
    ],
)
def test_from_words_refuses_what_is_no_word(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Sentence.from_words(words)


def test_from_words_refuses_values_that_do_not_fit() -> None:
    for options in (
        {"misc": ["_", "_"]},
        {"misc": ["a\tb"]},
        {"comments": ["a\nb"]},
        {"multiword_tokens": [MultiwordToken(1, 2, "x")]},
        {"multiword_tokens": [MultiwordToken(2, 2, "x")]},
        {"multiword_tokens": [MultiwordToken(1, 1, "")]},
    ):
        with pytest.raises(UsageError):
            Sentence.from_words(["a"], **options)  # type: ignore[arg-type]


def test_a_copy_is_independent() -> None:
    (sentence,) = read(file("# c", word(1), word(2), ""))
    before = sentence.to_bytes()
    copy = sentence.copy()
    copy.set_tree([2, 0], ["a", "b"])
    copy.rows[0][UPOS] = "Y"
    assert sentence.to_bytes() == before
    assert copy.word_line(1) == sentence.word_line(1) == 3


def test_sentences_and_errors_survive_pickling() -> None:
    (sentence,) = read(file("# c", word("1-2"), word(1), word(2), ""))
    again = pickle.loads(pickle.dumps(sentence))
    assert again.to_bytes() == sentence.to_bytes()
    again.set_tree([0, 1], ["root", "dep"])  # the columns are still the ones that are written
    assert again.to_bytes() == file("# c", word("1-2"), word(1, head=0), word(2, head=1), "").replace(
        b"\t0\t_", b"\t0\troot"
    ).replace(b"\t1\t_", b"\t1\tdep")
    error = pickle.loads(pickle.dumps(ConlluError("wrong: mend it", "f", 3)))
    assert (str(error), error.line) == ("f:3: wrong: mend it", 3)


def test_token_lists_of_the_conllu_package() -> None:
    conllu = pytest.importorskip("conllu")
    text = "# sent_id = 1\n# text = Dogs don't\n1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t2:nsubj\tA=b\n"
    text += "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n2\tdo\t_\tAUX\t_\t_\t0\troot\t0:root\t_\n"
    text += "3\tnot\t_\tPART\t_\t_\t2\tadvmod\t_\t_\n3.1\te\t_\t_\t_\t_\t_\t_\t2:x\t_\n\n"
    (tokens,) = conllu.parse(text)
    sentence = from_tokenlist(tokens, source="by hand")
    assert sentence.text() == text
    assert sentence.source == "by hand"
    back = to_tokenlist(sentence)
    assert back == tokens
    assert back.metadata == tokens.metadata
    assert [token["form"] for token in back] == ["Dogs", "don't", "do", "not", "e"]


def test_token_lists_made_by_hand() -> None:
    conllu = pytest.importorskip("conllu")
    made = from_tokenlist(conllu.TokenList([{"form": "Dogs"}, {"form": "bark", "upos": "VERB"}]))
    assert made.forms == ["Dogs", "bark"]
    assert made.upos == ["_", "VERB"]
    with pytest.raises(UsageError, match="without words"):
        from_tokenlist(conllu.TokenList([]))
    with pytest.raises(UsageError, match="tab or line break"):
        from_tokenlist(conllu.TokenList([{"id": 1, "form": "a\tb"}]))
    with pytest.raises(ConlluError, match="ID 3 where 1 was due"):
        from_tokenlist(conllu.TokenList([{"id": 3, "form": "a"}]))


def test_what_conllu_cannot_represent_is_an_error_of_ours() -> None:
    pytest.importorskip("conllu")
    (sentence,) = read(file("1\tw\t_\tX\t_\t_\tx\t_\t_\t_", ""))
    with pytest.raises(ArcparserError, match="conllu package"):
        to_tokenlist(sentence)


def test_parse_block_alone() -> None:
    assert parse_block("# only comments\n\n") is None
    sentence = parse_block(word(1) + "\n\n", source="s", line=10)
    assert sentence is not None
    assert sentence.word_line(0) == 10
