"""Draw an HTML page of dependency trees, to look at a treebank or at a parser's mistakes in a browser.

The trees look like displaCy's but are drawn by `arcparser.viz.svg_tree`, as spaCy's `displacy` in manual mode
takes 175 pixels per word (10,000 for a sentence of 60 words), does not escape labels, gives all arcs one
color and makes new random ids on each run; repairing that from outside would take more code than drawing. The page is
`templates/tree_page.html`, each sentence on it `templates/tree_figure.html`.

A sentence is drawn twice, in a row and with one word per line; the page shows the row where it fits into the
window, made smaller by a fifth at most, and the lines where it does not (container queries, no script), so that nothing
has to be scrolled sideways. Rows wider than any window are left out. With a gold tree, arcs that gold has not are red,
thick and marked ✗, those that only gold has are green, dashed and marked ✓.

The page is written sentence by sentence, so its length does not matter here; browsers lay out only what is on
the screen (`content-visibility`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from arcparser.errors import count
from arcparser.parsing.doubtful import noted_probabilities
from arcparser.treebank.columns import BLANK, FEATS, FORM, LEMMA, UPOS, XPOS
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree
from arcparser.viz.graded import pairs, share_right
from arcparser.viz.page import element, template
from arcparser.viz.safe_text import is_right_to_left, shorten
from arcparser.viz.svg_tree import Arc, Word, draw_column, draw_row, row_width

if TYPE_CHECKING:
    from markupsafe import Markup

WIDEST_ROW = 2400
ROW_STEP = 60  # rows are sorted into classes by width; a class changes to lines as soon as its widest does not fit
ROW_CLASSES = range(1, WIDEST_ROW // ROW_STEP + 1)
_PRINTED = 1900  # pixels of a row that is still printed as one
# What the style of a page of trees is made of, which other pages of trees need as well.
LAYOUT = {
    "step": ROW_STEP,
    "widths": ROW_CLASSES,
    "widest": WIDEST_ROW,
    "smallest": 0.8,
    "printed": range(1, _PRINTED // ROW_STEP + 1),
}


@dataclass
class Tally:
    """Count what has been drawn so far; the last three count only with a gold file."""

    sentences: int = 0
    words: int = 0
    differing_sentences: int = 0
    heads_right: int = 0
    labels_right: int = 0  # head and label


def render_html(
    sentences: Iterable[Sentence],
    *,
    gold: Iterable[Sentence] | None = None,
    title: str = "Dependency trees",
    language: str = "",
    tally: Tally | None = None,
    details: Sequence[int] = (),
    scores: bool = False,
) -> Iterator[str]:
    """Draw a self-contained HTML page, piece by piece: join the pieces or write them one after the other.

    Args:
        sentences: The sentences to draw, of which one at a time is taken.
        gold: The same sentences, word for word, with the right trees; labels count with their subtypes.
        title: The title and heading of the page.
        language: A code (`he`, `zh-Hant` ...) that lets the browser choose fonts, or empty; the direction of writing is
            seen from the words.
        tally: Is filled in as the pieces are taken.
        details: Columns that are shown under the words as well: LEMMA, FEATS.
        scores: Shade arcs by the probability that head and label are right, which is in MISC (`parse --scores`).

    Raises:
        ConlluError: There are no scores to shade arcs by.
        TreeError: A sentence is no tree.
        AlignmentError: Gold has other words.
    """
    tally = tally if tally is not None else Tally()
    return template("tree_page.html").generate(
        title=title,
        language=language,
        **LAYOUT,
        graded=gold is not None,
        shaded=scores,
        figures=(tree_figure(sentence, right, tally, details, scores) for sentence, right in pairs(sentences, gold)),
        summary=partial(summary, tally, graded=gold is not None),  # asked for when all figures are drawn
    )


def tree_arcs(sentence: Sentence, gold: Sentence | None = None, *, scores: bool = False) -> list[Arc]:
    """Return the arcs of a sentence, in the order of their dependents, and with `gold` those that it misses.

    With `scores` they have the probabilities in MISC.
    """
    heads, labels = check_tree(sentence, require_deprels=False), sentence.deprels
    sure: list[float | None] = [None] * len(heads)
    if scores:
        sure = list(noted_probabilities(sentence).tolist())
    if gold is None:
        return [Arc(head - 1, i, label, probability=p) for i, (head, label, p) in enumerate(zip(heads, labels, sure))]
    arcs = []
    gold_heads = check_tree(gold, require_deprels=False)
    for word, (head, label, right, right_label, p) in enumerate(zip(heads, labels, gold_heads, gold.deprels, sure)):
        if head != right:
            wrong = Arc(head - 1, word, label, "wrong", probability=p)
            arcs += [wrong, Arc(right - 1, word, right_label, "missing")]
        else:
            gold_label = right_label if right_label != label else ""
            arcs.append(Arc(head - 1, word, label, gold_label=gold_label, probability=p))
    return arcs


def tree_figure(
    sentence: Sentence, gold: Sentence | None, tally: Tally, details: Sequence[int], scores: bool = False
) -> Markup:
    """Draw one sentence, its text and its tree, and count it."""
    arcs = tree_arcs(sentence, gold, scores=scores)
    words = drawn_words(sentence, details)
    text = sentence.text
    right_to_left = is_right_to_left(text)
    tally.sentences += 1
    tally.words += len(words)
    note, classes = "", []
    if gold is not None:
        heads_right = len(words) - sum(arc.kind == "wrong" for arc in arcs)
        labels_right = heads_right - sum(bool(arc.gold_label) for arc in arcs)
        tally.heads_right += heads_right
        tally.labels_right += labels_right
        tally.differing_sentences += labels_right < len(words)
        classes += ["same"] if labels_right == len(words) else []
        note = f" · {share_right(heads_right, labels_right, len(words))}"
    width = row_width(words, arcs)
    drawings = [draw_column(words, arcs, right_to_left=right_to_left)]
    if width <= WIDEST_ROW:
        drawings.insert(0, draw_row(words, arcs, right_to_left=right_to_left))
        classes.append(f"k{-(-width // ROW_STEP)}")
    if right_to_left:
        classes.append("rtl")
    return element(
        "tree_figure.html",
        number=tally.sentences,
        sent_id=sentence.sent_id,
        note=note,
        text=text,
        classes=" ".join(classes),
        height=70 + drawings[0].height,
        drawings=drawings,
    )


def drawn_words(sentence: Sentence, details: Sequence[int]) -> list[Word]:
    """Return what is drawn of each word, with all its columns as a note; each feature in `details` has its line."""
    return [_word(row, details) for row in sentence.rows]


def _word(row: list[str], details: Sequence[int]) -> Word:
    """Return what is drawn of a word, with all its columns as a note; each feature in `details` has its line."""
    note = " · ".join(row[column] for column in (FORM, LEMMA, UPOS, XPOS, FEATS) if row[column] not in BLANK)
    lines = [line for column in details for line in (row[column].split("|") if column == FEATS else [row[column]])]
    return Word(
        shorten(row[FORM], 32), row[UPOS], note, tuple(shorten(line, 32) for line in lines if line not in BLANK)
    )


def summary(tally: Tally, *, graded: bool) -> str:
    """Say how much was drawn, and with a gold file how much of it is right."""
    text = f"{count(tally.sentences, 'sentence')}, {count(tally.words, 'word')}."
    if not graded or not tally.words:
        return text
    differing = tally.differing_sentences
    heads, labels = (100 * right / tally.words for right in (tally.heads_right, tally.labels_right))
    return (
        f"{text} {heads:.2f} % of the heads are right, {labels:.2f} % with the right label as well "
        f"(subtypes counted); {count(differing, 'sentence')} {'differs' if differing == 1 else 'differ'}."
    )
