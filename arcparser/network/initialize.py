"""Make a network to be trained: with random weights, or with those of another that knows less."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from arcparser.errors import UsageError
from arcparser.network.network import Network, declare
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary
from arcparser.nn.parameters import Parameters
from arcparser.pretrained.static_vectors import NO_VECTORS, StaticVectors
from arcparser.types import Floats

_FEATURE_AXES = {"feature.w": 1, "feature.b": 0, "lemma.feats": 0}  # of the weights that have a place for each feature


def new_network(
    settings: Settings,
    vocabulary: Vocabulary,
    *,
    seed: int,
    vectors: StaticVectors = NO_VECTORS,
    scaling: Floats | None = None,
    dtype: DTypeLike = np.float32,
) -> Network:
    """Make a network with random weights, each as it was declared to start.

    Raises:
        UsageError: `vector_width` is not that of the `vectors`, or `pretrained_layers` or
            `pretrained_inputs` not that of the `scaling [2, pretrained_layers, pretrained_inputs]`.
    """
    rng = np.random.default_rng(seed)
    declared = declare(settings, vocabulary)
    weights = Parameters({name: weight.shape for name, weight in declared.items()}, dtype=dtype)
    for name, weight in declared.items():
        weights[name][...] = weight.initializer(rng, weight.shape)
    if vectors.width != settings.vector_width:
        raise UsageError(f"vector_width = {settings.vector_width}: it is set by the vectors themselves: leave it out")
    if scaling is None:
        scaling = np.zeros((2, 0, 0))
    if scaling.shape[1:] != (settings.pretrained_layers, settings.pretrained_inputs):
        raise UsageError("pretrained_layers and pretrained_inputs are set by the encoder itself: leave them out")
    return Network(settings, vocabulary, weights, vectors, scaling.astype(dtype))


def continue_from(known: Network, vocabulary: Vocabulary, *, seed: int) -> Network:
    """Make a network for an extended vocabulary (`arcparser.network.vocabulary.extend`) that knows what `known` knows.

    New forms, characters, tags and labels come after the old ones on every axis, so each old array is the beginning
    of the new one, but for features, which are in the order of their names; the rest starts at random.
    """
    network = new_network(known.settings, vocabulary, seed=seed, vectors=known.vectors, scaling=known.scaling)
    place = {feature: i for i, feature in enumerate(vocabulary.features.names)}
    features = [place[feature] for feature in known.vocabulary.features.names]
    for name, old in known.weights.items():
        at: list[slice | list[int]] = [slice(size) for size in old.shape]
        if name in _FEATURE_AXES:
            at[_FEATURE_AXES[name]] = features
        network.weights[name][tuple(at)] = old
    return network
