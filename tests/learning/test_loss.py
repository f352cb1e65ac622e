"""The whole network, end to end: its gradients against central finite differences, its actions as one distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.learning.examples import Batch, encode_treebank
from arcparser.learning.exploration import VisitedStates
from arcparser.learning.loss import NO_NOISE, Noise, draw_noise, loss_and_gradients
from arcparser.learning.presets import TrainingSettings
from arcparser.network.contextual import contextual_vectors_with_backward
from arcparser.network.encoder import encode_with_backward, word_vectors_with_backward
from arcparser.network.network import Network
from arcparser.network.projections import project_with_backward, split_projections
from arcparser.nn.softmax import softmax
from arcparser.parsing.predictor import Predictor
from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC, SHIFT, SWAP, TRANSITIONS
from tests.helpers.gradients import difference
from tests.helpers.losses import SENTENCES, SETTINGS, total, toy_batch, toy_network, watch
from tests.helpers.toy import DEV, columns, random_network


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 1, "children": False, "graph_features": False},
        {"layers": 2},
        {"layers": 3},
        {"layers": 2, "tags_only": True, "feature_sums": True},
        {"layers": 1, "cell": "qrnn"},
        {"layers": 2, "cell": "qrnn"},
        {"layers": 2, "pretrained_layers": 3, "pretrained_inputs": 7},
        {"layers": 1, "vector_width": 6},
        {"layers": 1, "cell": "qrnn", "pretrained_layers": 1, "pretrained_inputs": 7},
    ],
    ids=str,
)
@pytest.mark.parametrize("dropout", [False, True], ids=["plain", "dropout"])
def test_gradients_end_to_end(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], dropout: bool) -> None:
    network = toy_network(**changes)
    compare_gradients(monkeypatch, network, toy_batch(network), dropout)


def test_gradients_of_partly_annotated_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the heads are unknown: several transitions are right, and losses of heads and labels are left out."""
    network = toy_network(1)
    batch = toy_batch(network, unknown=0.5)
    visited = compare_gradients(monkeypatch, network, batch, dropout=False)
    assert (visited.correct.sum(axis=1) > 1).mean() > 0.2
    assert (visited.legal | ~visited.correct).all()


def test_unknown_heads_have_no_loss() -> None:
    network = toy_network(1)
    losses = loss_and_gradients(network, SETTINGS, toy_batch(network, unknown=1.0), network.weights.like())
    assert losses["graph"] == losses["label"] == 0
    assert losses["transition"] >= 0 and losses["upos"] > 0


@pytest.mark.parametrize("smoothing", [0.0, 0.4])
def test_gradients_with_more_smoothing_and_without(monkeypatch: pytest.MonkeyPatch, smoothing: float) -> None:
    network = toy_network(1)
    settings = replace(SETTINGS, smoothing=smoothing)
    compare_gradients(monkeypatch, network, toy_batch(network, unknown=0.3), dropout=False, settings=settings)


def test_smoothing_bounds_what_is_learned() -> None:
    """With a share ε spread over all classes, no loss is below the entropy of what is to be learned."""
    network = toy_network(1)
    batch = toy_batch(network)
    plain, smoothed = (
        loss_and_gradients(network, replace(SETTINGS, smoothing=smoothing), batch, network.weights.like())
        for smoothing in (0.0, 0.1)
    )
    assert plain.keys() == smoothed.keys()
    labels = len(network.vocabulary.labels)
    share = 0.1 / labels
    least = -(0.9 + share) * np.log(0.9 + share) - (labels - 1) * share * np.log(share)
    assert smoothed["label"] > least * (batch.heads > 0).sum()
    assert smoothed["wrong transitions"] == plain["wrong transitions"] and smoothed["states"] == plain["states"]
    # The loss is linear in the share: a tenth of it is that of the even distribution.
    even = loss_and_gradients(network, replace(SETTINGS, smoothing=1.0), batch, network.weights.like())
    for name in {*plain} - {"wrong transitions", "states"}:
        assert smoothed[name] == pytest.approx(0.9 * plain[name] + 0.1 * even[name]), name


