"""Explanations: they show the parse that the parser makes, and the loss and gradient that training sees."""

from __future__ import annotations

import json
import math
import random
import re
import tracemalloc
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser.errors import ModelError, TreeError, UsageError
from arcparser.learning.examples import encode_treebank
from arcparser.learning.loss import loss_and_gradients
from arcparser.learning.presets import TrainingSettings
from arcparser.model.model import Card, Model
from arcparser.nn.softmax import softmax
from arcparser.parsing.parser import Parser
from arcparser.text.segmentation import Segmentation
from arcparser.transition.arc_standard import TRANSITIONS
from arcparser.treebank.sentence import Sentence
from arcparser.viz.explain import LONGEST, explain
from arcparser.viz.explain_page import format_html
from arcparser.viz.explain_terminal import MINIMUM_WIDTH, finished_tree, format_text
from arcparser.viz.explanation import Arc, Explanation
from arcparser.viz.safe_text import cells
from tests.helpers.explanations import GOLD, HOSTILE, dogs, tree
from tests.helpers.generated import random_tree
from tests.helpers.toy import columns, random_network, random_parser

SCALES = (1.0, 5.0)  # weights of a random network, and larger ones: distributions from flat to peaked


def explanations(*, gold: bool) -> list[Explanation]:
    found = []
    for seed, scale in enumerate(SCALES):
        parser = random_parser(seed, scale=scale)
        found += [explain(parser, s.forms, gold=s if gold else None) for s in GOLD[:12]]
    return found


def test_forms_are_cached_in_one_precision() -> None:
    parser = random_parser(0)
    tracemalloc.start()
    try:
        explain(parser, ["Dogs", "bark"])
        assert tracemalloc.get_traced_memory()[1] < 200 << 20  # a cache reserves 128 MB
    finally:
        tracemalloc.stop()


def test_several_networks_show_the_mean_of_their_graph_scores() -> None:
    networks = [random_network(seed, scale=2.0) for seed in (1, 2)]
    parsers = [
        Parser(Model(chosen, Card(name="random", language="en"), Segmentation("en")))
        for chosen in (tuple(networks), (networks[0],), (networks[1],))
    ]
    found = [explain(parser, ["Dogs", "chase", "cats"]).steps[0].graph for parser in parsers]
    shown, first, second = ([value for _, value in graph] for graph in found)
    assert shown
    assert shown == pytest.approx(np.mean([first, second], axis=0))
    assert shown != pytest.approx(first)


def test_actions_are_one_distribution() -> None:
    for explanation in explanations(gold=False):
        for step in explanation.steps:
            a = [action.probability for action in step.actions]
            assert sum(a) == pytest.approx(1, abs=1e-12)
            assert a == sorted(a, reverse=True)
            assert len({action.name for action in step.actions}) == len(a) <= explanation.actions
            for action in step.actions:
                assert action.probability == pytest.approx(action.of_transition * (action.of_label or 1))
                assert (action.label is None) == (action.of_label is None) == ("ARC" not in action.transition)
                assert action.gradient is None
            by_transition = {action.transition: action.of_transition for action in step.actions}
            assert sum(by_transition.values()) == pytest.approx(1, abs=1e-12)
            chosen = step.actions[step.chosen]
            assert chosen.of_transition == max(by_transition.values())
            alike = [action.of_label or 0 for action in step.actions if action.transition == chosen.transition]
            assert chosen.of_label in (None, max(alike))
            assert step.made == step.chosen and step.correct is None and step.loss is None


def test_legal_actions_of_the_first_and_last_step() -> None:
    explanation = explain(random_parser(0), ["One", "word"])
    assert [action.name for action in explanation.steps[0].actions] == ["SHIFT"]
    assert [action.name for action in explanation.steps[-1].actions] == ["RIGHT-ARC(root)"]
    assert explanation.steps[0].actions[0].probability == 1


def test_the_steps_are_those_of_the_parser(toy_parser: Parser) -> None:
    for parser in (toy_parser, *(random_parser(seed, scale=scale) for seed in range(3) for scale in SCALES)):
        for sentence in GOLD[::4]:
            parsed = parser.parse(sentence.forms)
            explained = finished_tree(explain(parser, sentence))
            assert explained.heads == parsed.heads
            assert explained.deprels == parsed.deprels
            assert explained.upos == parsed.upos


