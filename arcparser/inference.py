"""Parsing without gradients: many sentences at once, each product computed once.

The forward pass is that of training (:mod:`arcparser.encoder`, :mod:`arcparser.classifier`) without what only a
backward pass needs.  The first layer's input products depend on the form alone: they are computed once for each
distinct form of a chunk and gathered for its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import classifier, encoder
from .decoding import greedy, label_probabilities
from .encoder import TAG_COLUMNS
from .features import graph_scores
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


class Analyser:
    """The network made ready to parse."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._nothing = network.weights  # where gradients would go: no backward is ever called

    def analyse(self, sentences: Sequence[Sequence[str]], *, scores: bool = False) -> list[Analysis]:
        """Trees and tags of sentences of at least one word each, in the order given; ``scores``: see Analysis."""
        results: list[Analysis | None] = [None] * len(sentences)
        lengths = np.fromiter(map(len, sentences), dtype=np.intp, count=len(sentences))
        order = np.argsort(-lengths, kind="stable")
        products, rows = self._form_products([sentences[i] for i in order])
        starts = np.cumsum(lengths[order]) - lengths[order]
        for first, end in lock_step_batches(lengths[order]):
            packing = pack(lengths[order[first:end]])
            words = starts[first:end][packing.sentence] + packing.position
            for i, analysis in zip(order[first:end].tolist(), self._batch(products, rows[words], packing, scores)):
                results[i] = analysis
        return [result for result in results if result is not None]

    def _form_products(self, sentences: Sequence[Sequence[str]]) -> tuple[Floats, Ints]:
        """x W + b of the first layer for each distinct form, ``[2, U, 3H]``, and each word's row in it."""
        lexicon, p = self.network.lexicon, self.network.weights
        known: dict[str, int] = {}
        rows = [known.setdefault(form, len(known)) for words in sentences for form in words]
        spelling, order = encoder.spell([lexicon.spell(form) for form in known])
        spelled, _ = lstm.last_states(
            p["character.table"][spelling.characters],
            encoder.lstm_weights(p, "character.lstm"),
            encoder.lstm_weights(p, "character.lstm"),
            spelling.packing,
        )
        forms = p["form.table"][[lexicon.form_id(form) for form in known]]
        x = np.empty((len(known), encoder.word_width(self.network.settings)), p.flat.dtype)
        x[:, : forms.shape[1]] = forms
        x[order, forms.shape[1] :] = spelled
        products = np.matmul(x, p["lstm0.w"])
        products += p["lstm0.b"][:, None]
        return products, np.array(rows, dtype=np.intp)

    def _batch(self, products: Floats, forms: Ints, packing: Packing, scores: bool) -> list[Analysis]:
        settings, p = self.network.settings, self.network.weights
        z = np.empty((2, packing.words, products.shape[2]), products.dtype)
        np.take(products[0], forms, axis=0, out=z[0], mode="clip")
        np.take(products[1], forms[packing.reverse], axis=0, out=z[1], mode="clip")
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
        probabilities = softmax(arc_logits, possible)
        probabilities *= (np.arange(probabilities.shape[1]) < packing.lengths[:, None])[:, :, None]
        scorer, _ = classifier.state_scorer(h, packing, graph_scores(probabilities), p, self._nothing)
        labeler = classifier.label_scorer(h, p)
        masks = self.network.label_masks()
        states = greedy(packing.lengths, scorer, labeler, masks)
        rows = packing.padded()
        results = [
            Analysis(heads[1 : n + 1], labels[1 : n + 1], tags[row[:n]])
            for heads, labels, row, n in zip(states.heads, states.labels, rows, packing.lengths.tolist())
        ]
        if scores:
            sentence, words = packing.sentence, packing.position + 1
            arcs = probabilities[sentence, packing.position, states.heads[sentence, words]]
            labels = label_probabilities(states, scorer, labeler, masks, sentence, words)
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
