"""Let processes work at tasks, and do without those that die.

`concurrent.futures` breaks as soon as one process dies, and may wait for ever if it dies while it writes its result, as
all processes share one pipe. Here each process has a pipe and a thread of its own. The pipe ends with the process, and
then another one is started, which does its task again. A task at which two processes die is given up.

A process gets its next task while it is at one, unless another process has nothing to do: so it never waits.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

_TRIES = 2
_AHEAD = 2  # tasks that a process has at a time


class ProcessDied(Exception):
    """Processes died at a task."""


@dataclass
class _Task:
    arguments: tuple[Any, ...]
    future: Future[Any] = field(default_factory=Future)
    tries: int = 0


class Crew:
    """Processes that call `work`, each after it has called `start` once."""

    def __init__(
        self, size: int, *, start: Callable[..., None], arguments: tuple[Any, ...], work: Callable[..., Any]
    ) -> None:
        self._called = (start, arguments, work)
        self._tasks: queue.Queue[_Task | None] = queue.Queue()
        self._idle = 0
        self._lock = threading.Lock()
        self._closing = False
        self._members = [_Member(self._called) for _ in range(size)]
        self._threads = [threading.Thread(target=self._lead, args=(one,), daemon=True) for one in self._members]
        for thread in self._threads:
            thread.start()

    @property
    def pids(self) -> list[int]:
        """The ids of the processes, of those that are at work now."""
        return [one.process.pid for one in self._members if one.process.pid is not None]

    def submit(self, *arguments: Any) -> Future[Any]:
        """Let a process call `work`. The future raises ProcessDied if processes died at that."""
        task = _Task(arguments)
        self._tasks.put(task)
        return task.future

    def close(self) -> None:
        """Let the processes end what they are at, and nothing else, and wait for their end."""
        self._closing = True
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def kill(self) -> None:
        """Kill the processes, whatever they are at."""
        self._closing = True
        for one in self._members:
            one.process.kill()
        self.close()

    def _lead(self, member: _Member) -> None:
        """Give tasks to a process, and take its results; should that fail, nobody waits for ever."""
        given: deque[_Task] = deque()
        try:
            self._give_and_take(member, given)
        except Exception as error:  # the system starts no process any more, say
            while given:
                given.popleft().future.set_exception(error)
            while (task := self._tasks.get()) is not None:
                task.future.set_exception(error)

    def _give_and_take(self, member: _Member, given: deque[_Task]) -> None:
        ended = False
        while True:
            while not ended and len(given) < _AHEAD:
                try:
                    task = self._next(wait=not given)
                except queue.Empty:
                    break
                if task is None or self._closing:
                    ended = True
                else:
                    given.append(task)
                    member.give(task)
            if not given:
                break
            try:
                good, result = member.connection.recv()
            except (EOFError, OSError):
                self._replace(member, given)
                ended = ended or self._closing
                continue
            except Exception as error:  # which cannot be read in this process
                good, result = False, error
            future = given.popleft().future
            if good:
                future.set_result(result)
            else:
                future.set_exception(result)
        member.end()

    def _next(self, *, wait: bool) -> _Task | None:
        if not wait:
            with self._lock:
                if self._idle:
                    raise queue.Empty
            return self._tasks.get_nowait()
        with self._lock:
            self._idle += 1
        try:
            return self._tasks.get()
        finally:
            with self._lock:
                self._idle -= 1

    def _replace(self, member: _Member, given: deque[_Task]) -> None:
        """Start another process in place of one that died, and give it the tasks that were not done."""
        member.end()
        given[0].tries += 1
        if given[0].tries == _TRIES or self._closing:
            given.popleft().future.set_exception(ProcessDied())
        if self._closing:
            while given:
                given.popleft().future.set_exception(ProcessDied())
            return
        member.start()
        for task in given:
            member.give(task)


class _Member:
    """A process, and this end of its pipe."""

    def __init__(self, called: tuple[Any, ...]) -> None:
        self._called = called
        self.start()

    def start(self) -> None:
        # Spawned on every platform: a forked child would inherit locks of threads that it does not have.
        context = get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, *self._called), daemon=True)
        self.process.start()
        other.close()  # so that the pipe ends with the process

    def give(self, task: _Task) -> None:
        with contextlib.suppress(OSError):  # it has died, which is noticed where its result is awaited
            self.connection.send(task.arguments)

    def end(self) -> None:
        """End the process, which has nothing to do."""
        self.connection.close()
        self.process.join()


def _work(connection: Connection, start: Callable[..., None], arguments: tuple[Any, ...], work: Any) -> None:
    """Work at tasks until the pipe ends."""
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    failure: BaseException | None = None
    try:
        start(*arguments)
    except Exception as error:
        failure = error
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    while (task := tasks.get()) is not None:
        try:
            answer = (False, failure) if failure is not None else (True, work(*task))
        except Exception as error:
            answer = (False, error)
        try:
            connection.send(answer)
        except OSError:  # nobody waits for it any more
            return


def _receive(connection: Connection, tasks: queue.SimpleQueue[Any]) -> None:
    # Tasks are read as they come, so that whoever gives one never waits for a process that waits for him.
    try:
        with contextlib.suppress(EOFError, OSError):
            while True:
                tasks.put(connection.recv())
    finally:  # whatever ends this, so that the process does not wait for ever
        tasks.put(None)
