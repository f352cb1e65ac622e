"""Updates: how many words one has, and that neither threads nor the parts of a batch change what is learned."""

from __future__ import annotations

import numpy as np
import pytest

import arcparser
from arcparser.learning import epoch
from arcparser.learning.epoch import SHARES, EpochRunner, batch_words
from arcparser.learning.examples import encode_treebank
from arcparser.learning.presets import TrainingSettings
from arcparser.types import Floats
from tests.helpers.toy import DEV, QUIET, columns, random_network

SENTENCES = list(arcparser.read_conllu(DEV))


def learned(*, threads: int, dtype: type = np.float32, **changes: float) -> Floats:
    """The weights after an epoch."""
    network = random_network(1, dtype=dtype)
    examples = encode_treebank(network.vocabulary, *columns(SENTENCES))
    runner = EpochRunner(network, TrainingSettings(**changes), examples, seed=1, threads=threads)  # type: ignore[arg-type]
    runner.run(1, lambda share: 0.003, explore=0.0, progress=lambda words: None)
    return network.weights.flat


@pytest.mark.parametrize("shared", [True, False])
def test_threads_learn_the_same(shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch, "_SMALLEST_SHARED_BATCH", 1 if shared else 10**6)
    one, two = (learned(threads=threads) for threads in (1, SHARES))
    assert one.tobytes() == two.tobytes()


def test_parts_of_a_batch_learn_what_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = learned(threads=1, dtype=np.float64, **QUIET)
    monkeypatch.setattr(epoch, "_SMALLEST_SHARED_BATCH", 1)
    parts = learned(threads=1, dtype=np.float64, **QUIET)
    assert not np.array_equal(whole, parts)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-9)


def test_a_small_treebank_has_smaller_batches() -> None:
    sizes = [batch_words(TrainingSettings(), words) for words in (1, 5_000, 20_000, 10**6)]
    assert sizes == [60, 60, 200, TrainingSettings().batch_words]
