"""Read and write what is compressed: gzip, xz, bzip2 and zstd.

The name of a file says how it is compressed, by its last suffix. Of what has no name, such as standard input, the first
bytes say so. Several streams one after the other, as `cat a.gz b.gz` makes them, are one. The same bytes compressed are
always the same bytes: no date and no name goes along.

zstd is in Python since 3.14 (`compression.zstd`); before, it takes the package `zstandard` (the extra `zstd`).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

from arcparser.errors import InputError, UsageError

_PIECE = 1 << 12  # bytes given to zstd at a time: the most that they become is bounded by that
_BUFFER = 1 << 18


class _Kind(NamedTuple):
    """A format: its name, how its files begin, and what opens them for reading and writing."""

    name: str
    magic: bytes
    reader: Callable[[BinaryIO], Any]
    writer: Callable[[BinaryIO], Any]


def _gzip_reader(stream: BinaryIO) -> Any:
    import gzip

    return gzip.GzipFile(fileobj=stream, mode="rb")


def _gzip_writer(stream: BinaryIO) -> Any:
    import gzip

    return gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=6, mtime=0)


def _xz_reader(stream: BinaryIO) -> Any:
    import lzma

    return lzma.LZMAFile(stream)


def _xz_writer(stream: BinaryIO) -> Any:
    import lzma

    return lzma.LZMAFile(stream, "wb")


def _bzip2_reader(stream: BinaryIO) -> Any:
    import bz2

    return bz2.BZ2File(stream)


def _bzip2_writer(stream: BinaryIO) -> Any:
    import bz2

    return bz2.BZ2File(stream, "wb")


def _zstd_reader(stream: BinaryIO) -> Any:
    zstd = _zstd_of_python()
    return _ZstdReader(stream) if zstd is None else zstd.ZstdFile(stream)


def _zstd_writer(stream: BinaryIO) -> Any:
    zstd = _zstd_of_python()
    return zstd.ZstdFile(stream, "wb") if zstd else _zstandard().ZstdCompressor().stream_writer(stream, closefd=False)


def _zstd_of_python() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    return zstd


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError:
        raise UsageError('zstd takes a package that is not installed: pip install "arcparser[zstd]"') from None
    return zstandard


_KINDS = {
    ".gz": _Kind("gzip", b"\x1f\x8b", _gzip_reader, _gzip_writer),
    ".xz": _Kind("xz", b"\xfd7zXZ\x00", _xz_reader, _xz_writer),
    ".bz2": _Kind("bzip2", b"BZh", _bzip2_reader, _bzip2_writer),
    ".zst": _Kind("zstd", b"\x28\xb5\x2f\xfd", _zstd_reader, _zstd_writer),
}
_LONGEST = max(len(kind.magic) for kind in _KINDS.values())
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # of which one follows "BZh" and a digit; text may begin with "BZh"


def bare_name(name: str) -> str:
    """Return the name of a file without the suffix that says how it is compressed.

    >>> bare_name("a.txt.gz"), bare_name("a.txt")
    ('a.txt', 'a.txt')
    """
    return name[: len(name) - len(suffix(name))]


def suffix(name: str) -> str:
    """Return the suffix of a name that says how the file is compressed, as it is written; empty if none does."""
    end = os.path.splitext(name)[1]
    return end if end.lower() in _KINDS else ""


def unpacked(stream: BinaryIO, path: str, name: str) -> BinaryIO:
    """Return a stream of what is in a file, whose suffix says whether it is compressed.

    Args:
        stream: The bytes of the file.
        path: Its path.
        name: What messages call it.

    Raises:
        UsageError: Its format takes a package that is not installed.
        InputError: It cannot be read, or begins with something else.
    """
    end = suffix(path).lower()
    if not end:
        return stream
    kind = _KINDS[end]
    head, stream = _peek(stream, name)
    if head and not head.startswith(kind.magic):
        raise InputError(f"is not compressed by {kind.name}, as its name says: rename it, or get it anew", name)
    return _reader(kind, stream, name)


def unpacked_by_magic(stream: BinaryIO, name: str) -> BinaryIO:
    """Return a stream of what is in another one, whose first bytes say whether it is compressed.

    Args:
        stream: The bytes, of which none is read but those that come first.
        name: What messages call it.

    Raises:
        UsageError: Its format takes a package that is not installed.
        InputError: It cannot be read.
    """
    head, stream = _peek(stream, name)
    for end, kind in _KINDS.items():
        if head.startswith(kind.magic) and (end != ".bz2" or head[4:10].startswith(_BZIP2_BLOCKS)):
            return _reader(kind, stream, name)
    return stream


def packed(stream: BinaryIO, path: str) -> Any:
    """Return a stream to write to, whose bytes are compressed as the suffix of a path says; None if it says nothing.

    It is to be closed, which leaves the stream below it open.

    Raises:
        UsageError: Its format takes a package that is not installed.
    """
    end = suffix(path).lower()
    return _KINDS[end].writer(stream) if end else None


def position(stream: BinaryIO) -> int | None:
    """Return how many bytes of a file were read, packed as they are; None for a pipe."""
    try:
        return getattr(stream, "packed", stream).tell()
    except (AttributeError, OSError, ValueError):
        return None


def _peek(stream: BinaryIO, name: str) -> tuple[bytes, BinaryIO]:
    """Return the first bytes of a stream, and a stream that has them yet to come."""
    most = _LONGEST + 4
    if isinstance(stream, io.BytesIO):
        return bytes(stream.getbuffer()[stream.tell() :][:most]), stream
    if not hasattr(stream, "peek"):
        return b"", stream
    try:
        head: bytes = stream.peek(most)[:most]
        # Of a pipe a few bytes may come alone. More are waited for only where they could be the beginning of a format.
        if 0 < len(head) < most and any(kind.magic.startswith(head[: len(kind.magic)]) for kind in _KINDS.values()):
            head = stream.read(most)
            return head, io.BufferedReader(Joined(head, stream), _BUFFER)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read: {reason}: check the file", name) from error
    return head, stream


def _reader(kind: _Kind, stream: BinaryIO, name: str) -> BinaryIO:
    return _BufferedReader(_Unpacked(kind, stream, name), _BUFFER, packed=stream)


class _BufferedReader(io.BufferedReader):
    """Read what was unpacked, and know the stream that it was packed in."""

    def __init__(self, raw: io.RawIOBase, size: int, *, packed: BinaryIO) -> None:
        super().__init__(raw, size)
        self.packed = packed


class _Unpacked(io.RawIOBase):
    """Read what is in a compressed stream; whatever is wrong with that is one kind of error."""

    def __init__(self, kind: _Kind, stream: BinaryIO, name: str) -> None:
        self._kind = kind
        self._name = name
        self._stream = kind.reader(stream)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        import zlib
        from lzma import LZMAError

        try:
            return int(self._stream.readinto(buffer))
        except EOFError:
            problem = "is cut off"
        except OSError as error:
            if error.errno is not None:
                raise
            problem = "is damaged"
        except (zlib.error, LZMAError, ValueError):
            problem = "is damaged"
        except Exception as error:  # ZstdError, of a module that may not be there
            if type(error).__name__ != "ZstdError":
                raise
            problem = "is damaged"
        kind = self._kind.name
        raise InputError(f"is compressed by {kind}, but {problem}: get or make it anew", self._name)


class Joined(io.RawIOBase):
    """Read some bytes that were read already, and then the stream that they came from."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        """Tell that it is for reading."""
        return True

    def fileno(self) -> int:
        """Return that of the stream, to be waited for."""
        return self._stream.fileno()

    def readinto(self, buffer: Any) -> int:
        """Read what there is, but no more than fits."""
        data = self._head[: len(buffer)] or getattr(self._stream, "read1", self._stream.read)(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class _ZstdReader:
    """Read zstd by the package `zstandard`, whose own readers take the end of the file for that of the data."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decompressor = _zstandard().ZstdDecompressor(max_window_size=1 << 31)
        self._frame = self._decompressor.decompressobj()
        self._begun = False  # has the frame any bytes yet?
        self._packed = self._data = b""

    def readinto(self, buffer: Any) -> int:
        while not self._data:
            if self._frame.eof:
                self._packed = self._frame.unused_data
                self._frame, self._begun = self._decompressor.decompressobj(), False
            self._packed = self._packed or self._stream.read(_PIECE)
            if not self._packed:
                if self._begun:
                    raise EOFError
                return 0
            self._begun = True
            self._data = self._frame.decompress(self._packed)
            self._packed = b""
        size = min(len(buffer), len(self._data))
        buffer[:size] = self._data[:size]
        self._data = self._data[size:]
        return size
