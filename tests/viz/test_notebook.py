"""`arcparser.show`, `render` and `explain`: what the commands make, in a terminal, in a file, and in a notebook."""

from __future__ import annotations

import io
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import conllu
import nbformat
import pytest
from nbclient import NotebookClient

import arcparser
from arcparser.cli.main import main
from arcparser.errors import AlignmentError, OutputError, TreeError, UsageError
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import Sentence
from arcparser.viz.framed_page import FramedPage
from arcparser.viz.picture import sentence_picture
from tests.helpers.explanations import HOSTILE, dogs
from tests.helpers.installed import SHIPPED
from tests.helpers.pages import read_page
from tests.helpers.paths import CORPORA, ROOT
from tests.helpers.toy import ENHANCED, TEST


def read(path: Path = TEST) -> list[Sentence]:
    return list(arcparser.read_conllu(path))


def framed(shown: str) -> tuple[str, dict[str, str | None]]:
    """The page in a frame, and the frame's attributes."""
    found: list[dict[str, str | None]] = []

    class Frame(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag == "iframe"
            found.append(dict(attrs))

    Frame().feed(shown)
    (attributes,) = found
    return attributes.pop("srcdoc") or "", attributes


@pytest.mark.parametrize("options", [(), ("--lemmas", "--feats"), ("--color", "always")])
def test_show_prints_what_the_command_prints(options: tuple[str, ...], capsysbinary: Any) -> None:
    assert main(["show", str(TEST), "--width", "60", *options]) == 0
    expected = capsysbinary.readouterr().out
    keywords: dict[str, Any] = {"lemmas": "--lemmas" in options, "feats": "--feats" in options}
    arcparser.show(arcparser.read_conllu(TEST), width=60, color="--color" in options, **keywords)
    assert capsysbinary.readouterr().out == expected


def test_show_compares_with_gold(capsysbinary: Any) -> None:
    parsed = read()
    for sentence in parsed:
        sentence.set_tree(sentence.heads, ["dep"] * len(sentence))
    arcparser.show(parsed, read(), width=100)
    out = capsysbinary.readouterr().out.decode()
    assert "✗ nsubj" in out and "heads right, 0 with the right label as well" in out
    picture = sentence_picture(parsed[0], gold=read()[0])
    assert "✗dep" in picture["text/html"] and "✗dep" in picture["image/svg+xml"] and "✗ " in picture["text/plain"]


def test_show_takes_one_sentence_or_several(capsys: pytest.CaptureFixture[str]) -> None:
    arcparser.show(dogs())
    one = capsys.readouterr().out
    assert "╭╴Dogs" in one and "\x1b" not in one
    arcparser.show([dogs(), arcparser.to_tokenlist(dogs())])
    assert capsys.readouterr().out == 2 * one
    arcparser.show(iter([]))
    assert capsys.readouterr().out == ""
    with pytest.raises(TreeError, match="HEAD is missing"):
        arcparser.show(Sentence.from_words(["Dogs"]))
    for wrong in ("Dogs chase cats.", None, 5, ENHANCED):
        with pytest.raises(UsageError, match="give a sentence that has a tree"):
            arcparser.show(wrong)  # type: ignore[arg-type]
    for width in (5, 1.5, True, 10**6):
        with pytest.raises(UsageError, match="width"):
            arcparser.show(dogs(), width=width)  # type: ignore[arg-type]


def test_show_needs_no_encoding_and_says_if_there_is_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    arcparser.show(dogs())
    assert "╭╴Dogs".encode() in narrow.buffer.getvalue()  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output is closed"):
        arcparser.show(dogs())


def test_render_makes_the_page_of_the_command(tmp_path: Path, toy_parser: Parser) -> None:
    parsed, ours, theirs = tmp_path / "p.conllu", tmp_path / "ours.html", tmp_path / "theirs.html"
    arcparser_parsed = list(toy_parser.parse_many(read()))
    parsed.write_bytes(b"".join(sentence.to_bytes() for sentence in arcparser_parsed))
    command = ["render", str(parsed), "--gold", str(TEST), "--title", "T", "--lang", "en", "--lemmas", "--feats"]
    assert main([*command, "--output", str(theirs)]) == 0
    page = arcparser.render(arcparser_parsed, gold=read(), title="T", language="en", lemmas=True, feats=True)
    page.save(ours)
    assert ours.read_bytes() == theirs.read_bytes()
    assert main(["render", str(TEST), "--title", "Dependency trees", "--output", str(theirs)]) == 0
    assert arcparser.render(arcparser.read_conllu(TEST)).html == theirs.read_text("utf-8")


def test_render_says_what_is_wrong() -> None:
    with pytest.raises(AlignmentError, match="fewer sentences"):
        arcparser.render([dogs(), dogs()], gold=dogs())
    with pytest.raises(TreeError):
        arcparser.render(Sentence.from_words(["Dogs"]))
    with pytest.raises(UsageError, match="no sentence to draw"):
        arcparser.render([])
    with pytest.raises(UsageError, match="title"):
        arcparser.render(dogs(), title=None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="gold is of type str"):
        arcparser.render(dogs(), gold="gold.conllu")


def test_explain_makes_the_page_and_the_text_of_the_command(
    tmp_path: Path, toy_model: Path, toy_parser: Parser, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, ours, theirs = read()[0], tmp_path / "ours.html", tmp_path / "theirs.html"
    command = ["explain", "--gold", str(TEST), "--model", str(toy_model), "--follow", "oracle"]
    assert main([*command, "--output", str(theirs)]) == 0
    explanation = arcparser.explain(toy_parser, gold, gold=gold, follow="oracle")
    explanation.save(ours)
    assert ours.read_bytes() == theirs.read_bytes()
    assert main([*command, "--width", "100"]) == 0
    assert capsys.readouterr().out == str(explanation)
    tokens = conllu.parse(TEST.read_text("utf-8"))[0]
    assert arcparser.explain(toy_parser, tokens, gold=tokens, follow="oracle") == explanation
    assert arcparser.explain(toy_parser, gold.forms).gold is None
    with pytest.raises(UsageError, match="the parser is of type str"):
        arcparser.explain("en_ewt", ["Dogs"])  # type: ignore[arg-type]


def test_pages_are_saved_and_framed(tmp_path: Path, toy_parser: Parser) -> None:
    sentence = Sentence.from_words(HOSTILE)
    sentence.set_tree(range(len(HOSTILE)), ["dep"] * len(HOSTILE))
    explanation = arcparser.explain(toy_parser, HOSTILE)
    for page in (arcparser.render(sentence, title='"</iframe>'), explanation.page()):
        html, attributes = framed(page._repr_html_())
        assert html == page.html
        assert attributes["sandbox"] == "allow-scripts"  # without access to the notebook
        assert "\x1b" not in repr(page) and "\n" not in repr(page)
    read_page(arcparser.render(sentence).html)
    assert explanation._repr_html_() == explanation.page()._repr_html_()
    assert repr(arcparser.explain(toy_parser, ["Dogs"])).startswith("<Explanation of 2 steps: Dogs")
    path = tmp_path / "page.html"
    page = FramedPage("<!DOCTYPE html>ä", "a page")
    page.save(path)
    with pytest.raises(UsageError, match=r"page\.html: is there already: give another path, or overwrite=True"):
        explanation.save(path)
    assert path.read_text("utf-8") == page.html
    explanation.save(path, overwrite=True)
    assert path.read_text("utf-8") == explanation.page().html
    with pytest.raises(OutputError, match="does not exist"):
        page.save(tmp_path / "none" / "page.html")
    with pytest.raises(UsageError, match="the file to write"):
        page.save(None)  # type: ignore[arg-type]


NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))
CELLS = [
    "import arcparser\nparser = arcparser.load({model!r})\nsentence = parser.parse(['Dogs', 'chase', '<b>'])\nsentence",
    "arcparser.show([sentence, sentence])",
    "arcparser.render(sentence)",
    "arcparser.explain(parser, ['Dogs', 'chase', 'cats'])",
    "parser",
]


