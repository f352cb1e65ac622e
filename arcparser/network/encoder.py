"""Encode words in context: forms and characters, one or more recurrent layers, the tags on their way.

    form, characters ──> x ──> layer 1 ──> tag layer t ──> softmax: UPOS, XPOS, FEATS
                                  └──> layer 2 … ──> word vectors r

The vector of a form is its embedding beside the last states of a recurrent layer over its characters (Ling et al.
2015), and a static vector that was learned elsewhere, if such are given (`arcparser.pretrained.static_vectors`); what
stands for that of a form without one is learned. To the embedding those of the form's affixes are added, its ends and
beginnings of a few letters (Bojanowski et al. 2017, "Enriching word vectors with subword information"): a small
treebank shows most endings, but not the forms that have them. The whole depends on the form alone, so a batch computes
it once for each distinct form. Where a pretrained encoder reads the sentence, what it says of the word stands beside it
(`arcparser.network.contextual`).

The tags are learned from the first layer, the trees from the last (Søgaard & Goldberg 2016, "Deep multi-task learning
with low level tasks supervised at lower layers"): what lies above the first layer sees there what the tagger goes by.
With `tags_only` it reads the tag layer t in its place ("stack-propagation", Zhang & Weiss 2016); where no layer lies
above, t joins the word vectors. What kind of layers these are is a setting (`cell`). Tags of the input never enter.

Parsing calls `encode`, which begins at the first layer's gate inputs: those of a form are looked up
(`arcparser.parsing.form_cache`). Training calls `word_vectors_with_backward` and `encode_with_backward`. Both are made
of the same stages, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arcparser.network import tagger
from arcparser.network.settings import Settings
from arcparser.network.tagger import TagWeights
from arcparser.network.vocabulary import UNKNOWN, CharacterIds, Vocabulary
from arcparser.nn.bidirectional import (
    CELLS,
    bidirectional,
    bidirectional_from_gates,
    bidirectional_with_backward,
    last_states_with_backward,
)
from arcparser.nn.dropout import dropout_with_backward
from arcparser.nn.embedding import add_rows, embed_with_backward
from arcparser.nn.packing import Packing, pack
from arcparser.nn.parameters import Parameters, Weight, normal, zeros
from arcparser.pretrained.static_vectors import StaticVectors
from arcparser.types import Floats, Ints

FORM_TABLES = ("form.table", "affix.table")  # of which a row is read at a time, by `form_embeddings`

UNKNOWN_VECTOR = "vectors.unknown"  # the weight that stands for the static vector of a form without one

_TABLE = normal(0.5)  # small vectors would fade on their way through three saturating layers, and learn slowly


def declare(settings: Settings, vocabulary: Vocabulary) -> dict[str, Weight]:
    """Declare the encoder's weights."""
    s = settings
    cell = CELLS[s.cell]
    declared = {
        "form.table": Weight((vocabulary.form_count, s.form_width), _TABLE),
        "character.table": Weight((vocabulary.character_count, s.character_width), _TABLE),
    }
    if vocabulary.affixes:
        declared["affix.table"] = Weight((len(vocabulary.affixes) + 1, s.form_width), _affix_vectors)
    if s.vector_width:
        declared[UNKNOWN_VECTOR] = Weight((s.vector_width,), zeros)

    def declare_layer(name: str, inputs: int, hidden: int) -> None:
        declared.update((f"{name}.{w}", weight) for w, weight in cell.declare(inputs, hidden).items())

    declare_layer("character.layer", s.character_width, s.character_hidden)
    inputs = input_width(s)
    for layer, width in enumerate(layer_widths(s)):
        declare_layer(f"layer{layer}", inputs, width)
        inputs = s.tag_hidden if s.tags_only and not layer else 2 * width
    return declared | tagger.declare(s, vocabulary)


