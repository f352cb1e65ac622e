"""A downloader for pooch that goes on where a connection broke off, and what it says of servers and networks."""

from __future__ import annotations

import gc
import hashlib
import itertools
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pooch
import pytest

from arcparser.download import NotOnServer, Patience, ResumingDownloader
from arcparser.errors import InputError, UsageError
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


PASSING = (408, 429, 500)
OTHERS = (204, 300, 304, 400, 401, 403, 405, 407, 416, 451, 501, 511, 599)


@pytest.mark.parametrize("status", [*PASSING, *OTHERS])
def test_every_status_is_told_in_one_line(server: Server, tmp_path: Path, status: int) -> None:
    server.raw = b"HTTP/1.1 %d \x1b[31mOh \xe9\r\nContent-Length: 0\r\n\r\n" % status
    with pytest.raises(InputError) as caught:
        QUICK(url(server), tmp_path / "x")
    said = str(caught.value)
    assert f"the server answered {status}" in said and said.isprintable()
    assert len(server.requests) == (5 if status in PASSING else 1)
    if status not in (*PASSING, 403):  # some servers say 403 of those who ask too often
        assert "later" not in said and re.search("check|try another network|log in", said)
    assert list(tmp_path.iterdir()) == []


BAD_REDIRECTS = {
    "nowhere": None,
    "empty": b"",
    "half an IPv6 address": b"http://[::1",
    "a port that is none": b"http://127.0.0.1:port/x",
    "a port that is too large": b"http://127.0.0.1:99999/x",
    "no host": b"http:///x",
    "another scheme": b"ftp://127.0.0.1/x",
    "a file": b"file:///etc/passwd",
    "data": b"data:text/plain,1",
    "a script": b"javascript:alert(1)",
    "control characters": b"http://127.0.0.1/\x1b[31m",
    "bytes": b"http://\xff\xfe/",
    "a label that is too long": b"http://" + b"a" * 70 + b".example/",
    "an empty label": b"http://a..b/",
    "a wildcard": b"http://*/",
    "spaces": b"http://a b/",
}


@pytest.mark.parametrize(
    ("status", "location"), [*itertools.product((301, 303, 307, 308), (None,)), *((302, x) for x in BAD_REDIRECTS)]
)
def test_redirects_that_lead_nowhere(server: Server, tmp_path: Path, status: int, location: str | None) -> None:
    target = BAD_REDIRECTS.get(location or "nowhere")
    line = b"" if target is None else b"Location: %s\r\n" % target
    server.raw = b"HTTP/1.1 %d Moved\r\n%sContent-Length: 0\r\n\r\n" % (status, line)
    with pytest.raises(InputError, match=r"the server (redirects|cannot be reached)|more than 10 redirects") as caught:
        QUICK(url(server), tmp_path / "x")
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_redirects_are_followed_but_not_for_ever(server: Server, tmp_path: Path) -> None:
    server.redirects = {f"{FOLDER}{NAME}": "../other", "/UD_English-EWT/other": f"{FOLDER}new"}
    server.files[f"{FOLDER}new"] = TRAIN
    server.break_off = 200_000
    QUICK(url(server), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == TRAIN
    assert server.asked("new")[:2] == [None, "bytes=200000-"]
    server.redirects = {f"{FOLDER}a": f"{FOLDER}b", f"{FOLDER}b": f"{FOLDER}a"}
    with pytest.raises(InputError, match="more than 10 redirects: check the address"):
        QUICK(url(server, "a"), tmp_path / "y")
    assert not (tmp_path / "y").exists()


BAD_HEADERS = {
    "Content-Length": [b"-1", b"1e3", b"x", b"\xb2", b"9" * 5000, b"1.0", b"+5"],
    "Content-Encoding": [b"gzip", b"br", b"x\x1b"],
}


@pytest.mark.parametrize(("header", "value"), [(h, value) for h, values in BAD_HEADERS.items() for value in values])
def test_bad_headers(server: Server, tmp_path: Path, header: str, value: bytes) -> None:
    server.raw = b"HTTP/1.1 200 OK\r\n%s: %s\r\n\r\n%s" % (header.encode(), value, DEV)
    with pytest.raises(InputError, match=r"the server (gave|encoded|cannot be reached)") as caught:
        QUICK(url(server), tmp_path / "x")
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # urllib3 leaves the connection to the garbage collector
def test_two_sizes(server: Server, tmp_path: Path) -> None:
    server.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n%s" % DEV
    with pytest.raises(InputError, match=r"the server cannot be reached .*5, 6"):
        QUICK(url(server), tmp_path / "x")
    gc.collect()


@pytest.mark.parametrize(
    "sent", [b"", b"bytes", b"bytes 9-20/30", b"bytes */30", b"bytes -1-5/9", b"bytes %s-9/9" % (b"0" * 5000), b"\xff"]
)
def test_other_parts_than_were_asked_for(server: Server, tmp_path: Path, sent: bytes) -> None:
    (tmp_path / "x").write_bytes(DEV[:5])
    server.raw = b"HTTP/1.1 206 Partial\r\nContent-Range: %s\r\nContent-Length: 3\r\n\r\nabc" % sent
    with pytest.raises(InputError, match="sent another part of the file than was asked for"):
        QUICK(url(server), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == DEV[:5]


@pytest.mark.parametrize("answer", [b"\x1b[31m\r\n\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-x\r\n", b"\0" * 100])
def test_what_is_no_http(server: Server, tmp_path: Path, answer: bytes) -> None:
    server.raw = answer or b"\r\n"
    with pytest.raises(InputError, match="5 times in a row: run the command again") as caught:
        QUICK(url(server), tmp_path / "x")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "proxy", ["http://", "http://[::1", "http://h:port", "h:99999", ":::", "http://a b", "//", "x\x1b"]
)
def test_proxies_that_are_none(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(UsageError, match=r"^the proxy in http_proxy is no address: give one such as http://"):
        QUICK(url(server), tmp_path / "x")


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:9", "socks5://127.0.0.1:9", "javascript://127.0.0.1", "a..b:1"])
def test_proxies_that_do_not_work(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(InputError, match=r"the server cannot be reached \(.*or the proxy in https_proxy"):
        QUICK(url(server), tmp_path / "x")


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
