"""Draw a sentence for a notebook: what Jupyter shows where a cell ends in a sentence.

A notebook shows the best that it can of three forms (https://ipython.readthedocs.io, "Rich display"): HTML, with the
tree as a row where it fits and a word a line where it does not; SVG; and text, the tree of the terminal.

Many pictures share one page with each other and with the notebook. So no element has an id, every rule of their style
is for the class `arcparser-tree` alone, and the same sentence gives the same bytes. A picture has a background of its
own: it can be read whatever the notebook's is. It is light or dark as the notebook's theme is, else as the system's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from arcparser.errors import TreeError, clean
from arcparser.treebank.sentence import Sentence
from arcparser.viz.page import element
from arcparser.viz.safe_text import is_right_to_left, wrap
from arcparser.viz.svg_tree import Arc, draw_column, draw_row
from arcparser.viz.terminal_tree import draw_tree
from arcparser.viz.tree_page import drawn_words, tree_arcs

_FITS = 480  # pixels, which every notebook has room for
_WIDEST_ROW = 1200
_MARGIN = 8
_NOT_IN_XML = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")  # all else that XML does not allow is clean already


def sentence_picture(
    sentence: Sentence,
    *,
    width: int = 80,
    details: Sequence[int] = (),
    scores: bool = False,
    gold: Sentence | None = None,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, str]:
    """Draw the tree of a sentence, or its words if it has no tree, in each of the forms that a notebook may show.

    Args:
        sentence: The sentence.
        width: The most cells of a line of the text.
        details: Columns that are shown as well: LEMMA, FEATS.
        scores: Shade arcs by their probabilities.
        gold: The same words with the right tree: arcs that differ are marked.
        include: The MIME types that are wanted; None: all.
        exclude: Those that are not.

    Returns:
        The forms by their MIME types: `text/html`, `image/svg+xml` and `text/plain`.
    """
    forms = {"text/html": _html, "image/svg+xml": _svg, "text/plain": _text}
    wanted = [form for form in forms if (include is None or form in include) and form not in (exclude or ())]
    given = _Given(sentence, width, details, scores, gold)
    return {form: forms[form](given) for form in wanted}


@dataclass(frozen=True)
class _Given:
    """Hold what is drawn: the arguments of `sentence_picture`."""

    sentence: Sentence
    width: int
    details: Sequence[int]
    scores: bool
    gold: Sentence | None

    def arcs(self) -> Sequence[Arc]:
        """Return the arcs; none if there is no tree."""
        try:
            return tree_arcs(self.sentence, self.gold, scores=self.scores)
        except TreeError:
            return ()


def _html(given: _Given) -> str:
    right_to_left = is_right_to_left(given.sentence.text)
    words, arcs = drawn_words(given.sentence, given.details), given.arcs()
    row = draw_row(words, arcs, right_to_left=right_to_left)
    if row.width <= _FITS:
        drawings = [row]
    else:
        column = draw_column(words, arcs, right_to_left=right_to_left)
        drawings = [row, column] if row.width <= _WIDEST_ROW else [column]
    room = row.width if len(drawings) > 1 else None
    return str(element("picture.html", drawings=drawings, width=room, right_to_left=right_to_left))


def _svg(given: _Given) -> str:
    text = given.sentence.text
    right_to_left = is_right_to_left(text)
    words, arcs = drawn_words(given.sentence, given.details), given.arcs()
    drawing = draw_row(words, arcs, right_to_left=right_to_left)
    if drawing.width > _WIDEST_ROW:
        drawing = draw_column(words, arcs, right_to_left=right_to_left)
    size = {"width": drawing.width + 2 * _MARGIN, "height": drawing.height + 2 * _MARGIN}
    svg = element("picture.svg", drawing=drawing, text=text, margin=_MARGIN, **size)
    return str(svg).translate(_NOT_IN_XML)


def _text(given: _Given) -> str:
    sentence, width = given.sentence, given.width
    try:
        return draw_tree(sentence, width=width, details=given.details, scores=given.scores, gold=given.gold)
    except TreeError:
        return "\n".join(wrap(clean(" ".join(sentence.forms)), width))
