"""Show what a step of gradient descent changes: the same states again, with the probabilities of the parser afterwards.

The states and actions are those of the explanation before the step, so that each probability has its counterpart, even
where the parser would now go another way.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from arcparser.parsing.parser import Parser
from arcparser.parsing.predictor import predictor_of
from arcparser.transition.arc_standard import MISSING, TRANSITIONS, States
from arcparser.viz.explain import distribution
from arcparser.viz.explanation import Explanation, Learned, loss_after


def after_step(explanation: Explanation, parser: Parser, *, size: float, squared_gradient: float) -> Explanation:
    """Return the explanation with the probabilities after a step.

    Args:
        explanation: That of the parser before, with a gold tree.
        parser: The parser after the step.
        size: The step size η.
        squared_gradient: The squared norm of the loss's gradient before the step.

    Raises:
        ModelError: The step was so large that what is computed with the weights is no number.
    """
    labels = parser.model.vocabulary.labels
    scorers = predictor_of(parser.model).scorers(list(explanation.words[1:]))
    states = States(np.array([len(explanation.words) - 1]), children=scorers.transition_scorer.children)
    steps = []
    for step in explanation.steps:
        found = distribution(states, scorers)
        names = [(TRANSITIONS[t], None if label == MISSING else labels[label]) for t, label in found.choices]
        shares = dict(zip(names, found.a.tolist()))
        steps.append(replace(step, after=tuple(shares[action.transition, action.label] for action in step.actions)))
        made = step.actions[step.made]
        label = MISSING if made.label is None else labels.index(made.label)
        states.apply(np.array([TRANSITIONS.index(made.transition)]), np.array([label]))
    loss = sum(loss_after(step.after[step.correct]) for step in steps if step.after and step.correct is not None)
    return replace(explanation, steps=tuple(steps), learned=Learned(size, squared_gradient, loss))
