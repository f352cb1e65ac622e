"""Trainings that part into branches: where they part and end, what is averaged, and that they can be interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.errors import UsageError
from arcparser.learning.branches import BranchedRun, greedy_soup
from arcparser.learning.epoch import EpochRunner
from arcparser.learning.examples import encode_treebank
from arcparser.learning.presets import TrainingSettings, preset_settings
from arcparser.model import model_file
from arcparser.model.description import describe_model
from arcparser.model.stored_weights import rounded
from arcparser.nn.parameters import Parameters
from tests.helpers.toy import DEV, ENHANCED, QUIET, columns, history, random_network, small, stop_at, toy_training

PARTED = small(branches=2, branch_from=0.5)
SENTENCES = list(arcparser.read_conllu(DEV))


def runner(branches: int) -> EpochRunner:
    """One that has done nothing yet."""
    network = random_network(1)
    settings = TrainingSettings(branches=branches, branch_from=0.5)
    return EpochRunner(network, settings, encode_treebank(network.vocabulary, *columns(SENTENCES)), seed=1, threads=1)


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
    original = BranchedRun.epoch_done

    def watch(run: BranchedRun) -> None:
        if run.branch and run.done + 1 == run.epochs:
            ends.append(run.arrays()["mean"].copy())
        original(run)

    monkeypatch.setattr(BranchedRun, "epoch_done", watch)
    path = tmp_path / "toy.arcparser"
    said: list[str] = []
    toy_training(path, epochs=4, config=PARTED, report=said.append)
    assert path.read_bytes() == parted.read_bytes()
    assert len(ends) == 2 and not np.array_equal(*ends)
    found = model_file.load(path)
    network = found.networks[0]
    mean = Parameters(network.weights.shapes, flat=(ends[0] + ends[1]) / 2)
    expected = replace(network, weights=mean)
    model_file.save(replace(found, networks=(expected,)), tmp_path / "mean.arcparser")
    las = arcparser.evaluate(ENHANCED, arcparser.load(tmp_path / "mean.arcparser")).summary()["LAS"]
    assert any(line.startswith(f"branches: dev LAS {las:.2f} of the mean of 2, ") for line in said)
    # The dev file chooses between the mean and the best epoch on the way.
    best = max(entry["dev"]["LAS"] for entry in history(path))
    assert found.card.scores["LAS"] == max(las, best)
    assert np.array_equal(network.weights.flat, rounded(mean).flat) == (las >= best)


@pytest.mark.parametrize(
    "beginning",
    [
        "epoch 1/",
        "epoch 2/",
        "epoch 3/4 of branch 1/2",
        "epoch 4/4 of branch 1/2",
        "epoch 3/4 of branch 2/2",
        "epoch 4/4 of branch 2/2",
        "branches",
    ],
)
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


@pytest.mark.parametrize(
    ("branches", "budget"), [(2, 1.0), (2, 3.0), (2, 6.6), (2, 12.5), (4, 5.0), (4, 11.7), (1, 7.9)]
)
def test_a_budget_is_used_and_kept(branches: int, budget: float) -> None:
    """As many epochs as fit, and one more would not."""

    def all_of(epochs: int) -> int:
        run = BranchedRun(runner(branches), epochs)
        while not run.finished:
            run.epoch_done()
            count.append(1)
        return len(count)

    count: list[int] = []
    fitting = BranchedRun(runner(branches), None).fit(budget)
    assert all_of(fitting) <= budget
    count.clear()
    assert all_of(fitting + 1) > budget


def test_a_time_budget_is_for_all_branches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first epoch takes 2 minutes by this clock: in 24, there are 4 to the fork and 4 for each of 2 branches."""
    now = [0.0]

    def clock() -> float:
        now[0] += 60  # it is read three times until the first epoch is timed
        return now[0]

    monkeypatch.setattr("arcparser.training.trainer.time.monotonic", clock)
    path = tmp_path / "toy.arcparser"
    config = small(branches=2, branch_from=0.5)
    with pytest.raises(KeyboardInterrupt):
        toy_training(path, epochs=None, max_minutes=24, config=config, report=stop_at("epoch 6/8 of branch 1/2"))
    toy_training(path, epochs=None, max_minutes=24, config=config, resume=True)
    entries = history(path)
    assert [(e["epoch"], e["branch"]) for e in entries] == [
        *((i, 0) for i in (1, 2, 3, 4)),
        *((i, b) for b in (1, 2) for i in (5, 6, 7, 8)),
    ]


