"""The biaffine scorer: a score for each pair of a word and a possible head (Dozat & Manning 2017).

    score(i, j) = d_iᵀ W h_j + v · h_j

where d_i is word i as a dependent and h_j word j (or the root, j = 0) as a head. The second term says how likely j
is to have dependents at all.
"""

from __future__ import annotations

from collections.abc import Callable

from arcparser.types import Floats


def biaffine(
    dependents: Floats, heads: Floats, w: Floats, v: Floats, dw: Floats, dv: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """`dependents [B, L, A]`, `heads [B, L+1, A]`, `w [A, A]`, `v [A]` -> scores `[B, L, L+1]`."""
    # d W + v once for each word: the bias term joins the product for nothing.
    projected = dependents @ w
    projected += v
    scores = projected @ heads.transpose(0, 2, 1)

    def backward(dscores: Floats) -> tuple[Floats, Floats]:
        dprojected = dscores @ heads
        dheads = dscores.transpose(0, 2, 1) @ projected
        flat = dprojected.reshape(-1, dprojected.shape[-1])
        dw[...] += dependents.reshape(flat.shape[0], -1).T @ flat
        dv[...] += flat.sum(axis=0)
        return dprojected @ w.T, dheads

    return scores, backward
