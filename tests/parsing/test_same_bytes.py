"""The same sentence gives the same bytes, whatever it is parsed with and by whichever kernels of BLAS."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from arcparser.parsing import batching
from arcparser.parsing.predictor import Prediction, Predictor
from tests.helpers.paths import ROOT
from tests.helpers.toy import random_network

# The least that a kernel of OpenBLAS asks of a processor, as numpy names it. (Zen has those of Haswell.)
KERNELS = {
    "Haswell": {"AVX2", "X86_V3"},
    "SkylakeX": {"AVX512_SKX", "X86_V4"},
    "Sandybridge": {"AVX", "AVX2", "X86_V3"},
}

# Parses in many batches; prints a digest of each.
WORK = """
import hashlib, itertools
from arcparser.parsing.parser import Parser
from tests.helpers.toy import TEST, random_parser
import arcparser
widths = dict(form_width=24, character_hidden=20, first_hidden=36, hidden=40, action_hidden=52, state_width=36)
for changes in ({"layers": 2}, {"cell": "qrnn", "children": False, "graph_features": False}):
    parser = random_parser(3, scale=4.0, **widths, **changes)
    sentences = list(itertools.islice(arcparser.read_conllu(TEST), 40))
    for scores in (False, True):
        seen = set()
        for words in (1, 60, 20_000):
            copies = [s.copy() for s in sentences]
            parsed = parser.parse_stream(copies, batch_words=words, tags="retag", scores=scores)
            seen.add(hashlib.sha256(b"".join(s.to_bytes() for s in parsed)).hexdigest())
        print(*sorted(seen))
"""


def _bearable() -> list[str]:
    found = set(np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", ()))  # type: ignore[union-attr]
    return [kernel for kernel, needed in KERNELS.items() if found & needed]


@pytest.mark.parametrize("kernel", _bearable())
def test_batches_change_no_byte_with_any_kernel(kernel: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    environment = {**kept, "OPENBLAS_CORETYPE": kernel, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", WORK], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert [len(line.split()) for line in lines] == [1] * 4


def arrays(predictions: list[Prediction]) -> list[list[list[Any]]]:
    return [[p.heads.tolist(), p.labels.tolist(), p.tags.tolist()] for p in predictions]


@pytest.mark.parametrize("changes", [{}, {"children": False}, {"graph_features": False}])
def test_long_sentences_are_parsed_by_blocks_with_the_same_result(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    words = ["the", "dogs", "chase", "cats", "and", "bark", ".", "often"]
    sentences = [[words[i] for i in rng.integers(0, len(words), n)] for n in (1, 2, 3, 40, 150)]
    networks = [random_network(seed, scale=3.0, **changes) for seed in (1, 2)]
    whole, scored = Predictor(*networks).predict(sentences), Predictor(*networks).predict(sentences, scores=True)
    monkeypatch.setattr(batching, "_PAIRS", 0)
    predictor = Predictor(*networks)
    assert arrays(predictor.predict(sentences)) == arrays(whole)
    by_blocks = predictor.predict(sentences, scores=True)
    assert arrays(by_blocks) == arrays(scored) == arrays(whole)
    for one, other in zip(by_blocks, scored):
        assert one.arc_scores is not None
        assert other.arc_scores is not None
        np.testing.assert_allclose(one.arc_scores, other.arc_scores, atol=1e-12)


def test_a_sentence_with_a_close_call_is_decided_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(1)
    for name in ("transition.w", "transition.b", "label.w", "label.b", "upos.w", "upos.b"):
        network.weights[name][...] = 0  # everything ties
    predictor = Predictor(network)
    (prediction,) = predictor.predict([["Dogs", "chase", "cats", "."]])
    asked: list[int] = []
    once = Predictor._predict_once

    def count(self: Predictor, sentences: list[list[str]], *rest: Any) -> Any:
        asked.append(len(sentences))
        return once(self, sentences, *rest)

    monkeypatch.setattr(Predictor, "_predict_once", count)
    (again,) = predictor.predict([["Dogs", "chase", "cats", "."]])
    assert asked == [1, 1]
    assert arrays([again]) == arrays([prediction])
    assert prediction.tags[:, 0].tolist() == [0] * 4  # the first of what ties
