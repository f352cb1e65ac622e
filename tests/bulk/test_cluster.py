"""Parsing on a Dask cluster: a real scheduler and two worker processes on this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from arcparser.bulk.parse_folder import parse_folder
from arcparser.cluster import parse_files
from arcparser.errors import UsageError
from arcparser.parsing.parse_files import Job
from tests.helpers.command import POSIX
from tests.helpers.toy import DEV

pytestmark = [POSIX, pytest.mark.filterwarnings("default")]  # Dask's own


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_worker_is_killed_and_nothing_is_lost(toy_model: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    corpus, out, alone = tmp_path / "corpus", tmp_path / "out", tmp_path / "alone"
    corpus.mkdir()
    for number in range(8):
        (corpus / f"{number}.conllu").write_bytes(DEV.read_bytes() * 4)
    job = Job(model=str(toy_model), batch_words=100)
    parse_folder([corpus], alone, job)
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))

        def kill() -> None:
            while len(list(out.glob("*.conllu"))) < 2:
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        summary = parse_files(client, [corpus], out, job=job)
        assert (summary.files + summary.skipped, summary.failed) == (8, [])
        assert tree(out) == tree(alone)
        assert parse_files(client, [corpus], out, job=job).skipped == 8


def test_what_is_no_client(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(UsageError, match="is no client"):
        parse_files("tcp://x", [tmp_path], tmp_path, job=Job(model="x"))  # type: ignore[arg-type]
