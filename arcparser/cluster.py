"""Parse on a Dask cluster: on the processes of one machine, or on many machines that share a file system.

    from distributed import Client
    from arcparser.cluster import parse_files

    with Client("tcp://scheduler:8786") as client:
        parse_files(client, ["corpus"], "parsed", job=Job(model="models/en_ewt.arcparser"))

Each worker loads the model once. It parses whole files as `arcparser.bulk.parse_folder` does: the folder ends with the
same bytes, what is done is skipped, and what a worker that died was at is done by another one. Inputs, outputs and the
model are paths that mean the same on all machines. It takes the package `distributed` (the extra `cluster`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from arcparser.bulk.parse_folder import (
    Outcome,
    ParseEach,
    Settings,
    Summary,
    parse_folder,
    parse_in_process,
    start_process,
)
from arcparser.bulk.plan import Task
from arcparser.errors import InputError, UsageError
from arcparser.files import shown_name
from arcparser.parsing.parse_files import Job
from arcparser.types import PathLike

if TYPE_CHECKING:
    from distributed import Client

_AHEAD = 10_000  # files that the scheduler is given at a time


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
        options = {"n_workers": int(workers), "threads_per_worker": 1, "processes": True, "dashboard_address": None}
        with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
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

    Raises:
        ArcparserError: As there.
        UsageError: The package `distributed` is not installed, or the first argument is no client.
    """
    if not isinstance(client, _distributed().Client):
        raise UsageError("the first argument is no client: give one, as distributed.Client(address)")

    @contextmanager
    def share(settings: Settings) -> Iterator[ParseEach]:
        settings = replace(settings, folder=os.path.abspath(settings.folder), base=os.getcwd())
        client.register_plugin(_plugin(settings), name="arcparser")
        yield parse_each

    def parse_each(tasks: list[Task]) -> Iterator[tuple[Task, Outcome]]:
        for first in range(0, len(tasks), _AHEAD):
            some = tasks[first : first + _AHEAD]
            futures = client.map(parse_in_process, some, pure=False)
            for task, future in zip(some, futures):
                yield task, _result(task, future)

    return parse_folder(inputs, output_dir, job, include=include, overwrite=overwrite, report=report, share=share)


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


def _plugin(settings: Settings) -> Any:
    from distributed import WorkerPlugin

    class LoadModel(WorkerPlugin):  # type: ignore[misc, unused-ignore]
        """Load the model when a worker starts, or when the plugin reaches one that has started."""

        def setup(self, worker: object) -> None:
            start_process(settings)

    return LoadModel()
