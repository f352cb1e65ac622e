r"""Draw one tree as a picture for slides and papers: SVG, TikZ or PNG.

- SVG has its colors written out, light, so that any program can read it.
- TikZ is for the package `tikz-dependency` (https://ctan.org/pkg/tikz-dependency): what stands between
  `\begin{dependency}` and `\end{dependency}`.
- PNG is the SVG as cairosvg draws it (the extra `png`), or a Chromium that is installed.

With a gold tree, arcs are marked as on a page of trees: wrong ones red, missing ones green and dashed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from arcparser.errors import InputError, UsageError, quote
from arcparser.files import open_output, shown_name
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import choose_sentence
from arcparser.types import PathLike
from arcparser.viz.graded import pairs
from arcparser.viz.page import element, template
from arcparser.viz.safe_text import is_right_to_left
from arcparser.viz.show import sentences_of
from arcparser.viz.svg_tree import Arc, Drawing, draw_column, draw_row
from arcparser.viz.tree_page import WIDEST_ROW, drawn_words, tree_arcs

FORMATS = ("svg", "tikz", "png")
_MARGIN = 8
_SCALE = 2  # pixels of a PNG for one of the SVG
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
_LABEL = re.compile(r'<text class="l"(.*?</text>)', re.DOTALL)
_BORDER = re.compile(r"\.t\.h \.l\{paint-order:stroke;(.*?)\}")
_LATEX = {c: f"\\{c}" for c in "%$#_{}"} | {
    "&": r"\symbol{38}",  # as \& ends a column
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
_STYLES = {"same": "", "wrong": ", edge style={red, thick}, label style={text=red}"}
_STYLES["missing"] = ", edge below, edge style={green!50!black, dashed}, label style={text=green!50!black}"


def render_tree(
    sources: Sequence[str],
    output: PathLike,
    *,
    form: str,
    model: PathLike,
    gold: PathLike | None = None,
    which: str | None = None,
    details: Sequence[int] = (),
) -> None:
    """Draw one sentence of files and texts into a file, whole or not at all.

    Args:
        sources: As in `arcparser.viz.tree_files.render_sources`.
        output: The picture; `-` is standard output.
        form: One of `FORMATS`.
        model: The model that parses texts.
        gold: A file of the same sentences with the right trees.
        which: The sentence (`arcparser.treebank.treebank.choose_sentence`); None: the first.
        details: Columns that are shown under the words as well.

    Raises:
        InputError: A file cannot be read, is malformed, or has not such a sentence; as a TreeError, it is no tree.
        AlignmentError: Gold has other words.
        ModelError: The model cannot be loaded.
        OutputError: The picture cannot be written.
        UsageError: There is nothing to make a PNG with.
    """
    both = pairs(sentences_of(sources, model), None if gold is None else read_conllu(gold))
    found = next(both, None) if which is None else choose_sentence(both, which, lambda pair: pair[0])
    if found is None:
        problem = "no sentence to draw: give a treebank in CoNLL-U, or a text"
        if which is not None:
            problem = f"no sentence {quote(which, 60)}: give a sent_id, a number from 1 on, or the text"
        raise InputError(problem, shown_name(sources[0]))
    makers: dict[str, Callable[..., str | bytes]] = {"svg": tree_svg, "tikz": tree_tikz, "png": tree_png}
    picture = makers[form](*found, details=details)
    with open_output(output) as stream:
        stream.write(picture if isinstance(picture, bytes) else picture.encode())


def tree_svg(sentence: Sentence, gold: Sentence | None = None, *, details: Sequence[int] = ()) -> str:
    """Return the tree as an SVG picture of its own.

    Raises:
        TreeError: The sentence is no tree.
    """
    drawing = _drawing(sentence, gold, details)
    size = {"width": drawing.width + 2 * _MARGIN, "height": drawing.height + 2 * _MARGIN}
    texts = {"text": sentence.text, "margin": _MARGIN, "colors": _colors}
    svg = str(element("single_tree.svg", drawing=drawing, **texts, **size))
    # What lets an arc end beside its label is a border that is painted first, which not every program can do: so it
    # becomes a text of its own, beneath the label.
    return _LABEL.sub(r'<text class="halo" aria-hidden="true"\1\n<text class="l"\1', svg) if "t h" in svg else svg


def _drawing(sentence: Sentence, gold: Sentence | None, details: Sequence[int]) -> Drawing:
    """Draw a row, or lines where it would be wider than any slide."""
    right_to_left = is_right_to_left(sentence.text)
    words, arcs = drawn_words(sentence, details), tree_arcs(sentence, gold)
    row = draw_row(words, arcs, right_to_left=right_to_left)
    return row if row.width <= WIDEST_ROW else draw_column(words, arcs, right_to_left=right_to_left)


def _colors(style: str) -> str:
    """Write a style for any program: with the colors of a light page in place of their names, and a border apart."""
    light = dict(re.findall(r"--(\w+):(#\w+)", str(template("colors.css").module.light())))  # type: ignore[attr-defined]
    style = _BORDER.sub(r".t .halo{font-size:12px;\1}", style)
    return re.sub(r"var\(--(\w+)\)", lambda match: light[match[1]], style)


def tree_tikz(sentence: Sentence, gold: Sentence | None = None, *, details: Sequence[int] = ()) -> str:
    """Return the tree in the language of `tikz-dependency`.

    Raises:
        TreeError: The sentence is no tree.
    """
    words, arcs = drawn_words(sentence, details), tree_arcs(sentence, gold)
    depth = max(len(word.details) for word in words)
    rows = [[word.form for word in words], [word.upos for word in words]]
    rows += [[word.details[i] if i < len(word.details) else "" for word in words] for i in range(depth)]
    lines = [" \\& ".join(_latex(cell, small=place > 0) for cell in row) + r" \\" for place, row in enumerate(rows)]
    text = [
        "% \\usepackage{tikz-dependency}, and a font that has the characters of the words",
        r"\begin{dependency}",
        r"  \begin{deptext}[column sep=1em]",
        *(f"    {line}" for line in lines),
        r"  \end{deptext}",
        *(f"  {_edge(arc)}" for arc in arcs),
        r"\end{dependency}",
    ]
    return "\n".join(text) + "\n"


def _edge(arc: Arc) -> str:
    label = _latex(f"{arc.label}" if not arc.gold_label else f"{arc.label} (gold: {arc.gold_label})")
    style = _STYLES[arc.kind]
    if arc.gold_label:
        style = ", label style={text=red}"
    options = f"[{style[2:]}]" if style else ""
    if arc.head < 0:
        return rf"\deproot{options}{{{arc.dependent + 1}}}{{{label}}}"
    return rf"\depedge{options}{{{arc.head + 1}}}{{{arc.dependent + 1}}}{{{label}}}"


def _latex(text: str, *, small: bool = False) -> str:
    escaped = "".join([_LATEX.get(character, character) for character in ("" if text == "_" and small else text)])
    return rf"{{\scriptsize {escaped}}}" if small and escaped else escaped


def tree_png(sentence: Sentence, gold: Sentence | None = None, *, details: Sequence[int] = ()) -> bytes:
    """Return the tree as a PNG picture.

    Raises:
        TreeError: The sentence is no tree.
        UsageError: Neither cairosvg nor Chromium is there.
    """
    svg = tree_svg(sentence, gold, details=details)
    try:
        import cairosvg
    except (ImportError, OSError):  # cairosvg without the library of cairo
        return _by_chromium(svg)
    return bytes(cairosvg.svg2png(bytestring=svg.encode(), scale=_SCALE))


def _by_chromium(svg: str) -> bytes:
    browser = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if browser is None:
        raise UsageError('a PNG needs cairosvg or Chromium: pip install "arcparser[png]", or give --svg')
    width, height = re.findall(r'(?:width|height)="(\d+)"', svg)[:2]
    with TemporaryDirectory() as folder:
        page, picture = Path(folder, "tree.html"), Path(folder, "tree.png")
        page.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{svg}', encoding="utf-8")
        options = ["--headless", "--disable-gpu", "--no-sandbox", "--hide-scrollbars"]
        options += [f"--user-data-dir={folder}/profile", f"--force-device-scale-factor={_SCALE}"]
        options += [f"--window-size={width},{height}", f"--screenshot={picture}"]
        try:
            subprocess.run([browser, *options, page.as_uri()], capture_output=True, timeout=120, check=True)
            return picture.read_bytes()
        except (OSError, subprocess.SubprocessError):
            problem = f"{browser} has made no picture"
            raise UsageError(f'{problem}: pip install "arcparser[png]" for cairosvg, or give --svg') from None
