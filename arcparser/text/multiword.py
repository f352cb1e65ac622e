"""Split tokens into words by a table that a treebank gives (*don't* → *do n't*, French *du* → *de le*).

The table maps lower-cased forms to lower-cased words. `learn_multiword` keeps a form if the treebank splits it in at
least `SHARE` of its occurrences, and then the split that it has most often. On the way back the words take the case of
the token: exactly, where they spell it; otherwise in capitals for a token in capitals and with a capital for one with
a capital. Forms that are not in the table stay whole
(`arcparser.text.retokenizer` may know better: it finds where the words of an unseen token meet, if they spell it).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from arcparser.treebank.sentence import Sentence

Table = Mapping[str, Sequence[str]]

SHARE = 0.75
MOST_WORDS = 16  # of a token that what is learned may split; no language has so many
LONGEST_JOIN = 4  # tokens written together that may be one multiword token: "I'd've", "d'ya", "qu'est-ce"


def learn_multiword(sentences: Iterable[Sentence]) -> dict[str, tuple[str, ...]]:
    """Learn the table of a treebank, in alphabetical order; tuples become lists in JSON and may stay so."""
    splits: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    whole: Counter[str] = Counter()
    for sentence in sentences:
        for token in sentence.tokens:
            if len(token.words) > 1:
                splits[token.form.lower()][tuple(word.form.lower() for word in token.words)] += 1
            else:
                whole[token.form.lower()] += 1
    table: dict[str, tuple[str, ...]] = {}
    for form in sorted(splits):
        # Of splits that are equally frequent the first in the alphabet, not the first that was met.
        words, _ = min(splits[form].items(), key=lambda item: (-item[1], item[0]))
        times = splits[form].total()
        if times >= SHARE * (times + whole[form]):
            table[form] = words
    return table


def split_token(form: str, table: Table) -> tuple[str, ...] | None:
    """Return the words of a token, in its case, or None if it is not in the table.

    >>> table = {"don't": ("do", "n't"), "du": ("de", "le")}
    >>> split_token("DON'T", table), split_token("Du", table), split_token("dug", table)
    (('DO', "N'T"), ('De', 'le'), None)
    """
    words = table.get(form.lower())
    return None if words is None else match_case(form, words)


def match_case(form: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return lower-cased `words` in the case of the token `form`."""
    if "".join(words) == form.lower() and sum(map(len, words)) == len(form):
        cut, start = [], 0
        for word in words:
            cut.append(form[start : start + len(word)])
            start += len(word)
        return tuple(cut)
    if form.isupper() and len(form) > 1:
        return tuple(word.upper() for word in words)
    if form[0].isupper():
        return (words[0][:1].upper() + words[0][1:], *words[1:])
    return tuple(words)


def join_tokens(forms: Sequence[str], glued: Sequence[bool], table: Table) -> list[tuple[int, int]]:
    """Find tokens that are one multiword token: ranges (first, end) of indices, in order.

    spaCy's tokenizer makes two tokens of *don't*. Tokens with nothing between them whose join is in the table are one
    token in the treebank; where several joins begin at a token, the longest.

    Args:
        forms: The tokens.
        glued: Whether nothing is between a token and the next, of each.
        table: The table of multiword tokens.

    >>> join_tokens(["I", "do", "n't", "."], [False, True, True, False], {"don't": ("do", "n't")})
    [(1, 3)]
    """
    ranges: list[tuple[int, int]] = []
    done = 0
    for at in [number for number, glue in enumerate(glued) if glue]:
        if at < done:
            continue
        end = at + 1
        while end < len(forms) and end - at < LONGEST_JOIN and glued[end - 1]:
            end += 1
        while end > at + 1 and "".join(forms[at:end]).lower() not in table:
            end -= 1
        if end > at + 1:
            ranges.append((at, end))
            done = end
    return ranges
