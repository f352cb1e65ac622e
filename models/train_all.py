"""Train the models of `treebanks.toml` that are not there yet, or some of them anew.

    python models/train_all.py TREEBANKS [NAME ...] [--extra DIR] [--jobs 2] [--again]

Each is trained by `arcparser train` on one core, in `models/build/`, where its log is as well; with the defaults of the
command, or by its recipe, which may also say that `arcparser combine` makes it of several. When it is done it is
measured (`measure.py`) and moved to `models/`. Parsers that teach models, or are parts of them, are made first and stay
in `models/build/`. Whatever ends the script, the same call goes on from the last checkpoint of each training.
Afterwards `make_pages.py` makes the registry, the cards and pages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

import measure
from treebanks import HERE, Model

from arcparser.training import checkpoint

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
    parser.add_argument("--extra", type=Path, metavar="DIR", help="folder with the encoders and raw texts of recipes")
    parser.add_argument("--build", type=Path, default=HERE / "build", metavar="DIR", help="where trainings work")
    args = parser.parse_args(arguments)
    wanted = [model for model in measure.chosen(args.names) if args.again or not target(model).exists()]
    missing = [model.name for model in wanted if model.treebank.file(args.treebanks, "train") is None]
    if missing:
        sys.exit(f"{args.treebanks}: no train file of {', '.join(missing)}: give the folder of the treebanks")
    names = {model.name for model in wanted}
    parsers = {one.name: one for model in wanted for one in (*model.before, model)}.values()
    for name in dict.fromkeys(name for parser in parsers for name in parser.recipe.files):
        if args.extra is None or not (args.extra / name).exists():
            sys.exit(f"{name}: is needed and not there: give the folder that it is in by --extra")
    if args.extra is not None:
        os.environ["ARCPARSER_ENCODERS"] = str(args.extra)  # where the trainings look for a teacher's encoder
    work = Workshop(args.treebanks, args.build, args.extra)
    args.build.mkdir(parents=True, exist_ok=True)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    for stage in sorted({parser.stage for parser in parsers}):
        together = [parser for parser in parsers if parser.stage == stage]
        with ThreadPoolExecutor(args.jobs) as pool:
            results = list(pool.map(lambda one: (work.make if one.name in names else work.prepare)(one), together))
        if _stopped.is_set():
            sys.exit("stopped: the same call goes on")
        if failed := [parser.name for parser, done in zip(together, results) if not done]:
            sys.exit(f"{', '.join(failed)}: failed: see the logs in {args.build}")


def stop(*_: object) -> None:
    """End the trainings that run, and begin no other; each has written a checkpoint after its last epoch."""
    _stopped.set()
    for process in list(_running.values()):
        process.terminate()


def target(model: Model) -> Path:
    """Return where the finished model goes."""
    return HERE / f"{model.name}.arcparser"


@dataclass(frozen=True)
class Workshop:
    """The folders that trainings read from and work in."""

    treebanks: Path
    build: Path
    extra: Path | None = None  # encoders and raw texts

    def prepare(self, parser: Model) -> bool:
        """Make a parser that others are made of, unless it is there; return whether it came to its end."""
        if target(parser).exists():
            return True
        path = self.output(parser)
        done = path.exists() and not checkpoint.path_of(path).exists()
        if not done and not self.train(parser):
            return False
        if not measure.is_measured(parser.name, path):
            self.measure(parser)
        return True

    def make(self, model: Model) -> bool:
        """Make, measure and move one model; return whether it came to its end."""
        shipped = [part for part in model.made_of if part.name in model.recipe.members and target(part).exists()]
        for part in shipped:
            shutil.copyfile(target(part), self.output(part))
        done = self.train(model)
        for part in shipped:  # else it would be taken for a training to go on with
            self.output(part).unlink()
        if not done:
            return False
        path = self.output(model)
        self.measure(model)
        os.replace(path, target(model))
        for left in self.build.glob(f"{model.name}.arcparser*"):
            left.unlink()
        self.settings(model).unlink(missing_ok=True)
        return True

    def train(self, model: Model) -> bool:
        """Make one parser, or go on with it; return whether it came to its end."""
        if _stopped.is_set():
            return False
        say(f"{model.name}: begins, or goes on")
        if model.recipe.settings:
            lines = [f"{name} = {value}\n" for name, value in model.recipe.settings.items()]
            self.settings(model).write_text("".join(lines), "utf-8")
        with open(self.build / f"{model.name}.log", "ab") as log:
            process = subprocess.Popen(self.command(model), stderr=log, env={**os.environ, **ONE_THREAD})
            _running[model.name] = process
            status = process.wait()
            del _running[model.name]
        if status:
            say(f"{model.name}: exit status {status}")
        return not status

    def measure(self, model: Model) -> None:
        """Measure a parser, and note what was found."""
        with _measuring:
            measure.note(model.name, measure.measure(model, self.output(model), self.treebanks))
        say(f"{model.name}: {measure.summary(measure.scores()[model.name])}")

    def output(self, model: Model) -> Path:
        """Return where a training writes its parser."""
        return self.build / f"{model.name}.arcparser"

    def settings(self, model: Model) -> Path:
        """Return where the settings of a recipe are written for a training."""
        return self.build / f"{model.name}.toml"

    def command(self, model: Model) -> list[str]:
        """Return the command that makes a parser, from its last checkpoint if there is one."""
        train, dev = (model.treebank.file(self.treebanks, part) for part in ("train", "dev"))
        output, extra, build = self.output(model), f"{self.extra}{os.sep}", f"{self.build}{os.sep}"
        arguments = model.arguments(
            str(train), None if dev is None else str(dev), str(output), extra=extra, build=build
        )
        begun = any(output.parent.glob(f"{output.name}*"))
        if model.recipe.members:
            return [sys.executable, "-m", "arcparser", *arguments, *(["--overwrite"] if begun else [])]
        return [sys.executable, "-m", "arcparser", *arguments, "--threads", "1", *(["--resume"] if begun else [])]


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
