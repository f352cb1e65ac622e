"""Share options and streams between commands: what means the same in each stands here.

Whatever a command prints for people goes through `note`, `tell` or `draw`, which let no control character pass. No
other module of the command line prints (a rule of ruff, T20, says so). Data, as CoNLL-U, goes to `binary_stdout` as it
is.
"""

from __future__ import annotations

import argparse
import os
import re
import stat
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO

from arcparser.cli.command import Command
from arcparser.errors import ModelError, OutputError, UsageError, clean, readable
from arcparser.text.formats import INPUT_FORMATS

_COLORS = re.compile("(\x1b\\[[0-9;]*m)")
_quiet = False  # whether notes are left out


def add_model(command: Command) -> None:
    """Add `--model`."""
    command.add_argument(
        "-m",
        "--model",
        action="file",
        metavar="NAME_OR_PATH",
        help="a model file, or the name or language of an installed model (default: $ARCPARSER_MODEL, else en_ewt)",
    )


def model_name(args: argparse.Namespace) -> str:
    """Return the model that `--model` names, or the environment variable `ARCPARSER_MODEL`, or the default.

    Raises:
        ModelError: There is no such model as the variable names.
    """
    from arcparser.model.registry import DEFAULT_MODEL, find

    named = os.environ.get("ARCPARSER_MODEL", "")
    if args.model or not named:
        return args.model or DEFAULT_MODEL
    try:
        find(named)
    except ModelError as error:
        raise ModelError(f"$ARCPARSER_MODEL: {error}") from None
    return named


def add_recipe(command: Command) -> None:
    """Add the options that say what to train, but for its length."""
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
    _add_vectors(command)
    command.add_argument(
        "--teacher",
        action="append",
        default=[],
        metavar="MODEL",
        help="learn from what this model, trained on the same files, finds probable; give several for their average",
    )
    command.add_argument(
        "--unlabeled",
        action="input",
        nargs="+",
        default=[],
        metavar="FILE",
        help="text that the teachers label and the model learns from: raw *.txt, tokenized *.words.txt, or CoNLL-U",
    )
    command.add_argument(
        "--unlabeled-format",
        choices=INPUT_FORMATS,
        help="the format of --unlabeled, as --format of parse (default: by the names of the files)",
    )
    command.add_argument(
        "--unlabeled-share",
        type=float,
        metavar="SHARE",
        help="share of --unlabeled among the words of an epoch (default 0.5)",
    )
    command.add_argument(
        "--encoder",
        action="file",
        metavar="FOLDER",
        help="pretrained encoder in ONNX format to use: a folder with model.onnx and tokenizer.json",
    )
    command.add_argument("--embed-encoder", action="store_true", help="put the encoder into the model file")
    command.add_argument("--seed", type=int, default=1, metavar="N", help="start of all randomness (default 1)")
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
    command.add_argument("--skip-invalid", action="store_true", help="leave out bad sentences instead of stopping")


def _add_vectors(command: Command) -> None:
    command.add_argument(
        "--vectors",
        action="input",
        metavar="FILE",
        help="word vectors to use: word2vec or fastText text format, or a spaCy pipeline",
    )
    command.add_argument("--vector-words", type=int, metavar="N", help="take the first N of them (default 50000)")
    command.add_argument(
        "--vector-width",
        type=int,
        metavar="D",
        help="of wider vectors take D principal components (default 64)",
    )


def add_partial(command: Command) -> None:
    """Add `--partial`."""
    command.add_argument(
        "--partial",
        action="store_true",
        help="take a HEAD or DEPREL that is _ for unknown, and learn from the other words",
    )


