"""Put together what a network is: settings, vocabulary, weights, and static word vectors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from numpy.typing import DTypeLike

from arcparser.network import (
    contextual,
    encoder,
    graph_scorer,
    label_scorer,
    lemmatizer,
    projections,
    transition_scorer,
)
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary
from arcparser.nn.parameters import Parameters, Weight
from arcparser.pretrained.static_vectors import StaticVectors
from arcparser.types import Floats


@dataclass(frozen=True)
class Network:
    """Hold a network.

    Attributes:
        settings: Its widths and layers.
        vocabulary: What it knows by number.
        weights: As `declare` declares them.
        vectors: Static ones, which training does not change, of width `vector_width`.
        scaling: `[2, pretrained_layers, pretrained_inputs]` means and factors of what a pretrained encoder says, as
            measured in training (`arcparser.network.contextual`).
    """

    settings: Settings
    vocabulary: Vocabulary
    weights: Parameters
    vectors: StaticVectors
    scaling: Floats

    def astype(self, dtype: DTypeLike, *, except_for: Collection[str] = ()) -> Network:
        """Return the network in another precision; the weights of `except_for` are shared and stay as they are."""
        return replace(
            self,
            weights=self.weights.astype(dtype, except_for=except_for),
            scaling=self.scaling.astype(dtype),
        )


def declare(settings: Settings, vocabulary: Vocabulary) -> dict[str, Weight]:
    """Declare all weights, in the order of the flat array and of the model file."""
    label_count = len(vocabulary.labels)
    return {
        **encoder.declare(settings, vocabulary),
        **contextual.declare(settings),
        **lemmatizer.declare(settings, vocabulary, encoder.word_width(settings)),
        **projections.declare(settings, encoder.output_width(settings)),
        **graph_scorer.declare(settings),
        **label_scorer.declare(settings, label_count),
        **transition_scorer.declare(settings, label_count),
    }


def weight_shapes(settings: Settings, vocabulary: Vocabulary) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of all weights."""
    return {name: weight.shape for name, weight in declare(settings, vocabulary).items()}


def same_architecture(one: Settings, other: Settings, vocabulary: Vocabulary) -> bool:
    """Tell whether weights of one of the settings mean the same in a network of the other."""
    return (
        weight_shapes(one, vocabulary) == weight_shapes(other, vocabulary)
        and one.cell == other.cell
        and (one.layers == 1 or one.tags_only == other.tags_only)
    )
