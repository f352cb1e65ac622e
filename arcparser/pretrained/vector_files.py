"""Read static word vectors: word2vec's and fastText's text format, or those of a spaCy pipeline.

Files list the most frequent forms first, and often 300 numbers for each of a million. A parser gets along with less:
the first forms, and of their vectors the principal components.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from arcparser.errors import InputError, UsageError
from arcparser.files import STANDARD_STREAM, foreign_format, open_input, read_chunks, shown_name
from arcparser.pretrained.principal_components import principal_components
from arcparser.pretrained.static_vectors import StaticVectors, quantized
from arcparser.types import Floats, PathLike

WORDS, WIDTH = 50_000, 64  # that are taken unless told otherwise: 3 MB of a model file, and the words
MOST_WORDS = 1_000_000
_DEVIATION = 0.5  # that of the network's own vectors of forms
_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 24


@dataclass(frozen=True, slots=True)
class Vectors:
    """Hold vectors and what they are of.

    Attributes:
        forms: Row i + 1 of the table is the vector of form i.
        static: The table.
        read_width: How many numbers a vector had where it was read.
        held: How much of the variance is left.
    """

    forms: list[str]
    static: StaticVectors
    read_width: int
    held: float

    def text(self) -> str:
        """Say in a line what they are."""
        line = f"{len(self.forms):,} word vectors of width {self.static.width}"
        if self.static.width < self.read_width:
            line += f", principal components of {self.read_width} that hold {100 * self.held:.1f} % of the variance"
        return line


def read_vectors(source: PathLike, *, words: int = WORDS, width: int = WIDTH) -> Vectors:
    """Read the first vectors of a text file, or of an installed spaCy pipeline by its name, and make them narrow.

    Args:
        source: The file, which may be compressed, or the name.
        words: At most so many forms.
        width: At most so many numbers for each; of wider vectors the principal components.

    Raises:
        InputError: The file is missing or malformed.
        UsageError: There is neither a file nor a pipeline of that name, or the pipeline has no vectors.
    """
    path = Path(source)
    is_name = not path.suffix and path.name == os.fspath(source) != STANDARD_STREAM
    if is_name and not os.path.exists(path):
        forms, vectors = _from_spacy(path.name, words)
    else:
        forms, vectors = _from_file(source, words)
    read_width, held = vectors.shape[1], 1.0
    if width < read_width:
        vectors, held = principal_components(vectors, width)
    scale = _DEVIATION / max(float(vectors.std(dtype=np.float64)), 1e-6)
    return Vectors(forms, quantized(vectors * np.float32(scale)), read_width, held)


def _from_file(source: PathLike, most: int) -> tuple[list[str], Floats]:
    with open_input(source) as stream:
        forms: dict[str, Floats] = {}
        width = 0
        for number, line in enumerate(_lines(stream, shown_name(source)), start=1):
            try:
                # The form may hold spaces of its own kind (fastText keeps U+00A0), never the plain one.
                form, *numbers = line.decode("utf-8").rstrip().split(" ")
                if number == 1 and len(numbers) == 1:
                    continue  # word2vec's header: how many, how wide
                vector = np.array(numbers, dtype=np.float32)
            except ValueError as error:
                problem = "is not a form and its numbers: give word2vec text format"
                raise InputError(problem, shown_name(source), number) from error
            width = width or len(vector)
            if len(vector) != width or not width or not np.isfinite(vector).all():
                problem = f"is not a form and {width or 'some'} finite numbers: give word2vec text format"
                raise InputError(problem, shown_name(source), number)
            forms.setdefault(form, vector)
            if len(forms) == most:
                break
    if not forms:
        raise InputError("no vectors in it: give word2vec text format", shown_name(source))
    return list(forms), np.stack(list(forms.values()))


def _lines(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield the lines of a file.

    Raises:
        InputError: It cannot be read, or is compressed.
    """
    pending = b""
    for number, chunk in enumerate(read_chunks(stream, _CHUNK, name=name, content="vectors")):
        if not number and (problem := foreign_format(chunk)) is not None:
            raise InputError(problem, name)
        *whole, pending = (pending + chunk).split(b"\n")
        yield from whole
        if len(pending) > _LONGEST_LINE:
            raise InputError("a line of more than 16 MiB, these are no vectors: give word2vec text format", name)
    if pending:
        yield pending


def _from_spacy(name: str, most: int) -> tuple[list[str], Floats]:
    import spacy

    try:
        vocabulary = spacy.load(name).vocab
    except OSError:
        raise UsageError(
            f"--vectors {shown_name(name)}: no such file, and no installed spaCy pipeline of that name"
        ) from None
    table = vocabulary.vectors.key2row
    if not table:
        advice = "take one whose name ends in md or lg"
        raise UsageError(f"--vectors {shown_name(name)}: that spaCy pipeline has no word vectors: {advice}")
    keys = list(islice(_in_turns(table), most))
    rows = [table[key] for key in keys]
    return [vocabulary.strings[key] for key in keys], np.asarray(vocabulary.vectors.data)[rows].astype(np.float32)


def _in_turns(table: Mapping[int, int]) -> Iterator[int]:
    """Yield keys in the order of their rows: the first key of each row, then the second of each, and so on.

    Rows begin with the most frequent forms. A pruned table has a row for some forms, which many rare ones share.
    """
    turns: dict[int, int] = {}  # keys so far, by row
    order = []
    for key, row in table.items():
        turns[row] = turns.get(row, -1) + 1
        order.append((turns[row], row, key))
    return (key for *_, key in sorted(order))
