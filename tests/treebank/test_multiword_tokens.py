"""Words of a sentence that are split into several: what names a word moves along, and all other bytes stay."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.errors import UsageError
from arcparser.treebank.columns import DEPREL, HEAD, MISC, MultiwordToken
from arcparser.treebank.multiword_tokens import split_words
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from tests.helpers.generated import conllu_files
from tests.helpers.raw_text import raw_text
from tests.helpers.sentences import file, read, word

PARTS = {"don't": ("do", "n't"), "I'd've": ("I", "'d", "'ve"), "du": ("de", "le")}

# The columns of a line by spaces; what is not given is "_".
TABLE = {
    "a word": (
        """
        # text = don't go
        1 don't do AUX VBP Neg=1 2 aux 2:aux SpaceAfter=No|Gloss=x
        2 go go VERB VB _ 0 root 0:root A=1
        """,
        """
        # text = don't go
        1-2 don't _ _ _ _ _ _ _ SpaceAfter=No|Gloss=x
        1 do
        2 n't
        3 go go VERB VB _ 0 root 0:root A=1
        """,
    ),
    "heads": (
        """
        1 a _ _ _ _ 2 x 2:x|3:y
        2 I'd've _ _ _ _ 3 x
        3 b _ _ _ _ 2 x 2:x|1:z:2:y
        4 don't _ _ _ _ 1
        5 c _ _ _ _ 4 x 0:root|4:x|5:x
        """,
        """
        1 a _ _ _ _ 2 x 2:x|5:y
        2-4 I'd've
        2 I
        3 'd
        4 've
        5 b _ _ _ _ 2 x 2:x|1:z:2:y
        6-7 don't
        6 do
        7 n't
        8 c _ _ _ _ 6 x 0:root|6:x|8:x
        """,
    ),
    "no heads": (
        """
        1 don't
        2 a _ _ _ _ 02 x 02:x|9:x|x|:
        3 b _ _ _ _ 9 x 2.x:y|1:
        4 c _ _ _ _ -1 x 99999999999:x
        """,
        """
        1-2 don't
        1 do
        2 n't
        3 a _ _ _ _ 02 x 02:x|9:x|x|:
        4 b _ _ _ _ 9 x 2.x:y|1:
        5 c _ _ _ _ -1 x 99999999999:x
        """,
    ),
    "multiword tokens": (
        """
        1 du
        2-3 don't _ _ _ _ _ _ _ A=1
        2 don't _ X
        3 du _ X
        4-4 du
        4 du
        5 du
        """,
        """
        1-2 du
        1 de
        2 le
        3-4 don't _ _ _ _ _ _ _ A=1
        3 don't _ X
        4 du _ X
        5-5 du
        5 du
        6-7 du
        6 de
        7 le
        """,
    ),
    "empty nodes": (
        """
        0.1 don't _ _ _ _ _ _ 1:x|0.1:y
        1 don't _ _ _ _ _ _ 0.1:x
        1.1 du _ _ _ _ _ _ 1:x|1.2:y CopyOf=1|Of=1
        1.2 e _ _ _ _ _ _ 2:x|2.1:y A=1|CopyOf=2
        2 b _ _ _ _ 1 x 1.1:x|2.1:y|2.9:z|0:root XCopyOf=2|CopyOf=2x
        2.1 e _ _ _ _ _ _ 0.1:x|2:y CopyOf=1.1
        """,
        """
        0.1 don't _ _ _ _ _ _ 1:x|0.1:y
        1-2 don't
        1 do
        2 n't
        2.1 du _ _ _ _ _ _ 1:x|2.2:y CopyOf=1|Of=1
        2.2 e _ _ _ _ _ _ 3:x|3.1:y A=1|CopyOf=3
        3 b _ _ _ _ 1 x 2.1:x|3.1:y|3.9:z|0:root XCopyOf=2|CopyOf=2x
        3.1 e _ _ _ _ _ _ 0.1:x|3:y CopyOf=2.1
        """,
    ),
}


def lines(text: str) -> list[str]:
    rows = [line.strip() for line in text.strip().split("\n")]
    return [r if r[0] == "#" else "\t".join([*r.split(), *"_________"][:10]) for r in rows] + [""]


def split(sentence: Sentence, table: Callable[[str], object] = PARTS.get) -> Sentence:
    return split_words(sentence, [table(form) for form in sentence.forms])  # type: ignore[misc]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("name", TABLE)
def test_what_names_a_word_moves_along(name: str, end: str) -> None:
    before, after = ("".join(line + end for line in lines(text)) for text in TABLE[name])
    (sentence,) = read(before.encode())
    found = split(sentence)
    assert found.to_conllu() == after
    assert sentence.to_conllu() == before
    (again,) = read(after.encode())
    assert found.rows == again.rows
    assert (found.multiword_tokens, found.empty_nodes) == (again.multiword_tokens, again.empty_nodes)
    assert (found.source, found.line) == (sentence.source, sentence.line)


def test_the_bytes_around_stay() -> None:
    for mark in ("", "\ufeff"):
        for end in ("", "\r\n", "\r\n \t\r\n", "\n", "\n\n"):
            row = "1\tdon't" + "\t_" * 7 + "\t"
            middle = "\r\n" if "\r" in end else "\n"
            expected = middle.join(["1-2\tdon't" + "\t_" * 8, "1\tdo" + "\t_" * 8, "2\tn't" + "\t_" * 8])
            (sentence,) = read(f"{mark}{row}{end}".encode())
            assert split(sentence).to_conllu() == f"{mark}{expected}{end}"
    (sentence,) = read(("# a" + "\tb" * 9 + "\r\n# \t\n1\tdu" + "\t_" * 8).encode())
    assert split(sentence).to_conllu().startswith("# a" + "\tb" * 9 + "\r\n# \t\n1-2\tdu" + "\t_" * 8 + "\r\n1\tde\t")


def test_a_sentence_without_such_words_is_itself() -> None:
    (sentence,) = read(file("1-2\tdon't" + "\t_" * 8, word(1, "du"), word(2, "don't"), word(3, "a"), ""))
    assert split(sentence) is sentence
    assert split_words(sentence, [("a", "b"), None, ("c",)]) is sentence


def test_a_sentence_that_is_from_no_file() -> None:
    sentence = Sentence.from_words(["du", "a", "b"], misc=["SpaceAfter=No", "", ""])
    sentence.set_tree([2, 0, 1], ["x", "root", "y"])
    found = split(sentence)
    assert found.forms == ["de", "le", "a", "b"]
    assert found.multiword_tokens == (MultiwordToken(1, 2, "du", "SpaceAfter=No"),)
    assert found.column(HEAD) == ["_", "_", "0", "1"]
    assert found.column(DEPREL) == ["_", "_", "root", "y"]
    assert found.line == 0


@pytest.mark.parametrize("parts", [["a"], ["a", "b", "c"]])
def test_parts_are_given_for_each_word(parts: list[str]) -> None:
    with pytest.raises(UsageError, match=r"^the parts of [13] words? for 2 words: give those of each word, or None$"):
        split_words(Sentence.from_words(["a", "b"]), parts)


@pytest.mark.parametrize("part", ["", "a\tb", "a\n", "\ud800", "\0"])
def test_what_cannot_be_a_word_is_no_part(part: str) -> None:
    with pytest.raises(UsageError, match=r"^word 2 is '.*': "):
        split_words(Sentence.from_words(["a"]), [("a", part)])


@given(conllu_files(), st.data())
def test_any_sentence_may_be_split(data: bytes, draws: st.DataObject) -> None:
    for sentence in read_conllu(io.BytesIO(data)):
        before = sentence.to_conllu()
        covered = {number for token in sentence.multiword_tokens for number in range(token.first, token.last + 1)}
        sizes = draws.draw(st.lists(st.integers(1, 3), min_size=len(sentence), max_size=len(sentence)))
        parts = [[f"p{i}" for i in range(size)] for size in sizes]
        found = split_words(sentence, parts)
        sizes = [1 if number in covered else size for number, size in enumerate(sizes, start=1)]
        assert sentence.to_conllu() == before
        if sum(sizes) == len(sizes):
            assert found is sentence
            continue
        # Valid CoNLL-U, with ids that are consecutive: the reader looks at them.
        (again,) = read(found.to_bytes())
        assert again.to_conllu() == found.to_conllu()
        assert raw_text([found]) == raw_text([sentence])
        assert found.comments == sentence.comments
        before, after = ([(t.form, str(t.misc) or "_") for t in s.tokens] for s in (sentence, found))
        assert before == after
        firsts = [sum(sizes[:number]) + 1 for number in range(len(sizes))]
        heads = {str(old): str(new) for old, new in enumerate(firsts, start=1)}
        for row, size, first, several in zip(sentence.rows, sizes, firsts, parts):
            new = found.rows[first - 1 : first - 1 + size]
            if size > 1:
                assert [line[1:] for line in new] == [[form, *"________"] for form in several]
            else:
                kept = [*row[1:HEAD], heads.get(row[HEAD], row[HEAD]), row[DEPREL]]
                assert [*new[0][1:HEAD], *new[0][HEAD:8], new[0][MISC]] == [*kept, row[MISC]]


def test_a_word_that_is_split_loses_the_scores_of_its_arc() -> None:
    scored = "SpaceAfter=No|ArcScore=0.9|LabelScore=0.8|AltHead=2|AltDeprel=obj"
    sentence = Sentence.from_words(["don't", "go"], misc=[scored, "ArcScore=0.5|AltHead=2"])
    found = split_words(sentence, [["do", "n't"], None])
    assert [str(token.misc) for token in found.tokens] == ["SpaceAfter=No", "ArcScore=0.5|AltHead=3"]
