"""One step of gradient descent on a sentence, and what an explanation shows of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from arcparser.errors import TreeError, UsageError
from arcparser.learning.one_step import one_step
from arcparser.treebank.sentence import Sentence
from arcparser.viz.explain import explain
from arcparser.viz.explain_page import format_html
from arcparser.viz.explain_step import after_step
from arcparser.viz.explain_terminal import format_text
from arcparser.viz.explanation import Explanation
from arcparser.viz.handout import format_handout
from tests.helpers.explanations import GOLD, HOSTILE, dogs
from tests.helpers.pages import read_page
from tests.helpers.toy import random_parser


def explained(size: float, gold: Sentence, **changes: Any) -> tuple[Explanation, Explanation]:
    """An explanation that follows the oracle, and the same after a step."""
    parser = random_parser(3, scale=2.0, **changes)
    before = explain(parser, gold, gold=gold, follow="oracle")
    step = one_step(parser, gold, size=size)
    assert step.loss == pytest.approx(before.loss, rel=1e-5)
    return before, after_step(before, step.parser, size=step.size, squared_gradient=step.squared_gradient)


@pytest.mark.parametrize("gold", GOLD[:8:2], ids=lambda sentence: str(sentence.sent_id))
def test_a_small_step_lowers_the_loss_as_the_gradient_says(gold: Sentence) -> None:
    size = 1e-7
    before, after = explained(size, gold, graph_features=False)  # which the gradient takes as given
    assert before.loss is not None and after.learned is not None
    fell = before.loss - after.learned.loss
    assert fell == pytest.approx(size * after.learned.squared_gradient, rel=1e-2) and fell > 0


def test_probabilities_after_are_those_of_the_parser_after() -> None:
    parser, gold = random_parser(4, scale=2.0), dogs()
    before = explain(parser, gold, gold=gold, follow="oracle")
    step = one_step(parser, gold, size=0.01)
    after = after_step(before, step.parser, size=0.01, squared_gradient=step.squared_gradient)
    # The oracle's way is the same, so that the parser afterwards can be explained by itself.
    itself = explain(step.parser, gold, gold=gold, follow="oracle")
    assert after.learned is not None and after.learned.loss == pytest.approx(itself.loss)
    for shown, own in zip(after.steps, itself.steps):
        assert shown.after is not None and sum(shown.after) == pytest.approx(1)
        found = {action.name: action.probability for action in own.actions}
        assert {a.name: p for a, p in zip(shown.actions, shown.after)} == pytest.approx(found)


def test_the_parser_before_is_as_it_was() -> None:
    parser, gold = random_parser(5), dogs()
    weights = parser.model.networks[0].weights.flat.copy()
    one_step(parser, gold, size=10.0, explore=True)
    assert np.array_equal(parser.model.networks[0].weights.flat, weights)


def test_words_without_tags_and_unknown_labels_are_learned_from() -> None:
    gold = Sentence.from_words(HOSTILE)
    gold.set_tree([0, *[1] * (len(HOSTILE) - 1)], ["root", *["unseen"] * (len(HOSTILE) - 1)])
    step = one_step(random_parser(6), gold, size=0.01)
    assert np.isfinite(step.loss) and step.squared_gradient > 0


def test_misuse() -> None:
    parser = random_parser(0)
    for size in (0, -1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="give a number above 0"):
            one_step(parser, dogs(), size=size)
    with pytest.raises(UsageError, match="the step size is of type str"):
        one_step(parser, dogs(), size="1")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="beyond all bounds"):
        one_step(random_parser(0, scale=10.0), dogs(), size=1e308)
    with pytest.raises(TreeError):
        one_step(parser, Sentence.from_words(["Dogs"]), size=1)


def test_it_is_shown_everywhere() -> None:
    _, after = explained(0.001, dogs())
    text = format_text(after, width=90)
    assert "a after" in text and "after one step of gradient descent on all weights, η = 0.001" in text
    assert all(len(line) <= 90 for line in text.splitlines())
    handout = read_page(format_handout([after, after]))
    assert sum(one == "a after" for one in handout.texts) == 2 * len(after.steps)
    assert '"learned":[0.001,' in format_html(after)


def test_a_handout_has_all_steps_and_hostile_words() -> None:
    explanation = explain(random_parser(2), HOSTILE)
    text = format_handout([explanation])
    page = read_page(text)
    assert sum(one.startswith("Step ") for one in page.texts) == len(explanation.steps)
    assert "<script>alert" not in text and "\x1b" not in text
    long = explain(random_parser(2), [f"word{i}" for i in range(60)])
    assert "arcs: word" in format_handout([long]) or "arcs: none yet" in format_handout([long])
    assert "≈0" in format_handout([explain(random_parser(1, scale=5.0), dogs(), gold=dogs())])
