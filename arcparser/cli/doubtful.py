"""`arcparser doubtful`: the sentences that a parser is least sure of."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command
from arcparser.cli.common import check_output, note

_EXAMPLES = """\
examples:
  arcparser doubtful new.conllu --model my.arcparser --top 30 --output look-at.conllu
  arcparser doubtful parsed-with-scores.conllu --below 0.5
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument("file", action="input", metavar="FILE", help="a file in CoNLL-U; - is standard input")
    command.add_argument(
        "-m",
        "--model",
        action="file",
        metavar="NAME_OR_PATH",
        help="parse FILE with this model (default: the scores that FILE has, as parse --scores writes them)",
    )
    command.add_argument("--top", type=int, metavar="N", help="the N least certain sentences (default 50)")
    command.add_argument(
        "--below",
        type=float,
        metavar="P",
        help="all sentences with a word whose probability is below P; such words are doubtful (default of P: 0.5)",
    )
    command.add_argument(
        "-o", "--output", action="file", default="-", metavar="FILE", help="file to write (default: standard output)"
    )


def run(args: argparse.Namespace) -> None:
    """Write the sentences, and say how many there are."""
    check_output(args.output, args.file)
    from arcparser.errors import InputError, count
    from arcparser.files import open_output, shown_name
    from arcparser.parsing.doubtful import DOUBT, find_doubtful
    from arcparser.parsing.parser import load
    from arcparser.treebank.reader import read_conllu
    from arcparser.treebank.writer import whole_block

    parser = None if args.model is None else load(args.model)
    top = 50 if args.top is None and args.below is None else args.top
    found = find_doubtful(read_conllu(args.file), parser=parser, top=top, below=args.below)
    if not found.of:
        raise InputError("no sentence to look at: give a file in CoNLL-U", shown_name(args.file))
    with open_output(args.output) as stream:
        for sentence in found.sentences:
            stream.write(whole_block(sentence))
    limit = DOUBT if args.below is None else args.below
    note(f"{len(found.sentences):,} of {count(found.of, 'sentence')}, {count(found.words, 'word')} below {limit:g}")
