"""What is kept of forms is bounded, and forgetting some of it changes nothing that is predicted."""

from __future__ import annotations

import random

import numpy as np
import pytest

import arcparser
from arcparser.network import encoder
from arcparser.parsing import form_cache
from arcparser.parsing.form_cache import FormCache
from arcparser.parsing.parser import Parser
from tests.helpers.toy import DEV, random_network, random_parser


def small(monkeypatch: pytest.MonkeyPatch, parser: Parser, forms: int) -> FormCache:
    """The parser's cache, which holds so many forms where few words come together."""
    cache = parser._predictor._forms
    monkeypatch.setattr(form_cache, "_LEAST_BYTES", forms * cache._bytes_of_a_form())
    monkeypatch.setattr(form_cache, "_WORDS", 1 << 40)
    return cache


def test_the_forms_that_are_used_most_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = small(monkeypatch, random_parser(1), 8)
    for form in "abcdefgh":
        cache.rows([[form]])
    for form in "gbd":
        cache.rows([[form]])
    before = [products[:, :, cache.rows([["g"]])].copy() for products in cache.products]
    generation = cache.generation
    row = cache.rows([["i"]])
    assert cache.forms == ["a", "b", "d", "g", "i"] and row.tolist() == [4]
    assert cache.generation == generation + 1
    for products, kept in zip(cache.products, before):
        np.testing.assert_array_equal(products[:, :, cache.rows([["g"]])], kept)


def test_what_is_predicted_does_not_depend_on_what_was_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [s.forms for s in arcparser.read_conllu(DEV)]
    expected = [str(s) for s in random_parser(1, scale=2.0).parse_many(sentences)]
    parser = random_parser(1, scale=2.0)
    cache = small(monkeypatch, parser, 40)
    generations = set()
    for seed in range(3):
        order = random.Random(seed).sample(range(len(sentences)), len(sentences))
        for i in order:
            assert str(parser.parse(sentences[i])) == expected[i]
            generations.add(cache.generation)
            assert len(cache.forms) == len(cache._rows) <= 40
    assert len(generations) > 3


def test_many_words_together_may_take_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = small(monkeypatch, random_parser(1), 8)
    monkeypatch.setattr(form_cache, "_WORDS", form_cache._BYTES // cache._bytes_of_a_form())  # a form for each word
    for word in "abcdefgh":
        cache.rows([[word] * 20])
    assert cache.forms == list("abcdefgh")
    cache.rows([["i"] * 20])
    assert len(cache.forms) == 9
    cache.rows([["i"] * 8])  # where few come, what is there stays, if no more is needed
    assert len(cache.forms) == 9
    cache.rows([["j"] * 8])
    assert len(cache.forms) == 4 + 1 and cache.forms[-1] == "j"


def test_a_network_in_double_precision_shares_the_tables_of_forms() -> None:
    network = random_network(1)
    double = network.astype(np.float64, except_for=encoder.FORM_TABLES)
    for name, weights in network.weights.items():
        assert double.weights[name].dtype == (
            np.float32 if name.endswith(("form.table", "affix.table")) else np.float64
        )
        assert np.shares_memory(double.weights[name], weights) == (double.weights[name].dtype == np.float32)
        np.testing.assert_array_equal(double.weights[name], weights)
