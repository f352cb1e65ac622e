"""Train a parser: from treebank files to a model file."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
from threadpoolctl import threadpool_limits

from arcparser.errors import ModelError, UsageError, as_list, clean, count, quote, readable, unfit
from arcparser.files import STANDARD_STREAM, check_path, is_path
from arcparser.model import model_file
from arcparser.model.model import Model
from arcparser.network import vocabulary
from arcparser.network.network import Network, same_architecture
from arcparser.parsing.parser import Parser
from arcparser.training import checkpoint
from arcparser.training.by_size import epochs_by_size, settings_by_size
from arcparser.training.distillation import Teachers
from arcparser.training.epoch import SHARES
from arcparser.training.examples import encode_treebank
from arcparser.training.plan import TrainingData, TrainingPlan, checked_report, network_digest
from arcparser.training.presets import DEFAULT_PRESET, AllSettings, TrainingSettings, preset_settings
from arcparser.training.pretrained import Vectors, read_vectors
from arcparser.training.trainer import Trainer, train_several
from arcparser.treebank.check import overlap
from arcparser.treebank.faults import inspect, raise_faults
from arcparser.treebank.treebank import Treebank, describe, read_treebank
from arcparser.types import Floats, PathLike, Report

if TYPE_CHECKING:
    from typing_extensions import Unpack

_UD_NAME = re.compile(r"([a-z]{2,3})_[a-z0-9]+")
_MOST_EPOCHS = 1_000_000
_MOST_MINUTES = 1_000_000  # two years
_FORMER_OPTIONS = {"licence": "license"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Say what to train: all that the model depends on, beside the treebank.

    Attributes:
        preset: "fast", "standard" or "accurate"; by default "standard". Not with `init`.
        config: Settings that replace the preset's, by name (`arcparser.network.settings.Settings`,
            `arcparser.training.presets.TrainingSettings`).
        init: A model to continue from, by path or name. Its settings take the place of a preset's; forms, tags and
            labels that are new to it are added.
        vectors: Word vectors made elsewhere, as an additional input: a file in word2vec's or fastText's text format, or
            the name of an installed spaCy pipeline that has vectors.
        teachers: Models, by path or name, trained on the same files: the parser learns from their averaged
            distributions as well (`arcparser.training.distillation`).
        seed: Of all randomness.
        epochs: How many, from the start to the end of each branch (`arcparser.training.branches`); else as many as fit
            in `max_minutes`; else by the number of words (`arcparser.training.by_size.epochs_by_size`).
        max_minutes: How long the epochs may take.
        language: A UD or ISO 639 code such as "en"; by default from UD's file names.
        name: Of the model; by default from UD's file names.
        license: Of the treebank, kept in the model.
        skip_invalid: Leave out malformed sentences and those that are no tree, instead of refusing the file.

    Raises:
        UsageError: A number is impossible, the language is no code, or a preset contradicts `init`.
    """

    preset: str | None = None
    config: Mapping[str, Any] | None = None
    init: PathLike | None = None
    vectors: PathLike | None = None
    teachers: Sequence[PathLike] = ()
    seed: int = 1
    epochs: int | None = None
    max_minutes: float | None = None
    language: str | None = None
    name: str | None = None
    license: str = ""
    skip_invalid: bool = False

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
        if self.language and not model_file.is_language(self.language):
            raise UsageError(f"language {quote(self.language)}: give a code such as en")
        for name in ("init", "vectors"):
            if getattr(self, name) is not None:
                check_path(name, getattr(self, name), "a name or path")
        teachers = _paths("teachers", self.teachers, "the name or path of a model")
        object.__setattr__(self, "teachers", tuple(teachers))


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
        if self.resume and self.overwrite:
            raise UsageError("--resume with --overwrite: one goes on with what is there, the other replaces it")
        checked_report(self.report)
        if self.threads is not None and not isinstance(self.threads, Integral):
            raise unfit("threads", self.threads, "1 or 2")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"{self.threads} threads: give 1 or 2")


class TrainOptions(TypedDict, total=False):
    """Name the options of `train`: the fields of `Recipe` and `Execution`."""

    preset: str | None
    config: Mapping[str, Any] | None
    init: PathLike | None
    vectors: PathLike | None
    teachers: Sequence[PathLike]
    seed: int
    epochs: int | None
    max_minutes: float | None
    language: str | None
    name: str | None
    license: str
    skip_invalid: bool
    resume: bool
    overwrite: bool
    threads: int | None
    report: Report | None


