"""Find the lemmas: a hidden layer over a form's vector and its tags, and a softmax over the lemma rules.

    h = relu(x W + U[UPOS] + X[XPOS] + Σ F[feature of FEATS] + b)        logits = h R + c

What a lemma depends on beside the form, its tags say (the verb *saw* is *see*, the noun is *saw*), and x, the vector of
the form, depends on the form alone. So the rule of a form with given tags is found once, and looked up when both come
again (`arcparser.parsing.lemma_cache`). Training shows the gold tags, parsing those that the tagger finds. A tag is one
row of its table; FEATS is a sum over its features, so that a combination that is rare is made of features that are not.

Rules are made and applied in `arcparser.network.lemma_rules`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary
from arcparser.nn.dropout import dropout_with_backward
from arcparser.nn.embedding import add_rows
from arcparser.nn.linear import linear, linear_with_backward, relu, relu_with_backward
from arcparser.nn.parameters import Parameters, Weight, glorot, normal, zeros
from arcparser.types import Floats, Ints

_TAG = normal(0.1)


def declare(settings: Settings, vocabulary: Vocabulary, word_width: int) -> dict[str, Weight]:
    """Declare the lemmatizer's weights, for forms' vectors of this width; none if no lemma was seen in training."""
    if not vocabulary.lemma_rules:
        return {}
    hidden, rules = settings.lemma_hidden, len(vocabulary.lemma_rules)
    return {
        "lemma.forms": Weight((word_width, hidden), glorot),
        "lemma.upos": Weight((len(vocabulary.upos), hidden), _TAG),
        "lemma.xpos": Weight((len(vocabulary.xpos), hidden), _TAG),
        "lemma.feats": Weight((len(vocabulary.features.names), hidden), _TAG),
        "lemma.b": Weight((hidden,), zeros),
        "lemma.rules": Weight((hidden, rules), glorot),
        "lemma.c": Weight((rules,), zeros),
    }


def form_inputs(x: Floats, p: Parameters) -> Floats:
    """Compute what the forms' vectors `x [U, D]` give to the hidden layer, `[U, hidden]`."""
    return x @ p["lemma.forms"]


def rule_logits(inputs: Floats, tags: Ints, features: Floats, p: Parameters) -> Floats:
    """Score the rules, `[U, rules]`.

    Args:
        inputs: `[U, hidden]` of `form_inputs`.
        tags: `[U, 3]` ids of UPOS, XPOS, FEATS.
        features: `[K, features]` which features a FEATS value has, `Vocabulary.features`.
        p: The network's weights.
    """
    upos, xpos, feats = tags.T
    z = inputs + p["lemma.upos"][upos] + p["lemma.xpos"][xpos] + features[feats] @ p["lemma.feats"] + p["lemma.b"]
    return linear(relu(z), p["lemma.rules"], p["lemma.c"])


def rule_logits_with_backward(
    x: Floats, tags: Ints, features: Floats, p: Parameters, g: Parameters, mask: Floats | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Score the rules for training; `backward` takes the gradient on the logits and gives that on `x [T, D]`.

    Args:
        x: Vectors of forms.
        tags: `[T, 3]`; a negative id is a tag that the vocabulary does not have, and adds nothing.
        features: As in `rule_logits`.
        p: The network's weights.
        g: Where the gradients go.
        mask: `[T, hidden]` dropout of the hidden layer.
    """
    known = tags >= 0
    upos, xpos, feats = np.where(known, tags, 0).T
    seen = features[feats] * known[:, 2:]
    z, forms_backward = linear_with_backward(x, p["lemma.forms"], p["lemma.b"], g["lemma.forms"], g["lemma.b"])
    z += p["lemma.upos"][upos] * known[:, :1]
    z += p["lemma.xpos"][xpos] * known[:, 1:2]
    z += seen @ p["lemma.feats"]
    z, relu_backward = relu_with_backward(z)
    z, dropout_backward = dropout_with_backward(z, mask)
    logits, rules_backward = linear_with_backward(z, p["lemma.rules"], p["lemma.c"], g["lemma.rules"], g["lemma.c"])

    def backward(dlogits: Floats) -> Floats:
        dz = relu_backward(dropout_backward(rules_backward(dlogits)))
        add_rows(g["lemma.upos"], upos, dz * known[:, :1])
        add_rows(g["lemma.xpos"], xpos, dz * known[:, 1:2])
        g["lemma.feats"][...] += seen.T @ dz
        return forms_backward(dz)

    return logits, backward
