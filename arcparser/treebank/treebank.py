"""Sentences with trees: the checks that training and evaluation need, and what is in a treebank.

A tree here is what UD asks for: each word has one head, exactly one word has head 0, and following the heads
from any word ends at 0. An arc from h to d is projective if h dominates every word between the two (Kahane,
Nasr, Rambow 1998); a tree is projective if all its arcs are. `nonprojective_words` decides dominance by the
entry and exit times of a depth-first walk: h dominates k exactly if enter[h] <= enter[k] < leave[h].

Left out: validation against the UD guidelines (use `udvalidate`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arcparser.errors import InputError, TreeError
from arcparser.treebank.reader import read_blocks
from arcparser.treebank.sentence import Sentence

if TYPE_CHECKING:
    from arcparser.types import PathLike


def check_tree(sentence: Sentence, *, require_deprels: bool = True) -> list[int]:
    """The heads of a sentence that is one tree with one root, else TreeError with the line of the word at
    fault.

    With `require_deprels` also refuses a word whose DEPREL is `_`.
    """
    heads = sentence.heads  # raises for a HEAD that is missing, no number or out of range
    if heads.count(0) != 1:
        roots = [position for position, head in enumerate(heads) if head == 0]
        if not roots:
            sentence.fail(TreeError, "the sentence has no root: give one word HEAD 0")
        ids = ", ".join(str(position + 1) for position in roots[:5])
        sentence.fail(
            TreeError, f"the sentence has {len(roots)} roots ({ids}): only one word may have HEAD 0", roots[1]
        )
    cycle = find_cycle(heads)
    if cycle:
        path = " -> ".join(str(word) for word in [*cycle[:8], "..." if len(cycle) > 8 else cycle[0]])
        problem = "is its own head" if len(cycle) == 1 else f"depends on itself by {path}"
        sentence.fail(TreeError, f"{problem}: correct a HEAD", cycle[0] - 1)
    if require_deprels:
        for position, deprel in enumerate(sentence.deprels):
            if deprel in ("_", ""):
                sentence.fail(TreeError, "DEPREL is missing: the word needs one", position)
    return heads


def find_cycle(heads: Sequence[int]) -> list[int]:
    """The words (1-based, each followed by its head) of the first cycle, or an empty list. O(n)."""
    walk_of = [0] * (len(heads) + 1)  # the walk that came through a word first; a walk that meets itself is a cycle
    walk_of[0] = -1
    for start in range(1, len(heads) + 1):
        word = start
        while not walk_of[word]:
            walk_of[word] = start
            word = heads[word - 1]
        if walk_of[word] == start:
            cycle = [word]
            while heads[cycle[-1] - 1] != word:
                cycle.append(heads[cycle[-1] - 1])
            return cycle
    return []


def nonprojective_words(heads: Sequence[int]) -> list[int]:
    """Words (1-based) whose arc from their head is not projective. `heads` must be a tree (`check_tree`).

    For heads [2, 0, 2, 1] (4 hangs on 1, across the root 2) it is [4].
    """
    size = len(heads)
    children: list[list[int]] = [[] for _ in range(size + 1)]
    for word, head in enumerate(heads, start=1):
        children[head].append(word)
    enter = [0] * (size + 1)
    time = 0
    stack = [0]
    order = []
    while stack:
        word = stack.pop()
        enter[word] = time
        time += 1
        order.append(word)
        stack += children[word]
    leave = [time + 1 for time in enter]
    for word in reversed(order[1:]):
        head = heads[word - 1]
        leave[head] = max(leave[head], leave[word])
    crossing = []
    for word, head in enumerate(heads, start=1):
        between = enter[word + 1 : head] if word < head else enter[head + 1 : word]
        if between and head and not (enter[head] <= min(between) and max(between) < leave[head]):
            crossing.append(word)
    return crossing


def is_projective(heads: Sequence[int]) -> bool:
    """Whether no arc of the tree crosses the line of the words that its head does not dominate."""
    return not nonprojective_words(heads)


@dataclass(frozen=True)
class Treebank:
    """Sentences, each checked to be a tree with labels, and the errors of those that were skipped."""

    sentences: list[Sentence]
    skipped: tuple[InputError, ...] = ()


@dataclass(frozen=True)
class TreebankReport:
    """What is in a treebank. Counts, except where said."""

    sentences: int
    words: int
    multiword_tokens: int
    empty_nodes: int
    nonprojective_sentences: int
    nonprojective_words: int
    labels: dict[str, int]  # label -> how often, the most frequent first
    root_labels: dict[str, int]  # the same for the words whose head is 0
    untagged_words: int
    skipped: tuple[InputError, ...] = ()

    @property
    def nonprojective_share(self) -> float:
        """Share of sentences whose tree is not projective, in percent."""
        return 100 * self.nonprojective_sentences / self.sentences if self.sentences else 0.0

    def text(self, *, reasons: int = 5) -> str:
        """A few lines for people; of the skipped sentences the first `reasons` are given with their
        errors."""
        crossing = f"{self.nonprojective_sentences:,} trees, {self.nonprojective_words:,} arcs"
        lines = [
            f"{self.sentences:,} sentences, {self.words:,} words, {len(self.labels)} labels",
            f"{self.nonprojective_share:.1f} % of the trees are non-projective ({crossing})",
        ]
        if self.multiword_tokens or self.empty_nodes:
            lines.append(f"{self.multiword_tokens:,} multiword tokens, {self.empty_nodes:,} empty nodes (not parsed)")
        if self.untagged_words:
            lines.append(f"{self.untagged_words:,} words without UPOS")
        if self.skipped:
            lines.append(f"{len(self.skipped):,} invalid sentences skipped:")
            lines += [f"  {error}" for error in self.skipped[:reasons]]
            if len(self.skipped) > reasons:
                lines.append(f"  ... and {len(self.skipped) - reasons:,} more")
        return "\n".join(lines)


def read_treebank(paths: PathLike | Iterable[PathLike], *, skip_invalid: bool = False) -> Treebank:
    """All sentences of one or several files, joined in order, each checked by `check_tree`.

    Raises ConlluError or TreeError for the first sentence at fault, or with `skip_invalid` leaves such
    sentences out and lists them; raises InputError for a file without a (valid) sentence.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    sentences: list[Sentence] = []
    skipped: list[InputError] = []
    for path in paths:
        before = len(sentences)
        bad_before = len(skipped)
        for item in read_blocks(path, on_invalid="pass" if skip_invalid else "raise"):
            try:
                if isinstance(item, Sentence):
                    check_tree(item)
                    sentences.append(item)
                elif item.error is not None:
                    raise item.error
            except InputError as error:
                if not skip_invalid:
                    raise
                skipped.append(error)
        if len(sentences) == before:
            bad = len(skipped) - bad_before
            why = f"all of its {bad} sentences are invalid, the first: {skipped[bad_before]}" if bad else "it is empty"
            raise InputError(f"no sentence to use, {why}: give a treebank in CoNLL-U", os.fspath(path))
    return Treebank(sentences, tuple(skipped))


def describe(treebank: Treebank) -> TreebankReport:
    """Count what is in a treebank (its trees must have been checked)."""
    labels: Counter[str] = Counter()
    root_labels: Counter[str] = Counter()
    untagged = crossing_words = crossing_sentences = 0
    for sentence in treebank.sentences:
        heads = sentence.heads
        labels.update(sentence.deprels)
        root_labels[sentence.deprels[heads.index(0)]] += 1
        crossing = len(nonprojective_words(heads))
        crossing_words += crossing
        crossing_sentences += crossing > 0
        untagged += sum(upos in ("_", "") for upos in sentence.upos)
    return TreebankReport(
        sentences=len(treebank.sentences),
        words=sum(map(len, treebank.sentences)),
        multiword_tokens=sum(len(sentence.multiword_tokens) for sentence in treebank.sentences),
        empty_nodes=sum(len(sentence.empty_nodes) for sentence in treebank.sentences),
        nonprojective_sentences=crossing_sentences,
        nonprojective_words=crossing_words,
        labels=dict(labels.most_common()),
        root_labels=dict(root_labels.most_common()),
        untagged_words=untagged,
        skipped=treebank.skipped,
    )
