"""Hold a trained model: networks, how they were made, and how raw text becomes their sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from arcparser.errors import UsageError, clean, count
from arcparser.model.calibration import UNCALIBRATED, Calibration
from arcparser.model.sources import Source
from arcparser.network.network import Network
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary
from arcparser.text.segmentation import Segmentation

if TYPE_CHECKING:
    from arcparser.pretrained.pretrained_encoder import PretrainedEncoder

MOST_NETWORKS = 16


@dataclass(frozen=True, kw_only=True)
class Card:
    """Say what a model is: of what, from what and how it was made, and how well it does.

    Attributes:
        name: The name of the model, by default that of its treebank.
        language: A UD or ISO 639 code such as "en".
        treebank: What it was trained on.
        license: The terms under which it may be used.
        preset: The preset that its settings began with.
        seed: Where all randomness of the training came from; of several networks, that of the first.
        epochs: How many the training had.
        best_epoch: The epoch whose weights these are, if they are of one epoch.
        mean_of: Branches whose weights were averaged; 0: the weights are those of one epoch.
        train_sentences: Sentences that it was trained on.
        train_words: Words that it was trained on.
        teachers: Networks that taught it.
        raw_words: Words of raw text that they labeled for it.
        version: The version of arcparser that made it.
        fingerprint: Of the data and settings, set when the training came to its end.
        scores: Percentages on the dev file with gold tokens and predicted tags. Without such a file, those of a first
            training without some of the sentences, on these.
        held_out: How many sentences these were; 0 with a dev file.
        training: The settings of each network's training by name: rates, weights of losses, the number of branches.
        sources: What it comes from beside its treebank, with what that comes from (`arcparser.model.sources`).
    """

    name: str
    language: str
    treebank: str = ""
    license: str = ""
    preset: str = ""
    seed: int = 0
    epochs: int = 0
    best_epoch: int = 0
    mean_of: int = 0
    train_sentences: int = 0
    train_words: int = 0
    teachers: int = 0
    raw_words: int = 0
    version: str = ""
    fingerprint: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    held_out: int = 0
    training: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Model:
    """Hold networks that choose together (`arcparser.network.ensemble`), mostly one, with card and segmentation.

    Attributes:
        networks: One or more, of the same widths, the same vocabulary and the same word vectors.
        card: What the model says of itself.
        segmentation: How raw text becomes sentences; a model that has learned nothing of that has rules.
        calibration: How the probabilities of arcs and labels are corrected.
        pretrained: The encoder whose vectors of words are an input of the networks, if they have that input.
    """

    networks: tuple[Network, ...]
    card: Card
    segmentation: Segmentation
    calibration: Calibration = UNCALIBRATED
    pretrained: PretrainedEncoder | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the first network, whose widths all share."""
        return self.networks[0].settings

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary that all networks share."""
        return self.networks[0].vocabulary

    def summary(self) -> str:
        """Return the model in a line: name, language, treebank, size, and LAS on the dev file in percent."""
        card, weights = self.card, sum(len(network.weights.flat) for network in self.networks)
        parts = [f"{card.name}: {card.language}"]
        parts += [card.treebank] if card.treebank and card.treebank != card.name else []
        parts += [count(len(self.networks), "network"), count(weights, "weight")]
        parts += [f"LAS {card.scores['LAS']:.2f}"] if "LAS" in card.scores else []
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<Model {clean(self.summary())}>"


def ensemble(models: Sequence[Model]) -> Model:
    """Return one model with the networks of `models`, which must go together.

    All else is that of the first but for the calibration, which none of them has for all networks together.

    Raises:
        UsageError: Too many networks, or twice the same.
    """
    networks = tuple(network for model in models for network in model.networks)
    if len(networks) > MOST_NETWORKS:
        raise UsageError(f"networks = {len(networks)}: give at most {MOST_NETWORKS}")
    if len({network.weights.flat.tobytes() for network in networks}) < len(networks):
        raise UsageError("the same network twice: combine models that were trained with different seeds")
    return replace(models[0], networks=networks, calibration=UNCALIBRATED)
