"""`arcparser render`: draw the trees of a file on an HTML page."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import add_details, add_scores, check_output, details, note
from arcparser.errors import readable

_EXAMPLE = """\
examples:
  arcparser render parsed.conllu --gold gold.conllu --output trees.html
  arcparser render scored.conllu --scores --output trees.html
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument("file", action="input", metavar="FILE.conllu", help="a file of trees; - is standard input")
    command.add_argument(
        "-o",
        "--output",
        action="file",
        required=True,
        metavar="FILE.html",
        help="the page to write; - is standard output",
    )
    command.add_argument(
        "--gold",
        action="input",
        metavar="GOLD",
        help="the same sentences with the right trees: arcs that differ are marked",
    )
    add_details(command)
    add_scores(command)
    command.add_argument("--title", type=readable, help="title of the page (default: the file's name)")
    command.add_argument(
        "--lang", type=readable, default="", metavar="CODE", help="language of the page, for its fonts"
    )


def run(args: argparse.Namespace) -> None:
    """Write the page, and say what is on it."""
    check_output(args.output, args.file, args.gold)
    from arcparser.errors import count
    from arcparser.viz.tree_page import render_file

    tally = render_file(
        args.file,
        args.output,
        gold=args.gold,
        title=args.title,
        language=args.lang,
        details=details(args),
        scores=args.scores,
    )
    differing = tally.differing_sentences
    compared = f", {differing:,} of them {'differs' if differing == 1 else 'differ'} from gold" if args.gold else ""
    place = "standard output" if args.output == "-" else args.output
    note(f"{count(tally.sentences, 'sentence')} in {place}{compared}")