def train(
    train_files: PathLike | Sequence[PathLike],
    *,
    dev: PathLike,
    output: PathLike,
    recipe: Recipe | None = None,
    execution: Execution | None = None,
    **options: Unpack[TrainOptions],
) -> Parser:
    """Train a parser on CoNLL-U treebanks and write it to `output`; return the parser with the best dev LAS.

    Beside `output`, `output.epochs.jsonl` tells of every epoch, and while the training runs `output.checkpoint` holds
    all that `resume` needs. Where `networks` is more than 1, as in the preset "accurate", each network is trained by
    itself, from `seed`, `seed` + 1 and so on, as `output.1`, `output.2` and so on; in the end they become one model.

    Args:
        train_files: One file or several, joined.
        dev: The file that chooses the best epoch, or the mean of the branches.
        output: The model file to write.
        recipe: What to train.
        execution: How to run it.
        **options: Fields of `Recipe` and `Execution` by name, which replace those of `recipe` and `execution`:
            `train(files, dev=dev, output=output, preset="fast", epochs=20, report=print)`.

    Raises:
        InputError: A file cannot be read, is malformed, or holds no sentence.
        UsageError: An impossible setting, or a model or an unfinished training is there that is to be kept.
        OutputError: The model cannot be written.
        ModelError: A model to continue from or to learn from is not there or damaged.
        TypeError: An option that there is not.
    """
    recipe, execution = _with_options(recipe, execution, options)
    paths = _paths("train_files", train_files, "the path of a CoNLL-U file")
    if not paths:
        raise UsageError("no training file: give at least one")
    dev_paths = _paths("dev", dev, "the path of a CoNLL-U file")
    if not dev_paths:
        raise UsageError("no dev file: give one, which chooses the best epoch")
    check_path("output", output)
    report = checked_report(execution.report)
    if not (execution.resume or execution.overwrite):
        checkpoint.check_free(output)
    language, name = _identify(paths[0], recipe.language, recipe.name, report)
    known = None if recipe.init is None else model_file.load(recipe.init)
    teachers = [network for teacher in recipe.teachers for network in model_file.load(teacher).networks]
    settings = _settings(recipe, known, words=0)  # what cannot be is refused before anything is read
    if not (execution.resume or execution.overwrite):
        checkpoint.check_free(output, networks=settings.training.networks)
    vectors = None if recipe.vectors is None else _read_vectors(recipe.vectors, known, report)
    checkpoint.check_writable(output)
    treebank, dev_treebank = _read(paths, dev_paths, recipe, report)
    plan = _plan(recipe, known, teachers, treebank, vectors, report, language=language, name=name)
    settings = plan.settings
    threads = max(1, min(execution.threads or os.cpu_count() or 1, SHARES))
    with threadpool_limits(limits=1):
        data = _look_up(treebank, dev_treebank, known, vectors, teachers, report)
        if settings.training.networks > 1:
            if execution.overwrite:
                checkpoint.remove_networks(output)
            model = train_several(
                plan, data, known, Path(output), resume=execution.resume, threads=threads, report=report
            )
        else:
            network = None if known is None else known.networks[0]
            trainer = Trainer(plan, data, network, Path(output), threads=threads, report=report)
            model = trainer.run(resume=execution.resume)
        return Parser(model)


def _read(
    paths: Sequence[PathLike], dev_paths: Sequence[PathLike], recipe: Recipe, report: Report
) -> tuple[Treebank, Treebank]:
    """Read what to train on, and the dev sentences.

    Raises:
        InputError: A file has faults, all of which are reported.
    """
    if recipe.skip_invalid:
        treebanks = [read_treebank(part, skip_invalid=True) for part in (paths, dev_paths)]
    else:
        parts = [[inspect(path) for path in part] for part in (paths, dev_paths)]
        faults = [fault for part in parts for file in part for fault in file.faults]
        for fault in faults if len(faults) > 1 else ():
            report(str(fault.error))
        raise_faults(faults, "correct them, or leave bad sentences out with --skip-invalid")
        treebanks = [Treebank([sentence for file in part for sentence in file.sentences]) for part in parts]
    for name, treebank in zip(("train", "dev"), treebanks):
        report(f"{name}: " + describe(treebank).text().replace("\n", "\n  "))
    train, dev = treebanks
    if both := overlap(train.sentences, dev.sentences):
        words = sum(len(sentence) for _, sentence in both)
        share = f"{count(len(both), 'sentence')} of dev ({count(words, 'word')}) of {len(dev.sentences):,}"
        report(f"warning: {share} {'is' if len(both) == 1 else 'are'} in train too, so that dev scores are too high")
    return train, dev


def _paths(name: str, paths: Any, wanted: str) -> list[PathLike]:
    """Return one path or several as a list.

    Raises:
        UsageError: One is no path.
    """
    found = [paths] if is_path(paths) else as_list(name, paths, f"{wanted}, or a list of such")
    for path in found:
        check_path(f"one of {name}", path, wanted)
    return found


