"""Models fetched by name from a folder and from a server, and removed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from arcparser.download import Patience
from arcparser.errors import ArcparserError, InputError, ModelError, OutputError, UsageError
from arcparser.model.fetch import FetchedModel, get_models, remove_model
from arcparser.model.registry import find
from tests.helpers.server import running
from tests.helpers.shelf import CONTENT, FAST, OTHER, Shelf

QUICK = Patience(timeout=5.0, wait=0.0, attempts=2)


def test_from_a_folder(shelf: Shelf) -> None:
    told: list[FetchedModel] = []
    fetched = get_models(["yy", FAST, OTHER], source=shelf.source, report=told.append)
    assert [(model.model.name, model.was_there) for model in fetched] == [(OTHER, False), (FAST, False)]
    assert fetched == told
    for model in fetched:
        assert model.path == shelf.data / f"{model.model.name}.arcparser" == find(model.model.name)
        assert model.path.read_bytes() == CONTENT[model.model.name]
        assert model.path.with_suffix(".md").read_text() == f"# {model.model.name}\n"
    assert sorted(path.name for path in shelf.data.iterdir()) == sorted(
        f"{name}{suffix}" for name in (FAST, OTHER) for suffix in (".arcparser", ".md")
    )
    if os.name != "nt":
        mask = os.umask(0)
        os.umask(mask)
        assert stat.S_IMODE(fetched[0].path.stat().st_mode) == 0o666 & ~mask


def test_what_is_there_is_not_fetched_again(shelf: Shelf) -> None:
    (first,) = get_models("xx", source=shelf.source)
    before = first.path.stat()
    everything = get_models("all", source=shelf.source)
    assert [(model.model.name, model.was_there) for model in everything] == [
        ("en_ewt", True),
        ("xx_toy", True),
        (FAST, False),
        (OTHER, False),
    ]
    assert everything[0].path == shelf.package / "en_ewt.arcparser"
    assert first.path.stat().st_mtime_ns == before.st_mtime_ns
    assert all(model.was_there for model in get_models("all"))  # no source is needed
    assert "was there already in" in everything[0].text()


def test_the_first_folder_of_the_variable_is_written(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCPARSER_MODELS", os.pathsep.join(map(str, (tmp_path / "a", tmp_path / "b"))))
    (fetched,) = get_models(OTHER, source=str(shelf.source))
    assert fetched.path == tmp_path / "a" / f"{OTHER}.arcparser"
    assert not shelf.data.exists()


def test_from_a_server_that_breaks_off(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as server:
        for file in shelf.source.iterdir():
            server.files[f"/models/{file.name}"] = file.read_bytes()
        server.break_off = 40_000
        (toy,) = get_models("xx_toy", source=f"{server.url}/models", patience=QUICK)
        assert toy.path.read_bytes() == shelf.file("xx_toy").read_bytes()
        assert len(server.asked("xx_toy.arcparser")) > 2  # it went on where it was
        monkeypatch.setenv("ARCPARSER_MODELS_URL", f"{server.url}/models/")
        (other,) = get_models(OTHER, patience=QUICK)
        assert other.path.read_bytes() == CONTENT[OTHER]
        del server.files[f"/models/{FAST}.arcparser"]
        with pytest.raises(InputError, match=rf"/models/{FAST}\.arcparser: the server answered 404"):
            get_models(FAST, patience=QUICK)
    with pytest.raises(InputError, match="the server cannot be reached"):
        get_models(FAST, patience=QUICK)
    assert {path.suffix for path in shelf.data.iterdir()} == {".arcparser", ".md"}
    assert not (shelf.data / f"{FAST}.arcparser").exists()


def test_a_file_with_another_digest_is_refused(shelf: Shelf) -> None:
    shelf.file(OTHER).write_bytes(b"forged bytes")
    with pytest.raises(InputError, match=r"yy_bank\.arcparser: is not the file that the registry of this version has"):
        get_models(OTHER, source=shelf.source)
    assert [path.name for path in shelf.data.iterdir()] == [f"{OTHER}.md"]


@pytest.mark.parametrize("suffix", [".arcparser", ".md"])
def test_a_file_of_ones_own_is_not_replaced_unasked(shelf: Shelf, suffix: str) -> None:
    shelf.data.mkdir(parents=True)
    own = shelf.data / f"{OTHER}{suffix}"
    own.write_bytes(b"mine")
    with pytest.raises(ModelError, match=rf"yy_bank\{suffix}: is there and is not the file of the registry: rename"):
        get_models([FAST, OTHER], source=shelf.source)
    assert [path.read_bytes() for path in shelf.data.iterdir()] == [b"mine"]  # nothing else was begun
    get_models(OTHER, source=shelf.source, overwrite=True)
    assert (shelf.data / f"{OTHER}.arcparser").read_bytes() == CONTENT[OTHER]
    assert own.read_bytes() != b"mine"


def test_an_interrupted_copy_leaves_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.copyfile", stopped)
    with pytest.raises(KeyboardInterrupt):
        get_models(OTHER, source=shelf.source)
    assert list(shelf.data.iterdir()) == []


WRONG: dict[str, tuple[Callable[[Shelf], object], type[ArcparserError], str]] = {
    "no source": (lambda _: get_models(OTHER), UsageError, "no address to fetch models from: give --from"),
    "no such folder": (lambda _: get_models(OTHER, source="nowhere"), UsageError, "'nowhere': no such folder"),
    "another scheme": (lambda _: get_models(OTHER, source="ftp://a/b"), UsageError, "no address with http://"),
    "an empty folder": (lambda _: get_models(OTHER, source="."), InputError, r"yy_bank\.md: no such file: give the"),
    "no such model": (lambda s: get_models("xx_toi", source=s.source), UsageError, "in the registry: did you mean"),
    "far from any": (lambda s: get_models("qqq", source=s.source), UsageError, "'qqq' in the registry: see"),
    "remove what is not there": (lambda _: remove_model(OTHER), ModelError, "is not installed"),
    "remove the package's": (lambda _: remove_model("en"), ModelError, "came with the package"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_calls(case: str, shelf: Shelf) -> None:
    call, kind, message = WRONG[case]
    with pytest.raises(kind, match=message):
        call(shelf)
    assert not shelf.data.exists() or not list(shelf.data.iterdir())


@pytest.mark.skipif(os.name == "nt" or not os.geteuid(), reason="for users who may not write everywhere")
def test_a_folder_that_cannot_be_written(shelf: Shelf) -> None:
    shelf.data.mkdir(parents=True)
    shelf.data.chmod(0o500)
    with pytest.raises(OutputError, match="permission denied"):
        get_models(OTHER, source=shelf.source)


def test_a_data_folder_that_is_a_file(shelf: Shelf) -> None:
    shelf.data.parent.mkdir(parents=True)
    shelf.data.touch()
    with pytest.raises(OutputError, match="is no folder"):
        get_models(OTHER, source=shelf.source)


def test_remove(shelf: Shelf) -> None:
    get_models(["xx", OTHER], source=shelf.source)
    (shelf.data / f"{OTHER}.md").write_text("my notes")
    assert [path.name for path in remove_model("Old Exish")] == ["xx_toy.arcparser", "xx_toy.md"]
    assert [path.name for path in remove_model(OTHER)] == [f"{OTHER}.arcparser"]
    assert [path.name for path in shelf.data.iterdir()] == [f"{OTHER}.md"]
    own = shelf.data / "mine.arcparser"
    own.write_bytes(b"mine")
    with pytest.raises(ModelError, match=r"mine\.arcparser: is not the model of the registry, which could be fetched"):
        remove_model("mine")
    assert remove_model("mine", force=True) == [own]
    assert not own.exists()
