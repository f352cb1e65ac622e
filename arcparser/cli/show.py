"""`arcparser show`: draw trees in the terminal."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from arcparser.cli.command import Command
from arcparser.cli.common import add_model, add_terminal, model_name, terminal, write

_EXAMPLES = """\
examples:
  arcparser show "The quick brown fox jumps."
  arcparser show parsed.conllu | less -R
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "input",
        nargs="+",
        metavar="TEXT_OR_FILE",
        help="text to parse, or CoNLL-U files as they are (- is standard input)",
    )
    add_model(command)
    add_terminal(command)


def run(args: argparse.Namespace) -> None:
    """Draw the trees of files, and those of texts as a model parses them."""
    from arcparser.parsing.parser import load
    from arcparser.treebank.reader import read_conllu
    from arcparser.treebank.sentence import Sentence
    from arcparser.viz.terminal_tree import draw_sentences

    width, color = terminal(args)
    parser = None
    for source in args.input:
        if source == "-":
            write(draw_sentences(read_conllu(sys.stdin.buffer, name="<stdin>"), width=width, color=color))
        elif source.endswith(".conllu") or Path(source).is_file():
            write(draw_sentences(read_conllu(source), width=width, color=color))
        else:
            parser = parser or load(model_name(args))
            stream = io.BytesIO(source.encode("utf-8", "surrogateescape"))
            sentences = parser.model.segmentation.read(stream, lines=False, name="<text>")
            parsed = (s for s in parser.parse_stream(sentences) if isinstance(s, Sentence))
            write(draw_sentences(parsed, width=width, color=color))
