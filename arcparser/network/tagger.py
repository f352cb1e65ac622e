"""Find the tags: a hidden layer over the encoder's first layer, and a softmax for UPOS, XPOS and FEATS each.

    t = relu(y W + b)        logits of a column = t W_column + b_column

With `feature_sums` the weights of a FEATS value are its own plus those of each of its features (`Case=Nom`,
`Number=Sing`), so that a combination that is rare is learned with those that share features with it. The three columns
are one product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from arcparser.network.settings import Settings
from arcparser.network.vocabulary import TAG_COLUMNS, Vocabulary
from arcparser.nn.dropout import dropout_with_backward
from arcparser.nn.linear import linear, linear_with_backward, relu, relu_with_backward
from arcparser.nn.parameters import Parameters, Weight, glorot, zeros
from arcparser.types import Floats, Ints


def declare(settings: Settings, vocabulary: Vocabulary) -> dict[str, Weight]:
    """Declare the tagger's weights."""
    hidden = settings.tag_hidden
    declared = {
        "tag.w": Weight((2 * settings.first_hidden, hidden), glorot),
        "tag.b": Weight((hidden,), zeros),
    }
    for column in TAG_COLUMNS:
        classes = len(getattr(vocabulary, column))
        declared[f"{column}.w"] = Weight((hidden, classes), glorot)
        declared[f"{column}.b"] = Weight((classes,), zeros)
    if settings.feature_sums:
        features = len(vocabulary.features.names)
        declared["feature.w"] = Weight((hidden, features), glorot)
        declared["feature.b"] = Weight((features,), zeros)
    return declared


class TagWeights(NamedTuple):
    """Hold the weights of all columns side by side, `w [tag_hidden, sum of K]`, `b [sum of K]`."""

    w: Floats
    b: Floats


def tag_weights(p: Parameters, features: Floats) -> TagWeights:
    """Join the weights of the columns.

    Args:
        p: The network's weights.
        features: `[K, features]` which features a FEATS value has, `Vocabulary.features`.
    """
    weights = [p[f"{column}.w"] for column in TAG_COLUMNS]
    biases = [p[f"{column}.b"] for column in TAG_COLUMNS]
    if "feature.w" in p:
        weights[-1] = weights[-1] + p["feature.w"] @ features.T
        biases[-1] = biases[-1] + features @ p["feature.b"]
    return TagWeights(np.concatenate(weights, axis=1), np.concatenate(biases))


def column_starts(vocabulary: Vocabulary) -> Ints:
    """Return where the logits of each column begin among those of all."""
    return np.cumsum([0, *vocabulary.tag_sizes[:-1]])


def of_columns(logits: Floats, vocabulary: Vocabulary) -> list[Floats]:
    """Cut the logits of all columns, `[T, sum of K]`, into those of each, `[T, K]`."""
    return np.split(logits, column_starts(vocabulary)[1:].tolist(), axis=1)


def tag_layer(y: Floats, p: Parameters) -> Floats:
    """Compute the hidden layer t from the first layer, `y [T, 2H]` -> `[T, tag_hidden]`."""
    return relu(linear(y, p["tag.w"], p["tag.b"]))


def tag_layer_with_backward(
    y: Floats, p: Parameters, g: Parameters, mask: Floats | None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Compute `tag_layer` for training, with a dropout `mask [T, tag_hidden]`."""
    t, linear_backward = linear_with_backward(y, p["tag.w"], p["tag.b"], g["tag.w"], g["tag.b"])
    t, relu_backward = relu_with_backward(t)
    t, dropout_backward = dropout_with_backward(t, mask)
    return t, lambda dt: linear_backward(relu_backward(dropout_backward(dt)))


def tag_logits(t: Floats, weights: TagWeights) -> Floats:
    """Compute the logits of all columns, `[T, sum of K]`, from `t [T, tag_hidden]`."""
    return linear(t, weights.w, weights.b)


def tag_logits_with_backward(
    t: Floats, features: Floats, p: Parameters, g: Parameters
) -> tuple[Floats, Callable[[Sequence[Floats]], Floats]]:
    """Compute `tag_logits` for training; `backward` takes the gradient on each column's logits."""
    weights = tag_weights(p, features)

    def backward(dlogits: Sequence[Floats]) -> Floats:
        for column, d in zip(TAG_COLUMNS, dlogits):
            g[f"{column}.w"][...] += t.T @ d
            g[f"{column}.b"][...] += d.sum(axis=0)
        if "feature.w" in p:
            of_features = dlogits[-1] @ features  # [T, features]
            g["feature.w"][...] += t.T @ of_features
            g["feature.b"][...] += of_features.sum(axis=0)
        return np.concatenate(dlogits, axis=1) @ weights.w.T

    return tag_logits(t, weights), backward
