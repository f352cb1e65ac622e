"""Look vectors up in tables, and add gradients to their rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from arcparser.types import Floats, Ints


def embed_with_backward(rows: Ints, table: Floats, dtable: Floats) -> tuple[Floats, Callable[[Floats], None]]:
    """Look up `rows [T]` in `table [V, D]` -> `[T, D]`; its backward has no input to go on to."""

    def backward(dy: Floats) -> None:
        add_rows(dtable, rows, dy)

    return table[rows], backward


def add_rows(table: Floats, rows: Ints, values: Floats) -> None:
    """Do `table[rows[i]] += values[i]` for every i, also where rows repeat; `values [T, D]`.

    Sorting brings the repeats together, so that one `reduceat` sums them: several times faster than `np.add.at` on rows
    of a hundred numbers.
    """
    if not len(rows):
        return
    order = np.argsort(rows, kind="stable")
    in_order = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    table[in_order[starts]] += np.add.reduceat(values[order], starts, axis=0)
