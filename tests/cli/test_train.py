"""The command `train`: from files to a model, its options, what it refuses, and how it is stopped."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

import arcparser
from tests.helpers.command import CALL, POSIX, TINY, Run, ended, process, shell, wait_until
from tests.helpers.toy import DEV, ENHANCED, TEST


@POSIX
def test_training_with_standard_error_closed(tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(TINY)
    arguments = ["train", DEV, "--dev", ENHANCED, "--output", tmp_path / "toy", "--config", config, "--epochs", "1"]
    result = shell(" ".join(f"'{part}'" for part in [*CALL, *arguments]) + " 2>&-")
    assert (result.status, result.out, result.err) == (0, b"", "")
    assert (tmp_path / "toy").exists()


@POSIX
def test_ctrl_c_while_training(run: Run, tmp_path: Path) -> None:
    config, model = tmp_path / "tiny.toml", tmp_path / "toy.arcparser"
    config.write_text(TINY)
    arguments = ["train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--epochs", "100000"]
    running = process(arguments)
    wait_until(model.exists, running)  # written after the checkpoint
    running.send_signal(signal.SIGINT)
    result = ended(running)
    assert result.status == 130
    assert "Traceback" not in result.err
    *_, hint, last = result.err.splitlines()
    assert hint == f"the best model so far is in {model}; the same command with --resume goes on"
    assert last == "arcparser: stopped"
    assert run("info", model).status == 0
    assert run("parse", TEST, "--model", model).status == 0
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


def test_the_first_vectors_of_a_file_and_their_components(run: Run, tmp_path: Path) -> None:
    config, model, vectors = tmp_path / "tiny.toml", tmp_path / "toy.arcparser", tmp_path / "my.vec"
    config.write_text(TINY)
    vectors.write_text("the 1 2 3\n. 0 -1 2\ndog 2 2 0.5\ncat 2 1 0\n")
    files = ["train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--epochs", "1"]
    options = ["--vectors", vectors, "--vector-words", "3", "--vector-width", "2"]
    result = run(*files, *options)
    assert result.status == 0 and "3 word vectors of width 2, principal components of 3 that hold 100.0 %" in result.err
    assert re.search(rb"^vectors: +3 forms of width 2$", run("info", model).out, re.MULTILINE)
    result = run(*files, "--overwrite", "--vector-words", "3")
    assert result.status == 2 and result.line.startswith("--vector-words without --vectors: ")


def test_train_then_info_then_evaluate(run: Run, tmp_path: Path) -> None:
    config, model = tmp_path / "tiny.toml", tmp_path / "toy.arcparser"
    config.write_text(TINY + "branches = 1\n")
    options = "--preset fast --epochs 2 --seed 7 --lang en --name tales".split()
    files = [DEV, "--dev", ENHANCED, "--output", model, "--config", config]
    command = ["train", *files, *options, "--license", "CC0 1.0"]
    result = run(*command, "--threads", "1")
    assert (result.status, result.out) == (0, b"")
    lines = result.err.splitlines()
    assert lines[0].startswith("train: 41 sentences, 462 words")
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert "\r" not in result.err  # no progress bar where standard error is no terminal
    assert len(Path(f"{model}.epochs.jsonl").read_text().splitlines()) == 2

    card = arcparser.load(model).card
    assert (card.name, card.language, card.license, card.seed) == ("tales", "en", "CC0 1.0", 7)
    assert (card.preset, card.epochs, card.train_words) == ("fast", 2, 462)
    text = run("info", model).out.decode()
    assert re.search(r"^name: +tales$", text, re.MULTILINE)
    for expected in (
        "CC0 1.0",
        "41 sentences, 462 words",
        "format version 3",
        "seed 7",
        "hidden 8",
        "layers 1",
        "nsubj",
        f"LAS {card.scores['LAS']:.2f}",
        f"arcparser {arcparser.__version__}",
    ):
        assert expected in text

    fitted = arcparser.load(model).model.calibration
    errors = f"ECE of arcs {fitted.arc_ece[1]:.2f} ({fitted.arc_ece[0]:.2f} without)"
    assert sum(line.startswith(f"calibrated: {errors}, of labels ") for line in lines) == 1
    assert f"labels temperature {fitted.label_temperature:.3f}, on dev {errors}" in text
    facts = json.loads(run("info", model, "--json").out)
    assert (facts["card"]["name"], facts["settings"]["hidden"], facts["settings"]["networks"]) == ("tales", 8, 1)
    assert facts["calibration"]["arc_ece"] == list(fitted.arc_ece) and facts["calibration"]["words"] == fitted.words
    assert "nsubj" in facts["labels"] and facts["bytes"] == model.stat().st_size

    again = run(*command, "--resume")
    assert again.status == 0
    assert "nothing to resume" in again.err


def test_train_with_a_time_budget(run: Run, tmp_path: Path) -> None:
    config, model = tmp_path / "tiny.toml", tmp_path / "toy.arcparser"
    config.write_text(TINY)
    result = run("train", DEV, "--dev", ENHANCED, "--output", model, "--config", config, "--max-minutes", "0.001")
    assert result.status == 0
    fitting = (
        r"^(1 epoch fits|\d+ epochs fit) in 0\.001 minutes$|^one epoch takes longer than 0\.001 minutes: it is the "
    )
    assert re.search(fitting, result.err, re.MULTILINE)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("hidden = 0", "hidden = 0: give a whole number of at least 1"),
        ("color = 3", "no setting 'color'"),
        ("hidden", "write one setting a line: name = value"),
        ("hidden = \xff", "name = value"),
    ],
)
def test_settings_that_are_none(run: Run, tmp_path: Path, config: str, message: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(config.encode("latin-1"))
    result = run("train", DEV, "--dev", DEV, "--output", tmp_path / "toy", "--config", file)
    assert result.status in (1, 2)
    assert message in result.line
    assert os.listdir(tmp_path) == ["bad.toml"]
