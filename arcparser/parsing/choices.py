"""Tell how sure the scorers are of the tree that was chosen, and what comes second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arcparser.model.calibration import Calibration
from arcparser.types import Floats, Ints

NONE = -1  # where there is no second head or label


@dataclass(frozen=True, slots=True)
class Choices:
    """Hold what is known of the heads and labels that were chosen for T words.

    Attributes:
        heads: `[T]` the chosen heads, 0 the root.
        labels: `[T]` ids of the chosen labels.
        arcs: `[T]` P(head) as the graph scorer gives it.
        second_heads: `[T]` the head that it finds most probable but for the chosen one; NONE where there is no other.
        label_logits: `[T, labels]` of the chosen arcs, −inf where a label is illegal.
    """

    heads: Ints
    labels: Ints
    arcs: Floats
    second_heads: Ints
    label_logits: Floats

    def arc_scores(self, calibration: Calibration) -> Floats:
        """Compute the probability that each head is right, `[T]`; 1 where no other is possible."""
        return np.where(self.second_heads == NONE, 1.0, calibration.arcs(self.arcs))

    def label_scores(self, calibration: Calibration) -> Floats:
        """Compute P(label | arc), `[T]`."""
        return calibration.labels(self.label_logits)[np.arange(len(self.labels)), self.labels]

    def second_labels(self) -> Ints:
        """Find the most probable legal label but for the chosen one, `[T]`; NONE where there is no other."""
        logits = self.label_logits.copy()
        logits[np.arange(len(logits)), self.labels] = -np.inf
        best = logits.argmax(axis=1)
        return np.where(np.isneginf(logits.max(axis=1)), NONE, best)


def second_best_heads(probabilities: Floats, words: Ints, heads: Ints, lengths: Ints) -> Ints:
    """Find the most probable head but for the chosen one, `[T]`; NONE where there is no other.

    Args:
        probabilities: `[T, L+1]` P(head of the word = h); they are overwritten.
        words: `[T]` numbers of the words.
        heads: `[T]` the chosen ones.
        lengths: `[T]` of the words' sentences.
    """
    rows = np.arange(len(words))
    probabilities[np.arange(probabilities.shape[1]) > lengths[:, None]] = -1
    probabilities[rows, words] = -1  # no word heads itself
    probabilities[rows, heads] = -1
    return np.where(lengths == 1, NONE, probabilities.argmax(axis=1))
