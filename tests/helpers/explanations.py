"""Sentences to explain: easy ones, and hostile ones."""

from __future__ import annotations

import arcparser
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import DEV

GOLD = list(arcparser.read_conllu(DEV))


def tree(words: str, heads: list[int], labels: list[str]) -> Sentence:
    sentence = Sentence.from_words(words.split())
    sentence.set_tree(heads, labels)
    return sentence


def dogs() -> Sentence:
    return tree("Dogs chase cats", [2, 0, 2], ["nsubj", "root", "obj"])


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"'&amp;",
    "{{data}}",
    "\x1b[31mred\x07",
    "\u202eevil",
]
