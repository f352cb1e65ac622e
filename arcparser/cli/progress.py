"""Show how far a parse is, on standard error: a bar on a terminal, or a line a minute.

The size of all inputs is known beforehand, unless one is a pipe. How much of an input is done is how much of it was
read, packed as it is, which is up to a batch more than what was written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, BinaryIO

from arcparser.cli.common import note
from arcparser.compression import position

_EVERY = 60.0  # seconds between lines
_FIRST_BAR = 1.0  # seconds until there is a bar: most commands end sooner
_SENTENCES = 64  # until the clock is asked again


class Reporter:
    """Report progress, within a `with` block, by a bar or by lines."""

    def __init__(self, inputs: Sequence[str], *, bar: bool) -> None:
        self._inputs = inputs
        self._wants_bar = bar
        self._bar: Any = None
        self._total: int | None = None
        self._before = self._size = 0  # bytes of the inputs that are done, and of the current one
        self._stream: BinaryIO | None = None
        self._sentences = self._words = 0
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Reporter:
        self._total = _total(self._inputs)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        if self._bar is not None:
            if kind is None:
                self._before, self._size, self._stream = self._before + self._size, 0, None
                self._show()
            self._bar.close()

    def begin(self, source: str | BinaryIO, stream: BinaryIO) -> None:
        """Take note that an input was opened."""
        self._before += self._size
        self._size = _size(source) if isinstance(source, str) else 0
        self._stream = stream

    def done(self, source: str, words: int) -> None:
        """Take note that a whole input is done; it has so many words that nobody told of."""
        self._before += self._size + _size(source)
        self._size, self._stream = 0, None
        self._words += words
        if words:
            self._look()

    def sentence(self, words: int, count: int = 1) -> None:
        """Take note that a sentence was written, or several, with so many words together."""
        self._words += words
        self._sentences += count
        if count > 1 or self._sentences % _SENTENCES == 0:
            self._look()

    def _look(self) -> None:
        """Look at the clock, and report if it is time."""
        now = time.monotonic()
        if self._wants_bar:
            if now - self._began > _FIRST_BAR:
                self._show()
        elif now - self._told >= _EVERY:
            self._told = now
            self._tell(now - self._began)

    def _bytes_done(self) -> int:
        return self._before + ((position(self._stream) or 0) if self._stream is not None else 0)

    def _show(self) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, unit="B", unit_scale=True, dynamic_ncols=True)
            self._bar.start_t -= time.monotonic() - self._began
        rate = self._words / max(time.monotonic() - self._began, 1e-9)
        self._bar.set_postfix_str(f"{self._words:,} words, {rate:,.0f} words/s", refresh=False)
        self._bar.update(self._bytes_done() - self._bar.n)

    def _tell(self, seconds: float) -> None:
        parts = [f"{self._words:,} words", f"{self._words / seconds:,.0f} words/s"]
        done = self._bytes_done()
        if self._total and done:
            parts.insert(0, f"{100 * min(done / self._total, 1):.0f} % of {self._total / 1e6:,.1f} MB")
            parts.append(f"{_time(seconds * max(self._total / done - 1, 0))} left")
        note(", ".join(parts))


def _total(inputs: Sequence[str]) -> int | None:
    """Return how many bytes all inputs have; None if that is not known. Of a folder, those of all its files count."""
    sizes = []
    for name in inputs:
        if os.path.isdir(name):
            sizes += [_size(os.path.join(place, file)) for place, _, files in os.walk(name) for file in files]
        elif os.path.isfile(name):
            sizes.append(_size(name))
        else:
            return None
    return sum(sizes) or None


def _size(name: str) -> int:
    try:
        return os.path.getsize(name) if os.path.isfile(name) else 0
    except OSError:
        return 0


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
