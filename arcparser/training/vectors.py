"""Read word vectors made elsewhere: word2vec's and fastText's text format, or those of a spaCy pipeline.

They are an additional input of the first layer, beside the form's own vector, and training does not change them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from arcparser.errors import InputError, UsageError
from arcparser.files import STANDARD_STREAM, foreign_format, open_input, read_chunks, shown_name
from arcparser.types import Floats, PathLike

# The vectors are part of the model file and of memory; files list the most frequent forms first.
_MOST = 200_000
_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 24


@dataclass(frozen=True, slots=True)
class Vectors:
    """Hold `table [V+1, width]`: row i + 1 is the vector of `forms[i]`, row 0 is zero, for forms without one."""

    forms: list[str]
    table: Floats


def read_vectors(source: PathLike) -> Vectors:
    """Read at most 200,000 vectors from a text file, or from an installed spaCy pipeline by its name.

    Raises:
        InputError: The file is missing or malformed.
        UsageError: There is neither a file nor a pipeline of that name, or the pipeline has no vectors.
    """
    path = Path(source)
    is_name = not path.suffix and path.name == os.fspath(source) != STANDARD_STREAM
    if is_name and not os.path.exists(path):
        return _from_spacy(path.name)
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
            if len(forms) == _MOST:
                break
    if not forms:
        raise InputError("no vectors in it: give word2vec text format", shown_name(source))
    return _table(list(forms), np.stack(list(forms.values())))


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


def _from_spacy(name: str) -> Vectors:
    import spacy

    try:
        vocabulary = spacy.load(name).vocab
    except OSError:
        raise UsageError(
            f"--vectors {shown_name(name)}: no such file, and no installed spaCy pipeline of that name"
        ) from None
    pairs = [(vocabulary.strings[key], row) for key, row in vocabulary.vectors.key2row.items()]
    if not pairs:
        advice = "take one whose name ends in md or lg"
        raise UsageError(f"--vectors {shown_name(name)}: that spaCy pipeline has no word vectors: {advice}")
    pairs = sorted(pairs, key=lambda pair: pair[1])[:_MOST]
    return _table([form for form, _ in pairs], np.asarray(vocabulary.vectors.data)[[row for _, row in pairs]])


def _table(forms: list[str], vectors: Floats) -> Vectors:
    # To the scale of the network's own vectors, and to the precision of the model file.
    scale = 0.5 / max(float(vectors.std()), 1e-6)
    table = np.concatenate((np.zeros((1, vectors.shape[1])), vectors * scale)).astype(np.float16)
    return Vectors(forms, table.astype(np.float32))
