"""What registry, cards and pages say of the shipped models is what the models say of themselves."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import arcparser
from arcparser.model import model_file
from arcparser.model.fetch import digest_of
from arcparser.model.registry import registered
from arcparser.treebank.ud import language_codes
from tests.helpers.paths import ROOT

FOLDER = ROOT / "models"
MODELS = sorted(FOLDER.glob("*.arcparser"))


@pytest.fixture(scope="module")
def make_pages() -> Iterator[ModuleType]:
    """The script that writes registry, cards and pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        yield import_module("make_pages")
        for name in ("make_pages", "measure", "treebanks", "train_all"):
            sys.modules.pop(name, None)


def test_registry_cards_and_pages_are_those_of_the_models(make_pages: ModuleType) -> None:
    if (ROOT / "PKG-INFO").exists():
        pytest.skip("a source distribution has the default model only")
    pages = make_pages.pages()
    assert {path.stem for path in MODELS} <= {path.stem for path in pages}
    for path, text in pages.items():
        assert path.read_text("utf-8") == text, f"{path.name}: run python models/make_pages.py"


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_registry_tells_what_the_model_is(path: Path) -> None:
    loaded = model_file.load(path)
    card, model = loaded.card, registered()[path.stem]
    assert (card.language, card.license) == (model.language, model.license)
    assert model.bytes == path.stat().st_size
    assert model.digests == {file.name: digest_of(file) for file in (path, path.with_suffix(".md"))}
    assert model.scores == {name: score for name, score in card.scores.items() if name in model.scores}
    assert {"UPOS", "UFeats", "UAS", "LAS"} <= set(model.scores)
    assert ("Lemmas" in model.scores) == bool(loaded.vocabulary.lemma_rules)


def test_dev_scores_of_the_file_and_those_measured_are_the_same(make_pages: ModuleType) -> None:
    measured = json.loads((FOLDER / "scores.json").read_text("utf-8"))
    for path in MODELS:
        scores = model_file.load(path).card.scores
        for name, score in measured[path.stem].get("gold_tokens", {}).items():
            assert abs(scores[name] - score) < 0.02, f"{path.stem}: {name}"


def test_each_model_beats_udpipe_1_or_its_card_says_why_not(make_pages: ModuleType) -> None:
    treebanks = sys.modules["treebanks"]
    for model in treebanks.models():
        published = model.treebank.published.get("udpipe1")
        if model.name in registered() and published:
            enough = registered()[model.name].scores["LAS"] >= published[-1] + 3
            assert enough != bool(treebanks.why_below(model.name)), model.name


def test_the_table_of_treebanks(make_pages: ModuleType) -> None:
    treebanks = sys.modules["treebanks"]
    banks = treebanks.treebanks()
    known = {name: code for code, name in language_codes().items()}
    assert len(banks) == len({bank.code for bank in banks}) == 21
    assert len(treebanks.models()) == 23
    assert [bank.code for bank in banks] == sorted(bank.code for bank in banks)
    for bank in banks:
        assert bank.license in treebanks.LICENSES and "NC" not in bank.license
        assert bank.code == f"{bank.language}_{bank.name.rpartition('-')[2].lower()}"
        assert known[bank.language].replace("_", " ") == bank.language_name
        assert bank.authors and bank.text and bank.sentence
        assert bank.meaning or bank.language == "en"
        assert all(len(figures) == len(treebanks.FIGURES) for figures in bank.published.values())


def replace_trainings(monkeypatch: pytest.MonkeyPatch, folder: Path, begin: Callable[..., SimpleNamespace]) -> None:
    """Let `begin` stand for the start of a training, measure nothing, and take `folder` for that of the models."""
    train_all, measure = import_module("train_all"), import_module("measure")
    monkeypatch.setattr("subprocess.Popen", begin)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(measure, "SCORES", folder / "scores.json")
    monkeypatch.setattr(measure, "measure", lambda _, path, __: {"sha256": digest_of(path), "words_per_second": 1000})
    monkeypatch.setattr(train_all, "HERE", folder / "models")


