"""Score each pair of a word and a possible head (the biaffine scorer of Dozat & Manning 2017).

    score(i, j) = d_iᵀ W h_j + v · h_j

where d_i is word i as a dependent and h_j word j (or the root, j = 0) as a head. The second term says how likely j
is to have dependents at all.
"""

from __future__ import annotations

from collections.abc import Callable

from arcparser.types import Floats


def biaffine(dependents: Floats, heads: Floats, w: Floats, v: Floats) -> Floats:
    """Score all pairs: `dependents [B, L, A]`, `heads [B, L+1, A]`, `w [A, A]`, `v [A]` -> `[B, L, L+1]`."""
    return _pair(transform(dependents, w, v), heads)


def biaffine_with_backward(
    dependents: Floats, heads: Floats, w: Floats, v: Floats, dw: Floats, dv: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Compute `biaffine` for training; `backward` gives the gradients on dependents and heads."""
    transformed = transform(dependents, w, v)

    def backward(dscores: Floats) -> tuple[Floats, Floats]:
        dtransformed = dscores @ heads
        dheads = dscores.transpose(0, 2, 1) @ transformed
        flat = dtransformed.reshape(-1, dtransformed.shape[-1])
        dw[...] += dependents.reshape(flat.shape[0], -1).T @ flat
        dv[...] += flat.sum(axis=0)
        return dtransformed @ w.T, dheads

    return _pair(transformed, heads), backward


def transform(dependents: Floats, w: Floats, v: Floats) -> Floats:
    """Compute d W + v once for each word: the bias term joins the product for nothing. `[B, L, A]` -> `[B, L, A]`."""
    transformed: Floats = dependents @ w
    transformed += v
    return transformed


def _pair(transformed: Floats, heads: Floats) -> Floats:
    return transformed @ heads.transpose(0, 2, 1)
