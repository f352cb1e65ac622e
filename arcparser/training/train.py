"""Train a parser: from treebank files to a model file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from arcparser.errors import UsageError, count, readable
from arcparser.files import STANDARD_STREAM, check_path, check_writable
from arcparser.learning.epoch import SHARES
from arcparser.model import model_file
from arcparser.model.sources import license_warnings
from arcparser.parsing.parser import Parser
from arcparser.training import checkpoint
from arcparser.training.context_folder import ContextFolder
from arcparser.training.given import gather
from arcparser.training.hold_out import LEAST, SHARE, Division, hold_out
from arcparser.training.job import TrainingJob, chosen_settings, plan_training
from arcparser.training.plan import checked_report
from arcparser.training.recipe import Execution, Recipe, TrainOptions, as_paths, with_options
from arcparser.training.target_folder import TargetFolder
from arcparser.treebank.check import overlap
from arcparser.treebank.faults import Finding, inspect, raise_faults
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import tree_faults
from arcparser.treebank.treebank import Treebank, describe, read_treebank
from arcparser.types import PathLike, Report

if TYPE_CHECKING:
    from typing_extensions import Unpack

_UD_NAME = re.compile(r"([a-z]{2,3})_[a-z0-9]+")


def train(
    train_files: PathLike | Sequence[PathLike],
    *,
    dev: PathLike | None = None,
    output: PathLike,
    recipe: Recipe | None = None,
    execution: Execution | None = None,
    **options: Unpack[TrainOptions],
) -> Parser:
    """Train a parser on CoNLL-U treebanks and write it to `output`; return the parser with the best dev LAS.

    Beside `output`, `output.epochs.jsonl` tells of every epoch, and while the training runs `output.checkpoint` holds
    all that `resume` needs. Where `networks` is more than 1, as in the preset "accurate", each network is trained by
    itself, from `seed`, `seed` + 1 and so on, as `output.1`, `output.2` and so on; in the end they become one model.

    Without `dev`, a share of the sentences is held out and takes its place. With `refit`, that training is
    `output.held-out`, and tells how long to train on all sentences.

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
    recipe, execution = with_options(recipe, execution, options)
    paths = as_paths("train_files", train_files, "the path of a CoNLL-U file")
    if not paths:
        raise UsageError("no training file: give at least one")
    _check_distinct(paths)
    dev_paths = _dev_paths(dev, recipe)
    check_path("output", output)
    report = checked_report(execution.report)
    if not (execution.resume or execution.overwrite):
        checkpoint.check_free(output)
    language, name = identify(paths[0], recipe.language, recipe.name, report)
    known = None if recipe.init is None else model_file.load(recipe.init)
    settings = chosen_settings(recipe, known, words=0)  # what cannot be is refused before anything is read
    if not (execution.resume or execution.overwrite):
        checkpoint.check_free(output, networks=settings.training.networks)
    given = gather(recipe, known, report)
    check_writable(output)
    sentences, dev_sentences = _read(paths, dev_paths, recipe, report)
    plan = plan_training(recipe, given, sentences, report, language=language, name=name)
    for line in license_warnings(recipe.license, plan.sources):
        report(line)
    threads = thread_count(execution)
    if execution.overwrite:
        checkpoint.remove_unfinished(output)
    contexts, targets = ContextFolder(output), TargetFolder(output)
    job = TrainingJob(given, contexts, targets, execution.resume, threads, report)
    with threadpool_limits(limits=1), contexts.kept_if_unfinished(), targets.kept_if_unfinished():
        if dev_sentences is not None:
            return Parser(job.run(plan, sentences, dev_sentences, Path(output)))
        whole = [i for i, s in enumerate(sentences) if next(tree_faults(s), None) is None] if recipe.partial else None
        division = hold_out(sentences, recipe.hold_out or SHARE, seed=recipe.seed, among=whole)
        report(division.text)
        _warn_of_held_out(division, recipe, report)
        if recipe.refit:
            return Parser(job.run_twice(plan, division, sentences, Path(output)))
        return Parser(job.run(plan, division.train, division.held_out, Path(output)))


def _check_distinct(paths: Sequence[PathLike]) -> None:
    """Refuse a training file that is given twice: its copies would be held out and learned from.

    Raises:
        UsageError: One is.
    """
    seen: set[str] = set()
    for path in paths:
        try:
            place = os.path.realpath(path)
        except ValueError:  # no name of a file: told where it is read
            continue
        if place in seen:
            raise UsageError(f"{path}: is given twice: give each training file once")
        seen.add(place)


