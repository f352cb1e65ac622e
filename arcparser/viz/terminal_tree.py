"""Draw a dependency tree in the terminal: one word per line, arcs to the left of the words.

      ╭╴The    DET    det
      ├╴quick  ADJ    amod
    ╭─┴╴fox    NOUN   nsubj
  ╶─┼──╴jumps  VERB   root
    │ ╭╴over   ADP    case
    │ ├╴the    DET    det
    ├─┴╴fence  NOUN   obl
    ╰──╴.      PUNCT  punct

Each word has a horizontal line that ends at the word. A word with dependents also has a vertical line, its
trunk, where its own line carries ┬, ┴ or ┼; the lines of its dependents begin at that trunk (╭ ├ ╰). So the
head of a word is found by following its line to the left. Words stand below each other in the order of the
text, whatever their script, so that any length and any direction of writing fits.

Trunks are placed from the right: a trunk stands left of the trunks of all its dependents, as near to the words
as it can, which keeps short arcs short. In a projective tree no line crosses another: the trunks that pass a
word's line are those of its ancestors, and these stand further left than the line begins. Of a non-projective
tree lines may cross; then the trunk is drawn whole and the horizontal line passes below it: ─│─.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import TextIO

from arcparser.errors import clean
from arcparser.parsing.doubtful import noted_probabilities
from arcparser.treebank.columns import DEPREL, FORM, LEMMA, UPOS
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree
from arcparser.viz.graded import pairs, share_right
from arcparser.viz.safe_text import cells, isolate, shorten, wrap

MINIMUM_WIDTH, MAXIMUM_WIDTH = 24, 10_000
_GAP = "  "
_SOFT, _ROOT, _UPOS, _DEPREL, _DETAIL = "dim", "bold", "magenta", "cyan", "dim"
_BAD = "red"
_DOUBTS = ((0.5, "bold red"), (0.7, "red"), (0.9, "yellow"))
_SCORE, _WRONG = 10, 11  # columns that CoNLL-U does not have


def draw_tree(
    sentence: Sentence,
    *,
    width: int = 80,
    color: bool = False,
    details: Sequence[int] = (),
    scores: bool = False,
    gold: Sentence | None = None,
) -> str:
    """Draw the tree of a sentence, one line per word, without a newline at the end.

    To fit into the width, first the words of multiword tokens lose their bracket, then the arcs are drawn closer, then
    long forms and labels are cut; a tree too deep even so is written as a table that gives the number of each word's
    head.

    Args:
        sentence: A sentence with its tree.
        width: The most cells that a line may take (24 at least).
        color: Use ANSI escape sequences.
        details: Columns that are written as well: LEMMA before UPOS, others after DEPREL.
        scores: Write behind DEPREL how probable it is that head and label are right, in percent, as MISC says; the
            lines of doubtful arcs are colored.
        gold: The same words with the right tree: what is wrong is written behind everything else.

    Raises:
        TreeError: The sentence is no tree with one root.
        ConlluError: There are no scores.
    """
    heads = check_tree(sentence, require_deprels=False)
    width = min(max(width, MINIMUM_WIDTH), MAXIMUM_WIDTH)
    shown = [*_shown_columns(details), *([_SCORE] if scores else []), *([_WRONG] if gold is not None else [])]
    probabilities = noted_probabilities(sentence).tolist() if scores else []
    further = {
        _SCORE: [f"{100 * p:.0f}" for p in probabilities],
        _WRONG: [] if gold is None else _corrections(sentence, gold),
    }
    columns = [[clean(value) for value in further.get(c) or sentence.column(c)] for c in shown]
    styles = [_style_of(p) for p in probabilities] or [_SOFT] * len(heads)
    widest = [max(map(cells, column)) for column in columns]
    trunks = place_trunks(heads)
    brackets = _multiword_brackets(sentence)
    bracket_width = max(map(cells, brackets), default=0)
    for step, with_brackets in ((2, True), (2, False), (1, False)):
        available = width - step * max(trunks) - 2 - len(_GAP) * (len(columns) - 1)
        if with_brackets and brackets:
            available -= len(_GAP) + bracket_width
        if sum(widest) <= available:
            break
    else:
        squeezed = _squeeze(widest, available)
        if any(narrow < min(wide, 4) for narrow, wide in zip(squeezed, widest)):
            return "\n".join(_table(heads, columns, shown, styles, width, color))
        widest = squeezed
    arcs = _draw_arcs(heads, trunks, step)
    lines = []
    for position, (before, arc) in enumerate(arcs):
        values = [column[position] for column in columns]
        style = styles[position]
        drawn = (
            paint(before + arc, style, color)
            if style == _SOFT
            else paint(before, _SOFT, color) + paint(arc, style, color)
        )
        line = drawn + _row(values, shown, widest, heads[position] == 0, color, style)
        if with_brackets and brackets and brackets[position]:
            line += _GAP + paint(isolate(brackets[position]), _SOFT, color)
        lines.append(line.rstrip())
    return "\n".join(lines)


def draw_sentences(
    sentences: Iterable[Sentence],
    *,
    gold: Iterable[Sentence] | None = None,
    width: int = 80,
    color: bool = False,
    details: Sequence[int] = (),
    scores: bool = False,
) -> Iterator[str]:
    """Draw the trees of many sentences, one string each: `sent_id`, the wrapped text, the tree, and a blank line.

    Arguments are those of `draw_tree`. With `gold`, the same sentences with the right trees, a line says how much of
    each is right.

    Raises:
        TreeError: A sentence is no tree.
        ConlluError: There are no scores.
        AlignmentError: `gold` has other words.
    """
    width = min(max(width, MINIMUM_WIDTH), MAXIMUM_WIDTH)
    for sentence, right in pairs(sentences, gold):
        tree = draw_tree(sentence, width=width, color=color, details=details, scores=scores, gold=right)
        title = [shorten(f"# {clean(sentence.sent_id)}", width)] if sentence.sent_id else []
        if right is not None:
            title.append(shorten(f"# {_share_right(sentence, right)}", width))
        text = wrap(clean(sentence.text), width)
        head = [*(paint(line, _SOFT, color) for line in title), *map(isolate, text)]
        yield "\n".join([*head, tree, "", ""])


def _corrections(sentence: Sentence, gold: Sentence) -> list[str]:
    """Say of each word what gold has instead: `✗ obj` where the label is wrong, `✗ 3 saw obj` where the head is."""
    corrections = []
    right_heads = check_tree(gold, require_deprels=False)
    for head, label, right, right_label in zip(sentence.heads, sentence.deprels, right_heads, gold.deprels):
        if head != right:
            form = f" {gold.forms[right - 1]}" if right else ""
            corrections.append(f"✗ {right}{form} {right_label}")
        else:
            corrections.append("" if label == right_label else f"✗ {right_label}")
    return corrections


def _share_right(sentence: Sentence, gold: Sentence) -> str:
    """Say how many heads and labels of a sentence are right."""
    heads = [ours == theirs for ours, theirs in zip(sentence.heads, gold.heads)]
    labels = [right and a == b for right, a, b in zip(heads, sentence.deprels, gold.deprels)]
    return share_right(sum(heads), sum(labels), len(sentence))


def _style_of(probability: float) -> str:
    """Return the style of an arc that is so probable."""
    return next((style for limit, style in _DOUBTS if probability < limit), _SOFT)


def wants_color(stream: TextIO) -> bool:
    """Return whether output to `stream` may be colored.

    It may if it is a terminal that can show colors, and NO_COLOR (https://no-color.org) is not set.
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, color: bool) -> str:
    """Return text in a style of rich's (`bold`, `dim`, `cyan` ...), or as it is without `color`.

    The text itself is not interpreted: `[bold]` in it stays `[bold]`.
    """
    return _style(style)(text) if color and style and text else text


