"""Lay the steps of explanations out below each other, on a page to be printed and handed out.

Each step has its stack and buffer, the arcs so far, the most probable actions, and what was done: the same as in
`arcparser.viz.explain_page`, without a script. The page is `templates/handout.html`; printed, it is dark on white, and
no step is parted by the edge of a sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arcparser.errors import clean, count
from arcparser.viz import svg_tree
from arcparser.viz.explain_terminal import describe_action, shown_actions
from arcparser.viz.explanation import Arc, Explanation, Step, loss_after
from arcparser.viz.page import template
from arcparser.viz.safe_text import is_right_to_left, shorten

_WIDEST = 560  # pixels that a tree may take in a step; arcs of a wider one are listed


def format_handout(explanations: Sequence[Explanation]) -> str:
    """Return the page of one explanation or more."""
    texts = [clean(" ".join(explanation.words[1:])) for explanation in explanations]
    return template("handout.html").render(
        title=" · ".join(shorten(text, 80) for text in texts),
        language="en",
        sentences=[_sentence(*pair) for pair in zip(explanations, texts)],
        graded=any(explanation.gold is not None for explanation in explanations),
    )


def _sentence(explanation: Explanation, text: str) -> dict[str, Any]:
    """Return what the template shows of an explanation."""
    about = f"model {clean(explanation.model)}, {explanation.actions} actions"
    return {
        "text": text,
        "rtl": is_right_to_left(text),
        "about": about + (", following the oracle" if explanation.follow == "oracle" else ""),
        "steps": [_step(explanation, step, number) for number, step in enumerate(explanation.steps, start=1)],
        "tree": _tree(explanation, explanation.arcs, widest=10_000, gold=explanation.gold),
        "summary": _summary(explanation),
    }


def _summary(explanation: Explanation) -> str:
    """Say how large the loss is, and what a step of gradient descent has changed of it."""
    total, learned = explanation.loss, explanation.learned
    if total is None:
        return ""
    wrong = sum(step.chosen != step.correct for step in explanation.steps)
    text = f"Loss of all steps: {total:.4g} nats. The parser's choice differs from the oracle's in {wrong}."
    if learned is not None:
        size, expected = learned.size, learned.size * learned.squared_gradient
        text += f" After one step of gradient descent on all weights, η = {size:g}, it is {learned.loss:.4g} nats."
        text += f" η ‖∂loss/∂w‖² is {expected:.3g}, by which it would fall if it were as steep all the way."
    return text


def _step(explanation: Explanation, step: Step, number: int) -> dict[str, Any]:
    """Return what the template shows of a step."""
    words = [clean(word) for word in explanation.words]
    made = step.actions[step.made]
    shown = shown_actions(explanation, step)
    rest = len(step.actions) - len(shown)
    mass = max(1 - sum(step.actions[i].probability for i in shown), 0.0)
    said = [f"{clean(made.name)}: {describe_action(step, made, words)}."]
    if step.correct is not None and step.correct != step.made:
        right = step.actions[step.correct]
        said.append(f"Correct is {clean(right.name)}: {describe_action(step, right, words)}.")
    if step.chosen != step.made:
        said.append(f"The parser would choose {clean(step.actions[step.chosen].name)}.")
    if step.loss is not None and step.correct is not None:
        a = step.actions[step.correct].probability
        said.append(f"loss = −ln {a:.4g} = {step.loss:.4g} nats.")
        if step.after is not None:
            after = step.after[step.correct]
            said.append(f"After the step of gradient descent: −ln {after:.4g} = {loss_after(after):.4g} nats.")
    if step.remark:
        said.append(f"Note: {clean(step.remark)}.")
    tree = _tree(explanation, step.arcs, widest=_WIDEST)
    return {
        "number": number,
        "stack": [words[i] for i in step.stack],
        "buffer": [words[i] for i in step.buffer],
        "tree": tree,
        "arcs": [] if tree else [f"{words[a.head]} → {words[a.dependent]} ({clean(a.label)})" for a in step.arcs],
        "actions": [_action(step, i) for i in shown],
        "rest": f"{count(rest, 'other')}: {_share(mass)}" if rest else "",
        "learned": step.after is not None,
        "graded": step.correct is not None,
        "said": said,
    }


def _action(step: Step, i: int) -> dict[str, Any]:
    action = step.actions[i]
    return {
        "chosen": i == step.chosen,
        "correct": i == step.correct,
        "name": action.name,
        "a": _share(action.probability),
        "bar": f"{100 * action.probability:.1f}",
        "gradient": "" if action.gradient is None else _gradient(action.gradient),
        "after": "" if step.after is None else _share(step.after[i]),
    }


def _share(value: float) -> str:
    return "<.001" if 0 < value < 0.0005 else f"{value:.3f}"


def _gradient(value: float) -> str:
    """Write a gradient as the other page does: what three digits cannot show is nearly 0."""
    return "≈0" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "−")


def _tree(explanation: Explanation, arcs: Sequence[Arc], *, widest: int, gold: Sequence[Arc] | None = None) -> object:
    """Draw the arcs over all words in a row, or None if that would be wider than `widest`."""
    words = [
        svg_tree.Word(shorten(clean(form), 32), tag) for form, tag in zip(explanation.words[1:], explanation.tags[1:])
    ]
    drawn: list[svg_tree.Arc] = []
    for arc in arcs:
        right = None if gold is None else gold[arc.dependent - 1]
        if right is None or right == arc:
            drawn.append(svg_tree.Arc(arc.head - 1, arc.dependent - 1, arc.label))
        elif right.head == arc.head:
            drawn.append(svg_tree.Arc(arc.head - 1, arc.dependent - 1, arc.label, gold_label=right.label))
        else:
            drawn.append(svg_tree.Arc(arc.head - 1, arc.dependent - 1, arc.label, "wrong"))
            drawn.append(svg_tree.Arc(right.head - 1, right.dependent - 1, right.label, "missing"))
    rtl = is_right_to_left(" ".join(explanation.words[1:]))
    if svg_tree.row_width(words, drawn) <= widest:
        return svg_tree.draw_row(words, drawn, right_to_left=rtl).svg
    return None
