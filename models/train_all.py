"""Train the models of `treebanks.toml` that are not there yet, or some of them anew.

    python models/train_all.py TREEBANKS [NAME ...] [--jobs 2] [--again]

Each is trained by `arcparser train` with the defaults of the command, on one core, in `models/build/`, where its log is
as well. When it is done it is measured (`measure.py`) and moved to `models/`. Whatever ends the script, the same call
goes on from the last checkpoint of each training. Afterwards `make_pages.py` makes the registry, the cards and pages.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import measure
from treebanks import HERE, Model

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
_measuring = Lock()  # scores.json is written by one at a time
_running: dict[str, subprocess.Popen] = {}
_stopped = Event()


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("treebanks", type=Path, metavar="TREEBANKS", help="folder with a folder for each treebank")
    parser.add_argument("names", nargs="*", metavar="NAME", help="models (default: all of the table)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="trainings side by side (default 2)")
    parser.add_argument("--again", action="store_true", help="also models that are there")
    parser.add_argument("--build", type=Path, default=HERE / "build", metavar="DIR", help="where trainings work")
    args = parser.parse_args(arguments)
    wanted = [model for model in measure.chosen(args.names) if args.again or not target(model).exists()]
    missing = [model.name for model in wanted if model.treebank.file(args.treebanks, "train") is None]
    if missing:
        sys.exit(f"{args.treebanks}: no train file of {', '.join(missing)}: give the folder of the treebanks")
    args.build.mkdir(parents=True, exist_ok=True)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    with ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(lambda model: make(model, args.treebanks, args.build), wanted))
    if _stopped.is_set():
        sys.exit("stopped: the same call goes on")
    if failed := [model.name for model, done in zip(wanted, results) if not done]:
        sys.exit(f"{', '.join(failed)}: failed: see the logs in {args.build}")


def stop(*_: object) -> None:
    """End the trainings that run, and begin no other; each has written a checkpoint after its last epoch."""
    _stopped.set()
    for process in list(_running.values()):
        process.terminate()


def target(model: Model) -> Path:
    """Return where the finished model goes."""
    return HERE / f"{model.name}.arcparser"


def make(model: Model, folder: Path, build: Path) -> bool:
    """Train, measure and move one model; return whether it came to its end."""
    if _stopped.is_set():
        return False
    path = build / f"{model.name}.arcparser"
    say(f"{model.name}: begins, or goes on")
    with open(build / f"{model.name}.log", "ab") as log:
        process = subprocess.Popen(command(model, folder, path), stderr=log, env={**os.environ, **ONE_THREAD})
        _running[model.name] = process
        status = process.wait()
        del _running[model.name]
    if status:
        say(f"{model.name}: exit status {status}")
        return False
    with _measuring:
        measure.note(model.name, measure.measure(model, path, folder))
        os.replace(path, target(model))
    for left in build.glob(f"{model.name}.arcparser*"):
        left.unlink()
    say(f"{model.name}: {measure.summary(measure.scores()[model.name])}")
    return True


def command(model: Model, folder: Path, output: Path) -> list[str]:
    """Return the command that trains a model, from its last checkpoint if there is one."""
    train, dev = (model.treebank.file(folder, part) for part in ("train", "dev"))
    arguments = model.arguments(str(train), None if dev is None else str(dev), str(output))
    begun = any(output.parent.glob(f"{output.name}*"))
    return [sys.executable, "-m", "arcparser", *arguments, "--threads", "1", *(["--resume"] if begun else [])]


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
