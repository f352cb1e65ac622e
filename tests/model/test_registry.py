"""Names of models: where they are looked up, what a language means, and what is said of a name that is not there."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import ModelError
from arcparser.model import registry
from arcparser.model.registry import available, data_folder, find, is_model, near
from tests.helpers.shelf import FAST, OTHER, Shelf


def put(shelf: Shelf, name: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(shelf.file("xx_toy"), folder / f"{name}.arcparser"))


def test_folders_are_looked_up_in_order(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "repository"
    (repository / "arcparser").mkdir(parents=True)
    (repository / "arcparser" / "_version.py").touch()
    in_repository = put(shelf, "en_ewt", repository / "models")
    (repository / "models" / "registry.json").touch()
    monkeypatch.chdir(repository / "arcparser")
    assert find("en_ewt") == shelf.package / "en_ewt.arcparser"
    in_data = put(shelf, "en_ewt", shelf.data)
    assert find("en_ewt") == in_data
    named = [tmp_path / "none", tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv("ARCPARSER_MODELS", os.pathsep.join(["", *map(str, named)]))
    assert find("en_ewt") == in_data
    in_second = put(shelf, "en_ewt", named[2])
    assert find("en_ewt") == in_second
    in_first = put(shelf, "en_ewt", named[1])
    assert find("en_ewt") == in_first
    Path("en_ewt").write_bytes(b"")
    assert find("en_ewt") == Path("en_ewt")  # a path is a path
    for file in (in_first, in_second, in_data, shelf.package / "en_ewt.arcparser"):
        file.unlink()
    os.remove("en_ewt")
    assert find("en_ewt") == in_repository
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="is not installed"):
        find("en_ewt")


@pytest.mark.parametrize("language", ["xx", "XX", "Old Exish", "old exish"])
def test_a_language_means_its_default_model(language: str, shelf: Shelf) -> None:
    with pytest.raises(ModelError, match=r"means the model xx_toy \(Old Exish\), which is not installed: fetch it by"):
        find(language)
    path = put(shelf, "xx_toy", shelf.data)
    put(shelf, FAST, shelf.data)
    assert find(language) == path
    own = put(shelf, language, shelf.data)
    assert find(language) == own
    assert arcparser.load(language).parse(["Dogs", "sleep"]).deprels


UNKNOWN = {
    "xx_toi": r"^xx_toi: no such model: did you mean xx_toy\? arcparser models get xx_toy --from FOLDER_OR_URL fetches",
    "En_Ewt2": r"^En_Ewt2: no such model: did you mean en_ewt\?$",
    "ypsilonia": r"did you mean yy_bank\? arcparser models get yy_bank --from FOLDER_OR_URL fetches",
    "yy_": r"did you mean yy_bank\?",
    "qqq": r"^qqq: no such model: installed are en_ewt; see `arcparser models` for all, or train one with arcparser",
    OTHER: r"^yy_bank: is not installed: fetch it by arcparser models get yy_bank --from FOLDER_OR_URL$",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_said_of_a_name_that_is_not_there(name: str, shelf: Shelf) -> None:
    with pytest.raises(ModelError) as raised:
        find(name)
    assert re.search(UNKNOWN[name], str(raised.value))


def test_where_there_is_a_mirror_nothing_else_is_to_be_named(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCPARSER_MODELS_URL", "https://example.org/models")
    with pytest.raises(ModelError, match=r"fetch it by arcparser models get yy_bank$"):
        find(OTHER)


def test_a_file_of_that_name_is_pointed_to(shelf: Shelf) -> None:
    put(shelf, "mine", Path.cwd())
    with pytest.raises(ModelError, match=r"^mine: no such model by name, but there is a file: give mine\.arcparser$"):
        find("mine")


def test_a_model_is_known_by_its_looks(shelf: Shelf) -> None:
    assert all(map(is_model, ("en_ewt", "en", "English", OTHER, "yy", "a/b.arcparser")))
    assert not any(map(is_model, ("qqq", "xx_toi", "gold.conllu", "a/en_ewt", Path("-"))))
    Path("en").touch()
    assert not is_model("en")
    shutil.copy(put(shelf, "mine", shelf.data), "round1")
    assert is_model("round1")


def test_names_that_are_near(shelf: Shelf) -> None:
    put(shelf, "mine", shelf.data)
    assert available() == ["en_ewt", "mine"]
    assert near("mein") == ["mine"]
    assert near("x") == ["xx_toy", FAST]
    assert near("") == ["en_ewt", "mine", "xx_toy"]


def test_the_data_folder_is_that_of_platformdirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    platformdirs = pytest.importorskip("platformdirs")  # pooch needs it
    for value in ("", "  ", "relative", str(tmp_path)):
        monkeypatch.setenv("XDG_DATA_HOME", value)
        assert data_folder() == Path(platformdirs.user_data_dir("arcparser", False), "models")


def test_without_a_registry_names_of_files_are_known(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    (shelf.package / "registry.json").unlink()
    registry.registered.cache_clear()
    assert find("en_ewt").is_relative_to(shelf.package)
    with pytest.raises(ModelError, match=r"^yy: no such model: installed are en_ewt; see"):
        find("yy")
