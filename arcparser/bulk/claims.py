"""Say who is at which output, by files in a folder that all see: no server is needed.

A claim is a file that only one process can create. While that process works, it touches its claims. A claim is stale
if its process is gone, as far as it ran on this machine, or if it was not touched for a minute. Whoever finds a stale
claim puts its own in its place: there is no moment without one, so an output that was begun is never taken for done.

Should two processes replace the same stale claim at the same moment, both may do the work. Each writes to a file of its
own, and both are the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import socket
import threading
from pathlib import Path
from typing import Any

from arcparser.files import make_folder, output_error

_EXPIRY = 60.0  # seconds without a touch
_TOUCHED_EVERY = 10.0


class Claims:
    """The claims in a folder; a context manager, which keeps those of this process fresh."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: dict[Path, str] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._touch, daemon=True)

    def __enter__(self) -> Claims:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for path in list(self._held):
            self._release(path)
        self._thread.join()
        with contextlib.suppress(OSError):  # others are at work, or it is gone
            self.folder.rmdir()

    def path(self, output: str, suffix: str) -> Path:
        """Return the path of a file that is about an output."""
        return self.folder / f"{hashlib.sha256(output.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}{suffix}"

    def exists(self, output: str) -> bool:
        """Tell whether anybody has claimed an output and not released it."""
        return self.path(output, ".claim").exists()

    def take(self, output: str) -> bool | None:
        """Claim an output.

        Returns:
            Whether its claim was stale; None if it is somebody else's.

        Raises:
            OutputError: A file cannot be written.
        """
        path = self.path(output, ".claim")
        token = secrets.token_hex(6)
        content = json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "token": token, "output": output})
        try:
            make_folder(self.folder)
            self._held[path] = token  # before it is there: a signal may come between
            if self._create(path, content):
                return False
            del self._held[path]
            stale = self._stale(path)
            if stale is None:
                return None
            own = path.with_suffix(f".{token}.new")
            own.write_text(content)
            os.replace(own, path)
        except OSError as error:
            raise output_error(path, error) from error
        if _read(path).get("token") != token:
            return None
        self._held[path] = token
        self._remove_part(path, stale)
        return True

    def part(self, output: str) -> Path:
        """Return where the output of a claim of this process is written until it is whole."""
        path = self.path(output, ".claim")
        return path.with_suffix(f".{self._held[path]}.part")

    def release(self, output: str) -> None:
        """Give a claim of this process back."""
        self._release(self.path(output, ".claim"))

    def remove_stale(self) -> None:
        """Remove what was left behind by processes that are gone."""
        for path in self.folder.glob("*.claim"):
            stale = self._stale(path)
            if stale is not None:
                self._remove_part(path, stale)
                path.unlink(missing_ok=True)
        claimed = {str(_read(path).get("token")) for path in self.folder.glob("*.claim")}
        for path in [*self.folder.glob("*.part"), *self.folder.glob("*.new"), *self.folder.glob(".*.part")]:
            with contextlib.suppress(OSError):
                if path.name.split(".")[-2] not in claimed and self._now() - path.stat().st_mtime > _EXPIRY:
                    path.unlink(missing_ok=True)

    def _create(self, path: Path, content: str) -> bool:
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        with os.fdopen(file, "w") as stream:
            stream.write(content)
        return True

    def _stale(self, path: Path) -> str | None:
        """Return the token of a claim whose process is gone; None if it is there, or the claim is not."""
        owner = _read(path)
        token = str(owner.get("token", ""))
        if path in self._held and self._held[path] == token:
            return None
        if owner.get("host") == socket.gethostname() and _is_gone(owner.get("pid")):
            return token
        try:
            return token if self._now() - path.stat().st_mtime > _EXPIRY else None
        except FileNotFoundError:
            return None

    def _now(self) -> float:
        """Return the time of the machine that has the folder, whose clock may differ from this one's."""
        probe = self.folder / f"{secrets.token_hex(6)}.now"
        try:
            probe.touch()
            return probe.stat().st_mtime
        finally:
            probe.unlink(missing_ok=True)

    def _remove_part(self, path: Path, token: str) -> None:
        if token:
            path.with_suffix(f".{token}.part").unlink(missing_ok=True)

    def _release(self, path: Path) -> None:
        token = self._held.get(path)
        if token is not None and _read(path).get("token") == token:
            self._remove_part(path, token)
            path.unlink(missing_ok=True)
        self._held.pop(path, None)  # now that it is gone: a signal may come between

    def _touch(self) -> None:
        while not self._end.wait(_TOUCHED_EVERY):
            for path in list(self._held):
                with contextlib.suppress(OSError):
                    os.utime(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):  # it is gone, or just being written
        return {}
    return content if isinstance(content, dict) else {}


def _is_gone(pid: object) -> bool:
    """Tell whether there is no such process on this machine; where that cannot be told, it is there."""
    if os.name == "nt" or not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
