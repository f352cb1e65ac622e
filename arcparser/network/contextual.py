"""Let the first layer see what a pretrained encoder says of each word in its context.

The encoder is frozen (`arcparser.pretrained`). Of each word it gives one vector v_l for each of its layers that are
read. They are scaled, mixed and projected:

    c = (Σ_l s_l (v_l − μ_l) ⊙ φ_l) P + b      where  s = softmax(m)

and c stands beside the vector of the word's form (`arcparser.network.encoder`). What is learned are m, the weights of
the layers (Peters et al. 2018, "Deep contextualized word representations"; their factor γ is part of P), P and b. The
means μ and the factors φ, 1 / standard deviation, are those of the training words, measured once: in transformers a
few numbers are a hundred times as large as the others, and the same for all words.

The gradients, with u the mixed vector, so that c = u P + b, and dc the gradient on c:

    dP = uᵀ dc     db = Σ dc     du = dc Pᵀ     a_l = Σ du · ((v_l − μ_l) ⊙ φ_l)     dm_l = s_l (a_l − Σ_k s_k a_k)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from arcparser.network.settings import Settings
from arcparser.nn.parameters import Parameters, Weight, glorot, zeros
from arcparser.nn.softmax import softmax
from arcparser.types import Floats

# Of the median of a layer's deviations: what hardly differs from word to word is rounding errors, and is left out.
_LEAST_DEVIATION = 0.01
_LARGEST_FACTOR = 60_000.0  # that half precision can hold
_BLOCK = 4096  # words that are measured at a time


def declare(settings: Settings) -> dict[str, Weight]:
    """Declare the weights; none without a pretrained encoder."""
    if not settings.pretrained_layers:
        return {}
    return {
        "pretrained.mix": Weight((settings.pretrained_layers,), zeros),
        "pretrained.w": Weight((settings.pretrained_inputs, settings.pretrained_width), glorot),
        "pretrained.b": Weight((settings.pretrained_width,), zeros),
    }


def measure_scaling(vectors: Floats) -> Floats:
    """Measure means μ and factors φ of the words of a treebank, `[words, layers, width]` -> `[2, layers, width]`."""
    sums = np.zeros((2, *vectors.shape[1:]))
    for first in range(0, len(vectors), _BLOCK):
        block = vectors[first : first + _BLOCK].astype(np.float64)
        sums += block.sum(axis=0), (block**2).sum(axis=0)
    mean, square = sums / max(len(vectors), 1)
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    kept = deviation > _LEAST_DEVIATION * np.median(deviation, axis=1, keepdims=True)
    factors = np.divide(1, deviation, out=np.zeros_like(deviation), where=kept)
    scaling: Floats = np.stack((mean, np.minimum(factors, _LARGEST_FACTOR)))
    return scaling


def contextual_vectors(contexts: Floats, scaling: Floats, p: Parameters) -> Floats:
    """Compute c of each word, `contexts [T, layers, width]` -> `[T, pretrained_width]`."""
    c: Floats = _mixed(_scaled(contexts, scaling), softmax(p["pretrained.mix"])) @ p["pretrained.w"]
    c += p["pretrained.b"]
    return c


def contextual_vectors_with_backward(
    contexts: Floats, scaling: Floats, p: Parameters, g: Parameters
) -> tuple[Floats, Callable[[Floats], None]]:
    """Compute `contextual_vectors` for training; `backward(dc)` adds the gradients on the weights to `g`."""
    layers, shares = _scaled(contexts, scaling), softmax(p["pretrained.mix"])
    mixed = _mixed(layers, shares)

    def backward(dc: Floats) -> None:
        g["pretrained.w"][...] += mixed.T @ dc
        g["pretrained.b"][...] += dc.sum(axis=0)
        dmixed = dc @ p["pretrained.w"].T
        a = np.array([np.vdot(layer, dmixed) for layer in layers], dc.dtype)
        g["pretrained.mix"][...] += shares * (a - shares @ a)

    return mixed @ p["pretrained.w"] + p["pretrained.b"], backward


def _scaled(contexts: Floats, scaling: Floats) -> list[Floats]:
    """Return each layer's vectors, scaled, `[T, width]`, in the precision of `scaling [2, layers, width]`."""
    means, factors = scaling
    return [(contexts[:, i] - mean) * factor for i, (mean, factor) in enumerate(zip(means, factors))]


def _mixed(layers: list[Floats], shares: Floats) -> Floats:
    mixed = layers[0] * shares[0]
    for layer, share in zip(layers[1:], shares[1:]):
        mixed += layer * share
    return mixed
