"""Keep what the first layer makes of a form, computed once for each form.

A form's vector depends on the form alone, and so does its product with the first layer's input weights, x W + b: for
running text nine words in ten find theirs ready. What is kept does not depend on what else was computed with it, so
the same words give the same trees whatever was parsed before (and in however many processes). What a pretrained encoder
says of a word in its context has a product of its own, which is added (`arcparser.parsing.predictor`).

How many forms are kept follows from how many words come together: who parses a few at a time wants little memory, who
parses many wants the most words a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from arcparser.network import encoder
from arcparser.network.lemmatizer import form_inputs
from arcparser.network.network import Network
from arcparser.nn.bidirectional import CELLS, gathered_gate_inputs, last_states_from_gates, row_products
from arcparser.nn.packing import Packing
from arcparser.types import Floats, Ints

_BYTES = 128 << 20  # what forms may take, unless a single call needs more
_WORDS = 20_000  # words of a call for which they may take so much; for fewer words proportionally less,
_LEAST_BYTES = 6 << 20  # but this much,
_LEAST_BYTES_OF_DOUBLE = 1 << 20  # or this, in double precision, in which few sentences are parsed
_BATCH_FORMS = 512  # forms of similar length that are spelled at once: few enough to stay in the processor's cache
# BLAS multiplies a few rows with other kernels than many, which round differently.  So many further forms, each as long
# as the longest (the LSTM has a product in every step), make a form's numbers independent of what it is computed with.
_PADDING_FORMS = 16


class FormCache:
    """Hold for each network `products [window, 2, capacity, 3H]`: what a form met so far adds to the gates.

    They are those of `arcparser.nn.bidirectional.row_products`. Characters have such products, too.

    Args:
        networks: Of one vocabulary and one size.

    Attributes:
        forms: By number.
        products: See above.
        lemma_inputs: Of each network, `[capacity, lemma_hidden]` what the lemmatizer reads of a form.
        generation: Changes whenever the numbers of forms do.
        moved: The new number of each former one when they last did, -1 if it was forgotten; None if all were.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._rows: dict[str, int] = {}
        self.generation = 0
        self.moved: Ints | None = None
        settings = networks[0].settings
        self._lemmas = bool(networks[0].vocabulary.lemma_rules)
        self._window = CELLS[settings.cell].WINDOW
        self._characters = [
            row_products(
                n.weights["character.table"],
                encoder.layer_weights(settings, n.weights, "character.layer"),
                self._window,
            )
            for n in networks
        ]
        self.forget()

    def forget(self) -> None:
        """Begin anew, whatever state the cache is in."""
        self._set_capacity(_BYTES // self._bytes_of_a_form())

    def _bytes_of_a_form(self) -> int:
        return len(self._networks) * self._window * self._networks[0].weights["layer0.b"].nbytes

    def _set_capacity(self, capacity: int) -> None:
        self._clear()
        self._capacity = capacity
        self._uses = np.zeros(capacity, dtype=np.int64)  # calls that had a form since others were forgotten
        self.products: list[Floats] = []  # until there is a form: not every predictor meets one
        self.lemma_inputs: list[Floats] = []

    def _clear(self) -> None:
        self._rows.clear()
        self.forms: list[str] = []
        self.generation += 1
        self.moved = None

    def rows(self, sentences: Iterable[Sequence[str]]) -> Ints:
        """Return the number of each word's form, for `gate_inputs`, valid until the next call."""
        words = [form for sentence in sentences for form in sentence]
        rows = list(map(self._rows.get, words))
        if None in rows:
            new = list(dict.fromkeys(form for form, row in zip(words, rows) if row is None))
            if set(map(type, new)) != {str}:
                raise TypeError("a word that is no string")
            if len(self._rows) + len(new) > self._limit(len(words)):
                new = self._make_room(words)
            self._add(new)
            rows = list(map(self._rows.get, words))
        found = np.array(rows, dtype=np.intp)
        self._uses[found] += 1
        return found

    def _limit(self, words: int) -> int:
        """Return how many forms are kept where `words` come together: those that are there, if they are more."""
        single = self._networks[0].weights.flat.dtype != np.float64
        size = max(_BYTES * words // _WORDS, _LEAST_BYTES if single else _LEAST_BYTES_OF_DOUBLE)
        return max(len(self._rows), min(size // self._bytes_of_a_form(), self._capacity))

    def _make_room(self, words: Sequence[str]) -> list[str]:
        """Forget the forms that were used least, but for those of `words`; return which of these are still new."""
        needed = list(dict.fromkeys(words))
        limit = self._limit(len(words))
        if len(needed) > limit // 2:  # hardly any other would be left
            self._clear()
            if len(needed) > self._capacity:
                self._set_capacity(len(needed))
            return needed
        known = [self._rows[form] for form in needed if form in self._rows]
        uses = self._uses[: len(self._rows)]
        uses[known] = uses.max() + 1
        self._keep(np.sort(np.argsort(-uses, kind="stable")[: limit // 2]))
        return [form for form in needed if form not in self._rows]

    def _keep(self, kept: Ints) -> None:
        """Keep the forms of these numbers, in this order, and forget all others."""
        self.moved = np.full(len(self._rows), -1)
        self.moved[kept] = np.arange(len(kept))
        for array, axis in [(a, 2) for a in self.products] + [(a, 0) for a in self.lemma_inputs]:
            rows = np.moveaxis(array, axis, 0)
            for first in range(0, len(kept), _BATCH_FORMS):  # none moves to where one that is yet to move lies
                part = kept[first : first + _BATCH_FORMS]
                rows[first : first + len(part)] = rows[part]
        self.forms = [self.forms[row] for row in kept.tolist()]
        self._rows = dict(zip(self.forms, range(len(kept))))
        self._uses[: len(kept)] = self._uses[kept] // 2
        self._uses[len(kept) :] = 0
        self.generation += 1

    def gate_inputs(self, which: int, forms: Ints, packing: Packing) -> Floats:
        """Gather z of a network's first layer in both reading orders, `forms [T]` in packed order -> `[2, T, 3H]`."""
        return gathered_gate_inputs(self.products[which], forms, packing)

    def _add(self, forms: list[str]) -> None:
        if not self.products:
            b = self._networks[0].weights["layer0.b"]
            # Memory that no form was ever written to costs nothing, but it counts where address space is limited.
            shape = self._window, 2, self._capacity + _PADDING_FORMS, b.shape[1]
            self.products = [np.empty(shape, b.dtype) for _ in self._networks]
            lemma_hidden = self._networks[0].settings.lemma_hidden if self._lemmas else 0
            self.lemma_inputs = [np.empty((self._capacity, lemma_hidden), b.dtype) for _ in self._networks]
        forms = sorted(forms, key=len)
        for at in range(0, len(forms), _BATCH_FORMS):
            part = forms[at : at + _BATCH_FORMS]
            start, end = len(self._rows), len(self._rows) + len(part)
            for network, products, lemma_inputs, characters in zip(
                self._networks, self.products, self.lemma_inputs, self._characters
            ):
                x = form_vectors(network, part, characters)
                # The padding's come last, where the next forms' go.
                form_products(network, x, out=products[:, :, start : start + len(x)])
                if self._lemmas:
                    lemma_inputs[start:end] = form_inputs(x, network.weights)[: len(part)]
            self.forms += part
            self._rows.update(zip(part, range(start, end)))


def form_vectors(network: Network, forms: Sequence[str], characters: Floats) -> Floats:
    """Compute the vectors x of `U` forms from the products of the `characters`; padding forms come after them."""
    vocabulary, p, settings = network.vocabulary, network.weights, network.settings
    padded = [*forms, *["x" * max(map(len, forms))] * _PADDING_FORMS]
    spelling, order = encoder.spell(vocabulary.spell(padded))
    cell = CELLS[settings.cell]
    z = gathered_gate_inputs(characters, spelling.characters, spelling.packing)
    weights = encoder.layer_weights(settings, p, "character.layer")
    last = last_states_from_gates(cell, z, weights, spelling.packing)
    spelled = np.empty_like(last)
    spelled[order] = last
    rows = [vocabulary.vector_id(form) for form in padded] if settings.vector_width else [0] * len(padded)
    static = encoder.static_vectors(np.array(rows, dtype=np.intp), network.vectors, p)
    ids = np.array([vocabulary.form_id(form) for form in padded], dtype=np.intp)
    embedded = encoder.form_embeddings(ids, vocabulary.affix_ids(padded), p)
    return encoder.word_vectors(embedded, spelled, static)


def form_products(network: Network, x: Floats, out: Floats) -> None:
    """Compute the products of forms with vectors `x [U, D]`, and write them to `out [window, 2, U, 3H]`."""
    settings = network.settings
    weights, _ = encoder.parts_of_first_layer(settings, network.weights)
    row_products(x, weights, CELLS[settings.cell].WINDOW, out)
