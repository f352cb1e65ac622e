"""`arcparser train`: train a parser on CoNLL-U treebanks."""

from __future__ import annotations

import argparse
import sys

from arcparser.cli.command import Command
from arcparser.cli.common import check_model_output, note
from arcparser.cli.signals import stop_when_closed
from arcparser.errors import readable

_EXAMPLE = """\
example:
  arcparser train en_arc-ud-train.conllu --dev en_arc-ud-dev.conllu --output my.arcparser
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLE
    command.add_argument(
        "train", action="input", nargs="+", metavar="TRAIN", help="treebank files in CoNLL-U, or -; several are joined"
    )
    command.add_argument(
        "--dev", action="input", required=True, help="treebank file that chooses the best epoch, or the mean"
    )
    command.add_argument("--output", action="file", required=True, metavar="MODEL", help="the model file to write")
    command.add_argument("--preset", type=readable, metavar="NAME", help="fast, standard (default) or accurate")
    command.add_argument(
        "--config",
        action="input",
        metavar="FILE.toml",
        help="settings that replace the preset's, one a line: name = value",
    )
    command.add_argument(
        "--init",
        action="file",
        metavar="MODEL",
        help="continue from this model: new forms, tags and labels are added",
    )
    command.add_argument(
        "--vectors",
        action="input",
        metavar="FILE",
        help="word vectors to use: word2vec or fastText text format, or a spaCy pipeline",
    )
    command.add_argument(
        "--teacher",
        action="append",
        default=[],
        metavar="MODEL",
        help="learn from what this model, trained on the same files, finds probable; give several for their average",
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="start of all randomness (default 1)")
    length = command.add_mutually_exclusive_group()
    length.add_argument(
        "--epochs", type=int, metavar="N", help="passes over the data, of each branch (default: by its size)"
    )
    length.add_argument("--max-minutes", type=float, metavar="M", help="as many epochs as fit in M minutes")
    command.add_argument(
        "--lang",
        type=readable,
        metavar="CODE",
        help="language of the model, such as en (default: from UD's file names)",
    )
    command.add_argument("--name", type=readable, help="name of the model (default: from UD's file names)")
    command.add_argument(
        "--license", type=readable, default="", metavar="TEXT", help="the treebank's license, kept in the model"
    )
    command.former_names["--licence"] = "--license"
    there = command.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="go on from the last checkpoint of the same training")
    there.add_argument("--overwrite", action="store_true", help="replace a model or an unfinished training of --output")
    command.add_argument("--skip-invalid", action="store_true", help="leave out bad sentences instead of stopping")
    command.add_argument("--threads", type=int, metavar="N", help="1 or 2 (default: as there are cores); same result")


def run(args: argparse.Namespace) -> None:
    """Train, and say after Ctrl-C where the best model is."""
    check_model_output(args.output, *args.train, args.dev, args.config, args.vectors)
    from arcparser.training import checkpoint
    from arcparser.training.presets import read_config
    from arcparser.training.train import train

    stop_when_closed(sys.stderr)
    try:
        train(
            args.train,
            dev=args.dev,
            output=args.output,
            preset=args.preset,
            config=None if args.config is None else read_config(args.config),
            seed=args.seed,
            epochs=args.epochs,
            max_minutes=args.max_minutes,
            language=args.lang,
            name=args.name,
            license=args.license,
            init=args.init,
            vectors=args.vectors,
            teachers=args.teacher,
            resume=args.resume,
            overwrite=args.overwrite,
            skip_invalid=args.skip_invalid,
            threads=args.threads,
            report=note,
        )
    except KeyboardInterrupt:
        if (begun := checkpoint.unfinished(args.output)) is not None:
            # The checkpoint is written before the model.
            best = f"the best model so far is in {begun}; " if begun.is_file() else ""
            note(f"{best}the same command with --resume goes on")
        raise
