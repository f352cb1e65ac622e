"""Cross-validate: each sentence of a treebank is parsed by a model that was trained on the other folds.

A model of a fold is trained to the end without a dev file (`arcparser.training.refit`): nothing is chosen by looking at
what is measured. What has been parsed of a fold lies in a file of its own until all folds are there, so that a run that
was stopped goes on with the next fold.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from arcparser.errors import ArcparserError, InputError, UsageError, count
from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.significance import f1, interval
from arcparser.evaluation.systems import sentence_counts
from arcparser.files import STANDARD_STREAM, atomic_writer, make_folder
from arcparser.model import model_file
from arcparser.parsing.parser import Parser
from arcparser.parsing.pool import begin_work, start_tracker, without_interrupts
from arcparser.studies.folds import divide
from arcparser.training.context_folder import ContextFolder
from arcparser.training.given import gather
from arcparser.training.hold_out import documents
from arcparser.training.job import TrainingJob, plan_training
from arcparser.training.plan import checked_report
from arcparser.training.recipe import Execution, Recipe, as_paths
from arcparser.training.refit import train_whole
from arcparser.training.target_folder import TargetFolder
from arcparser.training.train import identify, read_sentences, thread_count, warn_of_predecessors
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.writer import whole_block
from arcparser.types import Floats, PathLike


@dataclass(frozen=True)
class CrossValidation:
    """Say how well parsers do on sentences that they have not seen.

    Attributes:
        path: The file of all parses, in the order of the treebank.
        metrics: The names of the M metrics.
        scores: F1 `[M]` in percent of all sentences together.
        low: The lower ends `[M]` of the 95 % bootstrap intervals.
        high: The upper ends `[M]`.
        fold_scores: `[folds, M]` F1 of each fold.
        fold_sentences: How many sentences each fold has.
    """

    path: Path
    metrics: list[str]
    scores: Floats
    low: Floats
    high: Floats
    fold_scores: Floats
    fold_sentences: list[int]

    def as_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return {
            "parsed": str(self.path),
            "sentences": sum(self.fold_sentences),
            "scores": {
                name: {"f1": float(score), "low": float(low), "high": float(high)}
                for name, score, low, high in zip(self.metrics, self.scores, self.low, self.high)
            },
            "folds": [
                {"sentences": size, **{name: float(score) for name, score in zip(self.metrics, scores)}}
                for size, scores in zip(self.fold_sentences, self.fold_scores)
            ],
        }

    def table(self) -> str:
        """Return a table for people: each score, its interval, and the folds with the least and the most."""
        lines = [f"{'':<9} {'F1':>6}   95 % interval   least and most of a fold"]
        for i, name in enumerate(self.metrics):
            if name != "Words":
                least, most = self.fold_scores[:, i].min(), self.fold_scores[:, i].max()
                ends = f"{self.low[i]:.2f} … {self.high[i]:.2f}"
                lines.append(f"{name:<9} {self.scores[i]:6.2f}   {ends:<13}   {least:.2f} … {most:.2f}")
        size = count(sum(self.fold_sentences), "sentence")
        return "\n".join([*lines, f"{size} in {len(self.fold_sentences)} folds, punctuation included"])


@dataclass(frozen=True)
class _Task:
    """Hold the work of one fold, which can be sent to another process.

    Attributes:
        data: The treebank.
        fold_of: The fold of each sentence.
        fold: The number of the fold, from 0.
        recipe: What to train.
        language: The model's.
        name: The model's.
        output: The file of its parses.
        threads: How many.
    """

    data: bytes
    fold_of: tuple[int, ...]
    fold: int
    recipe: Recipe
    language: str
    name: str
    output: Path
    threads: int


def cross_validate(
    files: PathLike | Sequence[PathLike],
    *,
    output_dir: PathLike,
    folds: int = 10,
    jobs: int = 1,
    recipe: Recipe | None = None,
    execution: Execution | None = None,
) -> CrossValidation:
    """Train a model for each fold of a treebank, parse the fold, and score all parses together.

    In `output_dir` come to be `parsed.conllu`, all sentences in the order of the treebank, with trees and tags of
    models that have not seen them; `scores.json`; and a file for each fold.

    Args:
        files: One file or several, joined.
        output_dir: A folder, which is made if it is not there.
        folds: How many.
        jobs: How many are trained side by side; the result is the same.
        recipe: What to train, without `max_minutes`: the number of epochs is that of the recipe, or by size.
        execution: How to run it; with `resume`, folds that are done are kept.

    Raises:
        InputError: A file cannot be read, is malformed, or holds no sentence.
        UsageError: An impossible number or setting, or the folder holds another cross-validation.
        OutputError: The folder cannot be written to.
        ModelError: A model to continue from or to learn from is not there or damaged.
    """
    recipe, execution = recipe or Recipe(), execution or Execution()
    report = checked_report(execution.report)
    if recipe.vectors == STANDARD_STREAM:
        raise UsageError("vectors -: is read for each fold, and standard input can be read once: give a file")
    if recipe.max_minutes is not None:
        raise UsageError("max_minutes: the models of all folds are to have as many epochs: give a number of epochs")
    if recipe.partial:
        raise UsageError("partial: all sentences are measured on, so they are to be annotated as a whole: leave it out")
    if jobs < 1:
        raise UsageError(f"{jobs} jobs: give at least 1")
    paths = as_paths("files", files, "the path of a CoNLL-U file")
    if not paths:
        raise UsageError("no file: give at least one")
    folder = make_folder(output_dir)
    language, name = identify(paths[0], recipe.language, recipe.name, report)
    sentences = read_sentences(paths, recipe, report)
    fold_of = divide(sentences, folds, seed=recipe.seed)
    data = b"".join(whole_block(sentence) for sentence in sentences)
    _claim(folder, _fingerprint(data, folds, recipe), execution)
    whole = len(documents(sentences))
    kept = f" ({count(whole, 'document')}, each in one fold)" if folds <= whole < len(sentences) else ""
    report(f"{count(len(sentences), 'sentence')} in {folds} folds{kept}")
    warn_of_predecessors(recipe, "all scores are too high", report)
    threads = 1 if jobs > 1 else thread_count(execution)
    tasks = [
        _Task(data, tuple(fold_of), k, recipe, language, name, folder / f"fold-{k + 1:02}.conllu", threads)
        for k in range(folds)
    ]
    wanted = [task for task in tasks if not task.output.exists()]
    if len(wanted) < folds:
        report(f"{count(folds - len(wanted), 'fold')} done before")
    for task, seconds in _run_here(wanted) if jobs == 1 else _run_beside(wanted, jobs):
        scores = _scores(sentences, fold_of, task)
        report(f"fold {task.fold + 1} of {folds}: {scores}, {seconds:.0f} s")
    return _finish(folder, sentences, fold_of, tasks)


def _fingerprint(data: bytes, folds: int, recipe: Recipe) -> str:
    fields = {name: str(value) for name, value in asdict(recipe).items() if name not in ("hold_out", "refit")}
    return hashlib.sha256(repr((hashlib.sha256(data).hexdigest(), folds, sorted(fields.items()))).encode()).hexdigest()


def _claim(folder: Path, fingerprint: str, execution: Execution) -> None:
    """Make the folder that of this cross-validation.

    Raises:
        UsageError: It is that of another one, or nothing is said of what is there.
    """
    path = folder / "crossval.json"
    begun = path.exists()
    if begun and not (execution.resume or execution.overwrite):
        raise UsageError(f"{folder}: holds a cross-validation: --resume goes on with it, --overwrite starts anew")
    if begun and execution.resume:
        try:
            found = json.loads(path.read_text("utf-8"))
        except ValueError:
            found = None
        if found != {"fingerprint": fingerprint}:
            problem = "is a cross-validation of other files, folds or settings"
            raise UsageError(f"{folder}: {problem}: give another --output-dir, or --overwrite instead of --resume")
    if not (begun and execution.resume):
        for file in [*folder.glob("fold-*.conllu"), folder / "parsed.conllu", folder / "scores.json"]:
            if begun:
                file.unlink(missing_ok=True)
            elif file.exists():
                raise UsageError(f"{file}: is there already: give another --output-dir")
        with atomic_writer(path) as stream:
            stream.write(json.dumps({"fingerprint": fingerprint}).encode())


def _run_here(tasks: Sequence[_Task]) -> Iterator[tuple[_Task, float]]:
    for task in tasks:
        began = time.monotonic()
        _run_fold(task)
        yield task, time.monotonic() - began


def _run_beside(tasks: Sequence[_Task], jobs: int) -> Iterator[tuple[_Task, float]]:
    """Run tasks in processes of their own; end them all if one fails or this one is stopped."""
    context = get_context("spawn")  # a forked child would inherit locks of threads that it does not have
    waiting = list(tasks)
    running: dict[Any, tuple[Any, _Task, float]] = {}
    start_tracker()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                ours, theirs = context.Pipe(duplex=False)
                task = waiting.pop(0)
                process = context.Process(target=_work, args=(task, theirs), daemon=True)
                with without_interrupts():
                    process.start()
                    running[ours] = process, task, time.monotonic()
                theirs.close()
            for ready in connection.wait(list(running)):
                process, task, began = running.pop(ready)
                problem = _result(ready, process, task)
                process.join()
                if problem is not None:
                    raise problem
                yield task, time.monotonic() - began
    finally:
        for process, _, _ in running.values():
            process.terminate()
        for process, _, _ in running.values():
            process.join()


def _result(results: Any, process: Any, task: _Task) -> ArcparserError | None:
    """Return the error that a process ended with; None if it has done its task."""
    try:
        problem: ArcparserError | None = results.recv()
    except EOFError:
        process.join()
        reason = "was killed: give fewer --jobs" if process.exitcode < 0 else "failed: see the error above"
        return InputError(f"its process {reason}, and --resume", f"fold {task.fold + 1}")
    return problem


def _work(task: _Task, results: Any) -> None:
    """Run a task in this process, which is stopped by the one that started it, and send how it ended."""
    begin_work()
    os.environ["TQDM_DISABLE"] = "1"  # several bars at once would write over each other
    try:
        _run_fold(task)
        results.send(None)
    except ArcparserError as error:
        results.send(error)


def _run_fold(task: _Task) -> None:
    """Train on all folds but one, and parse that one."""
    sentences = list(read_conllu(io.BytesIO(task.data), name="treebank"))
    train = [s for s, fold in zip(sentences, task.fold_of) if fold != task.fold]
    test = [s for s, fold in zip(sentences, task.fold_of) if fold == task.fold]
    recipe = task.recipe
    known = None if recipe.init is None else model_file.load(recipe.init)
    quiet = checked_report(None)
    given = gather(recipe, known, quiet)
    contexts, targets = ContextFolder(task.output), TargetFolder(task.output)
    job = TrainingJob(given, contexts, targets, resume=False, threads=task.threads, report=quiet)
    plan = plan_training(recipe, given, train, quiet, language=task.language, name=task.name)
    with threadpool_limits(limits=1), contexts.kept_if_unfinished(), targets.kept_if_unfinished():
        data = job.look_up(plan, train, (), whole=sentences)
        model = train_whole(plan, data, known, task.output, threads=task.threads, report=quiet)
        parsed = Parser(model).parse_many(map(_unannotated, test), tags="retag")
        with atomic_writer(task.output) as stream:
            for sentence in parsed:
                stream.write(sentence.to_bytes())


def _unannotated(sentence: Sentence) -> Sentence:
    """Return a copy without lemmas, which not every model replaces, and without enhanced dependencies."""
    copy = sentence.copy()
    copy.set_lemmas(["_"] * len(copy), mode="retag")
    copy.clear_deps()
    return copy


def _scores(sentences: Sequence[Sentence], fold_of: Sequence[int], task: _Task) -> str:
    """Say how well a fold is parsed."""
    gold = [sentence for sentence, fold in zip(sentences, fold_of) if fold == task.fold]
    scores = compare(gold, list(read_conllu(task.output))).scores()
    return f"UAS {scores.uas.f1:.2f}  LAS {scores.las.f1:.2f}  UPOS {scores.upos.f1:.2f}"


def _finish(
    folder: Path, sentences: Sequence[Sentence], fold_of: Sequence[int], tasks: Sequence[_Task]
) -> CrossValidation:
    """Join the folds in the order of the treebank, score them, and write both."""
    parts = [read_conllu(task.output) for task in tasks]
    parsed = [next(parts[fold]) for fold in fold_of]
    path = folder / "parsed.conllu"
    with atomic_writer(path) as stream:
        for sentence in parsed:
            stream.write(sentence.to_bytes())
    comparison = compare(sentences, parsed)
    counts = sentence_counts(comparison, [len(sentence) for sentence in sentences])
    places = np.array(fold_of)
    low, high = interval(counts)
    found = CrossValidation(
        path=path,
        metrics=list(comparison.correct_words()),
        scores=f1(counts.sum(0)),
        low=low,
        high=high,
        fold_scores=np.array([f1(counts[places == task.fold].sum(0)) for task in tasks]),
        fold_sentences=[int((places == task.fold).sum()) for task in tasks],
    )
    with atomic_writer(folder / "scores.json") as stream:
        stream.write((json.dumps(found.as_dict(), indent=2) + "\n").encode())
    return found
