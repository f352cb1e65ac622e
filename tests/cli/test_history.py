"""`arcparser history`, and the page that `train --report` writes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.command import TINY, Run
from tests.helpers.pages import read_page
from tests.helpers.toy import DEV, ENHANCED, TEST
from tests.viz.test_history import ENTRIES, written


def test_a_table_or_a_page(run: Run, tmp_path: Path) -> None:
    file, page = written(tmp_path, ENTRIES), tmp_path / "page.html"
    text = run("history", file).out.decode()
    assert text.splitlines()[-1].startswith("best epoch 3 of branch 2*: dev LAS 71.00; mean of 2 branches: 72.25")
    assert run("history", "-", stdin=file.read_bytes()).out.decode() == text
    assert run("history", file, file).out.decode().count("best epoch") == 2
    assert run("history", file, "-o", page, "--title", "My training").err == f"4 epochs in {page}\n"
    assert "My training" in read_page(page.read_text("utf-8")).texts
    assert run("history", file, "-o", "-", "--title", "My training").out == page.read_bytes()
    assert run("history", file, "-o", file).line.endswith("is to be read and written: give the output another name")
    assert run("history", DEV).line.startswith(f"{DEV}:1: is no epoch of a training")


def test_a_training_without_a_dev_file_writes_its_page(run: Run, tmp_path: Path) -> None:
    config, model, page = tmp_path / "tiny.toml", tmp_path / "m", tmp_path / "train.html"
    config.write_text(TINY + "branches = 1\n")
    two = tmp_path / "en_two-ud-train.conllu"
    two.write_bytes(DEV.read_bytes() + TEST.read_bytes())
    assert run("train", two, "-o", model, "--config", config, "--epochs", "1", "--report", page).status == 0
    assert "LAS, epoch 1: " in " ".join(read_page(page.read_text("utf-8")).texts)


def test_a_training_writes_its_page(run: Run, tmp_path: Path) -> None:
    config, model, page = tmp_path / "tiny.toml", tmp_path / "m", tmp_path / "train.html"
    config.write_text(TINY + "branches = 1\n")
    arguments = ["train", DEV, "--dev", ENHANCED, "-o", model, "--config", config, "--epochs", "2", "--report", page]
    assert run(*arguments).status == 0
    texts = read_page(page.read_text("utf-8")).texts
    assert "Training of m" in texts
    last = json.loads(Path(f"{model}.epochs.jsonl").read_text("utf-8").splitlines()[-1])
    assert f"LAS, epoch 2: {last['dev']['LAS']:.4g}" in texts
    page.unlink()
    assert run(*arguments, "--resume").status == 0, "nothing is left to train"
    assert f"LAS, epoch 2: {last['dev']['LAS']:.4g}" in read_page(page.read_text("utf-8")).texts
    nowhere = run(*arguments[:-1], tmp_path / "no" / "page.html", "--overwrite")
    assert nowhere.status == 1 and nowhere.line.startswith(f"{tmp_path / 'no' / 'page.html'}: ")
    for wrong in ("-", model):
        assert run(*arguments[:-1], wrong).line.endswith(": give the name of a file of its own")
    assert run(*arguments[:-1], DEV).line.endswith("is to be read and written: give the output another name")
