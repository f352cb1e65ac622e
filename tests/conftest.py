"""Fixtures that several test modules use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import arcparser
from arcparser.model import registry
from arcparser.parsing.parser import Parser
from tests.helpers.installed import build_wheel, install
from tests.helpers.server import Server, running
from tests.helpers.shelf import Shelf, make_shelf
from tests.helpers.toy import DEV, TRAIN, small, toy_training

# The tests run in several processes, whose threads would wait for each other.  numpy reads this when it is imported in
# the processes that are started from here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine is no failure, and the same code passes every time.  `pytest --hypothesis-profile random` looks for new
# examples.
_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("random", _patient)
settings.register_profile("same", _patient, derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def toy_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that was trained on the toy corpus for a few seconds: it parses badly, but parses."""
    path = tmp_path_factory.mktemp("model") / "toy.arcparser"
    toy_training(path, train_files=TRAIN, dev=DEV, config=small(16), epochs=4)
    return path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed to, with the default model: what the README's install gives."""
    folder = tmp_path_factory.mktemp("installed")
    install(wheel, folder)
    return folder


@pytest.fixture(scope="session")
def toy_parser(toy_model: Path) -> Parser:
    """The parser of `toy_model`."""
    return arcparser.load(toy_model)


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests for this machine go there."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(no_proxy: None) -> Iterator[Server]:
    """A server of treebanks that does as it should until it is told otherwise."""
    with running() as server:
        yield server


@pytest.fixture
def shelf(tmp_path: Path, toy_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Folders of models, and a registry that knows these alone."""
    with monkeypatch.context() as patch:
        yield make_shelf(tmp_path, toy_model, patch)
    registry.registered.cache_clear()
