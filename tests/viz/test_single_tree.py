"""One tree as SVG, TikZ and PNG."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from arcparser.errors import InputError, UsageError
from arcparser.treebank.columns import LEMMA
from arcparser.viz import single_tree
from arcparser.viz.single_tree import render_tree, tree_png, tree_svg, tree_tikz
from tests.helpers.chromium import CHROMIUM
from tests.helpers.toy import DEV
from tests.viz.test_tree_page import GOLD, HEBREW, SYSTEM, read, sentence


def test_svg_stands_alone() -> None:
    for one, gold in ((GOLD, None), (SYSTEM, GOLD), (read(HEBREW)[0], None)):
        text = tree_svg(one, gold)
        assert "var(" not in text and "--" not in text, "not every program knows names of colors"
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert text.count('class="f"') == len(one)
        assert "paint-order" not in text and text.count('class="halo"') == text.count('class="l"') >= len(one)
    assert "#b3261e" in tree_svg(SYSTEM, GOLD)
    assert "<script>" not in tree_svg(sentence("<script> 0 root"))
    long = sentence("word1 0 root", *(f"word{number} 1 dep" for number in range(2, 61)))
    assert 'class="t v"' in tree_svg(long)


def test_tikz() -> None:
    assert tree_tikz(SYSTEM, GOLD).splitlines()[1:] == [
        r"\begin{dependency}",
        r"  \begin{deptext}[column sep=1em]",
        r"    They \& saw \& her \& duck \& . \\",
        r"     \&  \&  \&  \&  \\",
        r"  \end{deptext}",
        r"  \depedge{2}{1}{nsubj}",
        r"  \deproot{2}{root}",
        r"  \depedge[edge style={red, thick}, label style={text=red}]{2}{3}{obj}",
        r"  \depedge[edge below, edge style={green!50!black, dashed}, label style={text=green!50!black}]"
        r"{4}{3}{nmod:poss}",
        r"  \depedge[label style={text=red}]{2}{4}{xcomp (gold: obj)}",
        r"  \depedge{2}{5}{punct}",
        r"\end{dependency}",
    ]
    nasty = sentence(r"50%_\{}&#$~^ 0 a_b")
    nasty.set_lemmas(["x&y"])
    nasty.set_tags(["NOUN"], None, None)
    text = tree_tikz(nasty, details=(LEMMA,))
    assert r"50\%\_\textbackslash{}\{\}\symbol{38}\#\$\textasciitilde{}\textasciicircum{} \\" in text
    assert r"{\scriptsize NOUN} \\" in text and r"{\scriptsize x\symbol{38}y} \\" in text and "{a\\_b}" in text


def test_png(monkeypatch: pytest.MonkeyPatch) -> None:
    if CHROMIUM is None and find_spec("cairosvg") is None:
        pytest.skip("neither Chromium nor cairosvg is installed")
    picture = tree_png(GOLD)
    assert picture.startswith(b"\x89PNG")
    width = int.from_bytes(picture[16:20], "big")
    assert width == 2 * int(re.findall(r'width="(\d+)"', tree_svg(GOLD))[0])
    monkeypatch.setattr(single_tree, "_CHROMIUM", ("no-such-browser",))
    monkeypatch.setitem(__import__("sys").modules, "cairosvg", None)
    with pytest.raises(UsageError, match="a PNG needs cairosvg or Chromium: pip install"):
        tree_png(GOLD)


def test_which_sentence(tmp_path: Path) -> None:
    file, output = tmp_path / "a.conllu", tmp_path / "a.svg"
    file.write_text(GOLD.to_conllu() + HEBREW, "utf-8")
    for which, word in ((None, "They"), ("1", "They"), ("2", "קראה"), ("he-1", "קראה")):
        render_tree([str(file)], output, form="svg", model="none", which=which)
        assert word in output.read_text("utf-8")
    numbered = tmp_path / "b.conllu"
    numbered.write_text("# sent_id = 2\n1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n\n" + HEBREW, "utf-8")
    for which, word in (("2", ">a<"), ("1", ">a<"), ("a", ">a<"), ("he-1", "קראה")):  # a sent_id before a number
        render_tree([str(numbered)], output, form="svg", model="none", which=which)
        assert word in output.read_text("utf-8")
    numbered.unlink()
    with pytest.raises(InputError, match="no sentence '9999"):
        render_tree([str(file)], tmp_path / "b.svg", form="svg", model="none", which="9" * 5000)
    for which, problem in (("3", "no sentence '3'"), ("0", "no sentence '0'"), ("x", "no sentence 'x'")):
        with pytest.raises(InputError, match=f"^{re.escape(str(file))}: {problem}"):
            render_tree([str(file)], tmp_path / "b.svg", form="svg", model="none", which=which)
    render_tree([str(DEV)], output, form="tikz", model="none", gold=DEV, which="2")
    assert r"\end{dependency}" in output.read_text("utf-8")
    assert sorted(tmp_path.iterdir()) == [file, output]
