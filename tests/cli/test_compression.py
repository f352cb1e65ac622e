"""Compressed files: read and written by their names, and by their first bytes where there is no name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import arcparser
from arcparser import compression
from arcparser.errors import InputError, UsageError
from arcparser.files import open_input, open_output
from tests.helpers.command import GOOD, POSIX, Run, ended, process
from tests.helpers.toy import DEV

TEXT = DEV.read_bytes()


def zstd(data: bytes) -> bytes:
    zstandard = pytest.importorskip("zstandard")
    packed: bytes = zstandard.ZstdCompressor().compress(data)
    return packed


PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstd,
}
by_suffix = pytest.mark.parametrize("suffix", PACK)


@by_suffix
def test_there_and_back(suffix: str, tmp_path: Path) -> None:
    path, again = tmp_path / f"a.conllu{suffix}", tmp_path / f"B.CONLLU{suffix.upper()}"
    for target in (path, again):
        with open_output(target) as stream:
            for _ in range(3):
                stream.write(TEXT)
    assert path.read_bytes() == again.read_bytes() != TEXT * 3
    assert len(path.read_bytes()) < len(TEXT)
    with open_input(path) as stream:
        assert stream.read() == TEXT * 3
        assert compression.position(stream) == path.stat().st_size
    assert os.listdir(tmp_path) in ([path.name, again.name], [again.name, path.name])


@by_suffix
def test_several_streams_are_one(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(PACK[suffix](TEXT) + PACK[suffix](b"") + PACK[suffix](b"more"))
    with open_input(path) as stream:
        assert stream.read() == TEXT + b"more"


@by_suffix
@pytest.mark.parametrize("harm", ["cut off", "damaged", "plain"])
def test_what_is_damaged(suffix: str, harm: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.conllu{suffix}"
    packed = PACK[suffix](TEXT)
    middle = len(packed) // 2
    data = {
        "cut off": packed[:middle],
        "damaged": packed[:middle] + bytes(255 - byte for byte in packed[middle : middle + 20]) + packed[middle + 20 :],
        "plain": TEXT,
    }[harm]
    path.write_bytes(data)
    kind = r"\w+, as its name says: rename" if harm == "plain" else r"\w+, but is (cut off|damaged): get"
    with pytest.raises(InputError, match=rf"^{path}: is (not )?compressed by {kind}"):
        list(arcparser.read_conllu(path))


@by_suffix
def test_standard_input_is_known_by_its_first_bytes(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.BytesIO, lambda data: io.BufferedReader(_Slow(data))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream(PACK[suffix](TEXT))))
        with open_input("-") as opened:
            assert opened.read() == TEXT


@pytest.mark.parametrize("data", [b"", b"\x1f", b"B", b"BZh", b"BZh1 is text.", b"(", TEXT])
def test_other_input_is_as_it_is(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.BytesIO, lambda data: io.BufferedReader(_Slow(data))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream(data)))
        with open_input("-") as opened:
            assert opened.read() == data


class _Slow(io.RawIOBase):
    """Give the first bytes one by one, as a pipe may."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = 1 if self._given < 8 else len(buffer)
        piece = self._data[self._given : self._given + size]
        buffer[: len(piece)] = piece
        self._given += len(piece)
        return len(piece)


def test_zstd_without_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compression, "_zstd_of_python", lambda: None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "a.zst").write_bytes(b"")
    for opening in (open_input, open_output):
        with pytest.raises(UsageError, match=r'pip install "arcparser\[zstd\]"$'), opening(tmp_path / "a.zst"):
            pass
    assert os.listdir(tmp_path) == ["a.zst"]


def test_commands_read_and_write_them(run: Run, toy_model: Path, tmp_path: Path) -> None:
    text, packed, output = tmp_path / "a.txt", tmp_path / "b.txt.gz", tmp_path / "out.conllu.xz"
    text.write_bytes(b"Dogs chase cats. Cats sleep.")
    packed.write_bytes(gzip.compress(text.read_bytes()))
    plain = run("parse", text, "--model", toy_model)
    assert run("parse", packed, "--model", toy_model).out == plain.out  # it is text by its name
    assert run("parse", "-", "--format", "text", "--model", toy_model, stdin=packed.read_bytes()).out == plain.out
    assert run("parse", packed, "--model", toy_model, "--output", output).status == 0
    assert lzma.decompress(output.read_bytes()) == plain.out
    gold = tmp_path / "gold.conllu.bz2"
    gold.write_bytes(bz2.compress(TEXT))
    assert run("evaluate", gold, DEV).out == run("evaluate", DEV, DEV).out
    gold.write_bytes(gold.read_bytes()[:-9])
    assert run("evaluate", gold, DEV).line.startswith(f"{gold}: is compressed by bzip2, but is cut off: ")
    assert run("parse", gold, "--model", toy_model, "--output", output).status == 1
    assert lzma.decompress(output.read_bytes()) == plain.out


@POSIX
def test_a_compressed_pipe(toy_model: Path) -> None:
    running = process(["parse", "--model", toy_model], stdin=-1)
    assert ended(running, gzip.compress(GOOD * 3)).out == GOOD * 3
