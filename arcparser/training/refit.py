"""Train on a whole treebank for as long as a training on a part of it has shown to be best.

There is no dev file then: nothing is measured, and nothing chosen. Where the first training ended with a mean of
branches, this one ends with the mean of all of its branches; where it had its best epoch before, this one stops at the
same share of its way. An update has about as many words as before, so that the epochs of the larger treebank are fewer
as far as its epochs have more updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from arcparser.learning.epoch import batch_words
from arcparser.learning.unlabeled import raw_words_of_epoch
from arcparser.model.model import Model, ensemble
from arcparser.training.plan import TrainingData, TrainingPlan
from arcparser.training.trainer import Trainer
from arcparser.types import Report


def refit_plan(plan: TrainingPlan, found: Model, data: TrainingData, *, words: int) -> tuple[TrainingPlan, int | None]:
    """Return what to train on the whole treebank, and the epoch to stop after; None for the end.

    Args:
        plan: Of the first training.
        found: Its model.
        data: The whole treebank.
        words: Of the part that was trained on.
    """
    settings = plan.settings.training
    before, now = (n + raw_words_of_epoch(n, data.raw_words, settings.unlabeled_share) for n in (words, data.words))
    updates, updates_now = (n / batch_words(settings, n) for n in (before, now))
    ratio = updates / updates_now
    epochs = max(1, round(found.card.epochs * ratio))
    last = None if found.card.mean_of else max(1, min(epochs, round(found.card.best_epoch * ratio)))
    return replace(plan, epochs=epochs, max_minutes=None), last


def train_whole(
    plan: TrainingPlan,
    data: TrainingData,
    known: Model | None,
    output: Path,
    *,
    last: int | None = None,
    threads: int,
    report: Report,
) -> Model:
    """Train without a dev file, one network after the other; return the model, which is not written.

    Args:
        plan: What to train; it says how many epochs.
        data: What to learn from.
        known: A model of as many networks to start from.
        output: The model file, for messages.
        last: The epoch to stop after; None for the end.
        threads: How many.
        report: Told what happens, a line at a time.

    Raises:
        UsageError: The weights grew beyond all bounds.
    """
    count = plan.settings.training.networks
    alone = plan.settings.changed({"networks": 1})
    found: list[Model] = []
    for k in range(count):
        if count > 1:
            report(f"network {k + 1} of {count}")
        network = None if known is None else known.networks[k]
        part = replace(plan, settings=alone, seed=plan.seed + k)
        trainer = Trainer(part, data, network, output, threads=threads, report=report)
        found.append(trainer.run_without_dev(last=last))
    return _joined(found)


def _joined(found: Sequence[Model]) -> Model:
    return found[0] if len(found) == 1 else ensemble(found)
