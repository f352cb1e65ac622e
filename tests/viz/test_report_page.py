"""The report of an evaluation: what the page shows, and that it fits a window."""

from __future__ import annotations

from pathlib import Path

from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import analyze
from arcparser.viz.report_page import report_html, write_report
from tests.helpers.annotated import parsed_badly, read, rows
from tests.helpers.pages import overflow, read_page
from tests.helpers.toy import DEV


def test_the_report(tmp_path: Path) -> None:
    gold, system = parsed_badly()
    comparison = compare(gold, system)
    result = analyze(comparison, gold, system)
    path = tmp_path / "report.html"
    write_report(path, comparison.scores(), result, title="A <parser>")
    text = path.read_text("utf-8")
    page = read_page(text)
    assert page.texts.count("A <parser>") == 2
    for shown in (
        "By relation",
        "nsubj:pass",
        f"{comparison.scores().las.f1:.2f}",
        "non-projective arcs",
        "LAS recall",
    ):
        assert shown in page.texts
    bars = [attributes for tag, attributes in page.tags if tag == "rect"]
    groups = [result.dependency_lengths, result.sentence_lengths, result.projectivity]
    assert len(bars) == sum(2 * len(some) + 2 for some in groups)
    assert text.count("<dt>") == len(result.confusions)
    assert text.count("<mark>") == sum(len(confusion.examples) for confusion in result.confusions)
    assert str(tmp_path) not in text and str(DEV.parent) not in text
    assert report_html(comparison.scores(), result, title="A <parser>") == text
    perfect = analyze(compare(gold, gold), gold, gold)
    read_page(report_html(compare(gold, gold).scores(), perfect))


def test_a_report_on_another_tokenization() -> None:
    gold, system = read(rows("ab 0 root", "c 1 x")), read(rows("a 0 root", "b 1 x", "c 2 x"))
    comparison = compare(gold, system)
    page = read_page(report_html(comparison.scores(), analyze(comparison, gold, system)))
    assert "Tokens" in page.texts and "precision" in page.texts


def test_the_report_fits_a_window(tmp_path: Path) -> None:
    gold, system = parsed_badly()
    comparison = compare(gold, system)
    path = tmp_path / "report.html"
    write_report(path, comparison.scores(), analyze(comparison, gold, system))
    assert overflow(path, tmp_path, widths=(1280, 400)) == {1280: 0, 400: 0}
