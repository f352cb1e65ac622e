"""Align the words of a system's output with those of the gold file, when the two are tokenized differently.

The method is that of the CoNLL 2018 shared task (Zeman et al. 2018, "CoNLL 2018 Shared Task: Multilingual
Parsing from Raw Text to Universal Dependencies"; the definitions at
https://universaldependencies.org/conll18/evaluation.html). All text is taken as one string of characters
without spaces, and each word has the span of characters of its token.

- Words outside multiword tokens correspond if they have the same span.
- A multiword token spans several words, whose own characters are unknown. From the first multiword token on
  either side a region is extended until no multiword token sticks out of it; inside, words correspond by a
  longest common subsequence of their lower-cased forms.

The evaluation refuses a token of spaces alone, which has no characters. Here such tokens change nothing for the others,
which are aligned as if they were not there; where both sides have some at the same place, their words correspond by a
longest common subsequence as well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from arcparser.errors import AlignmentError, quote
from arcparser.treebank.sentence import Sentence

# Unicode category Zs. The evaluation drops these characters from forms.
SPACES = re.compile("[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


Span = tuple[int, int]  # first character and the one after the last, counted in the text of the whole file


@dataclass
class TextSpans:
    """Where the tokens, words and sentences of a file lie in its text.

    Attributes:
        text: The forms of all tokens, joined, without spaces.
        tokens: The span of each token.
        sentences: The span of each sentence.
        words: The span of each word's token.
        multiword: Of each word, whether its token is a multiword token.
        forms: The form of each word, lower-cased.
    """

    text: str = ""
    tokens: list[Span] = field(default_factory=list)
    sentences: list[Span] = field(default_factory=list)
    words: list[Span] = field(default_factory=list)
    multiword: list[bool] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)


def text_spans(sentences: Sequence[Sentence]) -> TextSpans:
    """Place the tokens, words and sentences of a file in its text."""
    spans = TextSpans()
    pieces: list[str] = []
    at = 0
    for sentence in sentences:
        sentence_start = at
        for token in sentence.tokens:
            visible = SPACES.sub("", token.form)
            pieces.append(visible)
            span = (at, at + len(visible))
            spans.tokens.append(span)
            at = span[1]
            for word in token.words:
                spans.words.append(span)
                spans.multiword.append(token.multiword)
                spans.forms.append((word.form if token.multiword else visible).lower())
        spans.sentences.append((sentence_start, at))
    spans.text = "".join(pieces)
    return spans


def same_tokens(gold: Sequence[Sentence], system: Sequence[Sentence]) -> bool:
    """Return whether both have the same sentences, tokens and words, so that alignment is the identity."""
    return len(gold) == len(system) and all(
        ours.forms == theirs.forms
        and [token[:3] for token in ours.multiword_tokens] == [token[:3] for token in theirs.multiword_tokens]
        for ours, theirs in zip(gold, system)
    )


def check_same_text(
    gold: Sequence[Sentence], system: Sequence[Sentence], gold_spans: TextSpans, system_spans: TextSpans
) -> None:
    """Check that two files, whose spans are given, have the same text.

    Raises:
        AlignmentError: They do not. The message tells the first place where they differ.
    """
    ours, theirs = gold_spans.text, system_spans.text
    if ours == theirs:
        return
    shorter = min(len(ours), len(theirs))
    at = next((i for i in range(shorter) if ours[i] != theirs[i]), shorter)
    first, second = _token_at(gold, gold_spans, at), _token_at(system, system_spans, at)
    problem = f"the texts differ, gold has {first} where system has {second}"
    raise AlignmentError(f"{problem}: give two files of the same text")


def _token_at(sentences: Sequence[Sentence], spans: TextSpans, at: int) -> str:
    """Return the token that holds a character of the text, with its place in the file."""
    index = 0
    for sentence in sentences:
        if spans.words[index + len(sentence) - 1][1] > at:
            position = next(i for i in range(len(sentence)) if spans.words[index + i][1] > at)
            form = [token.form for token in sentence.tokens for _ in token.words][position]
            if sentence.source is None:
                return quote(form)
            return f"{quote(form)} ({sentence.source}:{sentence.word_line(position)})"
        index += len(sentence)
    return "no more words"


def align_words(gold: TextSpans, system: TextSpans) -> list[int]:
    """Return for each gold word the index of the system word that corresponds to it, or -1."""
    matches = [-1] * len(gold.words)
    (ours, empty), (theirs, their_empty) = _visible_and_empty(gold), _visible_and_empty(system)
    for g, s in enumerate(_align_visible(_choose(gold, ours), _choose(system, theirs))):
        matches[ours[g]] = theirs[s] if s >= 0 else -1
    for at in empty.keys() & their_empty.keys():
        here, there = empty[at], their_empty[at]
        first = [SPACES.sub("", gold.forms[word]) for word in here]
        second = [SPACES.sub("", system.forms[word]) for word in there]
        for i, j in common_subsequence(first, second):
            matches[here[i]] = there[j]
    return matches


def _visible_and_empty(spans: TextSpans) -> tuple[list[int], dict[int, list[int]]]:
    """Return the words whose tokens have characters, and the others by their place in the text."""
    visible: list[int] = []
    empty: dict[int, list[int]] = defaultdict(list)
    for word, (start, end) in enumerate(spans.words):
        if start < end:
            visible.append(word)
        else:
            empty[start].append(word)
    return visible, empty


def _choose(spans: TextSpans, words: list[int]) -> TextSpans:
    """Return some of the words alone."""
    return TextSpans(
        words=[spans.words[word] for word in words],
        multiword=[spans.multiword[word] for word in words],
        forms=[spans.forms[word] for word in words],
    )


def _align_visible(gold: TextSpans, system: TextSpans) -> list[int]:
    """Align words each of which is part of a token with characters, so that every region has some, as `align_words`."""
    matches = [-1] * len(gold.words)
    g = s = 0
    while g < len(gold.words) and s < len(system.words):
        if gold.multiword[g] or system.multiword[s]:
            g_from, s_from, g, s = _multiword_region(gold, system, g, s)
            for i, j in common_subsequence(gold.forms[g_from:g], system.forms[s_from:s]):
                matches[g_from + i] = s_from + j
        elif gold.words[g] == system.words[s]:
            matches[g] = s
            g += 1
            s += 1
        elif gold.words[g][0] <= system.words[s][0]:
            g += 1
        else:
            s += 1
    return matches


def _multiword_region(gold: TextSpans, system: TextSpans, g: int, s: int) -> tuple[int, int, int, int]:
    """Return the first words (gold, system) of the region that begins at words g and s, and the first after it."""
    if gold.multiword[g]:
        end = gold.words[g][1]
        if not system.multiword[s] and system.words[s][0] < gold.words[g][0]:
            s += 1  # it began before the multiword token and can only correspond to a word before it
    else:
        end = system.words[s][1]
        if not gold.multiword[g] and gold.words[g][0] < system.words[s][0]:
            g += 1
    g_from, s_from = g, s
    while _within(gold, g, end) or _within(system, s, end):
        take_gold = g < len(gold.words) and (s >= len(system.words) or gold.words[g][0] <= system.words[s][0])
        side, word = (gold, g) if take_gold else (system, s)
        if side.multiword[word]:
            end = max(end, side.words[word][1])
        if take_gold:
            g += 1
        else:
            s += 1
    return g_from, s_from, g, s


def _within(spans: TextSpans, word: int, end: int) -> bool:
    """Return whether a word belongs to a region that ends at `end`.

    A multiword token may stick out of it, a word may not.
    """
    if word >= len(spans.words):
        return False
    start, stop = spans.words[word]
    return start < end if spans.multiword[word] else stop <= end


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return a longest common subsequence as pairs of positions.

    It is found from the left. Of equally long ones, that is taken in which `b` moves last.

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
