"""Let several networks choose together: trained from other seeds, they err in other places.

The scores of the networks are averaged before the softmax (a product of experts, Hinton 2002: the geometric mean of
their distributions, up to its sum). For tags that is a mean of logits. For transitions and labels, whose scores are
one linear layer over rectified units, the average of K networks is again such a scorer, K times as wide:

    1/K Σ_k (relu(z_k) W_k + b_k)  =  relu([z_1 … z_K]) [W_1; …; W_K] / K  +  1/K Σ_k b_k

so that the arc-standard loop, `arcparser.viz.explain` and all else see one scorer of each kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arcparser.network.label_scorer import LabelScorer
from arcparser.network.transition_scorer import TransitionScorer
from arcparser.types import Floats


def ensemble_transition_scorer(scorers: Sequence[TransitionScorer], tables: Floats | None = None) -> TransitionScorer:
    """Make one scorer whose logits are the mean of theirs; all score states of the same batch.

    Args:
        scorers: Of each network.
        tables: `[P, T+2, sum of hidden]` their tables side by side, if they were made so.
    """
    if len(scorers) == 1:
        return scorers[0]
    w, b = _mean_output(scorers)
    return TransitionScorer(
        tables=np.concatenate([s.tables for s in scorers], axis=2) if tables is None else tables,
        rows=scorers[0].rows,
        graph=[scores for s in scorers for scores in s.graph],
        label_tables=np.concatenate([s.label_tables for s in scorers], axis=2),
        graph_weights=_block_diagonal([s.graph_weights for s in scorers]),
        bias=np.concatenate([s.bias for s in scorers]),
        w=w,
        b=b,
    )


def ensemble_label_scorer(scorers: Sequence[LabelScorer]) -> LabelScorer:
    """Make one scorer whose logits are the mean of theirs."""
    if len(scorers) == 1:
        return scorers[0]
    w, b = _mean_output(scorers)
    return LabelScorer(
        dependent_vectors=np.concatenate([s.dependent_vectors for s in scorers], axis=1),
        head_vectors=np.concatenate([s.head_vectors for s in scorers], axis=1),
        direction=np.concatenate([s.direction for s in scorers], axis=1),
        w=w,
        b=b,
    )


def mean(parts: Sequence[Floats]) -> Floats:
    """Return the mean of arrays of one shape; of a single one, itself."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total / len(parts) if len(parts) > 1 else total


def _mean_output(scorers: Sequence[TransitionScorer] | Sequence[LabelScorer]) -> tuple[Floats, Floats]:
    return np.concatenate([s.w for s in scorers]) / len(scorers), mean([s.b for s in scorers])


def _block_diagonal(blocks: Sequence[Floats]) -> Floats:
    """Let each network's hidden units read its own graph scorer."""
    whole = np.zeros((sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)), blocks[0].dtype)
    row = column = 0
    for block in blocks:
        whole[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return whole