def test_states_follow_from_each_other() -> None:
    for explanation in explanations(gold=False):
        stack, buffer = [0], list(range(1, len(explanation.words)))
        arcs: list[Arc] = []
        for step in explanation.steps:
            assert (list(step.stack), list(step.buffer), list(step.arcs)) == (stack, buffer, arcs)
            action = step.actions[step.made]
            arc = step.arc_of(action)
            if action.transition == "SHIFT":
                stack.append(buffer.pop(0))
            elif action.transition == "SWAP":
                buffer.insert(0, stack.pop(-2))
            elif action.transition == "LEFT-ARC":
                assert arc == Arc(stack[-1], stack.pop(-2), str(action.label))
            else:
                dependent = stack.pop()
                assert arc == Arc(stack[-1], dependent, str(action.label))
            if arc is not None:
                arcs.append(arc)
        assert (stack, buffer) == ([0], [])
        assert sorted(arcs, key=lambda arc: arc.dependent) == sorted(explanation.arcs, key=lambda arc: arc.dependent)


def test_loss_and_gradient() -> None:
    for explanation in explanations(gold=True):
        for step in explanation.steps:
            assert step.correct is not None and step.loss is not None
            a = np.array([action.probability for action in step.actions])
            gradient = np.array([action.gradient for action in step.actions])
            if a[step.correct] > 0:
                assert step.loss == pytest.approx(-math.log(a[step.correct]))
            else:  # too small for a number
                assert step.loss > 700
            assert gradient.sum() == pytest.approx(0, abs=1e-12)
            y = np.zeros(len(a))
            y[step.correct] = 1
            np.testing.assert_allclose(gradient, a - y, atol=1e-15)
    # Independently: the derivative of −ln softmax(z)_j, with z = ln a, by central differences.
    z, j = np.log(a), step.correct
    for k in range(0, len(z), 7):
        nudge = np.zeros(len(z))
        nudge[k] = 1e-6
        slope = (-np.log(softmax(z + nudge)[j]) + np.log(softmax(z - nudge)[j])) / 2e-6
        assert slope == pytest.approx(gradient[k], abs=1e-7)


def test_gradient_of_the_two_softmaxes() -> None:
    """The sum of a − y over labels is P(transition) − y; what it leaves to the labels is P(label | …) − y."""
    steps = [step for explanation in explanations(gold=True) for step in explanation.steps]
    seen = 0
    for step in steps:
        assert step.correct is not None
        correct = step.actions[step.correct]
        for transition in TRANSITIONS:
            group = [action for action in step.actions if action.transition == transition]
            if not group:
                continue
            right = transition == correct.transition
            total = sum(action.gradient or 0 for action in group)
            assert total == pytest.approx(group[0].of_transition - right, abs=1e-12)
            for action in group:
                if action.of_label is not None:
                    rest = (action.gradient or 0) - action.of_label * total
                    assert rest == pytest.approx((action.of_label - (action is correct)) * right, abs=1e-12)
                    seen += 1
    assert seen > 1000


def test_the_oracle_on_dogs_chase_cats() -> None:
    explanation = explain(random_parser(1), dogs().forms, gold=dogs(), follow="oracle")
    made = [step.actions[step.made].name for step in explanation.steps]
    assert made == ["SHIFT", "SHIFT", "LEFT-ARC(nsubj)", "SHIFT", "RIGHT-ARC(obj)", "RIGHT-ARC(root)"]
    assert [step.stack for step in explanation.steps] == [(0,), (0, 1), (0, 1, 2), (0, 2), (0, 2, 3), (0, 2)]
    assert [step.buffer for step in explanation.steps] == [(1, 2, 3), (2, 3), (3,), (3,), (), ()]
    assert explanation.steps[4].arcs == (Arc(2, 1, "nsubj"),)
    assert explanation.arcs == (Arc(2, 1, "nsubj"), Arc(2, 3, "obj"), Arc(0, 2, "root"))
    positions = dict(explanation.steps[4].positions)
    assert (positions["s0"], positions["s1"], positions["s2"], positions["b0"]) == (3, 2, 0, None)
    assert positions["s1.leftmost"] == 1


