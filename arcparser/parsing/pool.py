"""Let several processes parse pieces of one input, in order.

Each process loads the model once. What a process that dies was at is done again by another one
(`arcparser.parsing.crew`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from multiprocessing import parent_process
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import ArcparserError
from arcparser.parsing.crew import Crew, ProcessDied
from arcparser.parsing.decoding import GivenArcs
from arcparser.parsing.parser import Parser, load
from arcparser.parsing.predictor import Prediction, split_predictions
from arcparser.types import Ints, PathLike

Item = TypeVar("Item")
Result = TypeVar("Result")
Forms = list[list[str]]

# Of a worker process:
_parser: Parser | None = None
_working = False
_cancelled = False


class Workers:
    """Hold `jobs` processes with the model in `path`; a context manager that ends them."""

    def __init__(self, path: PathLike, jobs: int) -> None:
        self._jobs = jobs
        self._crew = _start_crew(jobs, start=_start, arguments=(os.fspath(path),), work=_call)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        with without_interrupts():
            if kind is not None:
                self._cancel()
            self._crew.close()

    def _cancel(self) -> None:
        """Let the processes give up what they are at: a batch may take seconds."""
        if os.name == "nt":  # which knows no signals
            return
        for pid in self._crew.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGUSR1)

    def call(self, work: Callable[..., Result], calls: Iterable[tuple[Any, ...]]) -> Iterator[Result]:
        """Call a function with the parser of a process and further arguments, and yield what it returns, in order.

        A few calls more than there are processes are under way at a time, so memory stays bounded.

        Raises:
            ArcparserError: Two processes died at the same call.
        """
        pending: deque[Future[Result]] = deque()
        with _deaths_told():
            for arguments in calls:
                pending.append(self._crew.submit(work, arguments))
                if len(pending) > self._jobs + 2:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()

    def predict(
        self, batches: Iterable[tuple[Item, Forms, list[GivenArcs] | None]], *, scores: bool
    ) -> Iterator[tuple[Item, list[Prediction]]]:
        """Pair each batch, of sentences and the arcs that are given, with the predictions of its sentences, in order.

        A batch without sentences needs no process: it comes as soon as those before it have come, and only then the
        next one is taken.

        Raises:
            ArcparserError: Two processes died at the same batch.
        """
        pending: deque[tuple[Item, Future[_Together]]] = deque()
        with _deaths_told():
            for batch, forms, given in batches:
                if not forms:
                    while pending:
                        first, future = pending.popleft()
                        yield first, split_predictions(*future.result())
                    yield batch, []
                    continue
                pending.append((batch, self._crew.submit(_predict, (forms, scores, given))))
                if len(pending) > self._jobs + 2:
                    first, future = pending.popleft()
                    yield first, split_predictions(*future.result())
            while pending:
                first, future = pending.popleft()
                yield first, split_predictions(*future.result())


@contextlib.contextmanager
def _deaths_told() -> Iterator[None]:
    try:
        yield
    except (ProcessDied, _Cancelled):
        problem = "processes of --jobs died twice at the same sentences, perhaps out of memory"
        raise ArcparserError(f"{problem}: use fewer jobs") from None


@contextlib.contextmanager
def open_crew(
    jobs: int, *, start: Callable[..., None], arguments: tuple[Any, ...], work: Callable[..., Any]
) -> Iterator[Crew]:
    """Start processes that heed no signal from the terminal, and end with this one; after an error they are killed.

    Args:
        jobs: How many.
        start: What each calls first.
        arguments: What `start` is called with.
        work: What each calls for a task.
    """
    crew = _start_crew(jobs, start=_start_other, arguments=(start, *arguments), work=work)
    try:
        yield crew
    except BaseException:
        with without_interrupts():
            crew.kill()
        raise
    with without_interrupts():
        crew.close()


def start_tracker() -> None:
    """Start the process that tidies up after others; it lets signals through again, so it comes before them."""
    if os.name != "nt":
        from multiprocessing import resource_tracker

        with without_interrupts():
            resource_tracker.ensure_running()


def _start_crew(jobs: int, **options: Any) -> Crew:
    start_tracker()
    with without_interrupts():
        return Crew(jobs, **options)


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
    """Hold signals back that end a command, so that no process gets lost between its start and its being known.

    A process that is started within inherits that: see `begin_work`.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _signals() -> set[signal.Signals]:
    return {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1}


def _end_with_parent() -> None:
    """End this process when its parent is gone: it would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Cancelled(Exception):
    """Nobody waits for this batch any more."""


def begin_work() -> None:
    """Prepare a process that was started `without_interrupts`: it is ended by the one that started it, or with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from the terminal: the process that started this one gets it, too
    if hasattr(signal, "pthread_sigmask"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _signals())
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _start_other(start: Callable[..., None], *arguments: Any) -> None:
    begin_work()
    start(*arguments)


def _start(path: str) -> None:
    global _parser
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, _cancel)
    begin_work()
    if not _cancelled:
        _parser = load(path)


def _cancel(*_: object) -> None:
    global _cancelled
    if not _cancelled:
        _cancelled = True
        if _working:
            raise _Cancelled


def _call(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    global _working
    _working = True
    try:
        if _cancelled or _parser is None:
            raise _Cancelled
        return work(_parser, *arguments)
    finally:
        _working = False


def _predict(parser: Parser, forms: Forms, scores: bool, given: list[GivenArcs] | None) -> _Together:
    return _join(parser._predictor.predict(forms, scores=scores, given=given))


# The predictions of a batch on their way between processes: the lengths of its sentences, and each field of all of them
# in one array.  To pickle and read thousands of small arrays took 7 % of the CPU time of a parse.
_Together = tuple[Ints, list["NDArray[Any] | None"]]
_FIELDS = Prediction.__slots__


def _join(predictions: list[Prediction]) -> _Together:
    lengths = np.array([len(prediction.heads) for prediction in predictions], dtype=np.intp)
    fields: list[NDArray[Any] | None] = []
    for field in _FIELDS:
        parts = [getattr(prediction, field) for prediction in predictions]
        fields.append(None if not parts or parts[0] is None else np.concatenate(parts))
    return lengths, fields
