"""The network: settings, vocabularies and weights; how it starts; its loss and the gradient of its loss.

The loss of a batch is a sum of cross-entropies in nats, divided by the number of words:

    transitions in every state of the explore_states  +  labels of the gold arcs  +  heads in the graph scorer  +  tags
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from arcparser.errors import UsageError
from arcparser.network import classifier, encoder
from arcparser.network.encoder import TAG_COLUMNS, Masks, Words
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import UNKNOWN, Vocabulary
from arcparser.nn.linear import dropout_mask
from arcparser.nn.parameters import Parameters
from arcparser.nn.softmax import cross_entropy, logits_gradient, soft_cross_entropy, softmax
from arcparser.parsing.decoding import LabelMasks, Visited, explore_states
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, States
from arcparser.transition.features import graph_scores
from arcparser.transition.oracle import Oracle
from arcparser.types import Bools, Floats, Ints

if TYPE_CHECKING:
    from arcparser.training.distillation import SoftTargets


@dataclass(frozen=True)
class Network:
    """What a trained model is; `vectors [V, vector_width]`: given word vectors, row 0 for forms without one."""

    settings: Settings
    vocabulary: Vocabulary
    weights: Parameters
    vectors: Floats

    def label_masks(self) -> LabelMasks:
        """Which labels are legal where."""
        return LabelMasks(self.vocabulary.legal_labels(at_root=True), self.vocabulary.legal_labels(at_root=False))

    def with_weights(self, weights: Parameters) -> Network:
        """The same network with other numbers."""
        return replace(self, weights=weights)


def weight_shapes(settings: Settings, vocabulary: Vocabulary) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all weights, in the order of the flat array and of the model file."""
    return {
        **encoder.shapes(settings, vocabulary),
        **classifier.shapes(settings, encoder.output_width(settings), len(vocabulary.labels)),
    }


def new_network(
    settings: Settings,
    vocabulary: Vocabulary,
    *,
    seed: int,
    vectors: Floats | None = None,
    dtype: DTypeLike = np.float32,
) -> Network:
    """A network with random weights.

    Matrices are uniform with the variance of Glorot & Bengio (2010), recurrent ones orthogonal (Saxe et al. 2014),
    tables normal; forget gates start open (b = 0.5: γ(0.5) = 0.73), other biases at 0.
    """
    rng = np.random.default_rng(seed)
    weights = Parameters(weight_shapes(settings, vocabulary), dtype=dtype)
    for name, w in weights.items():
        if name.endswith(".u"):
            hidden = w.shape[1]
            for direction in range(2):
                for gate in range(3):
                    q, r = np.linalg.qr(rng.standard_normal((hidden, hidden)))
                    w[direction, :, gate * hidden : (gate + 1) * hidden] = q * np.sign(np.diag(r))
        elif name.endswith(".b") and "layer" in name:
            hidden = w.shape[1] // 3
            w[:, hidden : 2 * hidden] = 0.5
        elif name.endswith((".b", ".v")):
            pass
        elif name.endswith(".table"):
            # Small vectors would fade on their way through three saturating layers, and learn slowly.
            w[...] = rng.standard_normal(w.shape) * 0.5
        elif name.endswith((".root", ".special", ".direction", ".labels")):
            w[...] = rng.standard_normal(w.shape) * 0.1
        else:
            # Positions of a state are added up: together they are one matrix of P · state_width inputs.
            inputs = w.shape[0] * w.shape[1] if name == "state.w" else w.shape[-2]
            limit = np.sqrt(6 / (inputs + w.shape[-1]))
            w[...] = rng.uniform(-limit, limit, w.shape)
    if vectors is None:
        vectors = np.zeros((1, 0))
    if vectors.shape[1] != settings.vector_width:
        raise UsageError(f"vector_width = {settings.vector_width}: it is set by the vectors themselves: leave it out")
    return Network(settings, vocabulary, weights, vectors.astype(dtype))


