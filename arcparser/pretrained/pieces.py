"""Cut words into the pieces that an encoder knows, and long sentences into windows that it can read.

The words come as the treebank has them; each is cut by itself, as if spaces stood around it. An encoder reads so many
pieces at a time and no more. A longer sentence is read in windows that overlap by half:

    pieces     0 1 2 3 4 5 6 7 8 9
    window 1   0 1 2 3 4 5           gives the words that begin at pieces 0 to 3
    window 2         3 4 5 6 7 8     at 4 to 6
    window 3           4 5 6 7 8 9   at 7 to 9

Each word is taken from one window, in which something stands on both of its sides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arcparser.types import Ints

NOT_TAKEN = -1


@dataclass(frozen=True, slots=True)
class Window:
    """Hold what an encoder reads at a time.

    Attributes:
        ids: `[pieces]` numbers of pieces, with those that every text begins and ends with.
        words: `[pieces]` the place of the word in its sentence that each piece is of, or NOT_TAKEN.
    """

    ids: Ints
    words: Ints


class WordPieces:
    """Cut words into pieces, as a `tokenizer.json` of the Hugging Face library `tokenizers` says.

    Args:
        tokenizer: What is in that file.
        window: How many pieces the encoder reads at a time.

    Raises:
        ValueError: It is no such file, or the window is too small.
    """

    def __init__(self, tokenizer: bytes, window: int) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_buffer(tokenizer)
        except Exception as error:  # a bare Exception is what the library raises
            raise ValueError(f"no tokenizer that can be read: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        _put_spaces_between_words(self._tokenizer)
        probe = self._tokenizer.encode(["a"], is_pretokenized=True)
        inner = [i for i, special in enumerate(probe.special_tokens_mask) if not special]
        first, end = (inner[0], inner[-1] + 1) if inner else (len(probe.ids), len(probe.ids))
        self._before, self._after = probe.ids[:first], probe.ids[end:]
        self._size = window - len(self._before) - len(self._after)
        if self._size < 2:
            raise ValueError(f"a window of {window} pieces")

    def windows(self, words: Sequence[str]) -> list[Window]:
        """Return what the encoder reads of a sentence; a word that has no pieces is in none.

        Raises:
            TypeError: A word is no string.
        """
        if not all(type(word) is str for word in words):
            raise TypeError("a word that is no string")
        try:
            cut = self._tokenizer.encode(list(words), is_pretokenized=True, add_special_tokens=False)
        except (TypeError, UnicodeError):  # half a surrogate pair, which is no text
            readable = [word.encode("utf-8", "replace").decode() for word in words]
            cut = self._tokenizer.encode(readable, is_pretokenized=True, add_special_tokens=False)
        ids = np.array(cut.ids, dtype=np.intp)
        places = np.array([NOT_TAKEN if place is None else place for place in cut.word_ids], dtype=np.intp)
        starts_word = np.diff(places, prepend=NOT_TAKEN) != 0
        begins = np.maximum.accumulate(np.where(starts_word, np.arange(len(ids)), 0)) if len(ids) else places
        return [
            Window(
                np.array([*self._before, *ids[start:end].tolist(), *self._after], dtype=np.intp),
                np.concatenate(
                    [
                        np.full(len(self._before), NOT_TAKEN),
                        np.where((begins[start:end] >= first) & (begins[start:end] < last), places[start:end], -1),
                        np.full(len(self._after), NOT_TAKEN),
                    ]
                ),
            )
            for start, end, first, last in spans(len(ids), self._size)
        ]


def spans(pieces: int, size: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut so many pieces into windows of a size, which overlap by half.

    >>> list(spans(10, 6))
    [(0, 6, 0, 4), (3, 9, 4, 6), (4, 10, 6, 10)]

    Returns:
        Of each window where it starts and ends, and the first and the end of the pieces that are its own: of any piece
        that two windows have the one has it that shows more on its nearer side.
    """
    starts = [*range(0, max(pieces - size, 0), max(size // 2, 1)), max(pieces - size, 0)]
    middles = [(after + before + size) // 2 for before, after in zip(starts, starts[1:])]
    for start, first, last in zip(starts, [0, *middles], [*middles, pieces]):
        yield start, min(start + size, pieces), first, last


def _put_spaces_between_words(tokenizer: Any) -> None:
    """Let pieces of the kinds that hold the space before a word hold it for every word, not for the first alone."""
    if tokenizer.pre_tokenizer is None:
        return
    part = tokenizer.pre_tokenizer
    state = json.loads(part.__getstate__())
    changed = False
    for one in [state, *state.get("pretokenizers", [])]:
        wanted = {"ByteLevel": ("add_prefix_space", True), "Metaspace": ("prepend_scheme", "always")}.get(one["type"])
        if wanted is not None and one.get(wanted[0]) != wanted[1]:
            one[wanted[0]] = wanted[1]
            changed = True
    if changed:
        part.__setstate__(json.dumps(state).encode())
        tokenizer.pre_tokenizer = part
