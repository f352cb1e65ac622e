"""Compute softmax, cross-entropy in nats, and the gradient a − y on the logits.

With logits z, a_k = exp(z_k) / Σ_i exp(z_i) and the loss −ln a_j of the correct class j, the chain rule gives
∂loss/∂z_k = a_k − y_k, where y is 1 at j and 0 elsewhere (Bishop 2006, section 4.3.4; `docs/model.md` derives it).

Where several classes are right, the loss is −ln Σ_j a_j over these (a marginal likelihood). Its gradient is a − y as
well, where y is now the softmax over the right classes alone.

A network that is never to be quite sure learns a y of which a share is spread over all classes: `smooth`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from arcparser.types import Bools, Floats, Ints

_ILLEGAL = -np.inf


def softmax(logits: ArrayLike, legal: Bools | None = None) -> Floats:
    """Make logits into probabilities along the last axis, `[..., K] -> [..., K]`.

    The largest logit is subtracted first: exp never overflows, and the quotient is unchanged.

    >>> softmax([2.0, 3.0, 4.0]).round(4).tolist()
    [0.09, 0.2447, 0.6652]

    Args:
        legal: `[..., K]`; classes where it is False get exactly 0. Each row needs at least one legal class.
    """
    z = np.asarray(logits)
    if not np.issubdtype(z.dtype, np.floating):
        z = z.astype(np.float64)
    a = z.copy() if legal is None else np.where(legal, z, z.dtype.type(_ILLEGAL))
    a -= a.max(axis=-1, keepdims=True)
    np.exp(a, out=a)
    a /= a.sum(axis=-1, keepdims=True)
    return a


def cross_entropy(a: Floats, correct: Ints | np.intp) -> Floats:
    """Compute the loss −ln a_j of each row in nats, `[..., K], [...] -> [...]`; j = `correct`."""
    a_j = np.take_along_axis(a, np.asarray(correct)[..., None], axis=-1)[..., 0]
    # The smallest normal number keeps the loss finite (87 nats in float32) where a_j underflowed to 0.
    return -np.log(np.maximum(a_j, np.finfo(a.dtype).tiny))


def logits_gradient(a: Floats, correct: Ints | np.intp) -> Floats:
    """Compute the gradient of `cross_entropy` on the logits, a − y, `[..., K], [...] -> [..., K]`.

    >>> logits_gradient(softmax([2.0, 3.0, 4.0]), np.intp(1)).round(4).tolist()
    [0.09, -0.7553, 0.6652]
    """
    gradient = a.copy()
    index = np.asarray(correct)[..., None]
    np.put_along_axis(gradient, index, np.take_along_axis(gradient, index, axis=-1) - 1, axis=-1)
    return gradient


def soft_cross_entropy(a: Floats, target: Floats) -> Floats:
    """Compute the cross-entropy −Σ_k y_k ln a_k of each row against a distribution y, `[..., K] -> [...]`.

    Its gradient on the logits is `a − y` as well, if each row of `target` sums to 1.
    """
    return -(target * np.log(np.maximum(a, np.finfo(a.dtype).tiny))).sum(axis=-1)


def smooth(target: Floats, share: float, possible: Bools | None = None) -> Floats:
    """Spread a share ε of each distribution y evenly over the K possible classes, (1 − ε) y_k + ε / K, `[..., K]`.

    This is label smoothing (Szegedy et al. 2016, section 7).

    >>> smooth(np.array([0.0, 1.0, 0.0, 0.0]), 0.2).round(2).tolist()
    [0.05, 0.85, 0.05, 0.05]

    Args:
        target: The distributions.
        share: ε, 0 to 1.
        possible: `[..., K]` which classes are; all unless told otherwise.
    """
    one = target.dtype.type
    if possible is None:
        return target * one(1 - share) + one(share / target.shape[-1])
    return target * one(1 - share) + possible * (one(share) / possible.sum(axis=-1, keepdims=True, dtype=target.dtype))


def marginal_cross_entropy(a: Floats, correct: Bools) -> Floats:
    """Compute the loss −ln Σ_j a_j of each row in nats, over the classes j that are `correct`, `[..., K] -> [...]`."""
    return -np.log(np.maximum((a * correct).sum(axis=-1), np.finfo(a.dtype).tiny))


def marginal_target(logits: Floats, correct: Bools) -> Floats:
    """Compute the y of `marginal_cross_entropy`, whose gradient on the logits is a − y, `[..., K] -> [..., K]`.

    It is taken from the logits, not from a, where all correct classes may have underflowed to 0.

    >>> marginal_target(np.array([2.0, 3.0, 4.0]), np.array([True, True, False])).round(4).tolist()
    [0.2689, 0.7311, 0.0]

    Args:
        logits: Of all classes.
        correct: `[..., K]`; at least one of each row.
    """
    return softmax(logits, correct)
