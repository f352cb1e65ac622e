"""Score the possible heads of each word (the graph scorer): a softmax over a biaffine product.

Its probabilities are features of the states (`arcparser.transition.features`); it builds no tree.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from arcparser.network.projections import Projections
from arcparser.network.settings import Settings
from arcparser.nn.biaffine import biaffine, biaffine_with_backward
from arcparser.nn.packing import Packing
from arcparser.nn.parameters import Parameters, Weight, glorot, normal, zeros
from arcparser.nn.softmax import softmax
from arcparser.types import Bools, Floats


def declare(settings: Settings) -> dict[str, Weight]:
    """Declare the graph scorer's weights."""
    width = settings.graph_width
    return {
        "graph.root": Weight((width,), normal(0.1)),
        "graph.w": Weight((width, width), glorot),
        "graph.v": Weight((width,), zeros),
    }


def graph_logits(h: Projections, packing: Packing, p: Parameters) -> Floats:
    """Score each word's possible heads (0 is the root), `[B, L, L+1]`."""
    return biaffine(*_pairs(h, packing, p), p["graph.w"], p["graph.v"])


def graph_logits_with_backward(
    h: Projections, packing: Packing, p: Parameters, g: Parameters
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Compute `graph_logits` for training; `backward` gives the gradients on `graph_dependent` and `graph_head`."""
    dependents, heads = _pairs(h, packing, p)
    scores, biaffine_backward = biaffine_with_backward(
        dependents, heads, p["graph.w"], p["graph.v"], g["graph.w"], g["graph.v"]
    )

    def backward(dscores: Floats) -> tuple[Floats, Floats]:
        ddependents, dheads = biaffine_backward(dscores)
        g["graph.root"][...] += dheads[:, 0].sum(axis=0)
        at = packing.sentence, packing.position
        return ddependents[at], dheads[:, 1:][at]

    return scores, backward


def possible_heads(packing: Packing) -> Bools:
    """Tell which heads are possible, `[B, L, L+1]`.

    A word cannot head itself, nor can a word that is not there; the rows of words that are not there allow all heads,
    so that their softmax exists.
    """
    there = _there(packing)  # [B, L]
    batch, longest = there.shape
    possible = np.ones((batch, longest, longest + 1), dtype=bool)
    possible[:, :, 1:] = (there[:, None, :] & ~np.eye(longest, dtype=bool)) | ~there[:, :, None]
    return possible


def without_absent(probabilities: Floats, packing: Packing) -> Floats:
    """Set the rows of words that are not there to 0, in place, `[B, L, L+1]`."""
    probabilities *= _there(packing)[:, :, None]
    return probabilities


def head_probabilities(h: Projections, packing: Packing, p: Parameters) -> Floats:
    """Compute P(head of word d+1 = h), `[B, L, L+1]`; 0 where a sentence has no such word."""
    return without_absent(softmax(graph_logits(h, packing, p), possible_heads(packing)), packing)


def _pairs(h: Projections, packing: Packing, p: Parameters) -> tuple[Floats, Floats]:
    """Lay out the dependents `[B, L, A]`, and the root and the words as heads `[B, L+1, A]`."""
    rows = packing.padded()  # [B, L]
    zero = np.zeros((1, h.graph_dependent.shape[1]), h.graph_dependent.dtype)
    dependents = np.concatenate((h.graph_dependent, zero))[rows]
    root = np.broadcast_to(p["graph.root"], (len(rows), 1, len(p["graph.root"])))
    return dependents, np.concatenate((root, np.concatenate((h.graph_head, zero))[rows]), axis=1)


def _there(packing: Packing) -> Bools:
    """Tell which words there are, `[B, L]`."""
    return np.arange(len(packing.offsets) - 1) < packing.lengths[:, None]
