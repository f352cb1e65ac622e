"""Probabilities of arcs and labels, and what comes second, against a search over all heads and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import conllu
import numpy as np
import pytest

import arcparser
from arcparser.errors import UsageError
from arcparser.model.calibration import Calibration
from arcparser.nn.softmax import softmax
from arcparser.parsing import batching
from arcparser.parsing.choices import NONE
from arcparser.parsing.parser import Parser
from arcparser.parsing.pool import Workers
from arcparser.parsing.predictor import Prediction, Predictor
from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import ENHANCED, TEST, random_network

WORDS = "the dogs chase cats and bark . often".split()
FIELDS = ("arc_scores", "label_scores", "second_heads", "second_labels")


def random_sentences(*lengths: int) -> list[list[str]]:
    rng = np.random.default_rng(1)
    return [[WORDS[i] for i in rng.integers(0, len(WORDS), n)] for n in lengths]


def by_brute_force(predictor: Predictor, words: list[str], made: Prediction) -> list[list[Any]]:
    """What FIELDS should be, head by head and label by label, of a parser without a calibration."""
    scorers = predictor.scorers(words)
    assert scorers.head_probabilities is not None
    rows: list[list[Any]] = []
    for word, head, label in zip(range(1, len(words) + 1), made.heads.tolist(), made.labels.tolist()):
        p = scorers.head_probabilities[0, word - 1]
        others = [h for h in range(len(words) + 1) if h not in (head, word)]
        at = scorers.transition_scorer.rows[0]
        logits = scorers.label_scorer.logits(
            np.array([LEFT_ARC if head > word else RIGHT_ARC]), at[[head + 1]], at[[word + 1]]
        )[0]
        legal = scorers.masks.at_root if head == 0 else scorers.masks.elsewhere
        q = softmax(logits, legal)
        other_labels = [i for i in np.flatnonzero(legal).tolist() if i != label]
        second_head = max(others, key=lambda h: p[h], default=NONE)
        rows.append([p[head], q[label], second_head, max(other_labels, key=lambda i: q[i], default=NONE)])
    return rows


def test_scorers_stay_as_they_are() -> None:
    predictor = Predictor(random_network(1, scale=3.0))
    words, other = random_sentences(12, 5)
    scorers = predictor.scorers(words)
    before = scorers.transition_scorer.tables.copy()
    predictor.predict([other], scores=True)
    np.testing.assert_array_equal(scorers.transition_scorer.tables, before)


@pytest.mark.parametrize("by_blocks", [False, True])
@pytest.mark.parametrize("changes", [{}, {"children": False, "graph_features": False}])
def test_what_comes_second(changes: dict[str, Any], by_blocks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    networks = [random_network(seed, scale=3.0, **changes) for seed in (1, 2)]
    sentences = random_sentences(1, 2, 3, 9, 30)
    expected = [by_brute_force(Predictor(*networks), s, p) for s, p in zip(sentences, _scored(networks, sentences))]
    if by_blocks:
        monkeypatch.setattr(batching, "_PAIRS", 0)
    for rows, prediction in zip(expected, _scored(networks, sentences)):
        for field, column in zip(FIELDS, zip(*rows)):
            np.testing.assert_allclose(getattr(prediction, field), column, atol=1e-12, err_msg=field)
    heads = np.concatenate([np.array([row[2] for row in rows]) for rows in expected])
    assert heads[0] == NONE and (heads[1:] >= 0).all() and 0 in heads
    assert len({row[3] for rows in expected for row in rows}) > 2


def _scored(networks: list[Any], sentences: list[list[str]]) -> list[Prediction]:
    return Predictor(*networks).predict(sentences, scores=True)


def test_choices_are_in_the_order_of_the_sentences() -> None:
    networks = [random_network(1, scale=3.0)]
    sentences = random_sentences(3, 9, 1, 30, 2)
    found = Predictor(*networks).choices(sentences)
    predictions = _scored(networks, sentences)
    for field, ours in (("heads", found.heads), ("labels", found.labels), ("second_heads", found.second_heads)):
        assert ours.tolist() == np.concatenate([getattr(p, field) for p in predictions]).tolist()
    np.testing.assert_allclose(
        found.arcs, np.concatenate([p.arc_scores for p in predictions if p.arc_scores is not None])
    )


def test_the_only_possible_head_is_certain_whatever_the_calibration() -> None:
    calibration = Calibration(arc_slopes=(0.3, 0.4), arc_offset=-1.0, label_temperature=2.0)
    (prediction,) = Predictor(random_network(1), calibration=calibration).predict([["Dogs"]], scores=True)
    assert [getattr(prediction, field).tolist() for field in FIELDS[:3]] == [[1.0], [1.0], [NONE]]


def test_a_sentence_has_its_scores_until_it_gets_another_tree(toy_parser: Parser) -> None:
    words = ["Dogs", "chase", "cats", "."]
    assert toy_parser.parse(words).scores is None
    sentence = toy_parser.parse(words, scores=True)
    scores = sentence.scores
    assert scores is not None
    assert scores.arc.shape == scores.label.shape == scores.second_heads.shape == (4,)
    for i, head in enumerate(sentence.heads):
        attributes = dict(a.split("=") for a in sentence.misc[i].split("|"))
        assert attributes == {"ArcScore": f"{scores.arc[i]:.4f}", "LabelScore": f"{scores.label[i]:.4f}"}
        assert scores.second_heads[i] not in (head, i + 1)
        assert scores.second_deprels[i] != sentence.deprels[i]
        assert (scores.second_deprels[i] == "_") == (head == 0)  # only one label may stand at the root
    assert sentence.copy().scores is scores
    again = toy_parser.parse(sentence)
    assert again.scores is None and sentence.scores is scores
    sentence.set_tree([2, 0, 2, 2], ["nsubj", "root", "obj", "punct"])
    assert sentence.scores is None


def test_tokenlists_have_them_in_misc(toy_parser: Parser) -> None:
    tokens = conllu.TokenList([{"id": 1, "form": "Dogs"}, {"id": 2, "form": "bark"}])
    parsed = toy_parser.parse(tokens, scores=True)
    assert [list(token["misc"]) for token in parsed] == [["ArcScore", "LabelScore"]] * 2


def test_scores_are_true_or_false(toy_parser: Parser) -> None:
    with pytest.raises(UsageError, match=r"scores .*give True or False"):
        toy_parser.parse(["Dogs"], scores="yes")  # type: ignore[call-overload]


def test_two_processes_give_the_same(toy_model: Path, toy_parser: Parser) -> None:
    sentences = list(arcparser.read_conllu(TEST))[:12] + list(arcparser.read_conllu(ENHANCED))[:4]
    with Workers(toy_model, 2) as workers:
        stream = toy_parser.parse_stream((s.copy() for s in sentences), scores=True, batch_words=40, workers=workers)
        found = [s for s in stream if isinstance(s, Sentence)]
    for ours, theirs in zip(found, toy_parser.parse_many(sentences, scores=True), strict=True):
        a, b = ours.scores, theirs.scores
        assert a is not None and b is not None
        np.testing.assert_allclose(a.arc, b.arc, rtol=1e-9)
        np.testing.assert_allclose(a.label, b.label, rtol=1e-9)
        assert a.second_heads.tolist() == b.second_heads.tolist()
        assert list(a.second_deprels) == list(b.second_deprels)
        assert ours.to_bytes() == theirs.to_bytes()
