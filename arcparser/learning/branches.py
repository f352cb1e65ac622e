"""Part a training into branches: which epoch comes next, and which mean of the weights is kept in the end.

With `branches` = K, a training parts into K after a share of its epochs (`branch_from`). Each goes its way to the
last epoch with noise and an order of the sentences of its own, and in the end their weights are averaged: a "model
soup" (Wortsman et al. 2022). Networks that part early agree about nothing and have no mean; those that have the
beginning in common end in one valley of the loss (Frankle et al. 2020, "Linear mode connectivity and the lottery
ticket hypothesis"), and its middle errs less than they do. One network comes out: parsing costs what it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from arcparser.errors import quote
from arcparser.learning.epoch import EpochRunner
from arcparser.types import Floats

_APART = 1000  # between the seeds of two branches


class BranchedRun:
    """Keep where the training of `runner` is: `done` epochs, in `branch` 1 to K (0: before they part).

    Args:
        epochs: Of each way from the start to an end; None as long as that is not known.
    """

    def __init__(self, runner: EpochRunner, epochs: int | None) -> None:
        settings = runner.settings
        self.epochs = epochs
        self.done = 0
        self.branch = 0
        self._runner = runner
        self._seed = runner.seed
        self._branches, self._share = settings.branches, settings.branch_from
        self._fork: dict[str, Floats] = {}  # the weights and the runner's state where they part
        self._fork_updates = 0
        self._ends: list[Floats] = []  # Adam's averaged weights of the branches that have come to their ends

    @property
    def fork(self) -> int | None:
        """The epoch after which the branches part; None if they do not, or if that is not known yet."""
        if self.epochs is None or self._branches == 1:
            return None
        fork = max(1, round(self._share * self.epochs))
        return fork if fork < self.epochs else None

    @property
    def total(self) -> int | None:
        """How many epochs all branches have together; None as long as that is not known."""
        if self.epochs is None:
            return None
        fork = self.epochs if self.fork is None else self.fork
        return fork + (0 if self.fork is None else self._branches) * (self.epochs - fork)

    @property
    def finished(self) -> bool:
        """Whether no epoch is left."""
        return self.done == self.epochs and self.branch == (0 if self.fork is None else self._branches)

    def fit(self, budget: float) -> int:
        """Set `epochs` to as many as there is time for, if all branches together may take `budget` of them."""
        self.epochs = max(1, int(budget))
        while (fork := self.fork) is not None and fork + self._branches * (self.epochs - fork) > budget:
            self.epochs -= 1
        return self.epochs

    def epoch_done(self) -> None:
        """Count an epoch; where a branch begins, put the runner there."""
        self.done += 1
        if self.fork is None:
            return
        if self.branch == 0 and self.done == self.fork:
            self._fork = {name: state.copy() for name, state in self._states().items()}
            self._fork_updates = self._runner.adam.updates
            self._begin(1)
        elif self.branch and self.done == self.epochs:
            self._ends.append(self._runner.adam.mean.copy())
            if self.branch < self._branches:
                for name, state in self._states().items():
                    state[...] = self._fork[name]
                self._runner.adam.updates = self._fork_updates
                self.done = self.fork
                self._begin(self.branch + 1)

    @property
    def ends(self) -> Sequence[Floats]:
        """The averaged weights of each branch that is finished; nothing if there are no branches."""
        return self._ends

    def _begin(self, branch: int) -> None:
        self.branch = branch
        self._runner.seed = self._seed + _APART * branch

    def _states(self) -> dict[str, Floats]:
        return {"weights": self._runner.network.weights.flat, **self._runner.adam.state()}

    def header(self) -> dict[str, Any]:
        """Return what a checkpoint must know of the run, beside `arrays`."""
        return {
            "epochs": self.epochs,
            "done": self.done,
            "branch": self.branch,
            "updates": self._runner.adam.updates,
            "fork_updates": self._fork_updates,
        }

    def arrays(self) -> dict[str, Floats]:
        """Return the weights, the optimizer's state, and those that the branches need."""
        fork = {f"fork.{name}": state for name, state in self._fork.items()}
        ends = {f"end.{branch}": weights for branch, weights in enumerate(self._ends, start=1)}
        return {**self._states(), **fork, **ends}

    def place(self, count: int) -> tuple[int, int]:
        """Return `done` and `branch` after the first `count` epochs of all, the branches one after the other.

        Raises:
            ValueError: There are not so many.
        """
        if self.epochs is None:
            raise ValueError("nothing is known of the epochs")
        fork = self.epochs if self.fork is None else self.fork
        branches = 0 if self.fork is None else self._branches
        if not 0 <= count <= fork + branches * (self.epochs - fork):
            raise ValueError(f"{count} epochs are not of this training")
        if count < fork or not branches:
            return count, 0
        ended, done = divmod(count - fork, self.epochs - fork)
        return (self.epochs, branches) if ended == branches else (fork + done, ended + 1)

    def restore(self, header: Mapping[str, int], arrays: Mapping[str, Floats], *, count: int) -> None:
        """Go back to where `header` and `arrays` were taken, after `count` epochs of all.

        Raises:
            ValueError: They are those of no such run.
        """
        if header["epochs"] < 1 or self.epochs not in (None, header["epochs"]):
            raise ValueError("another number of epochs")
        self.epochs = header["epochs"]
        if self.place(count) != (header["done"], header["branch"]):
            raise ValueError("another epoch than its history")
        self._check_updates(header)
        branch = header["branch"]
        states = self._states()
        forked = {f"fork.{name}": state for name, state in states.items()} if branch else {}
        ended = branch - (header["done"] < self.epochs) if branch else 0
        ends = {f"end.{number}": self._runner.adam.mean for number in range(1, ended + 1)}
        _check_numbers(arrays, {**states, **forked, **ends})
        self.done = header["done"]
        self._fork_updates = header["fork_updates"]
        for name, state in states.items():
            state[...] = arrays[name]
        self._runner.adam.updates = header["updates"]
        if branch:
            self._fork = {name: arrays[f"fork.{name}"] for name in states}
            self._ends = [arrays[name].copy() for name in ends]
            self._begin(branch)

    def _check_updates(self, header: Mapping[str, int]) -> None:
        """Refuse numbers of updates that so many epochs cannot have: an epoch has one to as many as sentences.

        Raises:
            ValueError: One of them.
        """
        at_fork, epochs = header["fork_updates"], header["done"]
        if header["branch"]:
            fork = self.fork or 0
            if not fork <= at_fork <= fork * self._runner.sentences:
                raise ValueError("a bad number of updates")
            epochs -= fork
        elif at_fork:
            raise ValueError("a bad number of updates")
        if not epochs <= header["updates"] - at_fork <= epochs * self._runner.sentences:
            raise ValueError("a bad number of updates")


