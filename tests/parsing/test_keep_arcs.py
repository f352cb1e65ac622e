"""Parsing around arcs that are given."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import TreeError
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import DEV, assert_tree, random_parser


def with_unknown(share: float) -> list[Sentence]:
    """The sentences of the toy corpus, of so many words without HEAD and DEPREL."""
    rng = random.Random(1)
    sentences = list(arcparser.read_conllu(DEV))
    for sentence in sentences:
        for row in sentence.rows:
            if rng.random() < share:
                row[6] = row[7] = "_"
    return sentences


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("children", [False, True])
def test_given_arcs_are_kept(share: float, children: bool) -> None:
    parser = random_parser(3, scale=3.0, children=children)
    sentences = with_unknown(share)
    for given, parsed in zip(sentences, parser.parse_many(sentences, keep_arcs=True)):
        assert_tree(parsed, {parsed.deprels[parsed.heads.index(0)]})
        for head, deprel, word in zip(given.tree_index().heads, given.deprels, parsed):
            if head >= 0:
                assert (word.head_id, word.deprel) == (head, deprel)


def test_without_given_arcs_nothing_changes(toy_parser: Parser) -> None:
    sentences = with_unknown(1.0)
    kept = [s.to_bytes() for s in toy_parser.parse_many(sentences, keep_arcs=True)]
    assert kept == [s.to_bytes() for s in toy_parser.parse_many(sentences)]
    assert [s.to_bytes() for s in toy_parser.parse_many(sentences, keep_arcs=True, batch_words=1)] == kept


def test_labels(toy_parser: Parser) -> None:
    sentence = Sentence.from_words(["Dogs", "chase", "cats"])
    for row, (head, deprel) in zip(sentence.rows, (("3", "_"), ("_", "given"), ("2", "of:mine"))):
        row[6:8] = [head, deprel]
    parsed = toy_parser.parse(sentence, keep_arcs=True, scores=True)
    assert parsed.heads == [3, 0, 2]
    assert parsed.deprels[2] == "of:mine"
    assert parsed.deprels[0] in toy_parser.model.vocabulary.labels and parsed.deprels[1] == "root"
    assert parsed.scores is not None and len(parsed.scores.arc) == 3
    assert sentence.deprels == ["_", "given", "of:mine"]  # what goes in stays


@pytest.mark.parametrize(
    ("heads", "problem"),
    [
        ("2 1 _", r"word 1 \('Dogs'\): depends on itself by 1 -> 2 -> 1: correct a HEAD"),
        ("0 _ 0", "the sentence has 2 roots"),
        ("_ 9 _", "HEAD '9' is no word of this sentence: give a number from 0 to 3"),
    ],
)
def test_arcs_that_are_no_part_of_a_tree(toy_parser: Parser, tmp_path: Path, heads: str, problem: str) -> None:
    words = zip(["Dogs", "chase", "cats"], heads.split())
    lines = [f"{i}\t{word}\t_\t_\t_\t_\t{head}\t_\t_\t_\n" for i, (word, head) in enumerate(words, start=1)]
    file = tmp_path / "f.conllu"
    file.write_text("# one\n" + "".join(lines) + "\n", "utf-8")
    (sentence,) = arcparser.read_conllu(file)
    with pytest.raises(TreeError, match=problem) as caught:
        toy_parser.parse(sentence, keep_arcs=True)
    assert caught.value.file == str(file) and caught.value.line in (2, 3, 4)
    assert toy_parser.parse(sentence).heads
