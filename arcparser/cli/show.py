"""`arcparser show`: draw trees in the terminal."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import add_details, add_model, add_scores, add_terminal, details, draw, model_name, terminal

_EXAMPLES = """\
examples:
  arcparser show "The quick brown fox jumps."
  arcparser show parsed.conllu | less -R
  arcparser show parsed.conllu --gold gold.conllu
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "input",
        action="input",
        nargs="+",
        metavar="TEXT_OR_FILE",
        help="text to parse, or CoNLL-U files as they are (- is standard input)",
    )
    add_model(command)
    command.add_argument(
        "--gold",
        action="input",
        metavar="GOLD",
        help="the same sentences with the right trees: wrong heads and labels are marked",
    )
    add_details(command)
    add_scores(command)
    add_terminal(command)


def run(args: argparse.Namespace) -> None:
    """Draw the trees of files, and those of texts as a model parses them."""
    from arcparser.viz.show import show

    width, color = terminal(args)
    drawings = show(
        args.input,
        model=model_name(args),
        gold=args.gold,
        width=width,
        color=color,
        details=details(args),
        scores=args.scores,
    )
    draw(drawings, color=color)
