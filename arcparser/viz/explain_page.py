"""An explanation as one self-contained HTML page: a slider over the steps, made for a projector.

The page is the template `explain_page.html` (style, script, and a place for the data). Its Content-Security-Policy
forbids every request, so it works, and is seen to work, without network. `#step=3` at the end of its address opens
the third step. All text from the sentence and the model comes as JSON and is put into the page as text, never as
HTML. Where scripts are off, the page shows `format_text` instead.
"""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files
from typing import Any

from arcparser.errors import clean
from arcparser.transition.arc_standard import TRANSITIONS
from arcparser.viz.explain_terminal import describe_action, format_text
from arcparser.viz.explanation import Action, Arc, Explanation, Step
from arcparser.viz.safe_text import is_right_to_left

_TEMPLATE = "explain_page.html"
_ISOLATE = "\u2068{}\u2069"  # keeps the writing direction of a word to itself


def format_html(explanation: Explanation) -> str:
    """The page."""
    sentence = clean(" ".join(explanation.words[1:]))
    language = explanation.language if re.fullmatch("[a-z]{2,3}", explanation.language) else "xx"
    fields = {
        "title": html.escape(f"{sentence} – the parse step by step"),
        "language": "und" if language == "xx" else language,
        "text": html.escape(format_text(explanation, width=100)),
        # In a script element only "<" can begin something else than text.
        "data": json.dumps(_page(explanation, sentence), ensure_ascii=False, separators=(",", ":")).replace(
            "<", "\\u003c"
        ),
    }
    template = (files("arcparser.viz") / "templates" / _TEMPLATE).read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: fields[place[1]], template)


def _page(explanation: Explanation, sentence: str) -> dict[str, Any]:
    """What the script of the page reads."""
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
        "gold": None if explanation.gold is None else [_arc(arc) for arc in explanation.gold],
        "steps": [_step(step, isolated, places) for step in explanation.steps],
    }


def _step(step: Step, words: list[str], places: dict[str, int]) -> dict[str, Any]:
    made = step.arc_of(step.actions[step.made])
    return {
        "stack": step.stack,
        "buffer": step.buffer,
        "actions": [_action(action, places) for action in step.actions],
        "chosen": step.chosen,
        "made": step.made,
        "correct": step.correct,
        "loss": None if step.loss is None else _short(step.loss),
        "remark": clean(step.remark),
        "arc": None if made is None else _arc(made),
        "says": {i: describe_action(step, step.actions[i], words) for i in step.named},
        "positions": step.positions,
        "graph": [(name, _short(value)) for name, value in step.graph],
    }


def _action(action: Action, places: dict[str, int]) -> list[int | float | None]:
    """[transition, label or null, a, P(transition), P(label | …) or null, a − y or null]."""
    return [
        TRANSITIONS.index(action.transition),
        None if action.label is None else places[action.label],
        _short(action.probability),
        _short(action.of_transition),
        None if action.of_label is None else _short(action.of_label),
        None if action.gradient is None else _short(action.gradient),
    ]


def _arc(arc: Arc) -> list[int | str]:
    return [arc.head, arc.dependent, clean(arc.label)]


def _short(value: float) -> float:
    """Six digits are more than can be seen, and make half as large a page."""
    return float(f"{value:.6g}")
