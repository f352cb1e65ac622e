"""The fit of a calibration: against a search by brute force, and on parsers that are too sure of themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.evaluation.calibration import reliability
from arcparser.model import model_file
from arcparser.model.calibration import Calibration, beta, logs
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
    right = rng.random(words) < 1 / (1 + np.exp(-odds))
    return 1 / (1 + np.exp(1.0 - 2.5 * odds)), right


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


def test_slopes_and_offset_are_those_of_a_search_by_brute_force() -> None:
    p, right = sure_arcs()

    def loss(a: float, b: float, c: float) -> float:
        return negative_log_likelihood(Calibration(arc_slopes=(a, b), arc_offset=c).arcs(p), right)

    steps = np.arange(0.3, 0.5, 0.02)
    least, *_ = min((loss(a, b, c), a, b, c) for a in steps for b in steps for c in np.arange(0.2, 0.6, 0.04))
    (a, b), offset = fit_arcs(p, right)
    found = loss(a, b, offset)
    assert found <= least
    for da, db, dc in np.concatenate((np.eye(3), -np.eye(3))) * 1e-2:
        assert loss(a + da, b + db, offset + dc) > found
    # What they were made with is 0.4 for both slopes and 0.4 for the offset.
    assert abs(a - 0.4) < 0.1 and abs(b - 0.4) < 0.1 and abs(offset - 0.4) < 0.2
    assert reliability(p, right).ece > 5
    assert reliability(Calibration(arc_slopes=(a, b), arc_offset=offset).arcs(p), right).ece < 2


def test_two_slopes_make_up_for_smoothed_labels() -> None:
    """A network that gives 0.9 to what it is sure of: with one slope the surest arcs stay too improbable."""
    rng = np.random.default_rng(4)
    truth = 1 / (1 + np.exp(-rng.normal(3, 2, 8000)))
    p, right = 0.9 * truth + 0.1 / 20, rng.random(8000) < truth
    slopes, offset = fit_arcs(p, right)
    assert slopes[1] > 1.2 * slopes[0]
    assert reliability(Calibration(arc_slopes=slopes, arc_offset=offset).arcs(p), right).ece < 1.5
    assert reliability(p, right).ece > 5


def test_a_surer_arc_is_never_less_probable() -> None:
    p = np.linspace(0.01, 0.99, 99)
    for right in (p < 0.5, np.arange(99) % 2 == 0, p > 0.7, (p > 0.3) & (p < 0.6)):
        slopes, offset = fit_arcs(p, right)
        assert min(slopes) >= 0 < max(slopes)
        assert (np.diff(Calibration(arc_slopes=slopes, arc_offset=offset).arcs(p)) >= 0).all()


@pytest.mark.parametrize("right", [[True] * 5, [False] * 5, [True], [], [True, False]])
def test_a_fit_is_finite_whatever_is_right(right: list[bool]) -> None:
    p, mask = np.linspace(0.0, 1.0, 5)[: len(right)], np.array(right, dtype=bool)
    slopes, offset = fit_arcs(p, mask)
    temperature = fit_labels(np.array([[2.0, 1.0]] * len(right)).reshape(-1, 2), np.zeros(len(right), np.intp), mask)
    assert min(slopes) >= 0 and 0 < max(slopes) < 100 and abs(offset) <= 100 and 0.04 < temperature < 21
    assert np.isfinite(Calibration(arc_slopes=slopes, arc_offset=offset).arcs(p)).all()


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
        expected = beta(*logs(other.scores.arc), fitted.arc_slopes, fitted.arc_offset)
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
