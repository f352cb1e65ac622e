"""All pages: no text can become HTML, each is one file that asks the network for nothing."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import arcparser
from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import analyze
from arcparser.treebank.reader import Sentence, read_conllu
from arcparser.viz.explain import explain
from arcparser.viz.explain_page import format_html
from arcparser.viz.explanation import Action, Arc, Explanation, Step
from arcparser.viz.page import element, template
from arcparser.viz.report_page import report_html
from arcparser.viz.tree_page import render_html
from tests.helpers.explanations import dogs
from tests.helpers.toy import random_parser

# What could leave the place where it is put: text, an attribute, a title, a style, a script, a template, a comment.
HOSTILE = [
    "</title></style></script><script>alert(1)</script>",
    "<img/src=x/onerror=alert(2)>",
    "\"'/onmouseover=alert(3)//",
    "]]></svg>&lt;b&gt;&amp;",
    "{{7*7}}{%raw%}{#",
    "--><!--${8*8}",
    "\x1b[31m\x07\u202e\x00\x85\x9b",
]
SAFE = [f"word{number}" for number in range(len(HOSTILE))]


def sentences(texts: list[str], shift: int = 0) -> list[Sentence]:
    """A sentence with each of `texts` in each place that can hold it; with `shift`, heads and labels are others."""
    size = len(texts)
    lines = [f"# sent_id = {texts[0]}{texts[-1]}\n", f"# text = {' '.join(texts)}\n"]
    for number, text in enumerate(texts, start=1):
        head = 0 if number == 1 else 1 if shift and number > 2 else number - 1
        deprel = text if head == 0 else f"{texts[(number + shift) % size]}:{text}"
        lines.append("\t".join([str(number), text, text, text, text, text, str(head), deprel, "_", "_"]) + "\n")
    source = "".join(lines).replace("\x00", "") + "\n"  # the reader refuses NUL
    return list(read_conllu(io.BytesIO(source.encode()), name=f"a folder/{texts[1]}"))


def trees(texts: list[str]) -> str:
    title = " ".join(texts)
    pages = render_html(sentences(texts), gold=sentences(texts, shift=1), title=title, language=title)
    return "".join(pages)


def report(texts: list[str]) -> str:
    gold, system = sentences(texts), sentences(texts, shift=1)
    comparison = compare(gold, system)
    analysis = analyze(comparison, gold, system)
    assert analysis.confusions
    assert analysis.confusions[0].examples
    return report_html(comparison.scores(), analysis, title=" ".join(texts), language=" ".join(texts))


def explanation(texts: list[str]) -> str:
    words = [text.replace("\x00", "") for text in texts]
    made: Explanation = explain(random_parser(2), words)

    def named(arc: Arc) -> Arc:
        return replace(arc, label=words[arc.dependent % len(words)])

    def step(one: Step) -> Step:
        actions: list[Action] = []
        for action in one.actions:
            label = action.label and words[len(actions) % len(words)]
            actions.append(replace(action, label=label))
        return replace(one, actions=tuple(actions), arcs=tuple(map(named, one.arcs)), remark=" ".join(words))

    return format_html(
        replace(
            made,
            tags=("", *words),
            steps=tuple(map(step, made.steps)),
            arcs=tuple(map(named, made.arcs)),
            gold=tuple(map(named, made.arcs)),
            model=" ".join(words),
            language=" ".join(words),
        )
    )


PAGES = {"trees": trees, "report": report, "explanation": explanation}


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, the attributes' values, and what is text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element and its attributes."""
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


@pytest.mark.parametrize("name", PAGES)
def test_no_text_becomes_an_element(name: str) -> None:
    harmless, hostile = (Elements(PAGES[name](texts)) for texts in (SAFE, HOSTILE))
    # The drawings of other words differ, but not in what they consist of.
    assert set(hostile.elements) == set(harmless.elements)
    if name == "explanation":
        assert hostile.elements == harmless.elements
    for text in HOSTILE[:-1]:
        assert text in hostile.text or text.replace("<", "\\u003c").replace('"', '\\"') in hostile.text, text


@pytest.mark.parametrize("name", PAGES)
def test_control_characters_are_made_visible(name: str) -> None:
    page = PAGES[name](HOSTILE)
    assert not set(page) & set("\x1b\x07\u202e\x00\x85\x9b")
    assert "\ufffd[31m\ufffd\ufffd" in page


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("texts", [SAFE, HOSTILE])
def test_a_page_refers_to_nothing_outside_itself(name: str, texts: list[str]) -> None:
    page = PAGES[name](texts)
    elements = Elements(page)
    assert not {tag for tag, _ in elements.elements} & {"img", "iframe", "object", "embed", "base", "form"}
    for attribute, value in elements.values:
        assert not attribute.startswith("on")
        if attribute in ("src", "href", "srcset", "action", "data", "xlink:href", "poster", "background"):
            assert value.startswith("#") or value == "data:,", value
    assert not re.search(r"@import|url\(|//[\w.]+\.(com|org|net|io)/", page.replace("http://www.w3.org/2000/svg", ""))


def test_a_field_that_is_forgotten_is_an_error() -> None:
    for path in (Path(arcparser.__file__).parent / "viz" / "templates").iterdir():
        if path.name not in ("base.html", "colors.css", "picture.css", "table.css", "table.html"):
            with pytest.raises(UndefinedError):
                template(path.name).render(title="", language="")


def test_what_a_template_made_is_not_escaped_again() -> None:
    fields = {"heading": "<b>", "width": 1, "height": 1, "left": 1, "column": "1", "names_y": 1}
    svg = element("group_plot.svg", **fields, marks=[], groups=[])
    assert 'aria-label="&lt;b&gt;: LAS"' in svg
    figure = element("tree_figure.html", number=1, sent_id="<i>", note="", text="&", classes="", height=1, drawings=[])
    assert '<a href="#s1">1 &lt;i&gt;</a>' in figure and "&amp;</p>" in figure
    comparison = compare([dogs()], [dogs()])
    assert "<svg class=" in report_html(comparison.scores(), analyze(comparison, [dogs()], [dogs()]))


def test_libraries_to_draw_with_are_loaded_when_something_is_drawn() -> None:
    package = Path(arcparser.__file__).parent
    modules = ", ".join(f"arcparser.viz.{path.stem}" for path in sorted((package / "viz").glob("*.py")))
    code = (
        f"import sys, {modules.replace('.__init__', '')}; print(*{{'jinja2', 'markupsafe', 'rich'}} & {{*sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=package.parent, check=True)
    assert done.stdout.split() == []
