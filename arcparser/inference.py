"""Parsing without gradients: many sentences at once, each product computed once.

The forward pass is that of training (:mod:`arcparser.encoder`, :mod:`arcparser.classifier`) without what only a
backward pass needs; the first layer's input products come from a table of forms (:mod:`arcparser.form_table`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import classifier, encoder
from .classifier import LabelScorer, StateScorer
from .decoding import LabelMasks, greedy, label_probabilities
from .encoder import TAG_COLUMNS
from .features import graph_scores
from .form_table import FormTable
from .network import Network
from .nn import lstm
from .nn.packing import Packing, pack
from .nn.softmax import softmax

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]

BATCH_WORDS = 4000  # words that go through the loop in lock step
_BATCH_PAIRS = 1 << 20  # and word pairs (n² a sentence, padded): bounds the graph scores of long sentences


@dataclass(frozen=True, slots=True)
class Analysis:
    """One sentence of n words: ``heads [n]`` (0 the root), ``labels [n]`` and ``tags [n, 3]`` ids.

    If asked for: ``arc_scores [n]``, the probability of each word's head, and ``label_scores [n]``, that of its label
    given the head.
    """

    heads: Ints
    labels: Ints
    tags: Ints
    arc_scores: Floats | None = None
    label_scores: Floats | None = None


@dataclass(frozen=True, slots=True)
class Scorers:
    """All that the arc-standard loop reads of a batch of ``B`` sentences, ``T`` words in packed order.

    ``transitions`` and ``labels`` score actions, ``masks`` says which labels are legal; ``arcs [B, L, L+1]``: the
    graph scorer's P(head of word d+1 = h), 0 where there is no such word; ``tags [T, 3]`` ids.
    """

    transitions: StateScorer
    labels: LabelScorer
    masks: LabelMasks
    arcs: Floats
    tags: Ints


class Analyser:
    """The network made ready to parse."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._forms = FormTable(network)
        self._lock = Lock()  # the table of forms grows while it is used
        self._nothing = network.weights  # where gradients would go: no backward is ever called

    def analyse(self, sentences: Sequence[Sequence[str]], *, scores: bool = False) -> list[Analysis]:
        """Trees and tags of sentences of at least one word each, in the order given; ``scores``: see Analysis."""
        with self._lock:
            return self._analyse(sentences, scores)

    def _analyse(self, sentences: Sequence[Sequence[str]], scores: bool) -> list[Analysis]:
        results: list[Analysis | None] = [None] * len(sentences)
        lengths = np.fromiter(map(len, sentences), dtype=np.intp, count=len(sentences))
        order = np.argsort(-lengths, kind="stable")
        rows = self._forms.rows([sentences[i] for i in order])
        starts = np.cumsum(lengths[order]) - lengths[order]
        for first, end in lock_step_batches(lengths[order]):
            packing = pack(lengths[order[first:end]])
            words = starts[first:end][packing.sentence] + packing.position
            for i, analysis in zip(order[first:end].tolist(), self._batch(rows[words], packing, scores)):
                results[i] = analysis
        return [result for result in results if result is not None]

    def scorers(self, words: Sequence[str]) -> Scorers:
        """What the parse of one sentence of at least one word is made from, to look at (:mod:`arcparser.explain`)."""
        with self._lock:
            return self._scorers(self._forms.rows([words]), pack([len(words)]))

    def _scorers(self, forms: Ints, packing: Packing) -> Scorers:
        settings, p = self.network.settings, self.network.weights
        products = self._forms.products
        z = np.empty((2, packing.words, products.shape[2]), products.dtype)
        np.take(products[0], forms, axis=0, out=z[0], mode="clip")
        np.take(products[1], forms[packing.reverse], axis=0, out=z[1], mode="clip")
        x = z  # from the second layer on, the output of the layer below
        for layer in range(settings.layers):
            weights = encoder.lstm_weights(p, f"lstm{layer}")
            if layer:
                z = lstm.input_products(x, weights, packing)
            x = lstm.both_directions(lstm.run(z, weights.u, packing).hidden, packing)
            if layer == 0:
                t = x @ p["tag.w"]
                t += p["tag.b"]
                np.maximum(t, 0, out=t)
                logits = [t @ p[f"{column}.w"] + p[f"{column}.b"] for column in TAG_COLUMNS]
                tags = np.stack([scores.argmax(axis=1) for scores in logits], axis=1)
                x = np.concatenate((x, t), axis=1)
        h, _ = classifier.heads(x, settings, p, self._nothing)
        arc_logits, possible, _ = classifier.graph_logits(h, packing, p, self._nothing)
        arcs = softmax(arc_logits, possible)
        arcs *= (np.arange(arcs.shape[1]) < packing.lengths[:, None])[:, :, None]
        transitions, _ = classifier.state_scorer(h, packing, graph_scores(arcs), p, self._nothing)
        return Scorers(transitions, classifier.label_scorer(h, p), self.network.label_masks(), arcs, tags)

    def _batch(self, forms: Ints, packing: Packing, scores: bool) -> list[Analysis]:
        s = self._scorers(forms, packing)
        states = greedy(packing.lengths, s.transitions, s.labels, s.masks)
        rows = packing.padded()
        results = [
            Analysis(heads[1 : n + 1], labels[1 : n + 1], s.tags[row[:n]])
            for heads, labels, row, n in zip(states.heads, states.labels, rows, packing.lengths.tolist())
        ]
        if scores:
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
    ranges: list[tuple[int, int]] = []
    first = words = 0
    for i, n in enumerate(lengths.tolist()):
        pairs = (i + 1 - first) * int(lengths[first]) ** 2
        if i > first and (words + n > BATCH_WORDS or pairs > _BATCH_PAIRS):
            ranges.append((first, i))
            first, words = i, 0
        words += n
    if len(lengths):
        ranges.append((first, len(lengths)))
    return ranges
