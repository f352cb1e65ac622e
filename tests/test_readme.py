"""The pages: their code runs, their links lead somewhere, the README is short and names every room.

The code blocks of a page run in order, with the package as the README's install installs it, in a folder outside the
repository that holds nothing but `corpora/`, and for the page of the models `models/`. A `console` block is a command
after "$ " and, to the letter, what it prints. An HTML comment on the line before a block says what becomes of it:

    <!-- not run: REASON -->         skipped, with the reason
    <!-- test: run "A" as "B" -->    runs with B for A
    <!-- ci: NAME -->                run by .ci/run
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from arcparser.model.registry import DEFAULT_MODEL, available, registered_as
from tests.helpers.paths import PACKAGE, ROOT

README = (ROOT / "README.md").read_text("utf-8")
# The pages whose code runs here; docs/spacy.md and docs/model.md have tests of their own.
DOCS = "usage large cluster deploy python training annotation teaching".split()
PAGES = ("README.md", *(f"docs/{name}.md" for name in DOCS), "models/README.md")
FOLDERS = (".", ".github", "benchmarks", "corpora", "docs", "models")
ALL_PAGES = sorted(page.relative_to(ROOT).as_posix() for folder in FOLDERS for page in (ROOT / folder).glob("*.md"))
ROOMS = sorted(init.parent for init in PACKAGE.glob("*/__init__.py"))


@dataclass(frozen=True)
class Block:
    """One code block: the line of its page that it starts on, its language, its text, and the comment before it."""

    page: str
    line: int
    language: str
    code: str
    note: str

    def noted(self, kind: str) -> str | None:
        """What the comment says after `kind:`, if it is of that kind."""
        found, colon, text = self.note.partition(":")
        return text.strip() if colon and found == kind else None


def blocks(page: str, text: str) -> list[Block]:
    found = re.finditer(r"^(?:<!-- (.*?) -->\n)?```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [Block(page, text.count("\n", 0, m.start(2)) + 1, m[2], m[3], m[1] or "") for m in found]


BLOCKS = [block for page in PAGES for block in blocks(page, (ROOT / page).read_text("utf-8"))]


class Runner:
    """Runs the blocks of a page in a folder of their own, each once, and those that come before it first."""

    def __init__(self, page: str, folder: Path, installed: Path) -> None:
        self.blocks = [block for block in BLOCKS if block.page == page]
        self.folder = folder / "work"
        shutil.copytree(ROOT / "corpora", self.folder / "corpora")
        if page.startswith("models/"):
            (self.folder / "models").symlink_to(ROOT / "models")
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(installed / "bin"), os.environ.get("PATH", os.defpath))),
            "PYTHONPATH": str(installed),
            "PYTHONIOENCODING": "utf-8",
            "OPENBLAS_NUM_THREADS": "1",  # on a busy machine threads wait for each other
            "XDG_DATA_HOME": str(folder / "data"),  # where models are fetched to
        }
        self.started: set[int] = set()

    def run(self, block: Block) -> None:
        for earlier in self.blocks[: self.blocks.index(block)]:
            if earlier.line not in self.started and why_not(earlier) is None:
                self.run(earlier)
        if block.line in self.started:
            return
        self.started.add(block.line)
        code = block.code
        if (change := block.noted("test")) is not None:
            parts = re.fullmatch(r'run "(.+)" as "(.+)"', change)
            assert parts, f"{block.page}:{block.line}: cannot read the comment: {change}"
            assert parts[1] in code, f"{block.page}:{block.line}: has no {parts[1]}"
            code = code.replace(parts[1], parts[2])
        expected = None
        if block.language == "console":
            command, _, expected = code.partition("\n")
            assert command.startswith("$ "), f"{block.page}:{block.line}: begin with a command after $"
            code = command.removeprefix("$ ")
        call = [sys.executable, "-c", code] if block.language == "python" else ["sh", "-eu", "-c", code]
        done = subprocess.run(call, cwd=self.folder, env=self.environment, capture_output=True, timeout=300)
        assert done.returncode == 0, f"{block.page}:{block.line}:\n{code}\n{done.stderr.decode('utf-8', 'replace')}"
        if expected is not None:
            assert done.stdout.decode("utf-8").rstrip("\n") == expected.rstrip("\n")


def why_not(block: Block) -> str | None:
    """Why a block cannot run here."""
    if (reason := block.noted("not run")) is not None:
        return reason
    if block.noted("ci") is not None:
        return "run by .ci/run, in an environment that this block itself makes"
    if block.language in ("sh", "console") and (os.name == "nt" or shutil.which("sh") is None):
        return "for a POSIX shell"
    if needs_default_model(block.code) and DEFAULT_MODEL not in available():
        return f"the default model, {DEFAULT_MODEL}, is not there"
    if block.page.startswith("models/") and (ROOT / "PKG-INFO").exists():
        return "a source distribution has the default model only"
    return None


def needs_default_model(code: str) -> bool:
    """Tell whether the code names the default model, or parses a text and names no model."""
    if re.search(rf"""(["' ]){DEFAULT_MODEL}(?:\1|\s)""", code) or 'add_pipe("arcparser")' in code:
        return True
    return bool(re.search(r'^(?:\$ )?arcparser (?:parse|show|explain) (?!.*--model).*"', code, re.MULTILINE))


@pytest.fixture(scope="module")
def runners(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> dict[str, Runner]:
    return {page: Runner(page, tmp_path_factory.mktemp("page"), installed) for page in PAGES}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page}:{block.line}")
def test_code_runs(block: Block, request: pytest.FixtureRequest) -> None:
    reason = why_not(block)
    if reason is not None:
        pytest.skip(f"{block.page}:{block.line}: {reason}")
    assert block.language in ("sh", "console", "python"), "say in a comment why this block is not run"
    runners: dict[str, Runner] = request.getfixturevalue("runners")
    runners[block.page].run(block)


# Where a page names a model: a command's option or argument, a call in Python, and benchmarks/compare.py.
MODEL_PLACES = re.compile(
    r"""--(?:model|init|teacher)[ =](\S+)|\binfo\ ([\w./]+)|\barcparser\.load\("([^"]+)"|[{ ]"model":\ "([^"]+)"|
    \b(?:fast|standard|accurate)=(\S+)""",
    re.VERBOSE,
)


@pytest.mark.parametrize("name", ALL_PAGES)
def test_models_are_named_as_the_install_knows_them(name: str) -> None:
    """By a name or a language of the registry, or by a path, which is there if it is in `models/`."""
    for match in MODEL_PLACES.finditer((ROOT / name).read_text("utf-8")):
        model = next(filter(None, match.groups())).rstrip("`,.;:)")
        assert registered_as(model) or model.isupper() or model.endswith(".arcparser"), match[0]
        if model.startswith("models/") and "NAME" not in model:
            assert (ROOT / model).exists() or (ROOT / "PKG-INFO").exists(), match[0]


def test_the_shell_blocks_did_what_they_say(runners: dict[str, Runner]) -> None:
    runner = runners["README.md"]
    last = [block for block in runner.blocks if block.language == "sh" and why_not(block) is None]
    if not last:
        pytest.skip("for a POSIX shell")
    runner.run(last[-1])
    parsed = (runner.folder / "parsed.conllu").read_text("utf-8")
    gold = (ROOT / "corpora" / "en_arc" / "en_arc-ud-test.conllu").read_text("utf-8")
    assert parsed != gold
    assert [line.split("\t")[:2] for line in parsed.split("\n")] == [line.split("\t")[:2] for line in gold.split("\n")]
    epochs = (runner.folder / "my.arcparser.epochs.jsonl").read_text("utf-8")
    assert [(e["epoch"], e["branch"]) for e in map(json.loads, epochs.splitlines())] == [(1, 0)]


def test_continuous_integration_runs_the_other_blocks() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    marked = [name for block in BLOCKS if (name := block.noted("ci")) is not None]
    assert marked == re.findall(r"^readme (\w+)$", script, re.MULTILINE)
    assert marked == re.findall(r"^step sh -eu \"\$scratch/(\w+)\.sh\"$", script, re.MULTILINE)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_names_its_modules_once(room: Path) -> None:
    tree = ast.parse((room / "__init__.py").read_text("utf-8"))
    assert len(tree.body) == 1, "a room's __init__.py is a docstring and nothing else"
    named = Counter(re.findall(r"`(\w+)`", ast.get_docstring(tree) or ""))
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    assert {module: named[module] for module in modules} == dict.fromkeys(modules, 1)


def test_the_readme_is_short_and_names_every_room() -> None:
    assert len(README.splitlines()) <= 150
    section = README.partition("## The rooms\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^- \[`(\w+)/`\]\(arcparser/(\w+)/__init__\.py\): \S", section, re.MULTILINE)
    assert sorted(listed) == [(room.name, room.name) for room in ROOMS]


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub writes them into links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ALL_PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_blocks_are_found_with_their_comments() -> None:
    text = 'a\n<!-- test: run "b" as "c" -->\n```sh\nb\n```\n\n<!-- other -->\n\n```python\nd\n\ne\n```\n'
    assert blocks("p", text) == [
        Block("p", 3, "sh", "b\n", 'test: run "b" as "c"'),
        Block("p", 9, "python", "d\n\ne\n", ""),
    ]


def test_where_the_default_model_is_needed() -> None:
    needing = ('arcparser parse --text "a"', '$ arcparser show "a"', 'load("en_ewt")', "parse a --model en_ewt\n")
    others = (
        "arcparser show a.conllu",
        'arcparser show "a" --model b',
        "parse x/en_ewt-ud-dev.conllu",
        "info en_ewt_fast",
    )
    assert all(map(needs_default_model, needing))
    assert not any(map(needs_default_model, others))
