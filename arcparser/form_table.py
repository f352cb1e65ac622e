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
from .nn.bidirectional import CELLS, gathered_gate_inputs, last_of, row_products
from .nn.packing import Packing

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]

_BYTES = 128 << 20  # forms are forgotten, all at once, when they take more
_TOGETHER = 256  # forms of similar length that are spelled at once: few enough to stay in cache
# BLAS multiplies a few rows with other kernels than many, which round differently.  So many further forms, each as long
# as the longest (the LSTM has a product in every step), make a form's numbers independent of its company.
_COMPANY = 16


class FormTable:
    """``products [window, 2, capacity, 3H]``: what each form met so far adds to the gates of both directions.

    As of :func:`arcparser.nn.bidirectional.row_products`.  Characters have such a table, too.

    :param most_forms: the capacity, else what fits in 128 MB.
    """

    def __init__(self, network: Network, most_forms: int | None = None) -> None:
        self._network = network
        self._rows: dict[str, int] = {}
        self._cell = CELLS[network.settings.cell]
        weights = network.weights["layer0.b"]
        self._capacity = most_forms or _BYTES // (self._cell.WINDOW * weights.nbytes)
        characters = encoder.layer_weights(network.settings, network.weights, "character.layer")
        self._characters = row_products(network.weights["character.table"], characters, self._cell.WINDOW)
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
        return gathered_gate_inputs(self.products, forms, packing)

    def _add(self, forms: list[str]) -> None:
        forms = sorted(forms, key=len)
        for at in range(0, len(forms), _TOGETHER):
            part = forms[at : at + _TOGETHER]
            start, end = len(self._rows), len(self._rows) + len(part)
            self.products[:, :, start:end] = form_products(self._network, part, self._characters)
            self._rows.update(zip(part, range(start, end)))


def form_products(network: Network, forms: Sequence[str], characters: Floats) -> Floats:
    """The products of :class:`FormTable` for ``U`` forms, ``[window, 2, U, 3H]``, from those of the ``characters``."""
    lexicon, p = network.lexicon, network.weights
    together = [*forms, *["x" * max(map(len, forms))] * _COMPANY]
    spelling, order = encoder.spell(lexicon.spell(together))
    cell = CELLS[network.settings.cell]
    z = gathered_gate_inputs(characters, spelling.characters, spelling.packing)
    hidden = cell.hidden_states(z, encoder.layer_weights(network.settings, p, "character.layer"), spelling.packing)
    spelled = last_of(hidden, spelling.packing)
    x = np.empty((len(together), encoder.word_width(network.settings)), p.flat.dtype)
    width = network.settings.form_width
    x[:, :width] = p["form.table"][[lexicon.form_id(form) for form in together]]
    x[order, width : width + spelled.shape[1]] = spelled
    if network.settings.vector_width:
        x[:, width + spelled.shape[1] :] = network.vectors[[lexicon.vector_id(form) for form in together]]
    products = row_products(x, encoder.layer_weights(network.settings, p, "layer0"), cell.WINDOW)
    return products[:, :, : len(forms)]
