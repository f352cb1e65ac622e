"""Ask commands to end at random moments: by SIGINT, SIGTERM, SIGHUP, or by closing the pipe that they write to.

    python benchmarks/robustness/signals.py [--rounds 40] [--slowest 10] [--seed 1]

Each command (the start of a parse, a parse, a parse with two processes, a training) first runs undisturbed, which says
how long it takes and what it writes. Then it runs `--rounds` times and is asked to end at a random moment from the
start of the process to its end. Signals are sent to the process alone or, as a terminal does, to all of its group.
After each end

- the exit status is 130, 143 or 129, and the last line on standard error is `arcparser: stopped`; or it is 0, and the
  output is whole; 0 after a closed pipe;
- standard error has no traceback and no exception that was "ignored";
- the output is whole or absent: of a parse all of it, of a training a model that can be loaded. No `.part` is left;
- no process of the group is left, and the end took no longer than `--slowest` seconds.

A signal may come while Python itself starts: then Python ends as it does, with a traceback after SIGINT. Such ends are
counted by themselves. POSIX only. Exit status 1 if anything of this does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from material import COMMAND, DEV, ENHANCED, tiny_settings, toy_model

import arcparser
from arcparser.errors import ArcparserError

EPOCHS = 15
BIG = 60  # times the toy corpus
_IN_MAIN = re.compile(r'arcparser/cli/main\.py", line [0-9]+, in (?!<module>)')


@dataclass(frozen=True)
class Situation:
    """A command that writes `out` in its folder, and the stream that its reader may close."""

    name: str
    arguments: list[str]
    closed: str = "stdout"

    def start(self, home: Path, *, to_file: bool) -> subprocess.Popen[bytes]:
        output = ["--output", str(home / "out")] if to_file or self.name == "train" else []
        return subprocess.Popen(
            [*COMMAND, *self.arguments, *output],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )


class Failure(Exception):
    """A command did not end as it should."""


def situations(folder: Path) -> list[Situation]:
    model, config, big = folder / "toy.arcparser", folder / "tiny.toml", folder / "big.conllu"
    toy_model(model)
    config.write_text("".join(f"{name} = {value}\n" for name, value in tiny_settings().items()), encoding="utf-8")
    big.write_bytes(DEV.read_bytes() * BIG)
    parse = ["--model", str(model), "--batch-words", "2000"]
    train = ["train", str(DEV), "--dev", str(ENHANCED), "--config", str(config), "--epochs", str(EPOCHS)]
    return [
        Situation("start", ["parse", str(ENHANCED), *parse]),
        Situation("parse", ["parse", str(big), *parse]),
        Situation("parse --jobs 2", ["parse", str(big), *parse, "--jobs", "2"]),
        Situation("train", train, closed="stderr"),
    ]


def undisturbed(situation: Situation, home: Path) -> tuple[float, bytes]:
    """How long a command takes, and what it writes."""
    began = time.monotonic()
    running = situation.start(home, to_file=True)
    _, errors = running.communicate()
    if running.returncode:
        raise Failure(errors.decode())
    return time.monotonic() - began, (home / "out").read_bytes()


def end(situation: Situation, home: Path, rng: random.Random, seconds: float, expected: bytes) -> tuple[str, float]:
    """Start a command and ask it to end; how it ended, and after how many seconds."""
    way = rng.choice(("SIGINT", "SIGTERM", "SIGHUP", "pipe"))
    to_group = rng.random() < 0.5
    running = situation.start(home, to_file=way != "pipe")
    if way == "pipe" and situation.closed == "stdout":  # which would wait for its reader
        os.set_blocking(running.stdout.fileno(), False)
        drain_until(running, rng.uniform(0, seconds))
    else:
        time.sleep(rng.uniform(0, seconds))
    began = time.monotonic()
    if way == "pipe":
        getattr(running, situation.closed).close()
        setattr(running, situation.closed, None)
    else:
        number = getattr(signal, way)
        (os.killpg if to_group else os.kill)(running.pid, number)
    try:
        _, errors = running.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        raise Failure(f"{way}: does not end: {running.communicate()[1]!r}") from None
    took = time.monotonic() - began
    check_streams(way, running.returncode, (errors or b"").decode())
    check_rest(situation, home, running, expected, whole=running.returncode == 0 and way != "pipe")
    return f"{way} {running.returncode}", took


def drain_until(running: subprocess.Popen[bytes], seconds: float) -> None:
    """Read what a command writes for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        running.stdout.read()
        time.sleep(0.002)


def check_streams(way: str, status: int, errors: str) -> None:
    if way == "pipe":
        if status != 0 or errors:
            raise Failure(f"{way}: status {status}: {errors[-1000:]}")
        return
    number = getattr(signal, way)
    by_python = status == -number and not errors
    if number == signal.SIGINT and status in (-number, 1):
        by_python = errors.rstrip().endswith("KeyboardInterrupt") and not _IN_MAIN.search(errors)
    if by_python:  # which was starting: no line of main has run
        return
    if "Traceback" in errors or "ignored" in errors or status not in (0, 128 + number):
        raise Failure(f"{way}: status {status}: {errors[-1000:]}")
    if status and errors.splitlines()[-1:] != ["arcparser: stopped"]:
        raise Failure(f"{way}: status {status}, but says {errors[-1000:]}")


def check_rest(
    situation: Situation, home: Path, running: subprocess.Popen[bytes], expected: bytes, *, whole: bool
) -> None:
    if parts := [name for name in os.listdir(home) if name.endswith(".part")]:
        raise Failure(f"{parts} left")
    output = home / "out"
    if whole and not output.exists():
        raise Failure("status 0, but there is no output")
    if output.exists():
        if situation.name == "train" and not whole:
            arcparser.load(output).parse(["Dogs", "bark"])
        elif output.read_bytes() != expected:
            raise Failure("the output is not whole")
        if situation.name != "train" and running.returncode:
            raise Failure(f"status {running.returncode}, but the output is there")
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.killpg(running.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise Failure("a process is left")


def main() -> int:
    """End commands and look at what they leave; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=40, help="of each command")
    arguments.add_argument("--slowest", type=float, default=10.0, help="seconds that an end may take")
    arguments.add_argument("--seed", type=int, default=1)
    args = arguments.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where it is ignored, as in a background job, it stays so
    rng = random.Random(args.seed)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for situation in situations(Path(folder)):
            home = Path(folder) / situation.name.replace(" ", "")
            home.mkdir()
            seconds, expected = undisturbed(situation, home)
            ends: Counter[str] = Counter()
            slowest = 0.0
            for number in range(args.rounds):
                (here := home / str(number)).mkdir()
                try:
                    how, took = end(situation, here, rng, seconds, expected)
                    ends[how] += 1
                    slowest = max(slowest, took)
                    if took > args.slowest:
                        raise Failure(f"{how}: took {took:.1f} s")
                except (Failure, ArcparserError) as error:
                    print(f"{situation.name}, round {number}: {error}", file=sys.stderr)
                    failures += 1
            shown = ", ".join(f"{count} {how}" for how, count in sorted(ends.items()))
            print(f"{situation.name} ({seconds:.1f} s): {shown}; slowest end {slowest:.2f} s", flush=True)
    print(f"{failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
