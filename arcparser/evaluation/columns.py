"""Turn the annotation of two files into arrays, so that comparing them is comparing integers.

Each column becomes one array over all words of the file; its strings are replaced by codes that mean the same
on both sides. The inventories of relations and features are those of the CoNLL 2018 evaluation
(https://universaldependencies.org/conll18/evaluation.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from arcparser.treebank.sentence import Sentence
from arcparser.types import Bools, Ints

# fmt: off
CONTENT_RELATIONS = frozenset({
    "nsubj", "obj", "iobj", "csubj", "ccomp", "xcomp", "obl", "vocative", "expl", "dislocated", "advcl",
    "advmod", "discourse", "nmod", "appos", "nummod", "acl", "amod", "conj", "fixed", "flat", "compound",
    "list", "parataxis", "orphan", "goeswith", "reparandum", "root", "dep",
})
FUNCTION_RELATIONS = frozenset({"aux", "cop", "mark", "det", "clf", "case", "cc"})
UNIVERSAL_FEATURES = frozenset({
    "PronType", "NumType", "Poss", "Reflex", "Foreign", "Abbr", "Gender", "Animacy", "Number", "Case",
    "Definite", "Degree", "VerbForm", "Mood", "Tense", "Aspect", "Voice", "Evident", "Polarity", "Person",
    "Polite",
})
# fmt: on


@dataclass(frozen=True)
class Annotation:
    """The columns that are scored, as they stand in the file: one sequence per sentence, one value per word."""

    heads: Sequence[Sequence[int]]
    deprels: Sequence[Sequence[str]]
    upos: Sequence[Sequence[str]]
    xpos: Sequence[Sequence[str]]
    feats: Sequence[Sequence[str]]
    lemmas: Sequence[Sequence[str]]

    @classmethod
    def of(cls, sentences: Sequence[Sentence]) -> Annotation:
        """Return the annotation of sentences.

        Raises:
            TreeError: A sentence has a HEAD that is the id of no word.
        """
        return cls(
            heads=[sentence.heads for sentence in sentences],
            deprels=[sentence.deprels for sentence in sentences],
            upos=[sentence.upos for sentence in sentences],
            xpos=[sentence.xpos for sentence in sentences],
            feats=[sentence.feats for sentence in sentences],
            lemmas=[sentence.lemmas for sentence in sentences],
        )


@dataclass(frozen=True)
class WordColumns:
    """The annotation of all words of a file as arrays, `[words]` each, its sentences joined."""

    head: Ints  # index of the head among all words, -1 for the root
    deprel: Ints  # code of DEPREL
    relation: Ints  # code of DEPREL without subtype
    content: Bools  # is the relation one of content words?
    function: Bools  # is the relation one of function words?
    upos: Ints  # code of UPOS
    xpos: Ints  # code of XPOS
    feats: Ints  # code of the universal features in FEATS
    lemma: Ints  # code of LEMMA, 0 for `_`


@dataclass(frozen=True)
class EncodedPair:
    """Two annotations in the same codes, and what the codes stand for."""

    gold: WordColumns
    system: WordColumns
    deprel_names: list[str]  # code -> DEPREL
    relation_names: list[str]  # code -> DEPREL without subtype
    lemma_names: list[str]  # code -> LEMMA


def encode(gold: Annotation, system: Annotation) -> EncodedPair:
    """Turn two annotations into arrays, in common codes."""
    deprels, gold_deprel, system_deprel = _codes(gold.deprels, system.deprels)
    relations, relation_of = _recode(deprels, lambda deprel: deprel.split(":")[0])
    content = np.array([relation in CONTENT_RELATIONS for relation in relations], dtype=bool)[relation_of]
    function = np.array([relation in FUNCTION_RELATIONS for relation in relations], dtype=bool)[relation_of]
    _, gold_upos, system_upos = _codes(gold.upos, system.upos)
    _, gold_xpos, system_xpos = _codes(gold.xpos, system.xpos)
    feats, gold_feats, system_feats = _codes(gold.feats, system.feats)
    _, universal_of = _recode(feats, universal_features)

    lemmas, gold_lemma, system_lemma = _codes(gold.lemmas, system.lemmas, first="_")

    def columns(annotation: Annotation, deprel: Ints, upos: Ints, xpos: Ints, feats: Ints, lemma: Ints) -> WordColumns:
        return WordColumns(
            head=_global_heads(annotation.heads),
            deprel=deprel,
            relation=relation_of[deprel],
            content=content[deprel],
            function=function[deprel],
            upos=upos,
            xpos=xpos,
            feats=universal_of[feats],
            lemma=lemma,
        )

    return EncodedPair(
        gold=columns(gold, gold_deprel, gold_upos, gold_xpos, gold_feats, gold_lemma),
        system=columns(system, system_deprel, system_upos, system_xpos, system_feats, system_lemma),
        deprel_names=deprels,
        relation_names=relations,
        lemma_names=lemmas,
    )


def universal_features(feats: str) -> str:
    """Return the universal ones of the features in a FEATS column, sorted: `Case=Nom|Gender=Fem`."""
    return "|".join(sorted(feat for feat in feats.split("|") if feat.split("=", 1)[0] in UNIVERSAL_FEATURES))


def _codes(
    gold: Sequence[Sequence[str]], system: Sequence[Sequence[str]], *, first: str | None = None
) -> tuple[list[str], Ints, Ints]:
    """Replace strings by codes, the same on both sides: the string of each code, codes [G], codes [S].

    Code 0 is that of the string `first`, if it is given.
    """
    codes: dict[str, int] = {} if first is None else {first: 0}
    sides = [
        np.array([codes.setdefault(value, len(codes)) for value in chain.from_iterable(side)], dtype=np.intp)
        for side in (gold, system)
    ]
    return list(codes), sides[0], sides[1]


def _recode(names: Iterable[str], function: Callable[[str], str]) -> tuple[list[str], Ints]:
    """Give codes to the values of `function`: the string of each new code, and for each old code the new one."""
    codes: dict[str, int] = {}
    new = np.array([codes.setdefault(function(name), len(codes)) for name in names], dtype=np.intp)
    return list(codes), new


def _global_heads(heads: Sequence[Sequence[int]]) -> Ints:
    """Return the heads as indices `[words]` among all words; -1 for the root."""
    lengths = np.array([len(sentence) for sentence in heads], dtype=np.intp)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)  # index of the sentence's first word
    local = np.fromiter(chain.from_iterable(heads), dtype=np.intp, count=int(lengths.sum()))
    result: Ints = np.where(local == 0, -1, first + local - 1)
    return result
