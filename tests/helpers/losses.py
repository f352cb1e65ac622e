"""A small network in float64, a batch for it, and its loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.learning import loss as loss_module
from arcparser.learning.examples import Batch, encode_treebank
from arcparser.learning.presets import TrainingSettings
from arcparser.network.network import Network
from arcparser.network.vocabulary import NOT_KNOWN, TAG_COLUMNS
from arcparser.pretrained.contexts import Contexts, sentence_starts
from tests.helpers.gradients import difference
from tests.helpers.toy import DEV, columns, random_network

SENTENCES = 6
SETTINGS = TrainingSettings()


def toy_network(layers: int, **changes: Any) -> Network:
    # Larger weights than those of a new network, so that no gradient is lost in rounding.
    return random_network(1, scale=2.0, width=5, first_hidden=4, layers=layers, dtype=np.float64, **changes)


def toy_batch(network: Network, *, unknown: float = 0.0) -> Batch:
    """Short sentences and long ones, some with crossing arcs, in float64; of so many words the head is unknown."""
    sentences = sorted(arcparser.read_conllu(DEV), key=len)
    forms, tags, arcs, lemmas = columns(sentences)
    if unknown:
        rng = np.random.default_rng(7)
        arcs = [([NOT_KNOWN if rng.random() < unknown else h for h in heads], labels) for heads, labels in arcs]
    examples = encode_treebank(network.vocabulary, forms, tags, arcs, lemmas)
    chosen = range(0, len(sentences), len(sentences) // SENTENCES)
    s = network.settings
    if s.pretrained_layers:
        starts = sentence_starts([sentence.forms for sentence in sentences])
        shape = int(starts[-1]) + len(sentences[-1]), s.pretrained_layers, s.pretrained_inputs
        said = np.random.default_rng(6).standard_normal(shape).astype(np.float16)
        examples = replace(examples, contexts=Contexts(said, starts))
    return examples.batch(chosen)


def watch(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[tuple[Any, ...], Any]]:
    """Calls of a function that the loss uses: their arguments and results."""
    calls: list[tuple[tuple[Any, ...], Any]] = []
    original = getattr(loss_module, name)

    def spy(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        calls.append((arguments, result))
        return result

    monkeypatch.setattr(loss_module, name, spy)
    return calls


def total(losses: dict[str, float], words: int, settings: TrainingSettings = SETTINGS) -> float:
    """The loss that the gradients are of, from the parts."""
    s = settings
    tags = dict.fromkeys(TAG_COLUMNS, s.tag_weight)
    weights = {**tags, "lemma": s.lemma_weight, "graph": s.graph_weight, "transition": 1.0, "label": s.label_weight}
    return sum(losses[name] * weight for name, weight in weights.items()) / words


def check_taught_gradients(
    monkeypatch: pytest.MonkeyPatch, network: Network, batch: Batch, soft: loss_module.SoftTargets
) -> None:
    """The largest gradient on each weight of a student is the finite difference of its loss."""
    walks, graphs = watch(monkeypatch, "explore_states"), watch(monkeypatch, "graph_scores")
    loss_module.loss_and_gradients(network, SETTINGS, batch, network.weights.like(), explore=0.3, soft=soft)
    monkeypatch.undo()
    fixed: dict[str, Any] = {"visited": walks[0][1], "graph": graphs[0][0][0].copy(), "soft": soft}
    gradients, unused = network.weights.like(), network.weights.like()
    loss_module.loss_and_gradients(network, SETTINGS, batch, gradients, **fixed)
    words = batch.words.packing.words
    scale = np.abs(gradients.flat).max()
    for name, weights in network.weights.items():
        if weights.size:
            w, g = weights.reshape(-1), gradients[name].reshape(-1)
            i = int(np.argmax(np.abs(g)))
            expected = difference(
                lambda: total(loss_module.loss_and_gradients(network, SETTINGS, batch, unused, **fixed), words), w, i
            )
            assert abs(g[i] - expected) < 1e-6 * scale, name