@cache
def _style(name: str) -> Callable[[str], str]:
    from rich.color import ColorSystem
    from rich.style import Style

    return partial(Style.parse(name).render, color_system=ColorSystem.STANDARD)


def place_trunks(heads: Sequence[int]) -> list[int]:
    """Return the place of each word's trunk, counted from the words to the left: 1, 2 ...; 0 without dependents.

    A trunk reaches over the lines of its word and of all its dependents. It stands left of its dependents'
    trunks, in the first place where no other trunk reaches over one of its lines. For heads [2, 3, 0, 3]:
    [0, 1, 2, 0].
    """
    size = len(heads)
    first, last = list(range(1, size + 1)), list(range(1, size + 1))  # lines that a word's trunk reaches over
    waiting = [0] * (size + 1)  # dependents whose trunks are not placed yet
    for word, head in enumerate(heads, start=1):
        waiting[head] += 1
        if head:
            first[head - 1] = min(first[head - 1], word)
            last[head - 1] = max(last[head - 1], word)
    trunks = [0] * size
    least = [1] * (size + 1)
    taken: list[list[tuple[int, int]]] = [[]]
    ready = [word for word in range(1, size + 1) if not waiting[word]]
    for word in ready:  # grows while it is walked through: a word comes after all its dependents
        if first[word - 1] < last[word - 1]:
            span = (first[word - 1], last[word - 1])
            place = least[word]
            while place < len(taken) and any(a <= span[1] and span[0] <= b for a, b in taken[place]):
                place += 1
            taken += [[] for _ in range(place + 1 - len(taken))]
            taken[place].append(span)
            trunks[word - 1] = place
        head = heads[word - 1]
        least[head] = max(least[head], trunks[word - 1] + 1)
        waiting[head] -= 1
        if head and not waiting[head]:
            ready.append(head)
    return trunks


