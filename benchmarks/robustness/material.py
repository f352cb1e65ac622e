"""What the robustness scripts share: the project's corpora as input, a toy model, limits on memory and time."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import arcparser
from arcparser.network.settings import Settings

CORPORA = Path(__file__).resolve().parents[2] / "corpora"
FILES = sorted(CORPORA.glob("*/*.conllu"))
DEV = CORPORA / "en_arc" / "en_arc-ud-dev.conllu"
ENHANCED = CORPORA / "enhanced_sample" / "enhanced_sample-ud-test.conllu"
COMMAND = [sys.executable, "-c", "import sys; from arcparser.cli.main import main; sys.exit(main())"]


def tiny_settings(width: int = 8) -> dict[str, Any]:
    """Settings, by name, of a network that trains in a second."""
    widths = {f.name: width for f in fields(Settings) if f.default and f.name.endswith(("_width", "hidden"))}
    return {**widths, "layers": 1, "warm_up": 10, "rate": 0.01}


def toy_model(path: Path, epochs: int = 1) -> Path:
    """A model trained on 41 sentences: it parses badly, but every part of a model file is there."""
    arcparser.train(DEV, dev=ENHANCED, output=path, config=tiny_settings(), epochs=epochs, threads=1)
    return path


def limit_memory(megabytes: int) -> bool:
    """Let this process take at most so much more than it has: a blow-up becomes a MemoryError. POSIX only."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as stream:
            pages = int(stream.read().split()[0])
    except (ImportError, OSError):
        return False
    limit = pages * resource.getpagesize() + (megabytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return True


def peak_megabytes() -> float:
    """Peak resident memory of this process; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


class Hang(Exception):
    """Something took longer than it may."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise Hang after so many seconds of computing (of this process, so that a busy machine is no failure)."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise Hang(f"more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def tree_problem(heads: list[int]) -> str | None:
    """What keeps these heads from being a tree with one root."""
    if heads.count(0) != 1:
        return f"{heads.count(0)} roots"
    if any(not 0 <= head <= len(heads) for head in heads):
        return "head out of range"
    for word in range(1, len(heads) + 1):
        at = word
        for _ in heads:
            at = heads[at - 1] if at else 0
        if at:
            return f"cycle at {word}"
    return None
