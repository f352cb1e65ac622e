"""Download a file by HTTP with pooch, and go on where an earlier attempt stopped (RFC 9110, range requests).

pooch (https://www.fatiando.org/pooch) leaves the transport to a function `downloader(url, output_file, pooch)`. Its own
begins anew when a connection breaks off; `ResumingDownloader` tries again and goes on. What has arrived stays in the
file, and the next request asks for the bytes from there on (`Range: bytes=N-`). A server that answers 206 sends these;
one that does not know ranges answers 200 and sends the whole file, which then starts anew. Within one run the entity
tag of the first answer goes along (`If-Range`), so that a file which changes meanwhile is not sewn together from two
versions.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcparser.errors import InputError

if TYPE_CHECKING:
    from arcparser.types import PathLike

_CHUNK = 1 << 16


class NotOnServer(InputError):
    """The server has no file of this address."""


class _PassingError(Exception):
    """The connection broke off or the server is busy: it may go better if it is tried again."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, in seconds, and how often to try again.

    Attributes:
        timeout: How long a server may keep silent.
        wait: How long to wait after an attempt that has brought nothing; after the next one twice that, and so on.
        attempts: So many attempts in a row that bring nothing are an error.
    """

    timeout: float = 30.0
    wait: float = 1.0
    attempts: int = 5


PATIENCE = Patience()


@dataclass(frozen=True)
class ResumingDownloader:
    """A downloader for `pooch.retrieve` and `pooch.Pooch.fetch`, or to be called by itself.

    Attributes:
        patience: How long to wait and how often to try again.
        progress: Show a bar on standard error.
    """

    patience: Patience = PATIENCE
    progress: bool = False

    def __call__(
        self, url: str, output_file: PathLike | None, pooch: Any = None, check_only: bool = False
    ) -> bool | None:
        """Complete a file, of which a beginning may be there.

        Args:
            url: What to download.
            output_file: The file to write; None with `check_only`. Should this fail, it stays as far as it has come.
            pooch: Not used; part of pooch's convention.
            check_only: Do not download, but say whether the server has the file.

        Returns:
            With `check_only` the answer, else None.

        Raises:
            NotOnServer: The server has no such file.
            InputError: The network or the server fails.
            OSError: The file cannot be written.
        """
        if check_only or output_file is None:
            return self._exists(url)
        self._complete(url, Path(output_file))
        return None

    def _exists(self, url: str) -> bool:
        try:
            with _session(url) as session, _open(session, url, 0, "", self.patience.timeout):
                return True
        except NotOnServer:
            return False
        except _PassingError as error:
            raise InputError(f"{error}: try again later", url) from error

    def _complete(self, url: str, path: Path) -> None:
        """Attempt until the file is complete, or until too many attempts in a row have brought nothing."""
        failures = 0
        tag = ""
        with contextlib.ExitStack() as stack:
            session = stack.enter_context(_session(url))
            bar: Any = None
            while True:
                have = _size(path)
                try:
                    with _open(session, url, have, tag, self.patience.timeout) as response:
                        start, total = _range(response, have)
                        tag = response.headers.get("ETag", "")
                        if tag.startswith("W/"):  # weak ones are not for ranges
                            tag = ""
                        if bar is None:
                            bar = stack.enter_context(_bar(url, total, self.progress))
                        if response.status_code != 416:
                            _copy(response, path, start, bar)
                        if total is None or _size(path) == total:
                            return
                        if _size(path) > total:
                            path.unlink()
                        raise _PassingError("the connection broke off")
                except _PassingError as error:
                    failures = 0 if _size(path) > have else failures + 1
                    if failures >= self.patience.attempts:
                        advice = "run the command again, it goes on from there"
                        raise InputError(f"{error}, {failures} times in a row: {advice}", url) from error
                    time.sleep(self.patience.wait * 2 ** max(failures - 1, 0))


@contextlib.contextmanager
def _open(session: Any, url: str, have: int, tag: str, timeout: float) -> Iterator[Any]:
    """Ask for `url` from byte `have` on; the answer is 200, 206, or 416 if there is nothing from there on."""
    from http.client import HTTPException

    import requests

    headers = {"User-Agent": "arcparser", "Accept-Encoding": "identity"}  # bytes as they are in the file
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag:
            headers["If-Range"] = tag
    try:
        response = session.get(url, headers=headers, timeout=timeout, stream=True)
    except OSError as error:  # all of requests' own are
        cause = _cause(error)
        if isinstance(error, requests.Timeout) or isinstance(cause, (ConnectionResetError, HTTPException)):
            raise _broke_off(cause) from error
        raise InputError(_unreachable(cause), url) from error
    with response:
        status = response.status_code
        answer = f"the server answered {status} {response.reason}"
        if status in (404, 410):
            raise NotOnServer(f"{answer}: check the address", url)
        if status == 429 or status >= 500:
            raise _PassingError(answer)
        if status >= 300 and not (status == 416 and have):
            raise InputError(f"{answer}: try again later or from another network", url)
        yield response


def _session(url: str) -> Any:
    """Make a session that trusts the certificates and takes the proxies that Python's own connections do.

    Not those of requests: it knows only the certificates that certifi brings, not the system's, and sends passwords
    from ~/.netrc to any server.
    """
    import ssl
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    import requests

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options, ssl_context=ssl.create_default_context())

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            return super().proxy_manager_for(proxy, **options, ssl_context=ssl.create_default_context())

    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Adapter())
    if not proxy_bypass(urlsplit(url).hostname or ""):
        session.proxies = {scheme: proxy for scheme, proxy in getproxies().items() if scheme in ("http", "https")}
    return session


def _range(response: Any, have: int) -> tuple[int, int | None]:
    """Return the byte at which the response begins and the size of the whole file, if it is known."""
    if response.status_code in (206, 416):
        match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", ""))
        total = int(match[2]) if match and match[2] != "*" else None
        if response.status_code == 206 and match and match[1] is not None:
            return int(match[1]), total
        return have, -1 if total is None else total  # 416: complete if we have just as much, else anew
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _copy(response: Any, path: Path, start: int, bar: Any) -> None:
    """Write the body of a response to the file from byte `start` on, as far as it comes."""
    from urllib3.exceptions import HTTPError

    # What has come, instead of waiting for a whole chunk, of which a break would lose the beginning; urllib3 1 cannot.
    read = getattr(response.raw, "read1", response.raw.read)
    with open(path, "r+b" if start else "wb") as stream:
        stream.seek(start)
        stream.truncate()
        bar.n = start
        while True:
            try:
                chunk = read(_CHUNK)
            except (HTTPError, OSError) as error:
                raise _broke_off(_cause(error)) from error
            if not chunk:
                break
            stream.write(chunk)
            bar.update(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _bar(url: str, total: int | None, progress: bool) -> Any:
    from tqdm import tqdm

    name = url.rpartition("/")[2]
    return tqdm(desc=name, total=total, unit="B", unit_scale=True, disable=not progress, dynamic_ncols=True)


def _cause(error: BaseException) -> BaseException:
    """Find the error of the system or of TLS in those that requests and urllib3 have wrapped it in."""
    while type(error).__module__.partition(".")[0] in ("requests", "urllib3"):
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return error


def _broke_off(cause: BaseException) -> _PassingError:
    from http.client import IncompleteRead

    if isinstance(cause, IncompleteRead):  # which tells no more
        return _PassingError("the connection broke off")
    return _PassingError(f"the connection broke off ({str(cause) or type(cause).__name__})")


def _unreachable(cause: BaseException) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return "the server's certificate cannot be verified: check the clock and Python's certificates"
    reason = getattr(cause, "strerror", None) or cause
    return f"the server cannot be reached ({reason}): check the network, or the proxy in https_proxy"
