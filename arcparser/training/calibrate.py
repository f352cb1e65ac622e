"""Fit the probabilities of a trained model to what is right on a dev file (`arcparser.model.calibration`).

What is fitted is the probability of a yes-or-no event of each word: the chosen head is right; and among the words whose
head is right, its label is right, subtype included. The loss is the negative log-likelihood of these events,

    −(1/N) Σ_i (t_i ln q_i + (1 − t_i) ln(1 − q_i)),

with q_i the calibrated probability and t_i nearly 1 where word i is right and nearly 0 where it is not: (N₊ + 1)/(N₊ +
2) and 1/(N₋ + 2), if N₊ are right and N₋ are not (Platt 1999). So the fit is finite also on a file without errors.

The loss of arcs is convex in slopes and offset together, and is minimized by Newton's method; a slope that would be
below 0, so that a surer arc would be less probable, is 0 (Kull, Silva Filho & Flach 2017). The temperature of labels is
found by golden-section search in its logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arcparser.evaluation.calibration import reliability
from arcparser.model.calibration import UNCALIBRATED, Calibration, beta, logs
from arcparser.model.model import Model
from arcparser.parsing.choices import NONE, Choices
from arcparser.parsing.predictor import predictor_of
from arcparser.pretrained.contexts import Contexts
from arcparser.treebank.sentence import Sentence
from arcparser.types import Bools, Floats, Ints

_BOUNDS = 0.05, 20.0  # of a temperature
_FLATTEST = 1e-3  # slope
_RIDGE = 1e-6  # keeps slopes and offset finite where arcs do not tell them apart
_STEPS = 100
_SMALLEST_STEP = 1e-6  # of Newton's steps
_ENOUGH = 1e-14  # nats: what a step gains less than is not worth another one
_DIGITS = 6  # that are kept: what follows differs from machine to machine


@dataclass(frozen=True)
class _Dev:
    """Hold the dev words of which an arc was chosen among several.

    Attributes:
        choices: Of `T` words.
        right_heads: `[T]`.
        right_labels: `[T]`.
        first_half: `[T]` whether the word is in the first, third, fifth … sentence.
    """

    choices: Choices
    right_heads: Bools
    right_labels: Bools
    first_half: Bools


def calibrate(model: Model, dev: Sequence[Sentence], *, contexts: Contexts | None = None) -> Model:
    """Return the model with a calibration that is fitted on `dev`; its choices are the same.

    Args:
        model: A trained model, calibrated or not.
        dev: Sentences with gold trees that it was not trained on. Tags are not looked at.
        contexts: What the model's pretrained encoder says of `dev`, if there is one and it was asked already.

    Raises:
        ModelError: The weights are so large that what is computed with them is no number.
        TreeError: A HEAD of `dev` is no number in its sentence.
    """
    if not dev:
        return replace(model, calibration=UNCALIBRATED)
    found = _look(model, dev, contexts)
    words = np.arange(len(found.right_heads))
    arcs, labels = np.empty((2, len(words)))  # with the numbers of the other half
    for half in (found.first_half, ~found.first_half):
        of_other = _fit(found, ~half)
        arcs[half] = found.choices.arc_scores(of_other)[half]
        labels[half] = found.choices.label_scores(of_other)[half]
    before = found.choices
    heads = found.right_heads
    calibration = replace(
        _fit(found, np.ones(len(words), dtype=bool)),
        words=len(words),
        arc_ece=(_ece(before.arc_scores(UNCALIBRATED), heads), _ece(arcs, heads)),
        label_ece=(
            _ece(before.label_scores(UNCALIBRATED)[heads], found.right_labels[heads]),
            _ece(labels[heads], found.right_labels[heads]),
        ),
    )
    return replace(model, calibration=calibration)


def fit_arcs(probabilities: Floats, right: Bools) -> tuple[tuple[float, float], float]:
    """Fit slopes and offset to the probabilities of chosen heads `[N]`, and whether they are `right [N]`."""
    if not len(right):
        return UNCALIBRATED.arc_slopes, UNCALIBRATED.arc_offset
    x = np.stack([*logs(probabilities), np.ones(len(right))], axis=1)  # [N, 3]
    targets = _targets(right)
    # Of the slopes of which neither is below 0, those of least loss: both are free, or one of them is 0.
    fits = [_newton(x, targets, free) for free in ((0, 1, 2), (1, 2), (0, 2))]
    possible = [w for w in fits if w[:2].min() >= 0 and w[:2].max() > 0]
    if not possible:  # what is surer is less often right: take the share of all
        share = float(targets.mean())
        return (_FLATTEST, _FLATTEST), math.log(share / (1 - share))
    best = min(possible, key=lambda w: _loss(_probabilities(x, w), targets))
    return (float(best[0]), float(best[1])), float(best[2])


def fit_labels(logits: Floats, labels: Ints, right: Bools) -> float:
    """Fit the temperature to the logits of legal labels `[N, labels]`, chosen `labels [N]`, and which are `right`."""
    if not len(right):
        return UNCALIBRATED.label_temperature
    rows, targets = np.arange(len(right)), _targets(right)
    return _least(lambda t: _loss(Calibration(label_temperature=t).labels(logits)[rows, labels], targets))


def negative_log_likelihood(probabilities: Floats, right: Bools) -> float:
    """Compute the loss of the module's docstring, in nats, of calibrated probabilities `[N]`."""
    return _loss(probabilities, _targets(right))


