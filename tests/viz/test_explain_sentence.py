"""Which sentence is explained: that of a text, or one of a treebank."""

from __future__ import annotations

from pathlib import Path

import pytest

import arcparser
from arcparser.errors import InputError, ModelError, UsageError
from arcparser.parsing.parser import Parser
from arcparser.viz.explain import explain
from arcparser.viz.explain_sentence import explain_sentence
from tests.helpers.toy import DEV


def test_a_text(toy_model: Path, toy_parser: Parser) -> None:
    expected = explain(toy_parser, ["Dogs", "chase", "cats"], top=3)
    assert explain_sentence("Dogs chase cats", model=toy_model, top=3) == expected
    assert explain_sentence("\n Dogs  chase cats\nCats sleep", model=toy_model, top=3) == expected


def test_a_sentence_of_a_treebank(toy_model: Path, toy_parser: Parser) -> None:
    first, second = list(arcparser.read_conllu(DEV))[:2]
    for sentence, options in (
        (first, {}),
        (second, {"which": "2"}),
        (second, {"which": second.sent_id}),
        (second, {"text": second.text}),
    ):
        found = explain_sentence(model=toy_model, gold=DEV, follow="oracle", **options)
        assert found == explain(toy_parser, sentence, gold=sentence, follow="oracle")


def test_no_sentence(toy_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a sentence, or --gold FILE"):
        explain_sentence(model="nonesuch")
    with pytest.raises(UsageError, match="the text has no words"):
        explain_sentence(" \n ", model=toy_model)
    with pytest.raises(UsageError, match="no sentence 'nothing'"):
        explain_sentence("nothing", gold=DEV, model="nonesuch")
    with pytest.raises(InputError, match="no such file"):
        explain_sentence(gold=tmp_path / "none", model="nonesuch")
    with pytest.raises(ModelError, match="no such model"):
        explain_sentence("Dogs", model="nonesuch")
