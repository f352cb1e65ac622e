"""Define the exceptions for what a user can get wrong; check and quote what was given, count things in messages.

    ArcparserError
    ├── InputError        a file that was read is at fault; knows file and line
    │   ├── ConlluError   malformed CoNLL-U
    │   └── TreeError     HEAD or DEPREL missing, HEAD out of range, a cycle, no root or several
    ├── OutputError       a file cannot be written (no such folder, no permission, disk full)
    ├── ModelError        a model is missing, damaged, or of an unknown format version
    ├── AlignmentError    the two texts that are to be evaluated against each other differ
    └── UsageError        an option, setting or argument has an impossible value (also a ValueError)

Each message is one line, `file:line: what is wrong: what to do`, as far as the parts are known. The command line
prints it and ends with exit status 1 (2 for UsageError); anything else that escapes is a bug in arcparser.

What an error is made with may hold anything: names of files, words, what is in a model. `str` gives the message for
people, on one line and without a character that a terminal would obey (`one_line`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TypeVar

T = TypeVar("T")

_UNSAFE_FORMAT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class ArcparserError(Exception):
    """The base of all errors that arcparser raises on purpose."""

    def __str__(self) -> str:
        return one_line(self._message())

    def _message(self) -> str:
        """Return the message as it was made, whatever is in it."""
        return super().__str__()


class InputError(ArcparserError):
    """Something that was read is at fault.

    All three arguments are positional so that the exception survives pickling between processes.

    Attributes:
        problem: What is wrong and what to do.
        file: The name of the file, if it is known.
        line: The 1-based number of the line, if it is known.
    """

    def __init__(self, problem: str, file: str | None = None, line: int | None = None) -> None:
        super().__init__(problem, file, line)
        self.problem = problem
        self.file = file
        self.line = line

    def _message(self) -> str:
        if self.file is None:
            return self.problem if self.line is None else f"line {self.line}: {self.problem}"
        return f"{self.file}: {self.problem}" if self.line is None else f"{self.file}:{self.line}: {self.problem}"


class ConlluError(InputError):
    """Malformed CoNLL-U: columns, ids, encoding."""


class TreeError(InputError):
    """Well-formed CoNLL-U whose HEAD and DEPREL columns are not one tree with one root."""


class OutputError(ArcparserError):
    """A file cannot be written."""


class ModelError(ArcparserError):
    """A model is missing, damaged or not supported by this version."""


class AlignmentError(ArcparserError):
    """Gold and system files do not hold the same text."""


class UsageError(ArcparserError, ValueError):
    """An option, a setting or an argument has an impossible value."""


def quote(value: object, width: int = 40) -> str:
    """Quote a value for a message: on one line, and not longer than a message can bear."""
    if isinstance(value, int) and value.bit_length() > 64:  # Python writes none of more than 4300 digits
        digits = int(value.bit_length() * 0.30103) + 1
        return f"{value:.3g}" if value.bit_length() < 1000 else f"a number of {digits} digits"
    shown = " ".join(repr(readable(value) if isinstance(value, str) else value).splitlines())
    return shown if len(shown) <= width else f"{shown[: width - 4]}...{shown[-1]}"


def unfit(name: str, value: object, wanted: str) -> UsageError:
    """Return the error for an argument that is of another type than it may be.

    Args:
        name: What messages call the argument.
        value: What was given.
        wanted: What to give instead.
    """
    kind = "None" if value is None else f"of type {type(value).__name__}"
    return UsageError(f"{name} is {kind}: give {wanted}")


def as_list(name: str, values: Iterable[T], wanted: str) -> list[T]:
    """Return the elements of an argument that is several; a string or a file is one.

    Args:
        name: What messages call the argument.
        values: What was given.
        wanted: What to give instead.

    Raises:
        UsageError: It cannot be iterated, or is a string, bytes, a file, a mapping, or a set, which has no order.
    """
    if type(values) is list:
        return values
    return list(as_iterator(name, values, wanted))


def as_iterator(name: str, values: Iterable[T], wanted: str) -> Iterator[T]:
    """Return what iterates over an argument that is several; arguments and errors are those of `as_list`."""
    if isinstance(values, (str, bytes, bytearray, Mapping, Set)) or hasattr(values, "read"):
        raise unfit(name, values, wanted)
    try:
        return iter(values)
    except TypeError:
        raise unfit(name, values, wanted) from None


def count(number: int, noun: str) -> str:
    """Write a number of things: `1 sentence`, `1,234 sentences`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_line(text: str) -> str:
    """Return text as one line that is safe on a terminal or page: of several lines, all of them."""
    return clean(" ".join(map(str.strip, text.split("\n"))) if "\n" in text else text)


def clean(text: str) -> str:
    """Return text that is safe on one line of a terminal or page.

    Control characters (an escape sequence in a FORM could do anything), line separators and overrides of the writing
    direction become U+FFFD, and so does what is no character. Bytes that Python could not decode are read first
    (`readable`). Marks that scripts need, such as the joiners of Persian, stay.
    """
    if text.isprintable():
        return text
    return "".join(["\ufffd" if _unsafe(character) else character for character in readable(text)])


def readable(text: str) -> str:
    r"""Return text in which the bytes that Python could not decode are characters, as far as they are UTF-8.

    Where the locale says nothing of an encoding (`LANG=C`), each byte of a file name or an argument that is not ASCII
    comes as a lone surrogate, so that it can be given back as it was. Only what is shown or stored is to be read like
    this: the operating system knows a file by its bytes.

    >>> readable("n\udcc3\udcb6.conllu")
    'nö.conllu'
    """
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # other lone surrogates, as out of JSON
        return text


def _unsafe(character: str) -> bool:
    return character in _UNSAFE_FORMAT or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
