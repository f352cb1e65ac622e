"""What the tests of downloading share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.server import Server, running


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
