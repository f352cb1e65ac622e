"""The package: what it exposes, what it imports and when, and what its wheel carries."""

from __future__ import annotations

import inspect
import json
import os
import pydoc
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import arcparser
from arcparser.cli.main import main
from arcparser.training.train import Execution, Recipe, TrainOptions
from tests.helpers.installed import SHIPPED, pip, python
from tests.helpers.paths import ROOT
from tests.helpers.toy import TEST, assert_tree

EXPORTED = [
    "AlignmentError",
    "ArcparserError",
    "ConlluError",
    "InputError",
    "ModelError",
    "MultiwordToken",
    "OutputError",
    "Parser",
    "Sentence",
    "Token",
    "TreeError",
    "UsageError",
    "Word",
    "__version__",
    "combine",
    "evaluate",
    "explain",
    "from_tokenlist",
    "load",
    "parse_conllu",
    "read_conllu",
    "render",
    "show",
    "to_tokenlist",
    "train",
    "write_conllu",
]

# What the functions take, by name: more may come, none may go.
ARGUMENTS = {
    "load": "name_or_path",
    "evaluate": "gold system skip_invalid batch_words",
    "train": "train_files dev output recipe execution options",
    "combine": "models dev output name report",
    "read_conllu": "source",
    "show": "sentences gold width color lemmas feats scores",
    "render": "sentences gold title language lemmas feats scores",
    "explain": "parser words gold follow top",
    "parse_conllu": "text on_invalid report",
    "write_conllu": "sentences target overwrite",
    "Parser.parse": "self sentence tags scores split_words keep_arcs",
    "Parser.parse_many": "self sentences batch_words tags scores split_words keep_arcs",
    "Parser.parse_text": "self text lines newline_ends_sentence batch_words scores",
    "Parser.parse_text_stream": "self source lines newline_ends_sentence batch_words scores",
}
# Options of a training, which are fields of its recipe and execution; `licence` is the former spelling of `license`.
TRAINING_OPTIONS = (
    "preset config init vectors vector_words vector_width teachers seed epochs max_minutes language name license "
    "skip_invalid partial",
    "resume threads report",
)
POSITIONAL = set(
    "name_or_path gold system train_files models source self sentence sentences text target parser words".split()
)

# The same for the command line.
OPTIONS = {
    "train": "--dev --output --preset --config --seed --epochs --max-minutes --lang --name --license --resume",
    "combine": "--dev --output --name",
    "parse": "--model --format --output --batch-words",
    "evaluate": "--model --json",
    "info": "NAME_OR_PATH --json",
}


def imported_by(code: str, cwd: Path) -> set[str]:
    """The packages, other than Python's own, that are loaded after `code` has run in a fresh interpreter."""
    code += "\nimport sys; sys.stderr.write('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = python("-c", code, cwd=cwd)
    return set(done.stderr.splitlines()[-1].split()) - sys.stdlib_module_names


def test_what_the_package_exposes() -> None:
    assert sorted(arcparser.__all__) == EXPORTED
    assert dir(arcparser) == EXPORTED
    for name in EXPORTED:
        assert getattr(arcparser, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = arcparser.nothing


def public_classes() -> Iterator[type]:
    """All classes of the package but the private ones."""
    for module in walk_packages(arcparser.__path__, "arcparser."):
        if module.name != "arcparser.__main__":
            for name, value in vars(import_module(module.name)).items():
                if inspect.isclass(value) and value.__module__ == module.name and not name.startswith("_"):
                    yield value


def test_properties_say_what_they_are() -> None:
    found = 0
    for kind in public_classes():
        for name, value in vars(kind).items():
            if isinstance(value, property) and not name.startswith("_"):
                found += 1
                said = inspect.getdoc(value) or ""
                assert len(said) > 20 and not said.startswith("Return"), f"{kind.__module__}.{kind.__name__}.{name}"
    assert found > 20


def test_help_begins_with_the_public_names() -> None:
    shown = pydoc.render_doc(arcparser, renderer=pydoc.plaintext)
    before = shown.partition("PACKAGE CONTENTS")[0]
    assert not [name for name in EXPORTED if name != "__version__" and f"`{name}`" not in before]


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {arcparser.__version__}\n" in citation
    assert arcparser.__version__ in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_keep_their_names(name: str) -> None:
    function: object = arcparser
    for part in name.split("."):
        function = getattr(function, part)
    parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
    expected = ARGUMENTS[name].split()
    assert set(expected) <= set(parameters)
    for parameter in parameters.values():
        assert (parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)) == (parameter.name not in POSITIONAL)
        assert parameter.name in expected or parameter.default is not parameter.empty


