"""A file is written whole or not at all, and one that cannot be read is named in one line."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import sys
from pathlib import Path

import pytest

from arcparser.errors import InputError, OutputError
from arcparser.files import atomic_writer, check_writable, foreign_format, make_folder, open_input, open_output


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.conllu"
    path.write_bytes(b"old")
    with atomic_writer(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out.conllu"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), BrokenPipeError()])
def test_an_exception_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "out"
    with pytest.raises(type(error)), atomic_writer(path) as stream:
        stream.write(b"half")
        raise error
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with pytest.raises(OutputError) as caught, atomic_writer(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    assert os.listdir(tmp_path) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="does not exist: create it first"),
        atomic_writer(tmp_path / "no" / "out"),
    ):
        pass
    with pytest.raises(OutputError), atomic_writer(tmp_path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links and modes are different on Windows")
def test_links_and_permissions_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    with atomic_writer(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    with atomic_writer("/dev/null") as stream:
        stream.write(b"nowhere")


def test_opening_a_file(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"some")
    with open_input(path) as stream:
        assert stream.read() == b"some"
    assert stream.closed
    with pytest.raises(InputError, match=r"no such file: check the path$") as caught, open_input(tmp_path / "none"):
        pass
    assert caught.value.file == str(tmp_path / "none")
    with pytest.raises(InputError, match="is a folder"), open_input(tmp_path):
        pass
    with pytest.raises(OSError, match=r"^mine$"), open_input(path):  # what happens within is not about opening
        raise OSError("mine")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (gzip.compress(b"x", mtime=0), "gzip"),
        (bz2.compress(b"x"), "bzip2"),
        (bz2.compress(b""), "bzip2"),
        (lzma.compress(b"x"), "xz"),
        (lzma.compress(b"x", format=lzma.FORMAT_ALONE), "lzma"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "zstd"),
        (b"\x04\x22\x4d\x18d@", "lz4"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\x01", "rar"),
        (b"a.txt".ljust(257, b"\0") + b"ustar\x0000", "tar"),
        ("a".encode("utf-16"), "UTF-16"),
        ("a".encode("utf-32"), "UTF-32"),
        (b"BZh1 is no bzip2.", None),
        (b"PK and LZIP", None),
        (b"", None),
        ("\ufeffa".encode(), None),
    ],
)
def test_what_must_be_unpacked_or_decoded(head: bytes, kind: str | None) -> None:
    problem = foreign_format(head)
    assert problem is None if kind is None else f" {kind}" in str(problem)


def test_standard_streams_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"in")))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    with open_input("-") as source, open_output("-") as target:
        target.write(source.read())
    assert sys.stdout.buffer.getvalue() == b"in"  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"^<stdin>: standard input is closed: give a file$"), open_input("-"):
        pass
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match=r"^standard output is closed"), open_output("-"):
        pass


def test_folders_are_made_or_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b").is_dir()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match=r"is no folder, or is in what is no folder: give another place$"):
            make_folder(folder)
    with pytest.raises(OutputError, match=r"cannot be written: File name too long"):
        make_folder(tmp_path / ("x" * 300))


def test_names_that_are_none() -> None:
    for use in (atomic_writer, open_output):
        with pytest.raises(OutputError, match=r"^'a\\x00b': is no file name: choose another one$"), use("a\0b"):
            pass
    with pytest.raises(OutputError, match="is no file name"):
        make_folder("a\0b")


def test_whether_a_file_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "out"
    check_writable(path)
    assert not path.exists()
    path.write_bytes(b"old")
    check_writable(path)
    assert path.read_bytes() == b"old"
    with pytest.raises(OutputError, match=r"out/x: is in what is no folder"):
        check_writable(path / "x")
    assert os.listdir(tmp_path) == ["out"]
