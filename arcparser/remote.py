"""Read files by URL, where the package `fsspec` is there: `s3://bucket/a.txt`, `https://…`, `file:///…`.

What opens a URL is a package for its scheme, such as `s3fs`, that fsspec knows. Credentials and other options come from
that package's own configuration or from fsspec's. Only inputs are read so: outputs and models are files.
"""

from __future__ import annotations

import io
import os
import re
from typing import Any, BinaryIO, cast

from arcparser.errors import InputError, UsageError, one_line

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]+://")  # C:// is no URL
_PATTERN = re.compile(r"[*?\[]")
_BUFFER = 1 << 20


def is_url(path: object) -> bool:
    """Tell whether the path of an input is a URL."""
    return isinstance(path, str) and _URL.match(path) is not None


def open_url(url: str) -> BinaryIO:
    """Open what is at a URL for reading.

    Raises:
        InputError: It cannot be opened.
        UsageError: fsspec, or its package for such URLs, is not installed.
    """
    opened = _call(url, lambda fsspec: fsspec.open(url, "rb").open())
    return cast(BinaryIO, io.BufferedReader(_Remote(opened), _BUFFER))


def find_urls(url: str) -> list[tuple[str, str]]:
    """Find the files at a URL, in order: one, those of a folder and the folders in it, or those of a pattern.

    Returns:
        The URL of each, and its path seen from there; of a pattern, its name.

    Raises:
        InputError: There is no such file or folder.
        UsageError: As in `open_url`.
    """
    return cast("list[tuple[str, str]]", _call(url, lambda fsspec: _find(fsspec, url)))


def _find(fsspec: Any, url: str) -> list[tuple[str, str]]:
    system, path = fsspec.core.url_to_fs(url)
    if _PATTERN.search(url) and not url.startswith("http"):
        found = [(one, one) for one in sorted(system.glob(path)) if system.isfile(one)]
        return [(system.unstrip_protocol(one), os.path.basename(name)) for one, name in found]
    if system.isdir(path):
        root = path.rstrip("/") + "/"
        return [(system.unstrip_protocol(one), one.removeprefix(root)) for one in sorted(system.find(path))]
    if not system.exists(path):
        raise FileNotFoundError(url)
    return [(url, os.path.basename(path))]


def _call(url: str, function: Any) -> Any:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"{url}: URLs take a package that is not installed: pip install fsspec") from None
    try:
        return function(fsspec)
    except ImportError as error:
        raise UsageError(one_line(f"{url}: takes a package that is not installed: {error}")) from error
    except FileNotFoundError as error:
        raise InputError("no such file: check the URL", url) from error
    except Exception as error:  # of whatever package opens it
        reason = one_line(str(error) or type(error).__name__)
        raise InputError(f"cannot be opened: {reason}: check the URL", url) from error


class _Remote(io.RawIOBase):
    """Read a file of fsspec, whose packages have errors of their own."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._opened.read(len(buffer))
        except OSError:
            raise
        except Exception as error:
            raise OSError(one_line(str(error) or type(error).__name__)) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._opened.close()
        super().close()
