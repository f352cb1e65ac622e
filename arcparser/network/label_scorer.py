"""Score the labels of an arc, the second factor of the softmax that picks the next action.

    logits = relu(H[head] + D[dependent] + b_direction) · W

over the labels that are legal for the head (`arcparser.network.vocabulary.LabelMasks`); the first factor is in
`arcparser.network.transition_scorer`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from arcparser.network.projections import Projections
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import LabelMasks
from arcparser.nn.choice import CloseCalls, choose
from arcparser.nn.dropout import dropout_with_backward
from arcparser.nn.embedding import add_rows
from arcparser.nn.linear import linear, linear_with_backward, relu, relu_with_backward
from arcparser.nn.parameters import Parameters, Weight, glorot, normal, zeros
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, States
from arcparser.types import Floats, Ints


def declare(settings: Settings, label_count: int) -> dict[str, Weight]:
    """Declare the label scorer's weights."""
    width = settings.label_width
    return {
        "label.root": Weight((width,), normal(0.1)),
        "label.direction": Weight((2, width), normal(0.1)),
        "label.w": Weight((width, label_count), glorot),
        "label.b": Weight((label_count,), zeros),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScorer:
    """Compute P(label | transition, head, dependent).

    Attributes:
        dependent_vectors: `[T, W]`.
        head_vectors: `[T+1, W]`, the root's in row T.
        direction: `[2, W]`, of RIGHT-ARC and of LEFT-ARC.
        w: `[W, labels]`.
        b: `[labels]`.
    """

    dependent_vectors: Floats
    head_vectors: Floats
    direction: Floats
    w: Floats
    b: Floats

    def hidden(self, transition: Ints, head_rows: Ints, dependent_rows: Ints) -> Floats:
        """Add up the hidden layer before its rectifier, for arcs made by `transition [S]`: `[S, W]`."""
        z = self.head_vectors.take(head_rows, axis=0)  # half the time of an index in brackets
        z += self.dependent_vectors.take(dependent_rows, axis=0)
        z += self.direction.take((transition == LEFT_ARC).astype(np.intp), axis=0)
        return z

    def logits(self, transition: Ints, head_rows: Ints, dependent_rows: Ints) -> Floats:
        """Score the labels, `[S, labels]`."""
        return linear(relu(self.hidden(transition, head_rows, dependent_rows)), self.w, self.b)


def prepare_label_scorer(h: Projections, p: Parameters) -> LabelScorer:
    """Prepare the scorer for a batch."""
    return LabelScorer(
        # Contiguous, as `take` would copy columns of a wider array in every step.
        dependent_vectors=np.ascontiguousarray(h.label_dependent),
        head_vectors=np.concatenate((h.label_head, p["label.root"][None])),
        direction=p["label.direction"],
        w=p["label.w"],
        b=p["label.b"],
    )


def score_labels_with_backward(
    scorer: LabelScorer,
    transition: Ints,
    head_rows: Ints,
    dependent_rows: Ints,
    g: Parameters,
    mask: Floats | None = None,
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Score the labels of arcs, `[N, labels]`; `backward` gives the gradients on label_dependent and label_head.

    Args:
        scorer: Of the batch.
        transition: `[N]` LEFT-ARC or RIGHT-ARC.
        head_rows: `[N]` rows of `scorer.head_vectors`.
        dependent_rows: `[N]` rows of `scorer.dependent_vectors`.
        g: Where the gradients go.
        mask: `[N, W]` dropout of the hidden layer.
    """
    z, relu_backward = relu_with_backward(scorer.hidden(transition, head_rows, dependent_rows))
    z, dropout_backward = dropout_with_backward(z, mask)
    logits, linear_backward = linear_with_backward(z, scorer.w, scorer.b, g["label.w"], g["label.b"])

    def backward(dlogits: Floats) -> tuple[Floats, Floats]:
        dz = relu_backward(dropout_backward(linear_backward(dlogits)))
        left = transition == LEFT_ARC
        g["label.direction"][...] += np.stack((dz[~left].sum(axis=0), dz[left].sum(axis=0)))
        ddependents, dheads = np.zeros_like(scorer.dependent_vectors), np.zeros_like(scorer.head_vectors)
        add_rows(ddependents, dependent_rows, dz)
        add_rows(dheads, head_rows, dz)
        g["label.root"][...] += dheads[-1]
        return ddependents, dheads[:-1]

    return logits, backward


def choose_labels(
    states: States,
    transition: Ints,
    scorer: LabelScorer,
    rows: Ints,
    masks: LabelMasks,
    close: CloseCalls | None = None,
) -> Ints:
    """Choose the most probable legal label for each transition that makes an arc, `[S]`; MISSING for the others.

    Args:
        states: The states.
        transition: `[S]` what is done in the active ones.
        scorer: Of the batch.
        rows: `[B, L+2]` where word w of a sentence (at w + 1) lies in the scorer's vectors, as in `TransitionScorer`.
        masks: Which labels are legal where.
        close: Keeps how the choices were made.
    """
    label = np.full(len(transition), MISSING, dtype=np.intp)
    positions, heads, dependents = states.arc(transition)
    if len(positions):
        sentence = states.active[positions]
        logits = scorer.logits(transition[positions], rows[sentence, heads + 1], rows[sentence, dependents + 1])
        masks.apply(logits, heads)
        label[positions] = best = choose(logits)
        if close is not None:
            close.add(sentence, logits, best)
    return label


def choose_labels_of_arcs(
    states: States,
    scorer: LabelScorer,
    rows: Ints,
    masks: LabelMasks,
    sentence: Ints,
    words: Ints,
    close: CloseCalls | None = None,
) -> Ints:
    """Choose the most probable legal label of the arcs that `words [T]` of `sentence [T]` got, `[T]`."""
    logits = legal_logits(states, scorer, rows, masks, sentence, words)
    best = choose(logits)
    if close is not None:
        close.add(sentence, logits, best)
    return best


def legal_logits(
    states: States, scorer: LabelScorer, rows: Ints, masks: LabelMasks, sentence: Ints, words: Ints
) -> Floats:
    """Score the labels of the arcs that `words [T]` of `sentence [T]` got, `[T, labels]`; −inf where one is illegal."""
    heads = states.heads[sentence, words]
    transition = np.where(heads > words, LEFT_ARC, RIGHT_ARC)
    logits = scorer.logits(transition, rows[sentence, heads + 1], rows[sentence, words + 1])
    masks.apply(logits, heads)
    return logits