def test_training_goes_on_where_it_was_and_moves_what_is_done(
    make_pages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the trainings and measurements themselves replaced: which are begun, how, and what becomes of them."""
    train_all, measure = import_module("train_all"), import_module("measure")
    banks, build, done = (tmp_path / name for name in ("banks", "build", "models"))
    for part in ("UD_French-Sequoia-r2.16/fr_sequoia-ud-train", "UD_French-Sequoia-r2.16/fr_sequoia-ud-dev"):
        (banks / part).parent.mkdir(parents=True, exist_ok=True)
        (banks / f"{part}.conllu").touch()
    (banks / "gl_treegal").mkdir()
    (banks / "gl_treegal" / "train.conllu").touch()
    done.mkdir()
    calls: list[list[str]] = []

    def begin(command: list[str], **_: object) -> SimpleNamespace:
        calls.append(command)
        output = Path(command[command.index("--output") + 1])
        failed = len(calls) == 1
        Path(f"{output}.checkpoint" if failed else output).write_text("x")
        return SimpleNamespace(wait=lambda: int(failed))

    replace_trainings(monkeypatch, tmp_path, begin)
    call = [str(banks), "fr_sequoia", "gl_treegal", "--build", str(build), "--jobs", "1"]
    with pytest.raises(SystemExit, match=r"^fr_sequoia: failed: see the logs in"):
        train_all.main(call)
    assert [path.name for path in done.iterdir()] == ["gl_treegal.arcparser"]
    train_all.main(call)
    train_all.main(call)
    assert sorted(path.name for path in done.iterdir()) == ["fr_sequoia.arcparser", "gl_treegal.arcparser"]
    assert sorted(path.name for path in build.iterdir()) == ["fr_sequoia.log", "gl_treegal.log"]
    assert list(measure.scores()) == ["fr_sequoia", "gl_treegal"]
    first, galician, again = calls
    assert [*first, "--resume"] == again
    assert "--dev" in first and "--dev" not in galician
    options = " ".join(first[first.index("--name") :])
    assert options == "--name fr_sequoia --lang fr --license LGPL-LR --seed 1 --threads 1"


def test_teachers_are_trained_first_and_stay(
    make_pages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the trainings and measurements themselves replaced: what a recipe makes of the commands."""
    train_all, measure = import_module("train_all"), import_module("measure")
    banks, build, done, extra = (tmp_path / name for name in ("banks", "build", "models", "extra"))
    (banks / "en_ewt").mkdir(parents=True)
    for part in ("train", "dev"):
        (banks / "en_ewt" / f"{part}.conllu").touch()
    done.mkdir()
    extra.mkdir()
    calls: list[list[str]] = []

    def begin(command: list[str], **_: object) -> SimpleNamespace:
        calls.append(command)
        Path(command[command.index("--output") + 1]).write_text("x")
        return SimpleNamespace(wait=lambda: 0)

    replace_trainings(monkeypatch, tmp_path, begin)
    monkeypatch.setenv("ARCPARSER_ENCODERS", "")
    call = [str(banks), "en_ewt", "en_ewt_fast", "--build", str(build), "--jobs", "1", "--extra", str(extra)]
    with pytest.raises(SystemExit, match=r"^minilm-l6-en: is needed and not there: give the folder that it is in by"):
        train_all.main(call)
    for name in ("minilm-l6-en", "en_masc.words.txt", "en_speeches.txt"):
        (extra / name).touch()
    train_all.main(call)
    train_all.main([*call, "--again"])
    names = [command[command.index("--name") + 1] for command in calls]
    teachers = ["en_ewt_teacher", "en_ewt_teacher_2", "en_ewt_teacher_3"]
    assert names == [*teachers, "en_ewt", "en_ewt_fast", "en_ewt", "en_ewt_fast"]
    teacher, second, _, english, *_ = calls
    assert [command[command.index("--seed") + 1] for command in (teacher, second, english)] == ["1", "2", "2"]
    assert teacher[teacher.index("--encoder") + 1] == str(extra / "minilm-l6-en")
    taught_by = [english[at + 1] for at, argument in enumerate(english) if argument == "--teacher"]
    assert taught_by == [str(build / f"{name}.arcparser") for name in teachers]
    assert english[english.index("--unlabeled") + 1 :][:2] == [
        str(extra / name) for name in sorted(os.listdir(extra))[:2]
    ]
    assert "--encoder" not in english
    assert (build / "en_ewt_teacher.arcparser").exists() and (build / "en_ewt_teacher.toml").exists()
    assert not list(build.glob("en_ewt.*oml")) and sorted(os.listdir(done)) == [
        "en_ewt.arcparser",
        "en_ewt_fast.arcparser",
    ]
    assert list(measure.scores()) == ["en_ewt", "en_ewt_fast", *teachers]


def test_parts_are_made_first_and_a_shipped_one_is_taken(
    make_pages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the trainings and measurements themselves replaced: which commands make a model of several."""
    train_all, measure = import_module("train_all"), import_module("measure")
    build, done, extra = (tmp_path / name for name in ("build", "models", "extra"))
    for part in ("banks/en_ewt/train.conllu", "banks/en_ewt/dev.conllu", "models/x", "extra/minilm-l6-en"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).touch()
    for name in ("en_masc.words.txt", "en_speeches.txt"):
        (extra / name).touch()
    calls: list[list[str]] = []
    members = [build / "en_ewt.arcparser", build / "en_ewt_2.arcparser"]

    def begin(command: list[str], **_: object) -> SimpleNamespace:
        calls.append(command)
        if "combine" in command:
            assert [path.read_text() for path in members] == ["shipped", "x"]
        Path(command[command.index("--output") + 1]).write_text("x")
        return SimpleNamespace(wait=lambda: 0)

    replace_trainings(monkeypatch, tmp_path, begin)
    monkeypatch.setenv("ARCPARSER_ENCODERS", "")
    (done / "en_ewt.arcparser").write_text("shipped")
    options = ["--build", str(build), "--jobs", "1", "--extra", str(extra)]
    train_all.main([str(tmp_path / "banks"), "en_ewt_accurate", *options])
    teachers = ["en_ewt_teacher", "en_ewt_teacher_2", "en_ewt_teacher_3"]
    names = [command[command.index("--name") + 1] for command in calls]
    assert names == [*teachers, "en_ewt_2", "en_ewt_accurate"]
    assert calls[-1][3:6] == ["combine", *map(str, members)]
    assert (done / "en_ewt_accurate.arcparser").read_text() == "x"
    assert (done / "en_ewt.arcparser").read_text() == "shipped"
    assert not members[0].exists() and members[1].exists()
    assert list(measure.scores()) == ["en_ewt_2", "en_ewt_accurate", *teachers]


def test_what_recipes_name_is_described_and_no_source_is_left_over(make_pages: ModuleType) -> None:
    treebanks = sys.modules["treebanks"]
    trained = [step for model in treebanks.models() for step in (*model.before, model)]
    assert set(treebanks._table()["recipe"]) == {step.name for step in trained if step.recipe != treebanks.Recipe()}
    assert set(treebanks._table()["source"]) == {name for step in trained for name in step.recipe.files}
    assert all(treebanks.about(name) for step in trained for name in step.recipe.files)


def test_the_models_are_small_together_and_parse() -> None:
    if (ROOT / "PKG-INFO").exists():
        pytest.skip("a source distribution has the default model only")
    english = [path for path in MODELS if path.stem.startswith("en_")]
    assert [path.stem for path in english] == ["en_ewt", "en_ewt_accurate", "en_ewt_fast"]
    assert sum(path.stat().st_size for path in MODELS) < 90e6
    assert sum(path.stat().st_size for path in english) < 25e6
    for path in english:
        sentence = arcparser.load(path).parse(["She", "saw", "the", "dog", "."])
        assert (sentence.heads, sentence.deprels) == ([2, 0, 4, 2, 2], ["nsubj", "root", "det", "obj", "punct"])
