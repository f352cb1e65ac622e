"""Training end to end: the same bytes from the same seed, also after an interruption, and what is refused."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

import arcparser
from arcparser.errors import ArcparserError, ConlluError, InputError, ModelError, OutputError, TreeError, UsageError
from arcparser.learning.branches import BranchedRun
from arcparser.parsing.parser import Parser
from arcparser.text.segmentation import Segmentation
from arcparser.training import trainer
from tests.helpers.toy import DEV, ENHANCED, TEST, TRAIN, history, small, stop_at, toy_training


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four epochs, as the other trainings of this module are to end."""
    path = tmp_path_factory.mktemp("undisturbed") / "toy.arcparser"
    toy_training(path, epochs=4, threads=2)
    return path


def test_train_parse_evaluate(toy_model: Path, toy_parser: Parser, tmp_path: Path) -> None:
    assert sorted(os.listdir(toy_model.parent)) == ["toy.arcparser", "toy.arcparser.epochs.jsonl"]
    sentences = list(arcparser.read_conllu(DEV))
    parsed = tmp_path / "parsed.conllu"
    parsed.write_bytes(b"".join(s.to_bytes() for s in toy_parser.parse_many(sentences, tags="retag")))
    scores = arcparser.evaluate(DEV, parsed)
    assert scores == arcparser.evaluate(DEV, toy_parser) == arcparser.evaluate(sentences, toy_parser)
    # The scores in the model are those of its file: training measures the weights as they are stored.
    card = toy_parser.card
    assert card.scores["LAS"] == round(scores.las.f1, 2)
    assert card.scores["UPOS"] == round(scores.upos.f1, 2)
    best = max(history(toy_model), key=lambda entry: entry["dev"]["LAS"])
    assert (card.best_epoch, card.scores) == (best["epoch"], best["dev"])
    # It has learned something: of the heads, one in ten is right by chance, of the tags less.
    assert scores.uas.f1 > 15
    assert scores.upos.f1 > 12


def test_the_trained_parser_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "toy.arcparser"
    trained = toy_training(path, license="CC0")
    loaded = arcparser.load(path)
    assert loaded.card == trained.card
    assert loaded.card.license == "CC0"
    assert arcparser.evaluate(TEST, loaded) == arcparser.evaluate(TEST, trained)


def test_the_history_tells_of_every_epoch(undisturbed: Path) -> None:
    entries = history(undisturbed)
    assert [entry["epoch"] for entry in entries] == [1, 2, 3, 4]
    for entry in entries:
        assert entry["epochs"] == 4
        assert {"UAS", "LAS", "CLAS", "UPOS"} <= set(entry["dev"])
        assert all(value >= 0 for value in entry["train"].values())
    assert entries[-1]["train"]["upos"] < entries[0]["train"]["upos"]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, undisturbed: Path) -> None:
    """On one thread or on two (`undisturbed`)."""
    path = tmp_path / "again.arcparser"
    toy_training(path, epochs=4, threads=1)
    assert path.read_bytes() == undisturbed.read_bytes()


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for seed, path in ((1, one), (2, two)):
        toy_training(path, epochs=1, seed=seed)
    assert one.read_bytes() != two.read_bytes()
    assert arcparser.load(two).card.seed == 2


@pytest.mark.parametrize("beginning", ["epoch 1/", "epoch 2/", "epoch 4/", "best epoch"])
def test_resuming_ends_with_the_same_bytes(tmp_path: Path, undisturbed: Path, beginning: str) -> None:
    path = tmp_path / "toy.arcparser"
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=4, report=stop_at(beginning))
    lines: list[str] = []
    toy_training(path, epochs=4, resume=True, report=lines.append, threads=1)
    assert path.read_bytes() == undisturbed.read_bytes()
    assert [entry["epoch"] for entry in history(path)] == [1, 2, 3, 4]
    assert not Path(f"{path}.checkpoint").exists()
    expected = {"epoch 2/": "resuming after epoch 2 of 4", "best epoch": "the training is finished: nothing to resume"}
    assert expected.get(beginning, lines[0]) in lines


