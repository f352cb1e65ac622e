"""Which sentence is explained: that of a text, or one of a treebank."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import InputError, ModelError, TreeError, UsageError
from arcparser.parsing.parser import Parser
from arcparser.viz.explain import explain
from arcparser.viz.explain_sentence import explain_sentences
from tests.helpers.explanations import dogs
from tests.helpers.toy import DEV


def test_a_text(toy_model: Path, toy_parser: Parser) -> None:
    expected = explain(toy_parser, ["Dogs", "chase", "cats"], top=3)
    assert explain_sentences("Dogs chase cats", model=toy_model, top=3) == [expected]
    two = explain_sentences("\n Dogs  chase cats\nCats sleep", model=toy_model, top=3)
    assert two == [expected, explain(toy_parser, ["Cats", "sleep"], top=3)]


def test_several_sentences_of_a_line() -> None:
    found = explain_sentences("Dogs chase cats. Cats sleep.", model="en_ewt")
    assert [explanation.words[1:] for explanation in found] == [("Dogs", "chase", "cats", "."), ("Cats", "sleep", ".")]


def test_standard_input(toy_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Dogs chase cats\n")))
    assert explain_sentences("-", model=toy_model) == explain_sentences("Dogs chase cats", model=toy_model)


def test_a_tree_that_is_given(toy_model: Path, toy_parser: Parser) -> None:
    given = explain_sentences("Dogs chase cats", model=toy_model, tree=([2, 0, 2], ["nsubj", "root", "obj"]))
    assert given == [explain(toy_parser, dogs(), gold=dogs())]
    # With a tree it is one sentence, whatever the model makes of the text.
    tree = [2, 0, 2, 2, 6, 4, 4], ["nsubj", "root", "obj", "parataxis", "det", "obj", "punct"]
    (one,) = explain_sentences("Dogs chase cats. the cats.", model="en_ewt", tree=([2, 0, 2, 2, 6, 2, 2], tree[1]))
    assert len(one.words) == 8
    for heads, labels, problem in (
        ([2, 0], ["a", "b", "c"], "2 heads for 3 words (Dogs | chase | cats): give one for each word"),
        ([2, 0, 2], ["a"], "1 deprel for 3 words (Dogs | chase | cats): give one for each word"),
        ([2, 1, 0], ["a", "b", "c"], "the given heads: "),
        ([2, 0, 9], ["a", "b", "c"], "the given heads: "),
    ):
        with pytest.raises((UsageError, TreeError), match="^" + re.escape(problem)):
            explain_sentences("Dogs chase cats", model=toy_model, tree=(heads, labels))


def test_a_sentence_of_a_treebank(toy_model: Path, toy_parser: Parser) -> None:
    first, second = list(arcparser.read_conllu(DEV))[:2]
    for sentence, options in (
        (first, {}),
        (second, {"which": "2"}),
        (second, {"which": second.sent_id}),
        (second, {"text": second.text}),
    ):
        found = explain_sentences(model=toy_model, gold=DEV, follow="oracle", **options)
        assert found == [explain(toy_parser, sentence, gold=sentence, follow="oracle")]


def test_no_sentence(toy_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a sentence, or --gold FILE"):
        explain_sentences(model="nonesuch")
    with pytest.raises(UsageError, match="the text has no words"):
        explain_sentences(" \n ", model=toy_model)
    with pytest.raises(UsageError, match="no sentence 'nothing'"):
        explain_sentences("nothing", gold=DEV, model="nonesuch")
    with pytest.raises(InputError, match="no such file"):
        explain_sentences(gold=tmp_path / "none", model="nonesuch")
    with pytest.raises(ModelError, match="no such model"):
        explain_sentences("Dogs", model="nonesuch")
