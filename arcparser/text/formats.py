"""Name the formats of input, and choose one by the name of a file."""

from __future__ import annotations

from arcparser.compression import bare_name

# CoNLL-U; raw text; raw text with a sentence a line; the same already tokenized, with spaces between words.
INPUT_FORMATS = ("conllu", "text", "lines", "words")


def format_of(name: str) -> str:
    """Return the format of a file by its name, whether it is compressed or not.

    >>> format_of("a.txt.gz"), format_of("a.words.txt"), format_of("a.conllu")
    ('text', 'words', 'conllu')
    """
    name = bare_name(name).lower()
    return "words" if name.endswith(".words.txt") else "text" if name.endswith(".txt") else "conllu"
