"""The commands that show things: `show`, `render`, `explain`, `corpus`; see `arcparser.cli.main`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from arcparser.errors import UsageError

AddCommand = Callable[..., argparse.ArgumentParser]

_SHOW_EXAMPLE = """\
examples:
  arcparser show "The quick brown fox jumps."
  arcparser show parsed.conllu | less -R
"""
_RENDER_EXAMPLE = """\
example:
  arcparser render parsed.conllu --gold gold.conllu --output trees.html
"""
_EXPLAIN_EXAMPLE = """\
examples:
  arcparser explain "Dogs chase cats"
  arcparser explain --gold gold.conllu --sentence 3 --output explain.html
"""
_CORPUS_EXAMPLE = """\
examples:
  arcparser corpus list english
  arcparser corpus get UD_English-EWT
"""


def add_commands(commands: Any, command: AddCommand, add_model: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands of this module to those of `arcparser.cli.main`."""
    show = command(commands, "show", "draw trees in the terminal", _SHOW_EXAMPLE, _show)
    show.add_argument(
        "input",
        nargs="+",
        metavar="TEXT_OR_FILE",
        help="text to parse, or CoNLL-U files as they are (- is standard input)",
    )
    add_model(show)
    _add_terminal(show)

    render = command(commands, "render", "draw the trees of a file on an HTML page", _RENDER_EXAMPLE, _render)
    render.add_argument("file", metavar="FILE.conllu", help="a file of trees")
    render.add_argument("--output", required=True, metavar="FILE.html", help="the page to write")
    render.add_argument(
        "--gold", metavar="GOLD", help="the same sentences with the right trees: arcs that differ are marked"
    )
    render.add_argument("--title", help="title of the page (default: the file's name)")
    render.add_argument("--lang", default="", metavar="CODE", help="language of the page, for its fonts")

    explain = command(commands, "explain", "show a parse step by step", _EXPLAIN_EXAMPLE, _explain)
    explain.add_argument("text", nargs="?", metavar="TEXT", help="one sentence; with --gold, the sentence of that text")
    add_model(explain)
    explain.add_argument(
        "--gold", metavar="FILE", help="a CoNLL-U file with the right tree: shows loss and gradient as well"
    )
    explain.add_argument(
        "--sentence", metavar="WHICH", help="number or sent_id of a sentence in --gold (default: the first)"
    )
    explain.add_argument(
        "--follow", choices=("parser", "oracle"), default="parser", help="whose actions to make (default: the parser's)"
    )
    explain.add_argument("--top", type=int, default=8, metavar="N", help="how many actions to show a step (default 8)")
    explain.add_argument("--output", metavar="FILE.html", help="write a page to step through instead")
    _add_terminal(explain)

    corpus = command(commands, "corpus", "find and download UD treebanks", _CORPUS_EXAMPLE, None)
    actions = corpus.add_subparsers(title="actions", metavar="ACTION", required=True)
    found = command(actions, "list", "list UD treebanks", _CORPUS_EXAMPLE, _corpus_list)
    found.add_argument(
        "words", nargs="*", metavar="WORD", help="only those whose name, code or language has all the words"
    )
    get = command(actions, "get", "download a UD treebank", _CORPUS_EXAMPLE, _corpus_get)
    get.add_argument("name", metavar="NAME", help="such as UD_English-EWT")
    get.add_argument("--release", default="r2.16", help="release of UD (default r2.16)")
    get.add_argument("--code", help="what the files begin with, for a treebank that is not in the list")
    get.add_argument("--output", metavar="DIR", help="folder to write (default: NAME-RELEASE)")
    get.add_argument(
        "--part", action="append", help="train, dev, test, or a piece such as train-a (default: all there are)"
    )


def _add_terminal(command: argparse.ArgumentParser) -> None:
    command.add_argument("--width", type=int, metavar="N", help="columns (default: the terminal's)")
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: on a terminal")
    command.add_argument(
        "--colour", dest="color", choices=("auto", "always", "never"), default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )


