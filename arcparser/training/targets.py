"""Keep what teachers say of sentences, in half precision: in memory, or in files that are mapped into it.

Of a treebank's few words all is kept in memory. Of millions of words of raw text the most probable classes alone are
kept, in the folder `OUTPUT.targets`, so that memory does not grow with them. An interrupted training finds the files
when it is resumed; one that comes to its end removes them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arcparser.files import make_folder, output_error
from arcparser.network.network import Network
from arcparser.network.vocabulary import TAG_COLUMNS, Vocabulary
from arcparser.nn.packing import Packing
from arcparser.training import checkpoint
from arcparser.types import Floats, Ints, PathLike

# Exact to three digits.
_KEPT = np.float16
# Classes of each distribution over the words of raw text: with eight, what is left out is a hundredth at most of all.
_MOST = 8
_ZEROS = bytes(1 << 20)

Make = Callable[[str, tuple[int, ...], DTypeLike], NDArray[Any]]
Layout = Callable[[Make], "Targets"]
Keep = Callable[[Layout, Callable[["Targets"], None]], "Targets"]


class WordPlaces:
    """Say where the words of sentences lie, sentence after sentence.

    Word i of sentence k is at `starts[k] + i`; the head distributions of its n words are n rows of n + 1 numbers, one
    after the other, from place `arc_starts[k]` of another array on. `words` and `arcs`: the sizes of both.
    """

    def __init__(self, lengths: Ints) -> None:
        self.lengths = lengths
        sizes = lengths * (lengths + 1)
        self.words, self.arcs = int(lengths.sum()), int(sizes.sum())
        self.starts = np.cumsum(lengths) - lengths
        self.arc_starts = np.cumsum(sizes) - sizes

    def packed(self, numbers: Ints, packing: Packing) -> Ints:
        """Return the places of the words of the sentences `numbers [B]`, `[T]` in the order of `packing`."""
        return self.starts[numbers][packing.sentence] + packing.position

    def squares(self, arcs: Floats, numbers: Ints) -> Iterator[Floats]:
        """Cut out the head distributions `[n, n+1]` of each of the sentences `numbers`: views of `arcs`."""
        for start, n in zip(self.arc_starts[numbers].tolist(), self.lengths[numbers].tolist()):
            yield arcs[start : start + n * (n + 1)].reshape(n, n + 1)


class Distributions:
    """Keep a distribution for each row: all of it, or its most probable classes, whose sum then counts as 1.

    Args:
        make: Makes the arrays.
        name: What they are called.
        rows: How many.
        classes: How many.
        most: How many of them are kept; None: all.
    """

    def __init__(self, make: Make, name: str, rows: int, classes: int, most: int | None) -> None:
        self._classes = classes
        kept = classes if most is None else min(most, classes)
        self._shares: Floats = make(name, (rows, kept), _KEPT)
        whole = kept == classes
        self._ids: Ints | None = None if whole else make(f"{name}.ids", (rows, kept), np.min_scalar_type(classes))

    def put(self, at: Ints, given: Floats) -> None:
        """Keep the distributions `given [T, K]` in the rows `at [T]`."""
        if self._ids is None:
            self._shares[at] = given
            return
        kept = self._ids.shape[1]
        ids = np.argpartition(given, -kept, axis=1)[:, -kept:]
        self._ids[at] = ids
        self._shares[at] = np.take_along_axis(given, ids, axis=1)

    def take(self, at: Ints) -> Floats:
        """Return those of the rows `at [T]`, `[T, K]`."""
        shares = normalized(self._shares[at])
        if self._ids is None:
            return shares
        found = np.zeros((len(at), self._classes), shares.dtype)
        np.put_along_axis(found, self._ids[at].astype(np.intp), shares, axis=1)
        return found


def normalized(kept: Floats) -> Floats:
    """Let rows `[T, K]` sum to 1 again, as rounding to half precision has changed that: the loss relies on it."""
    exact = kept.astype(np.float32)
    exact /= exact.sum(axis=1, keepdims=True)
    return exact


@dataclass(frozen=True, slots=True)
class Targets:
    """Hold what teachers say of sentences.

    Attributes:
        places: Where the words of the sentences lie.
        tags: Of each tag column, the teachers' average.
        labels: Of the labels of the arcs that are learned, the teachers' average.
        states: Of each teacher, `[words, state_width]`: what its transition scorer reads.
        arcs: Of each teacher, its head distributions, as in `WordPlaces`.
        columns: `[words, 6]` the teachers' own analysis: ids of UPOS, XPOS and FEATS, head, ids of label and lemma
            rule; None if the sentences have one.
        sureness: `[sentences]` the mean probability of the arcs of that analysis; None likewise.
    """

    places: WordPlaces
    tags: Sequence[Distributions]
    labels: Distributions
    states: Sequence[Floats]
    arcs: Sequence[Floats]
    columns: Ints | None
    sureness: Floats | None


def lay_out(
    make: Make, *, lengths: Ints, networks: Sequence[Network], vocabulary: Vocabulary, annotated: bool
) -> Targets:
    """Make room for what teachers will say.

    Args:
        make: Makes an array of a name, shape and type.
        lengths: Of the sentences.
        networks: The teachers.
        vocabulary: The student's.
        annotated: The sentences have trees; otherwise the teachers' own is kept, and of distributions the most probable
            classes.
    """
    places = WordPlaces(lengths)
    most = None if annotated else _MOST
    words = places.words
    return Targets(
        places=places,
        tags=[Distributions(make, c, words, len(getattr(vocabulary, c)), most) for c in TAG_COLUMNS],
        labels=Distributions(make, "labels", words, len(vocabulary.labels), most),
        states=[make(f"states.{k}", (words, n.settings.state_width), _KEPT) for k, n in enumerate(networks)],
        arcs=[make(f"arcs.{k}", (places.arcs,), _KEPT) for k in range(len(networks))],
        columns=None if annotated else make("columns", (words, 6), np.int32),
        sureness=None if annotated else make("sureness", (len(lengths),), np.float32),
    )


def keep_in_memory(layout: Layout, fill: Callable[[Targets], None]) -> Targets:
    """Let targets be filled, in memory."""
    targets = layout(lambda name, shape, dtype: np.zeros(shape, dtype))
    fill(targets)
    return targets


class TargetFolder:
    """Hold the targets of a training with this output.

    Attributes:
        path: The folder.
    """

    def __init__(self, output: PathLike) -> None:
        self.path = Path(f"{os.fspath(output)}.targets")
        self._output = output

    def kept_if_unfinished(self) -> AbstractContextManager[None]:
        """Remove the folder when the training ends, unless it has left what it can be resumed from."""
        return checkpoint.kept_if_unfinished(self.path, self._output)

    def keeper(self, key: str) -> Keep:
        """Return what keeps targets here: those of this key that are there, or new ones, whole or not at all."""

        def keep(layout: Layout, fill: Callable[[Targets], None]) -> Targets:
            folder = self.path / key
            try:
                return layout(_Mapped(folder, "r"))
            except (OSError, ValueError, EOFError):
                pass
            shutil.rmtree(folder, ignore_errors=True)
            partial = self.path / f"{key}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            make_folder(partial)
            fill(layout(_Mapped(partial, "r+")))
            os.replace(partial, folder)
            return layout(_Mapped(folder, "r"))

        return keep


class _Mapped:
    """Make arrays that are files of a folder: new ones with mode "r+", those that are there with "r".

    Raises:
        OutputError: A new one cannot be written.
        OSError: One is not there.
        ValueError: One is another array.
    """

    def __init__(self, folder: Path, mode: Literal["r", "r+"]) -> None:
        self._folder, self._mode = folder, mode

    def __call__(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        file = self._folder / f"{name}.npy"
        if self._mode == "r+":
            _write_zeros(file, shape, np.dtype(dtype))
        found: NDArray[Any] = np.load(file, mmap_mode=self._mode)
        if found.shape != shape or found.dtype != dtype:
            raise ValueError(f"{file}: another array")
        return found


def _write_zeros(file: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Write an array of zeros: a disk that is full says so now, where a mapped file could not."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    left = int(np.prod(shape)) * dtype.itemsize
    try:
        with open(file, "wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            while left > 0:
                left -= stream.write(_ZEROS[: min(left, len(_ZEROS))])
    except OSError as error:
        raise output_error(file, error) from error
