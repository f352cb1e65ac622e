"""The tables of an error analysis in the terminal."""

from __future__ import annotations

from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import analyze
from arcparser.viz.safe_text import cells
from arcparser.viz.tables import analysis_text
from tests.helpers.annotated import parsed_badly


def test_tables() -> None:
    gold, system = parsed_badly()
    result = analyze(compare(gold, system), gold, system)
    text = analysis_text(result, confusions=2)
    tables = text.split("\n\n")
    assert [table.split()[0] for table in tables] == [
        "Relation",
        "Dependency",
        "Sentence",
        "Projectivity",
        "Gold",
        "Label",
    ]
    nsubj = result.relations[1]
    assert nsubj.name == "nsubj"
    line = next(line for line in tables[0].splitlines() if line.startswith("nsubj"))
    numbers = [f"{value:.2f}" for value in (nsubj.las.precision, nsubj.las.recall, nsubj.las.f1, nsubj.uas.recall)]
    assert line.split() == ["nsubj", str(nsubj.las.gold), str(nsubj.las.system), *numbers]
    assert "\n  nsubj:pass " in tables[0]
    assert all(cells(line) <= 90 for table in tables[:5] for line in table.splitlines())
    assert len([line for line in tables[5].splitlines() if not line.startswith("    ")]) == 4
    perfect = analyze(compare(gold, gold), gold, gold)
    assert "Label confusions" not in analysis_text(perfect)
    assert perfect.confusions == [] and perfect.errors["right"] == 462
