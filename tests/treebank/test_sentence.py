"""A sentence: what can be looked up, and that only the columns that are set change."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from arcparser.errors import ConlluError, TreeError, UsageError
from arcparser.treebank.columns import DEPS, MISC, UPOS, MultiwordToken
from arcparser.treebank.reader import parse_conllu, read_conllu
from arcparser.treebank.sentence import Sentence
from tests.helpers.sentences import file, read, word


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
    assert sentence.text == sentence.lines.comment_value("text") == "Dogs don't"
    assert sentence.comments == lines[1:4]
    assert sentence.multiword_tokens == (MultiwordToken(2, 3, "don't", "A=b"),)
    assert sentence.empty_nodes == ((3, 1),)
    assert sentence.source == str(path)
    assert (sentence.line, sentence.word_line(0), sentence.word_line(1)) == (1, 5, 7)
    assert repr(sentence) == "<Sentence s1 of 3 words: Dogs do not>"
    assert repr(Sentence.from_words(["a\x1b[31m", "b\u202e"])) == "<Sentence of 2 words: a\ufffd[31m b\ufffd>"
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
        ([0, 1.0], ["root", "dep"], "whole numbers"),
        ([0, 1], ["root", "a\tb"], "remove the (tab|line break)"),
        ([0, 1], ["root", "a\nb"], "remove the (tab|line break)"),
    ],
)
def test_set_tree_refuses_what_would_break_the_file(heads: list[int], deprels: list[str], message: str) -> None:
    (sentence,) = read(file(word(1), word(2), ""))
    with pytest.raises(UsageError, match=message):
        sentence.set_tree(heads, deprels)
    assert sentence.to_bytes() == file(word(1), word(2), "")


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ([0, 3], r"^word 2 \('w'\): HEAD 3 is no word of this sentence: give a number from 0 to 2"),
        ([0, -1], r"^word 2 \('w'\): HEAD -1 is no word of this sentence: give a number from 0 to 2"),
        ([0, 0], "has 2 roots"),
        ([1, 1], "has no root"),
        ([0, 2], r"^word 2 \('w'\): is its own head"),
        ([0, 3, 2], r"^word 2 \('w'\): depends on itself by 2 -> 3 -> 2"),
    ],
)
def test_set_tree_refuses_what_is_no_tree(heads: list[int], message: str) -> None:
    data = file(*(word(number) for number in range(1, len(heads) + 1)), "")
    (sentence,) = read(data)
    for given in (heads, np.array(heads)):
        with pytest.raises(TreeError, match=message):
            sentence.set_tree(given, ["x"] * len(heads))
    assert sentence.to_bytes() == data


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
    with pytest.raises(UsageError, match="2 values of UPOS for 1 word:"):
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
    with pytest.raises(UsageError, match="remove the tab"):
        sentence.add_misc(0, "A=\t")


def test_clear_deps_empties_words_and_empty_nodes() -> None:
    row = "1\tw\t_\tX\t_\t_\t0\troot\t0:root|1.1:x\t_"
    node = "1.1\te\t_\tX\t_\t_\t_\t_\t1:x\tM=1"
    (sentence,) = read(file("# 1.1\ta\tb", row, node, ""))
    sentence.clear_deps()
    expected = file("# 1.1\ta\tb", row.replace("0:root|1.1:x", "_"), node.replace("1:x", "_"), "")
    assert sentence.to_bytes() == expected
    assert sentence.column(DEPS) == ["_"]


def test_tokens_are_multiword_tokens_and_single_words() -> None:
    lines = [word(1, "We"), word("2-3", "didn't", misc="A=b"), word(2, "did"), word("2.1"), word(3, "n't")]
    lines += [word("4-4", "MIND"), word(4, "mind"), word(5, "!", misc="SpaceAfter=No"), ""]
    (sentence,) = read(file(*lines))
    tokens = sentence.tokens
    assert [(t.form, str(t.misc), tuple(word.form for word in t.words), t.multiword) for t in tokens] == [
        ("We", "_", ("We",), False),
        ("didn't", "A=b", ("did", "n't"), True),
        ("MIND", "_", ("mind",), True),
        ("!", "SpaceAfter=No", ("!",), False),
    ]


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


def test_empty_columns_count_as_underscores_and_are_written_as_they_came() -> None:
    block = "1\tDogs\t\t\t\t\t\t\t\t\n2\tbark\tbark\tVERB\t_\t_\t0\troot\t_\t_\n\n"
    (sentence,) = parse_conllu(block)
    named = (sentence.lemmas, sentence.upos, sentence.xpos, sentence.feats, sentence.deprels, sentence.deps)
    assert [column[0] for column in (*named, sentence.misc)] == ["_"] * 7
    word = sentence[0]
    assert (word.lemma, word.upos, word.xpos, str(word.feats), word.deprel, word.deps) == ("_",) * 6
    assert sentence.column(3) == ["_", "VERB"]
    assert sentence.to_conllu() == block
