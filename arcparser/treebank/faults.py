"""Find every fault of treebank files, where reading them for use stops at the first.

A fault is what the reader or the training refuses. A file that cannot be read, or holds no sentence, is one as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arcparser.errors import InputError, count
from arcparser.files import is_path, shown_name
from arcparser.treebank.reader import read_blocks
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.sentence_reader import block_faults
from arcparser.treebank.tree import tree_faults

if TYPE_CHECKING:
    from arcparser.types import PathLike


@dataclass(frozen=True)
class Finding:
    """Something in a file that is at fault, or that a treebank should not have.

    Attributes:
        kind: A word by which findings are counted.
        error: What is wrong, with its place.
    """

    kind: str
    error: InputError


@dataclass(frozen=True)
class Inspected:
    """Hold what was found in one file.

    Attributes:
        name: What messages call the file.
        sentences: Those without a fault, in order.
        faults: All faults, in order.
    """

    name: str
    sentences: list[Sentence]
    faults: list[Finding]


def inspect(path: PathLike, *, partial: bool = False) -> Inspected:
    """Read a treebank file to its end, whatever is in it.

    Args:
        path: The file.
        partial: Take a HEAD or DEPREL that is `_` for one that is unknown.
    """
    name = shown_name(path) if is_path(path) else str(getattr(path, "name", "<stream>"))
    sentences: list[Sentence] = []
    faults: list[Finding] = []
    try:
        for item in read_blocks(path, on_invalid="pass"):
            if isinstance(item, Sentence):
                wrong: list[tuple[str, InputError]] = list(tree_faults(item, partial=partial))
            elif item.error is not None:
                wrong = [*block_faults(item.raw, source=item.error.file, line=item.line)] or [("format", item.error)]
            else:
                continue
            faults += [Finding(kind, error) for kind, error in wrong]
            if isinstance(item, Sentence) and not wrong:
                sentences.append(item)
    except InputError as error:
        faults.append(Finding("file", error))
    if not sentences and not faults:
        problem = "no sentence to use, it has no words: give a treebank in CoNLL-U"
        faults.append(Finding("file", InputError(problem, name)))
    return Inspected(name, sentences, faults)


def tally(findings: Iterable[Finding]) -> str:
    """Count findings by kind, the most frequent first: "12 head, 1 cycle"."""
    return ", ".join(f"{number:,} {kind}" for kind, number in Counter(f.kind for f in findings).most_common())


def raise_faults(faults: Sequence[Finding], advice: str) -> None:
    """Raise the first of faults, which says how many there are.

    Args:
        faults: Those of one or several files.
        advice: What can be done beside correcting them.

    Raises:
        InputError: There are faults; of the kind of the first.
    """
    if not faults:
        return
    first = faults[0].error
    if len(faults) == 1:
        raise first
    more = f"{first.problem} (the first of {count(len(faults), 'fault')}: {tally(faults)}; {advice})"
    raise type(first)(more, first.file, first.line)
