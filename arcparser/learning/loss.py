"""Compute the loss of a batch and its gradient on every weight.

The loss is a sum of cross-entropies in nats, divided by the number of words; what is unknown of a partly annotated
sentence is left out, and where several transitions may be right their probabilities are added up:

    transitions in every state that is visited  +  labels of the gold arcs  +  heads in the graph scorer  +  tags
    +  lemma rules

`loss_and_gradients` conducts: forward through the network, the losses, each with the gradient on its logits, and back.
Every softmax has the gradient a − y (`arcparser.nn.softmax`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arcparser.learning.examples import Batch
from arcparser.learning.exploration import VisitedStates, explore_states
from arcparser.learning.presets import TrainingSettings
from arcparser.network.contextual import contextual_vectors_with_backward
from arcparser.network.encoder import (
    NO_DROPOUT,
    DropoutMasks,
    WordIds,
    encode_with_backward,
    input_width,
    layer_widths,
    word_vectors_with_backward,
)
from arcparser.network.graph_scorer import graph_logits_with_backward, possible_heads, without_absent
from arcparser.network.label_scorer import LabelScorer, prepare_label_scorer, score_labels_with_backward
from arcparser.network.lemmatizer import rule_logits_with_backward
from arcparser.network.network import Network
from arcparser.network.projections import Projections, project_with_backward, rectified_width
from arcparser.network.tagger import of_columns
from arcparser.network.transition_scorer import (
    TransitionScorer,
    prepare_transition_scorer_with_backward,
    score_transitions_with_backward,
    word_rows,
)
from arcparser.network.vocabulary import NOT_KNOWN, TAG_COLUMNS, UNKNOWN
from arcparser.nn.bidirectional import CELLS
from arcparser.nn.dropout import dropout_mask
from arcparser.nn.parameters import Parameters
from arcparser.nn.softmax import (
    cross_entropy,
    logits_gradient,
    marginal_cross_entropy,
    marginal_target,
    smooth,
    soft_cross_entropy,
    softmax,
)
from arcparser.transition.arc_standard import LEFT_ARC, MAX_SWAPS, MISSING, RIGHT_ARC, ROOT, States
from arcparser.transition.features import StateFeatures, graph_scores, take_states
from arcparser.transition.oracle import Oracle
from arcparser.types import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Noise:
    """Hold all dropout of a training step, drawn beforehand; without it the loss is a plain function of the weights."""

    forms: Bools | None = None  # [T] whose form is made unknown
    vectors: Bools | None = None  # [T] whose static vector is made that of a form without one
    encoder: DropoutMasks = NO_DROPOUT
    projections: Floats | None = None  # [T, rectified columns]
    rng: np.random.Generator | None = None  # draws the rest: the number of states is not known yet

    def applied(self, words: WordIds) -> WordIds:
        """Make forms and static vectors of words unknown."""
        if self.forms is not None:
            words = replace(words, forms=np.where(self.forms, UNKNOWN, words.forms))
        if self.vectors is not None:
            words = replace(words, vectors=np.where(self.vectors, UNKNOWN, words.vectors))
        return words


NO_NOISE = Noise()


def draw_noise(network: Network, settings: TrainingSettings, batch: Batch, rng: np.random.Generator) -> Noise:
    """Draw dropout at the rates of the settings for one batch."""
    dtype = network.weights.flat.dtype.type
    packing = batch.words.packing
    sentences = len(packing.lengths)
    unknown = rng.random(packing.words) < settings.form_dropout / (settings.form_dropout + batch.form_counts)
    without = None
    if network.settings.vector_width:
        # A form that training shows once stands for those that it never shows, many of which have no vector.
        counts = np.where(batch.words.forms == UNKNOWN, 1, batch.form_counts)
        without = rng.random(packing.words) < settings.vector_dropout / (settings.vector_dropout + counts)
    shape = sentences, rectified_width(network.settings)
    per_sentence = dropout_mask(shape, settings.projection_dropout, rng, dtype)
    s, widths = network.settings, layer_widths(network.settings)
    recurrent = CELLS[s.cell].RECURRENT_DROPOUT
    masks = DropoutMasks(
        input=dropout_mask((sentences, input_width(s)), settings.input_dropout, rng, dtype),
        layers=tuple(dropout_mask((sentences, 2 * width), settings.hidden_dropout, rng, dtype) for width in widths),
        recurrent=tuple(
            dropout_mask((2, sentences, width), settings.recurrent_dropout, rng, dtype) for width in widths if recurrent
        ),
        tags=dropout_mask((sentences, s.tag_hidden), settings.projection_dropout, rng, dtype),
    )
    return Noise(unknown, without, masks, None if per_sentence is None else per_sentence[packing.sentence], rng)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftTargets:
    """Hold what teachers say of one batch: their averaged distributions (Hinton, Vinyals & Dean 2015).

    Attributes:
        tags: `[T, K]` of each tag column.
        heads: `[T, L+1]` of each word's heads.
        labels: `[T, labels]` of the labels of the gold arcs.
        scorers: The teachers' scorers of transitions, which are asked in the states that the student visits.
        taught: `[B]` the sentences that they have read; of the others nothing but the annotation is learned.
        weights: `[B]` of each sentence in the loss.
    """

    tags: tuple[Floats, ...]
    heads: Floats
    labels: Floats
    scorers: Sequence[TransitionScorer]
    taught: Bools
    weights: Floats

    @property
    def children(self) -> bool:
        """Whether a teacher must see the children in a state."""
        return any(scorer.children for scorer in self.scorers)

    def transitions(self, features: StateFeatures, legal: Bools) -> Floats:
        """Average the teachers' P(transition | state), `[N, 4]`; 0 in the states of sentences that are not taught."""
        chosen = np.flatnonzero(self.taught[features.sentence])
        if len(chosen) == len(legal):
            return mean_transitions(self.scorers, features, legal)
        found = np.zeros(legal.shape, np.float32)
        if len(chosen):
            found[chosen] = mean_transitions(self.scorers, take_states(features, chosen), legal[chosen])
        return found