def run(notebook: nbformat.NotebookNode, folder: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """Run the cells of a notebook in a kernel of their own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    return NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()


def test_a_real_notebook_shows_it_all(toy_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(code.replace("{model!r}", repr(str(toy_model)))) for code in CELLS]
    outputs = [cell.outputs for cell in run(notebook, tmp_path, monkeypatch).cells]
    sentence = outputs[0][0]["data"]
    assert set(sentence) == {"text/html", "image/svg+xml", "text/plain"}
    assert "&lt;b&gt;" in sentence["text/html"]
    assert [output["data"] for output in outputs[1]] == [sentence, sentence]
    for output, name in zip(outputs[2:4], ("page", "Explanation")):
        html, _ = framed(output[0]["data"]["text/html"])
        assert html.startswith("<!DOCTYPE html>") and "Dogs" in html
        assert output[0]["data"]["text/plain"].startswith(f"<{name}")
    assert outputs[4][0]["data"]["text/plain"].startswith("<Parser en_arc")


@pytest.mark.skipif(not SHIPPED.exists(), reason="the default model, models/en_ewt.arcparser, is not there")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_of_the_documentation_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpora").symlink_to(CORPORA)
    (tmp_path / "docs").mkdir()
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "clear the outputs before you commit it"
    run(notebook, tmp_path / "docs", monkeypatch)
    assert all(cell.outputs for cell in code if "=" not in cell.source.splitlines()[-1])


def test_there_are_two_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["how_a_parse_is_made", "tour"]
