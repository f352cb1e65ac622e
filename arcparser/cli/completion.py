"""`arcparser completion`: complete commands and options in the shell."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import binary_stdout
from arcparser.errors import UsageError

_EXAMPLES = """\
examples:
  arcparser completion bash > ~/.local/share/bash-completion/completions/arcparser
  arcparser completion zsh > ~/.zfunc/_arcparser
  eval "$(arcparser completion bash)"
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell that completes")


def run(args: argparse.Namespace) -> None:
    """Print what the shell is to read."""
    try:
        import shtab
    except ImportError:
        raise UsageError("completion needs shtab: pip install shtab") from None
    from arcparser.cli.main import filled_parser

    binary_stdout().write(shtab.complete(_with_files(filled_parser()), args.shell).encode())


def _with_files(parser: Command) -> Command:
    """Let arguments that are stored as names of files be completed as such."""
    import shtab

    for action in parser.arguments():
        if action.choices is None and parser.is_file(action):
            kind = shtab.DIRECTORY if action.metavar in ("DIR", "FOLDER") else shtab.FILE
            vars(action)["complete"] = kind  # where shtab looks for it
    for command in parser.commands():
        _with_files(command)
    return parser
