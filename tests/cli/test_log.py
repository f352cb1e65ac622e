"""What is logged goes to standard error while a command runs, and nowhere else by doing of the package."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest

from arcparser.cli.log import print_log
from tests.helpers.paths import ROOT


def test_the_bare_message_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("arcparser.some.module")
    with print_log():
        logger.warning("skipped: %s", "one")
        logger.info("not told")
    assert capsys.readouterr().err == "skipped: one\n"
    logger.warning("afterwards")
    assert "afterwards" not in capsys.readouterr().err
    assert logging.getLogger("arcparser").handlers == []


def test_where_standard_error_fails_so_does_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Broken())
    with pytest.raises(BrokenPipeError), print_log():
        logging.getLogger("arcparser").warning("told to nobody")


def test_importing_the_package_installs_no_handler() -> None:
    code = """
import logging
from arcparser import *
from arcparser.cli import main
from arcparser.parsing import parse_files
loggers = logging.root.manager.loggerDict
assert "arcparser.evaluation.evaluate" in loggers
for logger in (logging.root, *(logger for name, logger in loggers.items() if name.startswith("arcparser"))):
    assert not getattr(logger, "handlers", []), logger
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)
