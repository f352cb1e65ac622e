"""Continuing from a model: `train --init` on two halves of a treebank."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import ModelError, UsageError
from arcparser.model import model_file
from tests.helpers.paths import CORPORA
from tests.helpers.toy import toy_training

CORPUS = CORPORA / "en_arc"
SMALL = {
    "branches": 1,
    "form_width": 16,
    "character_width": 8,
    "character_hidden": 8,
    "hidden": 24,
    "tag_hidden": 16,
    "rate": 0.01,
}


def test_second_half_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    blocks = (CORPUS / "en_arc-ud-train.conllu").read_text(encoding="utf-8").strip().split("\n\n")
    half = len(blocks) // 2
    for name, part in (("first", blocks[:half]), ("second", blocks[half:])):
        (tmp_path / f"{name}.conllu").write_text("\n\n".join(part) + "\n\n", encoding="utf-8")
    dev = CORPUS / "en_arc-ud-dev.conllu"
    common = {"dev": dev, "language": "en", "seed": 1}
    first = arcparser.train(
        tmp_path / "first.conllu", output=tmp_path / "first.model", config=SMALL, epochs=10, **common
    )
    scratch = arcparser.train(
        tmp_path / "second.conllu", output=tmp_path / "scratch.model", config=SMALL, epochs=2, **common
    )
    both = arcparser.train(
        tmp_path / "second.conllu", output=tmp_path / "both.model", init=tmp_path / "first.model", epochs=2, **common
    )
    assert both.card.scores["LAS"] > scratch.card.scores["LAS"]
    old, new = first.model.vocabulary, both.model.vocabulary
    assert list(new.forms[: len(old.forms)]) == list(old.forms)
    assert len(new.forms) > len(old.forms)
    assert set(scratch.model.vocabulary.labels) <= set(new.labels)


@pytest.mark.parametrize("change", [{"tag_hidden": 9}, {"cell": "qrnn"}, {"layers": 2}, {"children": False}], ids=str)
def test_the_network_stays_what_it_is(tmp_path: Path, change: dict[str, object]) -> None:
    toy_training(tmp_path / "a.model", epochs=1)
    with pytest.raises(UsageError, match="with --init, change rates and weights only"):
        toy_training(tmp_path / "b.model", init=tmp_path / "a.model", config=change)
    assert not (tmp_path / "b.model").exists()


def test_a_preset_contradicts_a_model_to_continue_from(tmp_path: Path) -> None:
    """Its settings are the model's: before, the preset was passed over in silence."""
    for preset in ("fast", "standard"):
        with pytest.raises(UsageError, match=f"^--preset {preset} with --init: .*: leave out --preset$"):
            toy_training(tmp_path / "b.model", init=tmp_path / "nonesuch.model", preset=preset)


def test_a_model_that_names_a_setting_as_it_was_once_called_goes_on(tmp_path: Path) -> None:
    toy_training(tmp_path / "a.model", epochs=1)
    found = model_file.load(tmp_path / "a.model")
    training = dict(found.card.training)
    training["head_dropout"] = training.pop("projection_dropout") / 2
    model_file.save(replace(found, card=replace(found.card, training=training)), tmp_path / "former.model")
    card = toy_training(tmp_path / "b.model", init=tmp_path / "former.model", config={}, epochs=1).card
    assert card.training["projection_dropout"] == training["head_dropout"]


@pytest.mark.parametrize("training", [{"substitute": 0.1}, {"rate": -1.0}, {"branches": "two"}])
def test_a_model_of_other_settings_is_refused(tmp_path: Path, training: dict[str, object]) -> None:
    toy_training(tmp_path / "a.model")
    found = model_file.load(tmp_path / "a.model")
    card = replace(found.card, training={**found.card.training, **training})
    model_file.save(replace(found, card=card), tmp_path / "a.model")
    with pytest.raises(ModelError, match="cannot be continued"):
        toy_training(tmp_path / "b.model", init=tmp_path / "a.model")
    assert not (tmp_path / "b.model").exists()