def continue_from(known: Network, vocabulary: Vocabulary, *, seed: int) -> Network:
    """A network for an extended vocabulary (`arcparser.network.vocabulary.extend`) that knows what `known` knows.

    New forms, characters, tags and labels come after the old ones on every axis, so each old array is the beginning
    of the new one; the rest starts at random.
    """
    network = new_network(known.settings, vocabulary, seed=seed, vectors=known.vectors)
    for name, old in known.weights.items():
        network.weights[name][tuple(map(slice, old.shape))] = old
    return network


@dataclass(frozen=True, slots=True)
class Batch:
    """Annotated sentences, longest first: `words` and, in packed order, the gold columns.

    `numbers [B]`: which sentences of the treebank; `tags [T, 3]` class ids of UPOS, XPOS, FEATS (-1: none to learn);
    `heads [T]` word numbers, `labels [T]`; `gold_heads`: the heads of each sentence; `plans`: its oracle's plan.
    """

    words: Words
    numbers: Ints
    form_counts: Ints
    tags: Ints
    heads: Ints
    labels: Ints
    gold_heads: Sequence[Sequence[int]]
    plans: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Noise:
    """All dropout of a training step, drawn beforehand; without it the loss is a plain function of the weights."""

    forms: Bools | None = None  # [T] whose form is made unknown
    encoder: Masks = Masks()
    heads: Floats | None = None
    states: np.random.Generator | None = None  # the number of states is not known yet


def draw_noise(network: Network, batch: Batch, rng: np.random.Generator) -> Noise:
    """Dropout at the rates of the settings for one batch."""
    s = network.settings
    dtype = network.weights.flat.dtype.type
    packing = batch.words.packing
    unknown = rng.random(packing.words) < s.form_dropout / (s.form_dropout + batch.form_counts)
    rectified = sum(classifier.projection_widths(s)[:3])
    per_sentence = dropout_mask((len(packing.lengths), rectified), s.projection_dropout, rng, dtype)
    return Noise(
        unknown,
        encoder.draw_masks(s, len(packing.lengths), rng, dtype),
        None if per_sentence is None else per_sentence[packing.sentence],
        rng,
    )


