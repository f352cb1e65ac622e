"""Distillation: what trained parsers would say to a parser that is being trained.

The student learns from the average of its teachers' distributions beside the gold annotation (Hinton et al. 2015;
Kuncoro et al. 2016 and Liu et al. 2018 for parsers: an ensemble's accuracy at the cost of one model). Tags, heads and
labels have one distribution for each word of the treebank: they are computed once, before the training. Transitions
have one for each state, and the states are those that the student visits: of each teacher, the vectors that its state
scorer reads are kept (`TeacherCache`), and the scorer is asked during the training step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.errors import UsageError
from arcparser.network import classifier
from arcparser.network.classifier import StateScorer
from arcparser.network.encoder import TAG_COLUMNS
from arcparser.network.network import Batch, Network
from arcparser.network.vocabulary import Vocabulary
from arcparser.nn.packing import Packing, pack
from arcparser.nn.softmax import softmax
from arcparser.parsing.predictor import Predictor, lock_step_batches
from arcparser.transition.arc_standard import LEFT_ARC, RIGHT_ARC
from arcparser.transition.features import StateFeatures, graph_scores
from arcparser.types import Bools, Floats, Ints

# What is kept for a whole treebank: half precision is exact to three digits, and 2 KB a word with four teachers.
_KEPT = np.float16


@dataclass(frozen=True, slots=True)
class SoftTargets:
    """What the teachers say of one batch: their averaged distributions.

    `tags`: `[T, K]` of each tag column; `arcs [T, L+1]`: of each word's heads; `labels [T, labels]`: of the labels of
    the gold arcs; transitions are asked for, in states that show children or not.
    """

    tags: tuple[Floats, ...]
    arcs: Floats
    labels: Floats
    scorers: Sequence[StateScorer]

    @property
    def children(self) -> bool:
        """Whether a teacher must see the children in a state."""
        return any(scorer.children for scorer in self.scorers)

    def transitions(self, features: StateFeatures, legal: Bools) -> Floats:
        """P(transition | state), `[N, 4]`."""
        total = sum(softmax(scorer.logits(features), legal) for scorer in self.scorers)
        return np.asarray(total / len(self.scorers))


class Layout:
    """Where the words of a treebank lie, sentence after sentence.

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
        """`[T]` the places of the words of the sentences `numbers [B]`, in the order of `packing`."""
        return self.starts[numbers][packing.sentence] + packing.position

    def squares(self, arcs: Floats, numbers: Ints) -> Iterator[Floats]:
        """The head distributions `[n, n+1]` of each of the sentences `numbers`: views of `arcs`."""
        for start, n in zip(self.arc_starts[numbers].tolist(), self.lengths[numbers].tolist()):
            yield arcs[start : start + n * (n + 1)].reshape(n, n + 1)


@dataclass(frozen=True, slots=True)
class TeacherCache:
    """What one teacher's state scorer reads: `states [words, state_width]` and `arcs` as in `Layout`."""

    network: Network
    layout: Layout
    states: Floats
    arcs: Floats

    def scorer(self, numbers: Ints, packing: Packing) -> StateScorer:
        """The scorer for the sentences `numbers [B]`, which lie in `packing` in that order."""
        p = self.network.weights
        graph = None
        if self.network.settings.graph_features:
            longest = len(packing.offsets) - 1
            arcs = np.zeros((len(numbers), longest, longest + 1), p.flat.dtype)
            for row, square in zip(arcs, self.layout.squares(self.arcs, numbers)):
                row[: len(square), : len(square) + 1] = square
            graph = graph_scores(arcs)
        states = self.states[self.layout.packed(numbers, packing)].astype(p.flat.dtype)
        return classifier.state_scorer(states, packing, graph, p, p)[0]


