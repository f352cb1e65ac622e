"""Word vectors in context: forms and characters, one or more recurrent layers, softmax heads for the tags.

    form, characters ──> x ──> layer 1 ──> tag layer t ──> softmax: UPOS, XPOS, FEATS
                                  └──> layer 2 … ──> word vectors r

The vector of a form is its embedding beside the last states of a recurrent layer over its characters (Ling et al.
2015), and a vector made elsewhere, if such are given. It depends on the form alone, so a batch computes it once for
each distinct form. The tags are learned from the first layer, the trees from the last (Søgaard & Goldberg 2016, "Deep
multi-task learning with low level tasks supervised at lower layers"): what lies above the first layer sees there what
the tagger goes by. With `tags_only` it reads the tag layer t in its place ("stack-propagation", Zhang & Weiss 2016);
where no layer lies above, t joins the word vectors. What kind of layers these are is a setting (`cell`). Tags of the
input never enter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arcparser.network.settings import Settings
from arcparser.network.vocabulary import CharacterIds, Vocabulary
from arcparser.nn.bidirectional import CELLS, bidirectional, last_states
from arcparser.nn.linear import add_rows, dropout, dropout_mask, embed, linear, relu
from arcparser.nn.packing import Packing, pack
from arcparser.nn.parameters import Parameters
from arcparser.types import Floats, Ints

TAG_COLUMNS = ("upos", "xpos", "feats")


@dataclass(frozen=True, slots=True)
class Spelling:
    """The characters of `U` distinct forms: `characters [C]` in the packed order of `packing` (longest first)."""

    characters: Ints
    packing: Packing


def spell(spelled: CharacterIds) -> tuple[Spelling, Ints]:
    """Lay out spelled forms; also `order [U]`: the form that row i of the layout belongs to."""
    order = np.argsort(-spelled.lengths, kind="stable")
    packing = pack(spelled.lengths[order])
    characters = spelled.characters[spelled.starts[order][packing.sentence] + packing.position]
    return Spelling(characters, packing), order


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch, in packed order.

    `forms [T]` form ids, `spellings [T]` rows of `spelling`, `vectors [T]` rows of the given word vectors.
    """

    packing: Packing
    forms: Ints
    spellings: Ints
    vectors: Ints
    spelling: Spelling


@dataclass(frozen=True, slots=True)
class Masks:
    """Dropout of the encoder, the same for all words of a sentence (Gal & Ghahramani 2016); None drops nothing."""

    input: Floats | None = None  # [B, D]
    layers: tuple[Floats | None, ...] = ()  # [B, 2H] on each layer's output
    recurrent: tuple[Floats | None, ...] = ()  # [2, B, H]
    tags: Floats | None = None  # [B, tag_hidden]


def draw_masks(settings: Settings, batch: int, rng: np.random.Generator, dtype: Any) -> Masks:
    """Masks at the rates of `settings` for `batch` sentences."""
    s = settings
    widths = hidden_widths(s)
    return Masks(
        dropout_mask((batch, word_width(s)), s.input_dropout, rng, dtype),
        tuple(dropout_mask((batch, 2 * width), s.hidden_dropout, rng, dtype) for width in widths),
        tuple(dropout_mask((2, batch, width), s.recurrent_dropout, rng, dtype) for width in widths)
        if s.cell == "lstm"
        else (),
        dropout_mask((batch, s.tag_hidden), s.projection_dropout, rng, dtype),
    )


def word_width(settings: Settings) -> int:
    """D, the width of a form's vector."""
    return settings.form_width + 2 * settings.character_hidden + settings.vector_width


def hidden_widths(settings: Settings) -> list[int]:
    """The width of each layer, for each of its directions."""
    return [settings.first_hidden] + [settings.hidden] * (settings.layers - 1)


def output_width(settings: Settings) -> int:
    """Width of the vectors that the encoder gives."""
    return 2 * hidden_widths(settings)[-1] + (settings.tag_hidden if settings.layers == 1 else 0)


def shapes(settings: Settings, vocabulary: Vocabulary) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the encoder's weights."""
    s = settings
    shape: dict[str, tuple[int, ...]] = {
        "form.table": (vocabulary.form_count, s.form_width),
        "character.table": (vocabulary.character_count, s.character_width),
    }

    def layer_shapes(name: str, inputs: int, hidden: int) -> None:
        shape.update((f"{name}.{w}", wide) for w, wide in CELLS[s.cell].shapes(inputs, hidden).items())

    layer_shapes("character.layer", s.character_width, s.character_hidden)
    inputs = word_width(s)
    for layer, width in enumerate(hidden_widths(s)):
        layer_shapes(f"layer{layer}", inputs, width)
        inputs = s.tag_hidden if s.tags_only and not layer else 2 * width
    shape["tag.w"], shape["tag.b"] = (2 * s.first_hidden, s.tag_hidden), (s.tag_hidden,)
    for column in TAG_COLUMNS:
        classes = len(getattr(vocabulary, column))
        shape[f"{column}.w"], shape[f"{column}.b"] = (s.tag_hidden, classes), (classes,)
    return shape