def test_the_gold_path_is_the_training_loss() -> None:
    """Following the oracle, the steps' losses sum to what training makes of the sentence: transitions and labels."""
    parser = random_parser(3, scale=2.0, dtype=np.float64)
    network = parser.model.networks[0]
    examples = encode_treebank(network.vocabulary, *columns(GOLD))
    for i in range(0, len(GOLD), 5):
        explanation = explain(parser, GOLD[i].forms, gold=GOLD[i], follow="oracle")
        assert finished_tree(explanation).heads == GOLD[i].heads
        assert finished_tree(explanation).deprels == GOLD[i].deprels
        losses = loss_and_gradients(
            network, TrainingSettings(smoothing=0.0), examples.batch([i]), network.weights.like()
        )
        assert explanation.loss == pytest.approx(losses["transition"] + losses["label"], rel=1e-9)
        assert not any(step.remark for step in explanation.steps)


def test_off_the_gold_path() -> None:
    rng = random.Random(5)
    remarks = set()
    for seed in range(20):
        words = [f"w{i}" for i in range(rng.randrange(1, 9))]
        gold = Sentence.from_words(words)
        heads = random_tree(len(words), rng)
        gold.set_tree(heads, ["root" if head == 0 else rng.choice(["nsubj", "obj", "unseen"]) for head in heads])
        explanation = explain(random_parser(seed, scale=3.0), words, gold=gold)
        for step in explanation.steps:
            assert step.correct is not None and step.loss is not None and math.isfinite(step.loss)
            arc = step.arc_of(step.actions[step.correct])
            if arc is not None:
                as_in_gold = explanation.gold is not None and explanation.gold[arc.dependent - 1] == arc
                assert as_in_gold == (not step.remark) or "out of reach" in step.remark
            remarks.add(step.remark)
    assert any("out of reach" in remark for remark in remarks)
    assert any("gold label unseen" in remark for remark in remarks)


def test_misuse_is_refused() -> None:
    parser = random_parser(0)
    with pytest.raises(UsageError, match="word 3 is 'cats', but 'mice' in the gold tree"):
        explain(parser, "Dogs chase cats".split(), gold=tree("Dogs chase mice", [2, 0, 2], ["nsubj", "root", "obj"]))
    with pytest.raises(UsageError, match="2 words, but 3 in the gold tree"):
        explain(parser, ["Dogs", "chase"], gold=dogs())
    with pytest.raises(UsageError, match="show at least 1"):
        explain(parser, ["Dogs"], top=0)
    with pytest.raises(UsageError, match="only with a gold tree"):
        explain(parser, ["Dogs"], follow="oracle")
    with pytest.raises(UsageError, match="without words"):
        explain(parser, [])
    with pytest.raises(UsageError, match=f"only {LONGEST} can be shown"):
        explain(parser, ["word"] * (LONGEST + 1))
    with pytest.raises(TreeError, match="no root"):
        explain(parser, ["a", "b"], gold=tree("a b", [2, 1], ["dep", "dep"]))


# The terminal


def every_text() -> list[Explanation]:
    parser = random_parser(2, scale=3.0)
    return [
        explain(parser, dogs().forms, gold=dogs(), top=3),
        explain(parser, GOLD[3].forms, gold=GOLD[3], follow="oracle"),
        explain(parser, HOSTILE),
        explain(parser, "הילד קרא את הספר".split()),
        explain(parser, "我 喜欢 吃 苹果 。".split()),
        explain(parser, ["word" * 40, "short"] * 5),
    ]


def test_text_fits_and_colors_add_nothing() -> None:
    for explanation in every_text():
        for width in (1, MINIMUM_WIDTH, 57, 80, 200):
            text = format_text(explanation, width=width)
            assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
            assert max(map(cells, text.splitlines())) <= max(width, MINIMUM_WIDTH)
            assert text.endswith("\n") and not re.search(" \n", text)
            colored = format_text(explanation, width=width, color=True)
            assert "\x1b[" in colored
            assert re.sub(r"\x1b\[\d*m", "", colored) == text


