"""Inputs by URL: found, opened, unpacked; and what is said where there is none."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import pytest

from arcparser.bulk.plan import plan_tasks
from arcparser.errors import ArcparserError, InputError, UsageError
from arcparser.files import open_input
from arcparser.remote import find_urls, is_url


@pytest.fixture
def memory() -> Any:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    system.pipe({"/u/a.txt": b"a", "/u/b.txt.gz": gzip.compress(b"b"), "/u/c/d.conllu": b"", "/u/.e/f.txt": b"f"})
    yield system
    system.rm("/u", recursive=True)


def test_what_is_a_url() -> None:
    assert all(map(is_url, ["s3://a/b", "file:///a", "simplecache::s3://a", "https://a"]))
    assert not any(map(is_url, ["a", "C://a", "a/b://c", "", "-", None, Path("s3://a")]))


def test_files_are_found_and_unpacked(memory: Any, tmp_path: Path) -> None:
    assert [name for _, name in find_urls("memory://u")] == [".e/f.txt", "a.txt", "b.txt.gz", "c/d.conllu"]
    assert [name for _, name in find_urls("memory://u/*.txt*")] == ["a.txt", "b.txt.gz"]
    assert find_urls("memory://u/a.txt") == [("memory://u/a.txt", "a.txt")]
    for url, text in (("memory://u/a.txt", b"a"), ("memory://u/b.txt.gz", b"b")):
        with open_input(url) as stream:
            assert stream.read() == text
    tasks = plan_tasks(["memory://u"], tmp_path, output_format="conllu", include=["*.txt*"])
    assert [task.output for task in tasks] == ["a.conllu", "b.conllu.gz"]
    (tmp_path / "x.txt").write_bytes(b"x")
    with open_input(f"file://{tmp_path / 'x.txt'}") as stream:
        assert stream.read() == b"x"


@pytest.mark.parametrize(
    ("url", "kind", "problem"),
    [
        ("memory://u/nothing", InputError, "no such file: check the URL"),
        ("nothing://u", InputError, "cannot be opened: Protocol not known: nothing"),
        ("abfs://u/a", UsageError, "takes a package that is not installed"),
    ],
)
def test_what_cannot_be_opened(memory: Any, url: str, kind: type[ArcparserError], problem: str) -> None:
    for function in (find_urls, lambda url: open_input(url).__enter__()):
        with pytest.raises(kind, match=problem) as error:
            function(url)
        assert str(error.value).startswith(f"{url}: ")
        assert "\n" not in str(error.value)


def test_an_error_on_the_way(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_input("memory://u/a.txt") as stream:
        monkeypatch.setattr(stream.raw._opened, "read", lambda size: 1 / 0)  # type: ignore[attr-defined]
        with pytest.raises(OSError, match="division"):
            stream.read()


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UsageError, match="pip install fsspec"):
        find_urls("memory://u")
