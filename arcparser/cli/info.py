"""`arcparser info`: say what a model is."""

from __future__ import annotations

import argparse
import sys

from arcparser.cli.command import Command
from arcparser.cli.common import tell

_EXAMPLE = """\
example:
  arcparser info en_ewt
  arcparser info en_ewt --json
  arcparser info one.arcparser two.arcparser
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument(
        "models",
        action="file",
        nargs="+",
        metavar="NAME_OR_PATH",
        help="a model file, or the name of an installed model; several are compared",
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    """Describe the model, or several in one table."""
    import json
    import shutil

    from arcparser.model.description import describe_model, facts_table, model_facts

    if args.json:
        facts = [model_facts(model) for model in args.models]
        tell(json.dumps(facts if len(facts) > 1 else facts[0], indent=2))
    elif len(args.models) > 1:
        tell(facts_table(args.models))
    else:
        # What reads a pipe, such as grep, is served best by a line for each thing.
        at_terminal = sys.stdout is not None and sys.stdout.isatty()
        width = max(shutil.get_terminal_size().columns, 60) if at_terminal else None
        tell(describe_model(args.models[0], width=width))
