"""Run one training step and one epoch: split a batch between threads, add up gradients, update the weights.

Numpy lets go of the interpreter lock inside its loops and products, so two Python threads keep two cores busy, each
with its own half of the batch; that uses the cores better than products split between them. The halves and the
order in which their gradients are added are fixed: the same seed gives the same weights, on one thread or on two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from arcparser.learning.distillation import Teachers
from arcparser.learning.examples import Examples, shuffled_batches
from arcparser.learning.loss import draw_noise, loss_and_gradients
from arcparser.learning.presets import TrainingSettings
from arcparser.learning.unlabeled import raw_words_of_epoch, sentences_of_epoch
from arcparser.network.network import Network
from arcparser.nn.adam import Adam, clip_scale
from arcparser.types import Ints

SHARES = 2  # parts of a batch, whatever the number of threads: the result is that of one thread
_SMALLEST_BATCH = 60  # words
_SMALLEST_SHARED_BATCH = 100  # words; parts of fewer make products of so few rows that two take longer than the whole

# Weights that grow beyond all bounds are found after the epoch (arcparser.training.trainer); numpy need not warn of
# them before. Each thread has error handling of its own.
_unwarned = partial(np.errstate, over="ignore", invalid="ignore")


def batch_words(settings: TrainingSettings, words: int) -> int:
    """Return how many words an update has, for a treebank of so many.

    A small treebank has smaller batches: 100 updates an epoch, unless that would be a sentence or two a batch.
    """
    return min(settings.batch_words, max(_SMALLEST_BATCH, words // 100))


class EpochRunner:
    """Hold the weights on their way: network, moments, gradients. `run` makes one pass over the examples.

    Attributes:
        network: The network that learns; its weights change.
        adam: The optimizer's state.
        seed: Of all randomness; a branch has its own.
        words: How many an epoch has, more or less.
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        examples: Examples,
        *,
        seed: int,
        threads: int,
        teachers: Teachers | None = None,
    ) -> None:
        s = settings
        self.network = network
        self.settings = settings
        self.examples = examples
        self.teachers = teachers
        self.seed = seed
        self.adam = Adam(network.weights.flat, beta1=s.beta1, beta2=s.beta2, average=s.average)
        self._threads = threads
        self._lengths = examples.lengths
        words = int(self._lengths[: examples.annotated].sum())
        self._raw_words = raw_words_of_epoch(words, int(self._lengths.sum()) - words, s.unlabeled_share)
        self.words = words + self._raw_words
        self._batch_words = batch_words(s, self.words)
        self._shares = SHARES if self._batch_words >= _SMALLEST_SHARED_BATCH else 1
        self._gradients = [network.weights.like() for _ in range(self._shares)]
        size = len(network.weights.flat)
        bounds = [size * i // SHARES for i in range(SHARES + 1)]
        self._parts = [slice(a, b) for a, b in zip(bounds, bounds[1:])]

    @property
    def sentences(self) -> int:
        """How many sentences an epoch goes through at most."""
        return len(self._lengths)

    def run(
        self, epoch: int, rate: Callable[[float], float], *, explore: float, progress: Callable[[int], object]
    ) -> dict[str, float]:
        """Go through the annotated sentences once, and through as many of raw text as belong to an epoch.

        Args:
            epoch: Its number: what is random depends on it.
            rate: Learning rate at a share (0 to 1) of this epoch.
            explore: Probability of following the parser's own choices.
            progress: Told the number of words of each batch that is done.

        Returns:
            Losses in nats a word, and `accuracy` of transitions in training.
        """
        chosen = self._sentences_of_epoch(epoch)
        lengths = self._lengths[chosen]
        places = shuffled_batches(lengths, self._batch_words, np.random.default_rng([self.seed, epoch]))
        batches = [chosen[batch].tolist() for batch in places]
        sums: Counter[str] = Counter()
        with ThreadPoolExecutor(self._threads) as pool:
            for index, batch in enumerate(batches):
                sums.update(self._step(pool, batch, [self.seed, epoch, index], rate(index / len(batches)), explore))
                progress(int(self._lengths[batch].sum()))
        words = int(lengths.sum())
        wrong, states = sums.pop("wrong transitions"), sums.pop("states")
        return {**{name: loss / words for name, loss in sums.items()}, "accuracy": 1 - wrong / states}

    def _sentences_of_epoch(self, epoch: int) -> Ints:
        annotated = np.arange(self.examples.annotated)
        if not self._raw_words:
            return annotated
        raw = sentences_of_epoch(self._lengths[self.examples.annotated :], self._raw_words, seed=self.seed, epoch=epoch)
        return np.concatenate((annotated, raw + self.examples.annotated))

    def _step(
        self, pool: ThreadPoolExecutor, chosen: Sequence[int], seed: list[int], rate: float, explore: float
    ) -> Counter[str]:
        """Make one update from the sentences `chosen`; return the losses, summed."""
        by_length = sorted(chosen, key=lambda i: -self._lengths[i])
        shares = [by_length[i :: self._shares] for i in range(self._shares)]
        scale = 1 / int(self._lengths[by_length].sum())

        def gradient(i: int) -> dict[str, float]:
            self._gradients[i].flat.fill(0)
            if not shares[i]:
                return {}
            rng = np.random.default_rng([*seed, i])
            batch = self.examples.batch(shares[i], substituted=self.settings.substitution, rng=rng)
            with _unwarned():
                return loss_and_gradients(
                    self.network,
                    self.settings,
                    batch,
                    self._gradients[i],
                    noise=draw_noise(self.network, self.settings, batch, rng),
                    explore=explore,
                    soft=None if self.teachers is None else self.teachers.soft_targets(batch),
                    scale=scale,
                )

        def add_up(part: slice) -> float:
            total = self._gradients[0].flat[part]
            with _unwarned():
                for other in self._gradients[1:]:
                    total += other.flat[part]
                return float(np.dot(total, total))

        losses: Counter[str] = Counter()
        for parts in pool.map(gradient, range(self._shares)):
            losses.update(parts)
        norm = sum(pool.map(add_up, self._parts))
        clip = clip_scale(norm, self.settings.clip)
        flat, total = self.network.weights.flat, self._gradients[0].flat

        def update(part: slice) -> None:
            with _unwarned():
                self.adam.update(flat, total, rate, clip, part)

        list(pool.map(update, self._parts))
        self.adam.next()
        return losses