def _affix_vectors(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Start with small vectors; an affix that has no number adds nothing, now and later."""
    table = rng.standard_normal(shape) * 0.2
    table[UNKNOWN] = 0
    return table


def word_width(settings: Settings) -> int:
    """Return D, the width of a form's vector."""
    return settings.form_width + 2 * settings.character_hidden + settings.vector_width


def input_width(settings: Settings) -> int:
    """Return the width of what the first layer sees of a word: its form's vector, and what its context says."""
    return word_width(settings) + (settings.pretrained_width if settings.pretrained_layers else 0)


def layer_widths(settings: Settings) -> list[int]:
    """Return the width of each layer, for each of its directions."""
    return [settings.first_hidden] + [settings.hidden] * (settings.layers - 1)


def output_width(settings: Settings) -> int:
    """Return the width of the vectors that the encoder gives."""
    return 2 * layer_widths(settings)[-1] + (settings.tag_hidden if settings.layers == 1 else 0)


def layer_weights(settings: Settings, parameters: Parameters, name: str) -> Any:
    """Return the arrays of a recurrent layer, as its cell wants them."""
    kind = CELLS[settings.cell].Weights
    return kind(*(parameters[f"{name}.{w}"] for w in kind._fields))


def parts_of_first_layer(settings: Settings, parameters: Parameters) -> tuple[Any, Any]:
    """Return the first layer's weights for the forms' vectors, and those for what stands beside them, without bias."""
    weights = layer_weights(settings, parameters, "layer0")
    window, width = CELLS[settings.cell].WINDOW, word_width(settings)
    w = weights.w.reshape(2, window, -1, weights.w.shape[2])
    of_forms, of_contexts = (
        np.ascontiguousarray(part).reshape(2, -1, weights.w.shape[2]) for part in (w[:, :, :width], w[:, :, width:])
    )
    return weights._replace(w=of_forms), weights._replace(w=of_contexts, b=np.zeros_like(weights.b))


@dataclass(frozen=True, slots=True)
class Spelling:
    """Hold the characters of `U` distinct forms: `characters [C]` in the packed order of `packing` (longest first)."""

    characters: Ints
    packing: Packing


def spell(spelled: CharacterIds) -> tuple[Spelling, Ints]:
    """Lay out spelled forms; also return `order [U]`: the form that row i of the layout belongs to."""
    order = np.argsort(-spelled.lengths, kind="stable")
    packing = pack(spelled.lengths[order])
    characters = spelled.characters[spelled.starts[order][packing.sentence] + packing.position]
    return Spelling(characters, packing), order


def form_embeddings(forms: Ints, affixes: Ints, p: Parameters) -> Floats:
    """Look forms up, `forms [U]`, and add the vectors of their affixes, `affixes [U, affixes]` -> `[U, form_width]`."""
    embedded = p["form.table"][forms].astype(p.flat.dtype, copy=False)
    if "affix.table" in p:
        for column in affixes.T:
            embedded += p["affix.table"][column]
    return embedded


def static_vectors(numbers: Ints, vectors: StaticVectors, p: Parameters) -> Floats:
    """Look static vectors up, `numbers [U]` -> `[U, vector_width]`; without one, a form has the one that is learned."""
    found = vectors.rows(numbers, p.flat.dtype)
    if UNKNOWN_VECTOR in p:
        found[numbers == UNKNOWN] = p[UNKNOWN_VECTOR]
    return found


def word_vectors(forms: Floats, spelled: Floats, static: Floats) -> Floats:
    """Put the parts of a form's vector x side by side, `[T, D]`: its own, its characters', and the static one."""
    return np.concatenate((forms, spelled, static), axis=1)


@dataclass(frozen=True, slots=True)
class WordIds:
    """Hold the words of a batch, in packed order.

    `forms [T]` form ids, `spellings [T]` rows of `spelling` and of `affixes [U, affixes]`, `vectors [T]` rows of the
    static vectors.
    """

    packing: Packing
    forms: Ints
    spellings: Ints
    vectors: Ints
    spelling: Spelling
    affixes: Ints


@dataclass(frozen=True, slots=True)
class Encoded:
    """Hold `vectors [T, R]` in packed order, and the logits of all tag columns, `[T, sum of K]`."""

    vectors: Floats
    tags: Floats


def encode(z: Floats, packing: Packing, settings: Settings, p: Parameters, tags: TagWeights) -> Encoded:
    """Encode words from the first layer's gate inputs, `z [2, T, 3H]` in reading order (overwritten)."""
    cell = CELLS[settings.cell]
    y = bidirectional_from_gates(cell, z, layer_weights(settings, p, "layer0"), packing)
    del z  # the next layer's take its place, if the caller does not keep it
    t = tagger.tag_layer(y, p)
    logits = tagger.tag_logits(t, tags)
    x = _handed_on(y, t, settings)
    for layer in range(1, settings.layers):
        x = bidirectional(cell, x, layer_weights(settings, p, f"layer{layer}"), packing)
    return Encoded(x, logits)


@dataclass(frozen=True, slots=True)
class DropoutMasks:
    """Hold the encoder's dropout, the same for all words of a sentence (Gal & Ghahramani 2016); None drops nothing."""

    input: Floats | None = None  # [B, D]
    layers: tuple[Floats | None, ...] = ()  # [B, 2H] on each layer's output
    recurrent: tuple[Floats | None, ...] = ()  # [2, B, H]
    tags: Floats | None = None  # [B, tag_hidden]


NO_DROPOUT = DropoutMasks()


def encode_with_backward(
    x: Floats,
    packing: Packing,
    settings: Settings,
    features: Floats,
    p: Parameters,
    g: Parameters,
    masks: DropoutMasks = NO_DROPOUT,
) -> tuple[Encoded, Callable[[Floats, Sequence[Floats]], Floats]]:
    """Encode words for training; `backward(dvectors, dtags)` gives the gradient on `x` and adds the others to `g`.

    Args:
        x: `[T, D]` what the first layer sees of the words, in packed order.
        packing: Where the words lie.
        settings: The network's.
        features: `[K, features]` which features a FEATS value has, `Vocabulary.features`.
        p: The network's weights.
        g: Where the gradients go.
        masks: Dropout.
    """
    cell = CELLS[settings.cell]

    def per_word(mask: Floats | None) -> Floats | None:
        return None if mask is None else mask[packing.sentence]

    def layer_with_backward(x: Floats, layer: int) -> tuple[Floats, Callable[[Floats], Floats]]:
        name = f"layer{layer}"
        recurrent = masks.recurrent[layer] if masks.recurrent else None
        weights, gradients = layer_weights(settings, p, name), layer_weights(settings, g, name)
        y, layer_backward = bidirectional_with_backward(cell, x, weights, gradients, packing, recurrent)
        y, dropout_backward = dropout_with_backward(y, per_word(masks.layers[layer] if masks.layers else None))
        return y, lambda dy: layer_backward(dropout_backward(dy))

    x, input_backward = dropout_with_backward(x, per_word(masks.input))
    y, first_backward = layer_with_backward(x, 0)
    t, tag_backward = tagger.tag_layer_with_backward(y, p, g, per_word(masks.tags))
    logits, logits_backward = tagger.tag_logits_with_backward(t, features, p, g)
    x = _handed_on(y, t, settings)
    upper = []
    for layer in range(1, settings.layers):
        x, upper_backward = layer_with_backward(x, layer)
        upper.append(upper_backward)

    def backward(dvectors: Floats, dtags: Sequence[Floats]) -> Floats:
        dx = dvectors
        for upper_backward in reversed(upper):
            dx = upper_backward(dx)
        dy, dt = _handed_on_backward(dx, settings)
        dt = logits_backward(dtags) + dt
        return input_backward(first_backward(dy + tag_backward(dt)))

    return Encoded(x, logits), backward


def word_vectors_with_backward(
    words: WordIds, settings: Settings, p: Parameters, g: Parameters, vectors: StaticVectors
) -> tuple[Floats, Callable[[Floats], None]]:
    """Compute the vectors x of words, `[T, D]`, from their forms and characters, for training.

    Args:
        words: Of the batch.
        settings: The network's.
        p: Its weights.
        g: Where the gradients go.
        vectors: Static ones, which are not changed, but for that of the forms without one.
    """
    spelling = words.spelling
    characters, table_backward = embed_with_backward(spelling.characters, p["character.table"], g["character.table"])
    spelled, spelled_backward = last_states_with_backward(
        CELLS[settings.cell],
        characters,
        layer_weights(settings, p, "character.layer"),
        layer_weights(settings, g, "character.layer"),
        spelling.packing,
    )
    forms = form_embeddings(words.forms, words.affixes[words.spellings], p)

    def backward(dx: Floats) -> None:
        width = settings.form_width
        dforms = dx[:, :width]
        add_rows(g["form.table"], words.forms, dforms)
        if "affix.table" in p:
            dspellings = np.zeros((len(words.affixes), width), dx.dtype)
            add_rows(dspellings, words.spellings, dforms)
            for column in words.affixes.T:
                add_rows(g["affix.table"], column, dspellings)
            g["affix.table"][UNKNOWN] = 0
        dspelled = np.zeros_like(spelled)
        add_rows(dspelled, words.spellings, dx[:, width : width + spelled.shape[1]])
        table_backward(spelled_backward(dspelled))
        if UNKNOWN_VECTOR in p:
            dstatic = dx[:, width + spelled.shape[1] :]
            g[UNKNOWN_VECTOR][...] += dstatic[words.vectors == UNKNOWN].sum(axis=0)

    return word_vectors(forms, spelled[words.spellings], static_vectors(words.vectors, vectors, p)), backward


def _handed_on(y: Floats, t: Floats, settings: Settings) -> Floats:
    """Choose what the first layer's output `y [T, 2H]` and the tag layer `t` give to what lies above them."""
    if settings.layers == 1:
        return np.concatenate((y, t), axis=1)
    return t if settings.tags_only else y


def _handed_on_backward(dx: Floats, settings: Settings) -> tuple[Floats, Floats]:
    """Split the gradient on what was handed on: those on y and t, 0 where nothing comes back."""
    if settings.layers == 1:
        return dx[:, : -settings.tag_hidden], dx[:, -settings.tag_hidden :]
    nothing = np.zeros((), dx.dtype)
    return (nothing, dx) if settings.tags_only else (dx, nothing)