def compare_gradients(
    monkeypatch: pytest.MonkeyPatch,
    network: Network,
    batch: Batch,
    dropout: bool,
    settings: TrainingSettings = SETTINGS,
) -> VisitedStates:
    """Fail if gradients differ from finite differences; return the states that the loss was computed in."""
    drawn = draw_noise(network, settings, batch, np.random.default_rng(3)) if dropout else NO_NOISE

    def noise() -> Noise:
        # The masks of states are drawn during the step: from the same numbers each time.
        return replace(drawn, rng=np.random.default_rng(4)) if dropout else drawn

    # The states and the graph features that the loss is computed from are those of one walk with exploration:
    # with both held fixed the loss is differentiable.
    walks, graphs = watch(monkeypatch, "explore_states"), watch(monkeypatch, "graph_scores")
    loss_and_gradients(network, settings, batch, network.weights.like(), noise=noise(), explore=0.3)
    monkeypatch.undo()
    fixed = {"visited": walks[0][1]}
    if graphs:
        fixed["graph"] = graphs[0][0][0].copy()

    gradients = network.weights.like()
    loss_and_gradients(network, settings, batch, gradients, noise=noise(), **fixed)
    words = batch.words.packing.words
    assert np.count_nonzero(gradients.flat) > 0.5 * sum(g.size for n, g in gradients.items() if "table" not in n)

    unused = network.weights.like()

    def loss() -> float:
        return total(loss_and_gradients(network, settings, batch, unused, noise=noise(), **fixed), words, settings)

    rng = np.random.default_rng(5)
    scale = np.abs(gradients.flat).max()
    for name, weights in network.weights.items():
        if not weights.size:  # labels of children or graph features, in a network that sees none
            continue
        w, g = weights.reshape(-1), gradients[name].reshape(-1)
        # Some of the largest, and some at random (in a table, most rows belong to words that are not in the batch).
        for i in {*np.argsort(-np.abs(g))[:3].tolist(), *rng.integers(g.size, size=2).tolist()}:
            expected = difference(loss, w, i)
            assert abs(g[i] - expected) < 1e-6 * scale, f"{name}[{i}] is {g[i]}, not {expected}"
    found: VisitedStates = walks[0][1]
    return found


def test_gradients_reach_every_weight() -> None:
    network = toy_network(2)
    gradients = network.weights.like()
    loss_and_gradients(network, SETTINGS, toy_batch(network), gradients)
    idle = [name for name, gradient in gradients.items() if not np.any(gradient)]
    assert idle == ["label.root"]  # the toy corpus has one label at the root: nothing to choose, nothing to learn


def test_a_batch_is_the_sum_of_its_parts() -> None:
    """Training splits a batch between threads: losses and gradients of the parts add up to those of the whole."""
    network = toy_network(2)
    sentences = sorted(arcparser.read_conllu(DEV), key=len)
    examples = encode_treebank(network.vocabulary, *columns(sentences))
    chosen = list(range(0, len(sentences), 6))
    whole, parts = network.weights.like(), network.weights.like()
    losses = loss_and_gradients(network, SETTINGS, examples.batch(chosen), whole, scale=0.01)
    sums = dict.fromkeys(losses, 0.0)
    for part in (chosen[::2], chosen[1::2], []):
        if part:
            for name, loss in loss_and_gradients(network, SETTINGS, examples.batch(part), parts, scale=0.01).items():
                sums[name] += loss
    assert sums == pytest.approx(losses, rel=1e-9)
    np.testing.assert_allclose(parts.flat, whole.flat, atol=1e-10)


