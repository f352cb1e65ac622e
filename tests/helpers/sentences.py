"""CoNLL-U written by hand, a line or a file at a time, and read."""

from __future__ import annotations

import io

import pytest

from arcparser.errors import ConlluError
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence


def word(number: int | str, form: str = "w", upos: str = "X", head: int | str = "_", misc: str = "_") -> str:
    """A word line without its line feed."""
    return f"{number}\t{form}\t_\t{upos}\t_\t_\t{head}\t_\t_\t{misc}"


def file(*lines: str) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def read(data: bytes) -> list[Sentence]:
    return list(read_conllu(io.BytesIO(data), name="f.conllu"))


def sentence_of(heads: list[int | str], deprels: list[str] | None = None) -> Sentence:
    """A sentence in a file `f`, its first word in line 2."""
    deprels = deprels or ["root" if head == 0 else "dep" for head in heads]
    rows = [f"{i}\tw{i}\t_\tX\t_\t_\t{h}\t{d}\t_\t_\n" for i, (h, d) in enumerate(zip(heads, deprels), start=1)]
    (sentence,) = read_conllu(io.BytesIO(("# c\n" + "".join(rows) + "\n").encode()), name="f")
    return sentence


def assert_refused(data: bytes, message: str) -> None:
    """Assert that reading `data` as a file `f` raises one line that begins with the place and holds `message`."""
    with pytest.raises(ConlluError) as caught:
        list(read_conllu(io.BytesIO(data), name="f"))
    assert message in str(caught.value)
    assert str(caught.value).startswith("f:")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
