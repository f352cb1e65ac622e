"""Read treebanks: sentences, each checked to be a tree; tell what they hold, and find one sentence of many.

Training and evaluation read their files here; parsing does not, as it replaces the trees that it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from arcparser.errors import InputError, UsageError, as_iterator, count, quote, unfit
from arcparser.files import check_path, is_path, shown_name
from arcparser.treebank.columns import BLANK
from arcparser.treebank.reader import read_blocks
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_partial_tree, check_tree, nonprojective_words

if TYPE_CHECKING:
    from arcparser.types import PathLike

T = TypeVar("T")


@dataclass(frozen=True)
class Treebank:
    """Sentences, each checked to be a tree with labels, or part of one.

    Attributes:
        sentences: The sentences, in the order of the files.
        skipped: The errors of sentences that were left out.
    """

    sentences: list[Sentence]
    skipped: tuple[InputError, ...] = ()


@dataclass(frozen=True)
class TreebankContents:
    """Hold counts of what is in a treebank.

    Attributes:
        labels: How often each label occurs, the most frequent first.
        root_labels: The same for the words whose head is 0.
        untagged_words: Words without UPOS.
        skipped: The errors of sentences that were left out.
        unattached_words: Words whose HEAD is unknown. Their labels are not counted, nor arcs that cross in their
            sentences.
    """

    sentences: int
    words: int
    multiword_tokens: int
    empty_nodes: int
    nonprojective_sentences: int
    nonprojective_words: int
    labels: dict[str, int]
    root_labels: dict[str, int]
    untagged_words: int
    skipped: tuple[InputError, ...] = ()
    unattached_words: int = 0

    @property
    def nonprojective_share(self) -> float:
        """Share of the sentences whose tree is not projective, in percent."""
        return 100 * self.nonprojective_sentences / self.sentences if self.sentences else 0.0

    def text(self, *, reasons: int = 5) -> str:
        """Return a few lines for people.

        Args:
            reasons: Of how many skipped sentences, the first ones, the errors are shown.
        """
        crossing = f"{count(self.nonprojective_sentences, 'tree')}, {count(self.nonprojective_words, 'arc')}"
        size = count(self.sentences, "sentence"), count(self.words, "word"), count(len(self.labels), "label")
        lines = [
            ", ".join(size),
            f"{self.nonprojective_share:.1f} % of the trees are non-projective ({crossing})",
        ]
        if self.multiword_tokens or self.empty_nodes:
            tokens, nodes = count(self.multiword_tokens, "multiword token"), count(self.empty_nodes, "empty node")
            lines.append(f"{tokens}, {nodes} (not parsed)")
        if self.unattached_words:
            share = 100 * self.unattached_words / self.words
            lines.append(f"{count(self.unattached_words, 'word')} without HEAD ({share:.1f} %), taken for unknown")
        if self.untagged_words:
            lines.append(f"{count(self.untagged_words, 'word')} without UPOS")
        if self.skipped:
            lines.append(f"{count(len(self.skipped), 'invalid sentence')} skipped:")
            lines += [f"  {error}" for error in self.skipped[:reasons]]
            if len(self.skipped) > reasons:
                lines.append(f"  ... and {len(self.skipped) - reasons:,} more")
        return "\n".join(lines)


def read_treebank(
    paths: PathLike | Iterable[PathLike], *, skip_invalid: bool = False, partial: bool = False
) -> Treebank:
    """Read all sentences of one or several files, joined in order, each checked by `check_tree`.

    Args:
        paths: One path or binary stream, or several.
        skip_invalid: Leave sentences at fault out and list their errors, instead of raising the first one.
        partial: Take a HEAD that is `_` for one that is unknown (`check_partial_tree`).

    Raises:
        ConlluError: A sentence is malformed.
        TreeError: A sentence is no tree, or a label is missing.
        InputError: A file cannot be read, or has no (valid) sentence.
        UsageError: It is no path.
    """
    several: Any = [paths] if is_path(paths) or hasattr(paths, "read") else paths
    sentences: list[Sentence] = []
    skipped: list[InputError] = []
    for path in as_iterator("the treebank", several, "the path of a CoNLL-U file, or several"):
        before = len(sentences)
        bad_before = len(skipped)
        for item in read_blocks(path, on_invalid="pass" if skip_invalid else "raise"):
            try:
                if isinstance(item, Sentence):
                    (check_partial_tree if partial else check_tree)(item)
                    sentences.append(item)
                elif item.error is not None:
                    raise item.error
            except InputError as error:
                if not skip_invalid:
                    raise
                skipped.append(error)
        if len(sentences) == before:
            bad = len(skipped) - bad_before
            why = "it has no words"
            if bad:
                of_all = "its only sentence is invalid" if bad == 1 else f"all of its {bad:,} sentences are invalid"
                why = f"{of_all}{'' if bad == 1 else ', the first'}: {skipped[bad_before]}"
            name = shown_name(path) if is_path(path) else str(getattr(path, "name", "<stream>"))
            raise InputError(f"no sentence to use, {why}: give a treebank in CoNLL-U", name)
    return Treebank(sentences, tuple(skipped))


def describe(treebank: Treebank) -> TreebankContents:
    """Count what is in a treebank, whose trees, or parts of trees, have been checked."""
    labels: Counter[str] = Counter()
    root_labels: Counter[str] = Counter()
    untagged = unattached = crossing_words = crossing_sentences = 0
    for sentence in treebank.sentences:
        heads = sentence.tree_index().heads
        unknown = heads.count(-1)
        known = [(head, deprel) for head, deprel in zip(heads, sentence.deprels) if head >= 0 and deprel not in BLANK]
        labels.update(deprel for _, deprel in known)
        root_labels.update(deprel for head, deprel in known if head == 0)
        unattached += unknown
        crossing = 0 if unknown else len(nonprojective_words(heads))
        crossing_words += crossing
        crossing_sentences += crossing > 0
        untagged += sum(upos in BLANK for upos in sentence.upos)
    return TreebankContents(
        sentences=len(treebank.sentences),
        words=sum(map(len, treebank.sentences)),
        multiword_tokens=sum(len(sentence.multiword_tokens) for sentence in treebank.sentences),
        empty_nodes=sum(len(sentence.empty_nodes) for sentence in treebank.sentences),
        nonprojective_sentences=crossing_sentences,
        nonprojective_words=crossing_words,
        labels=dict(labels.most_common()),
        root_labels=dict(root_labels.most_common()),
        untagged_words=untagged,
        unattached_words=unattached,
        skipped=treebank.skipped,
    )


def find_sentence(path: PathLike, which: str | int | None = None) -> Sentence:
    """Find one sentence of a treebank.

    Args:
        path: A file of trees.
        which: The sentence's `sent_id`, its number from 1, its `# text` or its words with spaces between them; the
            first of these that fits any sentence. None is the first sentence.

    Raises:
        InputError: The file cannot be read, or has a malformed sentence or one that is no tree.
        UsageError: There is no such sentence.
    """
    check_path("the treebank", path)
    sentences = read_treebank(path).sentences
    if which is None:
        return sentences[0]
    if not isinstance(which, (str, int)):
        raise unfit("the sentence", which, "a sent_id, its number, or its text")
    found = choose_sentence(sentences, str(which), lambda sentence: sentence)
    if found is None:
        advice = f"give a sent_id, a number from 1 to {len(sentences)}, or the text"
        raise UsageError(f"{shown_name(path)}: no sentence {quote(str(which), 60)}: {advice}")
    return found


def choose_sentence(items: Iterable[T], which: str, sentence_of: Callable[[T], Sentence]) -> T | None:
    """Return the first item whose sentence is the one that somebody means, or None.

    Args:
        items: What has a sentence each.
        which: A `sent_id`, a number from 1, a `# text` or words with spaces between them; the first of these that fits
            any sentence.
        sentence_of: What gives an item's sentence.
    """
    wanted = " ".join(which.split())
    by_number = by_text = None
    for number, item in enumerate(items, start=1):
        sentence = sentence_of(item)
        if sentence.sent_id == wanted:
            return item
        if by_number is None and str(number) == wanted:
            by_number = item
        if by_text is None and wanted in (" ".join(sentence.text.split()), " ".join(sentence.forms)):
            by_text = item
    return by_text if by_number is None else by_number
