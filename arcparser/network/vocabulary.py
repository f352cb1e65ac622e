"""Count the vocabularies of a treebank: what a network knows by number.

Forms are looked up in lower case (their case is seen by the characters); a form seen once in training, or never,
is UNKNOWN and known by its characters alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np

from arcparser.network.lemma_rules import lemma_rules
from arcparser.transition.arc_standard import ROOT
from arcparser.types import Bools, Floats, Ints

NOT_KNOWN = -1  # the class of a tag, label or lemma rule that the vocabulary does not have
TAG_COLUMNS = ("upos", "xpos", "feats")  # what the tagger finds, and the vocabulary's lists of that
# What the softmaxes choose from, but for the lemma rules.
CLASS_LISTS = (*TAG_COLUMNS, "labels", "root_labels", "root_only")

UNKNOWN = 0  # the id of a form or character that training did not show
_BEGIN, _END = 1, 2  # ids of the marks around the characters of a form
_FIRST_CHARACTER = 3
_SUFFIX_LENGTHS, _PREFIX_LENGTHS = (1, 2, 3, 4), (1, 2, 3)  # characters
AFFIX_COUNT = len(_SUFFIX_LENGTHS) + len(_PREFIX_LENGTHS)  # of a form
_LONGEST_FORM = 32  # characters seen of a form: its first and last 16 (a URL does not cost more than a word)


class CharacterIds(NamedTuple):
    """Hold forms as numbers of characters: form i is `characters[starts[i] : starts[i] + lengths[i]]`."""

    characters: Ints
    starts: Ints
    lengths: Ints


@dataclass(frozen=True, slots=True)
class LabelMasks:
    """Say which labels an arc from the root may bear, and which any other, `[labels]` each."""

    at_root: Bools
    elsewhere: Bools
    never_elsewhere: list[int] = field(init=False, repr=False, compare=False)  # the labels that are not `elsewhere`

    def __post_init__(self) -> None:
        object.__setattr__(self, "never_elsewhere", np.flatnonzero(~self.elsewhere).tolist())

    def legal(self, heads: Ints) -> Bools:
        """Look up which labels are legal for arcs from `heads [S]` (word numbers), `[S, labels]`."""
        return np.where((heads == ROOT)[:, None], self.at_root, self.elsewhere)

    def apply(self, logits: Floats, heads: Ints) -> None:
        """Set the logits of what is illegal for arcs from `heads [S]` to −inf, `[S, labels]`, in place.

        A few columns, and the few rows of roots: a fifth of the time of a mask for each arc.
        """
        at_root = (heads == ROOT).nonzero()[0]
        of_roots = logits[at_root]
        for label in self.never_elsewhere:
            logits[:, label] = -np.inf
        if len(at_root):
            logits[at_root] = np.where(self.at_root, of_roots, -np.inf)


@dataclass(frozen=True, slots=True)
class Features:
    """Hold the features that FEATS values are made of.

    `of_feats [K, features]` is 1 where a value of FEATS has the feature of that place in `names`.
    """

    names: tuple[str, ...]
    of_feats: Floats


@dataclass(frozen=True)
class Vocabulary:
    """Hold ordered lists; a number is a place in its list (forms and characters: plus the reserved ids).

    `root_labels` are the places in `labels` that were seen at HEAD 0; `root_only` are those of them that no other arc
    may bear: `root` and its subtypes, and labels that were seen nowhere else. `vector_forms` are the forms of static
    vectors (`arcparser.pretrained.vector_files`). `lemma_rules` (`arcparser.network.lemma_rules`) and `lemmas` are
    those that training showed; there are none if it showed no lemmas. `affixes` are those that several forms share.
    """

    forms: Sequence[str]
    characters: Sequence[str]
    upos: Sequence[str]
    xpos: Sequence[str]
    feats: Sequence[str]
    labels: Sequence[str]
    root_labels: Sequence[int]
    root_only: Sequence[int]
    vector_forms: Sequence[str] = ()
    lemma_rules: Sequence[str] = ()
    lemmas: Sequence[str] = ()
    affixes: Sequence[str] = ()
    form_ids: dict[str, int] = field(init=False, repr=False, compare=False)
    character_ids: Ints = field(init=False, repr=False, compare=False)  # by code point; the last place: all above
    vector_ids: dict[str, int] = field(init=False, repr=False, compare=False)
    affix_numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = {form: i for i, form in enumerate(self.forms, start=UNKNOWN + 1)}
        object.__setattr__(self, "form_ids", ids)
        points = np.array([ord(char) for char in self.characters], dtype=np.intp)
        table = np.full(int(points.max(initial=0)) + 2, UNKNOWN, dtype=np.intp)
        table[points] = np.arange(_FIRST_CHARACTER, _FIRST_CHARACTER + len(points))
        object.__setattr__(self, "character_ids", table)
        ids = {form: i for i, form in enumerate(self.vector_forms, start=UNKNOWN + 1)}
        object.__setattr__(self, "vector_ids", ids)
        ids = {affix: i for i, affix in enumerate(self.affixes, start=UNKNOWN + 1)}
        object.__setattr__(self, "affix_numbers", ids)

    @property
    def form_count(self) -> int:
        """How many rows a table of form vectors has."""
        return UNKNOWN + 1 + len(self.forms)

    @property
    def character_count(self) -> int:
        """How many rows a table of character vectors has."""
        return _FIRST_CHARACTER + len(self.characters)

    @property
    def tag_sizes(self) -> tuple[int, int, int]:
        """How many UPOS, XPOS and FEATS there are."""
        return len(self.upos), len(self.xpos), len(self.feats)

    @property
    def label_masks(self) -> LabelMasks:
        """Which labels are legal where.

        An arc from the root bears a label that was seen at HEAD 0; any other, one that is not the root's alone. If all
        labels are, as in a treebank of one-word sentences, any other arc may bear any: a parse needs some label. So may
        an arc from the root, if none was seen, as in a partly annotated treebank.
        """
        # Not a cached_property: up to Python 3.11 it has a lock, which a forked process may inherit held for ever.
        if "_label_masks" not in self.__dict__:
            at_root, root_only = np.zeros((2, len(self.labels)), dtype=bool)
            at_root[list(self.root_labels) or slice(None)] = True
            root_only[list(self.root_only)] = True
            self.__dict__["_label_masks"] = LabelMasks(at_root, root_only if root_only.all() else ~root_only)
        return self.__dict__["_label_masks"]

    @property
    def features(self) -> Features:
        """The features of FEATS: `Case=Nom` and `Number=Sing` of `Case=Nom|Number=Sing`."""
        if "_features" not in self.__dict__:  # as above
            self.__dict__["_features"] = self._count_features()
        return self.__dict__["_features"]

    def _count_features(self) -> Features:
        split = [[] if feats == "_" else feats.split("|") for feats in self.feats]
        names = tuple(sorted({name for names in split for name in names}))
        place = {name: i for i, name in enumerate(names)}
        of_feats = np.zeros((len(split), len(names)), np.float32)
        for row, found in zip(of_feats, split):
            row[[place[name] for name in found]] = 1
        return Features(names, of_feats)

    def form_id(self, form: str) -> int:
        """Return the number of a form, UNKNOWN if it has none."""
        return self.form_ids.get(form.lower(), UNKNOWN)

    def vector_id(self, form: str) -> int:
        """Return the row of a form's static vector, or else that of its lower case, or else UNKNOWN.

        The space in a form may be an underscore there, as files of vectors separate their columns by spaces.
        """
        ids = self.vector_ids
        found = ids.get(form) or ids.get(form.lower(), UNKNOWN)
        return self.vector_id(form.replace(" ", "_")) if not found and " " in form else found

    def affix_ids(self, forms: Sequence[str]) -> Ints:
        """Return the numbers of each form's affixes, `[U, affixes]`, UNKNOWN for those that have none."""
        of_forms = chain.from_iterable(map(affixes, forms))
        numbers = map(self.affix_numbers.get, of_forms, repeat(UNKNOWN))
        return np.fromiter(numbers, np.intp, count=AFFIX_COUNT * len(forms)).reshape(-1, AFFIX_COUNT)

    def spell(self, forms: Sequence[str]) -> CharacterIds:
        """Return the numbers of the forms' characters, those of each form between the marks of begin and end."""
        half = _LONGEST_FORM // 2
        seen = [form if len(form) <= _LONGEST_FORM else form[:half] + form[-half:] for form in forms]
        within = np.fromiter(map(len, seen), dtype=np.intp, count=len(seen))
        points = np.frombuffer("".join(seen).encode("utf-32-le", "surrogatepass"), dtype="<u4")
        ends = np.cumsum(within + 2)
        starts = ends - within - 2
        characters = np.empty(len(points) + 2 * len(seen), dtype=np.intp)
        characters[starts], characters[ends - 1] = _BEGIN, _END
        # One mark before the first form's characters, three before the second's, …
        at = np.arange(len(points)) + np.repeat(2 * np.arange(len(seen)) + 1, within)
        characters[at] = self.character_ids[np.minimum(points, len(self.character_ids) - 1)]
        return CharacterIds(characters, starts, within + 2)


