"""Kill `arcparser parse --output-dir` at random moments: the next run ends with the bytes of an undisturbed one.

    python benchmarks/robustness/kill_folder.py [--kills 60] [--files 24] [--seed 1] [--model PATH]

First a folder of files, some of them compressed and some raw text, is parsed undisturbed. Then runs begin on a folder
of their own: one command, one with `--jobs 2`, one with two workers of Dask (`--cluster local:2`), or two commands at a
time. At a random moment one is killed: the command by SIGKILL or SIGTERM, or one of its processes by SIGKILL (with
`--jobs` and Dask, the run then goes on). In
every second round the next run is killed as well. Then the command is given once more: it ends with status 0, and the
folder has the same files with the same bytes, the manifest too, and nothing else. Exit status 1 if that does not hold.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from material import COMMAND, DEV, ENHANCED

SHARING = ([], ["--jobs", "2"], ["--cluster", "local:2"], [])  # the last with a second command
TEXT = "Dogs chase cats. Cats sleep.\n\nNobody knows why they don't.\n" * 40


def make_corpus(folder: Path, files: int) -> None:
    for number in range(files):
        place = folder / f"part{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        data = (DEV if number % 2 else ENHANCED).read_bytes() * (number % 5 + 1)
        if number % 4 == 0:
            (place / f"{number}.txt").write_text(TEXT * (number % 3 + 1))
        elif number % 4 == 1:
            (place / f"{number}.conllu.gz").write_bytes(gzip.compress(data))
        else:
            (place / f"{number}.conllu").write_bytes(data)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def start(corpus: Path, output: Path, model: str, *sharing: str) -> subprocess.Popen[bytes]:
    options = ["--output-dir", str(output), "--model", model, "--batch-words", "200", *sharing]
    return subprocess.Popen([*COMMAND, "parse", str(corpus), *options], stderr=subprocess.PIPE)


def children(pid: int) -> list[int]:
    """The processes that work for one, without that which tidies up after them."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())  # whichever of them started it
        found = [int(one) for thread in threads for one in (thread / "children").read_text().split()]
        return [one for one in found if b"resource_tracker" not in Path(f"/proc/{one}/cmdline").read_bytes()]
    except OSError:
        return []


def kill(running: subprocess.Popen[bytes], how: str) -> str:
    """Kill a command or one of its processes, and wait for its end."""
    if running.poll() is not None:
        outcome = "too late"
    elif how == "worker" and (workers := children(running.pid)):
        os.kill(random.choice(workers), signal.SIGKILL)
        outcome = "worker of Dask" if "--cluster" in running.args else "worker"
    elif how == "SIGTERM":
        running.terminate()
        outcome = how
    else:
        running.kill()
        outcome = "SIGKILL"
    running.communicate(timeout=300)
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="en_ewt")
    args = parser.parse_args()
    random.seed(args.seed)
    outcomes: Counter[str] = Counter()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_corpus(folder / "corpus", args.files)
        began = time.monotonic()
        start(folder / "corpus", folder / "expected", args.model).communicate()
        seconds = time.monotonic() - began
        expected = tree(folder / "expected")
        assert len(expected) == args.files + 1
        for number in range(args.kills):
            output = folder / f"output{number}"
            for _ in range(1 + number % 2):
                sharing = SHARING[number % 4]
                commands = [start(folder / "corpus", output, args.model, *sharing)]
                if number % 4 == 3:
                    commands.append(start(folder / "corpus", output, args.model))
                time.sleep(random.uniform(0.1, 1.0) * seconds)
                how = random.choice(["SIGKILL", "SIGTERM", *(["worker"] * 2 if sharing else [])])
                outcomes[kill(commands[0], how)] += 1
                for other in commands[1:]:
                    other.communicate(timeout=300)
            last = start(folder / "corpus", output, args.model)
            _, problem = last.communicate(timeout=300)
            found = tree(output)
            if last.returncode or found != expected:
                failures += 1
                differing = sorted(key for key in expected | found if expected.get(key) != found.get(key))
                print(f"round {number}: status {last.returncode}, {differing}, {problem.decode()}", file=sys.stderr)
    kills = sum(outcomes.values()) - outcomes["too late"]
    print(f"{args.kills} rounds, {kills} kills {dict(outcomes)}: {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
