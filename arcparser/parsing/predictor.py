"""Parsing without gradients: many sentences at once, each product computed once.

The forward pass is that of training (`arcparser.network.encoder`, `arcparser.network.classifier`) without what only a
backward pass needs; the first layer's input products come from a table of forms (`arcparser.parsing.form_cache`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from arcparser.network import classifier, encoder
from arcparser.network.classifier import LabelScorer, StateScorer
from arcparser.network.encoder import TAG_COLUMNS
from arcparser.network.ensemble import ensemble_label_scorer, ensemble_state_scorer, mean
from arcparser.network.network import Network
from arcparser.nn.bidirectional import CELLS, both_directions, gate_inputs, windows
from arcparser.nn.packing import Packing, pack
from arcparser.nn.softmax import softmax
from arcparser.parsing.decoding import LabelMasks, greedy, label_probabilities
from arcparser.parsing.form_cache import FormCache
from arcparser.transition.features import graph_scores
from arcparser.types import Floats, Ints

BATCH_WORDS = 8000  # words that go through the loop in lock step
_BATCH_PAIRS = 1 << 20  # and word pairs (n² a sentence, padded): bounds the graph scores of long sentences


@dataclass(frozen=True, slots=True)
class Prediction:
    """One sentence of n words: `heads [n]` (0 the root), `labels [n]` and `tags [n, 3]` ids.

    If asked for: `arc_scores [n]`, the probability of each word's head, and `label_scores [n]`, that of its label
    given the head.
    """

    heads: Ints
    labels: Ints
    tags: Ints
    arc_scores: Floats | None = None
    label_scores: Floats | None = None


@dataclass(frozen=True, slots=True)
class Scorers:
    """All that the arc-standard loop reads of a batch of `B` sentences, `T` words in packed order.

    `transitions` and `labels` score actions, `masks` says which labels are legal; `arcs [B, L, L+1]`: the graph
    scorer's P(head of word d+1 = h), 0 where there is no such word, if it was asked; `tags [T, 3]` ids.
    """

    transitions: StateScorer
    labels: LabelScorer
    masks: LabelMasks
    arcs: Floats | None
    tags: Ints


def scorers_from(
    networks: Sequence[Network],
    columns: Sequence[Floats],
    tags: Ints,
    packing: Packing,
    *,
    arcs: bool,
    workspace: Floats | None = None,
) -> Scorers:
    """Scorers from what the encoders made of the words.

    Args:
        columns: Of each network, see `Predictor.encode`, with the same `arcs`.
        arcs: Ask the graph scorers, even if their probabilities are no features of the states.
        workspace: See `classifier.state_scorer`.
    """
    settings = networks[0].settings
    asked = arcs or bool(settings.graph_features)
    transitions, labels, of_heads = [], [], []
    for network, y in zip(networks, columns):
        p = network.weights  # also stands where gradients would go: no backward is ever called
        h = classifier.split_projections(y, settings, graph=asked)
        graph = None
        if asked:
            arc_logits, possible, _ = classifier.graph_logits(h, packing, p, p)
            probabilities = softmax(arc_logits, possible)
            probabilities *= (np.arange(probabilities.shape[1]) < packing.lengths[:, None])[:, :, None]
            of_heads.append(probabilities)
            graph = graph_scores(probabilities) if settings.graph_features else None
        transitions.append(classifier.state_scorer(h.state, packing, graph, p, p, workspace)[0])
        labels.append(classifier.label_scorer(h, p))
        workspace = None  # it is taken
    return Scorers(
        ensemble_state_scorer(transitions),
        ensemble_label_scorer(labels),
        networks[0].label_masks(),
        mean(of_heads) if of_heads else None,
        tags,
    )


class Predictor:
    """Networks made ready to parse: one, or several of one vocabulary and size, which choose together."""

    def __init__(self, *networks: Network) -> None:
        self._networks = networks
        self._settings = networks[0].settings
        self._forms = FormCache(networks)
        self._lock = Lock()  # the table of forms grows while it is used
        # The state tables of 8000 words are 30 MB; in fresh memory they would take twice the time, in page faults.
        self._workspace = np.empty(0, networks[0].weights.flat.dtype)

    def predict(self, sentences: Sequence[Sequence[str]], *, scores: bool = False) -> list[Prediction]:
        """Trees and tags of sentences of at least one word each, in the order given; `scores`: see Prediction."""
        with self._lock:
            return self._predict(sentences, scores)

    def _predict(self, sentences: Sequence[Sequence[str]], scores: bool) -> list[Prediction]:
        results: list[Prediction | None] = [None] * len(sentences)
        lengths = np.fromiter(map(len, sentences), dtype=np.intp, count=len(sentences))
        order = np.argsort(-lengths, kind="stable")
        rows = self._forms.rows([sentences[i] for i in order])
        starts = np.cumsum(lengths[order]) - lengths[order]
        for first, end in lock_step_batches(lengths[order]):
            packing = pack(lengths[order[first:end]])
            words = starts[first:end][packing.sentence] + packing.position
            for i, prediction in zip(order[first:end].tolist(), self._batch(rows[words], packing, scores)):
                results[i] = prediction
        return [result for result in results if result is not None]

    def scorers(self, words: Sequence[str]) -> Scorers:
        """What the parse of one sentence of at least one word is made from (`arcparser.viz.explain`)."""
        with self._lock:
            return self._scorers(self._forms.rows([words]), pack([len(words)]), arcs=True)

    def form_rows(self, forms: Sequence[str]) -> Ints:
        """The numbers of forms for `encode`, valid until another sentence is predicted."""
        with self._lock:
            return self._forms.rows([forms])

    def _scorers(self, forms: Ints, packing: Packing, *, arcs: bool, workspace: Floats | None = None) -> Scorers:
        graph = arcs or bool(self._settings.graph_features)
        width = sum(classifier.projection_widths(self._settings, graph=graph))
        columns = [np.empty((packing.words, width), network.weights.flat.dtype) for network in self._networks]
        tags = np.empty((packing.words, len(TAG_COLUMNS)), dtype=np.intp)
        # All networks work on the same part of the batch before the next: tag logits are kept for one part alone.
        encoders = [self.encode(forms, packing, which=k, graph=graph) for k in range(len(self._networks))]
        for parts in zip(*encoders):
            rows = parts[0][0]
            for of_network, (_, y, _) in zip(columns, parts):
                of_network[rows] = y
            for column, scores in enumerate(zip(*(logits for _, _, logits in parts))):
                tags[rows, column] = mean(scores).argmax(axis=1)
        return scorers_from(self._networks, columns, tags, packing, arcs=arcs, workspace=workspace)

    def encode(
        self, forms: Ints, packing: Packing, *, which: int = 0, graph: bool = True
    ) -> Iterator[tuple[Ints, Floats, list[Floats]]]:
        """What the encoder of a network makes of `forms [T]` (`form_rows`) in packed order.

        In parts: rows of `packing`, their columns of `classifier.Projections`, the logits of each tag column.

        Args:
            which: The number of the network.
            graph: With the columns of the graph scorer.
        """
        settings, p = self._settings, self._networks[which].weights
        cell = CELLS[settings.cell]
        rectified = sum(classifier.projection_widths(settings, graph=graph)[:3])
        projection_weights, head_biases = classifier.projection_weights(settings, p, graph=graph)
        tag_weights = np.concatenate([p[f"{name}.w"] for name in TAG_COLUMNS], axis=1)
        tag_biases = np.concatenate([p[f"{name}.b"] for name in TAG_COLUMNS])
        tag_ends = np.cumsum([len(p[f"{name}.b"]) for name in TAG_COLUMNS])[:-1]
        for first, end in cut(packing.lengths, cell.PARSED_TOGETHER):
            chunk = pack(packing.lengths[first:end])
            rows = packing.offsets[chunk.position] + chunk.sentence + first
            z = self._forms.gate_inputs(which, forms[rows], chunk)
            x = z  # from the second layer on, the output of the layer below
            for layer in range(settings.layers):
                weights = encoder.layer_weights(settings, p, f"layer{layer}")
                if layer:
                    z = gate_inputs(windows(x, chunk, cell.WINDOW), weights)
                x = both_directions(cell.hidden_states(z, weights, chunk), chunk)
                if layer == 0:
                    t = x @ p["tag.w"]
                    t += p["tag.b"]
                    np.maximum(t, 0, out=t)
                    scores = t @ tag_weights
                    scores += tag_biases
                    logits = np.split(scores, tag_ends, axis=1)
                    x = encoder.handed_on(x, t, settings)
            y = x @ projection_weights
            y += head_biases
            np.maximum(y[:, :rectified], 0, out=y[:, :rectified])
            yield rows, y, logits

    def _batch(self, forms: Ints, packing: Packing, scores: bool) -> list[Prediction]:
        w = self._networks[0].weights["state.w"]
        size = len(w) * (packing.words + 2) * w.shape[2]
        if len(self._workspace) < size:
            self._workspace = np.empty(size, w.dtype)
        s = self._scorers(forms, packing, arcs=scores, workspace=self._workspace)
        states = greedy(packing.lengths, s.transitions, s.labels, s.masks)
        rows = packing.padded()
        results = [
            Prediction(heads[1 : n + 1], labels[1 : n + 1], s.tags[row[:n]])
            for heads, labels, row, n in zip(states.heads, states.labels, rows, packing.lengths.tolist())
        ]
        if s.arcs is not None and scores:
            sentence, words = packing.sentence, packing.position + 1
            arcs = s.arcs[sentence, packing.position, states.heads[sentence, words]]
            labels = label_probabilities(states, s.transitions, s.labels, s.masks, sentence, words)
            results = [
                replace(result, arc_scores=arcs[row[:n]], label_scores=labels[row[:n]])
                for result, row, n in zip(results, rows, packing.lengths.tolist())
            ]
        return results


def lock_step_batches(lengths: Ints) -> list[tuple[int, int]]:
    """Cut sentences, sorted from long to short, into (first, end) ranges that bound words and word pairs."""
    return cut(lengths, BATCH_WORDS, _BATCH_PAIRS)


def cut(lengths: Ints, most_words: int, most_pairs: int | None = None) -> list[tuple[int, int]]:
    """(first, end) ranges of at most so many words, and so many pairs of them, but at least one sentence."""
    ranges: list[tuple[int, int]] = []
    first = words = 0
    for i, n in enumerate(lengths.tolist()):
        pairs = (i + 1 - first) * int(lengths[first]) ** 2
        if i > first and (words + n > most_words or (most_pairs is not None and pairs > most_pairs)):
            ranges.append((first, i))
            first, words = i, 0
        words += n
    if len(lengths):
        ranges.append((first, len(lengths)))
    return ranges
