"""Learn from trained parsers (distillation): keep what they say of a treebank, and give it out batch by batch.

The student learns from the average of its teachers' distributions beside the gold annotation (Hinton, Vinyals & Dean
2015; Kuncoro et al. 2016 and Liu et al. 2018 for parsers: an ensemble's accuracy at the cost of one model). Tags, heads
and labels have one distribution for each word of the treebank: they are computed once, before the training. Transitions
have one for each state, and the states are those that the student visits: of each teacher, the vectors that its
transition scorer reads are kept (`TeacherCache`), and the scorer is asked during the training step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.errors import ModelError, UsageError
from arcparser.network.graph_scorer import head_probabilities
from arcparser.network.label_scorer import prepare_label_scorer
from arcparser.network.network import Network
from arcparser.network.projections import projection_widths, split_projections
from arcparser.network.tagger import of_columns
from arcparser.network.transition_scorer import TransitionScorer, prepare_transition_scorer, word_rows
from arcparser.network.vocabulary import TAG_COLUMNS, Vocabulary
from arcparser.nn.packing import Packing, pack
from arcparser.nn.softmax import softmax
from arcparser.parsing.batching import lock_step_batches
from arcparser.parsing.predictor import Predictor
from arcparser.pretrained.contexts import Contexts
from arcparser.training.examples import Batch
from arcparser.training.loss import SoftTargets
from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC
from arcparser.transition.features import graph_scores
from arcparser.types import Floats, Ints

# What is kept for a whole treebank: half precision is exact to three digits, and 2 KB a word with four teachers.
_KEPT = np.float16


class WordPlaces:
    """Say where the words of a treebank lie, sentence after sentence.

    Word i of sentence k is at `starts[k] + i`; the head distributions of its n words are n rows of n + 1 numbers, one
    after the other, from place `arc_starts[k]` of another array on. `words` and `arcs`: the sizes of both.
    """

    def __init__(self, lengths: Ints) -> None:
        self.lengths = lengths
        sizes = lengths * (lengths + 1)
        self.words, self.arcs = int(lengths.sum()), int(sizes.sum())
        self.starts = np.cumsum(lengths) - lengths
        self.arc_starts = np.cumsum(sizes) - sizes

    def packed(self, numbers: Ints, packing: Packing) -> Ints:
        """Return the places of the words of the sentences `numbers [B]`, `[T]` in the order of `packing`."""
        return self.starts[numbers][packing.sentence] + packing.position

    def squares(self, arcs: Floats, numbers: Ints) -> Iterator[Floats]:
        """Cut out the head distributions `[n, n+1]` of each of the sentences `numbers`: views of `arcs`."""
        for start, n in zip(self.arc_starts[numbers].tolist(), self.lengths[numbers].tolist()):
            yield arcs[start : start + n * (n + 1)].reshape(n, n + 1)


@dataclass(frozen=True, slots=True)
class TeacherCache:
    """Keep what one teacher's transition scorer reads.

    Attributes:
        network: The teacher.
        places: Where the treebank's words lie.
        states: `[words, state_width]`.
        arcs: Head distributions, as in `WordPlaces`.
    """

    network: Network
    places: WordPlaces
    states: Floats
    arcs: Floats

    def scorer(self, numbers: Ints, packing: Packing) -> TransitionScorer:
        """Prepare the scorer for the sentences `numbers [B]`, which lie in `packing` in that order."""
        p = self.network.weights
        graph = None
        if self.network.settings.graph_features:
            longest = len(packing.offsets) - 1
            arcs = np.zeros((len(numbers), longest, longest + 1), p.flat.dtype)
            for row, square in zip(arcs, self.places.squares(self.arcs, numbers)):
                row[: len(square), : len(square) + 1] = square
            graph = graph_scores(arcs)
        states = self.states[self.places.packed(numbers, packing)].astype(p.flat.dtype)
        return prepare_transition_scorer(states, packing, graph, p)


class Teachers:
    """Hold trained networks that have read the treebank.

    Args:
        networks: The teachers.
        vocabulary: The student's.
        sentences: The words of the treebank.
        heads: Its gold trees.
        contexts: What each teacher's pretrained encoder says of the words, None for a teacher without one.

    Raises:
        UsageError: A teacher has other tags or labels than the student's vocabulary.
        ModelError: Its weights are so large that what is computed with them is no number.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        vocabulary: Vocabulary,
        sentences: Sequence[Sequence[str]],
        heads: Sequence[Ints],
        contexts: Sequence[Contexts | None] | None = None,
    ) -> None:
        for network in networks:
            for name in (*TAG_COLUMNS, "labels", "root_labels", "root_only"):
                if list(getattr(network.vocabulary, name)) != list(getattr(vocabulary, name)):
                    raise UsageError(f"a teacher with other {name} than the training files: train it on the same files")
        self._places = WordPlaces(np.array([len(words) for words in sentences], dtype=np.intp))
        # Averages; a teacher adds its share when it reads.
        self._tags = [np.zeros((self._places.words, len(getattr(vocabulary, c))), _KEPT) for c in TAG_COLUMNS]
        self._labels = np.zeros((self._places.words, len(vocabulary.labels)), _KEPT)
        self._share = 1 / len(networks)
        contexts = [None] * len(networks) if contexts is None else contexts
        with np.errstate(over="ignore", invalid="ignore"):
            self._caches = [self._read(n, sentences, heads, of_words) for n, of_words in zip(networks, contexts)]
        learned = [*self._tags, self._labels, *(part for cache in self._caches for part in (cache.states, cache.arcs))]
        if not all(np.isfinite(part).all() for part in learned):
            raise ModelError("a teacher's weights are so large that it computes what is no number: take another")

    def _read(
        self,
        network: Network,
        sentences: Sequence[Sequence[str]],
        heads: Sequence[Ints],
        contexts: Contexts | None,
    ) -> TeacherCache:
        """Let one teacher read the whole treebank."""
        places = self._places
        states = np.empty((places.words, network.settings.state_width), _KEPT)
        cache = TeacherCache(network, places, states, np.empty(places.arcs, _KEPT))
        predictor = Predictor(network)
        order = np.argsort(-places.lengths, kind="stable")
        for first, end in lock_step_batches(places.lengths[order]):
            numbers = order[first:end]
            packing = pack(places.lengths[numbers])
            rows = packing.padded()
            # From sentence after sentence to packed order.
            packed = np.concatenate([row[:n] for row, n in zip(rows, packing.lengths.tolist())])
            forms, gold = np.empty((2, packing.words), dtype=np.intp)
            forms[packed] = predictor.form_rows([word for i in numbers.tolist() for word in sentences[i]])
            gold[packed] = np.concatenate([heads[i] for i in numbers.tolist()])
            of_words = None if contexts is None else contexts.packed(numbers, packing)
            encoded = predictor.encode(forms, packing, of_words)
            self._read_batch(encoded, cache, numbers, packing, gold)
        return cache

    def _read_batch(
        self,
        encoded: Iterator[tuple[Ints, Floats, Floats]],
        cache: TeacherCache,
        numbers: Ints,
        packing: Packing,
        gold: Ints,
    ) -> None:
        network = cache.network
        p = network.weights
        at = self._places.packed(numbers, packing)
        columns = np.empty((packing.words, sum(projection_widths(network.settings))), p.flat.dtype)
        for part, y, logits in encoded:
            columns[part] = y
            for average, of_column in zip(self._tags, of_columns(logits, network.vocabulary)):
                average[at[part]] += self._share * softmax(of_column)
        h = split_projections(columns, network.settings)
        cache.states[at] = h.state
        arcs = head_probabilities(h, packing, p)
        for row, square in zip(arcs, self._places.squares(cache.arcs, numbers)):
            square[...] = row[: len(square), : len(square) + 1]
        head_rows = word_rows(packing)[packing.sentence, gold + 1]
        transition = np.where(gold > packing.position + 1, LEFT_ARC, RIGHT_ARC)
        scores = prepare_label_scorer(h, p).logits(transition, head_rows, np.arange(packing.words))
        self._labels[at] += self._share * softmax(scores, network.vocabulary.label_masks.legal(gold))

    def soft_targets(self, batch: Batch) -> SoftTargets:
        """Return what they say of a batch of the treebank's sentences (threads may ask at the same time)."""
        numbers, packing = batch.numbers, batch.words.packing
        at = self._places.packed(numbers, packing)
        heads = np.zeros((packing.words, len(packing.offsets)), np.float32)
        rows = packing.padded()
        for cache in self._caches:
            for row, square in zip(rows, self._places.squares(cache.arcs, numbers)):
                heads[row[: len(square)], : len(square) + 1] += _distributions(square)
        heads *= self._share
        return SoftTargets(
            tags=tuple(_distributions(average[at]) for average in self._tags),
            heads=heads,
            labels=_distributions(self._labels[at]),
            scorers=[cache.scorer(numbers, packing) for cache in self._caches],
        )


def _distributions(kept: Floats) -> Floats:
    """Let rows `[T, K]` sum to 1 again, as rounding to half precision has changed that: the loss relies on it."""
    exact = kept.astype(np.float32)
    exact /= exact.sum(axis=1, keepdims=True)
    return exact
