"""Keep what a pretrained encoder says of the treebanks of a training on disk: it is frozen, and so asked once.

The vectors lie in the folder `OUTPUT.contexts` in half precision, in a file for each encoder and treebank, and are
mapped into memory, so that a large treebank takes little of it. An interrupted training finds them when it is resumed;
one that comes to its end removes them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from tqdm import tqdm

from arcparser.files import atomic_writer, make_folder
from arcparser.pretrained.contexts import Contexts, sentence_starts
from arcparser.pretrained.pretrained_encoder import PretrainedEncoder, parts
from arcparser.training import checkpoint
from arcparser.types import Floats, PathLike, Report


class ContextFolder:
    """Hold the contexts of a training with this output.

    Attributes:
        path: The folder.
    """

    def __init__(self, output: PathLike) -> None:
        self.path = Path(f"{os.fspath(output)}.contexts")
        self._output = output

    def read(
        self, encoder: PretrainedEncoder, sentences: Sequence[Sequence[str]], *, threads: int, report: Report
    ) -> Contexts:
        """Return what an encoder says of sentences: of the file that is there, or of one that is made now.

        Raises:
            OutputError: The file cannot be written.
            ModelError: The encoder is not there, or computes what is no number.
        """
        shape = sum(map(len, sentences)), len(encoder.card.layers), encoder.card.width
        file = self.path / f"{_key(encoder, sentences)}.npy"
        vectors = _mapped(file, shape)
        if vectors is None:
            make_folder(self.path)
            report(f"{encoder.card.name} reads {shape[0]:,} words, once for all epochs")
            self._write(file, encoder, sentences, shape, threads)
            vectors = _mapped(file, shape)
        if vectors is None:
            raise RuntimeError(f"{file} is not what was written")
        return Contexts(vectors, sentence_starts(sentences))

    def _write(
        self,
        file: Path,
        encoder: PretrainedEncoder,
        sentences: Sequence[Sequence[str]],
        shape: tuple[int, int, int],
        threads: int,
    ) -> None:
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.float16)), "fortran_order": False, "shape": shape}
        bar = tqdm(total=shape[0], desc="encoder", unit=" words", leave=False, disable=None)
        with bar, atomic_writer(file) as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for first, end in parts(sentences):
                found = encoder.read(sentences[first:end], threads=threads).vectors
                stream.write(np.ascontiguousarray(found).data)
                bar.update(len(found))

    def kept_if_unfinished(self) -> AbstractContextManager[None]:
        """Remove the folder when the training ends, unless it has left what it can be resumed from."""
        return checkpoint.kept_if_unfinished(self.path, self._output)


def _mapped(file: Path, shape: tuple[int, int, int]) -> Floats | None:
    """Map a file of vectors into memory; None if there is none of this shape."""
    try:
        found = np.load(file, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == shape and found.dtype == np.float16 else None


def _key(encoder: PretrainedEncoder, sentences: Sequence[Sequence[str]]) -> str:
    found = hashlib.sha256(repr((encoder.card.digest, encoder.card.layers, encoder.card.window)).encode())
    for words in sentences:
        found.update(repr(list(words)).encode())
    return found.hexdigest()[:32]
