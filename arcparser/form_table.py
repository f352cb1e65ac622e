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
from .nn import lstm

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]

_BYTES = 128 << 20  # forms are forgotten, all at once, when they take more
# BLAS multiplies a few rows with other kernels than many, which round differently.  Longest possible forms that keep
# every step's product at this many rows make a form's numbers independent of its company.
_COMPANY = 16


class FormTable:
    """``products [2, capacity, 3H]``: both directions' x W + b of each form met so far."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rows: dict[str, int] = {}
        weights = network.weights["lstm0.w"]
        self._capacity = _BYTES // (2 * weights.shape[2] * weights.itemsize)
        self.products = np.empty((2, 1024, weights.shape[2]), weights.dtype)

    def rows(self, sentences: Iterable[Sequence[str]]) -> Ints:
        """The row of each word of the sentences in :attr:`products`, valid until the next call."""
        words = [form for sentence in sentences for form in sentence]
        missing = dict.fromkeys(words)
        if missing.keys() - self._rows.keys():
            new = [form for form in missing if form not in self._rows]
            if len(self._rows) + len(new) > self._capacity:
                self._rows.clear()
                new = list(missing)
            self._add(new)
        get = self._rows.__getitem__
        return np.fromiter(map(get, words), dtype=np.intp, count=len(words))

    def _add(self, forms: list[str]) -> None:
        start, end = len(self._rows), len(self._rows) + len(forms)
        if end > self.products.shape[1]:
            larger = np.empty((2, max(end, 2 * start), self.products.shape[2]), self.products.dtype)
            larger[:, :start] = self.products[:, :start]
            self.products = larger
        self.products[:, start:end] = form_products(self._network, forms)
        self._rows.update(zip(forms, range(start, end)))


def form_products(network: Network, forms: Sequence[str]) -> Floats:
    """x W + b of the first layer for ``U`` forms, ``[2, U, 3H]``."""
    lexicon, p = network.lexicon, network.weights
    together = [*forms, *["x" * 1000] * _COMPANY]
    spelling, order = encoder.spell([lexicon.spell(form) for form in together])
    weights = encoder.lstm_weights(p, "character.lstm")
    spelled, _ = lstm.last_states(p["character.table"][spelling.characters], weights, weights, spelling.packing)
    x = np.empty((len(together), encoder.word_width(network.settings)), p.flat.dtype)
    width = network.settings.form_width
    x[:, :width] = p["form.table"][[lexicon.form_id(form) for form in together]]
    x[order, width : width + spelled.shape[1]] = spelled
    x[:, width + spelled.shape[1] :] = network.vectors[[lexicon.vector_id(form) for form in together]]
    products = np.matmul(x, p["lstm0.w"])
    products += p["lstm0.b"][:, None]
    return products[:, : len(forms)]
