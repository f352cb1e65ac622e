"""Run the command line: from arguments to the call of a command, from an error to one line and an exit status.

Each command is a module of this room, imported once the command is known: `add(command)` adds its arguments to its
argument parser, and `run(args)` turns them into the call of a plain function. So `--help` and `--version` load neither
numpy nor any command. Even the argument parser is imported only once signals are heeded (`arcparser.cli.signals`).
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys

from arcparser._version import __version__
from arcparser.cli.signals import Deadline, StopSignals
from arcparser.errors import ArcparserError, UsageError, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from arcparser.cli.command import Command

COMMANDS = {
    "check": "find every fault of treebank files",
    "train": "train a parser on CoNLL-U treebanks",
    "history": "show the epochs of a training",
    "crossval": "train on all folds of a treebank but one, and parse it",
    "curve": "tell what more annotated sentences would bring",
    "combine": "make one model of several trainings, more accurate",
    "parse": "parse CoNLL-U or raw text",
    "doubtful": "find the sentences that a parser is least sure of",
    "evaluate": "score a parse against gold trees",
    "compare": "tell whether parses differ by more than chance",
    "info": "say what a model is",
    "models": "list models, fetch them by name, remove them",
    "show": "draw trees in the terminal",
    "render": "draw trees on HTML pages, or one as a picture",
    "explain": "show a parse step by step",
    "corpus": "find and download UD treebanks",
    "completion": "complete commands and options in the shell",
}


# Those that end with the file of --output: once it has its name, it is too late to stop them.
_ENDING_WITH_A_FILE = ("combine", "parse", "doubtful", "render", "explain", "history")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Those of the command line; None: those of this process, which then ends with this function.

    Returns:
        The exit status: 0, 1 for bad input, 2 for a wrong call, 128 and its number after a signal (130 after Ctrl-C).
    """
    signals = StopSignals()
    try:
        signals.install()
        return _main(arguments, signals)
    except KeyboardInterrupt:
        return _stopped(signals)
    finally:
        signals.uninstall(at_end=arguments is None)


def _main(arguments: Sequence[str] | None, signals: StopSignals) -> int:
    import warnings

    # One thread for numpy's products, set before numpy is loaded: the products of a parse are too small to be
    # shared (--jobs uses more cores better), and training makes threads of its own.
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    _prepare_streams()
    try:
        with signals, warnings.catch_warnings():
            warnings.showwarning = _note_warning
            return _run(arguments, signals)
    except BrokenPipeError:
        return _reader_is_gone()
    except UsageError as error:
        return _fail(str(error), 2)
    except ArcparserError as error:
        return _fail(str(error), 1)
    except MemoryError:
        return _fail("out of memory: split the longest sentences, or take a smaller model or fewer processes", 1)
    except OSError as error:
        _quiet(sys.stdout)
        if error.errno == errno.EINVAL and os.name == "nt":  # a closed pipe, on Windows
            return 0
        where = f"{error.filename}: " if error.filename else "standard output: "
        return _fail(f"{where}{error.strerror or error}: free some space, or choose another place", 1)


def _prepare_streams() -> None:
    """Let standard output and standard error take any character."""
    if sys.stderr is None:  # as it is when the process was started with it closed
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    # Where the locale names no encoding (LANG=C), Python without its UTF-8 mode takes ASCII. Whoever gave names in
    # UTF-8 reads UTF-8.
    unknown = sys.getfilesystemencoding() == "ascii" and not os.environ.get("PYTHONIOENCODING")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may lack characters that a label has
            stream.reconfigure(encoding="utf-8" if unknown else None, errors="backslashreplace")


def _run(arguments: Sequence[str] | None, signals: StopSignals) -> int:
    """Run one command, and flush what it printed while errors are still caught."""
    parser = _parser()
    try:
        if _asks_for_all_versions(sys.argv[1:] if arguments is None else arguments):
            from arcparser.cli.versions import print_versions

            print_versions()
            return 0
        args = parser.parse_args(arguments)
        if hasattr(args, "run"):
            from arcparser.cli.common import be_quiet
            from arcparser.files import before_rename

            be_quiet(args.quiet)
            try:
                with before_rename(signals.ignore if args.command in _ENDING_WITH_A_FILE else None), _told(args):
                    status = args.run(args) or 0
            finally:
                be_quiet(False)
        else:
            parser.print_help()
            status = 2
    except SystemExit:  # --help, --version, or a wrong call
        _flush_stdout()
        raise
    _flush_stdout()
    signals.ignore()
    return status


def _asks_for_all_versions(arguments: Sequence[str]) -> bool:
    """Tell whether the arguments are `--version --verbose`; argparse ends with the first of them."""
    return "--version" in arguments and {"--version"} < set(arguments) <= {"--version", "--verbose", "-v"}


@contextlib.contextmanager
def _told(args: argparse.Namespace) -> Iterator[None]:
    """With `--verbose`, say at the end how long the command took, or where in the source an error is from."""
    if not args.verbose:
        yield
        return
    import time
    import traceback

    from arcparser.cli.common import warn

    began = time.monotonic()
    try:
        yield
    except (ArcparserError, OSError, MemoryError) as error:
        if not isinstance(error, BrokenPipeError):
            warn("".join(traceback.format_exception(error)).rstrip())
        raise
    warn(f"arcparser: {args.command} took {time.monotonic() - began:.1f} s")


def filled_parser() -> Command:
    """Make the argument parser with the arguments of all commands, as completion needs it."""
    parser = _parser()
    for command in parser.commands():
        command.fill()
    return parser


def _parser() -> Command:
    """Make the argument parser, whose commands get their arguments when they are called."""
    from arcparser.cli.command import Command, add_command

    parser = Command(prog="arcparser", description="Train, run and evaluate dependency parsers on an ordinary CPU.")
    shown = f"arcparser {__version__}"
    parser.add_argument(
        "--version", action="version", version=shown, help="say the version; with -v all that it runs on"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors and warnings")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more: see the help of the commands")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=Command)
    for name, summary in COMMANDS.items():
        add_command(commands, name, summary, module=f"arcparser.cli.{name}")
    return parser


def _stopped(signals: StopSignals) -> int:
    """Say that the command was stopped, and return the exit status; 0 if the reader of its output has seen enough."""
    import signal

    signals.ignore()
    if signals.received == getattr(signal, "SIGPIPE", 0):
        return _reader_is_gone()
    with Deadline(seconds=1.0):  # standard output may be a pipe that is full
        return _fail("stopped", 128 + (signals.received or signal.SIGINT))


def _reader_is_gone() -> int:
    """Return the exit status after a pipe was closed: its reader, such as head, has seen enough."""
    _quiet(sys.stdout)
    try:
        sys.stderr.flush()
    except OSError:
        _quiet(sys.stderr)
    return 0


def _fail(message: str, status: int) -> int:
    """Print an error on one line, whatever is in it, and return the exit status."""
    from arcparser.cli.common import warn

    with contextlib.suppress(OSError):
        warn(f"arcparser: {one_line(message)}")
    try:
        _flush_stdout()
    except OSError:
        _quiet(sys.stdout)
    return status


def _note_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning as errors are printed, without the place in the source."""
    from arcparser.cli.common import warn

    with contextlib.suppress(OSError):
        warn(f"arcparser: warning: {one_line(str(message))}")


def _flush_stdout() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _quiet(stream: TextIO) -> None:
    # Else the interpreter flushes the stream once more when it ends, and complains.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
