"""Read sentences with a pretrained encoder: its vectors of a word are the means of those of its pieces.

Sentences of the same number of pieces are read together. So nothing is padded, and a word's vectors depend on its
sentence alone. They are rounded to half precision, in which they are also kept for training.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from threading import Lock

import numpy as np

from arcparser.errors import InputError, ModelError
from arcparser.files import shown_name
from arcparser.pretrained.contexts import Contexts, sentence_starts
from arcparser.pretrained.encoder_files import (
    EncoderCard,
    EncoderFiles,
    check_extra,
    digest,
    license_of,
    locate,
    read_config,
    read_file,
    read_folder,
    rest_of,
    window_of,
)
from arcparser.pretrained.onnx_model import LAST, OnnxModel
from arcparser.pretrained.pieces import NOT_TAKEN, Window, WordPieces
from arcparser.types import Floats, Ints, PathLike

READ_WORDS = 20_000  # cut into pieces and sorted by length at a time
_RUN_PIECES = 1024  # that go through the encoder together, unless one window has more


class PretrainedEncoder:
    """Compute the vectors of words in context. It is opened when it is first asked.

    Args:
        card: Which encoder it is.
        files: Its files; None: they are looked for when they are needed (`arcparser.pretrained.encoder_files.locate`).

    Attributes:
        card: Which encoder it is.
    """

    def __init__(self, card: EncoderCard, files: EncoderFiles | None) -> None:
        self.card = card
        self._files = files
        self._opened: tuple[OnnxModel, WordPieces] | None = None
        self._abandoned: tuple[OnnxModel, WordPieces] | None = None
        self._lock = Lock()

    def forked(self) -> None:
        """Be usable in a forked process, which does not have the threads that may have held a lock of the model."""
        self._lock = Lock()
        self._abandoned, self._opened = self._opened, None  # to free it might need such a lock

    @property
    def embedded(self) -> EncoderFiles | None:
        """Its files, if a model holds them."""
        return self._files if self._files is not None and isinstance(self._files.model, bytes) else None

    def find(self, name: str) -> None:
        """Find its files, and what runs them, unless that is done.

        Args:
            name: What messages call the model.

        Raises:
            ModelError: They are not there, or are those of another encoder, or what runs them is not installed.
            InputError: They cannot be read.
        """
        check_extra(name)
        if self._files is None:
            self._files = locate(self.card, name)

    def with_files_inside(self) -> PretrainedEncoder:
        """Return the same encoder with its files read, so that a model can hold them.

        Raises:
            InputError: They cannot be read, or are too large.
        """
        self.find(self.card.name)
        files = self._files
        if files is None or isinstance(files.model, bytes):
            return self
        if rest_of(files.model).exists():
            raise InputError("is too large to be embedded: leave out --embed-encoder", shown_name(files.model))
        return PretrainedEncoder(self.card, EncoderFiles(read_file(files.model), files.tokenizer))

    def read(
        self,
        sentences: Sequence[Sequence[str]],
        *,
        threads: int = 1,
    ) -> Contexts:
        """Compute the vectors of the words of sentences; those of a word without pieces are 0.

        Args:
            sentences: The words of each.
            threads: How many.

        Raises:
            ModelError: The encoder is not there, or computes what is no number.
            TypeError: A word is no string.
        """
        model, pieces = self._open()
        starts = sentence_starts(sentences)
        words = sum(map(len, sentences))
        out = np.zeros((words, len(self.card.layers), self.card.width), np.float16)
        with ThreadPoolExecutor(threads) as pool:
            for first, end in parts(sentences):
                rows = [(w, int(starts[i])) for i in range(first, end) for w in pieces.windows(sentences[i])]
                run = [(model, self.card, batch, out) for batch in _batches(rows)]
                for _ in map(_read_batch, run) if threads == 1 else pool.map(_read_batch, run):
                    pass
        return Contexts(out, starts)

    def _open(self) -> tuple[OnnxModel, WordPieces]:
        with self._lock:
            if self._opened is None:
                self.find(self.card.name)
                if self._files is None:
                    raise RuntimeError("an encoder without files")
                try:
                    opened = OnnxModel(self._files.model), WordPieces(self._files.tokenizer, self.card.window)
                except ValueError as error:
                    raise ModelError(f"the encoder {self.card.name}: is {error}: get it again") from error
                self._opened = opened
            return self._opened


def open_encoder(folder: PathLike) -> PretrainedEncoder:
    """Open the encoder in a folder.

    Raises:
        InputError: There is none, or it is none that can be used.
        ModelError: What runs it is not installed.
    """
    shown = shown_name(folder)
    check_extra(shown)
    files = read_folder(folder)
    config = read_config(folder)
    window = window_of(config)
    try:
        model, pieces = OnnxModel(files.model), WordPieces(files.tokenizer, window)
        last = config.get("num_hidden_layers")
        middle = [name for number, name in model.middle_layers.items() if number and number != last]
        layers = (*middle, LAST)
        widths = {one.shape[2] for one in model.hidden_states(pieces.windows(["a"])[0].ids[None], layers)}
        if len(widths) != 1:
            raise ValueError("an ONNX model whose layers have several widths")
    except ValueError as error:
        raise InputError(
            f"is {error}: give an encoder in ONNX format, as the Hugging Face hub has them", shown
        ) from error
    card = EncoderCard(
        name=Path(os.path.realpath(folder)).name,
        digest=digest(files),
        license=license_of(folder, config),
        width=widths.pop(),
        layers=layers,
        window=window,
    )
    encoder = PretrainedEncoder(card, files)
    encoder._opened = model, pieces
    return encoder


def parts(sentences: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Cut sentences into parts of about READ_WORDS words; return where each begins and ends."""
    first = words = 0
    for i, sentence in enumerate(sentences, start=1):
        words += len(sentence)
        if words >= READ_WORDS or i == len(sentences):
            yield first, i
            first, words = i, 0


_Rows = list[tuple[Window, int]]  # windows, and the row of the first word of the sentence that each is of


def _batches(rows: _Rows) -> Iterator[_Rows]:
    """Put windows of one length together, the longest first."""
    for length, group in groupby(sorted(rows, key=lambda row: -len(row[0].ids)), key=lambda row: len(row[0].ids)):
        alike, size = list(group), max(1, _RUN_PIECES // length)
        for first in range(0, len(alike), size):
            yield alike[first : first + size]


def _read_batch(run: tuple[OnnxModel, EncoderCard, _Rows, Floats]) -> None:
    """Read windows of one length, and put the mean of each word's pieces where it belongs."""
    model, card, batch, out = run
    try:
        layers = model.hidden_states(np.stack([window.ids for window, _ in batch]), card.layers)
    except ValueError as error:
        raise ModelError(f"the encoder {card.name}: is {error}: get it again") from error
    words = np.stack([window.words for window, _ in batch])  # [B, N]
    starts = np.array([start for _, start in batch], dtype=np.intp)
    taken = words != NOT_TAKEN
    rows: Ints = (starts[:, None] + words)[taken]
    if not len(rows):
        return
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    counts = np.diff([*first.tolist(), len(rows)]).astype(np.float32)
    largest = np.finfo(out.dtype).max
    for i, states in enumerate(layers):
        means = np.add.reduceat(states[taken].astype(np.float32), first, axis=0) / counts[:, None]
        if means.shape[1] != out.shape[2] or not np.isfinite(means).all():
            raise ModelError(f"the encoder {card.name}: computes what is no number: take another encoder")
        out[rows[first], i] = means.clip(-largest, largest)
