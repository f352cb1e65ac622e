"""Small annotated files: trees written by hand, and the toy corpus parsed badly."""

from __future__ import annotations

import io

from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import ErrorAnalysis, analyze
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import find_cycle
from tests.helpers.toy import DEV


def read(text: str, name: str = "f") -> list[Sentence]:
    """Read the sentences of a text in CoNLL-U."""
    return list(read_conllu(io.BytesIO(text.encode()), name=name))


def rows(*words: str, sent_id: str = "s1") -> str:
    """Write a sentence of words given as `form head deprel`."""
    lines = [f"# sent_id = {sent_id}\n"]
    for number, word in enumerate(words, start=1):
        form, head, deprel = word.split(" ")
        lines.append(f"{number}\t{form}\t_\tX\t_\t_\t{head}\t{deprel}\t_\t_\n")
    return "".join(lines) + "\n"


GOLD = rows("The 2 det", "dog 3 nsubj", "slept 0 root", "in 6 case", "the 6 det", "shade 3 obl:loc", ". 3 punct")
# `the` hangs on the verb, which makes no difference to its relation; `shade` is nmod of `dog`, across `slept`,
# and the arc from `shade` to `in` passes over `the`, which `shade` no longer dominates
SYSTEM = rows("The 2 det", "dog 3 nsubj", "slept 0 root", "in 6 case", "the 3 det", "shade 2 nmod", ". 3 punct")


def analyzed(gold: str, system: str) -> ErrorAnalysis:
    """Return the error analysis of one text in CoNLL-U against another."""
    ours, theirs = read(gold, "gold.conllu"), read(system)
    return analyze(compare(ours, theirs), ours, theirs)


def parsed_badly() -> tuple[list[Sentence], list[Sentence]]:
    """Return the toy corpus, and the same with every fifth word hung on the next and called something else."""
    gold = list(read_conllu(DEV))
    system = [sentence.copy() for sentence in gold]
    for sentence in system:
        heads, deprels = sentence.heads, sentence.deprels
        for word in range(0, len(heads) - 1, 5):
            moved = [*heads[:word], word + 2, *heads[word + 1 :]]
            if heads[word] and not find_cycle(moved):
                heads, deprels[word] = moved, ["nmod", "obl", "advcl"][word % 3]
        sentence.set_tree(heads, deprels)
    return gold, system
