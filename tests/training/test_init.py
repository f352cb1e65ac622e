"""Continuing from a model: `train --init` on two halves of a treebank."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.errors import ModelError
from arcparser.model import model_file
from arcparser.network.initialize import continue_from, new_network
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary, extend
from tests.helpers.paths import CORPORA
from tests.helpers.toy import toy_training

CORPUS = CORPORA / "en_arc"
SMALL = {"form_width": 16, "character_width": 8, "character_hidden": 8, "hidden": 24, "tag_hidden": 16, "rate": 0.01}


def vocabulary(forms: list[str], labels: list[str]) -> Vocabulary:
    return Vocabulary(
        forms, ["a", "b"], ["NOUN"], ["NN"], ["_"], labels, [labels.index("root")], [labels.index("root")]
    )


def test_extended_vocabulary_keeps_numbers() -> None:
    both = extend(vocabulary(["dog", "cat"], ["root", "det"]), vocabulary(["cow", "dog"], ["nsubj", "root"]))
    assert both.forms == ["dog", "cat", "cow"]
    assert both.labels == ["root", "det", "nsubj"]
    assert both.root_labels == both.root_only == [0]


def test_old_weights_are_the_beginning_of_the_new_ones() -> None:
    settings = Settings(form_width=4, character_width=3, character_hidden=2, hidden=3, tag_hidden=2)
    old = new_network(settings, vocabulary(["dog"], ["root", "det"]), seed=1)
    new = continue_from(old, extend(old.vocabulary, vocabulary(["cow"], ["nsubj", "root"])), seed=2)
    assert new.weights["form.table"].shape[0] == old.weights["form.table"].shape[0] + 1
    for name, weights in old.weights.items():
        np.testing.assert_array_equal(new.weights[name][tuple(map(slice, weights.shape))], weights)


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


def test_sizes_cannot_change(tmp_path: Path) -> None:
    train, dev = CORPUS / "en_arc-ud-train.conllu", CORPUS / "en_arc-ud-dev.conllu"
    arcparser.train(train, dev=dev, output=tmp_path / "a.model", config=SMALL, epochs=1)
    with pytest.raises(arcparser.UsageError, match="--init"):
        arcparser.train(
            train, dev=dev, output=tmp_path / "b.model", init=tmp_path / "a.model", config={"hidden": 25}, epochs=1
        )


@pytest.mark.parametrize("training", [{"substitute": 0.1}, {"rate": -1.0}, {"branches": "two"}])
def test_a_model_of_other_settings_is_refused(tmp_path: Path, training: dict[str, object]) -> None:
    toy_training(tmp_path / "a.model")
    found = model_file.load(tmp_path / "a.model")
    card = replace(found.card, training={**found.card.training, **training})
    model_file.save(replace(found, card=card), tmp_path / "a.model")
    with pytest.raises(ModelError, match="cannot be continued"):
        toy_training(tmp_path / "b.model", init=tmp_path / "a.model")
    assert not (tmp_path / "b.model").exists()
