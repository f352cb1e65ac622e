"""Cut sentences into batches that go through the loop in lock step, bounded in memory."""

from __future__ import annotations

from arcparser.types import Ints

LOCK_STEP_WORDS = 8000
_PAIRS = 1 << 20  # word pairs (n² a sentence, padded): bounds the graph scores of long sentences


def lock_step_batches(lengths: Ints, networks: int = 1) -> list[tuple[int, int]]:
    """Cut sentences, sorted from long to short, into (first, end) ranges that bound words and word pairs.

    Several networks get fewer words at a time: what they compute of a batch is in memory side by side.
    """
    return cut(lengths, LOCK_STEP_WORDS // networks, _PAIRS)


def is_long(words: int) -> bool:
    """Tell whether a sentence has more pairs of words than a batch may: not all of its graph scores are kept."""
    return words**2 > _PAIRS


def cut(lengths: Ints, most_words: int, most_pairs: int | None = None) -> list[tuple[int, int]]:
    """Cut into (first, end) ranges of at most so many words, and pairs of them, but at least one sentence."""
    ranges: list[tuple[int, int]] = []
    first = words = 0
    for i, n in enumerate(lengths.tolist()):
        pairs = (i + 1 - first) * int(lengths[first]) ** 2
        if i > first and (words + n > most_words or (most_pairs is not None and pairs > most_pairs)):
            ranges.append((first, i))
            first, words = i, 0
        words += n
    if len(lengths):
        ranges.append((first, len(lengths)))
    return ranges