def _look(model: Model, dev: Sequence[Sentence], contexts: Contexts | None) -> _Dev:
    choices = predictor_of(model).choices([sentence.forms for sentence in dev], contexts=contexts)
    ids = {label: i for i, label in enumerate(model.vocabulary.labels)}
    heads = np.concatenate([sentence.heads for sentence in dev])
    labels = np.array([ids.get(label, -1) for sentence in dev for label in sentence.deprels])
    number = np.repeat(np.arange(len(dev)), [len(sentence) for sentence in dev])
    kept = choices.second_heads != NONE  # where there is nothing to choose nothing is learned
    return _Dev(
        Choices(*(getattr(choices, field)[kept] for field in Choices.__slots__)),
        (choices.heads == heads)[kept],
        (choices.labels == labels)[kept],
        (number % 2 == 0)[kept],
    )


def _fit(found: _Dev, used: Bools) -> Calibration:
    choices = found.choices
    (a, b), offset = fit_arcs(choices.arcs[used], found.right_heads[used])
    attached = used & found.right_heads
    temperature = fit_labels(choices.label_logits[attached], choices.labels[attached], found.right_labels[attached])
    return Calibration(
        arc_slopes=(round(a, _DIGITS), round(b, _DIGITS)),
        arc_offset=round(offset, _DIGITS),
        label_temperature=round(temperature, _DIGITS),
    )


def _targets(right: Bools) -> Floats:
    """Return what the probabilities are to come near to, `[N]`."""
    n = int(right.sum())
    return np.where(right, (n + 1) / (n + 2), 1 / (len(right) - n + 2))


def _loss(q: Floats, targets: Floats) -> float:
    tiny = np.finfo(np.float64).tiny
    log_right, log_wrong = np.log(np.maximum(q, tiny)), np.log(np.maximum(1 - q, tiny))
    return float(-(targets * log_right + (1 - targets) * log_wrong).mean())


def _probabilities(x: Floats, weights: Floats) -> Floats:
    """Calibrate, with slopes and offset `weights [3]` of the features `x [N, 3]`, -> `[N]`."""
    a, b, c = weights
    return beta(x[:, 0], x[:, 1], (a, b), c)


def _newton(x: Floats, targets: Floats, free: Sequence[int]) -> Floats:
    """Find the weights `[3]` of the features `x [N, 3]` that make the loss least; those that are not `free` are 0.

    The gradient on the weights is xᵀ(q − t) / N, the matrix of second derivatives xᵀ diag(q (1 − q)) x / N.
    """
    weights, at = np.zeros(x.shape[1]), list(free)
    seen = x[:, at]

    def loss(w: Floats) -> float:
        return _loss(_probabilities(x, w), targets) + _RIDGE * float(w @ w) / 2

    least = loss(weights)
    for _ in range(_STEPS):
        q = _probabilities(x, weights)
        gradient = seen.T @ (q - targets) / len(seen) + _RIDGE * weights[at]
        curvature = (seen.T * (q * (1 - q))) @ seen / len(seen) + _RIDGE * np.eye(len(at))
        step = np.zeros(len(weights))
        step[at] = np.linalg.solve(curvature, gradient)
        size = 1.0
        while (now := loss(weights - size * step)) > least and size > _SMALLEST_STEP:
            size /= 2  # where the curve is flat Newton's step goes too far
        if now > least:
            break
        weights, gained, least = weights - size * step, least - now, now
        if gained < _ENOUGH:
            break
    return weights


def _least(loss: Callable[[float], float]) -> float:
    """Find where a function with one minimum in the bounds is least, by golden-section search."""
    low, high = map(math.log, _BOUNDS)
    ratio = (math.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(math.exp(left)), loss(math.exp(right))
    while high - low > 1e-5:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(math.exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(math.exp(right))
    return math.exp((low + high) / 2)


def _ece(probabilities: Floats, right: Bools) -> float:
    return round(reliability(probabilities, right).ece, 2)