def mean_transitions(scorers: Sequence[TransitionScorer], features: StateFeatures, legal: Bools) -> Floats:
    """Average P(transition | state) of several scorers, `[N, 4]`."""
    total = sum(softmax(scorer.logits(features), legal) for scorer in scorers)
    return np.asarray(total) / len(scorers)


def loss_and_gradients(
    network: Network,
    settings: TrainingSettings,
    batch: Batch,
    gradients: Parameters,
    *,
    noise: Noise = NO_NOISE,
    explore: float = 0.0,
    visited: VisitedStates | None = None,
    graph: Floats | None = None,
    soft: SoftTargets | None = None,
    scale: float | None = None,
) -> dict[str, float]:
    """Compute the parts of the loss, summed over the batch; add their gradients times `scale` to `gradients`.

    Args:
        network: The network that learns.
        settings: Weights of the losses.
        batch: What it learns from.
        gradients: Where the gradients go.
        noise: Dropout.
        explore: Probability of following the parser's own choice, see `arcparser.learning.exploration`.
        visited: States to score instead of those that are visited, and
        graph: Head probabilities `[B, L, L+1]` to take features from instead of the graph scorer's: with both fixed the
            loss is differentiable everywhere, as finite differences need it.
        soft: What teachers say of the batch: then the correct class j of what they have read stands for the
            distribution (1 − w) · y_k + w · P_teachers(k), with w = `settings.teacher_weight`; y is 1 at j and 0
            elsewhere, but for what `settings.smoothing` spreads.
        scale: 1 / number of words unless told otherwise (a batch may be split between threads).
    """
    scale = 1 / batch.words.packing.words if scale is None else scale
    step = _Step(
        network=network,
        settings=settings,
        batch=batch,
        g=gradients,
        noise=noise,
        soft=soft,
        scale=scale,
        rows=word_rows(batch.words.packing),
        features=network.vocabulary.features.of_feats.astype(network.weights.flat.dtype, copy=False),
    )
    s, p, g = network.settings, network.weights, gradients
    words = noise.applied(batch.words)

    x, x_backward = word_vectors_with_backward(words, s, p, g, network.vectors)
    seen, seen_backward = _beside_contexts(step, x)
    encoded, encoder_backward = encode_with_backward(seen, words.packing, s, step.features, p, g, noise.encoder)
    h, projections_backward = project_with_backward(encoded.vectors, s, p, g, noise.projections)

    tag_losses, dtags = _tag_losses(step, of_columns(encoded.tags, network.vocabulary))
    lemma_losses, dx = _lemma_loss(step, x)
    graph_loss, probabilities, (ddependent, dhead) = _graph_loss(step, h)
    label_scorer = prepare_label_scorer(h, p)
    transition_losses, dstate = _transition_loss(
        step, h, label_scorer, probabilities if graph is None else graph, visited, explore
    )
    label_loss, (dlabel_dependent, dlabel_head) = _label_loss(step, label_scorer)

    dvectors = projections_backward(
        Projections(
            state=dstate,
            graph_dependent=ddependent,
            graph_head=dhead,
            label_dependent=dlabel_dependent,
            label_head=dlabel_head,
        )
    )
    x_backward(seen_backward(encoder_backward(dvectors, dtags)) + dx)
    return {**tag_losses, **lemma_losses, "graph": graph_loss, **transition_losses, "label": label_loss}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Hold what all losses of a batch read."""

    network: Network
    settings: TrainingSettings
    batch: Batch
    g: Parameters
    noise: Noise
    soft: SoftTargets | None
    scale: float
    rows: Ints  # [B, L+2] where words lie, as in TransitionScorer
    features: Floats  # [K, features] which features a FEATS value has

    def softmax_loss(
        self,
        a: Floats,
        correct: Ints,
        sentence: Ints,
        *,
        possible: Bools | None = None,
        weight: float = 1.0,
        soft: Floats | None = None,
    ) -> tuple[float, Floats]:
        """Sum the cross-entropies in nats, and give the gradient on the logits times `weight` and `scale`.

        Args:
            a: `[T, K]` the softmax of the logits.
            correct: `[T]` the correct class; NOT_KNOWN leaves a row out.
            sentence: `[T]` the sentence of each row.
            possible: `[T, K]` the classes that are, if not all.
            weight: Of this loss in the whole.
            soft: `[T, K]` the teachers' distribution.
        """
        one = a.dtype.type
        known = correct != NOT_KNOWN
        safe = np.where(known, correct, 0)
        if soft is None and not self.settings.smoothing:  # the same, sooner
            losses = cross_entropy(a, safe)
            gradient = logits_gradient(a, safe)
        else:
            y = np.zeros_like(a)
            y[np.arange(len(y)), safe] = 1
            y = smooth(y, self.settings.smoothing, possible)
            if self.soft is not None and soft is not None:
                share = self.soft.taught[sentence] * one(self.settings.teacher_weight)
                y += share[:, None] * (soft - y)
            losses = soft_cross_entropy(a, y)
            gradient = a - y
        counted = known.astype(a.dtype)
        if self.soft is not None:
            counted *= self.soft.weights[sentence]
        gradient *= (counted * one(self.scale * weight))[:, None]
        return float(losses @ counted), gradient

    def marginal_loss(
        self,
        logits: Floats,
        a: Floats,
        correct: Bools,
        sentence: Ints,
        *,
        possible: Bools,
        soft: Floats | None = None,
    ) -> tuple[float, Floats]:
        """Sum the losses −ln Σ_j a_j of states in which several classes j may be right; give the gradient likewise.

        Args:
            logits: `[N, K]`.
            a: `[N, K]` their softmax.
            correct: `[N, K]` which classes are right.
            sentence: `[N]` the sentence of each state.
            possible: `[N, K]` the classes that are.
            soft: `[N, K]` the teachers' distribution.
        """
        one, smoothing = logits.dtype.type, self.settings.smoothing
        losses = marginal_cross_entropy(a, correct)
        y = marginal_target(logits, correct)
        if smoothing:
            single = correct.sum(axis=1) == 1  # where several may be right, nothing is to be taken for wrong
            even = smooth(np.zeros_like(a), 1.0, possible)
            share = np.where(single, one(smoothing), one(0))
            losses += share * (soft_cross_entropy(a, even) - losses)
            y += share[:, None] * (even - y)
        weights = np.ones(len(a), a.dtype)
        if self.soft is not None and soft is not None:
            taught = self.soft.taught[sentence] * one(self.settings.teacher_weight)
            losses += taught * (soft_cross_entropy(a, soft) - losses)
            y += taught[:, None] * (soft - y)
            weights = self.soft.weights[sentence].astype(a.dtype)
        return float(losses @ weights), (a - y) * (weights * one(self.scale))[:, None]

    def hidden_mask(self, shape: tuple[int, int]) -> Floats | None:
        """Draw the dropout of a scorer's hidden layer."""
        if self.noise.rng is None:
            return None
        dtype = self.network.weights.flat.dtype.type
        return dropout_mask(shape, self.settings.projection_dropout, self.noise.rng, dtype)