def recipe_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_recipe` asked for, as options of a `Recipe`."""
    from arcparser.learning.presets import read_config

    return {
        "preset": args.preset,
        "config": None if args.config is None else read_config(args.config),
        "seed": args.seed,
        "language": args.lang,
        "name": args.name,
        "license": args.license,
        "init": args.init,
        "vectors": args.vectors,
        "vector_words": args.vector_words,
        "vector_width": args.vector_width,
        "teachers": args.teacher,
        "unlabeled": args.unlabeled,
        "unlabeled_format": args.unlabeled_format,
        "unlabeled_share": args.unlabeled_share,
        "encoder": args.encoder,
        "embed_encoder": args.embed_encoder,
        "skip_invalid": args.skip_invalid,
    }


def add_terminal(command: Command) -> None:
    """Add `--width` and `--color`."""
    command.add_argument("--width", type=int, metavar="N", help="columns (default: the terminal's)")
    command.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="default auto: on a terminal"
    )
    command.former_names["--colour"] = "--color"


def terminal(args: argparse.Namespace) -> tuple[int, bool]:
    """Return the width in columns, and whether to use colors.

    Raises:
        UsageError: The width is too small or too large.
        OutputError: Standard output is closed.
    """
    import shutil

    from arcparser.viz.terminal_tree import MAXIMUM_WIDTH, MINIMUM_WIDTH, wants_color

    if args.width is not None and args.width < MINIMUM_WIDTH:
        raise UsageError(f"--width {args.width}: give at least {MINIMUM_WIDTH}")
    if args.width is not None and args.width > MAXIMUM_WIDTH:
        raise UsageError(f"--width {args.width}: give at most {MAXIMUM_WIDTH}")
    if sys.stdout is None:
        raise OutputError("standard output is closed: there is nowhere to draw")
    width = args.width or min(shutil.get_terminal_size().columns, MAXIMUM_WIDTH)
    return width, args.color == "always" or (args.color == "auto" and wants_color(sys.stdout))


def check_output(output: str, *inputs: str | None) -> None:
    """Refuse to replace a file that is read by what is made of it.

    Raises:
        UsageError: The output is one of the inputs.
    """
    for path in inputs:
        if path is not None and os.path.isfile(path) and os.path.isfile(output) and os.path.samefile(path, output):
            raise UsageError(f"{output}: is to be read and written: give the output another name")


def check_page(output: str, *inputs: str | None) -> None:
    """Refuse to write a page into a file of another kind, or into one that is read.

    Raises:
        UsageError: The name ends as those of other files do, or the output is one of the inputs.
    """
    check_output(output, *inputs)
    check_ending(output, ".html", ".htm", ".xhtml")


def check_ending(output: str, *endings: str) -> None:
    """Refuse to write into a file whose name ends as that of another kind does; compressed ones may follow.

    Raises:
        UsageError: The name ends in none of `endings`, and not without any.
    """
    from arcparser.compression import bare_name

    ending = os.path.splitext(bare_name(output))[1].lower()
    if ending and ending not in endings:
        raise UsageError(f"{output}: is no name for what is to be written: give FILE{endings[0]}")


def check_standard_output(*inputs: str) -> None:
    """Refuse to read a file that standard output goes to: what is added to its end would be read again, for ever.

    Raises:
        UsageError: One of the inputs is that file.
    """
    try:
        output = os.fstat(sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):  # closed, or no file of the system
        return
    for path in inputs:
        if stat.S_ISREG(output.st_mode) and os.path.isfile(path) and os.path.samestat(os.stat(path), output):
            raise UsageError(f"{path}: is to be read, and standard output goes there: use --output {path}")


def check_model_output(output: str, *inputs: str | None) -> None:
    """Refuse to write a model to standard output, or in place of another input.

    Raises:
        UsageError: The output is standard output or one of the inputs.
    """
    if output == "-":
        raise UsageError("--output -: a model does not go to standard output: give the name of a file")
    check_output(output, *inputs)


def add_details(command: Command) -> None:
    """Add the options that show more of each word than its form, UPOS and DEPREL."""
    command.add_argument("--lemmas", action="store_true", help="also show lemmas")
    command.add_argument("--feats", action="store_true", help="also show features")


def add_scores(command: Command) -> None:
    """Add `--scores` of what draws trees."""
    command.add_argument(
        "--scores", action="store_true", help="shade arcs by how probable they are, as MISC says (see parse --scores)"
    )


def details(args: argparse.Namespace) -> list[int]:
    """Return the columns of CoNLL-U that `add_details` asked for."""
    from arcparser.treebank.columns import FEATS, LEMMA

    return [column for column, wanted in ((LEMMA, args.lemmas), (FEATS, args.feats)) if wanted]


def log_of_skipped(args: argparse.Namespace) -> AbstractContextManager[object]:
    """Return a context in which the sentences that `--skip-invalid` skips are told on standard error.

    Nothing else is logged: without the option `logging`, which takes 2 ms to import, is left alone.
    """
    if not args.skip_invalid:
        return nullcontext()
    from arcparser.cli.log import print_log

    return print_log()


def shows_progress(args: argparse.Namespace) -> bool:
    """Tell whether a bar is to be shown: somebody looks at it, and has not asked for silence."""
    return not args.quiet and sys.stderr is not None and sys.stderr.isatty()


def be_quiet(quiet: bool) -> None:
    """Leave notes out from now on, or print them again."""
    global _quiet
    _quiet = quiet


def note(text: str) -> None:
    """Print text, of one line or several, to standard error, unless nothing but errors and warnings is wanted."""
    if not _quiet:
        warn(text)


def warn(text: str) -> None:
    """Print an error or a warning to standard error."""
    print(_clean_lines(text), file=sys.stderr, flush=True)


def note_waiting(of_what: str) -> None:
    """Say that standard input is waited for, if it is a terminal: else nothing would seem to happen."""
    if sys.stdin is not None and sys.stdin.isatty():
        end = "Ctrl-Z and Enter end" if os.name == "nt" else "Ctrl-D ends"
        note(f"arcparser: waiting for {of_what} on standard input, which {end}")


def tell(text: str) -> None:
    """Print text, of one line or several, to standard output."""
    print(_clean_lines(text))


def draw(drawings: Iterable[str], *, color: bool) -> None:
    """Write drawings to standard output in UTF-8 whatever the terminal's encoding: not every one has box drawing.

    Args:
        drawings: What is written, one after the other.
        color: The drawings set colors, which are all that they may ask of a terminal.
    """
    for drawing in drawings:
        parts = _COLORS.split(drawing) if color else [drawing]
        parts[::2] = map(_clean_lines, parts[::2])
        sys.stdout.buffer.write("".join(parts).encode())


def _clean_lines(text: str) -> str:
    return "\n".join(map(clean, text.split("\n")))


def binary_stdout() -> BinaryIO:
    """Return standard output as a stream of bytes.

    Raises:
        OutputError: It is closed.
    """
    if sys.stdout is None:
        raise OutputError("standard output is closed: give --output FILE")
    return sys.stdout.buffer
