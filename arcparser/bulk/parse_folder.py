"""Parse many files into a folder, each output whole or absent.

An output that is there and was made of the same input by the same model and options is left as it is. So a run that was
killed goes on where it was, and ends with the same files. Several processes, on several machines, may run at the same
time and share the work (`arcparser.bulk.claims`): each waits at its end for what the others are still at, and does
what they leave undone.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from arcparser._version import __version__
from arcparser.bulk.claims import Claims
from arcparser.bulk.manifest import Manifest, digest
from arcparser.bulk.plan import WORK_FOLDER, Task, plan_tasks
from arcparser.errors import InputError
from arcparser.files import before_rename, make_folder, open_output, shown_name
from arcparser.model.array_file import stored_digest
from arcparser.model.registry import find
from arcparser.parsing.job import Job, check_job
from arcparser.parsing.parse_files import Counts, FileParser, Progress, open_file_parser
from arcparser.parsing.parser import load
from arcparser.remote import is_url
from arcparser.types import PathLike

if TYPE_CHECKING:
    from concurrent.futures import Future

_AHEAD = 1000  # files that processes are given at a time
_PATIENCE = 0.5  # seconds until we look again at what others are at

# What changes nothing in the output.
_UNRELATED = ("model", "jobs", "batch_words", "flush")


@dataclass
class Summary:
    """Count what was done.

    Attributes:
        files: How many files were parsed.
        skipped: How many were done before, or by others meanwhile.
        failed: What was wrong with others, whose outputs are what they were.
        counts: The sentences and words that were parsed.
    """

    files: int = 0
    skipped: int = 0
    failed: list[InputError] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


Outcome = Counts | InputError | None  # of a file; None if somebody else is at it
ParseEach = Callable[[list[Task]], Iterator[tuple[Task, Outcome]]]


@dataclass(frozen=True)
class RunSettings:
    """Hold what is the same for all files of a run, and for all processes.

    Attributes:
        folder: The output folder.
        job: How each file is parsed.
        made_by: What the manifest says of the model and the options.
        overwrite: Make all outputs anew.
        base: The folder that inputs are seen from; empty for that in which the process is.
    """

    folder: str
    job: Job
    made_by: dict[str, Any]
    overwrite: bool
    base: str = ""


@dataclass(frozen=True)
class _Run:
    """Hold what a process has for all files of a run."""

    settings: RunSettings
    parse: FileParser
    manifest: Manifest
    claims: Claims
    stopped: threading.Event = field(default_factory=threading.Event)


def parse_folder(
    inputs: Sequence[PathLike],
    output_dir: PathLike,
    job: Job,
    *,
    include: Sequence[str] = (),
    overwrite: bool = False,
    report: Callable[[InputError], object] | None = None,
    progress: Progress | None = None,
    share: Callable[[RunSettings], AbstractContextManager[ParseEach]] | None = None,
) -> Summary:
    """Parse files, and those in folders, into files of the same names in `output_dir`.

    Args:
        inputs: Files and folders, or URLs of both.
        output_dir: The folder, which is made if it is not there. It also gets `manifest.jsonl`.
        job: How each file is parsed.
        include: Which files of folders are parsed: see `arcparser.bulk.plan.plan_tasks`.
        overwrite: Make all outputs anew, and replace files that no run made.
        report: Is told at once what is wrong with a file; the others are parsed all the same.
        progress: Is told of each sentence, or of each file where files are shared.
        share: Shares files among processes, each of which has called `start_process` and calls `parse_in_process` for
            a file; None: those of `job.jobs`.

    Raises:
        InputError: There is no such file, or none in a folder.
        ModelError: The model cannot be loaded.
        OutputError: A file cannot be written.
        UsageError: Two files would have the same output, or an option is impossible.
    """
    check_job(job)
    tasks = plan_tasks(inputs, output_dir, output_format=job.output_format, include=include)
    folder = make_folder(output_dir)
    options = {name: value for name, value in vars(job).items() if name not in _UNRELATED}
    path = find(job.model)
    made_by = {"model": path.stem, "model_digest": stored_digest(path), "options": options}
    summary = Summary()
    if share is None and job.jobs > 1 and _can_share(tasks, job.jobs):
        share = _processes
    settings = RunSettings(os.fspath(folder), job, made_by, overwrite)
    if share is not None:
        settings = replace(settings, job=replace(job, jobs=1))
    with (
        open_file_parser([task.source for task in tasks], settings.job) as parse,
        before_rename(None),  # an output that gets its name is not the end of the run
        Claims(folder / WORK_FOLDER) as claims,
    ):
        run = _Run(settings, parse, Manifest(folder, claims), claims)
        try:
            with nullcontext() if share is None else share(replace(settings, job=job)) as each:
                _parse_all(tasks, run, each, summary, report, progress)
        finally:
            run.manifest.join()
    return summary


def _can_share(tasks: list[Task], jobs: int) -> bool:
    """Tell whether processes have about the same to do if each parses whole files."""
    sizes = [os.path.getsize(task.source) if os.path.isfile(task.source) else 0 for task in tasks]
    return max(sizes) * jobs <= sum(sizes)


@contextmanager
def _processes(settings: RunSettings) -> Iterator[ParseEach]:
    """Share files among processes of this machine."""
    from arcparser.parsing.pool import open_crew

    jobs = settings.job.jobs
    with open_crew(jobs, start=start_process, arguments=(settings,), work=parse_in_process) as crew:

        def parse_each(tasks: list[Task]) -> Iterator[tuple[Task, Outcome]]:
            pending: deque[tuple[Task, Future[Any]]] = deque()
            for task in tasks:
                pending.append((task, crew.submit(task, settings)))
                if len(pending) > _AHEAD:
                    yield _result(*pending.popleft())
            while pending:
                yield _result(*pending.popleft())

        yield parse_each


def _parse_all(
    tasks: list[Task],
    run: _Run,
    shared: ParseEach | None,
    summary: Summary,
    report: Callable[[InputError], object] | None,
    progress: Progress | None,
) -> None:
    """Parse what is not done, and then what others have not done after all."""
    waiting = tasks
    while waiting:
        others = []
        for task, counts in _parse_each(waiting, run, progress) if shared is None else shared(waiting):
            if isinstance(counts, InputError):
                summary.failed.append(counts)
                if report is not None:
                    report(counts)
            elif counts is None:
                others.append(task)
            else:
                summary.skipped += counts.done_before
                summary.files += not counts.done_before
                summary.counts.add(counts)
                if progress is not None and (counts.done_before or shared is not None):
                    progress.done(task.source, counts.words)
        if len(others) == len(waiting):
            time.sleep(_PATIENCE)
        waiting = others


def _parse_each(tasks: list[Task], run: _Run, progress: Progress | None) -> Iterator[tuple[Task, Outcome]]:
    """Parse files in this process."""
    for task in tasks:
        try:
            yield task, _parse_one(task, run, progress)
        except InputError as error:
            yield task, error


def _result(task: Task, future: Future[Any]) -> tuple[Task, Outcome]:
    from arcparser.parsing.crew import ProcessDied

    try:
        return task, future.result()
    except InputError as error:
        return task, error
    except ProcessDied:
        problem = "processes died twice at it, perhaps out of memory: use fewer jobs, or split it"
        return task, InputError(problem, shown_name(task.source))


_runs_of_process: list[_Run] = []  # of a process that files are shared with; several runs may share it
_runs_lock = threading.Lock()


class ProcessStopped(Exception):
    """The process was told to give up the file that it was at."""


@dataclass(frozen=True)
class _UntilStopped:
    """Is told how a parse goes on, and ends it if the process is to stop."""

    stopped: threading.Event

    def begin(self, *_: object) -> None:
        if self.stopped.is_set():
            raise ProcessStopped

    sentence = done = begin


def start_process(settings: RunSettings) -> None:
    """Load the model in a process that files are shared with."""
    with _runs_lock:
        folder = make_folder(settings.folder)
        job = replace(settings.job, jobs=1)
        claims = Claims(folder / WORK_FOLDER)
        claims.__enter__()  # until `stop_process`, or the end of the process, when it has given all of them back
        _runs_of_process.append(
            _Run(settings, FileParser(job, load(job.model), None), Manifest(folder, claims), claims)
        )


def stop_process(settings: RunSettings) -> None:
    """Undo `start_process`. Of the file that the process is at nothing stays, and it gives it up soon."""
    with _runs_lock:
        run = next((run for run in _runs_of_process if run.settings == settings), None)
        if run is not None:
            _runs_of_process.remove(run)
            run.stopped.set()
            run.claims.__exit__()


def parse_in_process(task: Task, settings: RunSettings) -> Counts | None:
    """Parse one file in such a process, unless that is done; None if somebody else is at it.

    Raises:
        ProcessStopped: `start_process` was not called, or `stop_process` was.
        InputError: The file cannot be read, or is malformed.
        OutputError: The output cannot be written.
    """
    run = next((run for run in reversed(_runs_of_process) if run.settings == settings), None)
    if run is None:
        raise ProcessStopped
    return _parse_one(task, run, _UntilStopped(run.stopped))


def _parse_one(task: Task, run: _Run, progress: Progress | None) -> Counts | None:
    """Parse one file, unless that is done, and return what was parsed; None if somebody else is at it."""
    settings = run.settings
    source = task.source if is_url(task.source) else os.path.join(settings.base, task.source)
    wanted = {**settings.made_by, "sha256": digest(source)}
    if not settings.overwrite and not run.claims.exists(task.output) and run.manifest.is_done(task.output, wanted):
        return Counts(done_before=True)
    was_begun = run.claims.take(task.output)
    if was_begun is None:
        return None
    target = os.path.join(settings.folder, task.output)
    try:
        if not was_begun and not settings.overwrite:
            if run.manifest.is_done(task.output, wanted):  # meanwhile
                return Counts(done_before=True)
            if os.path.lexists(target) and run.manifest.record(task.output) is None:
                problem = "is there already, and no run made it: give --overwrite to replace it, or another folder"
                raise InputError(problem, shown_name(target))
        make_folder(os.path.dirname(target))
        return _write(source, target, run, progress, {"output": task.output, "input": task.source, **wanted})
    except InputError:
        if was_begun and run.manifest.record(task.output) is None:  # a killed process left an output without a record
            with suppress(OSError):
                os.unlink(target)
        raise
    finally:
        run.claims.release(task.output)


def _write(source: str, target: str, run: _Run, progress: Progress | None, record: dict[str, Any]) -> Counts:
    """Write an output that this process has claimed, and note what made it: both or none."""
    part = run.claims.part(record["output"])
    counts, inode = Counts(), None
    try:
        with open_output(target, temporary=part) as stream:
            counts = run.parse([source], stream, progress=progress)
            inode = _inode(part)
    finally:
        # A signal may end the command when the output has got its name: it would be one that no run made.
        if inode is not None and _inode(target) == inode:
            try:
                run.manifest.write(
                    {
                        **record,
                        "sentences": counts.sentences,
                        "words": counts.words,
                        "bytes": os.path.getsize(target),
                        "generator": f"arcparser {__version__}",
                    }
                )
            except BaseException:
                os.unlink(target)
                raise
    return counts


def _inode(path: str | os.PathLike[str]) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
