"""Show an explanation in the terminal: each step with its state, the actions considered, what was learned.

    Step 3 of 6
      stack   ROOT | Dogs | chase
      buffer  cats
      arcs    none yet
         action               a = P(action)                  y     a − y
      ▶✓ LEFT-ARC(nsubj)  0.9312 ███████████████████▌        1  −0.0688
         SHIFT            0.0299 ▋                           0  +0.0299
         36 others        0.0389
      ▶ LEFT-ARC(nsubj): “chase” becomes the head of “Dogs” (nsubj), which leaves the stack
        0.9312 = 0.9701 · 0.9599 = P(transition) · P(label | transition, head, dependent)
      loss = −ln 0.9312 = 0.0713 nats

▶ is what the parser chooses, ✓ what the oracle calls correct. The stack's top is on its right, the buffer's front on
its left, as if the words between the two lay side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from arcparser.errors import clean
from arcparser.errors import count as number_of
from arcparser.transition.arc_standard import SHIFT, TRANSITIONS
from arcparser.treebank.sentence import Sentence
from arcparser.viz import terminal_tree
from arcparser.viz.explanation import Action, Explanation, Step, loss_after
from arcparser.viz.safe_text import cells, isolate, shorten, wrap

MINIMUM_WIDTH = 40
_SOFT, _BOLD, _RIGHT, _WRONG, _BAR = "dim", "bold", "green", "red", "cyan"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_SEPARATOR = " | "

Paint = Callable[[str, str], str]  # text, style -> text in that style, or as it is without colors


def format_text(explanation: Explanation, *, width: int = 80, color: bool = False) -> str:
    """Return the whole explanation as lines, with a newline at the end.

    Args:
        explanation: What to show.
        width: The most cells that a line may take (40 at least).
        color: Use ANSI escape sequences.
    """
    width = min(max(width, MINIMUM_WIDTH), terminal_tree.MAXIMUM_WIDTH)
    paint = partial(terminal_tree.paint, color=color)
    words = [clean(word) for word in explanation.words]
    count = len(explanation.steps)
    lines = [isolate(paint(line, _BOLD)) for line in wrap(" ".join(words[1:]), width)]
    intro = f"model {clean(explanation.model)}, N = {explanation.actions} actions, {number_of(count, 'step')}"
    if explanation.follow == "oracle":
        intro += ", following the oracle"
    lines += [*(paint(line, _SOFT) for line in wrap(intro, width)), ""]
    for number, step in enumerate(explanation.steps, start=1):
        lines.append(paint(f"Step {number} of {count}", _BOLD))
        lines += [*_state(step, words, width, paint), *_actions(explanation, step, width, paint)]
        lines += [*_verdict(explanation, step, words, width), ""]
    lines.append(paint("Finished", _BOLD))
    lines.append(terminal_tree.draw_tree(finished_tree(explanation), width=width, color=color))
    if explanation.loss is not None:
        lines.append("")
        total = f"loss of {'the step' if count == 1 else f'all {count} steps'} = {_number(explanation.loss)} nats"
        wrong = sum(step.chosen != step.correct for step in explanation.steps)
        lines += wrap(f"{total}; the parser's choice differs from the oracle's in {wrong}", width)
        lines += [line for text in _learned(explanation, explanation.loss) for line in wrap(text, width)]
    return "\n".join(lines) + "\n"


def _learned(explanation: Explanation, before: float) -> list[str]:
    """Say what a step of gradient descent has changed of the loss, if there was one."""
    learned = explanation.learned
    if learned is None:
        return []
    change = before - learned.loss
    fell = f"{_number(abs(change))} {'less' if change >= 0 else 'more'}"
    size, square = learned.size, learned.squared_gradient
    return [
        f"after one step of gradient descent on all weights, η = {size:g}: {_number(learned.loss)} nats, {fell}",
        f"η ‖∂loss/∂w‖² = {size:g} · {square:.4g} = {size * square:.4g}, by which it would fall if the loss were as "
        "steep all the way",
    ]


def finished_tree(explanation: Explanation) -> Sentence:
    """Return the tree that the steps built, with the predicted UPOS."""
    sentence = Sentence.from_words(explanation.words[1:])
    arcs = sorted(explanation.arcs, key=lambda arc: arc.dependent)
    sentence.set_tree([arc.head for arc in arcs], [arc.label for arc in arcs])
    sentence.set_tags(explanation.tags[1:], None, None)
    return sentence


def describe_action(step: Step, action: Action, words: Sequence[str]) -> str:
    """Say what an action does in a state: "“chase” becomes the head of “Dogs” (nsubj), which leaves the stack"."""
    arc = step.arc_of(action)
    if arc is not None:
        dependent = f"“{words[arc.dependent]}”"
        if arc.head == 0:
            return f"{dependent} becomes the root of the sentence ({clean(arc.label)})"
        return f"“{words[arc.head]}” becomes the head of {dependent} ({clean(arc.label)}), which leaves the stack"
    if action.transition == TRANSITIONS[SHIFT]:
        return f"“{words[step.buffer[0]]}” moves from the buffer to the stack"
    return f"“{words[step.stack[-2]]}” goes back to the buffer: “{words[step.stack[-1]]}” overtakes it"


def shown_actions(explanation: Explanation, step: Step) -> list[int]:
    """Return which of a step's actions are shown: the top ones, and those that were chosen, made or correct."""
    return [i for i in range(len(step.actions)) if i < explanation.top or i in step.named]


