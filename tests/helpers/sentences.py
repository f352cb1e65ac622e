"""CoNLL-U written by hand, a line or a file at a time, and read."""

from __future__ import annotations

import io

from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence


def sentence_of(heads: list[int | str], deprels: list[str] | None = None) -> Sentence:
    """A sentence in a file `f`, its first word in line 2."""
    deprels = deprels or ["root" if head == 0 else "dep" for head in heads]
    rows = [f"{i}\tw{i}\t_\tX\t_\t_\t{h}\t{d}\t_\t_\n" for i, (h, d) in enumerate(zip(heads, deprels), start=1)]
    (sentence,) = read_conllu(io.BytesIO(("# c\n" + "".join(rows) + "\n").encode()), name="f")
    return sentence
