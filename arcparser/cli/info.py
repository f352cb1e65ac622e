"""`arcparser info`: say what a model is."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import tell

_EXAMPLE = """\
example:
  arcparser info en_ewt
  arcparser info en_ewt --json
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument(
        "model", action="file", metavar="NAME_OR_PATH", help="a model file, or the name of an installed model"
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    """Describe the model."""
    import json

    from arcparser.model.description import describe_model, model_facts

    tell(json.dumps(model_facts(args.model), indent=2) if args.json else describe_model(args.model))
