"""A file is written whole or not at all, and one that cannot be read is named in one line."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from arcparser.errors import InputError, OutputError
from arcparser.files import atomic_writer, open_input


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