def affixes(form: str) -> list[str]:
    """Return the ends and beginnings of a form in lower case, shortest first; "" where it is no longer than that.

    >>> affixes("cats")
    ['-s', '-ts', '-ats', '', 'c-', 'ca-', 'cat-']
    """
    lower = form.lower()
    length = len(lower)
    ends = ["-" + lower[-n:] if n < length else "" for n in _SUFFIX_LENGTHS]
    ends += [lower[:n] + "-" if n < length else "" for n in _PREFIX_LENGTHS]
    return ends


def _by_frequency(counts: Counter[str], least: int = 1) -> list[str]:
    # Equal counts are ordered by the string itself: the same treebank gives the same vocabulary on any machine.
    return [s for s, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= least]


def build(
    forms: Iterable[Sequence[str]],
    tags: Iterable[tuple[Sequence[str], Sequence[str], Sequence[str]]],
    arcs: Iterable[tuple[Sequence[int], Sequence[str]]],
    lemmas: Iterable[Sequence[str]] = (),
) -> Vocabulary:
    """Count a treebank: for each sentence its forms, its (UPOS, XPOS, FEATS), its (heads, deprels), its lemmas.

    A head may be NOT_KNOWN; a deprel is counted if both are known (`_` is not).
    """
    forms = list(forms)
    words: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    for sentence in forms:
        for form in sentence:
            words[form.lower()] += 1
            characters.update(form)
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for columns in tags:
        for counter, column in zip(counts, columns):
            counter.update(column)
    labels: Counter[str] = Counter()
    at_root: set[str] = set()
    elsewhere: set[str] = set()
    for heads, deprels in arcs:
        for head, deprel in zip(heads, deprels):
            if head != NOT_KNOWN and deprel != "_":
                labels[deprel] += 1
                (at_root if head == 0 else elsewhere).add(deprel)
    rules: Counter[str] = Counter()
    known_lemmas: Counter[str] = Counter()
    for of_forms, of_lemmas in zip(forms, lemmas):
        for rule, lemma in zip(lemma_rules(of_forms, of_lemmas), of_lemmas):
            if rule is not None:
                rules[rule] += 1
                known_lemmas[lemma] += 1
    if set(known_lemmas) <= {"_"}:  # a treebank without lemmas, in which the form _ occurs
        rules.clear()
        known_lemmas.clear()
    shared: Counter[str] = Counter()
    for form in words:
        shared.update(set(affixes(form)) - {""})
    upos, xpos, feats = map(_by_frequency, counts)
    ordered = _by_frequency(labels)
    return Vocabulary(
        forms=_by_frequency(words, least=2),
        # A character seen once or twice would never be learned; as UNKNOWN it trains what an unseen one gets.
        characters=_by_frequency(characters, least=3),
        upos=upos,
        xpos=xpos,
        feats=feats,
        labels=ordered,
        root_labels=[i for i, label in enumerate(ordered) if label in at_root],
        root_only=[
            i
            for i, label in enumerate(ordered)
            if label in at_root and (label not in elsewhere or label.partition(":")[0] == "root")
        ],
        # A rule that was seen once is the mistake of an annotator or of no use; the lemma may be, for other forms.
        lemma_rules=_by_frequency(rules, least=2) or _by_frequency(rules),
        lemmas=_by_frequency(known_lemmas),
        affixes=_by_frequency(shared, least=3),
    )


