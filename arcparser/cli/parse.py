"""`arcparser parse`: parse CoNLL-U or raw text."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, BinaryIO

from arcparser.cli.command import Command
from arcparser.cli.common import (
    add_model,
    binary_stdout,
    check_standard_output,
    log_of_skipped,
    model_name,
    note,
    note_waiting,
    shows_progress,
)
from arcparser.cli.signals import stop_when_closed
from arcparser.errors import InputError, UsageError, count
from arcparser.text.formats import INPUT_FORMATS

if TYPE_CHECKING:
    from arcparser.bulk.parse_folder import Summary
    from arcparser.cli.progress import Reporter
    from arcparser.parsing.job import Job

_EXAMPLES = """\
examples:
  arcparser parse sentences.conllu > parsed.conllu
  echo "Dogs chase cats." | arcparser parse --format text
  arcparser parse half_corrected.conllu --keep-arcs
  arcparser parse big.conllu --model my.arcparser --output parsed.conllu --jobs 2
  arcparser parse corpus/ --output-dir parsed/ --include "*.txt.gz" --format text
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument("input", action="input", nargs="*", metavar="INPUT", help="files; none or - is standard input")
    add_model(command)
    command.add_argument("--text", action="text", metavar="TEXT", help="parse this text instead of files")
    command.add_argument(
        "--format",
        choices=INPUT_FORMATS,
        help="conllu; text: raw text; lines: a sentence a line; words: a sentence a line, already tokenized, its words "
        "between spaces (default: words for *.words.txt, text for other *.txt, else conllu)",
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
        "-o",
        "--output",
        action="file",
        metavar="FILE",
        help="where to write, whole or not at all (default: standard output)",
    )
    _add_outputs(command)
    command.add_argument("--batch-words", type=int, metavar="N", help="words held in memory at a time (default 20000)")
    command.add_argument(
        "-j", "--jobs", type=int, default=1, metavar="N", help="processes to share the work (default 1); same output"
    )
    command.add_argument(
        "--flush",
        action="store_true",
        help="write each tree as soon as its sentence is complete, for programs that wait",
    )
    command.add_argument("--skip-invalid", action="store_true", help="pass bad sentences through instead of stopping")
    tags = command.add_mutually_exclusive_group()
    tags.add_argument("--retag", action="store_true", help="replace LEMMA, UPOS, XPOS and FEATS of all words")
    tags.add_argument(
        "--keep-tags", action="store_true", help="leave LEMMA, UPOS, XPOS and FEATS as they are, empty ones too"
    )
    command.add_argument(
        "--keep-arcs",
        action="store_true",
        help="conllu: keep the arcs of words with a HEAD, parse the rest around them",
    )
    command.add_argument("--clear-deps", action="store_true", help="empty DEPS, which a new HEAD makes stale")
    command.add_argument("--scores", action="store_true", help="add ArcScore and LabelScore (probabilities) to MISC")


def _add_outputs(command: Command) -> None:
    """Add what says where output goes, in which format, and what is told of it."""
    command.add_argument(
        "--output-dir",
        action="file",
        metavar="DIR",
        help="parse files, and those in folders, to files of the same names in DIR; goes on where a run was stopped",
    )
    command.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="GLOB",
        help="--output-dir: which files of folders, as '*.txt.gz'; may be repeated (default: *.conllu and *.txt)",
    )
    command.add_argument(
        "--overwrite", action="store_true", help="--output-dir: make anew what is done, replace what is there"
    )
    command.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="--output-dir: parse on a Dask cluster: tcp://HOST:PORT, a scheduler file, or local:N for N processes",
    )
    command.add_argument(
        "--output-format",
        choices=("conllu", "jsonl", "parquet"),
        default="conllu",
        help="jsonl: an object a sentence; parquet: a row a word (default: conllu)",
    )
    command.add_argument(
        "--provenance", action="store_true", help="name arcparser and the model before the first sentence"
    )
    command.add_argument(
        "--progress",
        action="store_true",
        help="a line a minute on standard error (on a terminal there is a bar anyway), and a summary",
    )