def _broken(*_: object, **__: object) -> NoReturn:
    raise IndexError("index 3 is out of bounds\nof axis 0")


@pytest.mark.parametrize("networks", [1, 2])
def test_a_failure_to_segment_text_loses_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, networks: int
) -> None:
    path, other = tmp_path / "toy.arcparser", tmp_path / "other.arcparser"
    config = small(networks=networks)
    undisturbed = toy_training(other, config=config)
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "learn", _broken)
        toy_training(path, config=config)
    assert len(caplog.messages) == networks
    for message in caplog.messages:
        assert "cannot learn how the treebank splits text (IndexError: " in message
        assert len(message.splitlines()) == 1
    found = arcparser.load(path)
    assert found.model.segmentation == Segmentation("en")
    words = ["Dogs", "chase", "cats"]
    assert found.parse(words).to_conllu() == undisturbed.parse(words).to_conllu()
    assert [s.forms for s in found.parse_text("Dogs bark.")] == [["Dogs", "bark", "."]]
    # Resumed, it learns that alone, and nothing is left beside the model.
    lines: list[str] = []
    toy_training(path, config=config, resume=True, report=lines.append)
    assert path.read_bytes() == other.read_bytes()
    assert not [line for line in lines if line.startswith("epoch ")]
    assert {file.name for file in tmp_path.iterdir() if not file.name.endswith(".jsonl")} == {path.name, other.name}


def test_the_model_is_written_before_it_learns_to_segment_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "toy.arcparser"
    seen = []

    def choose(self: trainer.Trainer, run: BranchedRun) -> None:
        assert self._best is not None
        self._best = replace(self._best, card=replace(self._best.card, mean_of=2))

    def stop(*_: object, **__: object) -> NoReturn:
        seen.append(arcparser.load(path).card.mean_of)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer.Trainer, "_choose_soup", choose)
    monkeypatch.setattr(trainer, "learn", stop)
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=1)
    assert seen == [2]


def test_interrupted_twice(tmp_path: Path, undisturbed: Path) -> None:
    path = tmp_path / "toy.arcparser"
    for beginning in ("epoch 2/", "epoch 3/"):
        with pytest.raises(KeyboardInterrupt):
            toy_training(path, epochs=4, resume=True, report=stop_at(beginning))
    toy_training(path, epochs=4, resume=True)
    assert path.read_bytes() == undisturbed.read_bytes()


def test_resuming_with_nothing_to_resume_starts(tmp_path: Path, undisturbed: Path) -> None:
    path = tmp_path / "toy.arcparser"
    toy_training(path, epochs=4, resume=True)
    assert path.read_bytes() == undisturbed.read_bytes()


def test_a_finished_model_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "toy.arcparser"
    toy_training(path, epochs=1)
    kept = path.read_bytes()
    missing = tmp_path / "nonesuch.conllu"  # it is not even looked for
    with pytest.raises(UsageError, match=f"^{path}: is there already: give another --output, or --overwrite to replac"):
        toy_training(path, epochs=1, seed=2, train_files=missing)
    with pytest.raises(UsageError, match=f"^{path}: is the model of another training: .*--overwrite instead of --resu"):
        toy_training(path, epochs=1, seed=2, resume=True)
    with pytest.raises(UsageError, match="--resume with --overwrite"):
        toy_training(path, epochs=1, seed=2, resume=True, overwrite=True)
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=1, seed=2, overwrite=True, report=stop_at("dev: "))
    assert path.read_bytes() == kept
    toy_training(path, epochs=1, seed=2, overwrite=True)
    assert arcparser.load(path).card.seed == 2


