"""`arcparser check`: find every fault of treebank files."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import tell

_EXAMPLES = """\
examples:
  arcparser check en_arc-ud-train.conllu --dev en_arc-ud-dev.conllu
  arcparser check half_annotated.conllu --partial
  arcparser check en_arc-ud-train.conllu --json
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "files", action="input", nargs="+", metavar="FILE", help="treebank files in CoNLL-U; - is standard input"
    )
    command.add_argument(
        "--dev",
        action="input",
        metavar="FILE",
        help="also check a dev file, and warn of its sentences that are in the other files",
    )
    command.add_argument(
        "--partial", action="store_true", help="take a HEAD or DEPREL that is _ for unknown, except in --dev"
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print all that is found, a line each, and how much there is; return 1 if a file has a fault."""
    import json

    from arcparser.errors import count
    from arcparser.treebank.check import check_files
    from arcparser.treebank.faults import tally

    found = check_files(args.files, dev=args.dev, partial=args.partial)
    if args.json:
        for name, findings in (("fault", found.faults), ("warning", found.warnings)):
            for finding in findings:
                error = finding.error
                values = {"file": error.file, "line": error.line, "level": name, "kind": finding.kind}
                tell(json.dumps({**values, "problem": error.problem}))
        return 1 if found.faults else 0
    for fault in found.faults:
        tell(str(fault.error))
    for warning in found.warnings:
        error = warning.error
        tell(str(type(error)(f"warning: {error.problem}", error.file, error.line)))
    summary = f"{count(found.sentences, 'sentence')} without a fault, {count(found.words, 'word')}"
    for name, findings in (("fault", found.faults), ("warning", found.warnings)):
        kinds = f" ({tally(findings)})" if findings else ""
        summary += f"; {count(len(findings), name)}{kinds}"
    tell(summary)
    return 1 if found.faults else 0
