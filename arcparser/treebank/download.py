"""Downloading a file by HTTP, and going on where an earlier attempt stopped (RFC 9110, range requests).

What has arrived is kept in a file of its own. The next request asks for the bytes from there on
(`Range: bytes=N-`); a server that answers 206 sends these, one that does not know ranges answers 200 and
sends the whole file, which then starts anew. Within one run the entity tag of the first answer goes along
(`If-Range`), so that a file which changes meanwhile is not sewn together from two versions.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arcparser.errors import InputError

_CHUNK = 1 << 16


class _PassingError(Exception):
    """The connection broke off or the server is busy: it may go better if it is tried again."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, in seconds, and how often to try again.

    A server may keep silent for `timeout`. After an attempt that has brought nothing the next one waits
    `wait`, then twice that, and so on; `attempts` of that kind in a row are an error.
    """

    timeout: float = 30.0
    wait: float = 1.0
    attempts: int = 5


PATIENCE = Patience()


def exists(url: str, *, patience: Patience) -> bool:
    """Whether the server has this address. Raises InputError if it cannot be asked."""
    try:
        with _open(url, 0, "", patience.timeout) as response:
            return response is not None
    except _PassingError as error:
        raise InputError(f"{error}: try again later", url) from error


def download(url: str, path: Path, *, patience: Patience, progress: bool = False) -> bool:
    """Complete the file `path`, of which a beginning may be there; False if the server has no such file.

    `progress` shows a bar on standard error. Raises InputError for the network and the server, OSError for
    the file.
    """
    failures = 0
    tag = ""
    with contextlib.ExitStack() as stack:
        bar: Any = None
        while True:
            have = path.stat().st_size if path.exists() else 0
            try:
                with _open(url, have, tag, patience.timeout) as response:
                    if response is None:
                        return False
                    start, total = _range(response, have)
                    tag = response.headers.get("ETag", "")
                    if tag.startswith("W/"):  # weak ones are not for ranges
                        tag = ""
                    if bar is None:
                        bar = stack.enter_context(_bar(url, total, progress))
                    if response.status != 416:
                        _copy(response, path, start, bar)
                    if total is None or path.stat().st_size == total:
                        return True
                    if path.stat().st_size > total:
                        path.unlink()
                    raise _PassingError("the connection broke off")
            except _PassingError as error:
                brought = path.exists() and path.stat().st_size > have
                failures = 0 if brought else failures + 1
                if failures >= patience.attempts:
                    advice = "run the command again, it goes on from there"
                    raise InputError(f"{error}, {failures} times in a row: {advice}", url) from error
                time.sleep(patience.wait * 2 ** max(failures - 1, 0))


@contextlib.contextmanager
def _open(url: str, have: int, tag: str, timeout: float) -> Iterator[Any]:
    """The response to a request for `url` from byte `have` on; None if there is no such file."""
    request = urllib.request.Request(url, headers={"User-Agent": "arcparser"})
    if have:
        request.add_header("Range", f"bytes={have}-")
        if tag:
            request.add_header("If-Range", tag)
    try:
        response = urllib.request.urlopen(request, timeout=timeout)  # closed below
    except urllib.error.HTTPError as error:
        with error:
            if error.code in (404, 410):
                yield None
            elif error.code == 416 and have:
                yield error
            elif error.code == 429 or error.code >= 500:
                raise _PassingError(f"the server answered {error.code} {error.reason}") from error
            else:
                problem = f"the server answered {error.code} {error.reason}"
                raise InputError(f"{problem}: try again later or from another network", url) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, (TimeoutError, ConnectionResetError)):
            raise _PassingError(f"the connection broke off ({error.reason})") from error
        raise InputError(_unreachable(error.reason), url) from error
    except (OSError, http.client.HTTPException) as error:
        raise _PassingError(f"the connection broke off ({error or type(error).__name__})") from error
    else:
        with response:
            yield response


def _range(response: Any, have: int) -> tuple[int, int | None]:
    """The byte at which the response begins and the size of the whole file, if it is known."""
    content_range = response.headers.get("Content-Range", "")
    if response.status in (206, 416):
        match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", content_range)
        total = int(match[2]) if match and match[2] != "*" else None
        if response.status == 206 and match and match[1] is not None:
            return int(match[1]), total
        return have, -1 if total is None else total  # 416: complete if we have just as much, else anew
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _copy(response: Any, path: Path, start: int, bar: Any) -> None:
    """Write the body of a response to the file from byte `start` on."""
    with open(path, "r+b" if start else "wb") as stream:
        stream.seek(start)
        stream.truncate()
        bar.n = start
        while True:
            try:
                chunk = response.read1(_CHUNK)  # what has come, instead of waiting for a whole chunk
            except (OSError, http.client.HTTPException) as error:
                raise _PassingError(f"the connection broke off ({error or type(error).__name__})") from error
            if not chunk:
                break
            stream.write(chunk)
            bar.update(len(chunk))


def _bar(url: str, total: int | None, progress: bool) -> Any:
    from tqdm import tqdm

    name = url.rpartition("/")[2]
    return tqdm(desc=name, total=total, unit="B", unit_scale=True, disable=not progress, dynamic_ncols=True)


def _unreachable(reason: object) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return "the server's certificate cannot be verified: check the clock and Python's certificates"
    text = getattr(reason, "strerror", None) or reason
    return f"the server cannot be reached ({text}): check the network, or the proxy in https_proxy"
