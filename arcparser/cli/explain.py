"""`arcparser explain`: show a parse step by step."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import add_model, add_terminal, check_page, draw, model_name, terminal
from arcparser.errors import UsageError, quote, readable

_LONGEST_HEAD = 9  # digits

_EXAMPLES = """\
examples:
  arcparser explain "Dogs chase cats"
  arcparser explain "Dogs chase cats" --heads "2 0 2" --deprels "nsubj root obj"
  arcparser explain --gold gold.conllu --sentence 3 --output explain.html
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "text",
        nargs="?",
        type=readable,
        metavar="TEXT",
        help="one sentence or more, or - for standard input; with --gold, the sentence of that text",
    )
    add_model(command)
    command.add_argument(
        "--gold",
        action="input",
        metavar="FILE",
        help="a CoNLL-U file with the right tree, or -: shows loss and gradient as well",
    )
    command.add_argument(
        "--heads",
        type=readable,
        metavar="NUMBERS",
        help="the right tree of TEXT: the head of each word, 0 is the root",
    )
    command.add_argument("--deprels", type=readable, metavar="LABELS", help="the relation of each word to its head")
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
    command.add_argument(
        "--all-steps", action="store_true", help="--output: all steps below each other, a page to be printed"
    )
    command.add_argument(
        "--step-size",
        type=float,
        metavar="ETA",
        help="also show what one step of gradient descent on the right tree changes, such as 0.001",
    )
    add_terminal(command)


def run(args: argparse.Namespace) -> None:
    """Explain the parses of sentences, in the terminal or on a page."""
    if args.output is not None:
        check_page(args.output, args.gold)
    from arcparser.files import open_output
    from arcparser.viz.explain_page import format_pages
    from arcparser.viz.explain_sentence import explain_sentences
    from arcparser.viz.explain_terminal import format_text
    from arcparser.viz.handout import format_handout

    _check(args)
    explanations = explain_sentences(
        args.text,
        model=model_name(args),
        gold=args.gold,
        which=args.sentence,
        tree=_tree(args),
        follow=args.follow,
        top=args.top,
        step_size=args.step_size,
    )
    if args.output:
        with open_output(args.output) as page:
            page.write((format_handout if args.all_steps else format_pages)(explanations).encode())
    else:
        width, color = terminal(args)
        texts = [format_text(explanation, width=width, color=color) for explanation in explanations]
        draw(["\n".join(texts)], color=color)


def _check(args: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    from arcparser.viz.show import names_file

    if args.text is not None and args.sentence is not None:
        raise UsageError("TEXT and --sentence exclude each other: give one of them")
    if args.text not in (None, "-") and names_file(args.text):
        advice = "give it as --gold FILE, with --sentence, or its text as - < FILE"
        raise UsageError(f"{quote(args.text, 60)}: is the name of a file, and TEXT is a sentence: {advice}")
    if args.text == "-" == args.gold:
        raise UsageError("-: is given for TEXT and --gold, and standard input can be read once: give a file for one")
    if args.all_steps and not args.output:
        raise UsageError("--all-steps is for a page, the terminal shows all of them: give --output FILE.html")
    if (args.heads is None) != (args.deprels is None):
        raise UsageError("--heads and --deprels go together: give both")
    if args.heads is not None and (args.gold is not None or args.text is None):
        raise UsageError("--heads and --deprels are the tree of TEXT: give TEXT, and no --gold")
    if args.step_size is not None and args.heads is None and args.gold is None:
        raise UsageError("--step-size learns from a right tree: give --gold, or --heads and --deprels")


def _tree(args: argparse.Namespace) -> tuple[list[int], list[str]] | None:
    """Read the tree of the two options."""
    if args.heads is None:
        return None
    heads = []
    for head in args.heads.replace(",", " ").split():
        if not head.isdecimal() or len(head) > _LONGEST_HEAD:
            raise UsageError(f"--heads: {quote(head)} is no head: give the number of a word, 0 for the root")
        heads.append(int(head))
    return heads, args.deprels.replace(",", " ").split()
