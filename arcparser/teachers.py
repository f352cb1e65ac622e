"""Distillation: what trained parsers would say to a parser that is being trained.

The student learns from the average of its teachers' distributions beside the gold annotation (Hinton et al. 2015;
Kuncoro et al. 2016 and Liu et al. 2018 for parsers: an ensemble's accuracy at the cost of one model).  Tags and heads
have one distribution for each word.  Transitions have one for each state, and the states are those that the student
visits, so teachers keep their state scorers at hand and are asked during the training step.

What a teacher's encoder makes of the training sentences never changes: it is computed once and kept, 2 bytes a number
(about 1 KB a word for each teacher).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .encoder import TAG_COLUMNS
from .errors import UsageError
from .features import StateFeatures
from .inference import Analyser, Scorers, scorers_from
from .lexicon import Lexicon
from .network import Batch, Network
from .nn.softmax import softmax

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the teachers say of one batch: their averaged distributions.

    ``tags``: ``[T, K]`` of each tag column; ``arcs [B, L, L+1]`` as the graph scorer's; transitions and labels are
    asked for.
    """

    tags: tuple[Floats, ...]
    arcs: Floats
    scorers: Sequence[Scorers]

    @property
    def children(self) -> bool:
        """Whether a teacher must see the children in a state."""
        return any(s.transitions.children for s in self.scorers)

    def transitions(self, features: StateFeatures, legal: Bools) -> Floats:
        """P(transition | state), ``[N, 4]``."""
        return _mean([softmax(s.transitions.logits(features), legal) for s in self.scorers])

    def labels(self, transition: Ints, head_rows: Ints, dependent_rows: Ints, legal: Bools) -> Floats:
        """P(label | transition, head, dependent), ``[N, labels]``."""
        return _mean([softmax(s.labels.logits(transition, head_rows, dependent_rows), legal) for s in self.scorers])


class Teachers:
    """Trained networks, and what their encoders make of the training sentences.

    :raises UsageError: a teacher has other tags or labels than the student's lexicon.
    """

    def __init__(self, networks: Sequence[Network], lexicon: Lexicon, sentences: Sequence[Sequence[str]]) -> None:
        for network in networks:
            for name in ("upos", "xpos", "feats", "labels", "root_labels", "root_only"):
                if list(getattr(network.lexicon, name)) != list(getattr(lexicon, name)):
                    raise UsageError(f"a teacher with other {name} than the training files: train it on the same files")
        self._networks = networks
        lengths = np.array([len(words) for words in sentences], dtype=np.intp)
        self._starts = np.cumsum(lengths) - lengths
        total = int(lengths.sum())
        sizes = [len(getattr(lexicon, name)) for name in TAG_COLUMNS]
        self._tags = [np.zeros((total, size), np.float16) for size in sizes]
        self._columns = []
        for network in networks:
            columns = np.empty((total, len(network.weights["heads.b"])), np.float16)
            for words, y, logits in Analyser(network).encode(sentences):
                columns[words] = y
                for tags, scores in zip(self._tags, logits):
                    tags[words] += softmax(scores).astype(np.float16) / len(networks)
            self._columns.append(columns)

    def lesson(self, batch: Batch) -> Lesson:
        """What they say of a batch of the training sentences."""
        packing = batch.words.packing
        words = self._starts[batch.numbers][packing.sentence] + packing.position
        scorers = [
            scorers_from(network, columns[words].astype(np.float32), batch.tags, packing, arcs=True)
            for network, columns in zip(self._networks, self._columns)
        ]
        tags = tuple(column[words].astype(np.float32) for column in self._tags)
        return Lesson(tags, _mean([s.arcs for s in scorers if s.arcs is not None]), scorers)


def _mean(distributions: Sequence[Floats]) -> Floats:
    total = distributions[0].copy()
    for a in distributions[1:]:
        total += a
    total /= len(distributions)
    return total
