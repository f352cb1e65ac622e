"""Learn from trained parsers (distillation): give out what they say of sentences batch by batch.

The student learns from the average of its teachers' distributions beside the gold annotation (Hinton, Vinyals & Dean
2015; Kuncoro et al. 2016 and Liu et al. 2018 for parsers: an ensemble's accuracy at the cost of one model), or in its
place, where there is none: raw text, which the teachers have never seen (`arcparser.learning.unlabeled`). Tags, heads
and labels have one distribution for each word: they are computed once, before the training
(`arcparser.learning.labeling`). Transitions have one for each state, and the states are those that the student visits:
of each teacher, the vectors that its transition scorer reads are kept, and the scorer is asked during the training
step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from arcparser.errors import UsageError
from arcparser.learning.examples import Batch
from arcparser.learning.labeling import ContextSource, Labeler
from arcparser.learning.loss import SoftTargets
from arcparser.learning.targets import Keep, Targets, keep_in_memory, lay_out, normalized
from arcparser.network.network import Network
from arcparser.network.transition_scorer import TransitionScorer, prepare_transition_scorer
from arcparser.network.vocabulary import CLASS_LISTS, Vocabulary
from arcparser.nn.packing import Packing
from arcparser.transition.features import graph_scores
from arcparser.types import Floats, Ints


class Teachers:
    """Hold trained networks that have read sentences.

    Args:
        networks: The teachers.
        vocabulary: The student's.
        sentences: The words of the sentences.
        heads: Their gold trees; None: they have none, and the teachers' own is learned.
        contexts: What each teacher's pretrained encoder says of the words, None for a teacher without one.
        first: The number of the first of these sentences in a batch; those before have no teachers.
        keep: Keeps what they say.

    Attributes:
        targets: What they say.

    Raises:
        UsageError: A teacher has other tags or labels than the student's vocabulary.
        ModelError: Its weights are so large that what is computed with them is no number.
        OutputError: What they say cannot be kept.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        vocabulary: Vocabulary,
        sentences: Sequence[Sequence[str]],
        heads: Sequence[Ints] | None = None,
        contexts: Sequence[ContextSource | None] | None = None,
        *,
        first: int = 0,
        keep: Keep = keep_in_memory,
    ) -> None:
        for network in networks:
            for name in CLASS_LISTS:
                if list(getattr(network.vocabulary, name)) != list(getattr(vocabulary, name)):
                    raise UsageError(f"a teacher with other {name} than the training files: train it on the same files")
        lengths = np.fromiter(map(len, sentences), dtype=np.intp, count=len(sentences))
        annotated = heads is not None
        layout = partial(lay_out, lengths=lengths, networks=networks, vocabulary=vocabulary, annotated=annotated)
        self._networks, self._first = networks, first

        def fill(targets: Targets) -> None:
            sources = [None] * len(networks) if contexts is None else contexts
            Labeler(networks, vocabulary, sentences, heads, sources).fill(targets)

        self.targets = keep(layout, fill)

    def soft_targets(self, batch: Batch) -> SoftTargets | None:
        """Return what they say of a batch, None if they have read no sentence of it (threads may ask together)."""
        targets, packing = self.targets, batch.words.packing
        taught = batch.numbers >= self._first
        if not taught.any():
            return None
        numbers = np.where(taught, batch.numbers - self._first, 0)
        rows = np.flatnonzero(taught[packing.sentence])
        at = targets.places.packed(numbers, packing)[rows]
        heads = np.zeros((packing.words, len(packing.offsets)), np.float32)
        padded = packing.padded()
        which = np.flatnonzero(taught)
        for arcs in targets.arcs:
            for row, square in zip(padded[which], targets.places.squares(arcs, numbers[which])):
                heads[row[: len(square)], : len(square) + 1] += normalized(square)
        heads /= len(self._networks)
        weights = np.ones(len(numbers), np.float32)
        if targets.sureness is not None:
            weights[which] = targets.sureness[numbers[which]]
        return SoftTargets(
            tags=tuple(_spread(of_column.take(at), rows, packing.words) for of_column in targets.tags),
            heads=heads,
            labels=_spread(targets.labels.take(at), rows, packing.words),
            scorers=[self._scorer(k, numbers, packing, rows, which) for k in range(len(self._networks))],
            taught=taught,
            weights=weights,
        )

    def _scorer(self, k: int, numbers: Ints, packing: Packing, rows: Ints, which: Ints) -> TransitionScorer:
        """Prepare the transition scorer of one teacher for the sentences `which`, at `rows`, of a batch."""
        targets, network = self.targets, self._networks[k]
        p = network.weights
        graph = None
        if network.settings.graph_features:
            longest = len(packing.offsets) - 1
            arcs = np.zeros((len(numbers), longest, longest + 1), p.flat.dtype)
            for i, square in zip(which.tolist(), targets.places.squares(targets.arcs[k], numbers[which])):
                arcs[i, : len(square), : len(square) + 1] = square
            graph = graph_scores(arcs)
        states = np.asarray(targets.states[k][targets.places.packed(numbers, packing)[rows]]).astype(p.flat.dtype)
        return prepare_transition_scorer(_spread(states, rows, packing.words), packing, graph, p)


def _spread(given: Floats, rows: Ints, words: int) -> Floats:
    """Put `given [R, K]` at `rows [R]` of all words, `[T, K]`; the others have 0."""
    if len(rows) == words:
        return given
    spread = np.zeros((words, given.shape[1]), given.dtype)
    spread[rows] = given
    return spread
