"""Parse the arguments of one command, whose module is imported only when the command is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any


class Command(argparse.ArgumentParser):
    """An argument parser that is filled by a module, once it is asked to parse.

    Attributes:
        former_names: Options by names that they once had. These names and their abbreviations still work, but are
            nowhere shown.
    """

    def __init__(self, *, module: str = "", **options: Any) -> None:
        """Make the parser of a command.

        Args:
            module: The name of the module whose `add(command)` adds the arguments, and whose `run(args)` is the
                command. Without it, whoever makes the parser does both.
            options: Those of `argparse.ArgumentParser`.
        """
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.former_names: dict[str, str] = {}
        self._module = module

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Fill the parser, then parse as `argparse.ArgumentParser` does."""
        if self._module:
            module = import_module(self._module)
            self._module = ""
            module.add(self)
            self.set_defaults(run=module.run)
        args = self._with_current_names(sys.argv[1:] if args is None else args)
        self._refuse_dashes(args)
        return super().parse_known_args(args, namespace)

    def _with_current_names(self, args: Sequence[str]) -> list[str]:
        # As options of argparse, former names would make abbreviations such as --lic ambiguous.
        end = _end_of_options(args)
        return [*map(self._current_name, args[:end]), *args[end:]]

    def _current_name(self, argument: str) -> str:
        name, equals, value = argument.partition("=")
        for former, current in self.former_names.items():
            if name.startswith("--") and former.startswith(name) and not current.startswith(name):
                return f"{current}{equals}{value}"
        return argument

    def _refuse_dashes(self, args: Sequence[str]) -> None:
        # Up to Python 3.12, argparse makes an empty list of the value -- and takes no offence.
        for argument in args[: _end_of_options(args)]:
            name, equals, value = argument.partition("=")
            if name.startswith("--") and equals and value == "--":
                self.error(f"argument {name}: expected a value, not --")


def _end_of_options(args: Sequence[str]) -> int:
    return args.index("--") if "--" in args else len(args)


def add_command(commands: Any, name: str, summary: str, *, examples: str = "", module: str = "") -> Command:
    """Add a command to what `argparse.ArgumentParser.add_subparsers` has returned.

    Args:
        commands: What `add_subparsers` has returned.
        name: The name of the command.
        summary: What it does, as its parent's help says it: without a capital letter and a full stop.
        examples: Examples of calls, shown at the end of its help.
        module: See `Command`.
    """
    command: Command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=examples,
        module=module,
    )
    return command