def test_the_factored_actions_are_one_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    """P(transition) · P(label | transition, arc) over SHIFT, SWAP and each arc with each label sums to 1, and is 0
    for what is illegal, in every state that a walk meets."""
    network = toy_network(2)
    walks = watch(monkeypatch, "explore_states")
    loss_and_gradients(network, SETTINGS, toy_batch(network), network.weights.like(), explore=0.5)
    (_, _, scorer, labeler, masks, *_), visited = walks[0]
    labels = len(network.vocabulary.labels)
    actions = 2 + 2 * labels
    sentence, words = visited.features.sentence, visited.features.words
    states = len(visited.correct)
    distribution = np.zeros((states, actions))
    transitions = softmax(scorer.logits(visited.features), visited.legal)
    distribution[:, 0], distribution[:, 1] = transitions[:, SHIFT], transitions[:, SWAP]
    legal = np.zeros((states, actions), dtype=bool)
    legal[:, 0], legal[:, 1] = visited.legal[:, SHIFT], visited.legal[:, SWAP]
    s0, s1 = words[:, 0], words[:, 1]
    arcs: dict[int, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
        LEFT_ARC: lambda: (s0, s1),
        RIGHT_ARC: lambda: (s1, s0),
    }
    for place, (transition, arc) in enumerate(arcs.items()):
        rows = np.flatnonzero(visited.legal[:, transition])
        heads, dependents = (side[rows] for side in arc())
        logits = labeler.logits(
            np.full(len(rows), transition),
            scorer.rows[sentence[rows], heads + 1],
            scorer.rows[sentence[rows], dependents + 1],
        )
        here = slice(2 + place * labels, 2 + (place + 1) * labels)
        probabilities = softmax(logits, masks.legal(heads))
        distribution[rows, here] = transitions[rows, transition, None] * probabilities
        legal[rows, here] = masks.legal(heads)
    assert len(TRANSITIONS) == 4
    assert states > 100
    np.testing.assert_allclose(distribution.sum(axis=1), 1, atol=1e-12)
    assert np.all(distribution[~legal] == 0)
    assert np.all(distribution[legal] > 0)
    # What parsing chooses in two steps is the most probable transition, and the most probable of its labels.
    root = network.vocabulary.labels.index("root")
    final = visited.legal[:, RIGHT_ARC] & (s1 == 0)
    assert np.all(distribution[final, 2 + labels + root] == 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 1},
        {"layers": 1, "cell": "qrnn"},
        {"layers": 2},
        {"layers": 3, "cell": "qrnn"},
        {"layers": 2, "tags_only": True},
        {"layers": 2, "cell": "qrnn", "tags_only": True},
        {"layers": 2, "pretrained_layers": 3, "pretrained_inputs": 7},
        {"layers": 2, "vector_width": 6},
        {"layers": 1, "cell": "qrnn", "vector_width": 6},
        {"layers": 1, "cell": "qrnn", "pretrained_layers": 3, "pretrained_inputs": 7},
    ],
    ids=str,
)
def test_parsing_computes_what_training_does(changes: dict[str, Any]) -> None:
    """The word vectors of the parser, from its cache of forms, and those of the forward pass with gradients."""
    network = random_network(3, scale=2.0, **changes)
    batch = toy_batch(network)
    packing, p = batch.words.packing, network.weights
    x, _ = word_vectors_with_backward(batch.words, network.settings, p, p.like(), network.vectors)
    if batch.contexts is not None:
        c, _ = contextual_vectors_with_backward(batch.contexts, network.scaling, p, p.like())
        x = np.concatenate((x, c), axis=1)
    features = network.vocabulary.features.of_feats
    trained, _ = encode_with_backward(x, packing, network.settings, features, p, p.like())
    projections, _ = project_with_backward(trained.vectors, network.settings, p, p.like())
    sentences = sorted(arcparser.read_conllu(DEV), key=len)
    chosen = sorted(range(0, len(sentences), len(sentences) // SENTENCES), key=lambda i: -len(sentences[i]))
    forms = np.concatenate([sentences[i].forms for i in chosen])
    starts = np.cumsum(packing.lengths) - packing.lengths
    predictor = Predictor(network)
    rows = predictor.form_rows(forms[starts[packing.sentence] + packing.position].tolist())
    for part, y, tags in predictor.encode(rows, packing, batch.contexts):
        np.testing.assert_allclose(split_projections(y, network.settings).state, projections.state[part], atol=1e-5)
        np.testing.assert_allclose(tags, trained.tags[part], atol=1e-5)