def _draw_arcs(heads: Sequence[int], trunks: Sequence[int], step: int) -> list[tuple[str, str]]:
    """Draw what is to the left of each word: what passes by, and from where its own line begins.

    All of it is `step * max(trunks) + 2` cells wide.
    """
    size, places = len(heads), max(trunks) + 1  # the artificial root, which has no trunk, is furthest left

    def at(place: int) -> int:
        return (places - place) * step

    begins = [at(trunks[head - 1] if head else places) for head in heads]
    rows = [[" "] * begin + ["─"] * (at(1) + 1 - begin) + ["╴"] for begin in begins]
    rows[heads.index(0)][0] = "╶"
    dependents: list[list[int]] = [[] for _ in range(size + 1)]
    for word, head in enumerate(heads, start=1):
        dependents[head].append(word)
    for word in range(1, size + 1):
        lines = dependents[word]
        if not lines:
            continue
        x, top, bottom = at(trunks[word - 1]), min(word, lines[0]), max(word, lines[-1])
        for line in range(top, bottom + 1):
            rows[line - 1][x] = "│"
        for line in lines:
            rows[line - 1][x] = "╭" if line == top else "╰" if line == bottom else "├"
        rows[word - 1][x] = "┬" if word == top else "┴" if word == bottom else "┼"
    return [("".join(row[:begin]), "".join(row[begin:])) for row, begin in zip(rows, begins)]


def _multiword_brackets(sentence: Sentence) -> list[str]:
    """Return what stands behind each word: `╮ don't` and `╯` for the words of *don't*.

    The list is empty if there are no multiword tokens.
    """
    if not sentence.multiword_tokens:
        return []
    brackets = [""] * len(sentence)
    for token in sentence.multiword_tokens:
        for word in range(token.first, token.last + 1):
            brackets[word - 1] = "╯" if word == token.last else "│"
        form = clean(token.form)
        brackets[token.first - 1] = f"╶ {form}" if token.first == token.last else f"╮ {form}"
    return brackets


def _shown_columns(details: Sequence[int]) -> list[int]:
    """Return the columns of CoNLL-U that are written of each word, from left to right."""
    before = [LEMMA] if LEMMA in details else []
    return [FORM, *before, UPOS, DEPREL, *(column for column in details if column != LEMMA)]


def _row(
    values: Sequence[str], columns: Sequence[int], room: Sequence[int], root: bool, color: bool, score: str
) -> str:
    """Write the values of a word in their columns, its probability in the style `score`."""
    shown = [shorten(value, width) for value, width in zip(values, room)]
    spaces = [" " * (width - cells(value)) for value, width in zip(shown, room)]
    styles = {FORM: _ROOT if root else "", UPOS: _UPOS, DEPREL: _DEPREL, _SCORE: score, _WRONG: _BAD}
    painted = [paint(isolate(value), styles.get(column, _DETAIL), color) for value, column in zip(shown, columns)]
    return _GAP.join(value + space for value, space in zip(painted, spaces))


def _table(
    heads: Sequence[int],
    columns: Sequence[Sequence[str]],
    shown: Sequence[int],
    styles: Sequence[str],
    width: int,
    color: bool,
) -> list[str]:
    """Write words with the numbers of their heads, for trees that are too deep to be drawn in `width` cells."""
    digits = len(str(len(heads)))
    left = [f"{number:>{digits}} ← {head:<{digits}} " for number, head in enumerate(heads, start=1)]
    available = width - len(left[0]) - len(_GAP) * (len(columns) - 1)
    room = _squeeze([max(map(cells, column)) for column in columns], available)
    return [
        (
            paint(left[i], _SOFT, color)
            + _row([column[i] for column in columns], shown, room, head == 0, color, styles[i])
        ).rstrip()
        for i, head in enumerate(heads)
    ]


def _squeeze(widths: Sequence[int], available: int) -> list[int]:
    """Return widths that add up to no more than `available`; the widest gives way first."""
    squeezed = list(widths)
    while sum(squeezed) > max(available, 0):
        squeezed[squeezed.index(max(squeezed))] -= 1
    return squeezed
