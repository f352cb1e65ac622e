"""A real browser to test pages in: headless Chromium, driven over the DevTools protocol by a pair of pipes.

`--remote-debugging-pipe` makes Chromium read commands from file descriptor 3 and write answers to 4, JSON messages
that end in a NUL. So no port, no web socket and no driver is needed, but POSIX.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = (  # of any Chromium that tests start: it needs no window, no network and no rights
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120  # seconds after which a browser that hangs is ended
# The pipes get the numbers 3 and 4, whatever numbers they had.
_START = """
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_KEYS = {
    "Tab": 9,
    "Enter": 13,
    " ": 32,
    "PageUp": 33,
    "PageDown": 34,
    "End": 35,
    "Home": 36,
    "ArrowLeft": 37,
    "ArrowRight": 39,
}


def why_not() -> str:
    """Why there is no browser here; empty if there is one."""
    if os.name != "posix":
        return "the browser tests need POSIX pipes"
    if CHROMIUM is None:
        return "no Chromium is installed: on Debian, apt-get install chromium"
    return ""


class Browser:
    """One tab. Events of the page (errors, requests) gather in `events`."""

    def __init__(self, read: Any, write: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self._read, self._write = read, write
        self._session = ""
        self._count = 0
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._write.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _receive(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._read.read(1)) != b"\0":
            assert byte, "Chromium ended, or took too long"
            message += byte
        return json.loads(message)

    def open(self, page: Path, fragment: str = "", *, width: int = 1280, height: int = 720, dark: bool = False) -> None:
        """Load a file in a window of this size and wait until its script has run."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        for url in ("about:blank", page.as_uri() + fragment):
            self.events.clear()
            self.send("Page.navigate", url=url)
            while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
                self.events.append(self._receive())

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, such as `ArrowRight` or `a`."""
        named = len(key) > 1
        number = _KEYS.get(key, ord(key.upper()[0]))
        params = {"key": key, "code": key if named else "", "windowsVirtualKeyCode": number}
        text = {"Enter": "\r"}.get(key, "" if named else key)
        self.send("Input.dispatchKeyEvent", type="keyDown", **params, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **params)

    def errors(self) -> list[dict[str, Any]]:
        """Exceptions and console errors since the page was opened."""
        return [e for e in self.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]

    def requests(self) -> list[str]:
        """Addresses that the page asked for since it was opened, itself included."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser with a fresh profile in the empty folder `profile`."""
    assert CHROMIUM is not None, "see why_not"
    flags = ["--headless=new", *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
    commands, to_browser = os.pipe()
    from_browser, answers = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(commands), str(answers), CHROMIUM, *flags],
        pass_fds=(commands, answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands)
    os.close(answers)
    alarm = threading.Timer(PATIENCE, process.kill)
    alarm.start()
    try:
        with os.fdopen(to_browser, "wb", buffering=0) as write, os.fdopen(from_browser, "rb") as read:
            yield Browser(read, write)
        process.wait(20)  # it ends when its pipe is closed
    finally:
        alarm.cancel()
        process.kill()
        process.wait()