def _beside_contexts(step: _Step, x: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Put what a pretrained encoder says beside the forms' vectors `x [T, D]`; backward gives the gradient on these."""
    contexts, network = step.batch.contexts, step.network
    if contexts is None:
        return x, lambda dseen: dseen
    c, backward = contextual_vectors_with_backward(contexts, network.scaling, network.weights, step.g)
    width = x.shape[1]

    def split(dseen: Floats) -> Floats:
        backward(dseen[:, width:])
        return dseen[:, :width]

    return np.concatenate((x, c), axis=1), split


def _tag_losses(step: _Step, logits: Sequence[Floats]) -> tuple[dict[str, float], list[Floats]]:
    """Compare the tags of each column; the gradients are those on its logits `[T, K]`."""
    losses: dict[str, float] = {}
    gradients = []
    for column, (name, z) in enumerate(zip(TAG_COLUMNS, logits)):
        losses[name], gradient = step.softmax_loss(
            softmax(z),
            step.batch.tags[:, column],
            step.batch.words.packing.sentence,
            weight=step.settings.tag_weight,
            soft=None if step.soft is None else step.soft.tags[column],
        )
        gradients.append(gradient)
    return losses, gradients


def _lemma_loss(step: _Step, x: Floats) -> tuple[dict[str, float], Floats]:
    """Compare the lemma rules, if the network knows any; the gradient is that on the forms' vectors `x [T, D]`."""
    network, batch = step.network, step.batch
    if not network.vocabulary.lemma_rules:
        return {}, np.zeros((), x.dtype)
    mask = step.hidden_mask((len(x), network.settings.lemma_hidden))
    logits, backward = rule_logits_with_backward(x, batch.tags, step.features, network.weights, step.g, mask)
    loss, gradient = step.softmax_loss(
        softmax(logits), batch.lemma_rules, batch.words.packing.sentence, weight=step.settings.lemma_weight
    )
    return {"lemma": loss}, backward(gradient)


def _graph_loss(step: _Step, h: Projections) -> tuple[float, Floats, tuple[Floats, Floats]]:
    """Compare the heads; also give their probabilities, and the gradients on graph_dependent and graph_head."""
    packing = step.batch.words.packing
    logits, backward = graph_logits_with_backward(h, packing, step.network.weights, step.g)
    possible = possible_heads(packing)
    probabilities = softmax(logits, possible)  # [B, L, L+1]
    at = packing.sentence, packing.position
    loss, gradient = step.softmax_loss(
        probabilities[at],
        step.batch.heads,
        packing.sentence,
        possible=possible[at],
        weight=step.settings.graph_weight,
        soft=None if step.soft is None else step.soft.heads,
    )
    dlogits = np.zeros_like(probabilities)
    dlogits[at] = gradient
    return loss, without_absent(probabilities, packing), backward(dlogits)


def _transition_loss(
    step: _Step,
    h: Projections,
    label_scorer: LabelScorer,
    head_probabilities: Floats,
    visited: VisitedStates | None,
    explore: float,
) -> tuple[dict[str, float], Floats]:
    """Compare the transitions in all states that are visited; the gradient is that on `h.state`."""
    network, batch = step.network, step.batch
    tables = graph_scores(head_probabilities) if network.settings.graph_features else None
    scorer, scorer_backward = prepare_transition_scorer_with_backward(
        h.state, batch.words.packing, tables, network.weights, step.g
    )
    if visited is None:
        visited = _visit(step, scorer, label_scorer, explore)
    mask = step.hidden_mask((len(visited.correct), network.settings.action_hidden))
    logits, backward = score_transitions_with_backward(scorer, visited.features, step.g, mask)
    soft = None if step.soft is None else step.soft.transitions(visited.features, visited.legal)
    loss, gradient = step.marginal_loss(
        logits,
        softmax(logits, visited.legal),
        visited.correct,
        visited.features.sentence,
        possible=visited.legal,
        soft=soft,
    )
    chosen = np.where(visited.legal, logits, -np.inf).argmax(axis=1)
    wrong = ~visited.correct[np.arange(len(chosen)), chosen]
    counts = {"wrong transitions": float(wrong.sum()), "states": float(len(chosen))}
    return {"transition": loss, **counts}, scorer_backward(backward(gradient))


def _visit(
    step: _Step, transition_scorer: TransitionScorer, label_scorer: LabelScorer, explore: float
) -> VisitedStates:
    """Walk through the sentences of the batch beside the oracle."""
    batch = step.batch
    packing = batch.words.packing
    gold_labels = np.full((len(packing.lengths), len(packing.offsets)), MISSING, dtype=np.intp)
    gold_labels[packing.sentence, packing.position + 1] = batch.labels
    children = transition_scorer.children or (step.soft is not None and step.soft.children)
    # What is known of a partly annotated sentence is to be built, with as many SWAPs as it takes.
    max_swaps = None if (batch.heads == NOT_KNOWN).any() else MAX_SWAPS
    states = States(packing.lengths, max_swaps=max_swaps, children=children)
    oracle = Oracle(states, batch.gold_heads, plans=batch.plans)
    rng = step.noise.rng or np.random.default_rng(0)
    masks = step.network.vocabulary.label_masks
    return explore_states(oracle, gold_labels, transition_scorer, label_scorer, masks, probability=explore, rng=rng)


def _label_loss(step: _Step, label_scorer: LabelScorer) -> tuple[float, tuple[Floats, Floats]]:
    """Compare the labels of the gold arcs; the gradients are those on label_dependent and label_head."""
    network, batch = step.network, step.batch
    packing = batch.words.packing
    rows = np.arange(packing.words)
    known = batch.heads != NOT_KNOWN
    heads = np.where(known, batch.heads, ROOT)  # the label of an unknown arc is left out below
    head_rows = step.rows[packing.sentence, heads + 1]
    transition = np.where(heads > packing.position + 1, LEFT_ARC, RIGHT_ARC)
    mask = step.hidden_mask((packing.words, network.settings.label_width))
    logits, backward = score_labels_with_backward(label_scorer, transition, head_rows, rows, step.g, mask)
    legal = network.vocabulary.label_masks.legal(heads)
    loss, gradient = step.softmax_loss(
        softmax(logits, legal),
        # A label that is not legal here is left out, and so is one that the vocabulary does not know: it stands at -1,
        # where `legal` answers for the last label.
        np.where(known & legal[rows, batch.labels] & (batch.labels != NOT_KNOWN), batch.labels, NOT_KNOWN),
        packing.sentence,
        possible=legal,
        weight=step.settings.label_weight,
        soft=None if step.soft is None else step.soft.labels,
    )
    return loss, backward(gradient)
