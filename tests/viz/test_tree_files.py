"""Pages of the trees of files and texts: what is on them, how many there are, and how they are linked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import AlignmentError, UsageError
from arcparser.viz.tree_files import Rendered, render_sources
from tests.helpers.chromium import chromium, why_not
from tests.helpers.pages import overflow, read_page
from tests.helpers.toy import DEV, TEST
from tests.viz.test_tree_page import HEBREW, sentence


def names(rendered: Rendered) -> list[str]:
    return [Path(page).name for page in rendered.pages]


def figures(page: Path) -> list[int]:
    return [int(number) for number in re.findall(r'<figure id="s(\d+)"', page.read_text("utf-8"))]


def test_several_files_and_a_text(toy_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "trees.html"
    done = render_sources([str(DEV), "Dogs chase cats", str(TEST)], output, model=toy_model)
    assert done.tally.sentences == 41 + 1 + 34 and names(done) == ["trees.html"]
    page = read_page(output.read_text("utf-8"))
    assert f"{DEV.name}, Dogs chase cats, {TEST.name}" in page.texts
    assert "Dogs chase cats" in page.texts and figures(output) == list(range(1, 77))


def test_a_limit(tmp_path: Path) -> None:
    output = tmp_path / "trees.html"
    assert render_sources([str(DEV)], output, model="none", gold=DEV, limit=3).tally.sentences == 3
    assert figures(output) == [1, 2, 3]
    with pytest.raises(UsageError, match="limit 0: draw at least 1 sentence"):
        render_sources([str(DEV)], output, model="none", limit=0)
    with pytest.raises(AlignmentError):
        render_sources([str(DEV), str(DEV)], output, model="none", gold=DEV)


def test_pages_are_linked_and_none_is_too_large(tmp_path: Path) -> None:
    output = tmp_path / "my trees.html"
    done = render_sources([str(DEV)], output, model="none", page_bytes=60_000)
    assert len(done.pages) > 3
    assert names(done)[:3] == ["my trees.html", "my trees-2.html", "my trees-3.html"]
    assert [number for page in done.pages for number in figures(Path(page))] == list(range(1, 42))
    for place, page in enumerate(done.pages):
        text = Path(page).read_text("utf-8")
        assert len(text.partition("<figure")[2]) < 60_000 + 5_000
        links = re.findall(r'<a href="([^"#]+)">([\d–]+)</a>|<b aria-current="page">([\d–]+)</b>', text)
        assert [bool(link[2]) for link in links] == [i == place for i in range(len(done.pages))]
        assert all(link[0].replace("%20", " ") == name for link, name in zip(links, names(done)) if link[0])
        assert 'type="search"' in text
        assert "41 sentences, 462 words." in text
    assert sorted(tmp_path.iterdir()) == sorted(map(Path, done.pages))


def test_a_small_page_has_no_script_and_standard_output_is_one_page(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    output = tmp_path / "trees.html.gz"
    assert names(render_sources([str(DEV)], output, model="none", page_bytes=60_000))[1] == "trees-2.html.gz"
    assert render_sources([str(DEV)], "-", model="none", page_bytes=60_000, title="t").pages == ["-"]
    page = read_page(capfdbinary.readouterr().out.decode())  # which has no script
    assert sum(tag == "figure" for tag, _ in page.tags) == 41


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_in_a_browser(tmp_path: Path) -> None:
    # Eighteen words are a row at 1280 pixels, a word a line on a telephone; and a search goes on to the next page.
    words = "the old parser reads a sentence from left to right and builds its tree by actions one by one".split()[:18]
    wide = sentence(*(f"{word} {at} nmod" for at, word in enumerate(words)))
    long = sentence("word1 0 root", *(f"word{number} {number // 2} dep" for number in range(2, 71)))
    file, output = tmp_path / "t.conllu", tmp_path / "t.html"
    file.write_text(wide.to_conllu() + HEBREW + long.to_conllu(), "utf-8")
    render_sources([str(file)], output, model="none")
    assert overflow(output, tmp_path, widths=(1280, 375)) == {1280: 0, 375: 0}
    pages = render_sources([str(DEV)], tmp_path / "p.html", model="none", page_bytes=100_000).pages
    shown = "[...document.querySelectorAll('figure svg.h')].map(e => getComputedStyle(e).display)"
    with chromium(tmp_path / "profile2") as browser:
        browser.open(output)
        assert browser.js("innerWidth") > 0
        assert browser.js(f"document.body.style.width='1280px', {shown}")[0] == "block"
        browser.open(Path(pages[0]))
        browser.js("document.getElementById('q').value = 'heron', search()")
        visible = browser.js("[...document.querySelectorAll('figure:not([hidden])')].map(f => f.textContent)")
        assert visible and all("heron" in text.lower() for text in visible)
        assert browser.js("document.querySelector('.pages a').hash") == "#q=heron"
        browser.open(Path(pages[1]), "#q=heron")
        assert browser.js("document.getElementById('q').value") == "heron"
        assert not browser.errors()


def test_pages_of_a_treebank_that_is_parsed(toy_model: Path, tmp_path: Path) -> None:
    parsed = list(arcparser.load(toy_model).parse_many([["Dogs", "chase", "cats"]] * 120))
    file, output = tmp_path / "many.conllu", tmp_path / "many.html"
    arcparser.write_conllu(parsed, file)
    assert names(render_sources([str(file)], output, model="none")) == ["many.html"]
    assert 'type="search"' in output.read_text("utf-8"), "there are many on it"
