"""Print what arcparser logs on standard error: a line a message, without time and level."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from arcparser.cli.common import warn


class _Printer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(record.getMessage())  # where standard error fails, so does the command


@contextlib.contextmanager
def print_log() -> Iterator[None]:
    """Print what is logged while the `with` block runs."""
    logger, printer = logging.getLogger("arcparser"), _Printer()
    logger.addHandler(printer)
    try:
        yield
    finally:
        logger.removeHandler(printer)
