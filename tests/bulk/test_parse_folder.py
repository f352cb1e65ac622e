"""Many files into a folder: names, what is skipped and what is not, kills, and several processes at once."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from arcparser import files
from arcparser.bulk import claims, manifest, parse_folder
from arcparser.bulk.claims import Claims
from arcparser.bulk.plan import plan_tasks
from arcparser.errors import InputError, OutputError, UsageError
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import parse_files
from tests.helpers.command import POSIX, ended, process, wait_until
from tests.helpers.toy import DEV, ENHANCED

TEXT = b"Dogs chase cats. Cats sleep.\n\nNo!\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.txt").write_bytes(TEXT)
    (folder / "a.txt").write_bytes(TEXT)
    (folder / "README.md").write_bytes(TEXT)
    (folder / "sub" / "b.txt.gz").write_bytes(gzip.compress(TEXT))
    (folder / "sub" / "deep" / "c.conllu").write_bytes(ENHANCED.read_bytes())
    return folder


def job(model: Path, **options: Any) -> Job:
    return Job(model=str(model), **options)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_names_are_mirrored_and_outputs_are_those_of_each_file_alone(
    corpus: Path, toy_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    summary = parse_folder.parse_folder([corpus], out, job(toy_model))
    assert (summary.files, summary.skipped, summary.failed) == (3, 0, [])
    found = tree(out)
    assert sorted(found) == ["a.conllu", "manifest.jsonl", "sub/b.conllu.gz", "sub/deep/c.conllu"]
    with open(tmp_path / "alone", "wb") as stream:
        counts = parse_files([str(corpus / "a.txt")], stream, job(toy_model))
    assert found["a.conllu"] == (tmp_path / "alone").read_bytes() == gzip.decompress(found["sub/b.conllu.gz"])
    lines = [json.loads(line) for line in found["manifest.jsonl"].splitlines()]
    assert [line["output"] for line in lines] == ["a.conllu", "sub/b.conllu.gz", "sub/deep/c.conllu"]
    assert lines[0]["sha256"] == manifest.digest(str(corpus / "a.txt"))
    assert (lines[0]["sentences"], lines[0]["words"]) == (counts.sentences, counts.words) == (3, 9)
    assert len(lines[0]["model_digest"]) == 64
    assert sum(line["words"] for line in lines) == summary.counts.words


def test_what_is_done_is_skipped_until_something_changes(corpus: Path, toy_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def run(overwrite: bool = False, **options: Any) -> tuple[int, int]:
        summary = parse_folder.parse_folder([corpus], out, job(toy_model, **options), overwrite=overwrite)
        return summary.files, summary.skipped

    assert run() == (3, 0)
    before = tree(out)
    assert run() == run(batch_words=7) == (0, 3)
    assert tree(out) == before
    assert run(scores=True) == (3, 0)
    assert tree(out)["a.conllu"].count(b"ArcScore") == 9
    assert run() == (3, 0)
    assert tree(out) == before
    (corpus / "a.txt").write_bytes(TEXT * 2)
    assert run() == (1, 2)
    (out / "a.conllu").write_bytes(b"cut off")
    (out / "sub" / "deep" / "c.conllu").unlink()
    assert run() == (2, 1)
    assert run(overwrite=True) == (3, 0)


def test_files_that_no_run_made_stay(corpus: Path, toy_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.conllu").write_bytes(b"mine")
    told: list[InputError] = []
    summary = parse_folder.parse_folder([corpus], out, job(toy_model), report=told.append)
    assert told == summary.failed
    assert [str(error).partition(":")[2] for error in told] == [
        " is there already, and no run made it: give --overwrite to replace it, or another folder"
    ]
    assert (out / "a.conllu").read_bytes() == b"mine"
    assert parse_folder.parse_folder([corpus], out, job(toy_model), overwrite=True).failed == []
    assert (out / "a.conllu").read_bytes() != b"mine"


def test_a_bad_file_does_not_keep_others_from_being_parsed(corpus: Path, toy_model: Path, tmp_path: Path) -> None:
    (corpus / "sub" / "b.txt.gz").write_bytes(gzip.compress(TEXT)[:-5])
    summary = parse_folder.parse_folder([corpus], tmp_path / "out", job(toy_model))
    assert (summary.files, len(summary.failed)) == (2, 1)
    assert sorted(tree(tmp_path / "out")) == ["a.conllu", "manifest.jsonl", "sub/deep/c.conllu"]


def test_plans(corpus: Path, tmp_path: Path) -> None:
    def outputs(*inputs: Path, include: tuple[str, ...] = (), output_format: str = "conllu") -> list[str]:
        return [
            task.output for task in plan_tasks(inputs, tmp_path / "out", output_format=output_format, include=include)
        ]

    assert outputs(corpus, output_format="parquet") == ["a.parquet", "sub/b.parquet", "sub/deep/c.parquet"]
    assert outputs(corpus, include=("*.md", "sub/*.gz")) == ["README.conllu", "sub/b.conllu.gz"]
    assert outputs(corpus / "README.md", corpus / "README.md") == ["README.conllu"]
    assert [task.output for task in plan_tasks([corpus], corpus / "sub", output_format="jsonl")] == ["a.jsonl"]
    (corpus / "a.conllu").write_bytes(b"")
    with pytest.raises(UsageError, match=r"both would become a\.conllu: use a folder for each, or rename one$"):
        outputs(corpus)
    with pytest.raises(InputError, match=r"no file \*\.xml in it"):
        outputs(corpus, include=("*.xml",))
    with pytest.raises(InputError, match="no such file or folder"):
        outputs(corpus / "none")
    with pytest.raises(UsageError, match=r"^-: --output-dir takes files"):
        outputs(Path("-"))


def test_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Claims(tmp_path / "work") as mine, Claims(tmp_path / "work") as others:
        assert mine.take("a") is False
        assert mine.exists("a")
        assert others.take("a") is None
        assert others.take("b") is False
        mine.release("a")
        assert others.take("a") is False
    assert not (tmp_path / "work").exists()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with Claims(tmp_path / "work") as mine:
        claim = mine.path("a", ".claim")
        claim.parent.mkdir()
        content = {"host": claims.socket.gethostname(), "pid": dead.pid, "token": "old", "output": "a"}
        claim.write_text(json.dumps(content))
        claim.with_suffix(".old.part").write_bytes(b"half")
        if os.name != "nt":
            assert mine.take("a") is True
            assert not claim.with_suffix(".old.part").exists()
            mine.release("a")
        claim.write_text(json.dumps({**content, "host": "elsewhere"}))
        assert mine.take("a") is None
        os.utime(claim, (time.time() - 100, time.time() - 100))
        assert mine.take("a") is True


@POSIX
def test_a_run_that_was_killed_goes_on(toy_model: Path, tmp_path: Path) -> None:
    corpus, out, undisturbed = tmp_path / "corpus", tmp_path / "out", tmp_path / "undisturbed"
    corpus.mkdir()
    for number in range(12):
        (corpus / f"{number}.conllu").write_bytes(DEV.read_bytes() * (number % 3 + 1))
    parse_folder.parse_folder([corpus], undisturbed, job(toy_model))
    command = ["parse", corpus, "--output-dir", out, "--model", toy_model, "--batch-words", "50"]
    running = process(command)
    wait_until(lambda: len(list(out.glob("*.conllu"))) > 1, running)
    running.send_signal(signal.SIGKILL)
    ended(running)
    done = len(list(out.glob("*.conllu")))
    assert done < 12
    again = [process(command) for _ in range(2)]  # which share the work
    results = [ended(one) for one in again]
    assert [result.status for result in results] == [0, 0], results[0].err + results[1].err
    assert tree(out) == tree(undisturbed)


@POSIX
def test_a_run_that_is_stopped_tidies_up(toy_model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.conllu").write_bytes(DEV.read_bytes() * 200)
    out = tmp_path / "out"
    running = process(["parse", DEV, tmp_path / "a.conllu", "--output-dir", out, "--model", toy_model])
    wait_until(lambda: bool(list(out.glob(".arcparser/*.record"))), running)
    running.terminate()
    assert (ended(running).status, running.returncode) == (143, 143)
    assert sorted(tree(out)) == [DEV.name, "manifest.jsonl"]


@pytest.mark.parametrize("moment", [".conllu", ".record"])
def test_a_run_may_be_stopped_between_an_output_and_its_record(
    corpus: Path, toy_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """As it gets its name, or as the record gets its: then the output goes as well."""
    replace = os.replace

    def replace_and_stop(source: Path, target: Path) -> None:
        if moment == ".record" and str(target).endswith(moment):
            raise KeyboardInterrupt
        replace(source, target)
        if str(target).endswith(moment):
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(files.os, "replace", replace_and_stop)
        with pytest.raises(KeyboardInterrupt):
            parse_folder.parse_folder([corpus], out, job(toy_model))
    assert sorted(tree(out)) == (["a.conllu", "manifest.jsonl"] if moment == ".conllu" else [])
    summary = parse_folder.parse_folder([corpus], out, job(toy_model))
    assert (summary.files + summary.skipped, summary.failed) == (3, [])
    assert sorted(tree(out)) == ["a.conllu", "manifest.jsonl", "sub/b.conllu.gz", "sub/deep/c.conllu"]


def test_an_output_that_cannot_be_written_ends_the_run(
    corpus: Path, toy_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").write_bytes(b"a file where a folder is to be")
    with pytest.raises(OutputError, match="is no folder"):
        parse_folder.parse_folder([corpus], tmp_path / "out", job(toy_model))
    assert sorted(tree(tmp_path / "out")) == ["a.conllu", "manifest.jsonl", "sub"]
