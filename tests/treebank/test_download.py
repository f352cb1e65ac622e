"""A downloader for pooch that goes on where a connection broke off, and what it says of servers and networks."""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
import subprocess
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


def test_only_the_proxy_of_the_scheme_is_taken(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", f"socks5h://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "")
    QUICK(url(server), tmp_path / "all")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    QUICK(url(server), tmp_path / "none")
    assert (tmp_path / "all").read_bytes() == (tmp_path / "none").read_bytes() == TRAIN


def test_passwords_stay_here(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login someone password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    QUICK(url(server), tmp_path / "x")
    assert server.requests
    assert server.passwords == []


@pytest.fixture
def certificate(server: Server, tmp_path: Path) -> Path:
    """The certificate of a server that speaks TLS, which nobody trusts but who is told to."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("making a certificate needs the program openssl")
    path, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tests -addext subjectAltName=IP:127.0.0.1".split()
    subprocess.run([program, *options, "-keyout", key, "-out", path], check=True, capture_output=True, cwd=tmp_path)
    server.encrypt(path, key)
    return path


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_certificate_that_python_trusts_is_enough(
    variable: str, certificate: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    if variable == "SSL_CERT_FILE":
        monkeypatch.setenv(variable, str(certificate))
    else:
        folder = tmp_path / "trusted"
        folder.mkdir()
        monkeypatch.setenv(variable, str(folder))
        program = ["openssl", "x509", "-noout", "-subject_hash", "-in", certificate]
        name = subprocess.run(program, check=True, capture_output=True, text=True).stdout.strip()
        shutil.copy(certificate, folder / f"{name}.0")
    QUICK(url(server), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == TRAIN


@pytest.mark.usefixtures("certificate")
def test_a_certificate_that_nobody_trusts(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the server's certificate cannot be verified: check the clock"):
        QUICK(url(server), tmp_path / "x")
    assert not (tmp_path / "x").exists()


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