def _terminal(args: argparse.Namespace) -> tuple[int, bool]:
    """Width in columns, and whether to use colors."""
    import shutil

    from arcparser.viz.terminal_tree import wants_color

    if args.width is not None and args.width < 20:
        raise UsageError(f"--width {args.width}: give at least 20")
    width = args.width or shutil.get_terminal_size().columns
    return width, args.color == "always" or (args.color == "auto" and wants_color(sys.stdout))


def _write(texts: Iterable[str]) -> None:
    for text in texts:  # UTF-8 whatever the terminal's encoding: box drawing is not in every one
        sys.stdout.buffer.write(text.encode())


def _show(args: argparse.Namespace) -> None:
    import io

    from arcparser.model.registry import DEFAULT_MODEL
    from arcparser.parsing.parser import load
    from arcparser.treebank.reader import read_conllu
    from arcparser.treebank.sentence import Sentence
    from arcparser.viz.terminal_tree import draw_sentences

    width, color = _terminal(args)
    parser = None
    for source in args.input:
        if source == "-":
            _write(draw_sentences(read_conllu(sys.stdin.buffer, name="<stdin>"), width=width, color=color))
        elif source.endswith(".conllu") or Path(source).is_file():
            _write(draw_sentences(read_conllu(source), width=width, color=color))
        else:
            parser = parser or load(args.model or DEFAULT_MODEL)
            stream = io.BytesIO(source.encode("utf-8", "surrogateescape"))
            sentences = parser.model.segmentation.read(stream, lines=False, name="<text>")
            parsed = (s for s in parser.parse_stream(sentences) if isinstance(s, Sentence))
            _write(draw_sentences(parsed, width=width, color=color))


def _render(args: argparse.Namespace) -> None:
    from arcparser.viz.tree_page import render_file

    tally = render_file(args.file, args.output, gold=args.gold, title=args.title, language=args.lang)
    differing = f", {tally.differing_sentences:,} of them differ from gold" if args.gold else ""
    print(f"{tally.sentences:,} sentences in {args.output}{differing}", file=sys.stderr)


def _explain(args: argparse.Namespace) -> None:
    import io

    from arcparser.files import atomic_writer
    from arcparser.model.registry import DEFAULT_MODEL
    from arcparser.parsing.parser import load
    from arcparser.viz.explain import explain, find_sentence
    from arcparser.viz.explain_page import format_html
    from arcparser.viz.explain_terminal import format_text

    if args.text is not None and args.sentence is not None:
        raise UsageError("TEXT and --sentence exclude each other: give one of them")
    gold = find_sentence(args.gold, args.sentence or args.text) if args.gold else None
    if args.text is None and gold is None:
        raise UsageError("nothing to explain: give a sentence, or --gold FILE")
    parser = load(args.model or DEFAULT_MODEL)
    words: Any = gold
    if gold is None:
        stream = io.BytesIO(args.text.encode("utf-8", "surrogateescape"))
        words = next(parser.model.segmentation.read(stream, lines=True, name="<text>"), None)
        if words is None:
            raise UsageError("nothing to explain: the text has no words")
    explanation = explain(parser, words, gold=gold, follow=args.follow, top=args.top)
    if args.output:
        with atomic_writer(args.output) as page:
            page.write(format_html(explanation).encode())
    else:
        width, color = _terminal(args)
        _write([format_text(explanation, width=width, color=color)])


def _corpus_list(args: argparse.Namespace) -> None:
    from arcparser.treebank.ud import corpora_table, list_corpora

    found = list_corpora(args.words)
    if not found:
        asked = " ".join(args.words)
        raise UsageError(f"no treebank in the list has {asked}: with corpus get, --code names any other")
    print(corpora_table(found))


def _corpus_get(args: argparse.Namespace) -> None:
    from arcparser.treebank.ud import get_corpus

    shown = sys.stderr is not None and sys.stderr.isatty()
    corpus = get_corpus(
        args.name, release=args.release, code=args.code, output=args.output, parts=args.part, progress=shown
    )
    print(corpus.text())