@pytest.mark.parametrize("networks", [1, 2])
@pytest.mark.parametrize("held_out", [False, True])
def test_overwriting_leaves_nothing_of_an_unfinished_training(tmp_path: Path, networks: int, held_out: bool) -> None:
    path = tmp_path / "toy.arcparser"
    theirs = tmp_path / "toy.arcparser.3"
    theirs.write_text("of somebody")
    interrupted(path)
    options: dict[str, Any] = {"epochs": 1, "config": small(networks=networks)}
    if held_out:
        options["dev"] = None
    toy_training(path, overwrite=True, **options)
    assert not list(tmp_path.glob("*.checkpoint")) and theirs.read_text() == "of somebody"
    with pytest.raises(UsageError, match="is there already"):
        toy_training(path, **options)


def test_a_file_is_not_learned_from_twice(tmp_path: Path) -> None:
    (tmp_path / "link.conllu").symlink_to(TRAIN)
    with pytest.raises(UsageError, match="is given twice: give each training file once"):
        toy_training(tmp_path / "toy", train_files=[TRAIN, tmp_path / "link.conllu"])


def test_what_is_told_of_an_epoch_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "toy.arcparser"
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, report=stop_at("epoch 1/"))
    assert path.exists() and Path(f"{path}.checkpoint").exists() and len(history(path)) == 1


def test_an_epoch_that_takes_longer_than_there_is_time(tmp_path: Path) -> None:
    said: list[str] = []
    toy_training(tmp_path / "toy", epochs=None, max_minutes=1e-6, report=said.append)
    assert "one epoch takes longer than 1e-06 minutes: it is the only one" in said


def test_an_unfinished_training_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "toy.arcparser"
    kept = [interrupted(path).read_bytes(), path.read_bytes()]
    with pytest.raises(
        UsageError, match=f"^{path}: its training is not finished: --resume goes on with it, --overwrit"
    ):
        toy_training(path, epochs=1, seed=2, train_files=tmp_path / "nonesuch.conllu")
    assert [Path(f"{path}.checkpoint").read_bytes(), path.read_bytes()] == kept
    toy_training(path, epochs=1, seed=2, overwrite=True)
    assert arcparser.load(path).card.seed == 2
    assert not Path(f"{path}.checkpoint").exists()


def test_a_training_that_was_killed_before_it_wrote_the_model(tmp_path: Path, undisturbed: Path) -> None:
    """The checkpoint is written first, and has the best model so far."""
    path = tmp_path / "toy.arcparser"
    interrupted(path)
    best = path.read_bytes()
    path.unlink()
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=4, resume=True, report=stop_at("resuming after"))
    assert path.read_bytes() == best
    toy_training(path, epochs=4, resume=True)
    assert path.read_bytes() == undisturbed.read_bytes()


def test_ctrl_c_leaves_the_best_model_so_far(tmp_path: Path) -> None:
    path = tmp_path / "toy.arcparser"
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=4, report=stop_at("epoch 4/"))
    parser = arcparser.load(path)
    entries = history(path)
    assert len(entries) == 4
    assert parser.card.scores["LAS"] == max(entry["dev"]["LAS"] for entry in entries)
    assert parser.parse(["Dogs", "chase", "cats"]).heads.count(0) == 1


def test_ctrl_c_before_the_first_epoch_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        toy_training(tmp_path / "toy.arcparser", report=stop_at("dev: "))
    assert os.listdir(tmp_path) == []


def interrupted(path: Path) -> Path:
    """A training of four epochs that was stopped after its second one; its checkpoint."""
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=4, report=stop_at("epoch 2/"))
    return Path(f"{path}.checkpoint")


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"epochs": 5}, {"config": small(9)}, {"train_files": ENHANCED}, {"name": "other"}],
    ids=lambda other: next(iter(other)),
)
def test_another_training_is_not_resumed(tmp_path: Path, other: dict[str, Any]) -> None:
    path = tmp_path / "toy.arcparser"
    saved = interrupted(path).read_bytes()
    with pytest.raises(UsageError, match="was made with other data, settings, seed or epochs"):
        toy_training(path, resume=True, **{"epochs": 4, **other})
    assert Path(f"{path}.checkpoint").read_bytes() == saved


