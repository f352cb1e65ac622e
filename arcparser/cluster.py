"""Parse on a Dask cluster: on the processes of one machine, or on many machines that share a file system.

    from distributed import Client
    from arcparser.cluster import parse_files

    with Client("tcp://scheduler:8786") as client:
        parse_files(client, ["corpus"], "parsed", job=Job(model="models/en_ewt.arcparser"))

`parse_files` parses whole files as `arcparser.bulk.parse_folder` does: the folder ends with the same bytes, what is
done is skipped, and what a worker that died was at is done by another one. Inputs, outputs and the model are paths that
mean the same on all machines; inputs may be URLs (`arcparser.remote`).

`parse_bag` and `parse_partitions` parse texts that are in a Dask collection, and return another one. `parse_frame` does
the same for a table of pandas; whoever has another engine calls it for each part of a table.

Each worker loads the model once. All of this takes the package `distributed` (the extra `cluster`), but for
`parse_frame`, which takes `pandas`.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from arcparser.bulk.parse_folder import (
    Outcome,
    ParseEach,
    RunSettings,
    Summary,
    parse_folder,
    parse_in_process,
    start_process,
    stop_process,
)
from arcparser.bulk.plan import Task
from arcparser.errors import InputError, UsageError, unfit
from arcparser.files import shown_name
from arcparser.model.array_file import stored_digest
from arcparser.model.registry import DEFAULT_MODEL, find
from arcparser.parsing.job import Job
from arcparser.parsing.outputs import WordRows
from arcparser.parsing.parse_files import Progress
from arcparser.parsing.parser import Parser, load
from arcparser.parsing.pickled import remembered
from arcparser.parsing.pool import start_tracker, without_interrupts
from arcparser.treebank.sentence import Sentence
from arcparser.types import PathLike

if TYPE_CHECKING:
    from dask.bag import Bag
    from dask.dataframe import DataFrame, Series
    from distributed import Client
    from pandas import DataFrame as Frame

_AHEAD = 10_000  # files that the scheduler is given at a time
_NUMBERS = {"sentence": "int64", "id": "int32", "head": "int32"}  # columns of a dataframe that are no text


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """Connect to a cluster by the address of its scheduler or the file that it wrote; `local:N` starts N workers here.

    Raises:
        UsageError: The package `distributed` is not installed, nobody answers, or N is no number from 1.
    """
    distributed = _distributed()
    if address.startswith("local:"):
        workers = address.removeprefix("local:")
        if not (workers.isascii() and workers.isdigit() and 0 < len(workers) < 5 and int(workers)):
            raise UsageError(f"{address}: give local:N with the number of workers")
        start_tracker()
        with without_interrupts():  # which processes and threads inherit: signals are for this thread alone
            cluster = distributed.LocalCluster(
                n_workers=int(workers),
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
        with cluster, distributed.Client(cluster) as client:
            yield client
        return
    try:
        client = distributed.Client(
            **({"scheduler_file": address} if os.path.isfile(address) else {"address": address})
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"{address}: no scheduler of Dask answers: check the address ({error})") from error
    with client:
        yield client


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise UsageError('Dask is not installed: pip install "arcparser[cluster]"') from None
    return distributed


def parse_files(
    client: Client,
    inputs: Sequence[PathLike],
    output_dir: PathLike,
    *,
    job: Job,
    include: Sequence[str] = (),
    overwrite: bool = False,
    report: Callable[[InputError], object] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Parse files, and those in folders, into files of the same names in `output_dir`.

    Args:
        client: The client of a Dask cluster.
        inputs: As in `arcparser.bulk.parse_folder.parse_folder`.
        output_dir: As there.
        job: As there; each worker parses a file by itself, whatever its `jobs`.
        include: As there.
        overwrite: As there.
        report: As there.
        progress: Is told of each file that is done.

    Raises:
        ArcparserError: As there.
        UsageError: The package `distributed` is not installed, or the first argument is no client.
    """
    distributed = _distributed()
    if not isinstance(client, distributed.Client):
        raise UsageError("the first argument is no client: give one, as distributed.Client(address)")

    @contextmanager
    def share(settings: RunSettings) -> Iterator[ParseEach]:
        model = os.path.abspath(job.model) if os.path.isfile(job.model) else job.model
        base, folder = os.getcwd(), os.path.abspath(settings.folder)
        settings = replace(settings, job=replace(settings.job, model=model), folder=folder, base=base)
        name = f"arcparser-{secrets.token_hex(8)}"
        client.register_plugin(_plugin(settings), name=name)
        try:
            yield partial(parse_each, settings)
        finally:  # also after an error or a signal: workers give up what they are at
            with suppress(Exception):
                client.unregister_worker_plugin(name)

    def parse_each(settings: RunSettings, tasks: list[Task]) -> Iterator[tuple[Task, Outcome]]:
        for first in range(0, len(tasks), _AHEAD):
            some = tasks[first : first + _AHEAD]
            tasks_of = dict(zip(client.map(parse_in_process, some, settings=settings, pure=False), some))
            for future in distributed.as_completed(list(tasks_of)):
                task = tasks_of.pop(future)
                yield task, _result(task, future)

    return parse_folder(
        inputs,
        output_dir,
        job,
        include=include,
        overwrite=overwrite,
        report=report,
        progress=progress,
        share=share,
    )