def test_training_takes_options_by_name(tmp_path: Path) -> None:
    options = {f.name for kind in (Recipe, Execution) for f in fields(kind)}
    assert set(" ".join(TRAINING_OPTIONS).split()) <= options == set(TrainOptions.__annotations__)
    with pytest.raises(arcparser.UsageError, match="seed -1"):
        arcparser.train(TEST, dev=TEST, output=tmp_path / "model", licence="CC0", seed=-1)
    with pytest.raises(TypeError, match="'licence' and 'license'"):
        arcparser.train(TEST, dev=TEST, output=tmp_path / "model", licence="CC0", license="CC0")
    for wrong in ({"config": ["rate"]}, {"config": "a.toml"}, {"epochs": 1.5}, {"epochs": True}):
        with pytest.raises(arcparser.UsageError):
            arcparser.train(TEST, dev=TEST, output=tmp_path / "model", **wrong)
    with pytest.raises(TypeError, match="'sede'"):
        arcparser.train(TEST, dev=TEST, output=tmp_path / "model", sede=1)


@pytest.mark.parametrize("command", OPTIONS)
def test_options_keep_their_names(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert set(OPTIONS[command].split()) <= {word.strip("[],") for word in shown.split()}
    assert f"arcparser {command}" in shown.partition("example")[2]


def test_importing_loads_nothing_else(tmp_path: Path) -> None:
    assert imported_by("import arcparser", tmp_path) <= {"arcparser", *imported_by("", tmp_path)}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_loads_nothing_else(argument: str, tmp_path: Path) -> None:
    code = f"import arcparser.cli.main\ntry: arcparser.cli.main.main([{argument!r}])\nexcept SystemExit: pass"
    assert imported_by(code, tmp_path) <= {"arcparser", *imported_by("", tmp_path)}


@pytest.mark.parametrize("command", ["parse", "evaluate", "info"])
def test_commands_load_only_what_they_need(command: str, toy_model: Path, tmp_path: Path) -> None:
    arguments = {
        "parse": ["parse", str(TEST), "--model", str(toy_model), "--output", "parsed.conllu"],
        "evaluate": ["evaluate", str(TEST), "--model", str(toy_model)],
        "info": ["info", str(toy_model)],
    }
    code = f"from arcparser.cli.main import main\nassert main({arguments[command]!r}) == 0"
    assert imported_by(code, tmp_path) <= {"arcparser", *imported_by("import numpy, safetensors", tmp_path)}


def modules_after(code: str, cwd: Path) -> set[str]:
    """The names of all modules that are loaded after `code` has run in a fresh interpreter."""
    done = python("-c", code + "\nimport sys; sys.stderr.write('\\n' + ' '.join(sys.modules))", cwd=cwd)
    return set(done.stderr.splitlines()[-1].split())


NOT_FOR_PARSING = (
    *("arcparser.training", "arcparser.viz", "arcparser.evaluation"),
    *("arcparser.transition.oracle", "arcparser.transition.planner"),
    *(
        "arcparser.text.reader",
        "arcparser.text.tokenizer",
        "arcparser.text.retokenizer",
        "arcparser.text.sentence_splitter",
    ),
    *("spacy", "conllu", "jinja2", "rich", "pooch", "platformdirs", "requests", "tqdm"),
)


def test_parsing_conllu_loads_nothing_else(toy_model: Path, tmp_path: Path) -> None:
    arguments = ["parse", str(TEST), "--model", str(toy_model), "--output", "parsed.conllu"]
    named = "from arcparser.model.registry import available, find\nassert all(map(find, available()))"
    code = f"{named}\nfrom arcparser.cli.main import main\nassert main({arguments!r}) == 0"
    loaded = modules_after(code, tmp_path)
    assert "arcparser.parsing.decoding" in loaded
    assert not {name for name in loaded for other in NOT_FOR_PARSING if f"{name}.".startswith(f"{other}.")}


def test_tokenized_text_needs_no_tokenizer(toy_model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("I don't know .\n")
    arguments = ["parse", "a.txt", "--format", "words", "--model", str(toy_model), "--output", "parsed.conllu"]
    code = f"from arcparser.cli.main import main\nassert main({arguments!r}) == 0"
    assert imported_by(code, tmp_path) <= {"arcparser", *imported_by("import numpy, safetensors", tmp_path)}
    assert "\n2\tdon't\t" in (tmp_path / "parsed.conllu").read_text()


def test_the_network_knows_no_sentences(tmp_path: Path) -> None:
    modules = sorted(path.stem for path in (ROOT / "arcparser" / "network").glob("[!_]*.py"))
    loaded = modules_after("\n".join(f"import arcparser.network.{name}" for name in modules), tmp_path)
    assert "arcparser.network.ensemble" in loaded
    assert not {name for name in loaded if name.startswith(("arcparser.treebank", "arcparser.text"))}


def test_the_wheel_holds_the_package_and_the_default_model(wheel: Path) -> None:
    assert wheel.name == f"arcparser-{arcparser.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = f"arcparser-{arcparser.__version__}.dist-info"
        metadata = archive.read(f"{info}/METADATA").decode()
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
        assert archive.read(f"{info}/top_level.txt") == b"arcparser\n"  # by which spaCy finds it
    package = ROOT / "arcparser"
    files = (p.relative_to(ROOT) for p in package.rglob("*") if p.is_file())
    sources = {p.as_posix() for p in files if not any(part.startswith((".", "__pycache__")) for part in p.parts)}
    assert "arcparser/py.typed" in sources
    carried = (SHIPPED, SHIPPED.with_suffix(".md"), SHIPPED.with_name("registry.json"))
    models = {f"arcparser/models/{p.name}" for p in carried if p.exists()}
    assert {name for name in names if not name.startswith(f"{info}/")} == sources | models
    assert f"{info}/licenses/LICENSE" in names
    assert "Requires-Python: >=3.10" in metadata
    assert "arcparser = arcparser.cli.main:main" in entry_points
    assert "[spacy_factories]\narcparser = arcparser.spacy_component:make_arcparser" in entry_points


def test_a_wheel_of_the_source_distribution_is_the_same(wheel: Path, tmp_path: Path) -> None:
    python("-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path), cwd=ROOT)
    (source,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / source.name.removesuffix(".tar.gz")
    assert {p.name for p in (folder / "models").glob("*.md")} == {p.name for p in (ROOT / "models").glob("*.md")}
    assert {"tests", "docs", "corpora", "benchmarks", ".ci", "CHANGELOG.md", "LICENSE"} <= set(os.listdir(folder))
    pip("wheel", str(folder), "--no-build-isolation", "--wheel-dir", str(tmp_path), cwd=tmp_path)
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(tmp_path / wheel.name) as theirs:
        assert set(theirs.namelist()) == set(ours.namelist())


def test_the_installed_package_parses(installed: Path, tmp_path: Path) -> None:
    code = """
import json, arcparser
sentence = arcparser.load().parse(["Children", "play", "games", "."])
print(json.dumps([arcparser.__file__, sentence.heads, sentence.deprels, sentence.upos]))
"""
    done = python("-c", code, cwd=tmp_path, path=installed)
    file, heads, deprels, upos = json.loads(done.stdout)
    assert Path(file).is_relative_to(installed)
    # So easy a sentence is parsed rightly by any model that is fit to be shipped.
    assert heads == [2, 0, 2, 2]
    assert deprels == ["nsubj", "root", "obj", "punct"]
    assert upos == ["NOUN", "VERB", "NOUN", "PUNCT"]


def test_spacy_finds_the_installed_component(installed: Path, tmp_path: Path) -> None:
    code = """
import spacy
nlp = spacy.blank("en")
nlp.add_pipe("arcparser")
print(" ".join(token.dep_ for token in nlp("Dogs love cats.")))
"""
    done = python("-c", code, cwd=tmp_path, path=installed)
    assert done.stdout.split() == ["nsubj", "ROOT", "obj", "punct"]


def test_the_installed_command_parses(installed: Path, tmp_path: Path) -> None:
    (script,) = (installed / "bin").glob("arcparser*")
    words = ("Dogs", "chase", "cats")
    text = "".join(f"{i}\t{word}" + "\t_" * 8 + "\n" for i, word in enumerate(words, start=1)) + "\n"
    done = run_command(script, ["parse"], text, cwd=tmp_path, path=installed)
    (tmp_path / "parsed.conllu").write_text(done, "utf-8")
    (sentence,) = arcparser.read_conllu(tmp_path / "parsed.conllu")
    assert sentence.forms == list(words)
    assert_tree(sentence)
    assert str(installed) in run_command(script, ["info", "en_ewt"], "", cwd=tmp_path, path=installed)


def test_other_models_are_fetched_by_name(installed: Path, tmp_path: Path) -> None:
    (script,) = (installed / "bin").glob("arcparser*")
    data = str(tmp_path / "data")
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_DATA_HOME": data, "LOCALAPPDATA": data}
    (tmp_path / "empty").mkdir()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [script, *arguments], cwd=tmp_path / "empty", env=environment, capture_output=True, text=True
        )

    done = run("info", "en_ewt_fast")
    assert done.returncode == 1
    command = "arcparser models get en_ewt_fast --from FOLDER_OR_URL"
    assert done.stderr == f"arcparser: en_ewt_fast: is not installed: fetch it by {command}\n"
    if not (ROOT / "models" / "en_ewt_fast.arcparser").exists():
        pytest.skip("a source distribution has the default model only")
    done = run("models", "get", "en_ewt_fast", "--from", str(ROOT / "models"))
    assert (done.returncode, done.stderr) == (0, "")
    assert run("models", "path", "en_ewt_fast").stdout.startswith(data)
    assert run("models", "path", "en").stdout.startswith(str(installed))


def run_command(script: Path, arguments: Sequence[str], text: str, *, cwd: Path, path: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [script, *arguments], input=text, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
