"""Say what made each output: a line of JSON each, in `manifest.jsonl` of the output folder.

    {"output": "a/b.conllu", "input": "corpus/a/b.txt", "sha256": "…", "model": "en_ewt", "model_digest": "…",
     "options": {…}, "sentences": 12, "words": 345, "bytes": 6789, "generator": "arcparser 0.2.0"}

While a run goes on, each line is a file by itself, so that nobody has to wait for anybody. They are joined at its end,
in the order of the outputs.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from arcparser.bulk.claims import Claims
from arcparser.bulk.plan import MANIFEST
from arcparser.errors import InputError
from arcparser.files import atomic_writer, shown_name
from arcparser.remote import is_url, open_url

_CHUNK = 1 << 20
_COMPARED = ("sha256", "model_digest", "options")


class Manifest:
    """The lines of a folder."""

    def __init__(self, folder: Path, claims: Claims) -> None:
        self._folder = folder
        self._claims = claims
        self._lines: dict[str, dict[str, Any]] = {}
        self._seen: object = None  # of the joined lines: which version was read

    def record(self, output: str) -> dict[str, Any] | None:
        """Return what made an output; None if that is not known."""
        own = _read_lines(self._claims.path(output, ".record"))
        return own.get(output) or self._joined().get(output)

    def _joined(self) -> dict[str, dict[str, Any]]:
        """Return the lines of the manifest, which another run may have joined meanwhile."""
        try:
            found = os.stat(self._folder / MANIFEST)
        except OSError:
            return {}
        version = found.st_ino, found.st_size, found.st_mtime_ns
        if version != self._seen:
            self._lines, self._seen = _read_lines(self._folder / MANIFEST), version
        return self._lines

    def is_done(self, output: str, wanted: dict[str, Any]) -> bool:
        """Tell whether an output is there, whole, and was made of the same input by the same model and options."""
        record = self.record(output)
        if record is None or any(record.get(key) != wanted[key] for key in _COMPARED):
            return False
        try:
            return os.path.getsize(self._folder / output) == record.get("bytes")
        except OSError:
            return False

    def write(self, record: dict[str, Any]) -> None:
        """Note what made an output, whose claim this process has."""
        with atomic_writer(self._claims.path(record["output"], ".record")) as stream:
            stream.write(_line(record))

    def join(self) -> None:
        """Join all lines, and remove what processes left behind that are gone."""
        while self._claims.take(MANIFEST) is None:
            time.sleep(0.05)
        lines = _read_lines(self._folder / MANIFEST)
        files = list(self._claims.folder.glob("*.record"))
        for file in files:
            lines.update(_read_lines(file))
        kept = [lines[output] for output in sorted(lines) if os.path.exists(self._folder / output)]
        data = b"".join(map(_line, kept))
        if data or lines:
            with atomic_writer(self._folder / MANIFEST) as stream:
                stream.write(data)
        for file in files:
            file.unlink(missing_ok=True)
        self._claims.remove_stale()
        self._claims.release(MANIFEST)


def digest(path: str) -> str:
    """Return the SHA-256 of a file, or of what is at a URL.

    Raises:
        InputError: It cannot be read.
    """
    found = hashlib.sha256()
    try:
        with open_url(path) if is_url(path) else open(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}: check the file", shown_name(path)) from error
    return found.hexdigest()


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _read_lines(path: Path) -> dict[str, dict[str, Any]]:
    """Read lines by their outputs; what is damaged is not known, so that its output is made anew."""
    lines = {}
    try:
        data = path.read_bytes()
    except OSError:
        return {}
    for line in data.splitlines():
        try:
            record = json.loads(line)
            lines[str(record["output"])] = record
        except (ValueError, TypeError, KeyError):
            continue
    return lines