def _dev_paths(dev: PathLike | None, recipe: Recipe) -> list[PathLike] | None:
    """Return the dev file in a list; None if sentences are to be held out.

    Raises:
        UsageError: It is no path, or the recipe holds sentences out as well.
    """
    if dev is None:
        return None
    paths = as_paths("dev", dev, "the path of a CoNLL-U file")
    if not paths:
        raise UsageError("no dev file: give one, which chooses the best epoch, or None to hold sentences out")
    if recipe.hold_out is not None or not recipe.refit:
        raise UsageError("a dev file with hold_out or without refit: these are for trainings without a dev file")
    return paths


def _read(
    paths: Sequence[PathLike], dev_paths: Sequence[PathLike] | None, recipe: Recipe, report: Report
) -> tuple[list[Sentence], list[Sentence] | None]:
    """Read what to train on, and the dev sentences, if there is a file of such."""
    if dev_paths is None:
        return read_sentences(paths, recipe, report), None
    train, dev = _read_parts({"train": paths, "dev": dev_paths}, recipe, report)
    _warn_of_overlap(train, dev, "dev", report)
    return train, dev


def _warn_of_overlap(train: Sequence[Sentence], dev: Sequence[Sentence], name: str, report: Report) -> None:
    """Tell how many of the sentences to measure on are learned from as well."""
    if both := overlap(train, dev):
        words = sum(len(sentence) for _, sentence in both)
        share = f"{count(len(both), 'sentence')} of {name} ({count(words, 'word')}) of {len(dev):,}"
        report(f"warning: {share} {'is' if len(both) == 1 else 'are'} in train too, so that dev scores are too high")


def _warn_of_held_out(division: Division, recipe: Recipe, report: Report) -> None:
    """Tell where scores on the sentences that are held out mislead."""
    _warn_of_overlap(division.train, division.held_out, "those held out", report)
    if len(division.held_out) < LEAST:
        few = f"{count(len(division.held_out), 'sentence')} ({count(sum(map(len, division.held_out)), 'word')})"
        report(f"warning: {few} held out say little of how well the model parses: give --dev if you can")
    warn_of_predecessors(recipe, "dev scores are too high: give --dev if you can", report)


def warn_of_predecessors(recipe: Recipe, consequence: str, report: Report) -> None:
    """Tell what follows if the model to continue from, or a teacher, has learned from what is measured on."""
    if recipe.init is not None or recipe.teachers:
        others = "the model to continue from" if recipe.init is not None else "a teacher"
        report(f"warning: if {others} has learned from these sentences, {consequence}")


def read_sentences(paths: Sequence[PathLike], recipe: Recipe, report: Report) -> list[Sentence]:
    """Read what to train on, and tell what it is.

    Raises:
        InputError: A file has faults, all of which are reported.
    """
    return _read_parts({"train": paths}, recipe, report)[0]


def _read_parts(parts: Mapping[str, Sequence[PathLike]], recipe: Recipe, report: Report) -> list[list[Sentence]]:
    """Read treebanks, each of one or several files, and tell what they are.

    Raises:
        InputError: A file has faults, all of which are reported.
    """
    partial = [recipe.partial and part == "train" for part in parts]
    if recipe.skip_invalid:
        treebanks = [read_treebank(paths, skip_invalid=True, partial=p) for paths, p in zip(parts.values(), partial)]
    else:
        files = [[inspect(path, partial=p) for path in paths] for paths, p in zip(parts.values(), partial)]
        faults = [fault for part in files for file in part for fault in file.faults]
        for fault in faults if len(faults) > 1 else ():
            report(str(fault.error))
        raise_faults(faults, _advice(faults))
        treebanks = [Treebank([sentence for file in part for sentence in file.sentences]) for part in files]
    if recipe.partial and not describe(treebanks[0]).labels:
        raise UsageError("--partial: no word of the training files has HEAD and DEPREL: annotate some")
    for name, treebank in zip(parts, treebanks):
        report(f"{name}: " + describe(treebank).text().replace("\n", "\n  "))
    return [treebank.sentences for treebank in treebanks]


def _advice(faults: Sequence[Finding]) -> str:
    """Say what can be done about faults beside correcting them."""
    missing = any("HEAD is missing" in fault.error.problem for fault in faults)
    return f"correct them, or leave bad sentences out with --skip-invalid{', or say --partial' if missing else ''}"


def thread_count(execution: Execution) -> int:
    """Return how many threads a training has: as asked for, or as there are cores, but no more than it can use."""
    return max(1, min(execution.threads or os.cpu_count() or 1, SHARES))


def identify(path: PathLike, language: str | None, name: str | None, report: Report) -> tuple[str, str]:
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
