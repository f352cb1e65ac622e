"""A downloader for pooch that goes on where a connection broke off, and what it says of servers and networks."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from pathlib import Path

import pooch
import pytest

from arcparser.errors import InputError
from arcparser.treebank.download import NotOnServer, Patience, ResumingDownloader
from tests.helpers.server import DEV, FOLDER, TRAIN, Server

QUICK = ResumingDownloader(Patience(timeout=5, wait=0.001))
NAME = "en_ewt-ud-train.conllu"


def url(server: Server, name: str = NAME) -> str:
    return f"{server.url}{FOLDER}{name}"


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_pooch_downloads_with_it(server: Server, tmp_path: Path) -> None:
    server.break_off = 100_000
    digest = hashlib.sha256(TRAIN).hexdigest()
    path = pooch.retrieve(url(server), known_hash=digest, fname="here", path=tmp_path, downloader=QUICK)
    assert Path(path) == tmp_path / "here"
    assert Path(path).read_bytes() == TRAIN
    assert [file.name for file in tmp_path.iterdir()] == ["here"]
    assert server.asked(NAME)[:2] == [None, "bytes=100000-"]
    with pytest.raises(ValueError, match="does not match the known hash"):
        pooch.retrieve(url(server), known_hash="0" * 64, fname="there", path=tmp_path, downloader=QUICK)
    assert [file.name for file in tmp_path.iterdir()] == ["here"]


def test_pooch_asks_it_what_there_is(server: Server, tmp_path: Path) -> None:
    files = pooch.create(tmp_path, f"{server.url}{FOLDER}", registry={NAME: None, "none.conllu": None})
    assert files.is_available(NAME, downloader=QUICK)
    assert not files.is_available("none.conllu", downloader=QUICK)
    assert list(tmp_path.iterdir()) == []
    server.busy = 1
    with pytest.raises(InputError, match=r"the server answered 503 Service Unavailable: try again later$"):
        QUICK(url(server), None, check_only=True)


def test_a_file_that_is_not_there(server: Server, tmp_path: Path) -> None:
    with pytest.raises(NotOnServer, match=f"^{re.escape(url(server, 'x'))}: the server answered 404 Not Found: check"):
        QUICK(url(server, "x"), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_refuses_is_not_asked_again(server: Server, tmp_path: Path) -> None:
    server.status = 403
    with pytest.raises(InputError, match=r"answered 403 Forbidden: try again later or from another network$"):
        QUICK(url(server), tmp_path / "x")
    assert server.asked(NAME) == [None]


@pytest.mark.usefixtures("no_proxy")
def test_a_server_that_does_not_listen(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{closed_port()}/x"
    with pytest.raises(InputError) as caught:
        try:
            raise OSError("another error that is being dealt with")
        except OSError:
            QUICK(address, tmp_path / "x")
    assert re.search(r"^http.*/x: the server cannot be reached \(.*refused.*\): check the network", str(caught.value))


def test_a_proxy_that_does_not_listen(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(InputError, match=r"cannot be reached \(.*refused.*\): .* or the proxy in https_proxy$"):
        QUICK(url(server), tmp_path / "x")
    assert server.requests == []


@pytest.mark.usefixtures("no_proxy")
def test_a_connection_that_is_reset_is_tried_again(tmp_path: Path) -> None:
    answers = [b"", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(DEV), DEV)]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        QUICK(f"http://127.0.0.1:{listener.getsockname()[1]}/x", tmp_path / "x")
        thread.join()
    assert (tmp_path / "x").read_bytes() == DEV
