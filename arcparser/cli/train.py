"""`arcparser train`: train a parser on CoNLL-U treebanks."""

from __future__ import annotations

import argparse
import glob
import os
import sys

from arcparser.cli.command import Command
from arcparser.cli.common import (
    add_partial,
    add_recipe,
    check_model_output,
    check_page,
    note,
    recipe_options,
    warn,
)
from arcparser.cli.signals import stop_when_closed
from arcparser.errors import InputError, OutputError, UsageError

_EXAMPLE = """\
examples:
  arcparser train en_arc-ud-train.conllu --dev en_arc-ud-dev.conllu --output my.arcparser
  arcparser train en_arc-ud-train.conllu --output my.arcparser
  arcparser train half_annotated.conllu --partial --dev en_arc-ud-dev.conllu --output my.arcparser
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument(
        "train", action="input", nargs="+", metavar="TRAIN", help="treebank files in CoNLL-U, or -; several are joined"
    )
    command.add_argument(
        "--dev",
        action="input",
        help="treebank file that chooses the best epoch, or the mean (default: sentences of TRAIN are held out)",
    )
    command.add_argument(
        "--hold-out",
        type=float,
        metavar="SHARE",
        help="without --dev: share of the sentences to hold out (default 0.1; 50 sentences at least)",
    )
    command.add_argument(
        "--no-refit", action="store_true", help="without --dev: do not train a second time, on all sentences"
    )
    command.add_argument(
        "-o", "--output", action="file", required=True, metavar="MODEL", help="the model file to write"
    )
    add_recipe(command)
    add_partial(command)
    length = command.add_mutually_exclusive_group()
    length.add_argument(
        "--epochs", type=int, metavar="N", help="passes over the data, of each branch (default: by its size)"
    )
    length.add_argument("--max-minutes", type=float, metavar="M", help="as many epochs as fit in M minutes")
    there = command.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="go on from the last checkpoint of the same training")
    there.add_argument("--overwrite", action="store_true", help="replace a model or an unfinished training of --output")
    command.add_argument(
        "--report", action="file", metavar="FILE.html", help="a page of the epochs, written anew after each of them"
    )
    command.add_argument(
        "--threads", type=int, metavar="N", help="1 or 2 (default: 2 if there are 2 cores); same result"
    )


def run(args: argparse.Namespace) -> None:
    """Train, and say after Ctrl-C where the best model is."""
    inputs = *args.train, args.dev, args.config, args.vectors, *args.unlabeled
    check_model_output(args.output, *inputs)
    if args.report is not None:
        if args.report == "-" or os.path.abspath(args.report) == os.path.abspath(args.output):
            raise UsageError(f"--report {args.report}: give the name of a file of its own")
        check_page(args.report, *inputs)
    from arcparser.files import check_writable
    from arcparser.training import checkpoint
    from arcparser.training.train import train

    watched = None
    if args.report is not None:
        check_writable(args.report)
        watched = _Watched(args.output, args.report)
    stop_when_closed(sys.stderr)
    try:
        train(
            args.train,
            dev=args.dev,
            output=args.output,
            epochs=args.epochs,
            max_minutes=args.max_minutes,
            resume=args.resume,
            overwrite=args.overwrite,
            hold_out=args.hold_out,
            refit=not args.no_refit,
            threads=args.threads,
            partial=args.partial,
            report=watched or note,
            **recipe_options(args),
        )
        if watched is not None:
            watched.finish()
    except KeyboardInterrupt:
        if (begun := checkpoint.unfinished(args.output)) is not None:
            # The checkpoint is written before the model.
            best = f"the best model so far is in {begun}; " if begun.is_file() else ""
            note(f"{best}the same command with --resume goes on")
        raise


class _Watched:
    """Tell what happens, and write the page of the epochs whenever what tells of them has changed."""

    def __init__(self, output: str, page: str) -> None:
        self._output, self._page = output, page
        self._before = self._seen = self._state()  # what an earlier training has left is not shown

    def __call__(self, line: str) -> None:
        """Tell a line."""
        note(line)
        state = self._state()
        if state != self._seen:
            self._seen = state
            self._write([name for name in state if state[name] != self._before.get(name)])

    def finish(self) -> None:
        """Write the page as it is in the end; where nothing was left to train, of what is there."""
        state = self._state()
        changed = [name for name in state if state[name] != self._before.get(name)]
        self._write(changed or list(state))

    def _write(self, names: list[str]) -> None:
        from arcparser.viz.history import read_history
        from arcparser.viz.history_page import write_history

        if not names:
            return
        try:
            histories = [read_history(name) for name in names]
            write_history(self._page, histories, title=f"Training of {os.path.basename(self._output)}")
        except (InputError, OutputError) as error:  # a page is no reason to end a training
            warn(f"arcparser: warning: {error}")

    def _state(self) -> dict[str, int]:
        """Return the files of epochs, of one network or of several, and when each was written."""
        beginning = glob.escape(self._output)
        parts = ("", ".[0-9]*", ".held-out", ".held-out.[0-9]*")
        names = {name for part in parts for name in glob.glob(f"{beginning}{part}.epochs.jsonl")}
        return {name: os.stat(name).st_mtime_ns for name in sorted(names)}
