"""The evaluation script of the CoNLL 2018 shared task, which the package `udtools` carries: without it, tests skip."""

from __future__ import annotations

import io

import pytest

from arcparser.errors import ArcparserError
from arcparser.evaluation.scores import METRICS
from tests.helpers.tagged import evaluate

udeval = pytest.importorskip("udtools.udeval", reason="the referee, package udtools, is not installed")


def assert_equals_referee(gold: str, system: str) -> None:
    """Compare all twelve metrics but ExactLAS, which is ours, or expect an error on both sides."""
    try:
        referee = udeval.evaluate(*(udeval.load_conllu(io.StringIO(text), "", {}) for text in (gold, system)))
    except udeval.UDError:
        with pytest.raises(ArcparserError):
            evaluate(gold, system)
        return
    scores = evaluate(gold, system)
    for name, attribute in METRICS.items():
        if name == "ExactLAS":
            continue
        ours, theirs = getattr(scores, attribute), referee[name]
        expected = [theirs.precision, theirs.recall, theirs.f1, theirs.aligned_accuracy]
        expected = [None if value is None else pytest.approx(100 * value) for value in expected]
        assert [ours.precision, ours.recall, ours.f1, ours.aligned_accuracy] == expected, name