def run(args: argparse.Namespace) -> None:
    """Parse files, or the text of `--text`."""
    from arcparser.files import open_output
    from arcparser.parsing.parse_files import parse_files

    if args.output_dir is not None:
        return _parse_folder(args)
    for name, value in (("--include", args.include), ("--overwrite", args.overwrite), ("--cluster", args.cluster)):
        if value:
            raise UsageError(f"{name} is for --output-dir: leave it out, or give --output-dir DIR")
    if args.quiet and args.progress:
        raise UsageError("--quiet and --progress exclude each other: give one of them")
    inputs = _inputs(args)
    if "-" in inputs:
        note_waiting({None: "CoNLL-U", "conllu": "CoNLL-U"}.get(args.format, "text"))
    job = _job(args)
    began = time.monotonic()
    to_terminal = not args.output and sys.stdout is not None and sys.stdout.isatty()
    with log_of_skipped(args), _progress(args, to_terminal=to_terminal) as progress:
        if args.output and args.output != "-":
            with open_output(args.output) as stream:
                counts = parse_files(inputs, stream, job, progress=progress)
        else:
            check_standard_output(*args.input)
            stream = binary_stdout()
            if not args.flush:  # whoever asks and waits may close a pipe and open it again
                stop_when_closed(sys.stdout)
            counts = parse_files(inputs, stream, job, progress=progress)
    if args.progress:
        note(_done(len(inputs), counts.sentences, counts.words, time.monotonic() - began))


def _parse_folder(args: argparse.Namespace) -> None:
    """Parse files and folders into a folder, and say how much was done."""
    from arcparser.bulk.parse_folder import parse_folder

    if args.text is not None or args.output is not None:
        other = "--text" if args.text is not None else "--output"
        raise UsageError(f"--output-dir and {other} exclude each other: give one of them")
    if not args.input:
        raise UsageError("--output-dir takes files and folders: give INPUT")
    began = time.monotonic()
    with log_of_skipped(args), _progress(args, to_terminal=False) as progress:
        options = {"include": args.include, "overwrite": args.overwrite, "report": _report}
        if args.cluster is None:
            summary = parse_folder(args.input, args.output_dir, _job(args), progress=progress, **options)
        else:
            from arcparser.cluster import connect, parse_files

            with connect(args.cluster) as client:
                summary = parse_files(client, args.input, args.output_dir, job=_job(args), progress=progress, **options)
    note(_summary(summary, time.monotonic() - began))
    if summary.failed:
        of_all = count(summary.files + summary.skipped + len(summary.failed), "file")
        problem = f"{len(summary.failed):,} of {of_all} could not be parsed, the others are done"
        raise InputError(f"{problem}: see above, and give the same command again")


def _report(error: InputError) -> None:
    note(f"arcparser: {error}")


def _summary(summary: Summary, seconds: float) -> str:
    done = _done(summary.files, summary.counts.sentences, summary.counts.words, seconds)
    return f"{done}; {count(summary.skipped, 'file')} skipped, done before" if summary.skipped else done


def _done(files: int, sentences: int, words: int, seconds: float) -> str:
    parsed = ", ".join((count(files, "file"), count(sentences, "sentence"), count(words, "word")))
    return f"{parsed} in {seconds:.1f} s"


def _progress(args: argparse.Namespace, *, to_terminal: bool) -> AbstractContextManager[Reporter | None]:
    """Return what reports progress: a bar on a terminal that nothing else is written to, or lines, or nothing."""
    bar = shows_progress(args) and not to_terminal and not args.flush and args.text is None
    if not bar and not args.progress:
        return nullcontext(None)
    from arcparser.cli.progress import Reporter

    return Reporter(args.input, bar=bar)


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
    from arcparser.parsing.job import Job
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
        keep_arcs=args.keep_arcs,
        skip_invalid=args.skip_invalid,
        jobs=args.jobs,
        flush=args.flush,
        output_format=args.output_format,
        provenance=args.provenance,
    )
