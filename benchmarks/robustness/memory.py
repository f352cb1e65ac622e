"""Peak memory of `arcparser parse` reading standard input, at 100 thousand and at 1 million words.

    python benchmarks/robustness/memory.py [--model NAME_OR_PATH] [--input FILE.conllu ...] [--words 100000 1000000]

The sentences of the files (default: `corpora/`), repeated and numbered by `# sent_id`, are piped into the command
while its output is read from a pipe, as a user would: nothing is kept on either side. Checked on the way: every
sentence comes out, in order, with its words, as a tree with one root. Reported: words/s, peak resident memory of the
process (from `wait4`; POSIX only); with `--jobs N` that of this process and of the largest of those that it started
(from `/proc`; Linux only). Then the same for one sentence of 5,000 words, for one of 20,000 with and without
`--scores`, for 100,000 sentences of one word, and for 20,000 sentences that are malformed (`--skip-invalid`). Exit
status 1 if anything is lost, if the peak at the largest number of words exceeds that at the smallest by more than 10 %,
or if the sentence of 20,000 words takes 2 GB.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from kill_folder import children
from material import COMMAND, FILES, tree_problem

import arcparser
from arcparser.errors import ArcparserError

Words = list[str]


def block(number: int, words: Words) -> bytes:
    rows = "".join(f"{i}\t{word}" + "\t_" * 8 + "\n" for i, word in enumerate(words, start=1))
    return f"# sent_id = {number}\n{rows}\n".encode()


def malformed(number: int) -> bytes:
    return f"# sent_id = {number}\n1\tbroken\t_\n\n".encode()


def repeated(sentences: list[Words], words: int) -> Iterator[Words]:
    """The sentences over and over, until there are so many words."""
    for sentence in itertools.cycle(sentences):
        yield sentence
        words -= len(sentence)
        if words <= 0:
            return


class Problem(Exception):
    """Something was lost, or is no tree."""


def parse(
    blocks: Iterable[bytes], expected: Iterator[Words | None], model: str, *options: str
) -> tuple[int, float, float]:
    """Pipe blocks through the command and compare; words, seconds and peak megabytes of the process.

    `expected`: the words of each sentence, None for a malformed one.
    """
    command = [*COMMAND, "parse", "--model", model, *options]
    start = time.perf_counter()
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert running.stdin is not None
    assert running.stdout is not None
    stdin = running.stdin

    def feed() -> None:
        try:
            for data in blocks:
                stdin.write(data)
            stdin.close()
        except OSError:
            pass  # it ended early: seen below

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    words = number = 0
    lines: list[bytes] = []
    for line in running.stdout:
        if line != b"\n":
            lines.append(line)
            continue
        wanted = next(expected, None)
        rows = [row.split(b"\t") for row in lines[1:]]
        if lines[0] != b"# sent_id = %d\n" % number:
            raise Problem(f"sentence {number} is out of order: {lines[0]!r}")
        if wanted is not None:
            if [row[1].decode() for row in rows] != wanted:
                raise Problem(f"sentence {number} has other words")
            if len(rows) < 1000 and (problem := tree_problem([int(row[6]) for row in rows])):
                raise Problem(f"sentence {number}: {problem}")
            words += len(rows)
        number += 1
        lines = []
        if number % 1000 == 0 and "--jobs" in options:
            note_peaks(running.pid)
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode or lines or next(expected, None) is not None:
        raise Problem(f"status {running.returncode} after {number} sentences")
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return words, time.perf_counter() - start, peak


PEAKS = {"parent": 0.0, "worker": 0.0}  # of the current run, in megabytes


def note_peaks(pid: int) -> None:
    """Look at the peak memory of a process and of those that it started."""
    for process in (pid, *children(pid)):
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
            peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
            kind = "parent" if process == pid else "worker"
            PEAKS[kind] = max(PEAKS[kind], peak)


def show(title: str, words: int, seconds: float, peak: float) -> None:
    rate = f"{words:>9,} words  {words / seconds:>8,.0f} words/s  {seconds:>6.1f} s"
    print(f"{title:37} {rate}  peak {peak:>6.0f} MB", flush=True)


def main() -> int:
    """Measure; 1 if anything is lost or memory grows."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--model", default="en_ewt", help="default: en_ewt")
    arguments.add_argument("--input", nargs="+", type=Path, default=FILES, metavar="FILE", help="default: the corpora")
    arguments.add_argument("--words", nargs="+", type=int, default=[100_000, 1_000_000])
    arguments.add_argument("--jobs", type=int, default=1, metavar="N", help="processes of `parse` (default: 1)")
    arguments.add_argument("--only-growth", action="store_true", help="leave out the odd inputs")
    args = arguments.parse_args()
    if not hasattr(os, "wait4"):
        sys.exit("this system does not tell the memory of a process that has ended: run it on Linux or macOS")
    sentences = [s.forms for file in args.input for s in arcparser.read_conllu(file)]
    peaks = []
    too_much = False
    jobs = ["--jobs", str(args.jobs)] if args.jobs > 1 else []
    for size in sorted(args.words):
        blocks = (block(i, words) for i, words in enumerate(repeated(sentences, size)))
        PEAKS.update(parent=0.0, worker=0.0)
        measured = parse(blocks, repeated(sentences, size), args.model, *jobs)
        show("repeated sentences", *measured)
        if jobs:
            print("    " + ", ".join(f"{kind} {peak:.0f} MB" for kind, peak in PEAKS.items()), flush=True)
        peaks.append(measured[2])
    if not args.only_growth:
        for size, *options in ((5000,), (20_000,), (20_000, "--scores")):
            long = list(itertools.islice(itertools.cycle([w for s in sentences for w in s]), size))
            measured = parse([block(0, long)], iter([long]), args.model, *options)
            show(" ".join((f"one sentence of {size:,} words", *options)), *measured)
            too_much = too_much or measured[2] >= 2048
        ones = [[s[i % len(s)]] for i, s in zip(range(100_000), itertools.cycle(sentences))]
        show("100,000 sentences of one word", *parse((block(i, w) for i, w in enumerate(ones)), iter(ones), args.model))
        bad = parse(map(malformed, range(20_000)), iter([None] * 20_000), args.model, "--skip-invalid")
        show("20,000 malformed sentences", *bad)
    grown = peaks[-1] / peaks[0] - 1
    print(f"peak memory from {min(args.words):,} to {max(args.words):,} words: {100 * grown:+.1f} %")
    return int(grown > 0.1 or too_much)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ArcparserError, Problem) as error:
        sys.exit(str(error))
