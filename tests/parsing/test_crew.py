"""Processes that die: their tasks are done again, but not for ever."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from arcparser.parsing.crew import Crew, ProcessDied
from tests.helpers.command import POSIX

pytestmark = POSIX


def start(folder: str) -> None:
    os.chdir(folder)


def work(number: int) -> int:
    """Die once at 3, always at 5, and fail at 7."""
    if number == 5 or (number == 3 and not os.path.exists("died")):
        Path("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 7:
        raise ValueError("seven")
    return number * number


def test_tasks_of_dead_processes_are_done_again(tmp_path: Path) -> None:
    crew = Crew(2, start=start, arguments=(str(tmp_path),), work=work)
    futures = [crew.submit(number) for number in range(9)]
    try:
        for number, future in enumerate(futures):
            if number == 5:
                with pytest.raises(ProcessDied):
                    future.result(120)
            elif number == 7:
                with pytest.raises(ValueError, match="seven"):
                    future.result(120)
            else:
                assert future.result(120) == number * number
    finally:
        crew.close()


class Unreadable:
    """A task that no process can read."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("no number",)


def test_a_task_that_cannot_be_read_ends_the_process(tmp_path: Path) -> None:
    crew = Crew(1, start=start, arguments=(str(tmp_path),), work=work)
    try:
        with pytest.raises(ProcessDied):
            crew.submit(Unreadable()).result(120)
    finally:
        crew.close()


def test_a_start_that_fails_is_told(tmp_path: Path) -> None:
    crew = Crew(1, start=start, arguments=(str(tmp_path / "none"),), work=work)
    try:
        with pytest.raises(FileNotFoundError):
            crew.submit(1).result(120)
    finally:
        crew.close()
