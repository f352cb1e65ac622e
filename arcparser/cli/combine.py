"""`arcparser combine`: make one model of several trainings."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import check_model_output, note
from arcparser.errors import readable

_EXAMPLE = """\
example, of two trainings with --seed 1 and --seed 2:
  arcparser combine one.arcparser two.arcparser --dev en_arc-ud-dev.conllu --output both.arcparser
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument(
        "models",
        action="file",
        nargs="+",
        metavar="MODEL",
        help="trained on the same files with the same settings and other seeds",
    )
    command.add_argument("--dev", action="input", required=True, help="treebank file to score the new model on")
    command.add_argument(
        "-o", "--output", action="file", required=True, metavar="MODEL", help="the model file to write"
    )
    command.add_argument("--name", type=readable, help="name of the model (default: that of the first)")
    command.add_argument("--overwrite", action="store_true", help="replace the file of --output")


def run(args: argparse.Namespace) -> None:
    """Combine the models."""
    check_model_output(args.output, args.dev)
    from arcparser.training.combine import combine

    combine(args.models, dev=args.dev, output=args.output, name=args.name, overwrite=args.overwrite, report=note)
