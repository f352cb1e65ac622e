"""Inputs are cut so that what is made of the pieces is what is made of the whole."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arcparser import ConlluError, Parser
from arcparser.parsing import parse_files, pieces
from arcparser.parsing.job import Job
from arcparser.parsing.pieces import Pieces
from arcparser.parsing.pool import Workers

TEXT = (
    "\n \nDogs chase cats. Cats sleep!\n\n\n Don't go.\r\n\r\nA line\nof two. The end.\n\t\n"
    "\u2003Wide space. \n\n\u00a0\nNo. 1\n\n\ufeffMark.\n\n«É!» Non.\n\nShort.\n\nWho? # sent_id = 3\n\nLast."
).encode()
WORDS = b"Dogs chase cats .\n\nCats\xc2\xa0 sleep .\n \nWho ?\r\nThe end .\n\xe3\x80\x80Wide .\nLast ."
SENTENCE = b"# sent_id = %d\n1\tDogs\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n2\tsleep\t_\t_\t_\t_\t_\t_\t_\t_\n"
CONLLU = b"\n".join(SENTENCE % number + b"\n" * (number % 3) for number in range(1, 9)) + b"\n \n# end\n\n"
BROKEN = CONLLU.replace(b"# sent_id = 4\n1\t", b"# sent_id = 4\n2\t").replace(b"# sent_id = 6\n1\t", b"1 ")
MANY, FEW = 1 << 20, 24  # bytes in which a piece may end: with few of them there is a rest


class Here(Workers):
    """Do in this process what others would do."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser

    def call(self, work: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        return (work(self._parser, *arguments) for arguments in calls)

    def predict(self, batches: Iterable[tuple[Any, Any, Any]], *, scores: bool) -> Iterator[tuple[Any, Any]]:
        return ((batch, self._parser.predict(forms, scores=scores) if forms else []) for batch, forms, _ in batches)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_SIZES", {})
    monkeypatch.setattr(pieces, "_SIZE", 12)
    monkeypatch.setattr(pieces, "_CHUNK", 64)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("data", "most", "options"),
    [
        (TEXT, MANY, {"format": "text", "provenance": True}),
        (TEXT, FEW, {"format": "text"}),
        (TEXT, MANY, {"format": "text", "output_format": "jsonl"}),
        (TEXT, MANY, {"format": "text", "newline_ends_sentence": True}),
        (TEXT, MANY, {"format": "lines"}),
        (WORDS, MANY, {"format": "words", "output_format": "jsonl"}),
        (CONLLU, MANY, {"format": "conllu", "provenance": True, "clear_deps": True}),
        (CONLLU.replace(b"\n", b"\r\n"), MANY, {"format": "conllu", "scores": True}),
        (BROKEN, FEW, {"format": "conllu", "skip_invalid": True}),
        (b"# nothing\n\n" * 20 + CONLLU, MANY, {"format": "conllu", "provenance": True, "output_format": "jsonl"}),
        (b"", MANY, {"format": "conllu"}),
        (b" \n\n ", MANY, {"format": "text"}),
    ],
)
def test_pieces_give_the_same_bytes(
    data: bytes,
    most: int,
    options: dict[str, Any],
    toy_parser: Parser,
    toy_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "_MOST", most)
    job = replace(Job(model=str(toy_model)), **options)
    for inputs in ([data], [data, data]):
        written = []
        for workers in (None, Here(toy_parser)):
            stream = io.BytesIO()
            counts = parse_files._parse_files([io.BytesIO(one) for one in inputs], stream, job, toy_parser, workers)
            written.append((stream.getvalue(), counts))
        assert written[0] == written[1]


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("data", "kind", "lines", "ends"),
    [
        (b"A cat here.\n\nA dog.\n \n\n\tB", "text", False, [b"A cat here.\n\n", b"A dog.\n \n\n\tB"]),
        (b"A cat here.\n\n\xc2\xa0A dog here.\n\nB", "text", False, [b"A cat here.\n\n\xc2\xa0A dog here.\n\nB"]),
        (b"A cat.\nA long dog here.\nA bird, too.", "lines", True, [b"A cat.\nA long dog here.\n", b"A bird, too."]),
    ],
)
def test_pieces_end_with_all_white_space(
    data: bytes, kind: str, lines: bool, ends: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_CHUNK", len(data) - 1)
    found = list(Pieces(io.BytesIO(data), kind, lines=lines, name="x"))
    assert [piece.data for piece in found] == ends
    assert [piece.last for piece in found] == [*[False] * (len(ends) - 1), True]


@pytest.mark.usefixtures("small_pieces")
def test_an_error_names_its_line_in_the_whole_file(toy_parser: Parser, toy_model: Path) -> None:
    line = BROKEN[: BROKEN.index(b"\n2\tDogs")].count(b"\n") + 2
    job = Job(model=str(toy_model), format="conllu")
    with pytest.raises(ConlluError, match=f"^<text>:{line}: ID 2 where 1 was due"):
        parse_files._parse_files([io.BytesIO(BROKEN)], io.BytesIO(), job, toy_parser, Here(toy_parser))
