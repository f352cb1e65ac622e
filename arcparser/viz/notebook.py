"""Look at trees from Python: in the terminal, in a notebook, and on a page.

`show` and `render` draw what the commands of these names draw (`arcparser.viz.show`, `arcparser.viz.tree_page`).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from arcparser.errors import OutputError, UsageError, as_iterator, count, unfit
from arcparser.treebank.columns import FEATS, LEMMA
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tokenlist import AnySentence, as_sentence, is_tokenlist
from arcparser.treebank.tree import check_tree
from arcparser.viz.framed_page import FramedPage
from arcparser.viz.graded import pairs
from arcparser.viz.picture import sentence_picture
from arcparser.viz.terminal_tree import MAXIMUM_WIDTH, MINIMUM_WIDTH, draw_sentences, wants_color
from arcparser.viz.tree_page import Tally, render_html

Sentences = AnySentence | Iterable[AnySentence]

_WANTED = "a sentence that has a tree, or several; a parser makes them of words and of text"


def show(
    sentences: Sentences,
    gold: Sentences | None = None,
    *,
    width: int | None = None,
    color: bool | None = None,
    lemmas: bool = False,
    feats: bool = False,
    scores: bool = False,
) -> None:
    """Print the tree of a sentence, or of several one after the other; in a notebook, display them.

    Args:
        sentences: A Sentence or a `conllu` TokenList, or several, of which one at a time is taken.
        gold: The same sentences with the right trees: arcs that differ are marked.
        width: The most cells that a line of the terminal may take; None: as many as it has.
        color: Whether to color what is printed; None: in a terminal that can show colors.
        lemmas: Also show lemmas.
        feats: Also show features.
        scores: Shade arcs by the probability that head and label are right, of sentences parsed with `scores=True`.

    Raises:
        TreeError: A sentence is no tree.
        ConlluError: There are no scores.
        AlignmentError: `gold` has other words.
        OutputError: Standard output is closed.
        UsageError: An argument is none of these.
    """
    if width is not None and (type(width) is not int or not MINIMUM_WIDTH <= width <= MAXIMUM_WIDTH):
        raise unfit("width", width, f"a number from {MINIMUM_WIDTH} to {MAXIMUM_WIDTH}")
    details, given = _details(lemmas, feats), _sentences("the sentences", sentences)
    right = None if gold is None else _sentences("gold", gold)
    display = _notebook_display()
    if display is not None:
        for sentence, right_tree in pairs(given, right):
            check_tree(sentence, require_deprels=False)
            picture = sentence_picture(sentence, width=width or 80, details=details, scores=scores, gold=right_tree)
            display(picture, raw=True)
        return
    if sys.stdout is None:
        raise OutputError("standard output is closed: there is nowhere to draw")
    color = wants_color(sys.stdout) if color is None else bool(color)
    width = width or min(shutil.get_terminal_size().columns, MAXIMUM_WIDTH)
    for drawing in draw_sentences(given, gold=right, width=width, color=color, details=details, scores=scores):
        _write(drawing)


def render(
    sentences: Sentences,
    gold: Sentences | None = None,
    *,
    title: str = "Dependency trees",
    language: str = "",
    lemmas: bool = False,
    feats: bool = False,
    scores: bool = False,
) -> FramedPage:
    """Draw an HTML page of trees, which shows itself in a notebook and can be saved.

    Args:
        sentences: A Sentence or a `conllu` TokenList, or several.
        gold: The same sentences with the right trees: arcs that differ are marked.
        title: The title and heading of the page.
        language: The code of the language (`he`, `zh-Hant` ...), by which the browser chooses fonts.
        lemmas: Also show lemmas.
        feats: Also show features.
        scores: Shade arcs by the probability that head and label are right, of sentences parsed with `scores=True`.

    Raises:
        TreeError: A sentence is no tree.
        ConlluError: There are no scores.
        AlignmentError: `gold` has other words.
        UsageError: There is no sentence, or an argument is none of these.
    """
    for name, text in (("title", title), ("language", language)):
        if not isinstance(text, str):
            raise unfit(name, text, "a string")
    tally = Tally()
    pieces = render_html(
        _sentences("the sentences", sentences),
        gold=None if gold is None else _sentences("gold", gold),
        title=title,
        language=language,
        tally=tally,
        details=_details(lemmas, feats),
        scores=scores,
    )
    html = "".join(pieces)
    if not tally.sentences:
        raise UsageError("no sentence to draw: give at least one")
    return FramedPage(html, f"{title}, {count(tally.sentences, 'sentence')}, {count(tally.words, 'word')}")


def _details(lemmas: bool, feats: bool) -> list[int]:
    return [column for column, wanted in ((LEMMA, lemmas), (FEATS, feats)) if wanted]


def _sentences(name: str, given: Any) -> Iterator[Sentence]:
    if isinstance(given, Sentence) or is_tokenlist(given):
        given = [given]
    return (as_sentence(one) for one in as_iterator(name, given, _WANTED))


def _notebook_display() -> Callable[..., Any] | None:
    """Return what displays an object in the notebook that this runs in; None if it runs elsewhere."""
    ipython = sys.modules.get("IPython")  # which a notebook has imported
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or getattr(shell, "kernel", None) is None:
        return None
    display: Callable[..., Any] = import_module("IPython.display").display
    return display


def _write(text: str) -> None:
    """Write text to standard output, in UTF-8 if its own encoding has no box drawing."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
