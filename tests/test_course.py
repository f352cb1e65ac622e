"""Trainings that part into branches: where they part and end, what is averaged, and that they can be interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arcparser
from arcparser import model
from arcparser.course import Course

from .toy import ENHANCED, small, stop_at, toy_training

PARTED = small(branches=2, branch_from=0.5)


def history(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(f"{output}.epochs.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parted") / "toy.arcparser"
    toy_training(path, epochs=4, config=PARTED, threads=2)
    return path


def test_the_branches_have_their_beginning_in_common(parted: Path, tmp_path: Path) -> None:
    entries = history(parted)
    assert [(e["epoch"], e["branch"]) for e in entries] == [(1, 0), (2, 0), (3, 1), (4, 1), (3, 2), (4, 2)]
    plain = tmp_path / "plain.arcparser"
    toy_training(plain, epochs=4)
    for entry, same in zip(entries[:2], history(plain)):
        assert entry["train"] == same["train"]
    # Each goes on with noise of its own.
    thirds = [history(plain)[2]["train"], entries[2]["train"], entries[4]["train"]]
    assert thirds[0] != thirds[1] != thirds[2] != thirds[0]


def test_the_mean_of_the_ends_is_what_is_left(monkeypatch: pytest.MonkeyPatch, parted: Path, tmp_path: Path) -> None:
    ends = []
    original = Course.epoch_done

    def watch(course: Course) -> None:
        if course.branch and course.done + 1 == course.epochs:
            ends.append(course.arrays()["mean"].copy())
        original(course)

    monkeypatch.setattr(Course, "epoch_done", watch)
    path = tmp_path / "toy.arcparser"
    said: list[str] = []
    toy_training(path, epochs=4, config=PARTED, report=said.append)
    assert path.read_bytes() == parted.read_bytes()
    assert len(ends) == 2 and not np.array_equal(*ends)
    found = model.load(path)
    mean = ((ends[0] + ends[1]) / 2).astype(np.float16).astype(np.float32)
    expected = found.network.with_weights(type(found.network.weights)(found.network.weights.shapes, flat=mean))
    model.save(model.Model(expected, found.card), tmp_path / "mean.arcparser")
    las = arcparser.evaluate(ENHANCED, arcparser.load(tmp_path / "mean.arcparser")).summary()["LAS"]
    assert f"mean of 2 branches: dev LAS {las:.2f}" in said
    # The dev file chooses between the mean and the best epoch on the way.
    best = max(entry["dev"]["LAS"] for entry in history(path))
    assert found.card.scores["LAS"] == max(las, best)
    assert np.array_equal(found.network.weights.flat, mean) == (las >= best)


@pytest.mark.parametrize(
    "beginning",
    ["epoch 1/", "epoch 2/", "epoch 3/4 of branch 1/2", "epoch 4/4 of branch 1/2", "epoch 3/4 of branch 2/2",
     "epoch 4/4 of branch 2/2", "mean of"],
)  # fmt: skip
def test_resuming_ends_with_the_same_bytes(parted: Path, tmp_path: Path, beginning: str) -> None:
    path = tmp_path / "toy.arcparser"
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=4, config=PARTED, report=stop_at(beginning))
    toy_training(path, epochs=4, config=PARTED, resume=True)
    assert path.read_bytes() == parted.read_bytes()
    assert len(history(path)) == 6
    assert not Path(f"{path}.checkpoint").exists()


def test_one_epoch_has_no_branches(tmp_path: Path) -> None:
    path = tmp_path / "toy.arcparser"
    toy_training(path, epochs=1, config=PARTED)
    assert [(e["epoch"], e["branch"]) for e in history(path)] == [(1, 0)]


def test_a_time_budget_is_for_all_branches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an epoch of a minute by the clock, 12 minutes are 8 epochs: 4 to the fork, and 4 for each of 2 branches."""
    now = [0.0]

    def clock() -> float:
        now[0] += 60  # it is read before and after the first epoch
        return now[0]

    monkeypatch.setattr("arcparser.training.time.monotonic", clock)
    path = tmp_path / "toy.arcparser"
    toy_training(path, epochs=None, max_minutes=24, config=PARTED)
    entries = history(path)
    assert entries[0]["epochs"] == 8
    assert len(entries) == 12