def test_a_damaged_checkpoint_is_refused(tmp_path: Path, undisturbed: Path) -> None:
    path = tmp_path / "toy.arcparser"
    checkpoint = interrupted(path)
    data = checkpoint.read_bytes()
    for damaged in (b"", data[:1000], data[:-1], bytes([data[0] ^ 1]) + data[1:], data[:5000] + b"x" + data[5001:]):
        checkpoint.write_bytes(damaged)
        with pytest.raises(ModelError) as caught:
            toy_training(path, epochs=4, resume=True)
        assert "\n" not in str(caught.value)
        assert str(checkpoint) in str(caught.value)
    checkpoint.write_bytes(undisturbed.read_bytes())
    with pytest.raises(ModelError, match="is an arcparser model, not a checkpoint"):
        toy_training(path, epochs=4, resume=True)


def test_a_time_budget_chooses_and_records_the_epochs(tmp_path: Path) -> None:
    path = tmp_path / "toy.arcparser"
    lines: list[str] = []
    parser = toy_training(path, epochs=None, max_minutes=0.02, report=lines.append)
    epochs = parser.card.epochs
    fit = "1 epoch fits" if epochs == 1 else f"{epochs} epochs fit"  # on a busy machine
    assert f"{fit} in 0.02 minutes" in lines
    assert [entry["epochs"] for entry in history(path)] == [epochs] * epochs


def test_a_short_time_is_one_epoch(tmp_path: Path) -> None:
    parser = toy_training(tmp_path / "toy.arcparser", epochs=None, max_minutes=1e-6)
    assert (parser.card.epochs, parser.card.best_epoch) == (1, 1)


