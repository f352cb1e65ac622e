"""Say what to train and how to run it: the options of all trainings, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from typing import Any, TypedDict

from arcparser.errors import UsageError, as_list, quote, unfit
from arcparser.files import check_path, is_path
from arcparser.model import model_file
from arcparser.network.settings import LARGEST_WIDTH
from arcparser.pretrained.vector_files import MOST_WORDS
from arcparser.text.formats import INPUT_FORMATS
from arcparser.training.plan import checked_report
from arcparser.types import PathLike, Report

_MOST_EPOCHS = 1_000_000
_MOST_MINUTES = 1_000_000  # two years
_FORMER_OPTIONS = {"licence": "license"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Say what to train: all that the model depends on, beside the treebank.

    Attributes:
        preset: "fast", "standard" or "accurate"; by default "standard". Not with `init`.
        config: Settings that replace the preset's, by name (`arcparser.network.settings.Settings`,
            `arcparser.learning.presets.TrainingSettings`).
        init: A model to continue from, by path or name. Its settings take the place of a preset's; forms, tags and
            labels that are new to it are added.
        vectors: Word vectors made elsewhere, as an additional input: a file in word2vec's or fastText's text format, or
            the name of an installed spaCy pipeline that has vectors.
        vector_words: How many of them are taken, from the beginning on; by default 50,000.
        vector_width: How many numbers of each: principal components, where the vectors are wider; by default 64.
        teachers: Models, by path or name, trained on the same files: the parser learns from their averaged
            distributions as well (`arcparser.learning.distillation`).
        unlabeled: Raw text, tokenized text or CoNLL-U, of which the words alone are read. The teachers label it, and
            the parser learns from what they find probable there; of the treebank it learns the annotation alone
            (`arcparser.learning.unlabeled`).
        unlabeled_format: "text", "lines", "words" or "conllu"; None: by each file's name.
        unlabeled_share: Of the words of an epoch, above 0 and below 1; by default 0.5.
        encoder: The folder of a pretrained encoder in ONNX format, whose vectors of words in context are an additional
            input (`arcparser.pretrained`). With `init` it stays the model's: the folder only tells where it is.
        embed_encoder: Put the encoder into the model file, which then is all that parsing needs.
        seed: Of all randomness.
        epochs: How many, from the start to the end of each branch (`arcparser.learning.branches`); else as many as fit
            in `max_minutes`; else by the number of words (`arcparser.learning.by_size.epochs_by_size`).
        max_minutes: How long the epochs may take.
        language: A UD or ISO 639 code such as "en"; by default from UD's file names.
        name: Of the model; by default from UD's file names.
        license: Of the treebank, kept in the model.
        skip_invalid: Leave out malformed sentences and those that are no tree, instead of refusing the file.
        partial: Take a HEAD or DEPREL that is `_` for one that is unknown, instead of refusing the file; not in dev
            files.
        hold_out: Without a dev file: the share of the sentences that is held out to measure on, 0.1 if nothing is said
            (`arcparser.training.hold_out`).
        refit: Without a dev file: train on all sentences in the end, for as long as was best without those held out
            (`arcparser.training.refit`).

    Raises:
        UsageError: A number is impossible, the language is no code, or a preset contradicts `init`.
    """

    preset: str | None = None
    config: Mapping[str, Any] | None = None
    init: PathLike | None = None
    vectors: PathLike | None = None
    vector_words: int | None = None
    vector_width: int | None = None
    teachers: Sequence[PathLike] = ()
    unlabeled: Sequence[PathLike] = ()
    unlabeled_format: str | None = None
    unlabeled_share: float | None = None
    encoder: PathLike | None = None
    embed_encoder: bool = False
    seed: int = 1
    epochs: int | None = None
    max_minutes: float | None = None
    language: str | None = None
    name: str | None = None
    license: str = ""
    skip_invalid: bool = False
    partial: bool = False
    hold_out: float | None = None
    refit: bool = True

    def __post_init__(self) -> None:
        if self.config is not None and not isinstance(self.config, Mapping):
            raise UsageError("config: give settings by name (read_config reads them from a file)")
        for name in ("preset", "language", "name", "license"):
            value = getattr(self, name)
            if not isinstance(value, str) and (value is not None or name == "license"):
                raise unfit(name, value, "a string")
        if self.init is not None and self.preset is not None:
            raise UsageError(
                f"--preset {self.preset} with --init: a model that is continued keeps its settings: leave out --preset"
            )
        if self.epochs is not None and (type(self.epochs) is not int or self.epochs < 1):
            raise UsageError(f"{quote(self.epochs)} epochs: give a whole number of at least 1")
        if self.epochs is not None and self.epochs > _MOST_EPOCHS:
            raise UsageError(f"more than {_MOST_EPOCHS:,} epochs: give fewer")
        minutes = self.max_minutes
        if minutes is not None and not (isinstance(minutes, Real) and 0 < minutes < math.inf):
            raise UsageError(f"{quote(minutes)} minutes: give more than 0 and less than infinity")
        if minutes is not None and minutes > _MOST_MINUTES:
            raise UsageError(f"more than {_MOST_MINUTES:,} minutes: give fewer")
        if not isinstance(self.seed, Integral) or self.seed < 0:
            raise UsageError(f"seed {quote(self.seed)}: give a whole number of at least 0")
        object.__setattr__(self, "seed", int(self.seed))  # the card is JSON, which numpy's integers are not
        if self.language and not model_file.is_language(self.language):
            raise UsageError(f"language {quote(self.language)}: give a code such as en")
        if self.hold_out is not None and not (isinstance(self.hold_out, Real) and 0 < self.hold_out <= 0.5):
            raise UsageError(f"hold_out {quote(self.hold_out)}: give a share above 0 and of at most 0.5")
        _check_flags(self, "embed_encoder", "partial", "skip_invalid", "refit")
        if self.embed_encoder and self.encoder is None and self.init is None:
            raise UsageError("--embed-encoder without --encoder: there is none to embed: give its folder")
        for name in ("init", "vectors", "encoder"):
            if getattr(self, name) is not None:
                check_path(name, getattr(self, name), "a name or path")
        teachers = as_paths("teachers", self.teachers, "the name or path of a model")
        object.__setattr__(self, "teachers", tuple(teachers))
        unlabeled = as_paths("unlabeled", self.unlabeled, "the path of a text")
        object.__setattr__(self, "unlabeled", tuple(unlabeled))
        self._check_unlabeled()
        self._check_vectors()

    def _check_vectors(self) -> None:
        for name, most in (("vector_words", MOST_WORDS), ("vector_width", LARGEST_WIDTH)):
            value = getattr(self, name)
            if value is None:
                continue
            if type(value) is not int or not 1 <= value <= most:
                raise UsageError(f"{name} {quote(value)}: give a whole number from 1 to {most:,}")
            if self.vectors is None:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(f"{option} without --vectors: there are none: give a file, or leave it out")

    def _check_unlabeled(self) -> None:
        share = self.unlabeled_share
        if self.unlabeled and not self.teachers:
            raise UsageError("--unlabeled without --teacher: nobody labels it: give a model")
        if not self.unlabeled and (share is not None or self.unlabeled_format is not None):
            raise UsageError("a share or format of --unlabeled without it: give a text, or leave them out")
        if share is not None and not (isinstance(share, Real) and 0 < share < 1):
            raise UsageError(f"unlabeled_share {quote(share)}: give a share above 0 and below 1")
        if self.unlabeled_format not in (None, *INPUT_FORMATS):
            raise UsageError(f"unlabeled_format {quote(self.unlabeled_format)}: give one of {', '.join(INPUT_FORMATS)}")


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Say how to run a training: nothing of it changes the model.

    Attributes:
        resume: Go on from the checkpoint, if there is one.
        overwrite: Replace what is there: a model, or the checkpoint of an unfinished training. Without it, and without
            `resume`, a training that would do so is refused.
        threads: 1 or 2; by default as many as there are cores.
        report: Told what happens, a line at a time; None: nobody is.

    Raises:
        UsageError: A value is of another type, there are fewer than 1 `threads`, or `resume` and `overwrite` are given
            together.
    """

    resume: bool = False
    overwrite: bool = False
    threads: int | None = None
    report: Report | None = None

    def __post_init__(self) -> None:
        _check_flags(self, "resume", "overwrite")
        if self.resume and self.overwrite:
            raise UsageError("--resume with --overwrite: one goes on with what is there, the other replaces it")
        checked_report(self.report)
        if self.threads is not None and not isinstance(self.threads, Integral):
            raise unfit("threads", self.threads, "1 or 2")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"{self.threads} threads: give 1 or 2")


def _check_flags(options: Recipe | Execution, *names: str) -> None:
    """Refuse values that are neither True nor False.

    Raises:
        UsageError: The first of these, by name.
    """
    for name in names:
        if type(getattr(options, name)) is not bool:
            raise unfit(name, getattr(options, name), "True or False")


class TrainOptions(TypedDict, total=False):
    """Name the options of `train`: the fields of `Recipe` and `Execution`."""

    preset: str | None
    config: Mapping[str, Any] | None
    init: PathLike | None
    vectors: PathLike | None
    vector_words: int | None
    vector_width: int | None
    teachers: Sequence[PathLike]
    unlabeled: Sequence[PathLike]
    unlabeled_format: str | None
    unlabeled_share: float | None
    encoder: PathLike | None
    embed_encoder: bool
    seed: int
    epochs: int | None
    max_minutes: float | None
    language: str | None
    name: str | None
    license: str
    skip_invalid: bool
    partial: bool
    hold_out: float | None
    refit: bool
    resume: bool
    overwrite: bool
    threads: int | None
    report: Report | None


def as_paths(name: str, paths: Any, wanted: str) -> list[PathLike]:
    """Return one path or several as a list.

    Raises:
        UsageError: One is no path.
    """
    found = [paths] if is_path(paths) else as_list(name, paths, f"{wanted}, or a list of such")
    for path in found:
        check_path(f"one of {name}", path, wanted)
    return found


def with_options(
    recipe: Recipe | None, execution: Execution | None, options: Mapping[str, Any]
) -> tuple[Recipe, Execution]:
    """Replace fields of both by name."""
    recipe = Recipe() if recipe is None else recipe
    execution = Execution() if execution is None else execution
    if not isinstance(recipe, Recipe):
        raise unfit("recipe", recipe, "a Recipe, or its fields by name")
    if not isinstance(execution, Execution):
        raise unfit("execution", execution, "an Execution, or its fields by name")
    of_recipe, of_execution = ({f.name for f in fields(kind)} for kind in (Recipe, Execution))
    for former, name in _FORMER_OPTIONS.items():
        if former in options and name in options:
            raise TypeError(f"train() got {former!r} and {name!r}, which are one argument")
    named = {_FORMER_OPTIONS.get(name, name): value for name, value in options.items()}
    for name in named:
        if name not in of_recipe | of_execution:
            raise TypeError(f"train() got an unexpected keyword argument {name!r}")
    return (
        replace(recipe, **{name: value for name, value in named.items() if name in of_recipe}),
        replace(execution, **{name: value for name, value in named.items() if name in of_execution}),
    )
