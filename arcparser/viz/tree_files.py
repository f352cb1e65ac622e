"""Write the pages of the trees of files and texts: one, or several that are linked to each other.

A browser has trouble with a page of more than some megabytes, so a treebank becomes several: `trees.html`,
`trees-2.html` and so on. What is drawn goes to a temporary file first, since the first page names the last. A page of
many sentences has a field to search in (words, relations, tags, ids), and takes what is asked along to the next page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote

from arcparser.compression import bare_name
from arcparser.errors import InputError, UsageError, count
from arcparser.files import STANDARD_STREAM, open_output, shown_name
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.types import PathLike
from arcparser.viz.graded import pairs
from arcparser.viz.page import template
from arcparser.viz.show import sentences_of
from arcparser.viz.tree_page import LAYOUT, Tally, summary, tree_figure

PAGE_BYTES = 5_000_000
_SEARCHED = 100  # sentences from which on a page has a field to search in


@dataclass(frozen=True)
class Rendered:
    """Say what was drawn: how much, and the names of the pages."""

    tally: Tally
    pages: Sequence[str]


def render_sources(
    sources: Sequence[str],
    output: PathLike,
    *,
    model: PathLike,
    gold: PathLike | None = None,
    limit: int | None = None,
    title: str | None = None,
    language: str = "",
    details: Sequence[int] = (),
    scores: bool = False,
    page_bytes: int = PAGE_BYTES,
) -> Rendered:
    """Write the page, or the pages, of the trees of files and texts to `output`, each whole or not at all.

    Args:
        sources: CoNLL-U files and texts, as `arcparser.viz.show.show` tells them apart; `-` is standard input.
        output: The first page; `-` is standard output, which gets one page whatever its size.
        model: The model that parses the texts, by path or name.
        gold: A file of the same sentences with the right trees.
        limit: How many sentences to draw; None: all.
        title: The title of the pages; the names of the files, if none is given.
        language: As in `arcparser.viz.tree_page.render_html`.
        details: As there.
        scores: As there; texts are parsed with their scores.
        page_bytes: How large a page may be, about; a sentence is never parted.

    Raises:
        InputError: A file cannot be read, is malformed, or has no sentence; as a TreeError, a sentence is no tree.
        AlignmentError: Gold has other words.
        ModelError: The model cannot be loaded.
        OutputError: A page cannot be written.
        UsageError: The limit is less than 1.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"limit {limit}: draw at least 1 sentence")
    tally = Tally()
    named = title or _title(sources, gold)
    sentences: Iterator[Sentence] = islice(sentences_of(sources, model, scores=scores), limit)
    both = pairs(sentences, None if gold is None else islice(read_conllu(gold), limit))
    one = os.fspath(output) == STANDARD_STREAM
    with TemporaryFile() as drawn:
        ends, sizes = _draw(drawn, both, tally, None if one else page_bytes, details=details, scores=scores)
        if not tally.sentences:
            raise InputError("no sentence to draw: give a treebank in CoNLL-U, or a text", shown_name(sources[0]))
        names = [_numbered(os.fspath(output), number) for number in range(1, len(ends) + 1)]
        shown = {"title": named, "language": language, "graded": gold is not None, "shaded": scores, **LAYOUT}
        start = 0
        for place, (name, end) in enumerate(zip(names, ends)):
            pieces = template("tree_page.html").generate(
                **shown,
                figures=_pieces(drawn, start, end),
                summary=lambda: summary(tally, graded=gold is not None),
                pages=_links(names, sizes, place),
                searched=len(names) > 1 or tally.sentences >= _SEARCHED,
            )
            with open_output(name) as stream:
                for piece in pieces:
                    stream.write(piece.encode())
            start = end
    return Rendered(tally, names)


def _draw(
    drawn: IO[bytes],
    both: Iterator[tuple[Sentence, Sentence | None]],
    tally: Tally,
    page_bytes: int | None,
    *,
    details: Sequence[int],
    scores: bool,
) -> tuple[list[int], list[int]]:
    """Write all figures one after the other; return where each page ends, and how many sentences are on it."""
    ends: list[int] = []
    sizes: list[int] = []
    start = on_page = 0
    for sentence, right in both:
        figure = str(tree_figure(sentence, right, tally, details, scores)).encode()
        before = drawn.tell()
        if page_bytes is not None and on_page and before + len(figure) - start > page_bytes:
            ends.append(before)
            sizes.append(on_page)
            start, on_page = before, 0
        drawn.write(figure)
        on_page += 1
    return [*ends, drawn.tell()], [*sizes, on_page]


def _pieces(drawn: IO[bytes], start: int, end: int) -> Iterator[object]:
    """Yield what was drawn between two places."""
    from markupsafe import Markup

    drawn.seek(start)
    yield Markup(drawn.read(end - start).decode())


def _numbered(name: str, number: int) -> str:
    """Return the name of a page: `trees.html`, `trees-2.html`, `trees-3.html` ..."""
    if number == 1:
        return name
    bare = bare_name(name)
    path = Path(name)
    stem, suffix = os.path.splitext(os.path.basename(bare))
    return os.fspath(path.with_name(f"{stem}-{number}{suffix}{name[len(bare) :]}"))


def _links(names: Sequence[str], sizes: Sequence[int], here: int) -> list[tuple[str, str, bool]]:
    """Return address, sentences and whether it is this one, of each page."""
    links, first = [], 1
    for place, (name, size) in enumerate(zip(names, sizes)):
        label = f"{first:,}–{first + size - 1:,}" if size > 1 else f"{first:,}"
        links.append((quote(os.fsencode(os.path.basename(name))), label, place == here))
        first += size
    return links


def _title(sources: Sequence[str], gold: PathLike | None) -> str:
    """Return the title of pages that have been given none."""
    names = [_name(source) for source in sources]
    title = ", ".join(names) if len(names) <= 3 else f"{names[0]} and {count(len(names) - 1, 'other')}"
    return title if gold is None else f"{title} against {_name(os.fspath(gold))}"


def _name(source: str) -> str:
    if source == STANDARD_STREAM:
        return "standard input"
    return os.path.basename(source) if bare_name(source).endswith(".conllu") or os.path.exists(source) else source
