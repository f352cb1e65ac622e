"""The epochs of a training, as a table and as a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from arcparser.errors import InputError
from arcparser.training.trainer import _time_left
from arcparser.viz.history import history_rows, history_text, read_history
from arcparser.viz.history_page import _epoch_marks, _scale, history_html
from tests.helpers.pages import read_page
from tests.helpers.toy import history, small, toy_training


def entry(epoch: int, branch: int, las: float, **more: Any) -> dict[str, Any]:
    train = {"upos": 1.0, "transition": 2.0 / epoch, "label": 0.5, "accuracy": 0.5}
    dev = {"UPOS": 90.0, "UAS": las + 5, "LAS": las, "Lemmas": 95.0}
    rates = {"rate": 0.003 / epoch}
    return {"epoch": epoch, "epochs": 3, "branch": branch, "seconds": 40.0, "train": train, "dev": dev, **rates, **more}


MEAN = {"of": 2, "dev": {"UPOS": 91.0, "UAS": 77.0, "LAS": 72.25, "Lemmas": 95.5}}
ENTRIES = [
    entry(1, 0, 50.0),
    entry(2, 0, 60.0),
    entry(3, 1, 70.0),
    entry(3, 2, 71.0, mean=MEAN),
]


def written(folder: Path, entries: list[dict[str, Any]]) -> Path:
    path = folder / "m.epochs.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")
    return path


def test_the_table(tmp_path: Path) -> None:
    found = read_history(written(tmp_path, ENTRIES))
    head, *rows = history_rows(found, parts=True)
    assert head == (
        ["epoch", "branch", "rate", "loss", "upos", "transition", "label"]
        + ["dev UPOS", "dev UAS", "dev LAS", "dev Lemmas", "s"]
    )
    assert rows[0] == [
        "1",
        "-",
        "0.003",
        "3.500",
        "1.000",
        "2.000",
        "0.500",
        "90.00",
        "55.00",
        "50.00",
        "95.00",
        "40.0",
    ]
    assert rows[3][:2] == ["3*", "2"] and rows[4][0] == "mean of 2" and rows[4][-3:] == ["72.25", "95.50", ""]
    wide, narrow = (history_text(found, width=width).splitlines() for width in (120, 80))
    assert max(map(len, narrow[:-2])) <= 80 < max(map(len, wide[:-2]))
    assert narrow[-1] == ("best epoch 3 of branch 2*: dev LAS 71.00; mean of 2 branches: 72.25; 4 epochs in 2 min 40 s")


def test_the_page(tmp_path: Path) -> None:
    found = read_history(written(tmp_path, ENTRIES))
    text = history_html([found])
    page = read_page(text)
    for title in ("LAS, epoch 3 of branch 2: 71", "LAS, mean of 2 branches: 72.25", "learning rate, epoch 2: 0.0015"):
        assert title in page.texts
    assert text.count('<svg class="plot"') == 4
    # Of each of four scores: the way until they part, and two branches; the second is dashed and goes on from there.
    lines = re.findall(r'<polyline class="(c0[^"]*)" points="([^"]*)"', text.partition("Loss by part")[0])
    assert [(style, len(points.split())) for style, points in lines] == [("c0", 2), ("c0", 2), ("c0 later", 2)]
    assert lines[1][1].split()[0] == lines[0][1].split()[-1] == lines[2][1].split()[0]
    two = history_html([found, found], title="<b>")
    assert two.count("<h2>All epochs") == 2 and "<b>" not in two
    assert "http" not in text.replace("http-equiv", "")


def test_a_training_of_one_epoch_and_of_an_older_version(tmp_path: Path) -> None:
    old = entry(1, 0, 0.0)
    del old["rate"], old["dev"]["Lemmas"]
    found = read_history(written(tmp_path, [old]))
    assert found.metrics == ["UPOS", "UAS", "LAS"]
    assert history_rows(found, parts=False)[1][2] == "-"
    assert "Learning rate" not in history_html([found])


@pytest.mark.parametrize(
    "line",
    ["[]", "1", "{", '{"epoch": 1}', json.dumps({**ENTRIES[0], "epoch": "x"}), json.dumps({**ENTRIES[0], "dev": {}})]
    + [json.dumps({**ENTRIES[0], "train": {"upos": float("nan")}}), json.dumps({**ENTRIES[0], "mean": 3}), "\udcff"],
)
def test_what_is_no_history(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(json.dumps(ENTRIES[0]).encode() + b"\n" + line.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}:2: is no epoch of a training: give the MODEL"):
        read_history(path)
    path.write_bytes(b"\n")
    with pytest.raises(InputError, match="has no epochs"):
        read_history(path)


def test_what_a_training_writes(tmp_path: Path) -> None:
    output = tmp_path / "m"
    lines: list[str] = []
    toy_training(output, epochs=3, config={**small(), "branches": 2, "branch_from": 0.4}, report=lines.append)
    entries = history(output)
    rates = [one["rate"] for one in entries]
    assert rates[2] == rates[4] == 0 and all(rate > 0 for rate in rates[:2])
    assert [("mean" in one) for one in entries] == [False, False, False, False, True]
    found = read_history(f"{output}.epochs.jsonl")
    assert found.mean_of == 2 and set(found.metrics) == {"UPOS", "UAS", "LAS", "Lemmas"}
    of_epochs = [line for line in lines if line.startswith("epoch ")]
    assert [bool(re.search(r"  \d+ s, \d+ s left$", line)) for line in of_epochs] == [True] * 4 + [False]


def test_time_left() -> None:
    assert _time_left([2.0], None) == _time_left([1.0, 2.0], 2) == ""
    assert _time_left([1.0, 2.0], 6) == ", 6 s left"
    assert _time_left([70.0], 4) == ", 3 min left"
    assert _time_left([3600.0], 3) == ", 2 h 0 min left"


def test_axes() -> None:
    assert _scale(0, 4.6) == (0, 5, 1)
    low, high, step = _scale(50.2, 50.2)
    assert low <= 50.2 <= high and step > 0
    assert _epoch_marks(1) == [1] and _epoch_marks(8) == list(range(1, 9))
    assert _epoch_marks(100) == [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert _epoch_marks(23)[-2:] == [22, 23] or _epoch_marks(23)[-1] == 23
