"""The page of an explanation in a real browser, where one is installed."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from arcparser.viz.explain import explain
from arcparser.viz.explain_page import format_html
from arcparser.viz.explanation import Explanation
from tests.helpers.chromium import Browser, chromium, why_not
from tests.helpers.explanations import GOLD, HOSTILE, dogs
from tests.helpers.toy import random_parser

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

TEXT = "document.getElementById({!r}).textContent"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Explanation]]:
    parser = random_parser(2, scale=3.0)
    explanations = {
        "dogs": explain(parser, dogs().forms),
        "gold": explain(parser, dogs().forms, gold=dogs(), top=3),
        "long": explain(parser, [word for sentence in GOLD[:8] for word in sentence.forms][:60]),
        "graded": explain(parser, GOLD[0].forms, gold=GOLD[0]),
        "hebrew": explain(parser, "הילד קרא את הספר".split()),
        "hostile": explain(parser, HOSTILE),
    }
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for name, explanation in explanations.items():
        made[name] = folder / f"{name}.html", explanation
        made[name][0].write_text(format_html(explanation), encoding="utf-8")
    return made


def step_of(browser: Browser) -> int:
    return int(browser.js("document.body.dataset.step"))


def listed(browser: Browser, name: str) -> list[str]:
    return browser.js(f"[...document.querySelectorAll('#{name} li b')].map(b => b.textContent)")


def test_every_step_is_drawn(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    path, explanation = pages["gold"]
    browser.open(path)
    for number, step in enumerate(explanation.steps, start=1):
        assert step_of(browser) == number
        assert listed(browser, "stack") == [explanation.words[i] for i in step.stack]
        assert listed(browser, "buffer") == [explanation.words[i] for i in step.buffer]
        arcs = browser.js("document.querySelectorAll('#tree g:not(.next):not(.missed) > .label').length")
        assert arcs == len(step.arcs)
        assert step.actions[step.made].name in browser.js(TEXT.format("verdict"))
        assert browser.js(TEXT.format("count")) == f"Step {number} of {len(explanation.steps)}"
        rows = browser.js("[...document.querySelectorAll('#actions tr')].map(r => r.dataset.action)")
        named = {step.chosen, step.made, step.correct}
        assert rows == [a.name for i, a in enumerate(step.actions) if i < explanation.top or i in named]
        browser.js("showAll = false; document.getElementById('all').click()")
        shares = browser.js("[...document.querySelectorAll('#actions tr')].map(r => Number(r.dataset.p))")
        assert len(shares) == len(step.actions) and sum(shares) == pytest.approx(1, abs=1e-4)
        browser.js("document.getElementById('all').click()")
        assert step.loss is not None
        assert f" = {step.loss:.3f} nats" in browser.js(TEXT.format("loss")) or step.loss < 0.001
        browser.press("ArrowRight")
    assert browser.js(TEXT.format("count")) == "Finished"
    assert listed(browser, "stack") == ["ROOT"]
    assert not browser.errors()


def test_bars_are_as_long_as_their_numbers(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    path, explanation = pages["gold"]
    step = explanation.steps[2]
    browser.open(path, "#step=3")
    widths = browser.js(
        "[...document.querySelectorAll('#actions tr')].map(row => ["
        "  row.dataset.action, ...[...row.querySelectorAll('.bar')].map(element => {"
        "    const bar = element.firstChild.getBoundingClientRect(), all = element.getBoundingClientRect();"
        "    return [bar.width / all.width, (bar.left + bar.right - all.left - all.right) / all.width];"
        "})])"
    )
    assert len(widths) >= 3
    actions = {action.name: action for action in step.actions}
    for name, probability, gradient in widths:
        action = actions[name]
        assert action.gradient is not None
        assert probability[0] == pytest.approx(action.probability, abs=0.03)
        assert gradient[0] == pytest.approx(abs(action.gradient) / 2, abs=0.03)
        assert gradient[1] == pytest.approx(action.gradient / 2, abs=0.06)  # to the right of the middle or to the left


def test_keys(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    path, explanation = pages["dogs"]
    last = len(explanation.steps) + 1
    browser.open(path, "#step=3")
    assert step_of(browser) == 3
    for key, expected in (
        ("ArrowRight", 4),
        ("ArrowRight", 5),
        ("ArrowLeft", 4),
        ("End", last),
        ("ArrowRight", last),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("PageDown", 2),
        ("PageUp", 1),
    ):
        browser.press(key)
        assert step_of(browser) == expected, key
    assert browser.js("location.hash") == "#step=1"
    assert "Stack: ROOT" in browser.js(TEXT.format("spoken"))
    before = browser.js("getComputedStyle(document.body).backgroundColor")
    browser.press("d")
    assert browser.js("getComputedStyle(document.body).backgroundColor") != before


def test_every_control_can_be_reached_and_used(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    browser.open(pages["gold"][0], "#step=3")
    reached = []
    for _ in range(30):
        browser.press("Tab")
        name, outline, said = browser.js(
            "(e => [e.id || e.tagName, getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth,"
            " e.getAttribute('aria-label') || e.labels && e.labels[0]?.textContent || e.getAttribute('aria-labelledby')"
            " || e.textContent])(document.activeElement)"
        )
        if name == "BODY":
            break
        reached.append(name)
        assert outline == "solid3px", name
        assert said.strip() or name == "tree", name
    assert {"theme", "stack", "buffer", "tree", "eta", "all", "SUMMARY"} <= set(reached)
    assert [name for name in reached if name in ("start", "previous", "play", "next", "end", "speed", "slider")] == [
        "start",
        "previous",
        "play",
        "next",
        "end",
        "speed",
        "slider",
    ]
    browser.js("document.getElementById('next').focus()")
    browser.press("Enter")
    assert step_of(browser) == 4
    browser.js("document.getElementById('slider').focus()")
    browser.press("ArrowLeft")  # once, though the page listens to the arrows as well
    assert step_of(browser) == 3
    assert browser.js("document.getElementById('slider').getAttribute('aria-valuetext')").startswith("Step 3 of ")


def test_play(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    browser.open(pages["dogs"][0])
    browser.js("document.getElementById('speed').value = 1")
    browser.press(" ")
    assert browser.js(TEXT.format("play")) == "Pause"
    deadline = time.monotonic() + 20
    while step_of(browser) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    browser.press(" ")
    assert step_of(browser) >= 3
    assert browser.js(TEXT.format("play")) == "Play"


def test_a_step_of_learning(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    path, explanation = pages["gold"]
    step = explanation.steps[2]
    assert step.correct is not None and step.loss is not None
    browser.open(path, "#step=3")
    browser.js("(e => { e.value = 2; e.dispatchEvent(new Event('input')); })(document.getElementById('eta'))")
    scores = [a.probability * math.exp(-2 * (a.gradient or 0)) for a in step.actions]
    after = scores[step.correct] / sum(scores)
    assert after > step.actions[step.correct].probability
    assert browser.js(TEXT.format("eta-result")) == f"aj = {after:.3f}, loss = {-math.log(after):.3f}"


@pytest.mark.parametrize("name", ["dogs", "gold", "long", "graded", "hebrew"])
@pytest.mark.parametrize(("width", "height"), [(360, 740), (400, 800), (800, 600), (1280, 720), (1920, 1080)])
def test_nothing_sticks_out(
    browser: Browser, pages: dict[str, tuple[Path, Explanation]], name: str, width: int, height: int
) -> None:
    path, explanation = pages[name]
    for number in (1, len(explanation.steps) // 2, len(explanation.steps) + 1):
        browser.open(path, f"#step={number}", width=width, height=height)
        assert step_of(browser) == number
        assert browser.js("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        # The top of the stack and the front of the buffer are in sight.
        for word in ("#stack li:last-child b", "#buffer li:first-child b"):
            assert browser.js(
                "(element => { if (!element) return true;"
                "  const box = element.getBoundingClientRect(), pile = element.closest('ol').getBoundingClientRect();"
                "  return box.width > pile.width || box.left >= pile.left - 1 && box.right <= pile.right + 1;"
                f"}})(document.querySelector('{word}'))"
            ), word
        # Words are side by side in the tree, none over another.
        boxes = sorted(
            browser.js(
                "[...document.querySelectorAll('#tree rect')].map(rect => {"
                "  const box = rect.getBoundingClientRect(); return [box.left, box.right]; })"
            )
        )
        assert len(boxes) == len(explanation.words) - 1
        assert all(left[1] <= right[0] for left, right in zip(boxes, boxes[1:]))
        assert browser.js("parseFloat(getComputedStyle(document.body).fontSize)") >= 16


def test_light_and_dark(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    ground = {}
    for dark in (False, True):
        browser.open(pages["dogs"][0], dark=dark)
        ground[dark] = browser.js("getComputedStyle(document.body).backgroundColor")
        browser.js("document.getElementById('theme').click()")
        assert browser.js("getComputedStyle(document.body).backgroundColor") != ground[dark]
    assert ground[False] == "rgb(255, 255, 255)" != ground[True]


def test_right_to_left(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    browser.open(pages["hebrew"][0], "#step=2")
    lefts = browser.js("['stack', 'buffer'].map(i => document.getElementById(i).getBoundingClientRect().left)")
    assert lefts[0] > lefts[1]
    words = browser.js("[...document.querySelectorAll('#tree rect')].map(r => r.getBoundingClientRect().left)")
    assert words == sorted(words, reverse=True)


def test_no_network_and_no_foreign_script(browser: Browser, pages: dict[str, tuple[Path, Explanation]]) -> None:
    path, explanation = pages["hostile"]
    browser.open(path, "#step=end")
    harmless = dict.fromkeys(map(ord, "\x1b\x07\u202e"), "\ufffd")
    assert browser.js(TEXT.format("sentence")) == " ".join(explanation.words[1:]).translate(harmless)
    assert browser.js("document.querySelectorAll('img').length") == 0
    assert browser.js("document.scripts.length") == 2
    assert all(url.startswith(("file:", "data:")) for url in browser.requests())
    assert not browser.errors()
    blocked = browser.js("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
    assert blocked == "refused"
    assert any("Content Security Policy" in str(error) for error in browser.errors())