def extend(known: Vocabulary, new: Vocabulary) -> Vocabulary:
    """Add what only `new` has at the end of each list of `known`: what has a number keeps it."""

    def joined(field: str) -> list[str]:
        return list(dict.fromkeys((*getattr(known, field), *getattr(new, field))))

    labels = joined("labels")
    place = {label: i for i, label in enumerate(labels)}

    def names(vocabulary: Vocabulary, indices: Sequence[int]) -> set[str]:
        return {vocabulary.labels[i] for i in indices}

    at_root = names(known, known.root_labels) | names(new, new.root_labels)
    elsewhere = {
        label
        for vocabulary in (known, new)
        for label in set(vocabulary.labels) - names(vocabulary, vocabulary.root_only)
    }
    only = {label for label in at_root if label not in elsewhere or label.partition(":")[0] == "root"}
    return Vocabulary(
        forms=joined("forms"),
        characters=joined("characters"),
        upos=joined("upos"),
        xpos=joined("xpos"),
        feats=joined("feats"),
        labels=labels,
        root_labels=sorted(place[label] for label in at_root),
        root_only=sorted(place[label] for label in only),
        vector_forms=known.vector_forms,
        lemma_rules=joined("lemma_rules"),
        lemmas=joined("lemmas"),
        affixes=known.affixes,  # more of them would change what the network reads of the forms that it knows
    )