def test_text_says_it_all() -> None:
    explanation = every_text()[0]
    text = format_text(explanation)
    blocks = text.split("\n\n")
    assert blocks[0].startswith("Dogs chase cats\nmodel random, N = ")
    for number, (step, block) in enumerate(zip(explanation.steps, blocks[1:]), start=1):
        assert block.startswith(f"Step {number} of {len(explanation.steps)}\n")
        assert f"stack   {' | '.join(explanation.words[i] for i in step.stack)}\n" in block
        assert f"buffer  {' | '.join(explanation.words[i] for i in step.buffer) or 'empty'}\n" in block
        assert step.correct is not None and step.loss is not None
        chosen, correct = step.actions[step.chosen], step.actions[step.correct]
        for mark, action, y in (("▶[✓ ]", chosen, int(chosen is correct)), ("[▶ ]✓", correct, 1)):
            row = re.search(rf"^  {mark} (\S+) +(\S+) [█▏▎▍▌▋▊▉ ]*(\d) +(\S+)$", block, re.MULTILINE)
            assert row is not None and (row[1], int(row[3])) == (action.name, y)
            assert float(row[2]) == pytest.approx(action.probability, rel=0.5, abs=0.00005)
            assert float(row[4].replace("−", "-")) == pytest.approx(action.gradient, rel=0.5, abs=0.00005)
        assert f"= {step.loss:.4f} nats" in block
    assert f"loss of all {len(explanation.steps)} steps = {explanation.loss:.4f} nats" in blocks[-1]


# The page


class _Page(HTMLParser):
    """Elements and attributes of a page, and the text of each script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.scripts: list[str] = []
        self.title = ""
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        assert not any(name.startswith("on") for name, _ in attrs)
        self._open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] += data
        if self._open == "title":
            self.title += data


def page_data(page: str) -> dict[str, Any]:
    return json.loads(_Page(page).scripts[0])


def test_page_holds_the_explanation() -> None:
    explanation = every_text()[0]
    data = page_data(format_html(explanation))
    assert data["words"] == ["ROOT", "Dogs", "chase", "cats"]
    assert data["gold"] == [[2, 1, "nsubj"], [0, 2, "root"], [2, 3, "obj"]]
    assert len(data["steps"]) == len(explanation.steps)
    for shown, step in zip(data["steps"], explanation.steps):
        assert (shown["stack"], shown["buffer"]) == (list(step.stack), list(step.buffer))
        assert (shown["chosen"], shown["correct"]) == (step.chosen, step.correct)
        assert len(shown["actions"]) == len(step.actions)
        for (transition, label, a, *_, gradient), action in zip(shown["actions"], step.actions):
            assert data["transitions"][transition] == action.transition
            assert (None if label is None else data["labels"][label]) == action.label
            assert a == pytest.approx(action.probability, rel=1e-5)
            assert gradient == pytest.approx(action.gradient, rel=1e-5)


def test_page_is_self_contained_and_escaped() -> None:
    plain = _Page(format_html(every_text()[0]))
    for explanation in every_text():
        text = format_html(explanation)
        page = _Page(text)
        assert page.tags == plain.tags  # whatever the words are, they add no element
        assert set(page.addresses) == {"data:,"}
        assert "default-src 'none'" in text
        assert set(re.findall(r"https?://[^\"'\s<]+", text)) <= {"http://www.w3.org/2000/svg"}
        assert not set(text) & {"\x1b", "\x07", "\u202e"}
    page = _Page(format_html(every_text()[2]))
    assert page.title.startswith(HOSTILE[0])
    assert page_data(format_html(every_text()[2]))["words"][1:5] == HOSTILE[:4]


def test_page_is_the_same_each_time() -> None:
    assert format_html(every_text()[1]) == format_html(every_text()[1])


def luminance(color: str) -> float:
    """Relative luminance of a CSS color (WCAG 2.2)."""
    digits = color.lstrip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_colors_of_the_page_have_contrast() -> None:
    page = format_html(every_text()[0])
    themes = [dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r"color-scheme: [^}]+}", page)]
    assert len(themes) == 3 and themes[1] == themes[2]  # light; dark by the system; dark by the button
    for theme in themes:
        for name in ("fg", "soft", "good", "bad", "up", "down", "chosen"):
            for ground in ("bg", "card"):
                light, dark = sorted((luminance(theme[name]), luminance(theme[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)
        for line, ground in (("bar", "bg"), ("bar", "card"), ("stack-line", "stack"), ("accent", "bg")):
            light, dark = sorted((luminance(theme[line]), luminance(theme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, (line, ground)


def test_template_is_part_of_the_package() -> None:
    assert (Path(arcparser.__file__).parent / "viz" / "templates" / "explain_page.html").is_file()


def test_numbers_beyond_all_bounds_are_told() -> None:
    for gold in (None, GOLD[0]):
        with pytest.raises(ModelError, match="random: its weights are so large"):
            explain(random_parser(1, scale=1e20), GOLD[0].forms, gold=gold)
