"""`arcparser history`: show the epochs of a training."""

from __future__ import annotations

import argparse
import shutil

from arcparser.cli.command import Command
from arcparser.cli.common import check_page, note, tell
from arcparser.errors import readable

_EXAMPLES = """\
examples:
  arcparser history my.arcparser.epochs.jsonl
  arcparser history my.arcparser.epochs.jsonl --output train.html
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "files",
        action="input",
        nargs="+",
        metavar="FILE.epochs.jsonl",
        help="what train has written beside its model; - is standard input",
    )
    command.add_argument(
        "-o", "--output", action="file", metavar="FILE.html", help="write a page with plots; - is standard output"
    )
    command.add_argument("--title", type=readable, help="title of the page (default: the names of the files)")


def run(args: argparse.Namespace) -> None:
    """Print the epochs of each file as a table, or write them all on one page."""
    from arcparser.viz.history import history_text, read_history

    if args.output is not None:
        check_page(args.output, *args.files)
    histories = [read_history(file) for file in args.files]
    if args.output is not None:
        from arcparser.viz.history_page import write_history

        write_history(args.output, histories, title=args.title or "")
        note(f"{sum(len(history.epochs) for history in histories)} epochs in {args.output}")
        return
    width = shutil.get_terminal_size().columns
    for at, history in enumerate(histories):
        if len(histories) > 1:
            tell(f"{'' if not at else chr(10)}{history.name}")
        tell(history_text(history, width=width))
