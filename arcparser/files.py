"""Open and read a file with errors of one line, and write a file whole or not at all.

The name `-` is standard input for `open_input` and standard output for `open_output`. Both read and write compressed
files, as `arcparser.compression` says. `open_input` also reads URLs (`arcparser.remote`).

When writing, bytes go to a temporary file in the folder of the target and are renamed over it (`os.replace`, atomic on
one file system) once everything is written; on any exception the temporary file is removed and the target is what it
was before. Nothing is fsynced: this guards against a killed process or a full disk, not against a power failure.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, overload

from arcparser.compression import packed, suffix, unpacked, unpacked_by_magic
from arcparser.errors import InputError, OutputError, UsageError, quote, unfit
from arcparser.remote import is_url, open_url

if TYPE_CHECKING:
    from arcparser.types import PathLike

STANDARD_STREAM = "-"

_LONGEST_NAME, _LONGEST_PATH = 255, 1024  # characters of a file's name without and with its folder


def is_path(value: object) -> bool:
    """Tell whether a value can be the path of a file: a string, or a Path."""
    return isinstance(value, (str, os.PathLike))


def check_path(name: str, path: object, wanted: str = "the path of a file") -> None:
    """Check that an argument is a path.

    Args:
        name: What messages call the argument.
        path: What was given.
        wanted: What to give instead.

    Raises:
        UsageError: It is none.
    """
    if not is_path(path):
        raise unfit(name, path, wanted)


def shown_name(path: PathLike) -> str:
    """Return what messages call a file that is read."""
    return "<stdin>" if os.fspath(path) == STANDARD_STREAM else _as_one_line(path)


def _as_one_line(path: PathLike) -> str:
    """Return a file's name as it is, unless it has line breaks or no file has one so long."""
    name = str(os.fspath(path))
    longest = _LONGEST_PATH if os.path.dirname(name) else _LONGEST_NAME
    return name if name.splitlines() == [name] and len(name) <= longest else quote(name, 60)


_LARGE = 4096  # bytes: so much at once is a piece of a longer text, of which more will follow


def _nothing() -> None: ...


_before_rename: Callable[[], object] = _nothing


@contextlib.contextmanager
def before_rename(function: Callable[[], object] | None) -> Iterator[None]:
    """Call a function, in the `with` block, whenever a file is written and about to get its name."""
    global _before_rename
    before, _before_rename = _before_rename, function or _nothing
    try:
        yield
    finally:
        _before_rename = before


