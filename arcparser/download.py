"""Download a file by HTTP with pooch, and go on where an earlier attempt stopped (RFC 9110, range requests).

pooch (https://www.fatiando.org/pooch) leaves the transport to a function `downloader(url, output_file, pooch)`. Its own
begins anew when a connection breaks off; `ResumingDownloader` tries again and goes on. What has arrived stays in the
file, and the next request asks for the bytes from there on (`Range: bytes=N-`). A server that answers 206 sends these;
one that does not know ranges answers 200 and sends the whole file, which then starts anew. Within one run the entity
tag of the first answer goes along (`If-Range`), so that a file which changes meanwhile is not sewn together from two
versions.

Nothing that a server says is taken on trust: redirects are followed here, to addresses of http and https alone, and an
answer of another status, encoding, size or range than what was asked for is an error.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead, responses
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from arcparser.errors import InputError, UsageError, clean, quote

if TYPE_CHECKING:
    from arcparser.types import PathLike

_CHUNK = 1 << 16
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
# The status of servers that are busy or did not get the request as it was sent: it may go better in a moment.
_PASSING = (408, 425, 429, 500, 502, 503, 504)
# What to do where to ask again helps nothing.
_ADVICE = {
    400: "check the address, and the proxy in https_proxy",
    401: "the server wants a password, so check the address",
    403: "try again later or from another network",  # some servers say so of who has asked too often
    407: "the proxy wants a password, so check https_proxy",
    451: "the file may not be had from here for legal reasons, so try another network",
    511: "the network wants you to log in, so do that first",
}
_NUMBER = r"\d{1,18}"  # of bytes


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
    headers = {"User-Agent": "arcparser", "Accept-Encoding": "identity"}  # bytes as they are in the file
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag:
            headers["If-Range"] = tag
    with _follow(session, url, headers, timeout) as response:
        status = response.status_code
        # The standard's words for the status: those of the server could be anything.
        answer = f"the server answered {status} {responses.get(status, '')}".rstrip()
        if status in (404, 410):
            raise NotOnServer(f"{answer}: check the address", url)
        if status in _PASSING:
            raise _PassingError(answer)
        if status not in (200, 206) and not (status == 416 and have):
            raise InputError(f"{answer}: {_ADVICE.get(status, 'check the address and the network')}", url)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            problem = f"the server encoded the file ({quote(encoding)}), which it was asked not to"
            raise InputError(f"{problem}: check the address and the network", url)
        yield response


def _follow(session: Any, url: str, headers: Mapping[str, str], timeout: float) -> Any:
    """Ask for `url`, and for the addresses that it is redirected to; return the last answer.

    Raises:
        InputError: The server cannot be reached, or redirects to what is no address or too often.
        _PassingError: The connection broke off.
    """
    address = url
    for _ in range(_MOST_REDIRECTS + 1):
        response = _ask(session, address, headers, timeout)
        if response.status_code not in _REDIRECTS:
            return response
        response.close()
        address = _redirected(address, response.headers.get("Location"), url)
    raise InputError(f"more than {_MOST_REDIRECTS} redirects: check the address and the network", url)


def _ask(session: Any, address: str, headers: Mapping[str, str], timeout: float) -> Any:
    """Send one request and return the answer, of which the body is yet to come."""
    import requests
    from urllib3.exceptions import HTTPError

    try:
        return session.get(address, headers=headers, timeout=timeout, stream=True, allow_redirects=False)
    except (OSError, HTTPError, ValueError) as error:  # OSError: all of requests' own; ValueError: of odd addresses
        cause = _cause(error)
        if isinstance(error, requests.Timeout) or isinstance(cause, (ConnectionResetError, HTTPException)):
            raise _broke_off(cause) from error
        raise InputError(_unreachable(cause), address) from error


def _redirected(address: str, location: str | None, url: str) -> str:
    """Return the address that an answer redirects to.

    Raises:
        InputError: It is none of http or https.
    """
    advice = "check the address and the network"
    if not location:
        raise InputError(f"the server redirects without saying where: {advice}", url)
    shown = quote(location)
    try:
        target = urljoin(address, location)
        parts = urlsplit(target)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and target.isprintable()
    except ValueError:  # of a port or an IPv6 address
        usable = False
    if not usable:
        raise InputError(f"the server redirects to {shown}, which is no http or https address: {advice}", url)
    if urlsplit(address).scheme == "https" and parts.scheme == "http":
        raise InputError(
            f"the server redirects from https to {shown}, which anybody could read or change: {advice}", url
        )
    return target


def _session(url: str) -> Any:
    """Make a session that trusts the certificates and takes the proxies that Python's own connections do.

    Not those of requests: it knows only the certificates that certifi brings, not the system's, and sends passwords
    from ~/.netrc to any server.
    """
    import ssl
    from urllib.request import getproxies, proxy_bypass

    import requests

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options, ssl_context=ssl.create_default_context())

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            return super().proxy_manager_for(proxy, **options, ssl_context=ssl.create_default_context())

    class Session(requests.Session):
        def get_redirect_target(self, resp: Any) -> None:
            """Leave redirects to `_follow`: even where they are not allowed, requests reads where they lead."""

    session = Session()
    session.trust_env = False
    try:
        session.mount("https://", Adapter())
    except OSError as error:  # such as of SSLKEYLOGFILE
        problem = f"TLS cannot be set up ({error.strerror or error}): check the variables that begin with SSL"
        raise InputError(problem, url) from error
    if not proxy_bypass(urlsplit(url).hostname or ""):
        session.proxies = {scheme: proxy for scheme, proxy in getproxies().items() if scheme in ("http", "https")}
        for scheme, proxy in session.proxies.items():
            _check_proxy(scheme, proxy)
    return session


def _check_proxy(scheme: str, proxy: str) -> None:
    """Refuse what is no address of a proxy; messages do not show it, as there may be a password in it.

    Raises:
        UsageError: It is none.
    """
    try:
        parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        usable = bool(parts.hostname) and parts.port != 0 and proxy.isprintable() and " " not in proxy
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"the proxy in {scheme}_proxy is no address: give one such as http://proxy.example:3128")


def _range(response: Any, have: int) -> tuple[int, int | None]:
    """Return the byte at which the response begins and the size of the whole file, if it is known.

    Raises:
        InputError: The response does not say it, or begins behind what is there.
    """
    advice = "check the address and the network"
    if response.status_code in (206, 416):
        found = response.headers.get("Content-Range", "")
        match = re.fullmatch(rf"bytes (?:({_NUMBER})-{_NUMBER}|\*)/({_NUMBER}|\*)", found)
        total = int(match[2]) if match and match[2] != "*" else None
        if response.status_code == 416:  # complete if we have just as much, else anew
            return have, -1 if total is None else total
        if match is None or match[1] is None or int(match[1]) > have:
            raise InputError(f"the server sent another part of the file than was asked for: {advice}", response.url)
        return int(match[1]), total
    length = response.headers.get("Content-Length")
    if length is None:
        return 0, None
    if not re.fullmatch(_NUMBER, length.strip(), re.ASCII):
        raise InputError(f"the server gave {quote(length)} as the size of the file: {advice}", response.url)
    return 0, int(length)


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
    if isinstance(cause, IncompleteRead):  # which tells no more
        return _PassingError("the connection broke off")
    return _PassingError(f"the connection broke off ({_reason(cause)})")


def _unreachable(cause: BaseException) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return "the server's certificate cannot be verified: check the clock and Python's certificates"
    return f"the server cannot be reached ({_reason(cause)}): check the network, or the proxy in https_proxy"


def _reason(cause: BaseException) -> str:
    """Return what an error says, on one line and not too long: it may quote what a server has sent."""
    said = clean(" ".join(str(getattr(cause, "strerror", None) or cause).split()))
    return (said if len(said) <= 200 else f"{said[:196]} ...") or type(cause).__name__
