"""`arcparser render`: draw trees on HTML pages, or one of them as a picture."""

from __future__ import annotations

import argparse
import os

from arcparser.cli.command import Command
from arcparser.cli.common import (
    add_details,
    add_model,
    add_scores,
    check_ending,
    check_output,
    check_page,
    details,
    model_name,
    note,
)
from arcparser.errors import UsageError, readable

_EXAMPLE = """\
examples:
  arcparser render parsed.conllu --gold gold.conllu --output trees.html
  arcparser render scored.conllu --scores --output trees.html
  arcparser render "Dogs chase cats." --output tree.svg
"""

_ENDINGS = {"svg": (".svg",), "tikz": (".tex", ".tikz"), "png": (".png",)}
_PICTURES = {ending: form for form, endings in _ENDINGS.items() for ending in endings}


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument(
        "inputs",
        action="input",
        nargs="+",
        metavar="TEXT_OR_FILE",
        help="CoNLL-U files as they are, or text to parse (- is standard input)",
    )
    command.add_argument(
        "-o",
        "--output",
        action="file",
        required=True,
        metavar="FILE.html",
        help="the page to write, or a picture: FILE.svg, .tex, .png; - is standard output",
    )
    add_model(command)
    command.add_argument(
        "--gold",
        action="input",
        metavar="GOLD",
        help="the same sentences with the right trees: arcs that differ are marked",
    )
    command.add_argument("--limit", type=int, metavar="N", help="draw the first N sentences (default: all)")
    picture = command.add_mutually_exclusive_group()
    for form, what in (("svg", "an SVG picture"), ("tikz", "TikZ, for tikz-dependency"), ("png", "a PNG picture")):
        picture.add_argument(f"--{form}", action="store_true", help=f"draw one sentence as {what}")
    command.add_argument(
        "--sentence", type=readable, metavar="WHICH", help="of a picture: sent_id, number or text (default: the first)"
    )
    add_details(command)
    add_scores(command)
    command.add_argument("--title", type=readable, help="title of the page (default: the names of the files)")
    command.add_argument(
        "--lang", type=readable, default="", metavar="CODE", help="language of the page, for its fonts"
    )


def run(args: argparse.Namespace) -> None:
    """Write pages and say what is on them, or one picture."""
    form = next((name for name in ("svg", "tikz", "png") if getattr(args, name)), None)
    form = form or _PICTURES.get(os.path.splitext(args.output)[1].lower())
    if form is not None:
        return _picture(args, form)
    check_page(args.output, *args.inputs, args.gold)
    if args.sentence is not None:
        raise UsageError("--sentence is for a picture of one tree: give --svg, --tikz or --png")
    from arcparser.errors import count
    from arcparser.viz.tree_files import render_sources

    done = render_sources(
        args.inputs,
        args.output,
        model=model_name(args),
        gold=args.gold,
        limit=args.limit,
        title=args.title,
        language=args.lang,
        details=details(args),
        scores=args.scores,
    )
    differing = done.tally.differing_sentences
    compared = f", {differing:,} of them {'differs' if differing == 1 else 'differ'} from gold" if args.gold else ""
    place = "standard output" if args.output == "-" else args.output
    if len(done.pages) > 1:
        place += f" and {count(len(done.pages) - 1, 'other page')}, the last {done.pages[-1]}"
    note(f"{count(done.tally.sentences, 'sentence')} in {place}{compared}")


def _picture(args: argparse.Namespace, form: str) -> None:
    """Write one tree as a picture."""
    for name in ("limit", "title", "lang", "scores"):
        value = getattr(args, name)
        if value:
            raise UsageError(f"--{name} is for pages: leave it out, or give --output FILE.html")
    check_output(args.output, *args.inputs, args.gold)
    check_ending(args.output, *_ENDINGS[form])
    from arcparser.viz.single_tree import render_tree

    render_tree(
        args.inputs,
        args.output,
        form=form,
        model=model_name(args),
        gold=args.gold,
        which=args.sentence,
        details=details(args),
    )
