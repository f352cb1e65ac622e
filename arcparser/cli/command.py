"""Parse the arguments of one command, whose module is imported only when the command is called."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, NoReturn

from arcparser.errors import UsageError, clean, quote

_STANDARD_INPUT = "-"


class _Store(argparse.Action):
    """Store the value of an argument; argparse's own action takes the last of several without a word."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        name = self.option_strings[-1] if self.option_strings else str(self.metavar)
        if self.option_strings:
            if self.dest in parser.given:
                first, second = quote(getattr(namespace, self.dest)), quote(values)
                raise UsageError(f"{name}: is given twice, as {first} and as {second}: give it once")
            parser.given[self.dest] = name
        self.check(parser, name, values if isinstance(values, list) else [values])
        setattr(namespace, self.dest, values)

    def check(self, parser: Any, name: str, values: list[Any]) -> None:
        """Refuse an empty value, as a variable of the shell gives that is not set, where it is not the default."""
        if self.option_strings and self.default is None and "" in values:
            raise UsageError(f"{name}: is empty: give a value, or leave it out")


class _StoreText(_Store):
    """Store a text, which may be empty."""

    def check(self, parser: Any, name: str, values: list[Any]) -> None:
        pass


class _StoreFile(_Store):
    """Store the name of a file or folder, or several."""

    def check(self, parser: Any, name: str, values: list[Any]) -> None:
        if "" in values:
            raise UsageError(f"{name}: is empty: give the name of a file")


class _StoreInput(_StoreFile):
    """Store the name of a file that is read, or several; `-` is standard input."""

    def check(self, parser: Any, name: str, values: list[Any]) -> None:
        super().check(parser, name, values)
        for _ in range(values.count(_STANDARD_INPUT)):
            if _STANDARD_INPUT in parser.given:
                first = parser.given[_STANDARD_INPUT]
                names = f"{first} and {name}" if first != name else f"{name} twice"
                raise UsageError(f"-: is given for {names}, and standard input can be read once: give a file for one")
            parser.given[_STANDARD_INPUT] = name


_ACTIONS = {None: _Store, "store": _Store, "text": _StoreText, "file": _StoreFile, "input": _StoreInput}


class Command(argparse.ArgumentParser):
    """An argument parser that is filled by a module, once it is asked to parse.

    Attributes:
        former_names: Options by names that they once had. These names and their abbreviations still work, but are
            nowhere shown.
        given: What can be given once and was met while arguments are parsed: each option that is stored, and standard
            input, with the name of the argument.

    An argument is stored by one of four actions: `file` for the name of a file or folder, `input` for that of a file
    that is read, where `-` is standard input, `text` for what may be empty, and argparse's `store` for all else.
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
        self.given: dict[str, str] = {}
        for name, action in _ACTIONS.items():
            self.register("action", name, action)
        self._module = module

    def fill(self) -> None:
        """Import the module and let it add the arguments, unless that is done."""
        if not self._module:
            return
        module = import_module(self._module)
        self._module = ""
        module.add(self)
        self.set_defaults(run=module.run)
        of_all = self.add_argument_group("options of all commands")
        hidden = argparse.SUPPRESS  # for arcparser itself may have been told
        of_all.add_argument(
            "-q", "--quiet", action="store_true", default=hidden, help="say nothing but errors and warnings"
        )
        of_all.add_argument(
            "-v",
            "--verbose",
            action="store_true",
            default=hidden,
            help="say how long it took, and where an error is from",
        )

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Fill the parser, then parse as `argparse.ArgumentParser` does; what is left over is an error of this parser.

        Else it would be one of the parser that this one is a command of, which would show its own usage.
        """
        self.fill()
        args = self._with_current_names(sys.argv[1:] if args is None else args)
        self._refuse_dashes(args)
        self.given = {}
        found, left = super().parse_known_args(args, namespace)
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}{_meant(left, self._long_options())}")
        return found, left

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, made safe for a terminal and not too long, and exit with status 2."""
        for kind, meant in (("int", "a whole number"), ("float", "a number")):
            message = re.sub(rf"invalid {kind} value: (.*)", rf"\1 is not {meant}: give one", message)
        message = re.sub(r"^argument -\w/--", "argument --", message)
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if choice is not None:
            message += _meant([choice[1]], re.findall(r"[^\s',]+", choice[2]))
        super().error(clean(re.sub(r"(\S{60})\S{40,}", r"\1...", " ".join(message.split()))))

    def arguments(self) -> list[argparse.Action]:
        """Return the arguments and options."""
        return list(self._actions)

    def commands(self) -> list[Command]:
        """Return the parsers of the commands of this one."""
        within = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return [command for action in within for command in action.choices.values()]

    @staticmethod
    def is_file(argument: argparse.Action) -> bool:
        """Tell whether an argument is the name of a file or folder."""
        return isinstance(argument, _StoreFile)

    def _long_options(self) -> Iterator[str]:
        for action in self._actions:
            yield from (name for name in action.option_strings if name.startswith("--"))

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


def _meant(given: Iterable[str], known: Iterable[str]) -> str:
    """Return ": did you mean --model?" if one of what was given is nearly what is known; else nothing."""
    names = list(known)
    for argument in given:
        near = difflib.get_close_matches(argument.partition("=")[0], names, n=1, cutoff=0.7)
        if near:
            return f": did you mean {near[0]}?"
    return ""


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
