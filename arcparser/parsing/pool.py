"""Let several processes parse batches of one input, in order.

Each process loads the model once. Batches are the same whatever the number of processes, and so is the output.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import ArcparserError
from arcparser.model import model_file
from arcparser.parsing.predictor import Prediction, Predictor
from arcparser.types import Ints, PathLike

Item = TypeVar("Item")
Forms = list[list[str]]

_predictor: Predictor | None = None  # of a worker process


class Workers:
    """Hold `jobs` processes with the model in `path`; a context manager that ends them."""

    def __init__(self, path: PathLike, jobs: int) -> None:
        self._jobs = jobs
        # Spawned on every platform: a forked child would inherit locks of threads that it does not have.
        context = get_context("spawn")
        self._pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(os.fspath(path),))

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def predict(
        self, batches: Iterable[tuple[Item, Forms]], *, scores: bool
    ) -> Iterator[tuple[Item, list[Prediction]]]:
        """Pair each batch with the predictions of its sentences, in order.

        A few batches more than there are processes are under way at a time, so memory stays bounded. A batch without
        sentences needs no process: it comes as soon as those before it have come, and only then the next one is taken.

        Raises:
            ArcparserError: A process died.
        """
        pending: deque[tuple[Item, Future[_Joined]]] = deque()
        try:
            for batch, forms in batches:
                if not forms:
                    while pending:
                        first, future = pending.popleft()
                        yield first, _split(future.result())
                    yield batch, []
                    continue
                with _without_interrupts():  # this may start a process
                    pending.append((batch, self._pool.submit(_predict, forms, scores)))
                if len(pending) > self._jobs + 2:
                    first, future = pending.popleft()
                    yield first, _split(future.result())
            while pending:
                first, future = pending.popleft()
                yield first, _split(future.result())
        except BrokenProcessPool:
            raise ArcparserError("a process of --jobs died, perhaps out of memory: use fewer jobs") from None


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back. A process that is started within inherits that: it is ended by the one that started it."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows: see _start
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """End this process when its parent is gone: it would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _start(path: str) -> None:
    global _predictor
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _predictor = Predictor(*model_file.load(path).networks)


def _predict(forms: Forms, scores: bool) -> _Joined:
    if _predictor is None:
        raise RuntimeError("worker without a model")
    return _join(_predictor.predict(forms, scores=scores))


# The predictions of a batch on their way between processes: the lengths of its sentences, and each field of all of them
# in one array.  To pickle and read thousands of small arrays took 7 % of the CPU time of a parse.
_Joined = tuple[Ints, list["NDArray[Any] | None"]]
_FIELDS = Prediction.__slots__


def _join(predictions: list[Prediction]) -> _Joined:
    lengths = np.array([len(prediction.heads) for prediction in predictions], dtype=np.intp)
    fields: list[NDArray[Any] | None] = []
    for field in _FIELDS:
        parts = [getattr(prediction, field) for prediction in predictions]
        fields.append(None if not parts or parts[0] is None else np.concatenate(parts))
    return lengths, fields


def _split(joined: _Joined) -> list[Prediction]:
    lengths, fields = joined
    ends = np.cumsum(lengths).tolist()
    return [
        Prediction(*(None if field is None else field[start:end] for field in fields))  # type: ignore[arg-type]
        for start, end in zip([0, *ends], ends)
    ]
