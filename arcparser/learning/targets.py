"""Keep what teachers say of sentences, in half precision.

Of a treebank's few words all is kept, in memory. Of millions of words of raw text the most probable classes alone are
kept, on the disk (`arcparser.training.target_folder`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arcparser.network.network import Network
from arcparser.network.vocabulary import TAG_COLUMNS, Vocabulary
from arcparser.nn.packing import Packing
from arcparser.types import Floats, Ints

# Exact to three digits.
_KEPT = np.float16
# Classes of each distribution over the words of raw text: with eight, what is left out is a hundredth at most of all.
_MOST = 8

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
        tags=[Distributions(make, c, words, k, most) for c, k in zip(TAG_COLUMNS, vocabulary.tag_sizes)],
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
