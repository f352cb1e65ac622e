"""Draw the trees of files and of texts in the terminal, one after the other."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence

from arcparser.compression import bare_name
from arcparser.files import STANDARD_STREAM
from arcparser.parsing.parser import load
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.types import PathLike
from arcparser.viz.terminal_tree import draw_sentences


def show(
    sources: Iterable[str],
    *,
    model: PathLike,
    gold: PathLike | None = None,
    width: int = 80,
    color: bool = False,
    details: Sequence[int] = (),
    scores: bool = False,
) -> Iterator[str]:
    """Draw the trees of sources one after the other, as they are read.

    Args:
        sources: CoNLL-U files, whose trees are drawn as they are, and texts, which are parsed. What ends in `.conllu`,
            is the path of a file or pipe, or is written as a path (`/a/b`, `./a`) is a file, `-` is standard input, and
            all else is text, but for folders, which are an error.
        model: The model that parses the texts, by path or name. It is loaded if there is a text.
        gold: A file of the same sentences with the right trees, which the sources are compared with.
        width: See `arcparser.viz.terminal_tree.draw_sentences`.
        color: See there.
        details: See `arcparser.viz.terminal_tree.draw_tree`.
        scores: See there. Texts are parsed with scores; files have them if they were.

    Returns:
        Strings to print, one a sentence.

    Raises:
        InputError: A file cannot be read, or a file or text is malformed.
        TreeError: A sentence of a file is no tree.
        AlignmentError: `gold` has other sentences.
        ModelError: The model cannot be loaded.
    """
    right = None if gold is None else read_conllu(gold)
    sentences = sentences_of(sources, model, scores=scores)
    return draw_sentences(sentences, gold=right, width=width, color=color, details=details, scores=scores)


def sentences_of(sources: Iterable[str], model: PathLike, *, scores: bool = False) -> Iterator[Sentence]:
    """Yield the sentences of files and texts, as `show` draws them; its arguments and errors."""
    parser = None
    for source in sources:
        if source == STANDARD_STREAM or names_file(source):
            yield from read_conllu(source)
        else:
            parser = parser or load(model)
            yield from parser.parse_text(source, scores=scores)


def names_file(source: str) -> bool:
    """Tell whether a source can only be meant as a file, whether it is there or not, and not as a text."""
    return bare_name(source).endswith(".conllu") or _is_path(source) or _is_file(source)


def _is_path(source: str) -> bool:
    """Tell whether a source can only be meant as a path, whether it is there or not."""
    from_here = source.startswith((f".{os.sep}", f"..{os.sep}"))
    return (os.path.isabs(source) or from_here) and len(source.split()) == 1


def _is_file(source: str) -> bool:
    """Tell a file or pipe from a text; what may not be looked at is taken for a file, so that the error is told."""
    try:
        kind = os.stat(source).st_mode
        return stat.S_ISREG(kind) or stat.S_ISFIFO(kind) or stat.S_ISDIR(kind)  # a folder, so that the error is told
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
