"""What a model comes from: its card, what `info` prints of it, and licenses that contradict each other."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from arcparser.errors import ModelError
from arcparser.model import model_file
from arcparser.model.array_file import stored_digest
from arcparser.model.description import describe_model, model_facts
from arcparser.model.model import Card
from arcparser.model.sources import (
    Source,
    license_warnings,
    model_source,
    other_licenses,
    sources_from_json,
    sources_to_json,
)
from arcparser.training.combine import combine
from tests.helpers.toy import DEV, random_parser, toy_training


def test_a_chain_of_trainings(tmp_path: Path, toy_model: Path) -> None:
    """A model that was continued, the teacher of another one, which is combined with a third."""
    first, second, third, fourth, both = (tmp_path / name for name in ("first", "second", "third", "fourth", "both"))
    vectors, lines = tmp_path / "my.vec", list[str]()
    vectors.write_text("2 3\ndogs 1 2 3\ncats 3 2 1\n", "utf-8")
    toy_training(first, license="CC BY-SA 4.0", name="one", vectors=vectors, epochs=1)
    toy_training(second, license="CC0", name="two", init=first, config=None, epochs=1, report=lines.append)
    assert "warning: license CC0, but parent one is under CC BY-SA 4.0: the model's card has both" in lines
    options = {"license": "CC-BY-SA-4.0", "vectors": vectors, "epochs": 1, "name": "three"}
    toy_training(third, teachers=[first], report=lines.append, **options)
    toy_training(fourth, seed=2, **options)
    assert sum(line.startswith("warning: license") for line in lines) == 1  # another spelling is no other license

    def chain(path: Path) -> list[tuple[int, str, str, str]]:
        return [(s.depth, s.kind, s.name, s.license) for s in model_file.load(path).card.sources]

    of_first = "one", "CC BY-SA 4.0"
    assert chain(first) == [(1, "vectors", "my.vec", "")]
    assert chain(second) == [(1, "parent", *of_first), (2, "vectors", "my.vec", "")]
    assert chain(third) == [(1, "teacher", *of_first), (2, "vectors", "my.vec", ""), (1, "vectors", "my.vec", "")]
    parent = model_file.load(second).card.sources[0]
    assert (parent.treebank, parent.sentences, parent.digest) == ("one", 41, stored_digest(first))
    combine([third, fourth], dev=DEV, output=both)
    members = chain(both)
    assert [entry for entry in members if entry[0] == 1] == [(1, "member", "three", "CC-BY-SA-4.0")] * 2
    assert (3, "vectors", "my.vec", "") in members
    text = describe_model(second).splitlines()
    assert any(line == "license:     CC0; parent one is under CC BY-SA 4.0" for line in text)
    digest = stored_digest(first)[:12]
    assert text[-2] == f"made from:   parent one (41 sentences, CC BY-SA 4.0, SHA-256 {digest}…)"
    assert text[-1].startswith(" " * 15 + "vectors my.vec (2 words of width 3, license not stated, SHA-256 ")
    assert model_facts(second)["card"]["sources"][0] == asdict(parent)
    # A model that comes from nothing else is as it ever was.
    assert model_file.load(first).card.sources and "made from" not in describe_model(toy_model)


def test_former_versions_read_sources_without_vectors() -> None:
    """They know neither `words` nor `width`, which are in the file where they say something."""
    parent, vectors = Source(kind="parent", name="p"), Source(kind="vectors", name="v", words=5, width=3)
    values = sources_to_json([parent, vectors])
    former = {"kind", "name", "treebank", "license", "digest", "sentences", "depth"}
    assert set(values[0]) == former and set(values[1]) == former | {"words", "width"}
    assert sources_from_json(values) == (parent, vectors)


def test_licenses() -> None:
    card = Card(name="m", language="en", license="CC BY-SA 4.0")
    sources = (*model_source("parent", card, ""), Source(kind="encoder", name="e", license="MIT"))
    assert other_licenses("cc-by-sa-4.0", sources) == []
    assert [source.name for source in other_licenses("", sources)] == ["m"]
    assert license_warnings("", sources) == [
        "warning: no license is stated, but parent m is under CC BY-SA 4.0: the model's card has both"
    ]


@pytest.mark.parametrize(
    "values",
    [
        {},
        "x",
        [1],
        [{"kind": "parent"}],
        [{"kind": "uncle", "name": "x"}],
        [{"kind": "parent", "name": "x", "depth": 2}],
        [{"kind": "parent", "name": "x", "sentences": -1}],
        [{"kind": "parent", "name": 1}],
        [{"kind": "parent", "name": "x", "sentences": True}],
        [{"kind": "vectors", "name": "x", "words": -1}],
        [{"kind": "vectors", "name": "x", "width": 1.5}],
    ],
)
def test_what_is_no_source(values: object) -> None:
    if values == {}:
        assert sources_from_json(()) == ()
    with pytest.raises((ValueError, TypeError)):
        sources_from_json(values)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    model = random_parser(1).model
    bad = replace(model.card, sources=(Source(kind="uncle", name="x"),))
    model_file.save(replace(model, card=bad), tmp_path / "m")
    with pytest.raises(ModelError, match="is not a whole model"):
        model_file.load(tmp_path / "m")
