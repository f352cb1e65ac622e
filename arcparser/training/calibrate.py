"""Fit the probabilities of a trained model to what is right on a dev file (`arcparser.model.calibration`).

What is fitted is the probability of a yes-or-no event of each word: the chosen head is right; and among the words whose
head is right, its label is right, subtype included. The loss is the negative log-likelihood of these events,

    −(1/N) Σ_i (t_i ln q_i + (1 − t_i) ln(1 − q_i)),

with q_i the calibrated probability and t_i nearly 1 where word i is right and nearly 0 where it is not: (N₊ + 1)/(N₊ +
2) and 1/(N₋ + 2), if N₊ are right and N₋ are not (Platt 1999). So the fit is finite also on a file without errors.

Each number is found by golden-section search in its logarithm. The loss of arcs is convex in slope a and offset b
together, so the least loss over b, found by Newton's method, has one minimum in a.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arcparser.evaluation.calibration import reliability
from arcparser.model.calibration import UNCALIBRATED, Calibration, log_odds, platt
from arcparser.model.model import Model
from arcparser.parsing.choices import NONE, Choices
from arcparser.parsing.predictor import predictor_of
from arcparser.pretrained.contexts import Contexts
from arcparser.treebank.sentence import Sentence
from arcparser.types import Bools, Floats, Ints

_BOUNDS = 0.05, 20.0  # of a slope or temperature
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


def fit_arcs(probabilities: Floats, right: Bools) -> tuple[float, float]:
    """Fit slope and offset to the probabilities of chosen heads `[N]`, and whether they are `right [N]`."""
    if not len(right):
        return UNCALIBRATED.arc_slope, UNCALIBRATED.arc_offset
    odds, targets = log_odds(probabilities), _targets(right)
    slope = _least(lambda a: _loss(platt(odds, a, _best_offset(odds, targets, a)), targets))
    return slope, _best_offset(odds, targets, slope)


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
    slope, offset = fit_arcs(choices.arcs[used], found.right_heads[used])
    attached = used & found.right_heads
    temperature = fit_labels(choices.label_logits[attached], choices.labels[attached], found.right_labels[attached])
    return Calibration(
        arc_slope=round(slope, _DIGITS),
        arc_offset=round(offset, _DIGITS),
        label_temperature=round(temperature, _DIGITS),
    )


def _targets(right: Bools) -> Floats:
    """Return what the probabilities are to come near to, `[N]`."""
    n = int(right.sum())
    return np.where(right, (n + 1) / (n + 2), 1 / (len(right) - n + 2))


def _loss(q: Floats, targets: Floats) -> float:
    tiny = np.finfo(np.float64).tiny
    logs = np.log(np.maximum(q, tiny)), np.log(np.maximum(1 - q, tiny))
    return float(-(targets * logs[0] + (1 - targets) * logs[1]).mean())


def _best_offset(odds: Floats, targets: Floats, slope: float) -> float:
    """Find the offset b of least loss for a given slope: there the mean of σ(a x + b) is that of the targets."""
    offset, low, high = 0.0, -100.0, 100.0
    for _ in range(50):
        q = platt(odds, slope, offset)
        gradient, curvature = float((q - targets).mean()), float((q * (1 - q)).mean())
        low, high = (low, offset) if gradient > 0 else (offset, high)
        if abs(gradient) < 1e-12:
            break
        offset = offset - gradient / curvature if curvature > 1e-12 else low
        if not low < offset < high:  # where the curve is flat Newton's step goes too far
            offset = (low + high) / 2
    return offset


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
