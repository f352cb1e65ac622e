"""Check what a sentence is made of: words and heads as a caller gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import index

from arcparser.errors import UsageError, as_list, quote

FORBIDDEN = re.compile("[\t\n\r\0\ud800-\udfff]")


def checked_words(words: Iterable[str]) -> list[str]:
    """Return the words of a sentence, if they are such.

    Raises:
        UsageError: A word is empty or has a tab, a line break, NUL or half a surrogate pair in it, or is no string;
            there are no words at all; they are one string, or something else that is no list.
    """
    if isinstance(words, str):
        advice = f"split {quote(words)} into words (parse takes one such list, parse_many several)"
        advice += ", or parse raw text by arcparser.parsing.parse_text.parse_text"
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