def greedy_soup(
    ends: Sequence[Floats], scores: Sequence[float], score: Callable[[Floats], float]
) -> tuple[Floats, int]:
    """Average those ends that make the mean better: the "greedy soup" of Wortsman et al. 2022.

    The best end comes first. The others follow by their scores; each is left out with which the mean would score less.

    Args:
        ends: The weights of each branch.
        scores: How good each is.
        score: Finds out how good weights are.

    Returns:
        The mean, and of how many it is.
    """
    order = sorted(range(len(ends)), key=lambda i: -scores[i])
    total, taken, best = ends[order[0]], 1, scores[order[0]]
    for i in order[1:]:
        more = total + ends[i]
        found = score(more / (taken + 1))
        if found >= best:
            total, taken, best = more, taken + 1, found
    return total / taken, taken


def _check_numbers(found: Mapping[str, Floats], wanted: Mapping[str, Floats]) -> None:
    """Refuse arrays that are not as the wanted ones are, or hold what no optimizer has.

    Raises:
        ValueError: The first of these, by name.
    """
    for name in found.keys() ^ wanted.keys():
        raise ValueError(f"{quote(name)} is missing or belongs to nothing")
    for name, array in found.items():
        if array.shape != wanted[name].shape or array.dtype != wanted[name].dtype:
            raise ValueError(f"{name} has another shape or type")
        if not np.isfinite(array).all() or (name.endswith("second") and (array < 0).any()):
            raise ValueError(f"{name} has impossible numbers")