def _with_options(
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


def _plan(
    recipe: Recipe,
    known: Model | None,
    teachers: Sequence[Network],
    treebank: Treebank,
    vectors: Vectors | None,
    report: Report,
    *,
    language: str,
    name: str,
) -> TrainingPlan:
    """Decide what the recipe leaves open, by the size of the treebank, and tell it in a line."""
    words = sum(map(len, treebank.sentences))
    settings = _settings(recipe, known, words=words)
    if vectors is not None:
        settings = settings.changed({"vector_width": vectors.table.shape[1]})
    epochs = recipe.epochs
    if epochs is None and recipe.max_minutes is None:
        epochs = epochs_by_size(words)
    preset = recipe.preset or DEFAULT_PRESET
    if known is None:
        chosen = [name for name in settings_by_size(preset, words) if name not in (recipe.config or {})]
        all_settings = {**asdict(settings.network), **asdict(settings.training)}
        values = ", ".join(f"{name} {all_settings[name]:g}" for name in chosen)
        length = "" if recipe.epochs is not None or epochs is None else f", {epochs} epochs"
        report(f"chosen for {words:,} words: {values}{length} (--config, --epochs choose others)")
    return TrainingPlan(
        settings=settings,
        preset=preset if known is None else known.card.preset,
        seed=recipe.seed,
        epochs=epochs,
        max_minutes=recipe.max_minutes,
        name=name,
        language=language,
        license=recipe.license,
        init=None if known is None else " ".join(map(network_digest, known.networks)),
        teachers=tuple(map(network_digest, teachers)),
    )


def _settings(recipe: Recipe, known: Model | None, *, words: int) -> AllSettings:
    """Return the preset's settings, or those of the model to continue from, with the recipe's changes.

    Args:
        recipe: What to train.
        known: The model to continue from.
        words: Of the treebank, which the preset's settings are for.

    Raises:
        UsageError: A setting that cannot be, or that the model to continue from does not bear.
        ModelError: The model to continue from has no whole settings.
    """
    config = recipe.config or {}
    if known is None:
        return preset_settings(recipe.preset or DEFAULT_PRESET, config, words=words)
    networks = len(known.networks)
    before = AllSettings(known.settings, _training_settings(known))
    settings = before.changed({"networks": networks}).changed(config)
    if settings.training.networks != networks:
        raise UsageError(f"networks = {settings.training.networks}: with --init, it stays {networks}")
    if not same_architecture(settings.network, known.settings, known.vocabulary):
        raise UsageError("settings of a size other than the model's: with --init, change rates and weights only")
    return settings


def _training_settings(known: Model) -> TrainingSettings:
    """Return the settings that a model was trained with.

    Raises:
        ModelError: Its file has others than there are, or impossible values.
    """
    try:
        return AllSettings().changed(known.card.training).training
    except UsageError as error:
        raise ModelError(f"{known.card.name}: cannot be continued ({error}): train it again") from error


def _read_vectors(source: PathLike, known: Model | None, report: Report) -> Vectors:
    if known is not None:
        raise UsageError("--vectors with --init: a model keeps the vectors that it was first trained with")
    vectors = read_vectors(source)
    report(f"{len(vectors.forms):,} word vectors of width {vectors.table.shape[1]}")
    return vectors


def _look_up(
    treebank: Treebank,
    dev: Treebank,
    known: Model | None,
    vectors: Vectors | None,
    teachers: Sequence[Network],
    report: Report,
) -> TrainingData:
    """Count the vocabulary, turn the treebank into numbers, and let the teachers read it."""
    sentences = treebank.sentences
    forms = [s.forms for s in sentences]
    tags = [(s.upos, s.xpos, s.feats) for s in sentences]
    arcs = [(s.heads, s.deprels) for s in sentences]
    lemmas = [s.lemmas for s in sentences]
    words = vocabulary.build(forms, tags, arcs, lemmas)
    table: Floats = np.zeros((1, 0), np.float32)
    if vectors is not None:
        words, table = replace(words, vector_forms=vectors.forms), vectors.table
    if known is not None:
        words, table = vocabulary.extend(known.vocabulary, words), known.networks[0].vectors
    examples = encode_treebank(words, forms, tags, arcs, lemmas)
    unseen = {d for s in dev.sentences for d in s.deprels} - set(words.labels)
    if unseen:
        names = clean(", ".join(sorted(unseen)))
        report(f"dev has labels that training never shows, and that no parse will have: {names}")
    return TrainingData(
        sentences=sentences,
        dev=dev.sentences,
        vocabulary=words,
        vectors=table,
        examples=examples,
        teachers=Teachers(teachers, words, forms, [e.heads for e in examples.sentences]) if teachers else None,
    )


def _identify(path: PathLike, language: str | None, name: str | None, report: Report) -> tuple[str, str]:
    """Tell language and name of a treebank from UD's file or folder names (en_ewt-ud-train.conllu), if not given."""
    is_file = os.fspath(path) != STANDARD_STREAM
    path = Path(path).absolute() if is_file else Path("stdin")
    for candidate in map(readable, (path.name.partition("-ud-")[0], path.parent.name)):
        found = _UD_NAME.fullmatch(candidate)
        if found:
            return language or found[1], name or candidate
    if language is None:
        report("warning: no language in the file name: taking xx (any language); say --lang CODE to name it")
    return language or "xx", name or readable(path.name.partition(".")[0])
