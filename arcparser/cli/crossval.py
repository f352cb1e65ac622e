"""`arcparser crossval`: train on nine tenths of a treebank, parse the tenth, ten times."""

from __future__ import annotations

import argparse
import sys

from arcparser.cli.command import Command
from arcparser.cli.common import add_recipe, note, recipe_options, tell
from arcparser.cli.signals import stop_when_closed

_EXAMPLES = """\
examples:
  arcparser crossval en_arc-ud-train.conllu --output-dir folds
  arcparser crossval en_arc-ud-train.conllu --output-dir folds --folds 5 --jobs 2 --resume
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "files", action="input", nargs="+", metavar="FILE", help="treebank files in CoNLL-U, or -; several are joined"
    )
    command.add_argument(
        "--output-dir", action="file", required=True, metavar="DIR", help="the folder of parses and scores"
    )
    command.add_argument("--folds", type=int, default=10, metavar="N", help="how many parts (default 10)")
    command.add_argument(
        "-j", "--jobs", type=int, default=1, metavar="N", help="folds side by side (default 1); same result"
    )
    command.add_argument("--epochs", type=int, metavar="N", help="passes over the data (default: by its size)")
    add_recipe(command)
    there = command.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="keep the folds that are done, and go on")
    there.add_argument("--overwrite", action="store_true", help="replace a cross-validation of --output-dir")
    command.add_argument(
        "--threads", type=int, metavar="N", help="1 or 2, with one job (default: 2 if there are 2 cores)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    """Cross-validate, and print the scores."""
    import json

    from arcparser.studies.crossval import cross_validate
    from arcparser.training.recipe import Execution, Recipe

    stop_when_closed(sys.stderr)
    found = cross_validate(
        args.files,
        output_dir=args.output_dir,
        folds=args.folds,
        jobs=args.jobs,
        recipe=Recipe(epochs=args.epochs, **recipe_options(args)),
        execution=Execution(resume=args.resume, overwrite=args.overwrite, threads=args.threads, report=note),
    )
    note(f"parses in {found.path}")
    tell(json.dumps(found.as_dict(), indent=2) if args.json else found.table())
