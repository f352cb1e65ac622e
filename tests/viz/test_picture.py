"""What a notebook shows of a sentence: each form is sound, harmless, and keeps its style to itself."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcparser
from arcparser.treebank.sentence import FEATS, LEMMA, Sentence
from arcparser.viz.picture import sentence_picture
from arcparser.viz.terminal_tree import draw_tree
from tests.helpers.chromium import chromium, why_not
from tests.helpers.explanations import HOSTILE, tree
from tests.helpers.installed import python
from tests.helpers.pages import read_page
from tests.helpers.toy import CHINESE, DEV

HEBREW = tree("הילדה קראה ספר", [2, 0, 2], ["nsubj", "root", "obj"])
DOGS = tree("Dogs chase cats", [2, 0, 2], ["nsubj", "root", "obj"])
WORDS = Sentence.from_words(["No", "tree", "<here>"])
LONG = tree("word " * 80, [0, *[1] * 79], ["root", *["dep"] * 79])
SENTENCES = [HEBREW, DOGS, WORDS, LONG, *list(arcparser.read_conllu(DEV))[:20], *arcparser.read_conllu(CHINESE)]


def page(*sentences: Sentence, attributes: str = "") -> str:
    """A page with the pictures of sentences, as a notebook has them one below the other."""
    pictures = "\n".join(sentence_picture(sentence)["text/html"] for sentence in sentences)
    return f"<!DOCTYPE html><html><body {attributes}>{pictures}</body></html>"


def test_a_sentence_shows_itself() -> None:
    for sentence in SENTENCES:
        forms = sentence._repr_mimebundle_()
        assert forms == sentence_picture(sentence)
        assert list(forms) == ["text/html", "image/svg+xml", "text/plain"]
        assert list(sentence._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
        assert list(sentence._repr_mimebundle_(exclude={"text/html"})) == ["image/svg+xml", "text/plain"]
        for form in sentence.forms:
            assert form in "".join(ElementTree.fromstring(forms["image/svg+xml"]).itertext())
    assert sentence_picture(DOGS)["text/plain"] == draw_tree(DOGS)
    assert sentence_picture(WORDS)["text/plain"] == "No tree <here>"


def test_only_what_shows_a_sentence_loads_the_drawings(tmp_path: Path) -> None:
    code = """
import sys
from arcparser.treebank.sentence import Sentence
assert not any(name.startswith("arcparser.viz") for name in sys.modules)
assert "Dogs" in Sentence.from_words(["Dogs"])._repr_mimebundle_()["text/html"]
"""
    python("-c", code, cwd=tmp_path)


def test_rows_where_they_fit_and_lines_where_they_do_not() -> None:
    kinds = [re.findall(r'class="t ([hv])', sentence_picture(s)["text/html"]) for s in (DOGS, SENTENCES[4], LONG)]
    assert kinds == [["h"], ["h", "v"], ["v"]]
    assert 'class="t h rtl"' in sentence_picture(HEBREW)["text/html"]


def test_pictures_share_a_page() -> None:
    shown = read_page(page(*SENTENCES, *SENTENCES))
    assert not [attributes for _, attributes in shown.tags if "id" in attributes]
    for form in ("text/html", "image/svg+xml"):
        assert sentence_picture(DOGS)[form] == sentence_picture(DOGS.copy())[form]
        for sentence in (DOGS, SENTENCES[4]):
            style = re.search(r"<style>(.*?)</style>", sentence_picture(sentence)[form], re.DOTALL)
            assert style
            rules = re.sub(r"@\w+ ?\([^)]*\)\{", "", style[1])
            for selectors in re.findall(r"([^{}]+)\{", rules):
                for selector in selectors.split(","):
                    assert ".arcparser-" in selector, selector


@settings(max_examples=30)
@given(st.lists(st.sampled_from([*HOSTILE, "]]>", "&", "\x01", "\ufffe", "\U0001f600"]), min_size=1, max_size=8))
def test_nothing_becomes_markup(forms: list[str]) -> None:
    sentence = Sentence.from_words(forms, comments=[f"# text = {' '.join(forms)}"])
    sentence.set_tree(range(len(forms)), forms)
    for details in ((), (LEMMA, FEATS)):
        picture = sentence_picture(sentence, details=details)
        assert {tag for tag, _ in read_page(f"<!DOCTYPE html>{picture['text/html']}").tags} <= {
            *("div", "style", "svg", "g", "path", "text", "tspan", "title")
        }
        ElementTree.fromstring(picture["image/svg+xml"])
        assert "\x1b" not in picture["text/plain"]


def test_arcs_are_those_of_the_tree() -> None:
    assert sentence_picture(DOGS)["text/html"].count("<path") == 3
    assert sentence_picture(WORDS)["text/html"].count("<path") == 0
    cyclic = DOGS.copy()
    for row in cyclic.rows:
        row[6] = "1"
    assert sentence_picture(cyclic)["text/html"].count("<path") == 0


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_colors_follow_the_theme(tmp_path: Path) -> None:
    """The notebook is dark or light, whatever the system is; without a theme, as the system is."""
    color = "getComputedStyle(document.querySelector('.arcparser-tree')).backgroundColor"
    dark, light = "rgb(22, 23, 26)", "rgb(255, 255, 255)"
    themes = {
        'data-jp-theme-light="true"': light,
        'data-jp-theme-light="false"': dark,
        'class="vscode-dark"': dark,
        'class="vscode-light"': light,
    }
    with chromium(tmp_path / "profile") as browser:
        for attributes, expected in themes.items():
            (tmp_path / "page.html").write_text(page(DOGS, SENTENCES[4], attributes=attributes), "utf-8")
            browser.open(tmp_path / "page.html", dark=expected == light)
            assert browser.js(color) == expected
        (tmp_path / "page.html").write_text(page(DOGS, SENTENCES[4]), "utf-8")
        for width, kind, system_is_dark in ((1280, "h", True), (360, "v", False)):
            browser.open(tmp_path / "page.html", width=width, dark=system_is_dark)
            assert browser.js(color) == (dark if system_is_dark else light)
            shown = "[...document.querySelectorAll('.arcparser-tree')[1].querySelectorAll('svg')]"
            assert browser.js(f"{shown}.filter(e => e.checkVisibility()).map(e => e.classList[1]).join()") == kind
