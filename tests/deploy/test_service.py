"""What is in `deploy/`: the service answers many clients, each with its own trees; the image is made of files."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from arcparser.parsing.parser import Parser
from tests.helpers.paths import ROOT

pytestmark = pytest.mark.filterwarnings("default")  # those of the packages that serve
FOLDER = ROOT / "deploy"


@pytest.fixture(scope="module")
def service(toy_model: Path) -> ModuleType:
    pytest.importorskip("fastapi")
    spec = importlib.util.spec_from_file_location("service", FOLDER / "service.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL", str(toy_model))
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def client(service: ModuleType) -> Iterator[Any]:
    with pytest.importorskip("fastapi.testclient").TestClient(service.app) as client:
        yield client


def ask(client: Any, text: object) -> tuple[int, Any]:
    response = client.post("/parse", json={"text": text})
    return response.status_code, response.json()


def test_many_clients_are_answered_together(
    service: ModuleType, client: Any, toy_parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And those whose text is refused alone."""
    batches: list[int] = []
    parse = service.parse

    def noted(texts: list[str]) -> Any:
        batches.append(len(texts))
        return parse(texts)

    monkeypatch.setattr(service, "parse", noted)
    texts = [f"Dogs bark {number} times. Cats sleep." for number in range(40)]
    texts[7], texts[8] = "NUL\0", ""
    with ThreadPoolExecutor(len(texts)) as pool:
        answers = list(pool.map(lambda text: ask(client, text), texts))
    for text, (status, answer) in zip(texts, answers):
        if "\0" in text:
            assert status == 422
            assert "NUL" in answer["detail"]
        else:
            assert status == 200
            assert answer["sentences"] == [sentence.to_dict() for sentence in toy_parser.parse_text(text)]
    assert max(batches) > 1


def test_bad_requests(client: Any) -> None:
    assert ask(client, 5)[0] == ask(client, "a" * 100_001)[0] == 422
    assert client.post("/parse", content=b'{"text": "\\ud800"}').status_code == 422
    assert client.get("/health").json()["model"]


def test_the_image_is_made_of_files_that_are_there_and_runs_as_nobody_special() -> None:
    lines = (FOLDER / "Dockerfile").read_text("utf-8").replace("\\\n", "").splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if re.match(r"[A-Z]+ ", line)]
    names = [name for name, _ in instructions]
    assert names[0] == "FROM" and names.index("USER") < names.index("CMD")
    assert dict(instructions)["USER"] == "arcparser"
    assert "service:app" in dict(instructions)["CMD"]
    kept = (FOLDER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    if not (ROOT / "PKG-INFO").exists():  # a source distribution
        assert all((ROOT / line[1:]).exists() for line in kept if line.startswith("!"))
    copied = re.findall(r"/source/(\S+)", dict(instructions)["RUN"])
    assert all(f"!{path}" in kept for path in copied)
