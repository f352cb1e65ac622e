"""End a command in order when it is asked to end: by Ctrl-C, by `kill`, by its terminal, or by a reader that is gone.

SIGINT, SIGTERM and SIGHUP raise `Stopped` in the main thread, wherever that is: what was begun is tidied up on the way
out, as after any other error. A signal that was ignored when the process began (`nohup`) stays ignored. Some places
need care:

- An exception in the middle of an import may be taken for a module that is not there: the signal comes again later.
- An exception in the middle of a destructor is passed over by Python: the signal comes again, too.
- A second signal does not disturb the tidying up after the first one.
- Once a command can no longer be stopped, as it is about to give its output its name, signals are ignored.

This module is imported before all others, and imports next to nothing: until then Ctrl-C shows a traceback of Python's.
"""

from __future__ import annotations

import _thread
import os
import sys
import time

# Those modules take longer to import than all of this. `signal` wraps `_signal`, whose numbers are enough here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, TextIO
else:
    import _signal as signal

_PATIENCE = 3.0  # seconds for tidying up, after which a signal is heeded again
_PAUSE = 0.01  # seconds until a signal comes again
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Stopped(KeyboardInterrupt):
    """The command was asked to end."""


class StopSignals:
    """Heed signals from `install` to `uninstall`; within the `with` block, any error after a signal is `Stopped`.

    Attributes:
        received: The number of the signal that has ended the command; None if there was none.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._since = 0.0
        self._too_late = False
        self._reader_is_gone = False
        self._before: dict[int, Any] = {}
        self._hook = sys.unraisablehook
        self._frame: FrameType | None = None
        self._main_thread = _thread.get_ident()

    def install(self) -> None:
        """Heed signals from now on, if this is the main thread: no other one can."""
        global _heeding
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        try:
            for number in numbers:
                before = signal.getsignal(number)
                if before in (signal.SIG_DFL, signal.default_int_handler):  # neither ignored nor somebody else's
                    signal.signal(number, self._handle)
                    self._before[number] = before
        except ValueError:
            return
        self._frame = sys._getframe(1)
        sys.unraisablehook = self._not_raised
        _heeding = self

    def uninstall(self, *, at_end: bool) -> None:
        """Heed no signal any more.

        Args:
            at_end: The process ends, and no signal shall change its exit status; else what was before comes back.
        """
        global _heeding
        self._too_late = True
        for number, before in self._before.items():
            signal.signal(number, signal.SIG_IGN if at_end else before)
        if _heeding is self:
            _heeding = None
            if not at_end:
                sys.unraisablehook = self._hook
        self._frame = None

    def __enter__(self) -> StopSignals:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self.received is not None and kind is not None and not issubclass(kind, Stopped):
            raise Stopped from error

    def ignore(self) -> None:
        """Ignore signals from now on: it is too late to stop."""
        self._too_late = True

    def stop_when_closed(self, stream: TextIO) -> None:
        """Stop as soon as nobody can read a pipe any more, instead of when it is next written to."""
        import select
        import stat

        try:
            mode = os.fstat(stream.fileno()).st_mode
        except (AttributeError, OSError, ValueError):
            return
        if not hasattr(select, "poll") or not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            return
        if signal.getsignal(signal.SIGPIPE) != signal.SIG_IGN:  # as Python begins
            return
        signal.signal(signal.SIGPIPE, self._handle)
        self._before[signal.SIGPIPE] = signal.SIG_IGN
        file = stream.fileno()
        self._start_thread(lambda: self._watch(file))

    def _watch(self, file: int) -> None:
        import select

        poll = select.poll()
        poll.register(file, 0)  # for nothing but errors
        poll.poll()
        if not self._too_late:
            self._reader_is_gone = True
            self._send(signal.SIGPIPE)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._too_late or (number not in self._numbers_that_end()):
            return
        now = time.monotonic()
        if self.received is not None and now - self._since < _PATIENCE:
            return
        if self._importing(frame):
            self._again(number)
            return
        self.received, self._since = number, now
        raise Stopped

    def _numbers_that_end(self) -> set[int]:
        # A write to any pipe may send SIGPIPE. What that means is for the writer, who gets an error as well.
        numbers = set(self._before)
        return numbers if self._reader_is_gone else numbers - {getattr(signal, "SIGPIPE", None)}

    def _importing(self, frame: FrameType | None) -> bool:
        while frame is not None and frame is not self._frame:
            if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
                return True
            frame = frame.f_back
        return False

    def _again(self, number: int) -> None:
        def send() -> None:
            time.sleep(_PAUSE)
            if not self._too_late:
                self._send(number)

        self._start_thread(send)

    def _start_thread(self, function: Callable[[], None]) -> None:
        """Start a thread that gets no signals: they are for the main thread, which may hold them back for a while."""
        if not hasattr(signal, "pthread_sigmask"):
            _thread.start_new_thread(function, ())
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [*self._before])
        try:
            _thread.start_new_thread(function, ())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _send(self, number: int) -> None:
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(self._main_thread, number)
        else:  # which does not end a read that waits
            _thread.interrupt_main(number)  # type: ignore[arg-type]

    def _not_raised(self, unraisable: Any) -> None:
        if not issubclass(unraisable.exc_type, Stopped) or self.received is None:
            self._hook(unraisable)
            return
        number, self.received = self.received, None
        self._again(number)


class Deadline:
    """Raise TimeoutError, which is an OSError, if the `with` block takes longer than it may, where the system can."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._before: Any = None

    def __enter__(self) -> None:
        if hasattr(signal, "setitimer") and _is_main_thread():
            self._before = signal.signal(signal.SIGALRM, self._raise)
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def _raise(self, *_: object) -> None:
        raise TimeoutError("out of time")


def _is_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


_heeding: StopSignals | None = None


def stop_when_closed(stream: TextIO) -> None:
    """See `StopSignals.stop_when_closed`; do nothing where a command is called from Python, without a command line."""
    if _heeding is not None:
        _heeding.stop_when_closed(stream)
