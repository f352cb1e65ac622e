"""The fit of a calibration: against a search by brute force, and on parsers that are too sure of themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.evaluation.calibration import reliability
from arcparser.model import model_file
from arcparser.model.calibration import Calibration, log_odds, platt
from arcparser.model.model import ensemble
from arcparser.parsing.parser import Parser
from arcparser.training.calibrate import calibrate, fit_arcs, fit_labels, negative_log_likelihood
from arcparser.types import Bools, Floats, Ints
from tests.helpers.toy import DEV, ENHANCED, random_parser, toy_training


def sure_labels(factor: float, words: int = 4000) -> tuple[Floats, Ints, Bools]:
    """Logits that are `factor` times those by which the gold labels are drawn, the chosen labels, which are right."""
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (words, 6))
    logits[:, 5] = -np.inf
    p = Calibration().labels(logits)
    gold = (p.cumsum(axis=1) > rng.random((words, 1))).argmax(axis=1)
    chosen = logits.argmax(axis=1)
    return factor * logits, chosen, chosen == gold


def sure_arcs(words: int = 4000) -> tuple[Floats, Bools]:
    """Probabilities of arcs which are too near to 0 and 1, and which arcs are right."""
    rng = np.random.default_rng(3)
    odds = rng.normal(2, 2, words)
    right = rng.random(words) < platt(odds, 1.0, 0.0)
    return platt(odds, 2.5, -1.0), right


def test_the_temperature_is_that_of_a_search_by_brute_force() -> None:
    logits, labels, right = sure_labels(3.0)
    rows = np.arange(len(labels))

    def loss(t: float) -> float:
        return negative_log_likelihood(Calibration(label_temperature=t).labels(logits)[rows, labels], right)

    grid = np.arange(2.0, 4.0, 0.01)
    best = grid[np.argmin([loss(t) for t in grid])]
    found = fit_labels(logits, labels, right)
    assert abs(found - best) <= 0.01
    assert abs(found - 3.0) < 0.2  # what the logits were made with
    before, after = (Calibration(label_temperature=t).labels(logits)[rows, labels] for t in (1.0, found))
    assert reliability(before, right).ece > 10
    assert reliability(after, right).ece < 2.5


def test_slope_and_offset_are_those_of_a_search_by_brute_force() -> None:
    p, right = sure_arcs()

    def loss(a: float, b: float) -> float:
        return negative_log_likelihood(platt(log_odds(p), a, b), right)

    grid = [(loss(a, b), a, b) for a in np.arange(0.3, 0.5, 0.01) for b in np.arange(0.2, 0.6, 0.02)]
    least, a, b = min(grid)
    slope, offset = fit_arcs(p, right)
    assert abs(slope - a) <= 0.02 and abs(offset - b) <= 0.04
    assert loss(slope, offset) <= least
    for near in ((slope + 1e-3, offset), (slope - 1e-3, offset), (slope, offset + 1e-3), (slope, offset - 1e-3)):
        assert loss(*near) > loss(slope, offset)
    assert reliability(p, right).ece > 5
    assert reliability(platt(log_odds(p), slope, offset), right).ece < 2


@pytest.mark.parametrize("right", [[True] * 5, [False] * 5, [True], [], [True, False]])
def test_a_fit_is_finite_whatever_is_right(right: list[bool]) -> None:
    p, mask = np.linspace(0.0, 1.0, 5)[: len(right)], np.array(right, dtype=bool)
    slope, offset = fit_arcs(p, mask)
    temperature = fit_labels(np.array([[2.0, 1.0]] * len(right)).reshape(-1, 2), np.zeros(len(right), np.intp), mask)
    assert 0.04 < slope < 21 and abs(offset) <= 100 and 0.04 < temperature < 21
    assert np.isfinite(platt(log_odds(p), slope, offset)).all()


def test_a_training_ends_with_a_calibration(tmp_path: Path) -> None:
    lines: list[str] = []
    parser = toy_training(tmp_path / "a", report=lines.append)
    fitted = parser.model.calibration
    assert fitted == model_file.load(tmp_path / "a").calibration
    assert sum(line.startswith("calibrated: ECE of arcs ") for line in lines) == 1
    words = [n for n in map(len, arcparser.read_conllu(ENHANCED)) if n > 1]
    assert fitted.words == sum(words)


def test_scores_are_calibrated_and_choices_are_not(toy_parser: Parser) -> None:
    fitted = toy_parser.model.calibration
    without = Parser(replace(toy_parser.model, calibration=Calibration()))
    sentences = [s for s in arcparser.read_conllu(DEV) if len(s) > 1]
    for one, other in zip(*(p.parse_many(sentences, scores=True) for p in (toy_parser, without))):
        assert one.heads == other.heads and one.deprels == other.deprels
        assert one.scores is not None and other.scores is not None
        expected = platt(log_odds(other.scores.arc), fitted.arc_slope, fitted.arc_offset)
        np.testing.assert_allclose(one.scores.arc, expected, rtol=1e-12)
        assert one.scores.second_heads.tolist() == other.scores.second_heads.tolist()
        assert one.scores.second_deprels == other.scores.second_deprels
        assert (np.abs(one.scores.label - other.scores.label) > 1e-4).any()


def test_a_calibration_belongs_to_its_networks() -> None:
    dev = list(arcparser.read_conllu(ENHANCED))
    first, second = (calibrate(random_parser(seed).model, dev) for seed in (1, 2))
    assert first.calibration != second.calibration
    both = ensemble([first, second])
    assert both.calibration == Calibration()
    assert calibrate(both, dev).calibration.words == first.calibration.words
    assert calibrate(first, dev) == first  # a fit does not see the one before
    assert calibrate(first, []).calibration == Calibration()
