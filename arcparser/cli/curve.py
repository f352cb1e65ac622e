"""`arcparser curve`: what more annotated sentences would bring."""

from __future__ import annotations

import argparse
import sys

from arcparser.cli.command import Command
from arcparser.cli.common import add_partial, add_recipe, note, recipe_options, tell
from arcparser.cli.signals import stop_when_closed

_EXAMPLE = """\
example:
  arcparser curve en_arc-ud-train.conllu --dev en_arc-ud-dev.conllu --output-dir curve
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument(
        "train", action="input", nargs="+", metavar="TRAIN", help="treebank files in CoNLL-U, or -; several are joined"
    )
    command.add_argument("--dev", action="file", required=True, metavar="FILE", help="treebank file to measure on")
    command.add_argument(
        "--output-dir", action="file", required=True, metavar="DIR", help="the folder of models, curve.json, curve.svg"
    )
    length = command.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=int, metavar="N", help="passes over the data (default: by its size)")
    length.add_argument("--max-minutes", type=float, metavar="M", help="as many epochs as fit in M minutes, for each")
    add_recipe(command)
    add_partial(command)
    there = command.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="keep the models that are done, and go on")
    there.add_argument("--overwrite", action="store_true", help="replace the models of --output-dir")
    command.add_argument(
        "--threads", type=int, metavar="N", help="1 or 2 (default: 2 if there are 2 cores); same result"
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    """Train on parts of the treebank, print the scores, and draw them."""
    import json
    import os

    from arcparser.studies.curve import learning_curve
    from arcparser.training.recipe import Execution, Recipe
    from arcparser.viz.curve_plot import write_curve

    stop_when_closed(sys.stderr)
    found = learning_curve(
        args.train,
        dev=args.dev,
        output_dir=args.output_dir,
        recipe=Recipe(epochs=args.epochs, max_minutes=args.max_minutes, partial=args.partial, **recipe_options(args)),
        execution=Execution(resume=args.resume, overwrite=args.overwrite, threads=args.threads, report=note),
    )
    points = [(float(size), scores["LAS"]) for size, scores in zip(found.sentences, found.scores)]
    picture = os.path.join(args.output_dir, "curve.svg")
    write_curve(picture, points, found.fitted.at, end=found.extrapolated[0])
    note(f"picture in {picture}")
    tell(json.dumps(found.as_dict(), indent=2) if args.json else found.table())