def test_several_files_are_joined(tmp_path: Path) -> None:
    text = DEV.read_text(encoding="utf-8")
    at = text.index("\n\n", len(text) // 2) + 2
    parts = [tmp_path / "a.conllu", tmp_path / "b.conllu"]
    for part, half in zip(parts, (text[:at], text[at:])):
        part.write_text(half, encoding="utf-8", newline="\n")
    whole, joined = tmp_path / "whole.arcparser", tmp_path / "joined.arcparser"
    toy_training(whole, epochs=1)
    toy_training(joined, epochs=1, train_files=parts, name="en_arc", language="en")
    assert joined.read_bytes() == whole.read_bytes()


def test_the_data_are_reported_first(tmp_path: Path) -> None:
    lines: list[str] = []
    toy_training(tmp_path / "toy.arcparser", epochs=1, report=lines.append)
    assert lines[0].startswith("train: 41 sentences, 462 words, 31 labels")
    assert "4.9 % of the trees are non-projective (2 trees, 2 arcs)" in lines[0]
    assert lines[1].startswith("dev: 8 sentences, 77 words")
    assert lines[-1].startswith("best epoch 1: dev LAS")


def test_language_and_name_come_from_the_file(tmp_path: Path) -> None:
    lines: list[str] = []
    plain = tmp_path / "mine.conllu"
    plain.write_bytes(DEV.read_bytes())
    card = toy_training(tmp_path / "a", epochs=1, train_files=plain, report=lines.append).card
    assert (card.language, card.name) == ("xx", "mine")
    assert lines[0].startswith("warning: no language")
    card = toy_training(tmp_path / "b", epochs=1, train_files=plain, language="en", name="tales").card
    assert (card.language, card.name) == ("en", "tales")
    folder = tmp_path / "fr_mine"
    folder.mkdir()
    plain.rename(folder / "train.conllu")
    card = toy_training(tmp_path / "c", epochs=1, train_files=folder / "train.conllu").card
    assert (card.language, card.name) == ("fr", "fr_mine")


def test_labels_and_words_that_only_dev_has(tmp_path: Path) -> None:
    dev = tmp_path / "dev.conllu"
    dev.write_text(
        "1\tΞένος\t_\tODD\tO\tOdd=Yes\t2\tweird:one\t_\t_\n2\tλόγος\t_\tODD\t_\t_\t0\troot\t_\t_\n\n",
        encoding="utf-8",
        newline="\n",
    )
    lines: list[str] = []
    parser = toy_training(tmp_path / "toy.arcparser", dev=dev, epochs=1, report=lines.append)
    assert any("dev has labels that training never shows" in line and "weird:one" in line for line in lines)
    assert parser.card.scores["UPOS"] == 0


def test_a_treebank_of_one_word(tmp_path: Path) -> None:
    tiny = tmp_path / "tiny.conllu"
    tiny.write_bytes(b"1\tHi\t_\t_\t_\t_\t0\troot\t_\t_\n\n")
    parser = toy_training(tmp_path / "toy.arcparser", train_files=tiny, dev=tiny, epochs=2)
    assert parser.card.scores["UAS"] == 100
    assert parser.parse(["Hi"]).deprels == ["root"]
    # Of two words one has no label to bear but root's: there is no other in the world.
    assert sorted(parser.parse(["Hi", "there"]).heads) == [0, 1] or parser.parse(["Hi", "there"]).heads == [2, 0]


BAD = {
    "cycle": (
        b"1\ta\t_\t_\t_\t_\t2\tx\t_\t_\n2\tb\t_\t_\t_\t_\t1\tx\t_\t_\n3\tc\t_\t_\t_\t_\t0\tx\t_\t_\n\n",
        TreeError,
    ),
    "no root": (b"1\ta\t_\t_\t_\t_\t2\tx\t_\t_\n2\tb\t_\t_\t_\t_\t1\tx\t_\t_\n\n", TreeError),
    "two roots": (b"1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n2\tb\t_\t_\t_\t_\t0\troot\t_\t_\n\n", TreeError),
    "head out of range": (b"1\ta\t_\t_\t_\t_\t7\tx\t_\t_\n\n", TreeError),
    "no deprel": (b"1\ta\t_\t_\t_\t_\t0\t_\t_\t_\n\n", TreeError),
    "nine columns": (b"1\ta\t_\t_\t_\t_\t0\troot\t_\n\n", ConlluError),
}


@pytest.mark.parametrize("part", ["train", "dev"])
@pytest.mark.parametrize(("bad", "kind"), BAD.values(), ids=list(BAD))
def test_bad_sentences_are_refused_or_skipped(tmp_path: Path, part: str, bad: bytes, kind: type[InputError]) -> None:
    file = tmp_path / "bad.conllu"
    file.write_bytes(DEV.read_bytes() + bad)
    files: dict[str, Any] = {"train_files" if part == "train" else "dev": file, "language": "en", "name": "toy"}
    output = tmp_path / "toy.arcparser"
    line = DEV.read_bytes().count(b"\n") + 1
    with pytest.raises(kind) as caught:
        toy_training(output, **files)
    assert f"bad.conllu:{line + (bad == BAD['two roots'][0])}: " in str(caught.value)
    assert os.listdir(tmp_path) == ["bad.conllu"]
    if bad == BAD["cycle"][0]:
        lines: list[str] = []
        toy_training(output, epochs=1, skip_invalid=True, report=lines.append, **files)
        shown = lines[0] if part == "train" else lines[1]
        assert "1 invalid sentence skipped" in shown
        assert f"bad.conllu:{line}" in shown


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only a comment\n\n", b"raw text\n", b"\x1f\x8b\x08\0"])
@pytest.mark.parametrize("skip_invalid", [False, True])
def test_files_without_trees(tmp_path: Path, data: bytes, skip_invalid: bool) -> None:
    file = tmp_path / "none.conllu"
    file.write_bytes(data)
    for files in ({"train_files": file}, {"dev": file}, {"train_files": [DEV, file]}):
        with pytest.raises(InputError, match=r"none\.conllu"):
            toy_training(tmp_path / "toy.arcparser", skip_invalid=skip_invalid, **files)
    assert os.listdir(tmp_path) == ["none.conllu"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "fastest"}, "no preset 'fastest': take one of fast, standard, accurate"),
        ({"config": {"hiden": 8}}, "no setting 'hiden'"),
        ({"config": small(hidden=0)}, "hidden = 0"),
        ({"config": small(hidden="8")}, "hidden = '8'"),
        ({"config": small(hidden=8.5)}, "hidden = 8.5"),
        ({"config": small(rate=float("nan"))}, "rate = nan"),
        ({"config": small(rate=-1)}, "rate = -1"),
        ({"config": small(input_dropout=1)}, "input_dropout = 1"),
        ({"config": small(layers=9)}, "layers must be at most 8"),
        ({"epochs": 0}, "0 epochs"),
        ({"epochs": -3}, "-3 epochs"),
        ({"epochs": None, "max_minutes": 0}, "0 minutes"),
        ({"epochs": None, "max_minutes": float("nan")}, "nan minutes"),
        ({"epochs": None, "max_minutes": float("inf")}, "inf minutes"),
        ({"train_files": []}, "no training file"),
        ({"seed": -1}, "seed"),
        ({"vectors": DEV, "vector_words": 0}, "vector_words 0: give a whole number from 1 to 1,000,000"),
        ({"vectors": DEV, "vector_width": 0.5}, "vector_width 0.5: give a whole number from 1 to 65,536"),
        ({"vector_words": 5}, "--vector-words without --vectors: there are none: give a file"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else None,
)
def test_impossible_settings(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        toy_training(tmp_path / "toy.arcparser", **options)
    assert message in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_an_output_that_cannot_be_written_is_found_out_before_training(tmp_path: Path) -> None:
    lines: list[str] = []
    for output in (tmp_path, tmp_path / "no" / "toy.arcparser", DEV / "toy.arcparser"):
        with pytest.raises(OutputError):
            toy_training(output, report=lines.append)
    assert lines == []


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_leave_all_bounds_are_no_model(tmp_path: Path) -> None:
    """A learning rate beyond reason ends in a message or in a model that loads, not in a file that nobody can read."""
    path = tmp_path / "toy.arcparser"
    try:
        toy_training(path, epochs=2, config=small(rate=1e6, warm_up=1))
    except ArcparserError as error:
        assert "rate" in str(error)
        assert not path.exists()
    else:
        assert arcparser.load(path).parse(["Dogs", "chase", "cats"]).heads.count(0) == 1


def test_training_on_what_was_parsed(tmp_path: Path, toy_model: Path) -> None:
    """What the parser writes is what the trainer reads."""
    parser = arcparser.load(toy_model)
    file = tmp_path / "en_own-ud-train.conllu"
    parsed = parser.parse_many(arcparser.read_conllu(TEST), tags="retag")
    file.write_bytes(b"".join(s.to_bytes() for s in parsed))
    assert toy_training(tmp_path / "toy.arcparser", epochs=1, train_files=file, dev=file).card.name == "en_own"


def without_lemmas(source: Path, target: Path) -> Path:
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").split("\n")]
    target.write_text("\n".join("\t".join([*r[:2], "_", *r[3:]] if len(r) == 10 else r) for r in rows), "utf-8")
    return target


def test_a_treebank_without_lemmas_gives_a_model_without(tmp_path: Path) -> None:
    bare = without_lemmas(DEV, tmp_path / "bare.conllu")
    parser = toy_training(tmp_path / "bare.arcparser", train_files=bare, epochs=1)
    assert not parser.model.vocabulary.lemma_rules
    assert parser.card.scores["Lemmas"] == 0
    assert arcparser.load(tmp_path / "bare.arcparser").parse(["Dogs", "bark"]).lemmas == ["_", "_"]
    # It can go on with a treebank that has some.
    output = tmp_path / "more.arcparser"
    more = toy_training(output, config=None, init=tmp_path / "bare.arcparser", epochs=8)
    assert more.card.scores["Lemmas"] > 20
    assert arcparser.load(output).parse(["Dogs", "bark"]).lemmas == more.parse(["Dogs", "bark"]).lemmas


def test_lemmas_are_learned(toy_parser: Parser) -> None:
    assert toy_parser.card.scores["Lemmas"] > 70
    assert toy_parser.parse(["The", "dogs", "slept", "."]).lemmas[:2] == ["the", "dog"]
