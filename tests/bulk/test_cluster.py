"""Parsing on a Dask cluster: a real scheduler and two worker processes on this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import arcparser
from arcparser.bulk.parse_folder import parse_folder
from arcparser.cluster import parse_bag, parse_files, parse_frame, parse_partitions
from arcparser.errors import UsageError
from arcparser.parsing.job import Job
from arcparser.parsing.outputs import WORD_COLUMNS
from arcparser.parsing.parser import Parser
from tests.helpers.command import POSIX
from tests.helpers.toy import DEV

pytestmark = [POSIX, pytest.mark.filterwarnings("default")]  # Dask's own

TEXTS = ["Dogs bark. Cats sleep.", "", "Don't!\n\nNobody knows.", "Rain falls."]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client


class Files:
    """Takes note of the files that are done."""

    def __init__(self) -> None:
        self.done_files: list[tuple[str, int]] = []

    def done(self, source: str, words: int) -> None:
        self.done_files.append((Path(source).name, words))

    def begin(self, *_: object) -> None:
        raise AssertionError

    sentence = begin


def test_a_worker_is_killed_and_nothing_is_lost(client: Any, toy_model: Path, tmp_path: Path) -> None:
    corpus, out, alone = tmp_path / "corpus", tmp_path / "out", tmp_path / "alone"
    corpus.mkdir()
    for number in range(8):
        (corpus / f"{number}.conllu").write_bytes(DEV.read_bytes() * 4)
    job = Job(model=str(toy_model), batch_words=100)
    parse_folder([corpus], alone, job)
    victim = next(iter(client.run(os.getpid).values()))

    def kill() -> None:
        while len(list(out.glob("*.conllu"))) < 2:
            time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    progress = Files()
    summary = parse_files(client, [corpus], out, job=job, progress=progress)
    assert (summary.files + summary.skipped, summary.failed) == (8, [])
    assert tree(out) == tree(alone)
    assert {name for name, _ in progress.done_files} == {f"{number}.conllu" for number in range(8)}
    assert parse_files(client, [corpus], out, job=job).skipped == 8


def test_inputs_by_url(client: Any, toy_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file system that each process has for itself; and a model whose path is seen from here."""
    files = {f"/corpus/{name}": text.encode() for name, text in zip(["a.txt", "b/c.txt", "b/.d/e.txt"], TEXTS)}

    def fill() -> None:
        import fsspec

        fsspec.filesystem("memory").pipe(files)

    fill()
    client.run(fill)
    monkeypatch.chdir(toy_model.parent)
    job = Job(model=toy_model.name)
    assert parse_folder(["memory://corpus"], tmp_path / "alone", job).files == 2
    assert parse_files(client, ["memory://corpus"], tmp_path / "out", job=job).files == 2
    assert tree(tmp_path / "out") == tree(tmp_path / "alone")
    assert set(tree(tmp_path / "out")) == {"a.conllu", "b/c.conllu", "manifest.jsonl"}


def test_a_bag_of_texts(client: Any, toy_model: Path, toy_parser: Parser) -> None:
    bag = pytest.importorskip("dask.bag")

    def count_loads() -> None:
        from arcparser.model import model_file
        from arcparser.parsing import pickled

        pickled._parsers.clear()
        load, model_file.loads = model_file.load, 0  # type: ignore[attr-defined]

        def counted(*arguments: Any) -> Any:
            model_file.loads += 1  # type: ignore[attr-defined]
            return load(*arguments)

        model_file.load = counted

    client.run(count_loads)
    parsed = parse_bag(bag.from_sequence(TEXTS * 4, npartitions=8), model=toy_model, newline_ends_sentence=True)
    expected = [toy_parser.parse_text(text, newline_ends_sentence=True) for text in TEXTS]
    assert client.compute(parsed).result(timeout=120) == expected * 4

    def loads() -> int:
        from arcparser.model import model_file

        return model_file.loads  # type: ignore[attr-defined,no-any-return]

    assert set(client.run(loads).values()) == {1}
    with pytest.raises(UsageError, match="a string"):
        parse_bag(bag.from_sequence([b"Dogs"]), model=toy_parser).compute(scheduler="sync")


def test_a_dataframe_of_texts(toy_model: Path, toy_parser: Parser) -> None:
    pandas, frames = pytest.importorskip("pandas"), pytest.importorskip("dask.dataframe")
    texts = pandas.DataFrame({"body": [*TEXTS, None]}, index=pandas.Index(list("abcde"), name="document"))
    parsed = parse_partitions(frames.from_pandas(texts, npartitions=2), column="body", model=toy_model)
    words = parsed.compute(scheduler="sync")
    assert list(words.columns) == list(parsed.columns) == list(WORD_COLUMNS)
    assert list(words.dtypes.astype(str)) == list(parsed.dtypes.astype(str))
    row = 0
    for document, text in zip("abcd", TEXTS):
        for number, sentence in enumerate(toy_parser.parse_text(text), start=1):
            for word in sentence:
                found = words.iloc[row]
                assert words.index[row] == document
                assert (found["sentence"], found["form"], found["deprel"]) == (number, word.form, word.deprel)
                assert (found["id"], found["head"]) == (word.id, sentence.heads[word.id - 1])
                row += 1
    assert row == len(words)
    series = parse_partitions(frames.from_pandas(texts, npartitions=1)["body"], model=toy_parser)
    assert series.compute(scheduler="sync").equals(parse_frame(texts, column="body", model=toy_parser))
    with pytest.raises(UsageError, match="no column 'text'"):
        parse_frame(texts, model=toy_model)


def test_what_is_no_collection(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(UsageError, match="is no client"):
        parse_files("tcp://x", [tmp_path], tmp_path, job=Job(model="x"))  # type: ignore[arg-type]
    for function in (parse_bag, parse_partitions):
        pytest.importorskip("dask.dataframe")
        with pytest.raises(UsageError, match="the first argument"):
            function(TEXTS)


def test_many_texts_are_parsed_as_each_alone(toy_parser: Parser) -> None:
    texts = ["", *TEXTS, *TEXTS, " \n"]
    for batch_words in (1, 7, 20_000):
        assert list(toy_parser.parse_texts(iter(texts), batch_words=batch_words)) == list(
            map(toy_parser.parse_text, texts)
        )
    assert list(toy_parser.parse_texts([])) == []
    for wrong in ("Dogs", [5]):
        with pytest.raises(arcparser.UsageError):
            list(toy_parser.parse_texts(wrong))  # type: ignore[arg-type]
