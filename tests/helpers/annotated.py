"""Small annotated files: trees written by hand, and the toy corpus parsed badly."""

from __future__ import annotations

import io

from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import find_cycle
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
