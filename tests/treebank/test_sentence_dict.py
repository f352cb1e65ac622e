"""Sentences as dictionaries and JSON, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from arcparser.errors import TreeError, UsageError
from arcparser.treebank.reader import parse_conllu
from arcparser.treebank.sentence import Sentence
from tests.helpers.generated import conllu_files
from tests.helpers.sentences import file, read, sentence_of, word
from tests.treebank.test_reader import KEPT
from tests.treebank.test_word import TEXT


def test_the_schema() -> None:
    (sentence,) = parse_conllu(TEXT)
    data = sentence.to_dict()
    assert list(data) == ["sent_id", "text", "comments", "words", "multiword_tokens", "empty_nodes"]
    assert (data["sent_id"], data["text"]) == ("s1", "They don't see the old dog.")
    assert data["comments"] == sentence.comments
    assert data["words"][0] == {
        "id": 1,
        "form": "They",
        "lemma": "they",
        "upos": "PRON",
        "xpos": "PRP",
        "feats": "Case=Nom|Number=Plur",
        "head": 4,
        "deprel": "nsubj",
        "deps": "4:nsubj",
        "misc": "_",
    }
    (token,) = data["multiword_tokens"]
    assert (token["id"], token["form"], token["head"], token["misc"]) == ("2-3", "don't", None, "A=b")
    assert data["empty_nodes"] == []
    assert json.loads(sentence.to_json()) == json.loads(sentence.to_json(indent=2)) == data
    assert "\n" not in sentence.to_json()


@pytest.mark.parametrize("name", KEPT)
def test_odd_files_come_back(name: str) -> None:
    for sentence in read(KEPT[name]):
        back(sentence)


@given(conllu_files())
@settings(max_examples=60)
def test_random_files_come_back(data: bytes) -> None:
    for sentence in read(data):
        back(sentence)


def back(sentence: Sentence) -> None:
    data = sentence.to_dict()
    assert Sentence.from_dict(data) == sentence
    again = Sentence.from_dict(json.loads(sentence.to_json()))
    assert again == sentence
    assert (again.multiword_tokens, again.empty_nodes) == (sentence.multiword_tokens, sentence.empty_nodes)
    assert again.to_dict() == data


def test_lines_of_other_kinds_may_stand_in_either_order() -> None:
    for lines in (("0.1", "1-1"), ("1-1", "0.1")):
        (sentence,) = read(file(*map(word, lines), word(1), word("1.1"), word("1.2"), word(2), ""))
        back(sentence)


def test_a_dictionary_made_by_hand() -> None:
    made = Sentence.from_dict(
        {
            "sent_id": "s1",
            "text": "I don't",
            "comments": ["newpar", "# text = other"],
            "words": [{"form": "I", "head": 2}, {"form": "do", "head": "0", "deprel": "root"}, {"form": "n't"}],
            "multiword_tokens": [{"id": "2-3", "form": "don't"}],
            "empty_nodes": None,
        }
    )
    lines = ["# newpar", "# sent_id = s1", "# text = I don't", word(1, "I", "_", 2), word("2-3", "don't", "_")]
    lines += [word(2, "do", "_", 0).replace("0\t_", "0\troot"), word(3, "n't", "_"), ""]
    assert made.to_bytes() == file(*lines)
    assert (made.line, made.source) == (0, None)


WORD = {"form": "a"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "the sentence is of type list"),
        ({}, "without words"),
        ({"words": []}, "without words"),
        ({"words": [WORD], "tokens": []}, "has a key 'tokens': its keys are sent_id"),
        ({"words": ["a"]}, "word 1 is of type str"),
        ({"words": [{"text": "a"}]}, "word 1 has a key 'text': its keys are id, form"),
        ({"words": [{"id": 1}]}, "word 1 has no form"),
        ({"words": [{"form": ""}]}, "FORM of '1' is empty"),
        ({"words": [{"form": "a\tb"}]}, "remove the tab"),
        ({"words": [{"form": "a", "head": 1.0}]}, "head of word 1 is of type float: give a number"),
        ({"words": [{"form": "a", "id": 2}]}, "ID 2 where 1 was due"),
        ({"words": [{"form": "a", "feats": {"A": "b"}}]}, "feats of word 1 is of type dict"),
        ({"words": [WORD], "multiword_tokens": [{"id": "1-2", "form": "x"}]}, "words missing"),
        ({"words": [WORD], "multiword_tokens": [WORD]}, "is no ID"),
        ({"words": [WORD], "empty_nodes": [{"id": "2.1", "form": "x"}]}, "empty node 2.1"),
        ({"words": [WORD], "comments": ["a\nb"]}, "line break"),
        ({"words": [WORD], "comments": [5]}, "a comment is of type int"),
        ({"words": [WORD], "comments": "# a"}, "comments is of type str"),
        ({"words": [WORD], "sent_id": 5}, "sent_id is of type int"),
        ({"words": [WORD], "text": "a\nb"}, "line break"),
    ],
)
def test_what_is_no_sentence_is_refused(data: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Sentence.from_dict(data)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_tree_is_nested() -> None:
    (sentence,) = parse_conllu(TEXT)
    tree = sentence.to_tree()
    assert (tree["form"], [child["form"] for child in tree["children"]]) == ("see", ["They", "do", "n't", "dog", "."])
    assert [child["id"] for child in tree["children"][3]["children"]] == [5, 6]
    assert {**sentence.to_dict()["words"][4], "children": []} == tree["children"][3]["children"][0]
    deep = sentence_of([0, *range(1, 5000)]).to_tree()
    assert deep["children"][0]["children"][0]["id"] == 3
    for heads in ([0, 0], [2, 1], ["_", 0]):
        with pytest.raises(TreeError):
            sentence_of(heads).to_tree()
