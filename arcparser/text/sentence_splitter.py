"""Split text into sentences between any two tokens: by rules, or by a classifier learned from a treebank.

A blank line always ends a sentence. Elsewhere `SentenceSplitter` gives the probability of a boundary from the tokens
around (`_TEMPLATES` is the table of its features) and a sentence ends where it exceeds `THRESHOLD`. The features
look at most `REACH` tokens far and never across a blank line, and no decision depends on another one. Line ends count
as spaces: nothing in a treebank shows which of them end a sentence, and most text has them anywhere.

Without a trained splitter, rules: a sentence ends after a token of sentence-final punctuation and the closing quotes
and brackets that follow it, unless the next word begins with a small letter. On the dev file of en_ewt their sentences
have an F1 of 80.7, those of a trained splitter 89.6. The rules' opinion is one of its features, which helps where there
are few sentences to learn from.

Sources: maximum entropy over the words around (Reynar & Ratnaparkhi 1997), without their list of candidate characters,
as sentences on the web end anywhere; more context and shapes as in Gillick 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import local

import numpy as np

from arcparser.text.boundary_classifier import (
    BoundaryClassifier,
    Features,
    Hashes,
    hash_columns,
    hash_string,
    train_classifier,
)
from arcparser.text.spacing import is_paragraph_break, passages
from arcparser.text.tokenizer import Tokenizer
from arcparser.treebank.sentence import Sentence
from arcparser.types import Bools, Floats, Ints

# A boundary missed and one too many cost the same, but a sentence is right only if both its ends are: the best
# threshold for sentences is below a half. F1 on the dev files of six treebanks differs little from 0.3 to 0.5.
THRESHOLD = 0.4
LONGEST = 1000  # tokens of a sentence
PIECE = 50  # tokens at most of the sentences that a longer one is cut into, where boundaries are most probable
_WHOLE = 100  # tokens of a sentence that is never cut
REACH = 40  # tokens

_FINAL = frozenset(".!?…‼⁇⁈⁉。．！？｡।॥؟۔։׃።፧፨។៕၊။᙮᠃᠉᱾᱿⳹⳾꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꧈꧉꩝꩞꩟꫰꫱꯫﹒﹖﹗")
_CLOSING = frozenset("\"'”’»›)]}〉》」』】〕）］｝›‹«") | {"''"}
_BITS = 16

# What is known of a token, each a column of numbers (see `_describe`); gap: the white space after it;
# rule: whether the rules end a sentence after it.
_NAMES = ("form", "lower", "shape", "suffix", "kind", "gap", "rule", "since", "until")
_COLUMNS = {name: column for column, name in enumerate(_NAMES)}

# The features of the place after token 0: each is one or several columns of tokens at these distances. `since` and
# `until` are the distances to the nearest sentence-final punctuation before token 0 and after it.
_TEMPLATES: list[list[tuple[str, int]]] = [
    [(part.split(":")[0], int(part.split(":")[1])) for part in template.split()]
    for template in """
    rule:0
    rule:0 kind:0 kind:1
    form:0
    form:1
    lower:-1
    lower:2
    lower:-2
    lower:3
    shape:0
    shape:1
    shape:-1
    shape:2
    suffix:0
    suffix:1
    form:0 form:1
    form:0 kind:1
    form:0 gap:0 kind:1
    kind:0 lower:1
    kind:0 gap:0 kind:1
    form:-1 form:0
    form:1 form:2
    kind:-1 gap:-1 kind:0 gap:0 kind:1
    kind:0 gap:0 kind:1 gap:1 kind:2
    kind:-1 kind:0 gap:0 kind:1 kind:2
    lower:-1 kind:0 kind:1
    kind:-2 kind:-1 kind:0 kind:1
    kind:0 kind:1 kind:2 kind:3
    shape:-1 form:0 shape:1
    kind:0 gap:0 lower:1 kind:2
    kind:0 kind:1 since:0
    kind:0 kind:1 until:0
    kind:0 since:0 until:0
    """.strip().splitlines()
]


@dataclass(frozen=True)
class SentenceSplitter:
    """Decide by a classifier where sentences end.

    Attributes:
        classifier: Of the places after tokens; class 1 is the end of a sentence.
    """

    classifier: BoundaryClassifier

    def probabilities(self, tokens: Sequence[str], spaces_after: Sequence[str]) -> Floats:
        """Compute P(a sentence ends after the token), [T] tokens -> [T]."""
        breaks = _breaks(spaces_after)  # [T]
        features = splitter_features(tokens, spaces_after, breaks, self.classifier.bits)  # [F, T]
        probabilities = self.classifier.probabilities(features)[:, 1]  # [T]
        probabilities[breaks] = 1.0
        return probabilities


def sentence_starts(
    tokens: Sequence[str], spaces_after: Sequence[str], splitter: SentenceSplitter | None = None
) -> list[bool]:
    """Decide whether a sentence begins at each token.

    Args:
        tokens: Words as spaCy's tokenizer makes them, without tokens of white space.
        spaces_after: The white space after each of them.
        splitter: Decides; None: rules.
    """
    if not tokens:
        return []
    if splitter is None:
        final = np.array([_is_final(token) for token in tokens])  # [T]
        ends = _ends_by_rules(tokens, spaces_after, _breaks(spaces_after), final)  # [T]
    else:
        ends = splitter.probabilities(tokens, spaces_after)  # [T]
    starts = [True, *(ends[:-1] > THRESHOLD).tolist()]
    half = PIECE // 2
    begin = 0
    for at in [*np.flatnonzero(starts)[1:].tolist(), len(tokens)]:
        if is_too_long(at - begin, lambda: sum(map(len, tokens[begin:at])) + sum(map(len, spaces_after[begin:at]))):  # noqa: B023
            while at - begin > PIECE:
                # From the half on: sentences of a word each, where all places are alike, would cost much.
                begin += half + 1 + int(np.argmax(ends[begin + half : begin + PIECE]))
                starts[begin] = True
        begin = at
    return starts


def is_too_long(tokens: int, characters: Callable[[], int]) -> bool:
    """Return whether a sentence of so many tokens and characters is to be cut.

    The time of a parse grows with the square of a sentence's length. So that no text takes many times as long as others
    of its size, sentences of short tokens must have fewer: with four letters and a space a token, about 500.
    """
    return tokens > _WHOLE and (tokens > LONGEST or tokens * tokens > _WHOLE * characters())


def train_splitter(sentences: Iterable[Sentence], tokenizer: Tokenizer, *, seed: int = 0) -> SentenceSplitter | None:
    """Learn sentence boundaries from the raw text of a treebank; None if it has no two sentences in a paragraph."""
    tokens: list[str] = []
    spaces: list[str] = []
    ends: list[bool] = []
    for passage in passages(sentences):
        starts = {passage.tokens[token][0] for token in passage.sentence_starts}
        spans = tokenizer(passage.text)
        if not spans:  # nothing but white space
            continue
        bounds = [*(start for start, _ in spans), len(passage.text)]
        tokens += [passage.text[start:end] for start, end in spans]
        spaces += [passage.text[end:begin] for (_, end), begin in zip(spans, bounds[1:])]
        ends += [begin in starts for begin in bounds[1:]]
        spaces[-1], ends[-1] = "\n\n", True
    breaks = _breaks(spaces)  # [T]
    free = np.flatnonzero(~breaks)  # [N]: what is decided by a rule need not be learned
    classes = np.array(ends, np.intp)[free]  # [N]
    if not classes.any():
        return None
    features = splitter_features(tokens, spaces, breaks, _BITS)[:, free]  # [F, N]
    return SentenceSplitter(
        train_classifier(features, classes, class_count=2, bits=_BITS, epochs=8, decay=3e-5, seed=seed)
    )


def splitter_features(tokens: Sequence[str], spaces_after: Sequence[str], breaks: Bools, bits: int) -> Features:
    """Compute the features of the place after each token, [T] -> [F, T]."""
    size = len(tokens)
    described = _forms.described(tokens)  # [6, T]
    columns: list[Hashes] = list(described[:5])
    columns.append(np.fromiter(map(bool, spaces_after), np.uint64, size))
    final = described[5].astype(bool)  # [T]
    columns.append(_ends_by_rules(tokens, spaces_after, breaks, final).astype(np.uint64))
    columns += _distances(final, breaks)
    # Beyond the paragraph there is nothing: token t is visible from s if both have the same paragraph number.
    paragraph = np.concatenate([[0], np.cumsum(breaks)[:-1]])  # [T]
    shifted: dict[tuple[str, int], Hashes] = {}
    for name, distance in {part for template in _TEMPLATES for part in template}:
        shifted[name, distance] = _shift(columns[_COLUMNS[name]], distance, paragraph)
    features = np.empty((len(_TEMPLATES), size), np.int32)
    for number, template in enumerate(_TEMPLATES):
        features[number] = hash_columns([shifted[part] for part in template], number, bits)
    return features


class _FormTable(local):
    """Keep what is known of forms (`_describe`), a column of numbers each; each thread has a table of its own."""

    _MOST = 20_000  # forms: memory stays bounded on endless text

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}
        self._table = np.empty((6, 1024), np.uint64)

    def described(self, tokens: Sequence[str]) -> Hashes:
        """Return what is known of each token, [T] -> [6, T]."""
        if len(self._columns) > self._MOST:
            self._columns.clear()
        new = list(set(tokens) - self._columns.keys())
        if new:
            first, end = len(self._columns), len(self._columns) + len(new)
            if end > self._table.shape[1]:
                grown = np.empty((6, 2 * end), np.uint64)
                grown[:, :first] = self._table[:, :first]
                self._table = grown
            self._table[:, first:end] = np.array([_describe(form) for form in new], np.uint64).T
            self._columns.update(zip(new, range(first, end)))
        columns = np.fromiter(map(self._columns.__getitem__, tokens), np.intp, len(tokens))
        return np.take(self._table, columns, axis=1)


_forms = _FormTable()


def _shift(column: Hashes, distance: int, paragraph: Ints) -> Hashes:
    """Return the values at `distance` from each token, 7 where that is out of the paragraph, [T] -> [T]."""
    if distance == 0:
        return column
    shifted = np.full_like(column, 7)
    here, there = (slice(None, -distance), slice(distance, None))
    if distance < 0:
        here, there = (slice(-distance, None), slice(None, distance))
    visible = paragraph[here] == paragraph[there]
    shifted[here][visible] = column[there][visible]
    return shifted


def _distances(final: Bools, breaks: Bools) -> list[Hashes]:
    """Count tokens since the last sentence-final one (or the paragraph's start) and until the next, in steps; [T]."""
    size = len(final)
    place = np.arange(size)
    begins = np.concatenate([[True], (final | breaks)[:-1]])
    since = place - np.maximum.accumulate(np.where(begins, place, 0))
    ends = np.concatenate([final[1:], [True]]) | breaks
    until = np.minimum.accumulate(np.where(ends, place, size)[::-1])[::-1] - place
    steps = np.array([0, 1, 2, 3, 4, 4, 5, 5] + [6] * 8 + [7] * 16 + [8] * (REACH - 31), np.uint64)
    return [steps[np.minimum(distance, REACH)] for distance in (since, until)]


def _describe(form: str) -> tuple[int, ...]:
    """Return what is known of a form, in the order of the columns, and whether it is sentence-final punctuation."""
    lower = form.lower()
    strings = (form, lower, shape(form), lower[-3:], _kind(form))
    return (*map(hash_string, strings), int(_is_final(form)))


def shape(form: str) -> str:
    """Write capitals as X, other letters as x, digits as d; cut runs of more than two to two, and all to 8.

    >>> shape("Rückert"), shape("U.S."), shape("10:30pm")
    ('Xxx', 'X.X.', 'dd:ddxx')
    """
    if form.isalpha():  # most forms are words in small letters, or with a capital
        letters = form if form[0].islower() else form[1:]
        if letters.islower() and (letters is form or form[0].isupper()):
            return ("X" if letters is not form else "") + "xx"[: len(letters)]
    result: list[str] = []
    for character in form[:64]:
        if character.isupper():
            character = "X"
        elif character.isalpha():
            character = "x"
        elif character.isdigit():
            character = "d"
        if result[-2:] != [character, character]:
            result.append(character)
    return "".join(result[:8])


def _kind(form: str) -> str:
    """Return a coarse class: punctuation marks each for itself, other tokens by their first letter and case."""
    if _is_final(form):
        return form if len(form) == 1 else "final"
    first = form[0]
    if not first.isalnum() and not any(character.isalnum() for character in form):
        return form if len(form) == 1 else f"{first}+" if len(set(form)) == 1 else "symbols"
    if first.isdigit():
        return "0"
    point = "." if form[-1] == "." else ""
    if not first.isupper():
        return f"a{point}"
    if len(form) == 1:
        return "I" if form == "I" else "A"
    if len(form) == 2 and point:
        return "A."
    return f"AA{point}" if form.isupper() else f"Aa{point}"


def _breaks(spaces_after: Sequence[str]) -> Bools:
    """Find where a paragraph ends, [T] -> [T]."""
    return np.array([len(space) > 1 and is_paragraph_break(space) for space in spaces_after], np.bool_)


def _is_final(token: str) -> bool:
    """Return whether this is sentence-final punctuation."""
    return token[0] in _FINAL and all(character in _FINAL for character in token)


def _ends_by_rules(tokens: Sequence[str], spaces_after: Sequence[str], breaks: Bools, final: Bools) -> Floats:
    """Find where a sentence ends after the token.

    Args:
        tokens: T of them.
        spaces_after: The white space after each.
        breaks: [T] where paragraphs end.
        final: [T] what is sentence-final punctuation.

    Returns:
        1 there, else 0, [T].
    """
    ends = breaks.astype(np.float32)
    stops = np.flatnonzero(final).tolist()
    for at in stops:
        # From final punctuation on over the closing quotes and brackets that follow it.
        while at + 1 < len(tokens) and not breaks[at] and _closes(tokens[at + 1], spaces_after[at]):
            at += 1
        if at + 1 < len(tokens) and not final[at + 1] and not tokens[at + 1][0].islower():
            ends[at] = 1.0
    return ends


def _closes(token: str, space_before: str) -> bool:
    """Return whether this is a closing quote or bracket; a straight quote after a space is an opening one."""
    return token in _CLOSING and not (space_before and token in "\"'")
