"""Kill `arcparser train` at random moments: what is left is good, and `--resume` ends with the same bytes.

    python benchmarks/robustness/kill_training.py [--kills 30] [--writing 15] [--parses 10] [--seed 1]

First a training of the toy corpus runs undisturbed. Then it is started again and again, each time in a folder of its
own, and killed (SIGKILL, on Windows TerminateProcess): `--kills` times at a random moment of the whole run, from the
start of the process to its end, and `--writing` times at the sight of a file that is being written (`*.part`). In
every second round the resumed training is killed as well. After each kill

- the model file is absent or loads and parses; the checkpoint is absent or whole; the history is JSON lines;
- `--resume` (the same command again) ends with the model file of the undisturbed training, byte for byte, and with
  no checkpoint left.

Then `arcparser parse --output` is killed `--parses` times while it writes: under the final name is what was there
before, or nothing. Exit status 1 if any of this does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from material import COMMAND, DEV, ENHANCED, tiny_settings

import arcparser
from arcparser.errors import ArcparserError
from arcparser.model import array_file

EPOCHS = 10
MODEL = "toy.arcparser"

Moment = Callable[[float], bool]  # told the seconds since the start, says whether to kill now


def train_command(model: Path, config: Path) -> list[str]:
    return [
        *COMMAND,
        "train",
        str(DEV),
        "--dev",
        str(ENHANCED),
        "--output",
        str(model),
        "--config",
        str(config),
        "--epochs",
        str(EPOCHS),
        "--seed",
        "1",
        "--resume",
    ]


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        raise AssertionError(f"status {done.returncode}: {done.stderr.decode()[-1000:]}")


def kill_when(command: list[str], moment: Moment) -> bool:
    """Start a command and kill it at a moment; False if it ended before."""
    running = start(command)
    began = time.monotonic()
    while running.poll() is None:
        if moment(time.monotonic() - began):
            running.kill()
            break
        time.sleep(0.001)
    _, errors = running.communicate()
    if running.returncode == 0:
        return False
    if b"Traceback" in errors:
        raise AssertionError(errors.decode()[-1000:])
    return True


def epochs_done(model: Path) -> int:
    """Epochs in the history beside a model."""
    try:
        return Path(f"{model}.epochs.jsonl").read_bytes().count(b"\n")
    except OSError:
        return 0


def check_rest(model: Path) -> str:
    """Fail if anything that is left is not whole; say how far the training was."""
    history = Path(f"{model}.epochs.jsonl")
    done = 0
    if history.exists():
        done = len([json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()])
    checkpoint = Path(f"{model}.checkpoint")
    if checkpoint.exists():
        header, _ = array_file.read(checkpoint, "checkpoint")
        done = len(header["history"])
    if model.exists():
        arcparser.load(model).parse(["Dogs", "chase", "cats"])
    if checkpoint.exists():
        return f"after epoch {done}"
    return "after the end" if model.exists() and done == EPOCHS else "before the first checkpoint"


def kill_trainings(folder: Path, rng: random.Random, kills: int, writing: int) -> tuple[Counter[str], int]:
    """How far the trainings were when they were killed, and how many failed."""
    config = folder / "tiny.toml"
    config.write_text("".join(f"{name} = {value}\n" for name, value in tiny_settings().items()), encoding="utf-8")
    undisturbed = folder / "undisturbed.arcparser"
    times: list[float] = []

    def watch(now: float) -> bool:
        if epochs_done(undisturbed) > len(times):
            times.append(now)
        return False

    kill_when(train_command(undisturbed, config), watch)
    first = times[0]
    expected = undisturbed.read_bytes()
    print(f"undisturbed: {EPOCHS} epochs, a model of {len(expected):,} bytes", flush=True)
    moments: Counter[str] = Counter()
    failures = 0
    for number in range(5 * (kills + writing)):
        done = sum(moments.values()) + failures
        if done >= kills + writing:
            return moments, failures
        home = folder / f"round{number}"
        home.mkdir()
        moment = partial(random_moment, rng, home, first) if done < kills else partial(moment_of_writing, rng, home)
        try:
            moments.update(one_round(home, config, expected, [moment() for _ in range(1 + number % 2)]))
        except (AssertionError, ArcparserError, ValueError) as error:
            print(f"round {number}: {type(error).__name__}: {error}", file=sys.stderr)
            failures += 1
    raise AssertionError("the trainings end before they can be killed")


def random_moment(rng: random.Random, home: Path, first: float) -> Moment:
    """Any moment of a run: after a random number of epochs, and a random part of the time that an epoch takes.

    `first`: seconds until the first epoch is done; the others are timed in the run itself: machines may be busy.
    """
    epochs, part = divmod(rng.uniform(0, EPOCHS + 1), 1)
    done, since, interval = 0, 0.0, first

    def moment(now: float) -> bool:
        nonlocal done, since, interval
        found = epochs_done(home / MODEL)
        if found > done:
            interval = (now - since) / (found - done) if done else interval / 10
            done, since = found, now
        return done >= epochs and now - since >= part * interval

    return moment


def moment_of_writing(rng: random.Random, home: Path) -> Moment:
    """When a file is being written in this folder: one of the first few that are seen."""
    wanted, seen = rng.randrange(6), set[str]()

    def writes(_: float) -> bool:
        seen.update(path.name for path in home.glob(".*.part"))
        return len(seen) > wanted

    return writes


def one_round(home: Path, config: Path, expected: bytes, moments: list[Moment]) -> list[str]:
    """Start a training and kill it, as often as there are moments, then let it end; how far it was at each kill.

    Raises AssertionError or ArcparserError if something is not as it should be.
    """
    model = home / MODEL
    command = train_command(model, config)
    rests = [check_rest(model) for moment in moments if kill_when(command, moment)]
    finish(command)
    if model.read_bytes() != expected:
        raise AssertionError("the resumed training ended with another model")
    if Path(f"{model}.checkpoint").exists():
        raise AssertionError("a checkpoint is left at the end")
    return rests


def kill_parses(folder: Path, rng: random.Random, parses: int) -> int:
    """How many killed parses left something else under the final name than what was there."""
    model = folder / "undisturbed.arcparser"
    many = folder / "many.conllu"
    many.write_bytes(DEV.read_bytes() * 100)
    failures = 0
    for number in range(parses):
        home = folder / f"parse{number}"
        home.mkdir()
        output = home / "parsed.conllu"
        before = b"what was there\n" if number % 2 else None
        if before:
            output.write_bytes(before)
        command = [*COMMAND, "parse", str(many), "--model", str(model), "--output", str(output), "--batch-words", "500"]
        wanted = rng.uniform(0, 0.8) * many.stat().st_size

        def moment(_: float, home: Path = home, wanted: float = wanted) -> bool:
            with contextlib.suppress(FileNotFoundError):  # renamed in between
                return any(part.stat().st_size > wanted for part in home.glob(".*.part"))
            return False

        if not kill_when(command, moment):
            print(f"parse {number} ended before it was killed", file=sys.stderr)
            failures += 1
        left = output.read_bytes() if output.exists() else None
        if left != before:
            print(f"parse {number}: {left and left[:100]!r} is left", file=sys.stderr)
            failures += 1
    return failures


def main() -> int:
    """Kill, look, resume, compare; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=30, help="of trainings, at random moments")
    arguments.add_argument("--writing", type=int, default=15, help="of trainings that are writing a file")
    arguments.add_argument("--parses", type=int, default=10, help="of parses that are writing")
    arguments.add_argument("--seed", type=int, default=1)
    args = arguments.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        moments, failed = kill_trainings(Path(folder), rng, args.kills, args.writing)
        print(f"{sum(moments.values())} kills of a training that was then resumed: {failed} failures")
        for name, count in sorted(moments.items(), key=lambda item: (len(item[0]), item[0])):
            print(f"  {count} {name}")
        failed_parses = kill_parses(Path(folder), rng, args.parses)
        print(f"{args.parses} parses killed: {failed_parses} failures")
    return int(failed + failed_parses > 0)


if __name__ == "__main__":
    sys.exit(main())
