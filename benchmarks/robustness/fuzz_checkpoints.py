"""Alter a checkpoint in every way there is: `--resume` refuses it with one line, or the training comes to its end.

    python benchmarks/robustness/fuzz_checkpoints.py

A training is stopped before its branches part and another time within the second of them. Of both checkpoints each
thing is altered by itself, with a SHA-256 that fits (`alterations.py`): every key removed, every value replaced by some
forty others, every array by others of other types, shapes and sizes. Files that are no checkpoint take its place as
well. Each must be refused with a ModelError (a UsageError for the fingerprint of another training) of one line, or be
resumed to the end, with a model that parses.

Each trial has 5 seconds of computing and the process 1 GB more than at the start: a hang, a blow-up, a warning or any
other exception is a failure; exit status 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alterations import alterations
from material import DEV, ENHANCED, Hang, limit_memory, peak_megabytes, time_limit, tiny_settings, tree_problem

import arcparser
from arcparser.errors import ModelError, UsageError
from arcparser.treebank.sentence import Sentence

EPOCHS = 3


def train(output: Path, **options: Any) -> arcparser.Parser:
    """Train on ten sentences: an epoch takes a fraction of a second."""
    small = output.with_name("small.conllu")
    if not small.exists():
        small.write_bytes(b"".join(s.to_bytes() for _, s in zip(range(10), arcparser.read_conllu(DEV))))
    config = {**tiny_settings(4), "branches": 2, "branch_from": 0.4}
    return arcparser.train(
        small, dev=ENHANCED, output=output, config=config, epochs=EPOCHS, threads=1, language="en", **options
    )


def stopped(output: Path, beginning: str) -> bytes:
    """Return the checkpoint of a training that is stopped where it reports a line that begins like this."""

    def report(line: str) -> None:
        if line.startswith(beginning):
            raise KeyboardInterrupt

    try:
        train(output, report=report, overwrite=True)
    except KeyboardInterrupt:
        return Path(f"{output}.checkpoint").read_bytes()
    sys.exit("the training was not stopped")


def others(output: Path, checkpoint: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield files that are no checkpoint."""
    yield "an empty file", b""
    yield "a treebank", DEV.read_bytes()
    yield "a model", output.read_bytes()
    yield "half a checkpoint", checkpoint[: len(checkpoint) // 2]
    yield "a checkpoint of version 2", b"arcparser 2\n" + checkpoint
    yield "nothing but zeros", bytes(10_000)


def resume(output: Path) -> str:
    """Resume and return how it went.

    Raises:
        AssertionError: It was refused with a bad message, or its model gives no tree.
    """
    try:
        parser = train(output, resume=True)
    except (ModelError, UsageError) as error:
        if not str(error).isprintable() or len(str(error)) > 500:
            raise AssertionError(f"not a good message: {str(error)[:300]!r}") from None
        return "refused"
    sentence = parser.parse(["Dogs", "chase", "cats", "."])
    if not isinstance(sentence, Sentence) or (problem := tree_problem(sentence.heads)):
        raise AssertionError(f"no tree: {problem}")
    return "resumed"


def main() -> int:
    """Alter, resume, count; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--every", type=int, default=1, help="take only every so many alterations")
    args = arguments.parse_args()
    counts: Counter[str] = Counter()
    failures = 0
    slowest = 0.0
    start = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = folder / "en_small.arcparser"
        train(output)  # this also imports what a training needs before memory is limited
        files = [stopped(output, f"epoch 2/{EPOCHS}"), stopped(output, f"epoch 3/{EPOCHS} of branch 2")]
        best = output.read_bytes()
        limited = limit_memory(1000)
        warnings.simplefilter("error")
        for whole in files:
            for number, (what, data) in enumerate((*others(output, whole), *alterations(whole))):
                if number % args.every and what != "nothing":
                    continue
                Path(f"{output}.checkpoint").write_bytes(data)
                output.write_bytes(best)
                began = time.process_time()
                try:
                    with time_limit(5):
                        outcome = resume(output)
                    if what == "nothing" and outcome != "resumed":
                        raise AssertionError("the unaltered checkpoint was refused")
                    counts[outcome] += 1
                except (Exception, Hang) as error:
                    failures += 1
                    if failures <= 20:
                        print(f"{what}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
                        traceback.print_tb(error.__traceback__)
                slowest = max(slowest, time.process_time() - began)
    print(f"{sum(counts.values()) + failures:,} altered checkpoints: {failures} failures")
    for outcome, times in sorted(counts.items()):
        print(f"  {times:,} {outcome}")
    print(f"  slowest {slowest:.2f} s, all {time.process_time() - start:.0f} s of computing")
    print(f"  peak memory {peak_megabytes():.0f} MB" + ("" if limited else " (no limit could be set)"))
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
