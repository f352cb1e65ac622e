"""`arcparser explain`: show a parse step by step."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import add_model, add_terminal, check_output, draw, model_name, terminal
from arcparser.errors import UsageError, readable

_EXAMPLES = """\
examples:
  arcparser explain "Dogs chase cats"
  arcparser explain --gold gold.conllu --sentence 3 --output explain.html
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "text", nargs="?", type=readable, metavar="TEXT", help="one sentence; with --gold, the sentence of that text"
    )
    add_model(command)
    command.add_argument(
        "--gold",
        action="input",
        metavar="FILE",
        help="a CoNLL-U file with the right tree, or -: shows loss and gradient as well",
    )
    command.add_argument(
        "--sentence",
        type=readable,
        metavar="WHICH",
        help="number or sent_id of a sentence in --gold (default: the first)",
    )
    command.add_argument(
        "--follow", choices=("parser", "oracle"), default="parser", help="whose actions to make (default: the parser's)"
    )
    command.add_argument("--top", type=int, default=8, metavar="N", help="how many actions to show a step (default 8)")
    command.add_argument(
        "-o", "--output", action="file", metavar="FILE.html", help="write a page to step through instead"
    )
    add_terminal(command)


def run(args: argparse.Namespace) -> None:
    """Explain the parse of a sentence, in the terminal or on a page."""
    if args.output is not None:
        check_output(args.output, args.gold)
    from arcparser.files import open_output
    from arcparser.viz.explain_page import format_html
    from arcparser.viz.explain_sentence import explain_sentence
    from arcparser.viz.explain_terminal import format_text

    if args.text is not None and args.sentence is not None:
        raise UsageError("TEXT and --sentence exclude each other: give one of them")
    explanation = explain_sentence(
        args.text,
        model=model_name(args),
        gold=args.gold,
        which=args.sentence,
        follow=args.follow,
        top=args.top,
    )
    if args.output:
        with open_output(args.output) as page:
            page.write(format_html(explanation).encode())
    else:
        width, color = terminal(args)
        draw([format_text(explanation, width=width, color=color)], color=color)
