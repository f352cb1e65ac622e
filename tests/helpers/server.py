"""A server of treebanks on loopback that can break off, fall silent, refuse, and know no ranges."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TRAIN = "".join(f"# sent_id = {i}\n1\tword{i}\t_\t_\t_\t_\t0\troot\t_\t_\n\n" for i in range(5000)).encode()
DEV = b"1\tdev\t_\t_\t_\t_\t0\troot\t_\t_\n\n"
README = b"# Summary\n\nA treebank.\n\n=== Machine-readable metadata ===\nLicense: CC BY-SA 4.0\nGenre: web\n"
FOLDER = "/UD_English-EWT/r2.16/"


class Server(ThreadingHTTPServer):
    """Files under paths, and how to misbehave."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {
            f"{FOLDER}en_ewt-ud-train.conllu": TRAIN,
            f"{FOLDER}en_ewt-ud-dev.conllu": DEV,
            f"{FOLDER}en_ewt-ud-test.conllu": DEV,
            f"{FOLDER}LICENSE.txt": b"Attribution-ShareAlike 4.0 International\n\n=====\n",
            f"{FOLDER}README.md": README,
        }
        self.ranges = True
        self.break_off = 0  # bytes after which an answer breaks off, 0 for never
        self.busy = 0  # answers that are to be "503"
        self.status = 0  # what to answer instead of any file
        self.raw = b""  # the bytes of every answer, whatever is asked for
        self.redirects: dict[str, str] = {}  # where each path is redirected to
        self.stall = False  # whether the next answer is to stop after 1000 bytes
        self.over = threading.Event()
        self.requests: list[tuple[str, str | None]] = []  # path, Range
        self.passwords: list[str] = []  # that came with them
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def encrypt(self, certificate: Path, key: Path) -> None:
        """Speak TLS from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"

    def handle_error(self, *_: object) -> None:
        """Nothing on standard error when a client does not trust the certificate."""

    def asked(self, name: str) -> list[str | None]:
        """The Range of each request for a file of this name."""
        return [wanted for path, wanted in self.requests if path.endswith(f"/{name}")]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.requests.append((self.path, wanted))
        self.server.passwords += self.headers.get_all("Authorization", [])
        if self.server.raw:
            self.wfile.write(self.server.raw)
            self.close_connection = True
            return
        if self.path in self.server.redirects:
            self.send_response(302)
            self.send_header("Location", self.server.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = self.server.files.get(self.path)
        if self.server.busy:
            self.server.busy -= 1
            self.send_error(503)
            return
        if self.server.status or data is None:
            self.send_error(self.server.status or 404)
            return
        start = 0
        tag = f'"{hash(data)}"'
        if wanted and self.server.ranges and self.headers.get("If-Range", tag) == tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        body = data[start:]
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", tag)
        self.end_headers()
        if self.server.stall:
            self.server.stall = False
            self.wfile.write(body[:1000])
            self.server.over.wait(60)
            return
        self.wfile.write(body[: self.server.break_off] if self.server.break_off else body)

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@contextmanager
def running() -> Iterator[Server]:
    """Run a server of its own."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()
