"""A process that is forked while other threads parse can parse as well."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from arcparser.model.model import Card, Model
from arcparser.parsing import form_cache, predictor
from arcparser.parsing.parser import Parser
from arcparser.pretrained.pretrained_encoder import open_encoder
from arcparser.text.segmentation import Segmentation
from tests.helpers.tiny_encoder import WIDTH, write_encoder
from tests.helpers.toy import random_network, random_parser

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")

SENTENCES = [["Dogs", "chase", "cats"], ["Unheard-of", "forms", "abound"], ["No"]]


def trees(parser: Parser) -> list[list[int]]:
    return [sentence.heads for sentence in parser.parse_many(SENTENCES)]


def in_a_fork(function: Callable[[], Any]) -> Any:
    """Call a function in a forked process, which is killed if that takes too long, and return what it returns."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads, since Python 3.12
        child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(120)
            os.write(writing, pickle.dumps(function()))
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, "the forked process hangs"
    return pickle.loads(answer)


@pytest.mark.parametrize(("module", "name"), [(form_cache, "form_products"), (predictor, "greedy")])
def test_a_fork_while_another_thread_parses(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """The other thread is stopped where it fills the cache of forms, or where it makes transitions."""
    parser, expected = random_parser(1), trees(random_parser(1))
    parser.parse(["Dogs", "bark"])
    reached, go_on = threading.Event(), threading.Event()
    real = getattr(module, name)

    def stops(*arguments: Any, **options: Any) -> Any:
        if threading.current_thread() is parsing:
            reached.set()
            go_on.wait(120)
        return real(*arguments, **options)

    monkeypatch.setattr(module, name, stops)
    parsing = threading.Thread(target=parser.parse, args=(["Cats", "chase", "nobody"],))
    parsing.start()
    try:
        assert reached.wait(120)
        assert in_a_fork(lambda: trees(parser)) == expected
    finally:
        go_on.set()
        parsing.join()
    assert trees(parser) == expected


def test_a_fork_while_another_thread_renews_the_cache() -> None:
    """The forms are forgotten, but the arrays are still those of before, which are too small."""
    parser, expected = random_parser(1), trees(random_parser(1))
    forms = parser._predictor._forms
    forms._set_capacity(3)
    with parser._predictor._lock:
        forms._rows.clear()
        forms._capacity = 1000
        assert in_a_fork(lambda: trees(parser)) == expected


def test_a_fork_keeps_the_cache_that_no_thread_uses() -> None:
    parser = random_parser(1)
    trees(parser)
    assert in_a_fork(lambda: len(parser._predictor._forms._rows)) == len(parser._predictor._forms._rows) > 0


def test_a_vocabulary_has_no_lock() -> None:
    """As `functools.cached_property` has one up to Python 3.11, for all vocabularies together."""
    vocabulary = random_parser(1).model.vocabulary
    assert vocabulary.label_masks is vocabulary.label_masks
    assert isinstance(type(vocabulary).__dict__["label_masks"], property)


def test_a_pretrained_encoder_reads_in_a_fork(tmp_path: Path) -> None:
    """ONNX Runtime has locks of its own: a fork opens the encoder anew."""
    encoder = open_encoder(write_encoder(tmp_path / "tiny"))
    network = random_network(1, pretrained_layers=2, pretrained_inputs=WIDTH)
    parser = Parser(Model((network,), Card(name="m", language="en"), Segmentation("en"), pretrained=encoder))
    expected = trees(parser)
    with parser._predictor._lock:
        assert in_a_fork(lambda: trees(parser)) == expected
    assert trees(parser) == expected
