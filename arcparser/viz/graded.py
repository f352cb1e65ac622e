"""Put sentences beside gold sentences of the same words, to draw what is right and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from arcparser.errors import AlignmentError, count, quote
from arcparser.evaluation.alignment import same_tokens
from arcparser.treebank.sentence import Sentence


def pairs(sentences: Iterable[Sentence], gold: Iterable[Sentence] | None) -> Iterator[tuple[Sentence, Sentence | None]]:
    """Put each sentence beside its gold sentence, or beside None where there is no gold.

    Raises:
        AlignmentError: They are not the same words.
    """
    if gold is None:
        yield from ((sentence, None) for sentence in sentences)
        return
    for sentence, right in zip_longest(sentences, gold):
        if sentence is None or right is None:
            shorter = "the file to draw" if sentence is None else "the gold file"
            raise AlignmentError(f"{shorter} has fewer sentences: give two files of the same sentences")
        if not same_tokens([right], [sentence]):
            place = f"{sentence.source}:{sentence.line}: " if sentence.source else ""
            problem = f"{_difference(sentence, right)}: drawing both needs the same words in both files"
            raise AlignmentError(place + problem)
        yield sentence, right


def _difference(sentence: Sentence, gold: Sentence) -> str:
    """Say where the tokens of two sentences begin to differ."""
    for number, (form, right) in enumerate(zip_longest(sentence.forms, gold.forms), start=1):
        if form != right:
            ours, theirs = (quote(word) if word else "missing" for word in (form, right))
            return f"word {number} is {ours}, in the gold file it is {theirs}"
    return "the multiword tokens are others than in the gold file"


def share_right(heads: int, labels: int, words: int) -> str:
    """Say how much of a sentence is right."""
    if labels == words:
        return f"all {words} words right" if words > 1 else "the word right"
    return f"{heads} of {count(words, 'head')} right, {labels} with the right label as well"
