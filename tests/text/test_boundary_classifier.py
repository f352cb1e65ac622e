"""The hashed softmax classifier."""

from __future__ import annotations

from typing import Any

import numpy as np

from arcparser.nn.softmax import cross_entropy, logits_gradient, softmax
from arcparser.text.boundary_classifier import (
    BoundaryClassifier,
    hash_columns,
    hash_string,
    train_classifier,
    weights_gradient,
)


def test_hashes_are_the_same_everywhere() -> None:
    assert hash_string("123456789") == 0xCBF43926  # the check value of CRC-32
    columns = [np.array([1, 2, 2**63], np.uint64), np.array([5, 5, 5], np.uint64)]
    before = [column.copy() for column in columns]
    hashes = hash_columns(columns, 3, 12)
    assert hashes.dtype == np.int32
    assert ((hashes >= 0) & (hashes < 1 << 12)).all()
    assert all((column == copy).all() for column, copy in zip(columns, before))
    assert (hashes != hash_columns(columns, 4, 12)).any()
    assert (hashes != hash_columns(columns[::-1], 3, 12)).any()


def test_hashes_spread() -> None:
    numbers = np.arange(1 << 12, dtype=np.uint64)
    used = len(np.unique(hash_columns([numbers], 0, 12)))
    assert used > 0.55 * (1 << 12)  # random numbers would use 1 - 1/e of the places, 63 %


def test_the_gradient_on_the_weights_equals_finite_differences() -> None:
    random = np.random.default_rng(1)
    rows = random.integers(0, 6, (5, 3)).astype(np.int32)  # with features that a place has twice
    classes = np.array([0, 2, 1, 2, 0])
    weights = random.normal(size=(6, 3))

    def loss(values: np.ndarray) -> float:
        return float(cross_entropy(softmax(values[rows].sum(axis=1)), classes).sum())

    gradient = np.empty_like(weights)
    weights_gradient(rows, logits_gradient(softmax(weights[rows].sum(axis=1)), classes), gradient)
    for place in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[place] = 1e-6
        numeric = (loss(weights + step) - loss(weights - step)) / 2e-6
        assert abs(numeric - gradient[place]) < 1e-6


def test_it_learns_what_can_be_learned_and_the_same_with_the_same_seed() -> None:
    random = np.random.default_rng(2)
    seen = random.integers(0, 20, (4, 600))
    classes = np.where(seen[1] > 12, 2, seen[2] % 2)
    features = (seen + 20 * np.arange(4)[:, None]).astype(np.int32)
    options: dict[str, Any] = {"class_count": 3, "bits": 7, "epochs": 30, "rate": 0.05}
    first = train_classifier(features, classes, **options)
    again = train_classifier(features, classes, **options)
    assert (first.weights == again.weights).all()
    assert first.bits == 7
    assert (first.probabilities(features).argmax(axis=1) == classes).mean() > 0.95


def test_probabilities_of_no_places() -> None:
    classifier = BoundaryClassifier(np.zeros((8, 2), np.float16))
    assert classifier.probabilities(np.zeros((3, 0), np.int32)).shape == (0, 2)
