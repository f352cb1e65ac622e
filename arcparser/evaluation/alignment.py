"""Which word of a system's output is which word of the gold file, when the two are tokenized differently.

The method is that of the CoNLL 2018 shared task (Zeman et al. 2018, "CoNLL 2018 Shared Task: Multilingual
Parsing from Raw Text to Universal Dependencies"; the definitions at
https://universaldependencies.org/conll18/evaluation.html). All text is taken as one string of characters
without spaces, and each word has the span of characters of its token.

- Words outside multiword tokens correspond if they have the same span.
- A multiword token spans several words, whose own characters are unknown. From the first multiword token on
  either side a region is extended until no multiword token sticks out of it; inside, words correspond by a
  longest common subsequence of their lower-cased forms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from arcparser.errors import AlignmentError, quote
from arcparser.treebank.sentence import Sentence

# Unicode category Zs, which the evaluation drops from forms.
SPACES = re.compile("[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


@dataclass
class Layout:
    """Where the tokens, words and sentences of a file lie in its text. Spans are (start, end) in
    characters."""

    text: str = ""
    tokens: list[tuple[int, int]] = field(default_factory=list)
    sentences: list[tuple[int, int]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)  # of each word: the span of its token
    multiword: list[bool] = field(default_factory=list)  # of each word: is its token a multiword token?
    forms: list[str] = field(default_factory=list)  # of each word, lower-cased


def lay_out(sentences: Sequence[Sentence]) -> Layout:
    """The layout of sentences one after the other."""
    layout = Layout()
    pieces: list[str] = []
    at = 0
    for sentence in sentences:
        sentence_start = at
        tokens = {token.first: token for token in sentence.multiword_tokens}
        covered = 0  # last word of the multiword token that we are in
        for number, form in enumerate(sentence.forms, start=1):
            if number > covered:
                token = tokens.get(number)
                if token:
                    covered = token.last
                visible = SPACES.sub("", token.form if token else form)
                pieces.append(visible)
                span = (at, at + len(visible))
                layout.tokens.append(span)
                at = span[1]
            inside = number <= covered
            layout.spans.append(span)
            layout.multiword.append(inside)
            layout.forms.append((form if inside else visible).lower())
        layout.sentences.append((sentence_start, at))
    layout.text = "".join(pieces)
    return layout


def same_tokens(gold: Sequence[Sentence], system: Sequence[Sentence]) -> bool:
    """Whether both have the same sentences, tokens and words, so that alignment is the identity."""
    return len(gold) == len(system) and all(
        ours.forms == theirs.forms
        and [token[:3] for token in ours.multiword_tokens] == [token[:3] for token in theirs.multiword_tokens]
        for ours, theirs in zip(gold, system)
    )


def check_same_text(gold: Sequence[Sentence], system: Sequence[Sentence], ours: Layout, theirs: Layout) -> None:
    """Raise AlignmentError, with the first place where the texts differ, unless they are the same."""
    if ours.text == theirs.text:
        return
    shorter = min(len(ours.text), len(theirs.text))
    at = next((i for i in range(shorter) if ours.text[i] != theirs.text[i]), shorter)
    first, second = _token_at(gold, ours, at), _token_at(system, theirs, at)
    problem = f"the texts differ, gold has {first} where system has {second}"
    raise AlignmentError(f"{problem}: give two files of the same text")


def _token_at(sentences: Sequence[Sentence], layout: Layout, at: int) -> str:
    """The word that holds a character of the text, with its place in the file."""
    index = 0
    for sentence in sentences:
        if layout.spans[index + len(sentence) - 1][1] > at:
            position = next(i for i in range(len(sentence)) if layout.spans[index + i][1] > at)
            form = sentence.forms[position]
            for token in sentence.multiword_tokens:
                if token.first <= position + 1 <= token.last:
                    form = token.form
            if sentence.source is None:
                return quote(form)
            return f"{quote(form)} ({sentence.source}:{sentence.word_line(position)})"
        index += len(sentence)
    return "no more words"


def align_words(gold: Layout, system: Layout) -> list[int]:
    """For each gold word the system word that corresponds to it, or -1."""
    matches = [-1] * len(gold.spans)
    g = s = 0
    while g < len(gold.spans) and s < len(system.spans):
        if gold.multiword[g] or system.multiword[s]:
            g_from, s_from, g, s = _multiword_region(gold, system, g, s)
            for i, j in common_subsequence(gold.forms[g_from:g], system.forms[s_from:s]):
                matches[g_from + i] = s_from + j
        elif gold.spans[g] == system.spans[s]:
            matches[g] = s
            g += 1
            s += 1
        elif gold.spans[g][0] <= system.spans[s][0]:
            g += 1
        else:
            s += 1
    return matches


def _multiword_region(gold: Layout, system: Layout, g: int, s: int) -> tuple[int, int, int, int]:
    """First words (gold, system) of the region that begins at words g and s, and the first words after it."""
    if gold.multiword[g]:
        end = gold.spans[g][1]
        if not system.multiword[s] and system.spans[s][0] < gold.spans[g][0]:
            s += 1  # it began before the multiword token and can only correspond to a word before it
    else:
        end = system.spans[s][1]
        if not gold.multiword[g] and gold.spans[g][0] < system.spans[s][0]:
            g += 1
    g_from, s_from = g, s
    while _within(gold, g, end) or _within(system, s, end):
        take_gold = g < len(gold.spans) and (s >= len(system.spans) or gold.spans[g][0] <= system.spans[s][0])
        side, word = (gold, g) if take_gold else (system, s)
        if side.multiword[word]:
            end = max(end, side.spans[word][1])
        if take_gold:
            g += 1
        else:
            s += 1
    return g_from, s_from, g, s


def _within(layout: Layout, word: int, end: int) -> bool:
    """Whether a word belongs to a region that ends at `end`: a multiword token may stick out of it, a word
    may not."""
    if word >= len(layout.spans):
        return False
    start, stop = layout.spans[word]
    return start < end if layout.multiword[word] else stop <= end


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """A longest common subsequence as pairs of positions, found from the left; of equal ones, `b` moves last.

    For "the cat" and "a the cat": [(0, 1), (1, 2)].
    """
    pairs = []
    i = j = 0
    while i < len(a) and j < len(b) and a[i] == b[j]:  # a common beginning is matched in any case, without a table
        pairs.append((i, j))
        i += 1
        j += 1
    i0, j0 = i, j
    rows, columns = len(a) - i0, len(b) - j0
    length = [[0] * (columns + 1) for _ in range(rows + 1)]  # of the common subsequence of a[i:] and b[j:]
    for i in range(rows - 1, -1, -1):
        below, row = length[i + 1], length[i]
        for j in range(columns - 1, -1, -1):
            row[j] = below[j + 1] + 1 if a[i0 + i] == b[j0 + j] else max(below[j], row[j + 1])
    i = j = 0
    while i < rows and j < columns:
        if a[i0 + i] == b[j0 + j]:
            pairs.append((i0 + i, j0 + j))
            i += 1
            j += 1
        elif length[i][j] == length[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs
