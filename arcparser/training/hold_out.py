"""Hold sentences out of a treebank that has no dev file, document by document.

The sentences of a document have names, topics and an author in common: a parser that has seen half of them does better
on the other half than on any new text. So documents, which `# newdoc` marks, are held out whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.errors import UsageError, count
from arcparser.treebank.lines import NEW_DOCUMENT
from arcparser.treebank.sentence import Sentence

SHARE = 0.1  # of the sentences, if nothing is said
LEAST = 50  # sentences


@dataclass(frozen=True)
class Division:
    """A treebank in two parts, each in the order of the treebank.

    Attributes:
        train: What is trained on.
        held_out: What is not.
        documents: How many documents are held out; 0 if single sentences are.
    """

    train: list[Sentence]
    held_out: list[Sentence]
    documents: int

    @property
    def text(self) -> str:
        """What was held out, in a line for people."""
        whole = f" ({count(self.documents, 'whole document')})" if self.documents else ""
        total = len(self.train) + len(self.held_out)
        return f"no dev file: {count(len(self.held_out), 'sentence')}{whole} of {total:,} held out to measure on"


def documents(sentences: Sequence[Sentence]) -> list[list[int]]:
    """Return the places of the sentences of each document; if nothing marks any, each sentence is one by itself."""
    starts = [i for i, sentence in enumerate(sentences) if any(map(NEW_DOCUMENT.match, sentence.comments))]
    if not starts:
        return [[i] for i in range(len(sentences))]
    if starts[0]:
        starts.insert(0, 0)
    return [[*range(start, end)] for start, end in zip(starts, [*starts[1:], len(sentences)])]


def hold_out(
    sentences: Sequence[Sentence], share: float, *, seed: int, among: Collection[int] | None = None
) -> Division:
    """Hold a share of the sentences out: 50 at least, but no more than half.

    Whole documents are taken at random until there are enough sentences. A document that would make them more than
    half as many again, or more than half of all, is left where it is. Where neither 50 sentences nor half of what is
    wanted come together like this, as with one document only, single sentences are taken.

    Args:
        sentences: The treebank.
        share: 0 to 0.5.
        seed: Of the choice.
        among: The places of those that may be held out: what is measured on is annotated as a whole. None for all.

    Raises:
        UsageError: There are fewer than two sentences, or fewer that may be held out.
    """
    size = len(sentences)
    if size < 2:
        raise UsageError("no dev file, and one sentence only: give --dev, or more sentences")
    places = set(range(size) if among is None else among)
    if len(places) < 2:
        problem = f"no dev file, and {count(len(places), 'sentence')} annotated as a whole that can take its place"
        raise UsageError(f"{problem}: give --dev")
    half = len(places) // 2
    wanted = min(max(round(share * size), LEAST), half)
    generator = np.random.default_rng([seed, size])
    found = documents(sentences)
    marked = len(found) < size
    groups = [group for group in found if places.issuperset(group)]
    chosen = _take(groups, wanted, generator, most=min(wanted + wanted // 2, half))
    if sum(map(len, chosen)) < max(wanted / 2, min(wanted, LEAST)):
        marked = False
        chosen = _take([[i] for i in sorted(places)], wanted, generator, most=wanted)
    held_out = {i for group in chosen for i in group}
    return Division(
        train=[sentence for i, sentence in enumerate(sentences) if i not in held_out],
        held_out=[sentences[i] for i in sorted(held_out)],
        documents=len(chosen) if marked else 0,
    )


def _take(groups: Sequence[list[int]], wanted: int, generator: np.random.Generator, *, most: int) -> list[list[int]]:
    """Take groups at random until they have as many sentences as are wanted, but none that would make them too many."""
    taken: list[list[int]] = []
    total = 0
    for place in generator.permutation(len(groups)):
        if total < wanted and total + len(groups[place]) <= most:
            taken.append(groups[place])
            total += len(groups[place])
    return taken
