"""Opening and reading a file with errors of one line, and writing a file whole or not at all.

When writing, bytes go to a temporary file in the folder of the target and are renamed over it (`os.replace`, atomic on
one file system) once everything is written; on any exception the temporary file is removed and the target is what it
was before. Nothing is fsynced: this guards against a killed process or a full disk, not against a power failure.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from arcparser.errors import InputError, OutputError, UsageError, quote, unfit

if TYPE_CHECKING:
    from arcparser.types import PathLike

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
    """Return a file's name as messages show it: as it is, unless it has line breaks or no file has one so long."""
    name = str(os.fspath(path))
    longest = _LONGEST_PATH if os.path.dirname(name) else _LONGEST_NAME
    return name if name.splitlines() == [name] and len(name) <= longest else quote(name, 60)


_LARGE = 4096  # bytes, from which on a program writes the piece of a longer text rather than a question


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


@contextlib.contextmanager
def atomic_writer(path: PathLike) -> Iterator[BinaryIO]:
    """Open `path` for writing bytes; it appears under its name only if the `with` block succeeds.

    A target that exists and is no regular file (a pipe, /dev/null) is written directly, as it cannot be replaced.

    Raises:
        OutputError: An OSError came up within the block or when renaming. BrokenPipeError and all other exceptions of
            the block pass.
        UsageError: It is no path.
    """
    check_path("the file to write", path, "its path")
    try:
        target = Path(os.path.realpath(path))  # write through a symbolic link instead of replacing it
    except ValueError as error:
        raise OutputError(f"{quote(os.fspath(path), 60)}: is no file name: give another") from error
    temporary = None
    try:
        mode = target.stat().st_mode if target.exists() else stat.S_IFREG
        if stat.S_ISREG(mode):
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
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        problem = f"the folder {shown_name(Path(path).parent)} does not exist: create it first"
    elif isinstance(error, IsADirectoryError):
        problem = "is a folder: give the name of a file"
    elif isinstance(error, PermissionError):
        problem = "cannot be written, permission denied: choose another place"
    else:
        problem = f"cannot be written: {error.strerror or error}"
    return OutputError(f"{shown_name(path)}: {problem}")


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
            raise InputError(f"cannot be read: {error.strerror or error}", name) from error
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
    """Open a file for reading bytes.

    Raises:
        InputError: The file cannot be opened.
        UsageError: It is no path.
    """
    check_path("the file", path, "its path")
    file = shown_name(path)
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below; errors of the with block are not ours
    except FileNotFoundError as error:
        raise InputError("no such file: check the path", file) from error
    except ValueError as error:
        raise InputError("is no file name: check the path", quote(os.fspath(path), 60)) from error
    except OSError as error:  # on Windows, opening a folder is a PermissionError
        if os.path.isdir(path):
            raise InputError("is a folder: give the name of a file", file) from error
        raise InputError(f"cannot be opened: {error.strerror or error}", file) from error
    with stream:
        yield stream
