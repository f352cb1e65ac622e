"""What is chosen where logits tie, and which choices count as close."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.nn.choice import CloseCalls, choose, close_calls


def test_in_double_precision_the_first_of_a_tie_is_chosen() -> None:
    logits = np.array([[1.0, 3.0, 3.0 + 1e-12], [2.0, 1.0, 2.0], [0.0, 1.0, 2.0], [-np.inf, 5.0, 5.0 - 1e-6]])
    assert choose(logits).tolist() == [1, 0, 2, 1]
    assert choose(np.array([[-np.inf, np.nan], [np.nan, 1.0]])).tolist() == [1, 0]


def test_in_single_precision_the_largest_is_chosen() -> None:
    logits = np.array([[1.0, 3.0, 3.00001]], dtype=np.float32)
    assert choose(logits).tolist() == [2]


@pytest.mark.parametrize("classes", [3, 40])
def test_close_calls_are_found(classes: int) -> None:
    logits = np.full((5, classes), -np.inf, dtype=np.float32)
    logits[:, :2] = [[3, 1], [3, 3.00004], [-2, -2.00004], [1000, 1000.001], [1, 1.01]]
    sentences = np.array([7, 4, 2, 4, 1])
    best = choose(logits)
    assert close_calls(sentences, logits, best).tolist() == [2, 4]
    calls = CloseCalls()
    assert not len(calls.found())
    for i in range(5):
        calls.add(sentences[i : i + 1], logits[i : i + 1], best[i : i + 1])
    assert calls.found().tolist() == [2, 4]
    assert close_calls(sentences, np.full((5, classes), np.nan, np.float32), best).tolist() == [1, 2, 4, 7]


def test_a_single_class_is_no_close_call() -> None:
    assert not len(close_calls(np.arange(3), np.zeros((3, 1), dtype=np.float32), np.zeros(3, dtype=np.intp)))
