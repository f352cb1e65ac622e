"""What the first layer makes of a form, computed once for each form and kept.

A form's vector depends on the form alone, and so does its product with the first layer's input weights, x W + b: for
running text nine words in ten find theirs ready.  What is kept does not depend on what else was computed with it, so
the same words give the same trees whatever was parsed before (and in however many processes).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import encoder
from .network import Network
from .nn.bidirectional import CELLS, last_states
from .nn.packing import Packing

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]

_BYTES = 128 << 20  # forms are forgotten, all at once, when they take more
_TOGETHER = 256  # forms of similar length that are spelled at once: few enough to stay in cache
# BLAS multiplies a few rows with other kernels than many, which round differently.  So many further forms make a form's
# numbers independent of its company; the LSTM needs them in the product of every step, as long as forms can be.
_COMPANY = {"quasi": ["x"] * 16, "lstm": ["x" * 1000] * 16}


class FormTable:
    """``products [window, 2, capacity, 3H]``: what each form met so far adds to the gates of both directions.

    The first part, x W + b, is for the word itself; where the cell's window is 2, the second is for the word after it.

    :param most_forms: the capacity, else what fits in 128 MB.
    """

    def __init__(self, network: Network, most_forms: int | None = None) -> None:
        self._network = network
        self._rows: dict[str, int] = {}
        self._cell = CELLS[network.settings.cell]
        weights = network.weights["layer0.b"]
        self._capacity = most_forms or _BYTES // (self._cell.WINDOW * weights.nbytes)
        # Memory that no form was ever written to costs nothing.
        self.products = np.empty((self._cell.WINDOW, 2, self._capacity, weights.shape[1]), weights.dtype)

    def rows(self, sentences: Iterable[Sequence[str]]) -> Ints:
        """The number of each word's form, for :meth:`gate_inputs`, valid until the next call."""
        words = [form for sentence in sentences for form in sentence]
        rows = list(map(self._rows.get, words))
        if None in rows:
            new = list(dict.fromkeys(form for form, row in zip(words, rows) if row is None))
            if len(self._rows) + len(new) > self._capacity:
                self._rows.clear()
                new = list(dict.fromkeys(words))
            self._add(new)
            rows = list(map(self._rows.get, words))
        return np.array(rows, dtype=np.intp)

    def gate_inputs(self, forms: Ints, packing: Packing) -> Floats:
        """z of the first layer in both reading orders, ``forms [T]`` in packed order -> ``[2, T, 3H]``."""
        z = np.empty((2, len(forms), self.products.shape[3]), self.products.dtype)
        first, previous = len(packing.lengths), packing.previous
        for direction, read in enumerate((forms, forms[packing.reverse])):
            # "clip" saves take a copy; all rows exist.
            np.take(self.products[0, direction], read, axis=0, out=z[direction], mode="clip")
            for before in self.products[1:, direction]:
                z[direction, first:] += before.take(read[previous], axis=0)
        return z

    def _add(self, forms: list[str]) -> None:
        forms = sorted(forms, key=len)
        for at in range(0, len(forms), _TOGETHER):
            part = forms[at : at + _TOGETHER]
            start, end = len(self._rows), len(self._rows) + len(part)
            self.products[:, :, start:end] = form_products(self._network, part)
            self._rows.update(zip(part, range(start, end)))


def form_products(network: Network, forms: Sequence[str]) -> Floats:
    """The products of :class:`FormTable` for ``U`` forms, ``[window, 2, U, 3H]``."""
    lexicon, p = network.lexicon, network.weights
    together = [*forms, *_COMPANY[network.settings.cell]]
    spelling, order = encoder.spell([lexicon.spell(form) for form in together])
    cell = CELLS[network.settings.cell]
    weights = encoder.layer_weights(network.settings, p, "character.layer")
    spelled, _ = last_states(cell, p["character.table"][spelling.characters], weights, weights, spelling.packing)
    x = np.empty((len(together), encoder.word_width(network.settings)), p.flat.dtype)
    width = network.settings.form_width
    x[:, :width] = p["form.table"][[lexicon.form_id(form) for form in together]]
    x[order, width : width + spelled.shape[1]] = spelled
    x[:, width + spelled.shape[1] :] = network.vectors[[lexicon.vector_id(form) for form in together]]
    w = p["layer0.w"]  # [2, window · D, 3H]
    products = np.matmul(x, w.reshape(2, cell.WINDOW, -1, w.shape[2]).transpose(1, 0, 2, 3))
    products[0] += p["layer0.b"][:, None]
    return products[:, :, : len(forms)]
