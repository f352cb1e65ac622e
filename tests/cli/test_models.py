"""`arcparser models`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arcparser.cli.main import main
from tests.helpers.shelf import OTHER, Shelf


def test_a_model_from_name_to_parse(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == "name language treebank license size UPOS Lemmas LAS installed".split()
    assert [row.split()[0] for row in rows] == ["en_ewt", "xx_toy", "xx_toy_fast", OTHER]
    assert rows[1].startswith("xx_toy       Old Exish (xx)   UD Old Exish")
    assert [row.rsplit(None, 4)[1:] for row in rows[:2]] == [
        ["91.50", "–", "80.25", "yes"],
        ["91.50", "–", "80.25", "no"],
    ]
    assert main(["models", "get", "xx", "--from", str(shelf.source)]) == 0
    target = shelf.data / "xx_toy.arcparser"
    assert capsys.readouterr().out == f"xx_toy: {target.stat().st_size / 1e6:.1f} MB in {target}\n"
    assert main(["models", "path", "Old Exish"]) == 0
    assert capsys.readouterr().out == f"{target}\n"
    assert main(["parse", "--model", "xx", "--text", "Dogs sleep."]) == 0
    assert capsys.readouterr().out.count("\n1\tDogs\t") == 1
    assert main(["models", "remove", "xx"]) == 0
    assert capsys.readouterr().out == f"removed {target}\nremoved {target.with_suffix('.md')}\n"
    assert main(["parse", "--model", "xx", "--text", "Dogs sleep."]) == 1
    assert capsys.readouterr().err == (
        "arcparser: xx: means the model xx_toy (Old Exish), which is not installed: "
        "fetch it by arcparser models get xx_toy --from FOLDER_OR_URL\n"
    )


def test_models_of_ones_own_are_listed(shelf: Shelf, toy_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.data.mkdir(parents=True)
    (shelf.data / "mine.arcparser").write_bytes(toy_model.read_bytes())
    (shelf.data / "broken.arcparser").write_bytes(b"no model")
    (shelf.data / f"{OTHER}.arcparser").write_bytes(toy_model.read_bytes())
    assert main(["models", "--json"]) == 0
    models = {model.pop("name"): model for model in json.loads(capsys.readouterr().out)}
    assert list(models) == ["broken", "en_ewt", "mine", "xx_toy", "xx_toy_fast", OTHER]
    assert models["mine"]["path"] == str(shelf.data / "mine.arcparser")
    assert models["mine"]["scores"]["LAS"] > 0
    assert [models[name]["registered"] for name in ("en_ewt", "mine", OTHER)] == [True, False, False]
    assert (models["xx_toy"]["path"], models["xx_toy"]["registered"]) == (None, True)
    assert main(["models"]) == 0
    states = [line.rsplit("  ", 1)[1] for line in capsys.readouterr().out.splitlines()[1:]]
    assert states == ["damaged", "yes", "yes, own", "no", "no", "yes, own"]


def test_evaluate_takes_a_language(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    gold = str(Path(__file__).parents[2] / "corpora" / "enhanced_sample" / "enhanced_sample-ud-test.conllu")
    assert main(["evaluate", gold, "English"]) == 0
    assert "LAS" in capsys.readouterr().out
    assert main(["evaluate", gold, OTHER]) == 1
    assert "yy_bank: is not installed: fetch it by" in capsys.readouterr().err
