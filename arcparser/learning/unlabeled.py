"""Read raw text that teachers label, and let it be learned from beside the treebank (self-training by a better parser).

A student that reads what its teachers say of sentences which none of them has seen learns what they know, and not only
what the treebank says already (Buciluǎ, Caruana & Niculescu-Mizil 2006, "Model compression"; Weiss et al. 2015 and
Clark et al. 2018 for parsers). Every epoch has all annotated sentences, and as many of raw text as make up a given
share of its words; the next one goes on where it has stopped (`sentences_of_epoch`).

Memory holds a number for each word. All else lies on the disk (`arcparser.learning.targets`), and a sentence is made
when it is asked for.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import InputError, count
from arcparser.files import shown_name
from arcparser.learning.examples import Example, Examples
from arcparser.learning.substitutes import NO_GROUP
from arcparser.learning.targets import Targets
from arcparser.model.model import Model
from arcparser.network.vocabulary import Vocabulary
from arcparser.parsing.job import Job
from arcparser.parsing.parser import Parser
from arcparser.parsing.read_input import open_source, read_items
from arcparser.transition.oracle import plan
from arcparser.treebank.sentence import Sentence
from arcparser.types import Ints, PathLike, Report

_LONGEST = 100  # words of a sentence: longer ones are lists and tables, or whole paragraphs
_LEAST = 5  # times that a form must come in treebank and raw text to have a vector of its own


class RawText(Sequence[list[str]]):
    """Hold sentences of words, a number each.

    Attributes:
        forms: The distinct forms.
        words: `[words]` places in `forms`, sentence after sentence.
        lengths: `[sentences]` how many words each has.
    """

    def __init__(self, forms: Sequence[str], words: Ints, lengths: Ints) -> None:
        self.forms, self.words, self.lengths = forms, words, lengths
        self.starts = np.cumsum(lengths) - lengths

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, index: int) -> list[str]: ...

    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...

    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        start = int(self.starts[index])
        return [self.forms[i] for i in self.words[start : start + int(self.lengths[index])].tolist()]

    @property
    def digest(self) -> str:
        """SHA-256 of the sentences."""
        found = hashlib.sha256(repr(self.forms).encode())
        found.update(self.words.tobytes())
        found.update(self.lengths.tobytes())
        return found.hexdigest()


def read_unlabeled(
    paths: Sequence[PathLike], model: Model, *, format: str | None, skip_invalid: bool, report: Report
) -> RawText:
    """Read the words of raw text, of tokenized text and of CoNLL-U; each sentence once, and none that is very long.

    Args:
        paths: The files.
        model: Its segmentation splits raw text.
        format: As of `arcparser.parsing.job.Job`.
        skip_invalid: Pass over malformed sentences of CoNLL-U.
        report: Told what was read.

    Raises:
        InputError: A file cannot be read, or is malformed, or none has a sentence.
    """
    places: dict[str, int] = {}
    words: list[NDArray[np.int32]] = []
    seen: set[bytes] = set()
    repeated = long = 0
    parser = Parser(model)
    job = Job(model="", format=format, skip_invalid=skip_invalid)
    for path in map(str, paths):
        with open_source(path) as stream:
            for item in read_items(stream, path, job, parser):
                if not isinstance(item, Sentence):
                    continue
                forms = item.forms
                if len(forms) > _LONGEST:
                    long += 1
                    continue
                ids = np.array([places.setdefault(form, len(places)) for form in forms], dtype=np.int32)
                digest = hashlib.blake2b(ids.tobytes(), digest_size=16).digest()
                if digest in seen:
                    repeated += 1
                    continue
                seen.add(digest)
                words.append(ids)
    if not words:
        raise InputError("has no sentence: give raw text", shown_name(paths[0]))
    raw = RawText(list(places), np.concatenate(words), np.fromiter(map(len, words), dtype=np.intp, count=len(words)))
    left_out = f"{repeated:,} repeated and {long:,} of more than {_LONGEST} words left out"
    report(f"raw text: {count(len(raw), 'sentence')}, {count(len(raw.words), 'word')}, {left_out}")
    return raw


def add_frequent_forms(
    vocabulary: Vocabulary, sentences: Sequence[Sequence[str]], raw: RawText, *, most: int
) -> Vocabulary:
    """Give the forms numbers that come at least five times in treebank and raw text, the most frequent first.

    Args:
        vocabulary: Of the treebank.
        sentences: The words of the treebank.
        raw: The raw text.
        most: How many are added.
    """
    counts: Counter[str] = Counter()
    for form, n in zip(raw.forms, np.bincount(raw.words, minlength=len(raw.forms)).tolist()):
        counts[form.lower()] += n
    for words in sentences:
        counts.update(word.lower() for word in words)
    known = vocabulary.form_ids
    new = [form for form, n in counts.items() if n >= _LEAST and form not in known]
    new.sort(key=lambda form: (-counts[form], form))
    return replace(vocabulary, forms=[*vocabulary.forms, *new[:most]])


@dataclass(frozen=True)
class LabeledSentences(Sequence[Example]):
    """Make examples of annotated sentences, which are there, and of labeled ones, whose columns lie on the disk.

    Attributes:
        annotated: Those of the treebank.
        raw: The words of the others.
        words: `[words]` their places in the list of forms of both.
        targets: What the teachers say.
    """

    annotated: Sequence[Example]
    raw: RawText
    words: NDArray[np.int32]
    targets: Targets

    def __len__(self) -> int:
        return len(self.annotated) + len(self.raw)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...

    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        if index < len(self.annotated):
            return self.annotated[index]
        number = index - len(self.annotated)
        start, n = int(self.raw.starts[number]), int(self.raw.lengths[number])
        if self.targets.columns is None:
            raise RuntimeError("raw text without the teachers' analysis")
        columns = np.asarray(self.targets.columns[start : start + n]).astype(np.intp)
        return Example(
            words=self.words[start : start + n].astype(np.intp),
            tags=columns[:, :3],
            heads=columns[:, 3],
            labels=columns[:, 4],
            lemma_rules=columns[:, 5],
            groups=np.full(n, NO_GROUP),
            plan=plan(columns[:, 3].tolist()),
        )


def with_unlabeled(examples: Examples, vocabulary: Vocabulary, raw: RawText, targets: Targets) -> Examples:
    """Put labeled raw text behind the annotated sentences of a treebank."""
    places = {form: i for i, form in enumerate(examples.forms)}
    joint = [places.setdefault(form, len(places)) for form in raw.forms]
    words = np.array(joint, dtype=np.int32)[raw.words]
    forms = list(places)
    form_ids = np.array([vocabulary.form_id(form) for form in forms], dtype=np.intp)
    return replace(
        examples,
        sentences=LabeledSentences(examples.sentences, raw, words, targets),
        annotated=len(examples.sentences),
        lengths=np.concatenate((examples.lengths, raw.lengths)),
        forms=forms,
        form_ids=form_ids,
        vector_ids=np.array([vocabulary.vector_id(form) for form in forms], dtype=np.intp),
        spelled=vocabulary.spell(forms),
        affixes=vocabulary.affix_ids(forms),
        form_counts=examples.form_counts + np.bincount(form_ids[words], minlength=vocabulary.form_count),
    )


def raw_words_of_epoch(annotated: int, raw: int, share: float) -> int:
    """Return how many words of raw text an epoch has, so that `share` of its words are such, but none comes twice.

    Args:
        annotated: Words of the treebank.
        raw: Words of the raw text.
        share: From 0 to below 1.
    """
    return min(round(annotated * share / (1 - share)), raw)


def sentences_of_epoch(lengths: Ints, words: int, *, seed: int, epoch: int) -> Ints:
    """Choose the sentences of raw text that an epoch has: those that come next, in an order that is drawn anew.

    Epoch e has the words from e · `words` on of an endless text: the raw text again and again, each time in another
    order. So it depends on nothing but its number.

    Args:
        lengths: `[sentences]` how many words each has.
        words: Of an epoch, no more than there are.
        seed: Of the order.
        epoch: From 0.
    """
    total = int(lengths.sum())
    first, end = epoch * words, (epoch + 1) * words
    chosen = []
    for turn in range(first // total, (end - 1) // total + 1):
        order = np.random.default_rng([seed, turn, 1]).permutation(len(lengths))
        starts = np.cumsum(lengths[order]) - lengths[order] + turn * total
        chosen.append(order[(starts >= first) & (starts < end)])
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.intp)
