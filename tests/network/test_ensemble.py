"""Several networks that choose together: their mean is what one wider scorer computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.network.tagger import of_columns
from arcparser.nn.packing import pack
from arcparser.nn.softmax import softmax
from arcparser.parsing import form_cache
from arcparser.parsing.parser import Parser
from arcparser.parsing.predictor import Predictor
from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC, States
from arcparser.transition.features import extract
from arcparser.viz.explain import explain
from tests.helpers.toy import DEV, ENHANCED, random_network, random_parser

WORDS = ["Dogs", "that", "chase", "cats", "bark", "."]


def ensemble_parser(*seeds: int, **changes: Any) -> Parser:
    """A parser of random networks."""
    first = random_parser(seeds[0], scale=2.0, **changes).model
    others = (random_network(seed, scale=2.0, **changes) for seed in seeds[1:])
    return Parser(replace(first, networks=(*first.networks, *others)))


@pytest.mark.parametrize("changes", [{}, {"children": False}, {"graph_features": False}, {"layers": 2, "cell": "qrnn"}])
def test_the_scores_are_the_mean_of_the_networks(changes: dict[str, Any]) -> None:
    networks = [random_network(seed, scale=2.0, **changes) for seed in (1, 2, 3)]
    ensemble = Predictor(*networks).scorers(WORDS)
    alone = [Predictor(network).scorers(WORDS) for network in networks]
    n = len(WORDS)
    states = States(np.array([n]), children=ensemble.transition_scorer.children)
    rows = ensemble.transition_scorer.rows[0]
    rng = np.random.default_rng(1)
    seen = 0
    while len(states.active):
        features, legal = extract(states), states.legal()
        logits = ensemble.transition_scorer.logits(features)
        np.testing.assert_allclose(
            logits, np.mean([s.transition_scorer.logits(features) for s in alone], axis=0), atol=1e-5
        )
        choice = np.array([rng.choice(np.flatnonzero(legal[0]))])
        states.apply(choice, np.array([1 if choice[0] in (LEFT_ARC, RIGHT_ARC) else -1]))
        seen += 1
    assert seen >= 2 * n
    heads, dependents = np.array([rows[1], rows[2], rows[4]]), np.array([rows[3], rows[5], rows[2]])
    transition = np.array([RIGHT_ARC, RIGHT_ARC, LEFT_ARC])
    np.testing.assert_allclose(
        ensemble.label_scorer.logits(transition, heads, dependents),
        np.mean([s.label_scorer.logits(transition, heads, dependents) for s in alone], axis=0),
        atol=1e-5,
    )
    assert ensemble.head_probabilities is not None
    np.testing.assert_allclose(
        ensemble.head_probabilities, np.mean([s.head_probabilities for s in alone], axis=0), atol=1e-6
    )


def test_tags_are_those_of_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arcparser.nn.lstm.PARSED_TOGETHER", 4)  # so that each network's part comes in turn
    networks = [random_network(seed, scale=2.0) for seed in (1, 2, 3)]
    sentences = [s.forms for s in arcparser.read_conllu(ENHANCED)]
    ensemble = Predictor(*networks).predict(sentences)
    agreed = 0
    for words, prediction in zip(sentences, ensemble):
        each = []
        for network in networks:
            predictor = Predictor(network)
            rows = predictor.form_rows(words)
            ((_, _, logits),) = predictor.encode(rows, pack([len(words)]))
            each.append(of_columns(logits, network.vocabulary))
        for column in range(3):
            mean = np.mean([logits[column] for logits in each], axis=0)
            assert np.array_equal(prediction.tags[:, column], mean.argmax(axis=1))
            agreed += int((each[0][column].argmax(axis=1) == mean.argmax(axis=1)).sum())
    assert agreed < 3 * sum(map(len, sentences))  # the others have a say


def test_a_network_combined_with_itself_is_itself() -> None:
    alone, twice = random_parser(1, scale=2.0), ensemble_parser(1, 1)
    sentences = [s.forms for s in arcparser.read_conllu(DEV)]
    assert [str(s) for s in alone.parse_many(sentences)] == [str(s) for s in twice.parse_many(sentences)]


def test_an_explanation_shows_the_joint_distribution() -> None:
    parser = ensemble_parser(1, 2)
    explanation = explain(parser, WORDS)
    assert [arc.head for arc in sorted(explanation.arcs, key=lambda arc: arc.dependent)] == parser.parse(WORDS).heads
    said = Predictor(*parser.model.networks).scorers(WORDS)
    states = States(np.array([len(WORDS)]))
    shift = softmax(said.transition_scorer.logits(extract(states)), states.legal())[0].max()
    assert max(action.probability for action in explanation.steps[0].actions) == pytest.approx(shift, abs=1e-4)


def test_a_batch_of_more_forms_than_the_table_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [str(s) for s in ensemble_parser(1, 2).parse_many(s.forms for s in arcparser.read_conllu(DEV))]
    for size in (0, 1 << 12):
        monkeypatch.setattr(form_cache, "_BYTES", size)
        small_table = ensemble_parser(1, 2)
        for batch_words in (1, 30, 10_000):
            sentences = [s.forms for s in arcparser.read_conllu(DEV)]
            assert [str(s) for s in small_table.parse_many(sentences, batch_words=batch_words)] == expected
