"""Words and tokens as objects: what they show, and that what is set is written and checked."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from arcparser.errors import TreeError, UsageError
from arcparser.treebank.attributes import Attributes
from arcparser.treebank.columns import MISC
from arcparser.treebank.reader import parse_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.word import Word
from tests.helpers.generated import random_tree
from tests.helpers.sentences import file, read, sentence_of, word

TEXT = """\
# newdoc id = d
# sent_id = s1
# text = They don't see the old dog.
1\tThey\tthey\tPRON\tPRP\tCase=Nom|Number=Plur\t4\tnsubj\t4:nsubj\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\tA=b
2\tdo\tdo\tAUX\tVBP\t_\t4\taux\t_\tArcScore=0.9|LabelScore=0.5
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_
4\tsee\tsee\tVERB\tVB\t_\t0\troot\t_\tA=1|A=2|flag|x=y=z
5\tthe\tthe\tDET\tDT\tDefinite=Def|PronType=Art\t7\tdet\t_\t_
6\told\told\tADJ\tJJ\t_\t7\tamod\t_\tArcScore=high
7\tdog\tdog\tNOUN\tNN\t_\t4\tobj\t_\tGloss=Hund|SpaceAfter=No|ArcScore=0.25|AltHead=2|AltDeprel=obl|LabelScore=1
8\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\tSpacesAfter=

