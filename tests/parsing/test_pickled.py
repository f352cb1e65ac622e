"""A parser goes to other processes and to many threads, and does there what it does here."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import joblib
import pytest

import arcparser
from arcparser.errors import ModelError
from arcparser.model import model_file
from arcparser.parsing import pickled
from arcparser.parsing.parse_text import segment_text
from arcparser.parsing.parser import Parser
from tests.helpers.toy import TEST, random_parser

SENTENCES = [sentence.forms for sentence in arcparser.read_conllu(TEST)][:12]
TEXT = "Dogs chase cats. They don't sleep! No?"
SMALL = 1000  # bytes


def analyses(parser: Parser) -> list[bytes]:
    return [sentence.to_bytes() for sentence in parser.parse_many(SENTENCES)]


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickled, "_parsers", {})


@pytest.fixture
def file(toy_model: Path, tmp_path: Path) -> Path:
    """A model of this test's own."""
    return Path(shutil.copy(toy_model, tmp_path / "m.arcparser"))


def test_a_parser_of_a_file_is_pickled_as_its_path(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    parser = arcparser.load(file.name)
    data = pickle.dumps(parser)
    assert len(data) < SMALL
    monkeypatch.chdir(Path(__file__).parent)
    again = pickle.loads(data)
    assert analyses(again) == analyses(parser)
    assert len(pickle.dumps(again)) < SMALL
    assert pickle.loads(data) is again  # so a pool that pickles a parser with every task loads it once


def gone(file: Path) -> None:
    file.unlink()


def changed(file: Path) -> None:
    model_file.save(random_parser(1).model, file)


@pytest.mark.parametrize(("change", "problem"), [(gone, "is gone"), (changed, "has changed")])
def test_a_file_that_is_gone_or_changed(file: Path, change: Callable[[Path], None], problem: str) -> None:
    parser = arcparser.load(file)
    before, expected = pickle.dumps(parser), analyses(parser)
    change(file)
    with pytest.raises(ModelError, match=rf"m\.arcparser: the model of the pickled parser {problem}: put it back"):
        pickle.loads(before)
    data = pickle.dumps(parser)  # whose model is still in memory
    assert len(data) > SMALL
    assert analyses(pickle.loads(data)) == expected


def test_a_damaged_file_is_found_out(file: Path) -> None:
    data = pickle.dumps(arcparser.load(file))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        pickle.loads(data)


def test_an_installed_model_is_found_where_it_is_installed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pickle.dumps(arcparser.load(file))
    elsewhere = file.parent / "elsewhere"
    elsewhere.mkdir()
    file.rename(elsewhere / file.name)
    monkeypatch.setattr(pickled, "model_folders", lambda: [elsewhere])
    assert pickle.loads(data).card.name == "en_arc"


def test_a_parser_without_a_file_takes_its_model_along(toy_parser: Parser, file: Path) -> None:
    own = Parser(toy_parser.model)
    data = pickle.dumps(own)
    assert file.read_bytes() in data
    assert analyses(pickle.loads(data)) == analyses(toy_parser)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copies(toy_parser: Parser, duplicate: Callable[[Parser], Parser]) -> None:
    own = duplicate(toy_parser)
    assert own is not toy_parser and own.model is toy_parser.model
    assert analyses(own) == analyses(toy_parser)
    assert len(pickle.dumps(own)) < SMALL


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of a fork beside threads, since Python 3.12
def test_a_pool_of_forked_processes(toy_parser: Parser) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("there are no forks on this system")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        parsed = list(pool.map(toy_parser.parse, SENTENCES))
    assert [sentence.to_bytes() for sentence in parsed] == analyses(toy_parser)


SPAWNED = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import arcparser
from joblib import Parallel, delayed

if __name__ == "__main__":
    parser = arcparser.load(sys.argv[1])
    words = [["Dogs", "chase", "cats"], ["They", "sleep"], ["No"]]
    expected = [sentence.to_bytes() for sentence in parser.parse_many(words)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for parser in (parser, arcparser.Parser(parser.model)):
            assert [sentence.to_bytes() for sentence in pool.map(parser.parse, words)] == expected
    parsed = Parallel(n_jobs=2)(delayed(parser.parse)(sentence) for sentence in words)
    assert [sentence.to_bytes() for sentence in parsed] == expected
"""


def test_spawned_processes_and_joblib(toy_model: Path, tmp_path: Path) -> None:
    """In a process of its own, as spawned processes import the module that started them."""
    assert joblib
    script = tmp_path / "script.py"
    script.write_text(SPAWNED)
    root = str(Path(arcparser.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, script, toy_model], cwd=tmp_path, env=environment, check=True, timeout=120)


def results(parser: Parser, sentences: list[list[str]], *, batch_words: int) -> list[tuple[bytes, bytes, list[int]]]:
    """What three ways of parsing make of each sentence."""
    return list(
        zip(
            [sentence.to_bytes() for sentence in parser.parse_many(sentences, batch_words=batch_words)],
            [parser.parse(words, split_words=True).to_bytes() for words in sentences],
            [prediction.heads.tolist() for prediction in parser.predict(sentences)],
        )
    )


def test_many_threads_use_one_parser(toy_parser: Parser) -> None:
    sentences = [sentence.forms for sentence in arcparser.read_conllu(TEST)][:16]
    expected = results(toy_parser, sentences, batch_words=1000)
    in_text = [sentence.to_bytes() for sentence in segment_text(toy_parser, TEXT)]
    shared = Parser(toy_parser.model)  # whose caches are empty

    def job(seed: int) -> bool:
        order = random.Random(seed).sample(range(len(sentences)), len(sentences))
        found = results(shared, [sentences[i] for i in order], batch_words=1 + 20 * seed)
        if seed % 4 == 0:  # each time, spaCy's tokenizer is made anew
            assert [sentence.to_bytes() for sentence in segment_text(shared, TEXT)] == in_text
        return found == [expected[i] for i in order]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(job, range(8)))