# What files begin with that are neither text nor CoNLL-U, and what to say of them.
_SIGNATURES = (
    *(
        (magic, f"is compressed by {name}: unpack it first")
        for magic, name in (
            (b"\x1f\x8b", "gzip"),
            (b"\xfd7zXZ\x00", "xz"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"\x04\x22\x4d\x18", "lz4"),
            (b"\x5d\x00\x00", "lzma"),
            (b"LZIP\x01", "lzip"),
            (b"\x1f\x9d", "compress"),
        )
    ),
    (b"PK\x03\x04", "is a zip archive (or an office document): unpack it first, or save it as plain text"),
    (b"PK\x05\x06", "is an empty zip archive: give another file"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it first"),
    (b"Rar!\x1a\x07", "is a rar archive: unpack it first"),
    (b"\xff\xfe\x00\x00", "is encoded in UTF-32: save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "is encoded in UTF-32: save it as UTF-8"),
    (b"\xff\xfe", "is encoded in UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "is encoded in UTF-16: save it as UTF-8"),
)
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")  # a text may begin with its first letters
_TAR_PLACE, _TAR_MAGIC = 257, b"ustar"


def foreign_format(head: bytes) -> str | None:
    """Say what a file is that begins with `head`, if it must be unpacked or decoded before it can be read."""
    if head[_TAR_PLACE:].startswith(_TAR_MAGIC) and b"\0" in head[:_TAR_PLACE]:
        return "is a tar archive: unpack it first"
    if _BZIP2.match(head):
        return "is compressed by bzip2: unpack it first"
    return next((problem for magic, problem in _SIGNATURES if head.startswith(magic)), None)


@contextlib.contextmanager
def open_output(path: PathLike, *, temporary: Path | None = None) -> Iterator[BinaryIO]:
    """Open a file as `atomic_writer` does, or take standard output (`-`), which stays open.

    What goes to a file is compressed if its suffix says so.

    Args:
        path: The file.
        temporary: As in `atomic_writer`.

    Raises:
        OutputError: The file cannot be written, or standard output is closed.
        UsageError: It is no path, or to be compressed by a package that is not installed.
    """
    check_path("the file to write", path, "its path")
    if os.fspath(path) != STANDARD_STREAM:
        with atomic_writer(path, temporary=temporary) as stream, _packed(stream, path) as target:
            yield target
        return
    if sys.stdout is None:
        raise OutputError("standard output is closed: give the name of a file")
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextlib.contextmanager
def _packed(stream: BinaryIO, path: PathLike) -> Iterator[BinaryIO]:
    """Compress what is written to a stream, as a path says; its end is not written after an error."""
    target = packed(stream, str(os.fspath(path)))
    if target is None:
        yield stream
        return
    yield target
    target.close()


def make_folder(path: PathLike) -> Path:
    """Make a folder and those that it is in, as far as they are not there.

    Raises:
        OutputError: It cannot be made.
    """
    folder = Path(path)
    _real_path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise OutputError(f"{folder}: is no folder, or is in what is no folder: give another place") from error
    except OSError as error:
        raise output_error(folder, error) from error
    return folder


def check_writable(path: PathLike) -> None:
    """Find out whether a file can be written beside which other files are to be, without touching it.

    Raises:
        OutputError: It cannot, or something is there that is no regular file.
    """
    target = _real_path(path)
    if os.path.exists(target) and not (os.path.isfile(target) or os.path.isdir(target)):
        raise OutputError(f"{os.fspath(path)}: is a pipe or a device: give the name of a file")
    with contextlib.suppress(_NotNow), atomic_writer(path):
        raise _NotNow


class _NotNow(Exception):
    """Nothing shall be written."""


def _real_path(path: PathLike) -> Path:
    """Follow symbolic links: a file is written through one instead of replacing it.

    Raises:
        OutputError: There can be no file of this name.
    """
    try:
        return Path(os.path.realpath(path))
    except ValueError as error:  # of a NUL
        raise OutputError(f"{quote(os.fspath(path), 60)}: is no file name: choose another one") from error


@contextlib.contextmanager
def atomic_writer(path: PathLike, *, temporary: Path | None = None) -> Iterator[BinaryIO]:
    """Open `path` for writing bytes; it appears under its name only if the `with` block succeeds.

    A target that exists and is no regular file (a pipe, /dev/null) is written directly, as it cannot be replaced.

    Args:
        path: The file.
        temporary: The temporary file, on the same file system; None: one of a name of its own beside the target.

    Raises:
        OutputError: An OSError came up within the block or when renaming. BrokenPipeError and all other exceptions of
            the block pass.
        UsageError: It is no path.
    """
    check_path("the file to write", path, "its path")
    target = _real_path(path)
    try:
        mode = target.stat().st_mode if target.exists() else stat.S_IFREG
        if not stat.S_ISREG(mode):
            temporary = None
        elif temporary is None:
            temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.part")
        with open(temporary or target, "wb", buffering=1 << 18) as stream:
            yield stream
        if temporary:
            if stat.S_IMODE(mode):
                os.chmod(temporary, stat.S_IMODE(mode))  # keep the permissions of the file that is replaced
            _before_rename()
            os.replace(temporary, target)
    except BaseException as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise output_error(path, error) from error
        raise


def output_error(path: PathLike, error: OSError) -> OutputError:
    """Return the one-line error for an OSError met while writing `path`."""
    name = os.fspath(path)
    folder = Path(os.path.realpath(name) if os.path.islink(name) else name).parent
    if isinstance(error, FileNotFoundError) and not os.path.exists(folder):
        problem = f"the folder {_as_one_line(folder)} does not exist: create it first"
    elif isinstance(error, NotADirectoryError):
        problem = "is in what is no folder: choose another place"
    elif isinstance(error, IsADirectoryError):
        problem = "is a folder: give the name of a file"
    elif isinstance(error, PermissionError):
        problem = "cannot be written, permission denied: choose another place"
    else:
        problem = f"cannot be written: {error.strerror or error}"
    return OutputError(f"{_as_one_line(path)}: {problem}")


@overload
def read_chunks(stream: BinaryIO, size: int, *, name: str, content: str) -> Iterator[bytes]: ...


@overload
def read_chunks(stream: BinaryIO, size: int, *, name: str, content: str, pauses: bool) -> Iterator[bytes | None]: ...


def read_chunks(
    stream: BinaryIO, size: int, *, name: str, content: str, pauses: bool = False
) -> Iterator[bytes | None]:
    """Yield the bytes of a stream in chunks, and in the end an empty one.

    Args:
        stream: What is read.
        size: The most bytes of a chunk.
        name: What messages call the stream.
        content: What messages call what is in it.
        pauses: Also yield None before reading would wait for whoever writes, who may wait for an answer.

    Raises:
        InputError: The stream cannot be read.
        UsageError: It gives text instead of bytes.
    """
    text_mode = f"{content} is read from binary streams: open the file with mode 'rb'"
    read = getattr(stream, "read1", stream.read)  # read1 takes what a pipe has instead of waiting for more
    while True:
        try:
            chunk = read(size)
        except UnicodeDecodeError:
            raise UsageError(text_mode) from None
        except io.UnsupportedOperation as error:
            raise InputError("cannot be read: open the file with mode 'rb'", name) from error
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}: check the file", name) from error
        except (ValueError, EOFError) as error:  # it is closed, or the end of what is compressed is missing
            raise InputError(f"cannot be read: {error}", name) from error
        if isinstance(chunk, str):
            raise UsageError(text_mode)
        yield chunk
        if not chunk:
            return
        # What comes in large pieces as a rule goes on: the next one may take a moment.
        if pauses and _is_empty(stream, seconds=0.01 if len(chunk) >= _LARGE else 0.0):
            yield None


def _is_empty(stream: BinaryIO, *, seconds: float) -> bool:
    """Tell whether reading a stream would wait, longer than for so many seconds."""
    import select

    try:
        return not select.select([stream.fileno()], [], [], seconds)[0]
    except io.UnsupportedOperation:  # in memory
        return False
    except (AttributeError, OSError, ValueError):  # a stream of somebody else's, or Windows, which knows only sockets
        return True


@contextlib.contextmanager
def open_input(path: PathLike) -> Iterator[BinaryIO]:
    """Open a file or URL for reading bytes, or take standard input (`-`), which stays open.

    What is compressed is unpacked: the suffix of a file says whether it is, and the first bytes of all else.

    Raises:
        InputError: The file cannot be opened, or standard input is closed. Reading what is damaged raises it as well.
        UsageError: It is no path, or compressed by what takes a package that is not installed.
    """
    check_path("the file", path, "its path")
    file = shown_name(path)
    name = str(os.fspath(path))
    if is_url(name):
        with open_url(name) as remote:
            yield unpacked(remote, name, file) if suffix(name) else unpacked_by_magic(remote, file)
        return
    if name == STANDARD_STREAM:
        if sys.stdin is None:
            raise InputError("standard input is closed: give a file", file)
        yield unpacked_by_magic(sys.stdin.buffer, file)
        return
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below; errors of the with block are not ours
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("no such file: check the path", file) from error
    except ValueError as error:
        raise InputError("is no file name: check the path", quote(os.fspath(path), 60)) from error
    except OSError as error:  # on Windows, opening a folder is a PermissionError
        if os.path.isdir(path):
            raise InputError("is a folder: give the name of a file", file) from error
        raise InputError(f"cannot be opened: {error.strerror or error}: check the path", file) from error
    with stream:
        if suffix(name):
            yield unpacked(stream, name, file)
        else:
            yield stream if os.path.isfile(path) else unpacked_by_magic(stream, file)
