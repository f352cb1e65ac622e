"""Hold an explanation of a parse: the steps, each with its state, its actions, and what was done.

Made by `arcparser.viz.explain.explain`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from arcparser.errors import clean, count
from arcparser.transition.arc_standard import LEFT_ARC, TRANSITIONS
from arcparser.types import PathLike
from arcparser.viz.framed_page import FramedPage

Follow = Literal["parser", "oracle"]

_FRAME = 760  # pixels


def loss_after(probability: float) -> float:
    """Return −ln a, which is finite for any probability that is shown."""
    return -math.log(max(probability, 5e-324)) + 0.0


@dataclass(frozen=True, slots=True)
class Arc:
    """An arc from `head` (0 is the root) to `dependent`, word numbers from 1."""

    head: int
    dependent: int
    label: str


@dataclass(frozen=True, slots=True)
class Action:
    """One of the legal actions of a state.

    Attributes:
        transition: Its name, such as `LEFT-ARC`.
        label: The label of the arc that it makes, or None.
        probability: a_k = `of_transition` · `of_label`.
        of_transition: P(transition).
        of_label: P(label | transition, head, dependent); None, which counts as 1, where there is no label.
        gradient: a_k − y_k; None without a gold tree.
    """

    transition: str
    label: str | None
    probability: float
    of_transition: float
    of_label: float | None
    gradient: float | None = None

    @property
    def name(self) -> str:
        """The transition with its label, such as `SHIFT` or `LEFT-ARC(nsubj)`."""
        return self.transition if self.label is None else f"{self.transition}({self.label})"


@dataclass(frozen=True, slots=True)
class Step:
    """One state and what was done in it.

    Attributes:
        stack: Word numbers, the top s0 last; it begins with the root, 0.
        buffer: Word numbers, b0 first.
        arcs: Those made so far, in the order in which they were made.
        actions: All legal ones, the most probable first; their probabilities sum to 1.
        chosen: The parser's choice, an index into `actions`.
        made: What was done: the parser's choice, or the oracle's if that was followed.
        correct: The oracle's choice; None without a gold tree.
        loss: −ln a_j in nats, j the correct action; None without a gold tree.
        remark: Why the correct action is not one of the gold tree, if so.
        positions: What the transition scorer looks at: names of positions and their words (None: empty).
        graph: Names and values of the graph scorer's probabilities that it looks at besides; the means of those of
            several networks.
        after: The probability of each action after a step of gradient descent, in the order of `actions`; None if
            there was no such step.
    """

    stack: tuple[int, ...]
    buffer: tuple[int, ...]
    arcs: tuple[Arc, ...]
    actions: tuple[Action, ...]
    chosen: int
    made: int
    correct: int | None
    loss: float | None
    remark: str
    positions: tuple[tuple[str, int | None], ...]
    graph: tuple[tuple[str, float], ...]
    after: tuple[float, ...] | None = None

    @property
    def named(self) -> list[int]:
        """The actions that are chosen, made or correct: indices into `actions`."""
        return sorted({i for i in (self.chosen, self.made, self.correct) if i is not None})

    def arc_of(self, action: Action) -> Arc | None:
        """Return the arc that an action would make in this state."""
        if action.label is None:
            return None
        s1, s0 = self.stack[-2:]
        return Arc(s0, s1, action.label) if action.transition == TRANSITIONS[LEFT_ARC] else Arc(s1, s0, action.label)


@dataclass(frozen=True, slots=True)
class Learned:
    """Hold what one step of gradient descent on the sentence's loss has changed (`arcparser.viz.explain_step`).

    Attributes:
        size: The step size η.
        squared_gradient: ‖∂loss/∂w‖² over all weights before the step.
        loss: The sum of the losses of all steps afterwards, in the same states.
    """

    size: float
    squared_gradient: float
    loss: float


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """A whole parse. `print` writes it step by step; in a notebook it shows itself, with a slider over the steps.

    Attributes:
        words: The forms, and `"ROOT"` at 0.
        tags: The predicted UPOS of each, empty at 0.
        steps: The states with the actions made in them, from the first to the last.
        arcs: The finished tree.
        gold: The gold arc of each word, or None.
        actions: N, the number of actions that the model has, legal or not.
        model: Its name.
        language: Its code, `xx` if not known.
        follow: Whose actions were made, the parser's or the oracle's.
        top: How many actions a step is to show at first.
        learned: What a step of gradient descent has changed; None if there was none.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    steps: tuple[Step, ...]
    arcs: tuple[Arc, ...]
    gold: tuple[Arc, ...] | None
    actions: int
    model: str
    language: str
    follow: Follow
    top: int
    learned: Learned | None = None

    @property
    def loss(self) -> float | None:
        """The sum of the losses of all steps in nats; None without a gold tree."""
        return None if self.gold is None else sum(step.loss or 0.0 for step in self.steps)

    def __repr__(self) -> str:
        return f"<Explanation of {count(len(self.steps), 'step')}: {clean(' '.join(self.words[1:]))}>"

    def __str__(self) -> str:
        from arcparser.viz.explain_terminal import format_text  # which reads this class

        return format_text(self, width=100)

    def page(self, *, all_steps: bool = False) -> FramedPage:
        """Return the page that `arcparser explain --output` writes, to be saved or shown.

        Args:
            all_steps: All steps below each other, to be printed, instead of a slider.
        """
        from arcparser.viz.explain_page import format_html  # which reads this class
        from arcparser.viz.handout import format_handout

        html = format_handout([self]) if all_steps else format_html(self)
        return FramedPage(html, repr(self)[1:-1], height=_FRAME)

    def save(self, path: PathLike, *, overwrite: bool = False, all_steps: bool = False) -> None:
        """Write that page to a file; errors are those of `FramedPage.save`."""
        self.page(all_steps=all_steps).save(path, overwrite=overwrite)

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()