class Teachers:
    """Trained networks that have read the treebank: `sentences` are its words, `heads` its gold trees.

    Raises:
        UsageError: A teacher has other tags or labels than the student's vocabulary.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        vocabulary: Vocabulary,
        sentences: Sequence[Sequence[str]],
        heads: Sequence[Ints],
    ) -> None:
        for network in networks:
            for name in ("upos", "xpos", "feats", "labels", "root_labels", "root_only"):
                if list(getattr(network.vocabulary, name)) != list(getattr(vocabulary, name)):
                    raise UsageError(f"a teacher with other {name} than the training files: train it on the same files")
        self._layout = Layout(np.array([len(words) for words in sentences], dtype=np.intp))
        # Averages; a teacher adds its share when it reads.
        self._tags = [np.zeros((self._layout.words, len(getattr(vocabulary, c))), _KEPT) for c in TAG_COLUMNS]
        self._labels = np.zeros((self._layout.words, len(vocabulary.labels)), _KEPT)
        self._share = 1 / len(networks)
        self._memories = [self._read(network, sentences, heads) for network in networks]

    def _read(self, network: Network, sentences: Sequence[Sequence[str]], heads: Sequence[Ints]) -> TeacherCache:
        layout = self._layout
        memory = TeacherCache(
            network, layout, np.empty((layout.words, network.settings.state_width), _KEPT), np.empty(layout.arcs, _KEPT)
        )
        predictor = Predictor(network)
        order = np.argsort(-layout.lengths, kind="stable")
        for first, end in lock_step_batches(layout.lengths[order]):
            numbers = order[first:end]
            packing = pack(layout.lengths[numbers])
            rows = packing.padded()
            # From sentence after sentence to packed order.
            places = np.concatenate([row[:n] for row, n in zip(rows, packing.lengths.tolist())])
            forms, gold = np.empty((2, packing.words), dtype=np.intp)
            forms[places] = predictor.form_rows([word for i in numbers.tolist() for word in sentences[i]])
            gold[places] = np.concatenate([heads[i] for i in numbers.tolist()])
            self._read_batch(predictor, memory, numbers, packing, forms, gold)
        return memory

    def _read_batch(
        self, predictor: Predictor, memory: TeacherCache, numbers: Ints, packing: Packing, forms: Ints, gold: Ints
    ) -> None:
        network = memory.network
        p = network.weights
        at = self._layout.packed(numbers, packing)
        columns = np.empty((packing.words, len(p["projection.b"])), p.flat.dtype)
        for part, y, logits in predictor.encode(forms, packing):
            columns[part] = y
            for average, of_column in zip(self._tags, logits):
                average[at[part]] += self._share * softmax(of_column)
        h = classifier.split_projections(columns, network.settings)
        memory.states[at] = h.state
        scores, possible, _ = classifier.graph_logits(h, packing, p, p)
        arcs = softmax(scores, possible)
        for row, square in zip(arcs, self._layout.squares(memory.arcs, numbers)):
            square[...] = row[: len(square), : len(square) + 1]
        head_rows = classifier.word_rows(packing)[packing.sentence, gold + 1]
        transition = np.where(gold > packing.position + 1, LEFT_ARC, RIGHT_ARC)
        scores = classifier.label_scorer(h, p).logits(transition, head_rows, np.arange(packing.words))
        self._labels[at] += self._share * softmax(scores, network.label_masks().legal(gold))

    def soft_targets(self, batch: Batch) -> SoftTargets:
        """What they say of a batch of the treebank's sentences (threads may ask at the same time)."""
        numbers, packing = batch.numbers, batch.words.packing
        at = self._layout.packed(numbers, packing)
        arcs = np.zeros((packing.words, len(packing.offsets)), np.float32)
        rows = packing.padded()
        for memory in self._memories:
            for row, square in zip(rows, self._layout.squares(memory.arcs, numbers)):
                arcs[row[: len(square)], : len(square) + 1] += square
        arcs *= self._share
        return SoftTargets(
            tuple(average[at].astype(np.float32) for average in self._tags),
            arcs,
            self._labels[at].astype(np.float32),
            [memory.scorer(numbers, packing) for memory in self._memories],
        )
