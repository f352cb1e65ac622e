"""Name the ten columns of a CoNLL-U line, and check what a caller wants to be written into them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import index
from typing import NamedTuple

from arcparser.errors import UsageError, as_list, quote

ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC = range(10)
COLUMN_NAMES = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

BLANK = frozenset(("_", ""))  # a column that says nothing; files of other programs leave it empty

FORBIDDEN = re.compile("[\t\n\r\0\ud800-\udfff]")
EMPTY_NODE = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")

# "0", "1", "2" ... as strings and back: comparing with a ready string costs less than int() or str(), and
# unlike int() the table knows no "+1", "1_0" or " 1".
_NUMERALS = [str(number) for number in range(1025)]
_NUMBERS = {numeral: number for number, numeral in enumerate(_NUMERALS)}


class MultiwordToken(NamedTuple):
    """Words `first` to `last` (1-based, inclusive), which are written together as `form`."""

    first: int
    last: int
    form: str
    misc: str = "_"


def numerals(size: int) -> list[str]:
    """Return strings of at least the numbers 0 to `size` + 1, to be indexed by the number."""
    return _NUMERALS if size + 1 < len(_NUMERALS) else [str(number) for number in range(size + 2)]


def read_heads(rows: list[list[str]]) -> list[int]:
    """Return HEAD of each of n words as a number, [n]; -1 where it is missing, or no number from 0 to n."""
    size = len(rows)
    if size < len(_NUMBERS):
        numbers = _NUMBERS
    else:
        numbers = {numeral: i for i, numeral in enumerate(numerals(size))}
    heads = [numbers.get(row[HEAD], -1) for row in rows]
    return [head if head <= size else -1 for head in heads] if max(heads) > size else heads


def checked_words(words: Iterable[str]) -> list[str]:
    """Return the words of a sentence, if they are such.

    Raises:
        UsageError: A word is empty or has a tab, a line break, NUL or half a surrogate pair in it, or is no string;
            there are no words at all; they are one string, or something else that is no list.
    """
    if isinstance(words, str):
        advice = f"parse {quote(words)} as raw text by Parser.parse_text, or split it into words"
        raise UsageError(f"a sentence is a list of words, not a string: {advice}")
    forms = as_list("a sentence", words, "a list of words")
    # All at once; only where something is wrong, one by one to say what.
    kinds = set(map(type, forms))
    if kinds != {str} or not all(forms) or FORBIDDEN.search("".join(forms)):
        for number, form in enumerate(forms, start=1):
            if not isinstance(form, str) or not form or FORBIDDEN.search(form):
                advice = "a word is a non-empty string without tabs or line breaks"
                if isinstance(form, (list, tuple)):
                    advice = "several sentences are parsed by parse_many"
                elif isinstance(form, str) and form:
                    advice = f"remove the {_forbidden_in(form)}"
                kind = "" if form is None or isinstance(form, str) else f" of type {type(form).__name__}"
                raise UsageError(f"word {number} is {quote(form)}{kind}: {advice}")
    if not forms:
        raise UsageError("a sentence without words: give at least one")
    return forms if kinds == {str} else [str(form) for form in forms]


def whole_numbers(heads: list[int]) -> list[int]:
    """Return heads, which may come as numbers of other types such as numpy's, as plain numbers.

    Raises:
        UsageError: One is no whole number.
    """
    if set(map(type, heads)) <= {int}:
        return heads
    numbers = []
    for head in heads:
        try:
            numbers.append(index(head))
        except TypeError:
            advice = "heads are whole numbers, 1-based word ids, 0 for the root"
            raise UsageError(f"head {quote(head)}: {advice}") from None
    return numbers


def check_values(values: Sequence[str]) -> None:
    """Refuse column values that would break the line that they are written to.

    Raises:
        UsageError: A value is no string, or has a tab, a line break, NUL or half a surrogate pair in it.
    """
    try:
        joined = "".join(values)
    except TypeError:
        culprit = next(value for value in values if not isinstance(value, str))
        raise UsageError(f"{quote(culprit)} cannot be written to a CoNLL-U column: give a string") from None
    forbidden = "\t" in joined or "\n" in joined or "\r" in joined or "\0" in joined
    if forbidden or (not joined.isascii() and FORBIDDEN.search(joined)):  # half a surrogate pair cannot be encoded
        culprit = next(value for value in values if FORBIDDEN.search(value))
        raise UsageError(f"{quote(culprit)} cannot be written to a CoNLL-U column: remove the {_forbidden_in(culprit)}")


def _forbidden_in(value: str) -> str:
    """Name the first thing in a value that a column cannot have."""
    found = FORBIDDEN.search(value)
    character = "" if found is None else found[0]
    return {"\t": "tab", "\n": "line break", "\r": "line break", "\0": "NUL"}.get(character, "half of a surrogate pair")


def checked_multiword_tokens(tokens: Iterable[MultiwordToken]) -> list[MultiwordToken]:
    """Return multiword tokens, which may be plain tuples, if they are such; not whether they fit their sentence."""
    checked = []
    for given in as_list("multiword_tokens", tokens, "a list of MultiwordTokens"):
        try:
            token = MultiwordToken(*given) if isinstance(given, (tuple, list)) else given
            token = token._replace(first=index(token.first), last=index(token.last))
        except (TypeError, AttributeError):
            advice = "give MultiwordToken(first word, last word, form)"
            raise UsageError(f"{quote(given, 60)} is no multiword token: {advice}") from None
        check_values([token.form, token.misc])
        checked.append(token)
    return checked
