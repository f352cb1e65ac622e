"""The raw text that a treebank was made from: what reading text must give back, said once more and plainly."""

from __future__ import annotations

from collections.abc import Iterable

from arcparser.text.spacing import is_paragraph_break, spaces_around
from arcparser.treebank.columns import FORM, MISC
from arcparser.treebank.sentence import Sentence

PARAGRAPH_BREAK = "\n\n"


def raw_text(sentences: Iterable[Sentence]) -> str:
    """Return the text that `sentences` annotate: tokens joined by their spacing.

    Paragraphs begin after a blank line, which is added where MISC does not have it (the raw text of the CoNLL 2018
    shared task was made so).
    """
    text: list[str] = []
    last = PARAGRAPH_BREAK
    for sentence in sentences:
        begins = {word for comment in sentence.comments for word in comment.lstrip("# ").split()[:1]}
        if begins & {"newpar", "newdoc"} and not is_paragraph_break(last):
            text[-1] = last = PARAGRAPH_BREAK
        tokens = {row: (line[FORM], line[MISC]) for row, line in enumerate(sentence.rows)}
        for token in sentence.multiword_tokens:
            for row in range(token.first - 1, token.last):
                del tokens[row]
            tokens[token.first - 1] = token.form, token.misc
        for _, (form, misc) in sorted(tokens.items()):
            before, last = spaces_around(misc)
            text += before, form, last
    return "".join(text)