def layer_weights(settings: Settings, parameters: Parameters, name: str) -> Any:
    """The arrays of a recurrent layer, as its cell wants them."""
    kind = CELLS[settings.cell].Weights
    return kind(*(parameters[f"{name}.{w}"] for w in kind._fields))


def handed_on(y: Floats, t: Floats, settings: Settings) -> Floats:
    """What the first layer's output `y [T, 2H]` and the tag layer `t` give to what lies above them."""
    if settings.layers == 1:
        return np.concatenate((y, t), axis=1)
    return t if settings.tags_only else y


@dataclass(frozen=True, slots=True)
class Encoded:
    """`vectors [T, R]` in packed order, and the logits `[T, K]` of each tag column."""

    vectors: Floats
    tags: tuple[Floats, ...]


def encode(
    words: Words, settings: Settings, p: Parameters, g: Parameters, vectors: Floats, masks: Masks
) -> tuple[Encoded, Callable[[Floats, Sequence[Floats]], None]]:
    """The forward pass for training; `backward(dvectors, dtags)` adds the gradients to `g`.

    Args:
        vectors: `[V, vector_width]` given word vectors, which are not changed.
    """
    spelling, packing = words.spelling, words.packing
    sentence = packing.sentence

    def per_sentence(mask: Floats | None) -> Floats | None:
        return None if mask is None else mask[sentence]

    characters, characters_backward = embed(spelling.characters, p["character.table"], g["character.table"])
    cell = CELLS[settings.cell]

    def weights(name: str) -> tuple[Any, Any]:
        return layer_weights(settings, p, name), layer_weights(settings, g, name)

    spelled, spelled_backward = last_states(cell, characters, *weights("character.layer"), spelling.packing)
    forms, forms_backward = embed(words.forms, p["form.table"], g["form.table"])
    x = np.concatenate((forms, spelled[words.spellings], vectors[words.vectors]), axis=1)
    x, x_backward = dropout(x, per_sentence(masks.input))

    layers = []
    tag_steps: list[Callable[[Floats], Floats]] = []
    heads: list[tuple[Floats, Callable[[Floats], Floats]]] = []
    for layer in range(settings.layers):
        recurrent = masks.recurrent[layer] if masks.recurrent else None
        x, layer_backward = bidirectional(cell, x, *weights(f"layer{layer}"), packing, recurrent)
        x, masked = dropout(x, per_sentence(masks.layers[layer] if masks.layers else None))
        layers.append((layer_backward, masked))
        if layer == 0:
            t, step = linear(x, p["tag.w"], p["tag.b"], g["tag.w"], g["tag.b"])
            t, rectified = relu(t)
            t, dropped = dropout(t, per_sentence(masks.tags))
            tag_steps = [dropped, rectified, step]
            heads = [linear(t, p[f"{c}.w"], p[f"{c}.b"], g[f"{c}.w"], g[f"{c}.b"]) for c in TAG_COLUMNS]
            x = handed_on(x, t, settings)

    def backward(dvectors: Floats, dtags: Sequence[Floats]) -> None:
        dx = dvectors
        for layer in range(settings.layers - 1, -1, -1):
            if layer == 0:
                if settings.layers == 1:
                    dx, dt = dx[:, : -t.shape[1]], dx[:, -t.shape[1] :]
                elif settings.tags_only:
                    dx, dt = np.zeros((), dx.dtype), dx
                else:
                    dt = np.zeros_like(t)
                for (_, head_backward), dtag in zip(heads, dtags):
                    dt = dt + head_backward(dtag)
                for step in tag_steps:
                    dt = step(dt)
                dx = dx + dt
            layer_backward, masked = layers[layer]
            dx = layer_backward(masked(dx))
        dx = x_backward(dx)
        width = settings.form_width
        forms_backward(dx[:, :width])
        dspelled = np.zeros_like(spelled)
        add_rows(dspelled, words.spellings, dx[:, width : width + spelled.shape[1]])
        characters_backward(spelled_backward(dspelled))

    return Encoded(x, tuple(logits for logits, _ in heads)), backward
