"""Lemmas are found once for a form with given tags, and are the same whatever else was parsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.network.lemma_rules import apply_rule
from arcparser.network.lemmatizer import rule_logits
from arcparser.parsing import lemma_cache
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import TagMode
from tests.helpers.toy import DEV, random_parser


@pytest.fixture(scope="module")
def parser() -> Parser:
    return random_parser(1, scale=2.0)


def lemmas(parser: Parser, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
    found = [prediction.lemmas for prediction in parser.predict(sentences)]
    return [one.tolist() for one in found if one is not None]


def test_a_lemma_is_what_the_best_rule_makes(parser: Parser) -> None:
    """Recomputed by hand from the network's weights, for each word of a treebank."""
    (network,) = parser.model.networks
    vocabulary, features = network.vocabulary, network.vocabulary.features.of_feats
    sentences = [s.forms for s in arcparser.read_conllu(DEV)]
    predictions = parser.predict(sentences)
    cache = parser._predictor._forms
    words = 0
    for forms, prediction in zip(sentences, predictions):
        inputs = cache.lemma_inputs[0][cache.rows([forms])]
        logits = rule_logits(inputs, prediction.tags, features, network.weights)
        assert prediction.lemmas is not None
        for form, scores, found in zip(forms, logits, prediction.lemmas):
            made = {}
            for rule in (-scores).argsort(kind="stable")[:8].tolist():
                lemma = apply_rule(vocabulary.lemma_rules[rule], form)
                if lemma:
                    made.setdefault(lemma, scores[rule] + 4.0 * (lemma in vocabulary.lemmas))
            assert found == (max(made, key=lambda lemma: made[lemma]) if made else form)
            words += 1
    assert words > 400


@pytest.mark.parametrize("scale", [0.1, 2.0, 20.0])
def test_what_is_settled_at_once_is_what_trying_finds(parser: Parser, scale: float) -> None:
    """However sure the network is of the best rule, and with forms that are too short for it."""
    cache = parser._predictor._lemmas
    assert cache is not None
    forms = ["", *(word.form for sentence in arcparser.read_conllu(DEV) for word in sentence)]
    logits = np.random.default_rng(7).normal(size=(len(forms), len(cache._rules))).astype(np.float32) * scale
    found, expected = cache._choose(forms, logits), cache._choose_among_several(forms, logits)
    assert [lemma for lemma, _ in found] == [lemma for lemma, _ in expected]
    assert [lead < 2e-4 for _, lead in found] == [lead < 2e-4 for _, lead in expected]
    assert any(lead < np.inf for _, lead in found) and (scale < 2 or any(lead == np.inf for _, lead in found))
    assert not cache._choose([], logits[:0])


def test_a_lemma_depends_on_nothing_but_its_sentence(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [s.forms for s in arcparser.read_conllu(DEV)][:20]
    together = lemmas(parser, sentences)
    monkeypatch.setattr(lemma_cache, "_ENTRIES", 5)  # forgotten again and again
    alone = random_parser(1, scale=2.0)
    assert [lemmas(alone, [words])[0] for words in reversed(sentences)] == together[::-1]


def test_rules_are_applied_once_for_a_form_with_its_tags(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [s.forms for s in arcparser.read_conllu(DEV)][:20]
    first = lemmas(parser, sentences)

    def never(*_: Any) -> str:
        raise AssertionError("a rule was applied again")

    monkeypatch.setattr(lemma_cache, "rule_function", never)
    assert lemmas(parser, sentences) == first


def test_a_model_without_lemmas_leaves_the_column_alone() -> None:
    sentence = arcparser.Sentence.from_words(["Dogs", "bark"])
    sentence.set_lemmas(["dog", "_"])
    parsed = random_parser(1, lemmas=False).parse(sentence, tags="retag")
    assert parsed.lemmas == ["dog", "_"]
    assert "_" not in parsed.upos


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("fill", ["given", "made"]), ("retag", ["made", "made"]), ("keep", ["given", "_"])],
)
def test_where_lemmas_are_written(parser: Parser, mode: TagMode, expected: list[str]) -> None:
    """A word that has a UPOS gets its lemma as well, if it has none."""
    sentence = arcparser.Sentence.from_words(["Dogs", "bark"])
    sentence.set_lemmas(["given", "_"])
    sentence.set_tags(["NOUN", "VERB"], None, None)
    made = lemmas(parser, [["Dogs", "bark"]])[0]
    parsed = parser.parse(sentence, tags=mode)
    assert parsed.lemmas == [made[i] if what == "made" else what for i, what in enumerate(expected)]