def test_a_branch_that_makes_the_mean_worse_is_left_out() -> None:
    ends = [np.array([end], np.float32) for end in (3.0, 8.0, 5.0, 4.0)]
    asked: list[float] = []

    def score(weights: np.ndarray) -> float:
        asked.append(float(weights[0]))
        return 10 - abs(float(weights[0]) - 4.0)

    mean, taken = greedy_soup(ends, [9.0, 6.0, 9.5, 9.2], score)
    # 5 is the best, 4 and 3 make the mean better or as good, 8 makes it worse.
    assert asked == [4.5, 4.0, 5.0]
    assert (mean.tolist(), taken) == ([4.0], 3)


def test_a_mean_that_is_worse_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    original = BranchedRun.ends.fget
    monkeypatch.setattr(BranchedRun, "ends", property(lambda run: [np.zeros_like(end) for end in original(run)]))
    path = tmp_path / "toy.arcparser"
    said: list[str] = []
    toy_training(path, epochs=8, config={**PARTED, **QUIET}, report=said.append)
    card = model_file.load(path).card
    assert card.mean_of == 0
    assert card.scores["LAS"] == max(entry["dev"]["LAS"] for entry in history(path))
    assert said[-1].startswith(f"best epoch {card.best_epoch}: ")


def test_a_mean_that_is_better_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Weights that were trained for longer stand for it."""
    longer = toy_training(tmp_path / "longer.arcparser", epochs=12).model.networks[0].weights.flat
    original = BranchedRun.ends.fget
    monkeypatch.setattr(BranchedRun, "ends", property(lambda run: [longer for _ in original(run)]))
    path = tmp_path / "toy.arcparser"
    said: list[str] = []
    toy_training(path, epochs=2, config=PARTED, report=said.append)
    found = model_file.load(path)
    assert np.array_equal(found.networks[0].weights.flat, longer)
    assert found.card.mean_of == 2
    assert said[-1] == f"mean of 2 branches: dev LAS {found.card.scores['LAS']:.2f}, in {path}"
    assert "mean of 2 branches of 2 epochs" in describe_model(path)
    assert arcparser.evaluate(ENHANCED, arcparser.load(path)).summary() == dict(found.card.scores)


def test_branches_of_several_networks(tmp_path: Path) -> None:
    """Each network has its own: those of trainings with one seed after the other, also after an interruption."""
    path = tmp_path / "toy.arcparser"
    config = {**PARTED, "networks": 2}
    lines = iter(range(100))

    def stop_late(line: str) -> None:
        if line.startswith("epoch 2/2 of branch 2/2") and next(lines) == 1:  # of the second network
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        toy_training(path, config=config, report=stop_late)
    toy_training(path, config=config, resume=True)
    alone = [toy_training(tmp_path / f"{seed}", config=PARTED, seed=seed).model.networks[0] for seed in (1, 2)]
    for network, single in zip(model_file.load(path).networks, alone):
        assert np.array_equal(network.weights.flat, single.weights.flat)


def test_branches_of_a_continued_and_of_a_taught_training(parted: Path, tmp_path: Path) -> None:
    """A model that goes on keeps its settings, branches included; teachers teach in every branch."""
    for name, options in (("more", {"init": parted}), ("soft", {"teachers": [parted], "config": PARTED})):
        path = tmp_path / name
        toy_training(path, **{"config": {}, **options})
        assert [(e["epoch"], e["branch"]) for e in history(path)] == [(1, 0), (2, 1), (2, 2)]


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"branch_from = 1\.5"):
        preset_settings("standard", {"branch_from": 1.5}, words=1000)
