"""The command line: turns arguments into calls of plain functions, and their errors into one line and an exit status.

Nothing heavy is imported before the command is known: `arcparser --help` and `--version` do not load numpy.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from arcparser._version import __version__
from arcparser.cli.views import add_commands as add_views
from arcparser.errors import ArcparserError, OutputError, UsageError

if TYPE_CHECKING:
    from arcparser.parsing.parse_files import Job

_TRAIN_EXAMPLE = """\
example:
  arcparser train en_arc-ud-train.conllu --dev en_arc-ud-dev.conllu --output my.arcparser
"""
_COMBINE_EXAMPLE = """\
example, of two trainings with --seed 1 and --seed 2:
  arcparser combine one.arcparser two.arcparser --dev en_arc-ud-dev.conllu --output both.arcparser
"""
_PARSE_EXAMPLE = """\
examples:
  arcparser parse sentences.conllu > parsed.conllu
  echo "Dogs chase cats." | arcparser parse --format text
  arcparser parse big.conllu --model my.arcparser --output parsed.conllu --jobs 2
"""
_EVALUATE_EXAMPLE = """\
examples:
  arcparser evaluate gold.conllu parsed.conllu
  arcparser evaluate gold.conllu --model my.arcparser --json
"""
_INFO_EXAMPLE = """\
example:
  arcparser info en_ewt
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0, 1 for bad input, 2 for a wrong call, 130 after Ctrl-C."""
    # One thread for numpy's products, set before numpy is loaded: the products of a parse are too small to be
    # shared (--jobs uses more cores better), and training makes threads of its own.
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    if sys.stderr is None:  # as it is when the process was started with it closed
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may lack characters that a label has
    try:
        return _run(arguments)
    except BrokenPipeError:
        _quiet_stdout()  # the reader, such as head, has seen enough
        return 0
    except UsageError as error:
        return _fail(str(error), 2)
    except ArcparserError as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return _fail("stopped", 130)
    except MemoryError:
        return _fail("out of memory: lower --batch-words, or split the input", 1)
    except OSError as error:
        _quiet_stdout()
        if error.errno == errno.EINVAL and os.name == "nt":  # a closed pipe, on Windows
            return 0
        where = f"{error.filename}: " if error.filename else "standard output: "
        return _fail(f"{where}{error.strerror or error}: free some space, or choose another place", 1)


def _run(arguments: Sequence[str] | None) -> int:
    """Run one command, and flush what it printed while errors are still caught."""
    try:
        args = _parser().parse_args(arguments)
        if hasattr(args, "run"):
            status = int(args.run(args) or 0)
        else:
            _parser().print_help()
            status = 2
    except SystemExit:  # --help, --version, or a wrong call
        _flush_stdout()
        raise
    _flush_stdout()
    return status


def _flush_stdout() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _fail(message: str, status: int) -> int:
    with contextlib.suppress(OSError):
        _note(f"arcparser: {' '.join(message.split())}")
    try:
        _flush_stdout()
    except OSError:
        _quiet_stdout()
    return status


def _quiet_stdout() -> None:
    # Else the interpreter flushes standard output once more when it ends, and complains.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arcparser", description="Train, run and evaluate dependency parsers on an ordinary CPU."
    )
    parser.add_argument("--version", action="version", version=f"arcparser {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_train(_command(commands, "train", "train a parser on CoNLL-U treebanks", _TRAIN_EXAMPLE, _train))
    _add_combine(
        _command(commands, "combine", "make one model of several trainings, more accurate", _COMBINE_EXAMPLE, _combine)
    )
    _add_parse(_command(commands, "parse", "parse CoNLL-U or raw text", _PARSE_EXAMPLE, _parse))
    _add_evaluate(_command(commands, "evaluate", "score a parse against gold trees", _EVALUATE_EXAMPLE, _evaluate))
    info = _command(commands, "info", "say what a model is", _INFO_EXAMPLE, _info)
    add_views(commands, _command, _add_model)
    info.add_argument("model", metavar="NAME_OR_PATH", help="a model file, or the name of an installed model")
    return parser


def _command(commands, name, summary, example, run) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if run is not None:
        command.set_defaults(run=run)
    return command


def _add_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("train", nargs="+", metavar="TRAIN", help="treebank files in CoNLL-U; several are joined")
    command.add_argument("--dev", required=True, help="treebank file that chooses the best epoch, or the mean")
    command.add_argument("--output", required=True, metavar="MODEL", help="the model file to write")
    command.add_argument("--preset", default="standard", metavar="NAME", help="fast, standard (default) or accurate")
    command.add_argument(
        "--config", metavar="FILE.toml", help="settings that replace the preset's, one a line: name = value"
    )
    command.add_argument(
        "--init", metavar="MODEL", help="continue from this model: new forms, tags and labels are added"
    )
    command.add_argument(
        "--vectors", metavar="FILE", help="word vectors to use: word2vec or fastText text format, or a spaCy pipeline"
    )
    command.add_argument(
        "--teacher", action="append", default=[], metavar="MODEL",
        help="learn from what this model, trained on the same files, finds probable; give several for their average",
    )  # fmt: skip
    command.add_argument("--seed", type=int, default=1, metavar="N", help="start of all randomness (default 1)")
    length = command.add_mutually_exclusive_group()
    length.add_argument(
        "--epochs", type=int, metavar="N", help="passes over the data, of each branch (default: by its size)"
    )
    length.add_argument("--max-minutes", type=float, metavar="M", help="as many epochs as fit in M minutes")
    command.add_argument(
        "--lang", metavar="CODE", help="language of the model, such as en (default: from UD's file names)"
    )
    command.add_argument("--name", help="name of the model (default: from UD's file names)")
    command.add_argument("--license", default="", metavar="TEXT", help="the treebank's license, kept in the model")
    command.add_argument("--licence", dest="license", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    command.add_argument("--resume", action="store_true", help="go on from the last checkpoint of the same training")
    command.add_argument("--skip-invalid", action="store_true", help="leave out bad sentences instead of stopping")
    command.add_argument("--threads", type=int, metavar="N", help="1 or 2 (default: as there are cores); same result")


def _add_combine(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "models", nargs="+", metavar="MODEL", help="trained on the same files with the same settings and other seeds"
    )
    command.add_argument("--dev", required=True, help="treebank file to score the new model on")
    command.add_argument("--output", required=True, metavar="MODEL", help="the model file to write")
    command.add_argument("--name", help="name of the model (default: that of the first)")


def _add_parse(command: argparse.ArgumentParser) -> None:
    command.add_argument("input", nargs="*", metavar="INPUT", help="files; none or - is standard input")
    _add_model(command)
    command.add_argument("--text", metavar="TEXT", help="parse this text instead of files")
    command.add_argument(
        "--format", choices=("conllu", "text", "lines"),
        help="conllu; text: raw text; lines: a sentence a line (default: text for *.txt, else conllu)",
    )  # fmt: skip
    command.add_argument(
        "--output", metavar="FILE", help="where to write, whole or not at all (default: standard output)"
    )
    command.add_argument("--batch-words", type=int, default=20000, metavar="N", help="words held in memory at a time")
    command.add_argument("--jobs", type=int, default=1, metavar="N", help="processes to share the work; same output")
    command.add_argument("--skip-invalid", action="store_true", help="pass bad sentences through instead of stopping")
    tags = command.add_mutually_exclusive_group()
    tags.add_argument("--retag", action="store_true", help="replace UPOS, XPOS and FEATS of all words")
    tags.add_argument("--keep-tags", action="store_true", help="leave UPOS, XPOS and FEATS as they are, empty ones too")
    command.add_argument("--clear-deps", action="store_true", help="empty DEPS, which a new HEAD makes stale")
    command.add_argument("--scores", action="store_true", help="add ArcScore and LabelScore (probabilities) to MISC")


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    command.add_argument("gold", metavar="GOLD", help="treebank file with the right trees")
    command.add_argument(
        "system", nargs="?", metavar="SYSTEM", help="the file to score; without it, a model parses GOLD's words"
    )
    _add_model(command)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--by-relation", action="store_true",
        help="also scores per relation, dependency and sentence length, and the label confusions that cost most",
    )  # fmt: skip
    command.add_argument("--report", metavar="FILE.html", help="write all of that on one page with plots")
    command.add_argument("--skip-invalid", action="store_true", help="leave out bad sentences instead of stopping")


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model", metavar="NAME_OR_PATH", help="a model file or the name of an installed model (default: en_ewt)"
    )


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _train(args: argparse.Namespace) -> None:
    from arcparser.training import checkpoint
    from arcparser.training.presets import read_config
    from arcparser.training.train import train

    try:
        train(
            args.train, dev=args.dev, output=args.output, preset=args.preset,
            config=read_config(args.config) if args.config else None, seed=args.seed, epochs=args.epochs,
            max_minutes=args.max_minutes, language=args.lang, name=args.name, license=args.license,
            init=args.init, vectors=args.vectors, teachers=args.teacher, resume=args.resume,
            skip_invalid=args.skip_invalid,
            threads=args.threads, report=_note,
        )  # fmt: skip
    except KeyboardInterrupt:
        if (begun := checkpoint.unfinished(args.output)) is not None:
            _note(f"the best model so far is in {begun}; the same command with --resume goes on")
        raise


def _combine(args: argparse.Namespace) -> None:
    from arcparser.training.combine import combine

    combine(args.models, dev=args.dev, output=args.output, name=args.name, report=_note)


def _parse(args: argparse.Namespace) -> None:
    import io
    from dataclasses import replace

    from arcparser.files import atomic_writer
    from arcparser.parsing.parse_files import parse_files

    job = _job(args)
    if args.text is not None:
        if args.input:
            raise UsageError("--text and INPUT exclude each other: give one of them")
        if args.format == "conllu":
            raise UsageError("--text is raw text: leave out --format conllu")
        inputs: list[str | BinaryIO] = [io.BytesIO(args.text.encode("utf-8", "surrogateescape"))]
        job = replace(job, format=args.format or "text")
    else:
        inputs = args.input or ["-"]
    if args.output and args.output != "-":
        with atomic_writer(args.output) as stream:
            parse_files(inputs, stream, job, report=_note)
    else:
        parse_files(inputs, _stdout(), job, report=_note)


def _job(args: argparse.Namespace) -> Job:
    from arcparser.model.registry import DEFAULT_MODEL
    from arcparser.parsing.parse_files import Job

    return Job(
        model=args.model or DEFAULT_MODEL, format=args.format, batch_words=args.batch_words,
        tags="retag" if args.retag else "keep" if args.keep_tags else "fill", clear_deps=args.clear_deps,
        scores=args.scores, skip_invalid=args.skip_invalid, jobs=args.jobs,
    )  # fmt: skip


def _stdout() -> BinaryIO:
    if sys.stdout is None:
        raise OutputError("standard output is closed: give --output FILE")
    return sys.stdout.buffer


def _evaluate(args: argparse.Namespace) -> None:
    import json

    from arcparser.evaluation.conll18 import compare
    from arcparser.evaluation.evaluate import sentence_pair
    from arcparser.model.registry import DEFAULT_MODEL
    from arcparser.parsing.parser import load

    if args.system is not None and args.model is not None:
        raise UsageError("SYSTEM and --model exclude each other: give the one that is to be scored")
    system = args.system if args.system is not None else load(args.model or DEFAULT_MODEL)
    gold, parsed = sentence_pair(args.gold, system, skip_invalid=args.skip_invalid, report=_note)
    comparison = compare(gold, parsed)
    scores = comparison.scores()
    result: dict[str, object] = dict(scores.as_dict())
    text = scores.table()
    if args.by_relation or args.report:
        from arcparser.evaluation.error_analysis import analyze
        from arcparser.viz.report_page import write_report
        from arcparser.viz.tables import analysis_text

        analysis = analyze(comparison, gold, parsed)
        if args.by_relation:
            result["analysis"] = analysis.as_dict()
            text += "\n\n" + analysis_text(analysis)
        if args.report:
            write_report(args.report, scores, analysis, title=f"Scores on {args.gold}", language="")
    print(json.dumps(result, indent=2) if args.json else text)


def _info(args: argparse.Namespace) -> None:
    from arcparser.model.description import describe_model

    print(describe_model(args.model))
