"""Bound what the scorers can make of a batch, so that no number beyond all bounds goes unseen.

Layers of an encoder saturate, whatever their weights; the products of the scorers do not. Their weights are as large as
a file or a program makes them, and where a product overflows, infinity less infinity is no number at all. To look at
every score would cost more than to ask how large it can be: a sum of products is at most the sum of the largest factors
in size.

Weights out of a model file need not be asked. They are 65,504 at most, what half precision holds, and no layer is wider
than 65,536: a projection is at most 2 · 65,536 · 65,504 = 9e9, a sum of all of a state's tables 5e20, a logit 2e30, and
a biaffine product (9e9)² · 65,536² · 65,504 = 2e34. Single precision holds 3e38.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.network.network import Network
from arcparser.network.vocabulary import AFFIX_COUNT
from arcparser.nn.parameters import Parameters
from arcparser.types import Floats

_GRAPH_FEATURE = 10.0  # a logarithm is no larger; of the others, no more than there are words


def cannot_overflow(network: Network) -> bool:
    """Tell whether no product of the network can overflow, whatever it reads."""
    largest = float(np.finfo(np.float16).max)
    weights = network.weights.flat
    # Without `np.abs`, which would make a second copy of the network.
    fit = -largest <= weights.min(initial=0) and weights.max(initial=0) <= largest
    return bool(fit and network.vectors.largest <= largest)


def largest_score(projection: float, words: int, p: Parameters) -> float:
    """Return what no score exceeds in size, nor anything on the way to it; infinite or NaN where that is too large.

    Args:
        projection: The largest of the projections (`arcparser.network.projections`) in size.
        words: How many there are.
        p: The network's weights.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(
            np.max([_transitions(projection, words, p), _labels(projection, p), _heads(projection, p), _lemma_rules(p)])
        )


def _transitions(projection: float, words: int, p: Parameters) -> float:
    vector = np.maximum(projection, _largest(p["state.special"]))  # NaN if either is, unlike max
    hidden = vector * _sum(p["state.w"], (0, 1))  # [hidden]
    hidden += _sum(np.abs(p["state.labels"]).max(axis=1, initial=0), 0)
    hidden += (_GRAPH_FEATURE + words) * _sum(p["state.graph"], 0)
    hidden += np.abs(p["state.b"])
    return _largest(hidden @ np.abs(p["transition.w"]) + np.abs(p["transition.b"]))


def _labels(projection: float, p: Parameters) -> float:
    hidden = projection + np.maximum(projection, _largest(p["label.root"])) + _largest(p["label.direction"])
    return _largest(hidden * _sum(p["label.w"], 0) + np.abs(p["label.b"]))


def _heads(projection: float, p: Parameters) -> float:
    transformed = projection * _sum(p["graph.w"], 0) + np.abs(p["graph.v"])  # [A]
    return float(np.maximum(projection, _largest(p["graph.root"])) * transformed.sum())


def _lemma_rules(p: Parameters) -> float:
    if "lemma.rules" not in p:
        return 0.0
    # The part of a form's vector that comes of its characters is at most 1 in size.
    affixes = AFFIX_COUNT * _largest(p["affix.table"]) if "affix.table" in p else 0.0
    vector = np.maximum(_largest(p["form.table"]) + affixes, 1.0)
    hidden = vector * _sum(p["lemma.forms"], 0) + _sum(p["lemma.feats"], 0) + np.abs(p["lemma.b"])
    hidden += _largest(p["lemma.upos"]) + _largest(p["lemma.xpos"])
    return _largest(hidden @ np.abs(p["lemma.rules"]) + np.abs(p["lemma.c"]))


def _sum(numbers: Floats, axes: int | tuple[int, ...]) -> NDArray[np.float64]:
    """Add up the numbers' sizes; in double precision, that bears the product of any two in single precision."""
    total: NDArray[np.float64] = np.abs(numbers).sum(axis=axes, dtype=np.float64)
    return total


def _largest(numbers: NDArray[Any]) -> float:
    return float(np.abs(numbers).max(initial=0))