"""


@pytest.fixture
def sentence() -> Sentence:
    (found,) = parse_conllu(TEXT)
    return found


def ids(words: list[Word]) -> list[int]:
    return [word.id for word in words]


def test_a_sentence_is_a_sequence_of_words(sentence: Sentence) -> None:
    assert [word.form for word in sentence] == sentence.forms == list(map(str, sentence.words))
    assert (sentence[0].id, sentence[-1].form, sentence[np.int64(3)].form) == (1, ".", "see")
    assert (ids(sentence[1:3]), ids(sentence[::-3]), sentence[9:]) == ([2, 3], [8, 5, 2], [])
    assert sentence[0] == sentence.words[0] and sentence[0] != sentence[1] and sentence[0] != "They"
    assert len({*sentence, *sentence}) == len(sentence) == 8
    assert sentence[2] in sentence and sentence.copy()[2] not in sentence
    for wrong in (8, -9, 10**9):
        with pytest.raises(IndexError, match="8 words"):
            _ = sentence[wrong]
    for kind in ("a", None, 1.0):
        with pytest.raises(TypeError, match="whole numbers"):
            _ = sentence[kind]  # type: ignore[index]


def test_what_a_word_shows(sentence: Sentence) -> None:
    dog = sentence[6]
    assert (dog.id, dog.form, dog.lemma, dog.upos, dog.xpos, dog.deprel, dog.deps) == (
        *(7, "dog", "dog", "NOUN", "NN", "obj", "_"),
    )
    assert dog.sentence is sentence
    assert (dog.head, dog.head_id) == (sentence[3], 4)
    assert (sentence[3].head, sentence[3].head_id) == (None, 0)
    assert sentence.root == sentence[3]
    assert (ids(dog.children), ids(dog.left_children), ids(dog.right_children)) == ([5, 6], [5, 6], [])
    assert (ids(sentence[3].left_children), ids(sentence[3].right_children)) == ([1, 2, 3], [7, 8])
    assert (ids(dog.subtree), ids(sentence[3].subtree), ids(sentence[0].subtree)) == ([5, 6, 7], [*range(1, 9)], [1])
    assert (ids(sentence[4].ancestors), sentence[3].ancestors) == ([7, 4], [])
    assert (dog.arc_score, dog.label_score, sentence[0].arc_score, sentence[5].arc_score) == (0.25, 1.0, None, None)
    assert repr(dog) == "<Word 7: dog NOUN, obj of 4>"
    assert [w.id for w in sentence if not w.space_after] == [2, 7, 8]
    assert repr(sentence) == "<Sentence s1 of 8 words: They do n't see the old dog .>"


def test_feats_and_misc_are_mappings(sentence: Sentence) -> None:
    they, see = sentence[0], sentence[3]
    assert they.feats == {"Case": "Nom", "Number": "Plur"}
    assert (they.feats["Case"], they.feats.get("Tense"), str(they.feats)) == ("Nom", None, "Case=Nom|Number=Plur")
    assert (dict(see.feats), len(see.feats), bool(see.feats)) == ({}, 0, False)
    assert dict(see.misc) == {"A": "2", "flag": "", "x": "y=z"}
    assert str(see.misc) == "A=1|A=2|flag|x=y=z"
    assert repr(they.feats) == "Attributes('Case=Nom|Number=Plur')"
    with pytest.raises(TypeError, match="item assignment"):
        they.feats["Case"] = "Acc"  # type: ignore[index]
    misc = see.misc
    misc["A"] = "3"
    misc["New"] = "x"
    assert str(misc) == str(see.misc) == sentence.misc[3] == "A=3|flag|x=y=z|New=x"
    del misc["flag"]
    assert misc.pop("x") == "y=z" and misc.setdefault("New", "y") == "x"
    assert sentence.misc[3] == "A=3|New=x"
    with pytest.raises(KeyError):
        del misc["flag"]
    misc.clear()
    assert sentence.misc[3] == "_"


def test_tokens(sentence: Sentence) -> None:
    tokens = sentence.tokens
    assert [(t.id, t.form, ids(t.words), t.multiword) for t in tokens[:3]] == [
        ("1", "They", [1], False),
        ("2-3", "don't", [2, 3], True),
        ("4", "see", [4], False),
    ]
    assert (tokens[1].misc["A"], tokens[1].space_after, tokens[-1].space_after) == ("b", True, False)
    assert sentence[1].token == sentence[2].token == tokens[1] != tokens[0] == sentence[0].token
    assert len({w.token for w in sentence}) == 7
    assert [str(t) for t in tokens][:2] == ["They", "don't"]
    assert repr(tokens[1]) == "<Token 2-3: don't, do n't>"


def test_the_text_is_the_comment_or_made_of_tokens(sentence: Sentence) -> None:
    assert sentence.text == "They don't see the old dog."
    (bare,) = parse_conllu("\n".join(line for line in TEXT.split("\n") if "text" not in line))
    assert bare.text == "They don't see the old dog."
    assert Sentence.from_words(["a", "b"], misc=[r"SpacesAfter=\s\s", "_"]).text == "a b"


def test_what_is_set_is_written_and_nothing_else(sentence: Sentence) -> None:
    dog = sentence[6]
    dog.lemma, dog.upos, dog.xpos, dog.deprel = "hound", "PROPN", "", "nsubj"
    dog.feats = {"number": "Sing", "Case": "Nom,Acc"}
    sentence[5].feats = dog.feats
    sentence[4].feats = ""
    sentence[3].misc = {"B": "1"}
    sentence[2].misc = "C=1|C=2"
    sentence[1].feats = "Typo=Yes|Abbr=Yes"
    lines = TEXT.split("\n")
    lines[6] = lines[6].replace("\t_\t4\taux", "\tTypo=Yes|Abbr=Yes\t4\taux")
    assert lines[5].startswith("2\tdo")
    lines[5:] = TEXT.split("\n")[5:]
    expected = TEXT.replace("VBP\t_", "VBP\tTypo=Yes|Abbr=Yes").replace("advmod\t_\t_", "advmod\t_\tC=1|C=2")
    expected = expected.replace("A=1|A=2|flag|x=y=z", "B=1").replace("Definite=Def|PronType=Art", "_")
    expected = expected.replace("JJ\t_", "JJ\tCase=Nom,Acc|number=Sing")
    expected = expected.replace("dog\tNOUN\tNN\t_\t4\tobj", "hound\tPROPN\t_\tCase=Nom,Acc|number=Sing\t4\tnsubj")
    expected = expected.replace("|ArcScore=0.25|AltHead=2|AltDeprel=obl|LabelScore=1", "")
    assert sentence.to_conllu() == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda w: setattr(w, "lemma", "a\tb"),
        lambda w: setattr(w, "upos", None),
        lambda w: setattr(w, "deprel", 5),
        lambda w: setattr(w, "feats", 5),
        lambda w: setattr(w, "feats", {"A": 1}),
        lambda w: setattr(w, "feats", {"": "x"}),
        lambda w: setattr(w, "feats", {1: "x", "a": "y"}),
        lambda w: setattr(w, "misc", {"A": "x|y"}),
        lambda w: setattr(w, "misc", "a\nb"),
        lambda w: w.misc.update({"A=B": "x"}),
        lambda w: w.misc.update({"A": "x\ty"}),
        lambda w: setattr(w, "head_id", "4"),
        lambda w: setattr(w, "head_id", 1.0),
        lambda w: setattr(w, "head", 4),
        lambda w: setattr(w, "head", w.sentence.copy()[0]),
    ],
)
def test_what_cannot_be_written_is_refused(sentence: Sentence, change: Callable[[Any], None]) -> None:
    with pytest.raises(UsageError) as caught:
        change(sentence[6])
    assert "\n" not in str(caught.value)
    assert sentence.to_conllu() == TEXT


def test_a_head_is_set_if_no_cycle_comes_of_it(sentence: Sentence) -> None:
    see, dog = sentence[3], sentence[6]
    for wrong, message in (
        (9, "HEAD 9 is no word of this sentence: give a number from 0 to 8"),
        (-1, "HEAD -1 is no word"),
        (4, "would be its own head"),
        (5, "would depend on itself by its head 5"),
    ):
        with pytest.raises(TreeError, match=rf"^word 4 \('see'\):? .*{message[:30]}"):
            see.head_id = wrong
        assert sentence.to_conllu() == TEXT
    assert ids(see.children) == [1, 2, 3, 7, 8]
    dog.head = None  # two roots on the way to another one
    see.head = dog
    see.deprel, dog.deprel = "acl", "root"
    assert sentence.heads == [4, 4, 4, 7, 7, 7, 0, 4]
    assert (sentence.root, ids(dog.children), ids(see.children)) == (dog, [4, 5, 6], [1, 2, 3, 8])
    sentence[7].head_id = np.int64(7)
    assert ids(dog.children) == [4, 5, 6, 8]
    sentence.rows[7][6] = "4"
    assert ids(see.children) == [1, 2, 3, 8]
    sentence.set_tree([0, 1, 1, 1, 1, 1, 1, 1], ["x"] * 8)
    assert (sentence.root, see.children, ids(sentence[0].children)) == (sentence[0], [], [*range(2, 9)])


def test_a_sentence_without_heads_gets_them_one_by_one() -> None:
    sentence = Sentence.from_words(["Dogs", "chase", "cats"])
    assert sentence.root is None
    for ask in (lambda w: w.head, lambda w: w.head_id, lambda w: w.ancestors):
        with pytest.raises(TreeError, match=r"^word 1 \('Dogs'\): HEAD is missing"):
            ask(sentence[0])
    assert (sentence[0].children, sentence[0].subtree) == ([], [sentence[0]])
    sentence[0].head_id = 2
    assert sentence[0].head == sentence[1]
    with pytest.raises(TreeError, match=r"^word 2 \('chase'\): HEAD is missing"):
        _ = sentence[0].ancestors
    with pytest.raises(TreeError, match="on itself"):
        sentence[1].head = sentence[0]
    sentence[1].head = None
    sentence[2].head = sentence[1]
    assert (sentence.heads, ids(sentence[0].ancestors)) == ([2, 0, 2], [2])


def test_heads_of_a_file_may_be_wrong() -> None:
    cyclic = sentence_of([2, 1, 0, 1, "x", 9])
    for ask in (lambda: cyclic[0].subtree, lambda: cyclic[3].ancestors):
        with pytest.raises(TreeError, match="depends on itself"):
            ask()
    for number in (4, 5):
        with pytest.raises(TreeError, match="no word of this sentence"):
            _ = cyclic[number].head
    assert (cyclic[3].subtree, ids(cyclic[0].children)) == ([cyclic[3]], [2, 4])
    cyclic[3].head_id = 2  # above it is a cycle that was there before
    cyclic[0].head_id = 3
    assert ids(cyclic[2].subtree) == [1, 2, 3, 4]


def test_random_trees_are_what_their_heads_say() -> None:
    rng = random.Random(5)
    for _ in range(60):
        heads = random_tree(rng.randint(1, 12), rng)
        sentence = sentence_of(list(heads))
        for position, (w, head) in enumerate(zip(sentence, heads)):
            assert w.head_id == head and w.head == (sentence[head - 1] if head else None)
            assert ids(w.children) == [i for i, h in enumerate(heads, start=1) if h == position + 1]
            above = []
            while head:
                above.append(head)
                head = heads[head - 1]
            assert ids(w.ancestors) == above
        for w in sentence:
            assert w.subtree == [other for other in sentence if w in (other, *other.ancestors)]


SCORED = "SpaceAfter=No|ArcScore=0.1|MyArcScore=1|LabelScore=0.2|AltHead=1|AltDeprel=x|ArcScore=0.3"


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.set_tree([2, 0], ["x", "root"]),
        lambda s: [setattr(w, "head_id", w.head_id) for w in s],
        lambda s: [setattr(w, "head", w.head) for w in s],
        lambda s: [setattr(w, "deprel", w.deprel) for w in s],
    ],
)
def test_a_new_arc_never_keeps_an_old_score(change: Callable[[Sentence], object]) -> None:
    (sentence,) = read(file(word(1, head=2, misc=SCORED), word(2, head=0, misc="LabelScore=0.5"), ""))
    change(sentence)
    assert sentence.misc == ["SpaceAfter=No|MyArcScore=1", "_"]
    (sentence,) = read(file(word(1, head=2, misc=SCORED), word(2, head=0, misc="|A||"), ""))
    sentence[0].deprel = "x"
    assert sentence.misc == ["SpaceAfter=No|MyArcScore=1", "|A||"]
    (sentence,) = read(file(word(1, head=2, misc=SCORED), word(2, head=0, misc=SCORED), ""))
    sentence[1].head = None
    sentence[0].lemma = "x"
    assert sentence.misc == [SCORED, "SpaceAfter=No|MyArcScore=1"]


def test_the_id_of_a_sentence_can_be_set() -> None:
    sentence = Sentence.from_words(["a"])
    sentence.sent_id = "s1"
    assert (sentence.sent_id, sentence.comments) == ("s1", ["# sent_id = s1"])
    (sentence,) = parse_conllu(TEXT)
    sentence.sent_id = " s2 "
    assert sentence.to_conllu() == TEXT.replace("s1", "s2")
    data = file("", "# newdoc id = d", "# newpar", "# text = w", word(1), "", "#sent_id=x", word(1, "v"), "")
    first, second = read(data.replace(b"\n", b"\r\n"))
    first.sent_id, second.sent_id = "s1", "s2"
    expected = data.replace(b"# text", b"# sent_id = s1\n# text").replace(b"#sent_id=x", b"#sent_id= s2")
    assert first.to_bytes() + second.to_bytes() == expected.replace(b"\n", b"\r\n")
    assert (first.word_line(0), first.copy().word_line(0), second.word_line(0)) == (5, 5, 8)
    (short,) = read(b"1\ta" + b"\t_" * 8)
    short.sent_id = "x"
    assert short.to_bytes() == b"# sent_id = x\n1\ta" + b"\t_" * 8
    (short,) = read(b"\r\n1\ta" + b"\t_" * 8)
    short.sent_id = "x"
    assert short.to_bytes() == b"\r\n# sent_id = x\n1\ta" + b"\t_" * 8
    for wrong in ("", " ", "a\nb", None, 5):
        with pytest.raises(UsageError):
            sentence.sent_id = wrong  # type: ignore[assignment]


def test_sentences_are_equal_by_what_is_in_them(sentence: Sentence) -> None:
    (again,) = read(b"\xef\xbb\xbf\n" + TEXT.replace("\n", "\r\n").encode())
    assert again == sentence == sentence.copy() == copy.copy(sentence) == pickle.loads(pickle.dumps(sentence))
    assert sentence != TEXT and sentence != None  # noqa: E711
    for change in ("s1\n", "don't\t", "obj", "A=b"):
        (other,) = parse_conllu(TEXT.replace(change, f"x{change}"))
        assert other != sentence
    with pytest.raises(TypeError, match="unhashable"):
        hash(sentence)


def test_a_shallow_copy_is_independent(sentence: Sentence) -> None:
    other = copy.copy(sentence)
    other[0].lemma = "x"
    other.sent_id = "y"
    assert sentence.to_conllu() == TEXT


def test_a_word_shows_what_the_sentence_holds_now(sentence: Sentence) -> None:
    they = sentence[0]
    sentence.set_tags(["X"] * 8, None, None, mode="retag")
    sentence.rows[0][MISC] = "A=b"
    assert (they.upos, they.misc) == ("X", Attributes("A=b"))
    assert pickle.loads(pickle.dumps(they)).form == "They"
