"""`arcparser compare`: tell whether two parses differ by more than chance."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import check_page, tell
from arcparser.errors import UsageError

_EXAMPLES = """\
examples:
  arcparser compare gold.conllu old.conllu new.conllu
  arcparser compare gold.conllu old.arcparser new.arcparser --html compared.html
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "gold", action="input", metavar="GOLD", help="treebank file with the right trees; - is standard input"
    )
    command.add_argument(
        "systems",
        action="input",
        nargs="+",
        metavar="SYSTEM",
        help="two or more, of which each is compared with each: parsed files, model files, or names of models",
    )
    command.add_argument(
        "--resamples", type=int, default=10_000, metavar="N", help="how often sentences are drawn (default 10000)"
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="start of all randomness (default 1)")
    command.add_argument(
        "--top", type=int, default=10, metavar="N", help="show the N sentences that changed most (default 10)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", action="file", metavar="FILE.html", help="write a page with the trees that changed")


def run(args: argparse.Namespace) -> None:
    """Compare the systems, and print or write what was asked for."""
    for name in ("seed", "top"):
        if getattr(args, name) < 0:
            raise UsageError(f"--{name} {getattr(args, name)}: give at least 0")
    if args.html == "-":
        raise UsageError("--html -: standard output is for the tables: give the name of a file")
    if args.html is not None:
        check_page(args.html, args.gold, *args.systems)
    import json

    from arcparser.evaluation.systems import compare_systems
    from arcparser.viz.comparison import comparison_text, write_comparison

    found = compare_systems(args.gold, args.systems, names=args.systems, resamples=args.resamples, seed=args.seed)
    if args.html is not None:
        gold = "standard input" if args.gold == "-" else args.gold
        write_comparison(args.html, found, title=f"Parses of {gold}", most=args.top)
    tell(json.dumps(found.as_dict(most=args.top), indent=2) if args.json else comparison_text(found, most=args.top))
