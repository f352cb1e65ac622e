"""Split words of a sentence into several, which become the words of a multiword token, and number all words anew.

    2   don't   _   AUX   _   _   3   aux   _   SpaceAfter=No

becomes

    2-3 don't   _   _     _   _   _   _     _   SpaceAfter=No
    2   do      _   _     _   _   _   _     _   _
    3   n't     _   _     _   _   _   _     _   _

What else names a word moves along: ids of words, multiword tokens and empty nodes, HEAD, DEPS, and in MISC `AltHead`
and `CopyOf`, by which empty nodes name the word that they repeat. What named the word that is split then names its
first word. MISC of that word, which says what space follows, goes to the multiword token, without the scores of its
arc; its other columns are dropped, as they were those of another word. Every other byte stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from arcparser.errors import UsageError, count
from arcparser.treebank.attributes import without_scores
from arcparser.treebank.columns import DEPS, FORM, HEAD, ID, MISC, checked_words
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.sentence_reader import parse_block

# What stands before an id, the id of a word, and what makes it that of an empty node.
_ID = re.compile(r"()([0-9]+)([-.][0-9]+)?")
_DEPS_ID = re.compile(r"(?<![^|])()([0-9]+)(\.[0-9]+)?(?=:)")
_MISC_ID = re.compile(r"(?<![^|])((?:CopyOf|AltHead)=)([0-9]+)(\.[0-9]+)?(?![^|])")


def split_words(sentence: Sentence, parts: Sequence[Sequence[str] | None]) -> Sentence:
    """Return the sentence with some of its words split; the sentence itself, if none is.

    Args:
        sentence: It does not change.
        parts: Of each of the n words the forms that it is split into, [n]; None, or one form: it stays whole, as does
            each word of a multiword token.

    Raises:
        UsageError: There are not n of them, or a form is empty or has a tab, a line break, NUL or half a surrogate pair
            in it.
    """
    if len(parts) != len(sentence):
        problem = f"the parts of {count(len(parts), 'word')} for {count(len(sentence), 'word')}"
        raise UsageError(f"{problem}: give those of each word, or None")
    splits = {number: several for number, several in enumerate(parts, start=1) if several and len(several) > 1}
    for token in sentence.multiword_tokens:
        for number in range(token.first, token.last + 1):
            splits.pop(number, None)
    if not splits:
        return sentence
    numbers = _Numbers([len(splits.get(number, "1")) for number in range(1, len(sentence) + 1)])
    text = sentence.to_conllu()
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    crlf = "\r" if "\r\n" in text else ""
    written = []
    due = 1  # the number of the next word
    for line in text.removeprefix(mark).split("\n"):
        end = "\r" if line.endswith("\r") else ""
        columns = line.removesuffix("\r").split("\t")
        if len(columns) != 10 or line.startswith("#"):
            written.append(line)
            continue
        is_word = columns[ID] == str(due)
        due += is_word
        if is_word and due - 1 in splits:
            *others, last = _split(columns, numbers.first(due - 1), splits[due - 1])
            written += [f"{other}{end or crlf}" for other in others]
            written.append(last + end)
        else:
            numbers.move(columns)
            written.append("\t".join(columns) + end)
    # A sentence that has words comes out with words.
    return parse_block(mark + "\n".join(written), source=sentence.source, line=sentence.line) or sentence


def _split(columns: list[str], first: int, words: Sequence[str]) -> list[str]:
    """Return the lines of a word that is split."""
    forms = checked_words(words)
    last = first + len(forms) - 1
    lines = ["\t".join([f"{first}-{last}", columns[FORM], *("_" * 7), without_scores(columns[MISC] or "_")])]
    return lines + ["\t".join([str(number), form, *("_" * 8)]) for number, form in enumerate(forms, start=first)]


class _Numbers:
    """The new numbers of the n words of a sentence, of which each becomes so many, [n]."""

    def __init__(self, sizes: Sequence[int]) -> None:
        ends = list(accumulate(sizes, initial=0))
        self._first = {str(old): str(end + 1) for old, end in enumerate(ends[:-1], start=1)}
        self._last = {str(old): str(end) for old, end in enumerate(ends)}

    def first(self, number: int) -> int:
        """Return the number of the first word that a word becomes."""
        return int(self._first[str(number)])

    def move(self, columns: list[str]) -> None:
        """Write the new numbers into a line that is not split; what is no number of a word stays."""
        columns[ID] = _ID.sub(self._moved, columns[ID])
        columns[HEAD] = self._first.get(columns[HEAD], columns[HEAD])
        columns[DEPS] = _DEPS_ID.sub(self._moved, columns[DEPS])
        if columns[MISC] != "_":
            columns[MISC] = _MISC_ID.sub(self._moved, columns[MISC])

    def _moved(self, match: re.Match[str]) -> str:
        before, word, rest = match.groups(default="")
        if rest.startswith("-"):
            last = rest[1:]
            return f"{self._first[word]}-{self._last[last]}"
        # An empty node stands after the last of the words.
        numbers = self._last if rest else self._first
        return f"{before}{numbers.get(word, word)}{rest}"
