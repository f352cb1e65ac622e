"""Classify places by a softmax over hashed features: is there a boundary here, and of which kind?

Sentence boundaries (`arcparser.text.sentence_splitter`) and token boundaries (`arcparser.text.retokenizer`) are
decided by the same model, a maximum-entropy classifier (Berger, Della Pietra & Della Pietra 1996; for sentences
Reynar & Ratnaparkhi 1997): each place has F features, each feature has a weight for each of K classes, and

    logits[n, k] = Σ_f weights[features[f, n], k],    P(k | n) = softmax(logits[n])[k].

A feature is a number from 0 to D − 1, a hash of what was seen (Weinberger et al. 2009): no dictionary to store or
to look up in. Features that share a number share a weight, which does little harm: most of them are rare.

Letters in shapes: N places, F features of a place, K classes, D = 2^bits weights of a class.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from arcparser.nn.adam import Adam
from arcparser.nn.softmax import logits_gradient, softmax
from arcparser.types import Floats, Ints

Hashes = NDArray[np.uint64]
Features = NDArray[np.int32]  # [F, N]

# Odd numbers near 2^64 / golden ratio and the like: multiplying by them spreads differences to the upper bits,
# which are the ones that are kept (Knuth, The Art of Computer Programming 3, section 6.4).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_COMBINE = np.uint64(0xC2B2AE3D27D4EB4F)


def hash_string(text: str) -> int:
    """Return a number for a string that is the same on every machine and in every run, which `hash()` is not."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def hash_columns(columns: Sequence[Hashes], template: int, bits: int) -> Features:
    """Compute one feature of each place: the hash of the template's number and its columns, each [N] -> [N]."""
    mixed = columns[0] + np.uint64(template)  # [N]
    mixed *= _SPREAD
    for column in columns[1:]:
        mixed ^= mixed >> np.uint64(32)
        mixed += column
        mixed *= _COMBINE
    mixed ^= mixed >> np.uint64(29)
    mixed *= _SPREAD
    mixed >>= np.uint64(64 - bits)
    return mixed.astype(np.int32)


@dataclass(frozen=True)
class BoundaryClassifier:
    """A trained classifier.

    Attributes:
        weights: float16 [D, K]; half precision is what the model file keeps, and costs no accuracy here.
    """

    weights: NDArray[np.float16]

    @property
    def bits(self) -> int:
        """log2 D, the length in bits of the hashes that features must have."""
        return len(self.weights).bit_length() - 1

    def logits(self, features: Features) -> Floats:
        """Compute the unnormalized scores, [F, N] -> float32 [N, K]."""
        logits = np.zeros((features.shape[1], self._rows.shape[1]), np.float32)  # [N, K or more]
        row = np.empty_like(logits)
        for feature in features:  # [N]; one row of features at a time needs no [N, F, K] in memory
            logits += np.take(self._rows, feature, axis=0, out=row, mode="clip")
        return logits[:, : self.weights.shape[1]]

    @cached_property
    def _rows(self) -> Floats:
        """The weights in single precision and in rows of 2, 4, 8 ... numbers, which numpy gathers faster."""
        size, classes = self.weights.shape
        rows = np.zeros((size, 1 << (classes - 1).bit_length()), np.float32)
        rows[:, :classes] = self.weights
        return rows

    def probabilities(self, features: Features) -> Floats:
        """Compute P(class) at each place, [F, N] -> [N, K]."""
        return softmax(self.logits(features))


@dataclass(frozen=True)
class TokenBoundaries:
    """Hold what a retokenizer has learned.

    Attributes:
        classifier: Of the places between characters.
        spaces: Single spaces may be inside words.
        glued: Tokens may meet without space.
    """

    classifier: BoundaryClassifier
    spaces: bool
    glued: bool


def train_classifier(
    features: Features,
    classes: Ints,
    *,
    class_count: int,
    bits: int,
    epochs: int = 6,
    rate: float = 0.01,
    decay: float = 1e-5,
    seed: int = 0,
) -> BoundaryClassifier:
    """Fit the weights to the classes of the places, by Adam on the cross-entropy of shuffled batches.

    The learning rate falls linearly to zero. The same seed gives the same weights.

    Args:
        features: The features of the places, [F, N].
        classes: The class of each place, [N].
        class_count: K.
        bits: log2 D.
        epochs: How often each place is seen.
        rate: The learning rate at the beginning.
        decay: The strength of the L2 penalty (a Gaussian prior on the weights).
        seed: Of the order in which places are seen.
    """
    rows = np.ascontiguousarray(features.T)  # [N, F]
    size = len(rows)
    batch = min(max(size // 160, 64), 4096)  # few places still get about 160 updates an epoch
    weights = np.zeros((1 << bits, class_count), np.float32)  # [D, K]
    gradient = np.empty_like(weights)
    adam = Adam(weights.reshape(-1), beta2=0.99)
    random = np.random.default_rng(seed)
    steps = epochs * -(-size // batch)
    for _ in range(epochs):
        order = random.permutation(size)
        for start in range(0, size, batch):
            chosen = order[start : start + batch]
            here = rows[chosen]  # [n, F]
            outputs = softmax(weights[here].sum(axis=1))  # [n, K]
            on_logits = logits_gradient(outputs, classes[chosen]) / len(chosen)  # a − y, [n, K]
            weights_gradient(here, on_logits, gradient)
            gradient += decay * weights
            step_rate = rate * (1 - adam.updates / steps)
            adam.update(weights.reshape(-1), gradient.reshape(-1), step_rate, 1.0, slice(None))
            adam.next()
    return BoundaryClassifier(weights.astype(np.float16))


def weights_gradient(rows: Features, on_logits: Floats, gradient: Floats) -> None:
    """Compute the gradient on the weights from that on the logits, [n, F], [n, K] -> `gradient` [D, K].

    A logit is a sum of weights, so each weight gets the sum of the logit gradients of the places that have its
    feature (twice, where a place has it twice).
    """
    flat = rows.reshape(-1)  # [n·F]
    rest = np.zeros(len(gradient))
    for k in range(gradient.shape[1] - 1):
        column = np.bincount(flat, np.repeat(on_logits[:, k], rows.shape[1]), len(gradient))  # [D]
        gradient[:, k] = column
        rest -= column
    gradient[:, -1] = rest  # a − y sums to 0 over the classes
