"""`arcparser parse`: parse CoNLL-U or raw text."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, BinaryIO

from arcparser.cli.command import Command
from arcparser.cli.common import add_model, binary_stdout, check_standard_output, log_of_skipped, model_name
from arcparser.cli.signals import stop_when_closed
from arcparser.errors import UsageError

if TYPE_CHECKING:
    from arcparser.parsing.parse_files import Job

_EXAMPLES = """\
examples:
  arcparser parse sentences.conllu > parsed.conllu
  echo "Dogs chase cats." | arcparser parse --format text
  arcparser parse big.conllu --model my.arcparser --output parsed.conllu --jobs 2
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument("input", action="input", nargs="*", metavar="INPUT", help="files; none or - is standard input")
    add_model(command)
    command.add_argument("--text", action="text", metavar="TEXT", help="parse this text instead of files")
    command.add_argument(
        "--format",
        choices=("conllu", "text", "lines", "words"),
        help="conllu; text: raw text; lines: a sentence a line; words: a sentence a line, already tokenized, its words "
        "between spaces (default: text for *.txt, else conllu)",
    )
    command.add_argument(
        "--newline-ends-sentence",
        action="store_true",
        help="text: a line end ends a sentence; lines may have several",
    )
    command.add_argument(
        "--split-words",
        action="store_true",
        help="conllu, words: split words as the model's treebank does (don't: do n't)",
    )
    command.add_argument(
        "--output",
        action="file",
        metavar="FILE",
        help="where to write, whole or not at all (default: standard output)",
    )
    command.add_argument("--batch-words", type=int, metavar="N", help="words held in memory at a time")
    command.add_argument("--jobs", type=int, default=1, metavar="N", help="processes to share the work; same output")
    command.add_argument(
        "--flush",
        action="store_true",
        help="write each tree as soon as its sentence is complete, for programs that wait",
    )
    command.add_argument("--skip-invalid", action="store_true", help="pass bad sentences through instead of stopping")
    tags = command.add_mutually_exclusive_group()
    tags.add_argument("--retag", action="store_true", help="replace UPOS, XPOS and FEATS of all words")
    tags.add_argument("--keep-tags", action="store_true", help="leave UPOS, XPOS and FEATS as they are, empty ones too")
    command.add_argument("--clear-deps", action="store_true", help="empty DEPS, which a new HEAD makes stale")
    command.add_argument("--scores", action="store_true", help="add ArcScore and LabelScore (probabilities) to MISC")


def run(args: argparse.Namespace) -> None:
    """Parse files, or the text of `--text`."""
    from arcparser.files import open_output
    from arcparser.parsing.parse_files import parse_files

    inputs = _inputs(args)
    job = _job(args)
    with log_of_skipped(args):
        if args.output and args.output != "-":
            with open_output(args.output) as stream:
                parse_files(inputs, stream, job)
        else:
            check_standard_output(*args.input)
            stream = binary_stdout()
            if not args.flush:  # whoever asks and waits may close a pipe and open it again
                stop_when_closed(sys.stdout)
            parse_files(inputs, stream, job)


def _inputs(args: argparse.Namespace) -> list[str | BinaryIO]:
    if args.text is None:
        return args.input or ["-"]
    if args.input:
        raise UsageError("--text and INPUT exclude each other: give one of them")
    if args.format == "conllu":
        raise UsageError("--text is raw text: leave out --format conllu")
    from arcparser.parsing.parse_text import text_stream

    return [text_stream(args.text)]


def _job(args: argparse.Namespace) -> Job:
    from arcparser.parsing.parse_files import Job
    from arcparser.parsing.parser import BATCH_WORDS

    return Job(
        model=model_name(args),
        format=args.format or (None if args.text is None else "text"),
        newline_ends_sentence=args.newline_ends_sentence,
        batch_words=BATCH_WORDS if args.batch_words is None else args.batch_words,
        # What each mode does is decided word by word in Sentence.set_tags.
        tags="retag" if args.retag else "keep" if args.keep_tags else "fill",
        clear_deps=args.clear_deps,
        scores=args.scores,
        split_words=args.split_words,
        skip_invalid=args.skip_invalid,
        jobs=args.jobs,
        flush=args.flush,
    )
