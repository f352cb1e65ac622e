"""`arcparser corpus`: find and download UD treebanks."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command, add_command
from arcparser.cli.common import shows_progress, tell
from arcparser.errors import UsageError, readable

_EXAMPLES = """\
examples:
  arcparser corpus list english
  arcparser corpus get UD_English-EWT
"""


def add(command: Command) -> None:
    """Add the two actions of the command and their arguments."""
    from arcparser.treebank.ud import RELEASE

    command.epilog = _EXAMPLES
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    found = add_command(actions, "list", "list UD treebanks", examples=_EXAMPLES)
    found.set_defaults(action=_list)
    found.add_argument(
        "words",
        nargs="*",
        type=readable,
        metavar="WORD",
        help="only those whose name, code or language has all the words",
    )
    get = add_command(actions, "get", "download a UD treebank", examples=_EXAMPLES)
    get.set_defaults(action=_get)
    get.add_argument("name", type=readable, metavar="NAME", help="such as UD_English-EWT")
    get.add_argument("--release", default=RELEASE, help=f"release of UD (default {RELEASE})")
    get.add_argument("--code", help="what the files begin with, for a treebank that is not in the list")
    get.add_argument("-o", "--output", action="file", metavar="DIR", help="folder to write (default: NAME-RELEASE)")
    get.add_argument(
        "--part", action="append", help="train, dev, test, or a piece such as train-a (default: all there are)"
    )


def run(args: argparse.Namespace) -> None:
    """List treebanks or download one."""
    args.action(args)


def _list(args: argparse.Namespace) -> None:
    from arcparser.treebank.ud import list_treebanks, treebanks_table

    found = list_treebanks(args.words)
    if not found:
        asked = " ".join(args.words)
        raise UsageError(f"no treebank in the list has {asked}: with corpus get, --code names any other")
    tell(treebanks_table(found))


def _get(args: argparse.Namespace) -> None:
    from arcparser.treebank.ud import get_treebank

    treebank = get_treebank(
        args.name,
        release=args.release,
        code=args.code,
        output=args.output,
        parts=args.part,
        progress=shows_progress(args),
    )
    tell(treebank.text())
