"""Choose the class with the largest logit, and tell which choices rounding could have turned.

Single-precision products round otherwise with other numbers of rows, on other processors, on another number of threads:
BLAS picks its kernels by them. Logits differ by it in their last digits, so a choice between two that are nearly equal
may fall this way in one batch and that way in another. `CloseCalls` finds the sentences with such choices, so that they
can be parsed again in double precision. There, the differences are a hundred million times smaller, far smaller than
the margin within which the first of several classes is taken, whatever its last digits.
"""

from __future__ import annotations

import numpy as np

from arcparser.types import Bools, Floats, Ints

# Rounding moved the best two, where they were within 1 of each other, by at most 1.3e-5: in 4.8 million choices of
# three models, on text of their own language and of seven others.
_CLOSE = 5e-5, 2e-6  # and for each unit of the largest logit
_TIE = 1e-9, 1e-10  # in double precision
_NARROW = 16  # classes: of fewer, numpy compares column by column in half the time


def choose(logits: Floats) -> Ints:
    """Choose the class with the largest logit, `[S, K]` -> `[S]`; in double precision the first that ties with it."""
    best: Ints = logits.argmax(axis=1)
    if logits.itemsize < 8:
        return best
    ties = _within(logits, best, *_TIE)
    ties[np.arange(len(best)), best] = True  # also if it is not a number
    return ties.argmax(axis=1)


def choose_in_groups(logits: Floats, starts: Ints) -> tuple[Ints, Ints]:
    """Choose in each group of columns as `choose` does in all; also tell in which rows rounding could have turned that.

    Args:
        logits: `[S, K]` of all groups side by side.
        starts: `[groups]` the column that each group begins with.

    Returns:
        The classes chosen, `[S, groups]`, counted from the beginning of their group, and the numbers of the rows; in
        double precision, of those with a tie.
    """
    margin, relative = _TIE if logits.dtype == np.float64 else _CLOSE
    best = np.maximum.reduceat(logits, starts, axis=1)  # [S, groups]
    sizes = np.diff([*starts.tolist(), logits.shape[1]])
    near = logits >= np.repeat(best - (np.abs(best) * relative + margin), sizes, axis=1)
    places = np.flatnonzero(near)
    if len(places) == best.size:  # as a rule
        return places.reshape(best.shape) % logits.shape[1] - starts, np.empty(0, dtype=np.intp)
    groups = np.split(near, starts[1:].tolist(), axis=1)
    several = [np.count_nonzero(group, axis=1) != 1 for group in groups]
    return np.stack([group.argmax(axis=1) for group in groups], axis=1), np.flatnonzero(np.any(several, axis=0))


def close_calls(sentences: Ints, logits: Floats, best: Ints) -> Ints:
    """Find the sentences with a choice that rounding could have turned, in order and each once.

    Args:
        sentences: `[S]` whose choices these are.
        logits: `[S, K]`.
        best: `[S]` the class that was chosen.
    """
    if logits.shape[1] < _NARROW:
        logits = np.asfortranarray(logits)
    close = _within(logits, best, *_CLOSE)
    if np.count_nonzero(close) == len(best):  # as a rule
        return np.empty(0, dtype=np.intp)
    return np.unique(sentences[np.count_nonzero(close, axis=1) != 1])


class CloseCalls:
    """Collect choices step by step, to look at all of them together."""

    def __init__(self) -> None:
        self._choices: list[tuple[Ints, Floats, Ints]] = []

    def add(self, sentences: Ints, logits: Floats, best: Ints) -> None:
        """Keep choices, as `close_calls` takes them; K is the same each time."""
        self._choices.append((sentences, logits, best))

    def found(self) -> Ints:
        """Return what `close_calls` finds in all of them."""
        if not self._choices:
            return np.empty(0, dtype=np.intp)
        if len(self._choices) == 1:
            return close_calls(*self._choices[0])
        sentences, logits, best = zip(*self._choices)
        return close_calls(np.concatenate(sentences), np.concatenate(logits), np.concatenate(best))


def _within(logits: Floats, best: Ints, margin: float, relative: float) -> Bools:
    """Tell which logits come so near to the best of their row, `[S, K]`."""
    bound = logits[np.arange(len(best)), best]
    bound = bound - (np.abs(bound) * relative + margin)
    return logits >= bound[:, None]