def loss_and_gradients(
    network: Network,
    batch: Batch,
    gradients: Parameters,
    *,
    noise: Noise = Noise(),
    explore: float = 0.0,
    visited: Visited | None = None,
    graph: Floats | None = None,
    soft_targets: SoftTargets | None = None,
    scale: float | None = None,
) -> dict[str, float]:
    """The parts of the loss, summed over the batch; their gradients times `scale` are added to `gradients`.

    Args:
        explore: Probability of following the parser's own choice in the explore_states, see `decoding.explore_states`.
        visited: States to score instead of those of a explore_states, and.
        graph: Head probabilities `[B, L, L+1]` to take features from instead of the graph scorer's: with both fixed the
            loss is differentiable everywhere, as finite differences need it.
        soft_targets: What teachers say of the batch: then the correct class j stands for the distribution (1 − w) · 1(k
            = j) + w · P_teachers(k), with w = `settings.teacher_weight`.
        scale: 1 / number of words unless told otherwise (a batch may be split between threads).
    """
    s, p, g = network.settings, network.weights, gradients
    words = batch.words
    packing = words.packing
    dtype = p.flat.dtype.type
    scale = 1 / packing.words if scale is None else scale
    losses: dict[str, float] = {}

    if noise.forms is not None:
        words = replace(words, forms=np.where(noise.forms, UNKNOWN, words.forms))

    def softmax_loss(logits: Floats, correct: Ints, scale: float, a: Floats | None, soft: Floats | None) -> Any:
        return _softmax_loss(
            logits, correct, dtype(scale), softmax(logits) if a is None else a, soft, dtype(s.teacher_weight)
        )

    encoded, encoder_backward = encoder.encode(words, s, p, g, network.vectors, noise.encoder)
    h, heads_backward = classifier.heads(encoded.vectors, s, p, g, noise.heads)

    dtags = []
    for column, (name, logits) in enumerate(zip(TAG_COLUMNS, encoded.tags)):
        soft = None if soft_targets is None else soft_targets.tags[column]
        losses[name], dlogits = softmax_loss(logits, batch.tags[:, column], scale * s.tag_weight, None, soft)
        dtags.append(dlogits)

    arc_logits, possible, graph_backward = classifier.graph_logits(h, packing, p, g)
    probabilities = softmax(arc_logits, possible)
    at = packing.sentence, packing.position
    soft = None if soft_targets is None else soft_targets.arcs
    losses["graph"], dflat = softmax_loss(arc_logits[at], batch.heads, scale * s.graph_weight, probabilities[at], soft)
    darcs = np.zeros_like(probabilities)
    darcs[at] = dflat
    ddependent, dhead = graph_backward(darcs)

    there = np.arange(probabilities.shape[1]) < packing.lengths[:, None]
    features_from = probabilities * there[:, :, None] if graph is None else graph
    tables = graph_scores(features_from) if s.graph_features else None
    scorer, scorer_backward = classifier.state_scorer(h.state, packing, tables, p, g)
    labeler = classifier.label_scorer(h, p)
    masks = network.label_masks()
    if visited is None:
        gold_labels = np.full((len(packing.lengths), len(packing.offsets)), MISSING, dtype=np.intp)
        gold_labels[packing.sentence, packing.position + 1] = batch.labels
        children = scorer.children or (soft_targets is not None and soft_targets.children)
        oracle = Oracle(States(packing.lengths, children=children), batch.gold_heads, plans=batch.plans)
        rng = noise.states or np.random.default_rng(0)
        visited = explore_states(oracle, gold_labels, scorer, labeler, masks, explore, rng)
    mask = None
    if noise.states is not None:
        mask = dropout_mask((len(visited.correct), s.action_hidden), s.projection_dropout, noise.states, dtype)
    logits, states_backward = classifier.score_states(scorer, visited.features, g, mask)
    soft = None if soft_targets is None else soft_targets.transitions(visited.features, visited.legal)
    losses["transition"], dlogits = softmax_loss(logits, visited.correct, scale, softmax(logits, visited.legal), soft)
    chosen = np.where(visited.legal, logits, -np.inf).argmax(axis=1)
    losses["wrong transitions"], losses["states"] = float((chosen != visited.correct).sum()), float(len(chosen))
    dstate = scorer_backward(states_backward(dlogits))

    rows = np.arange(packing.words)
    head_rows = scorer.rows[packing.sentence, batch.heads + 1]
    transition = np.where(batch.heads > packing.position + 1, LEFT_ARC, RIGHT_ARC)
    if noise.states is not None:
        mask = dropout_mask((packing.words, s.label_width), s.projection_dropout, noise.states, dtype)
    logits, labels_backward = classifier.score_labels(labeler, transition, head_rows, rows, g, mask)
    legal = masks.legal(batch.heads)
    soft = None if soft_targets is None else soft_targets.labels
    losses["label"], dlogits = softmax_loss(
        logits, np.where(legal[rows, batch.labels], batch.labels, -1), scale * s.label_weight,
        softmax(logits, legal), soft,
    )  # fmt: skip
    dlabel_dependent, dlabel_head = labels_backward(dlogits)

    dvectors = heads_backward(classifier.Projections(dstate, ddependent, dhead, dlabel_dependent, dlabel_head))
    encoder_backward(dvectors, dtags)
    return losses


def _softmax_loss(
    logits: Floats, correct: Ints, scale: Any, a: Floats, soft: Floats | None, teacher_weight: Any
) -> tuple[float, Floats]:
    """Summed cross-entropy in nats and its gradient on the logits times `scale`; correct = -1 leaves a row out."""
    known = correct >= 0
    safe = np.where(known, correct, 0)
    if soft is None:
        loss = float(cross_entropy(a, safe)[known].sum())
        gradient = logits_gradient(a, safe)
    else:
        y = soft * teacher_weight
        y[np.arange(len(y)), safe] += 1 - teacher_weight
        loss = float(soft_cross_entropy(a, y)[known].sum())
        gradient = a - y
    gradient *= np.where(known, scale, scale * 0)[:, None]
    return loss, gradient