def _result(task: Task, future: Any) -> Outcome:
    from distributed.scheduler import KilledWorker

    try:
        outcome: Outcome = future.result()
    except InputError as error:
        return error
    except KilledWorker:
        problem = "workers died at it again and again, perhaps out of memory: split it, or give workers more memory"
        return InputError(problem, shown_name(task.source))
    return outcome


def _plugin(settings: RunSettings) -> Any:
    from distributed import WorkerPlugin

    class LoadModel(WorkerPlugin):  # type: ignore[misc, unused-ignore]
        """Load the model when a worker starts, or when the plugin reaches one that has started."""

        def setup(self, worker: object) -> None:
            start_process(settings)

        def teardown(self, worker: object) -> None:
            stop_process(settings)

    return LoadModel()


def parse_bag(bag: Bag, *, model: PathLike | Parser = DEFAULT_MODEL, **options: Any) -> Bag:
    """Parse the texts in a bag of Dask; the bag that is returned has a list of sentences for each.

    Its method `flatten` makes a bag of sentences of it. Nothing is parsed before something is computed.

    Args:
        bag: The texts, strings each.
        model: Name, path, or a parser.
        options: Those of `arcparser.parsing.parser.Parser.parse_texts`.

    Raises:
        ModelError: The model cannot be loaded.
        UsageError: Dask is not installed, or the first argument is no bag.
    """
    try:
        from dask.bag import Bag
    except ImportError:
        raise UsageError('Dask is not installed: pip install "arcparser[cluster]"') from None
    texts: Any = bag
    if not isinstance(texts, Bag):
        raise unfit("the first argument of parse_bag", bag, "a bag, as dask.bag.from_sequence(texts)")
    return texts.map_partitions(partial(_parse_texts, parser=_parser(model), options=options))


def _parse_texts(texts: Any, parser: Parser, options: dict[str, Any]) -> list[list[Sentence]]:
    return list(parser.parse_texts(texts, **options))  # a generator could not go to another worker


def parse_partitions(
    frame: DataFrame | Series, *, column: str = "text", model: PathLike | Parser = DEFAULT_MODEL, **options: Any
) -> DataFrame:
    """Parse the texts in a dataframe of Dask; the dataframe that is returned has a row a word, as of `parse_frame`.

    Args:
        frame: A row a text; or a series of texts.
        column: The column of the texts.
        model: As in `parse_bag`.
        options: As in `parse_bag`.

    Raises:
        ModelError: As in `parse_bag`.
        UsageError: Dask's dataframes are not installed, the first argument is none, or it has no such column.
    """
    try:
        from dask.dataframe import DataFrame, Series
    except ImportError:
        raise UsageError('Dask\'s dataframes are not installed: pip install "dask[dataframe]"') from None
    table: Any = frame.to_frame(name=column) if isinstance(frame, Series) else frame
    if not isinstance(table, DataFrame):
        raise unfit("the first argument of parse_partitions", frame, "a dataframe of Dask")
    options.update(column=column, model=_parser(model))
    return table.map_partitions(parse_frame, **options, meta=parse_frame(table._meta, **options))


def parse_frame(
    frame: Frame, *, column: str = "text", model: PathLike | Parser = DEFAULT_MODEL, **options: Any
) -> Frame:
    """Parse the texts in a dataframe of pandas, and return one with a row a word.

    Its columns are those of parquet (`arcparser.parsing.outputs`), with sentences numbered from 1 in each text. Its
    index says of which row of `frame` a word is. A missing text has no words.

    Args:
        frame: A row a text.
        column: The column of the texts.
        model: As in `parse_bag`.
        options: As in `parse_bag`.

    Raises:
        InputError: A text has a NUL, or more than 1 MiB of white space in a row.
        ModelError: As in `parse_bag`.
        UsageError: There is no such column, or something in it is no text.
    """
    import pandas

    if column not in frame.columns:
        raise UsageError(f"no column {column!r} in the dataframe: name that of the texts by column=")
    texts = frame[column]
    present = ("" if missing else text for text, missing in zip(texts, texts.isna()))
    words, sizes = WordRows(), []
    for sentences in _parser(model).parse_texts(present, **options):
        before = len(words)
        for number, sentence in enumerate(sentences, start=1):
            words.add(sentence, number)
        sizes.append(len(words) - before)
    parsed = pandas.DataFrame(words.columns, index=frame.index.repeat(sizes))
    return parsed.astype({name: _NUMBERS.get(name, "string") for name in words.columns})


def _parser(model: PathLike | Parser) -> Parser:
    """Return a parser, the same one whenever this process asks for a model."""
    if isinstance(model, Parser):
        return model
    path = find(model)
    return remembered(stored_digest(path), lambda: load(path))
