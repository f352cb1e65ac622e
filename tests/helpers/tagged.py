"""Sentences with tags, features and trees, written by hand, and their scores."""

from __future__ import annotations

from arcparser.evaluation.conll18 import evaluate_sentences
from arcparser.evaluation.scores import Scores
from tests.helpers.annotated import read


def evaluate(gold: str, system: str) -> Scores:
    """Score one text in CoNLL-U against another."""
    return evaluate_sentences(read(gold, "gold"), read(system, "system"))


def rows(*words: str) -> str:
    """Write a sentence of words given as `form upos feats head deprel`."""
    lines = []
    for number, value in enumerate(words, start=1):
        form, upos, feats, head, deprel = value.split(" ")
        lines.append(f"{number}\t{form}\t_\t{upos}\t_\t{feats}\t{head}\t{deprel}\t_\t_\n")
    return "".join(lines) + "\n"


SENTENCE = (
    "The DET _ 2 det",
    "dogs NOUN Number=Plur 3 nsubj",
    "slept VERB Tense=Past 0 root",
    "in ADP _ 6 case",
    "the DET _ 6 det",
    "shade NOUN Number=Sing 3 obl:loc",
    ". PUNCT _ 3 punct",
)
GOLD = rows(*SENTENCE)


def changed(old: str, new: str) -> str:
    """Return GOLD with one word changed."""
    assert old in SENTENCE
    return rows(*(new if word == old else word for word in SENTENCE))
