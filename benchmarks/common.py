"""What the benchmarks share: one thread per process, pinned cores, peak memory, medians, input, tables.

Nothing of arcparser or numpy is imported before it is needed: the processes of other parsers import this module, and
their memory is measured.
"""

from __future__ import annotations

import contextlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

# The console script `arcparser`, in the Python that runs the benchmark.
ARCPARSER = [sys.executable, "-c", "import sys; from arcparser.cli.main import main; sys.exit(main())"]

# The clock for work of one thread that waits for nothing: CPU seconds, which on an idle machine are seconds, and which
# other programs on a busy one disturb less.  On Windows that clock ticks too slowly.
cpu_seconds = time.perf_counter if os.name == "nt" else time.process_time


def one_thread() -> None:
    """One thread for matrix products, here and in processes started from here; call it before numpy is imported."""
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"


def usable_cores() -> list[int]:
    """Numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pin(cores: Sequence[int]) -> None:
    """Keep this process, and those it starts, on these cores; does nothing where the system cannot (macOS, Windows)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


@contextlib.contextmanager
def pinned(cores: Sequence[int]) -> Iterator[None]:
    """`pin` for the time of a block."""
    before = usable_cores()
    pin(cores)
    try:
        yield
    finally:
        pin(before)


def peak_rss() -> float | None:
    """Largest resident memory this process has had, in MB; None where the system does not say (Windows)."""
    with contextlib.suppress(OSError):
        # Not ru_maxrss: on Linux that counts the process we were forked from as well.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def first_output(command: Sequence[str]) -> tuple[float, float]:
    """Seconds from the start of a process to its first byte on standard output, and to its end."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        first = time.perf_counter() - start
        process.stdout.read()
    if process.returncode:
        sys.exit(f"exit status {process.returncode} of: {' '.join(command)}")
    return first, time.perf_counter() - start


def read_words(path: str | os.PathLike[str]) -> list[list[str]]:
    """The words of each sentence of a CoNLL-U file."""
    from arcparser.treebank.reader import read_conllu

    return [sentence.forms for sentence in read_conllu(path)]


def at_least(words: int, sentences: Sequence[list[str]]) -> list[list[str]]:
    """Sentences from the beginning, over and over, until there are so many words."""
    chosen: list[list[str]] = []
    while words > 0:
        chosen.append(sentences[len(chosen) % len(sentences)])
        words -= len(chosen[-1])
    return chosen


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def machine() -> str:
    """Processor, system and versions, in one line."""
    import numpy as np

    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    return f"{name}, {os.cpu_count()} cores, {platform.system()}; {versions}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that is also legible as text: the first column to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows)]

    def line(cells: Sequence[str]) -> str:
        padded = [cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))]
        return f"| {' | '.join(padded)} |"

    rule = f"|{'-' * (widths[0] + 2)}|{'|'.join('-' * (width + 1) + ':' for width in widths[1:])}|"
    return "\n".join([line(header), rule, *map(line, rows)])