def _state(step: Step, words: Sequence[str], width: int, paint: Paint) -> list[str]:
    """Write the stack, the buffer and the arcs of a state."""
    room = width - 10
    stack, buffer = [words[i] for i in step.stack], [words[i] for i in step.buffer]
    arcs = [f"{words[arc.head]} -{clean(arc.label)}-> {words[arc.dependent]}" for arc in step.arcs]
    lines = [
        paint("  stack   ", _SOFT) + _SEPARATOR.join(map(isolate, _fit(stack[::-1], room)[::-1])),
        paint("  buffer  ", _SOFT) + (_SEPARATOR.join(map(isolate, _fit(buffer, room))) or paint("empty", _SOFT)),
    ]
    wrapped = wrap("; ".join(arcs) or "none yet", room)
    return lines + [paint("  arcs    " if not i else " " * 10, _SOFT) + isolate(line) for i, line in enumerate(wrapped)]


def _fit(words: Sequence[str], room: int) -> list[str]:
    """Return the first of the words that fit, the last of those shown shortened, and … for the others."""
    fitting: list[str] = []
    for i, word in enumerate(words):
        rest = len(_SEPARATOR) + 1 if i + 1 < len(words) else 0
        before = len(_SEPARATOR) if fitting else 0
        if cells(word) + before + rest > room:
            return [*fitting, "…"] if fitting else [shorten(word, room - rest), *(["…"] if rest else [])]
        fitting.append(word)
        room -= cells(word) + before
    return fitting


def _actions(explanation: Explanation, step: Step, width: int, paint: Paint) -> list[str]:
    """Write the actions of a step as a table, with a bar for each probability as far as there is room."""
    shown = shown_actions(explanation, step)
    graded = step.correct is not None
    names = [clean(step.actions[i].name) for i in shown]
    rest = len(step.actions) - len(shown)
    others = f"{rest} other{'s' if rest > 1 else ''}"
    right = (15 if graded else 0) + (9 if step.after is not None else 0)  # y and a − y; a afterwards
    name_width = min(max(map(cells, [*names, others, "action"])), width - right - 17)
    bar_width = max(width - right - name_width - 14, 0)
    header = f"     {'action':<{name_width}}  {'a = P(action)' if bar_width > 6 else 'a':<{bar_width + 7}}"
    if graded:
        header += f"{'y':>5}  {'a − y':>8}"
    if step.after is not None:
        header += f"  {'a after':>7}"
    lines = [paint(header.rstrip(), _SOFT)]
    for i, name in zip(shown, names):
        action = step.actions[i]
        marks = ("▶" if i == step.chosen else " ") + ("✓" if i == step.correct else " ")
        name = shorten(name, name_width) + " " * (name_width - cells(shorten(name, name_width)))
        style = ""
        if graded and i in (step.chosen, step.correct):
            style = _RIGHT if i == step.correct else _WRONG
        elif i == step.chosen:
            style = _BOLD
        bar = _bar(action.probability, bar_width)
        line = f"  {paint(f'{marks} {name}', style)}  {_share(action.probability)} {paint(bar, _BAR)}"
        if action.gradient is not None:
            line += f"{' ' * (bar_width - len(bar))}{int(i == step.correct):>5}  {_signed(action.gradient):>8}"
        if step.after is not None:
            line += f"  {_share(step.after[i]).rstrip():>7}"
        lines.append(line.rstrip())
    if rest:
        shown_mass = sum(step.actions[i].probability for i in shown)
        lines.append(paint(f"     {others:<{name_width}}  {_share(max(1 - shown_mass, 0.0)).rstrip()}", _SOFT))
    return lines


def _verdict(explanation: Explanation, step: Step, words: Sequence[str], width: int) -> list[str]:
    """Write what was done in a step and why, and with a gold tree what there is to learn from it."""
    made = step.actions[step.made]
    follows = explanation.follow == "oracle"
    sign = "✓" if follows else "▶"
    parts = [f"{sign} {clean(made.name)}: {describe_action(step, made, words)}"]
    if len(step.actions) == 1:
        parts.append("it is the only legal action")
    elif made.of_label is not None:
        product = f"{made.probability:.4f} = {made.of_transition:.4f} · {made.of_label:.4f}"
        parts.append(f"{product} = P(transition) · P(label | transition, head, dependent)")
    if step.chosen != 0 and not follows:
        parts.append(f"chosen for its transition, then its label; {clean(step.actions[0].name)} has the larger product")
    if step.correct is not None and step.loss is not None:
        j = step.actions[step.correct]
        if step.correct != step.made:
            parts.append(f"✓ {clean(j.name)} is correct: {describe_action(step, j, words)}")
        elif step.chosen != step.made:
            parts.append(f"▶ {clean(step.actions[step.chosen].name)} is what the parser would choose")
        parts.append(f"loss = −ln {j.probability:.4g} = {_number(step.loss)} nats")
        if step.after is not None and explanation.learned is not None:
            after = step.after[step.correct]
            size = f"after a step of η = {explanation.learned.size:g}"
            parts.append(f"{size}: −ln {after:.4g} = {_number(loss_after(after))} nats")
        if step.remark:
            parts.append(clean(step.remark))
    return ["  " + isolate(line) for part in parts for line in wrap(part, width - 2, indent="  ")]


def _bar(share: float, width: int) -> str:
    """Draw a bar that is `width` cells long for a share of 1, to an eighth of a cell."""
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _share(value: float) -> str:
    """Write a share in six cells: four digits after the point, or the order of magnitude of what is smaller."""
    return f"{value:.4f}" if value >= 0.00005 or value < 1e-99 else f"{value:<6.0e}"


def _signed(value: float) -> str:
    """Write a share with a sign in any case; the minus is the real one."""
    return ("−" if value < 0 else "+") + _share(abs(value)).rstrip()


def _number(value: float) -> str:
    """Write a loss with four digits after the point, or the order of magnitude of what is smaller."""
    return f"{value:.4f}" if value >= 0.001 or value == 0 else f"{value:.1e}".replace("-", "−")
