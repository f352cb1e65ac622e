"""Distillation: what trained parsers would say to a parser that is being trained.

The student learns from the average of its teachers' distributions beside the gold annotation (Hinton et al. 2015;
Kuncoro et al. 2016 and Liu et al. 2018 for parsers: an ensemble's accuracy at the cost of one model).  Tags and heads
have one distribution for each word.  Transitions have one for each state, and the states are those that the student
visits, so teachers keep their state scorers at hand and are asked during the training step.

The products of each distinct form of the treebank with a teacher's first layer are computed once and kept (some KB a
form for each teacher); the rest of its encoder runs again for each batch, whose words may have been replaced
(:mod:`arcparser.substitutes`).
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
    """Trained networks, ready to be asked about sentences made of these distinct ``forms``.

    :raises UsageError: a teacher has other tags or labels than the student's lexicon.
    """

    def __init__(self, networks: Sequence[Network], lexicon: Lexicon, forms: Sequence[str]) -> None:
        for network in networks:
            for name in ("upos", "xpos", "feats", "labels", "root_labels", "root_only"):
                if list(getattr(network.lexicon, name)) != list(getattr(lexicon, name)):
                    raise UsageError(f"a teacher with other {name} than the training files: train it on the same files")
        self._analysers = [Analyser(network, len(forms)) for network in networks]
        self._forms = [analyser.form_rows(forms) for analyser in self._analysers]

    def lesson(self, batch: Batch) -> Lesson:
        """What they say of a batch made of these forms (threads may ask at the same time)."""
        packing = batch.words.packing
        tags: list[list[Floats]] = [[] for _ in TAG_COLUMNS]
        scorers = []
        for analyser, forms in zip(self._analysers, self._forms):
            weights = analyser.network.weights
            columns = np.empty((packing.words, len(weights["heads.b"])), weights.flat.dtype)
            scores = [np.empty((packing.words, len(weights[f"{c}.b"])), weights.flat.dtype) for c in TAG_COLUMNS]
            for rows, y, logits in analyser.encode(forms[batch.distinct], packing):
                columns[rows] = y
                for whole, part in zip(scores, logits):
                    whole[rows] = part
            for of_teachers, logits_of_column in zip(tags, scores):
                of_teachers.append(softmax(logits_of_column))
            scorers.append(scorers_from(analyser.network, columns, batch.tags, packing, arcs=True))
        arcs = _mean([s.arcs for s in scorers if s.arcs is not None])
        return Lesson(tuple(map(_mean, tags)), arcs, scorers)


def _mean(distributions: Sequence[Floats]) -> Floats:
    total = distributions[0].copy()
    for a in distributions[1:]:
        total += a
    total /= len(distributions)
    return total
