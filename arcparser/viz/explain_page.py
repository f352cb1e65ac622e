"""Show an explanation as one self-contained HTML page: a slider over the steps, made for a projector.

The page is `templates/explain_page.html` (style, script, and a place for the data). Its Content-Security-Policy
forbids every request, so it works, and is seen to work, without network. `#step=3` at the end of its address opens
the third step. All text from the sentence and the model comes as JSON and is put into the page as text, never as
HTML. Where scripts are off, the page shows `format_text` instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from arcparser.errors import clean
from arcparser.transition.arc_standard import TRANSITIONS
from arcparser.viz.explain_terminal import describe_action, format_text
from arcparser.viz.explanation import Action, Arc, Explanation, Step
from arcparser.viz.page import template
from arcparser.viz.safe_text import is_right_to_left

_ISOLATE = "\u2068{}\u2069"  # keeps the writing direction of a word to itself


def format_html(explanation: Explanation) -> str:
    """Return the page."""
    from markupsafe import Markup

    sentence = clean(" ".join(explanation.words[1:]))
    known = re.fullmatch("[a-z]{2,3}", explanation.language) and explanation.language != "xx"
    data = json.dumps(_page(explanation, sentence), ensure_ascii=False, separators=(",", ":"))
    return template("explain_page.html").render(
        title=f"{sentence} – the parse step by step",
        language="en",  # of the page's own words
        sentence_language=explanation.language if known else "und",
        text=format_text(explanation, width=100).splitlines(),
        # In a script element only "<" can begin something else than text.
        data=Markup(data.replace("<", "\\u003c")),
    )


def format_pages(explanations: Sequence[Explanation]) -> str:
    """Return one page for several sentences, of which one at a time is seen; of one sentence, its page."""
    if len(explanations) == 1:
        return format_html(explanations[0])
    texts = [clean(" ".join(explanation.words[1:])) for explanation in explanations]
    return template("explain_pages.html").render(
        title=f"{texts[0]} … – the parses step by step",
        pages=[(text, _Page(format_html(explanation))) for text, explanation in zip(texts, explanations)],
    )


class _Page(str):
    """A page that is an attribute of another: it is escaped there, but not cleaned, which would join its lines."""

    __slots__ = ()

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))


def _page(explanation: Explanation, sentence: str) -> dict[str, Any]:
    """Return what the script of the page reads."""
    words = [clean(word) for word in explanation.words]
    labels = sorted({a.label for step in explanation.steps for a in step.actions if a.label is not None})
    places = {label: i for i, label in enumerate(labels)}
    isolated = [_ISOLATE.format(word) for word in words]
    return {
        "sentence": sentence,
        "rightToLeft": is_right_to_left(sentence),
        "model": clean(explanation.model),
        "follow": explanation.follow,
        "top": explanation.top,
        "count": explanation.actions,
        "words": words,
        "tags": [clean(tag) for tag in explanation.tags],
        "transitions": TRANSITIONS,
        "labels": [clean(label) for label in labels],
        "learned": None
        if explanation.learned is None
        else [explanation.learned.size, _short(explanation.learned.squared_gradient), _short(explanation.learned.loss)],
        "gold": None if explanation.gold is None else [_arc(arc) for arc in explanation.gold],
        "steps": [_step(step, isolated, places) for step in explanation.steps],
    }


def _step(step: Step, words: list[str], places: dict[str, int]) -> dict[str, Any]:
    """Return what the script reads of a step; `places` are the labels' positions in the page's list."""
    made = step.arc_of(step.actions[step.made])
    return {
        "stack": step.stack,
        "buffer": step.buffer,
        "actions": [_action(action, places) for action in step.actions],
        "after": None if step.after is None else [_short(value) for value in step.after],
        "chosen": step.chosen,
        "made": step.made,
        "correct": step.correct,
        "loss": None if step.loss is None else round(step.loss, 6),  # shown with three decimals
        "remark": clean(step.remark),
        "arc": None if made is None else _arc(made),
        "says": {i: describe_action(step, step.actions[i], words) for i in step.named},
        "positions": step.positions,
        "graph": [(name, _short(value)) for name, value in step.graph],
    }


def _action(action: Action, places: dict[str, int]) -> list[int | float | None]:
    """Return [transition, label or null, a, P(transition), P(label | …) or null, a − y or null]."""
    return [
        TRANSITIONS.index(action.transition),
        None if action.label is None else places[action.label],
        _short(action.probability),
        _short(action.of_transition),
        None if action.of_label is None else _short(action.of_label),
        None if action.gradient is None else _short(action.gradient),
    ]


def _arc(arc: Arc) -> list[int | str]:
    """Return [head, dependent, label]."""
    return [arc.head, arc.dependent, clean(arc.label)]


def _short(value: float) -> float:
    """Round to six digits: more than can be seen, and half as large a page."""
    return float(f"{value:.6g}")
