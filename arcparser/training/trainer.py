"""Train one network epoch by epoch, with a checkpoint after each; or several, one after the other.

All randomness of an epoch comes from (seed of the branch, epoch, batch), so a checkpoint needs no state of a random
generator: a training that is resumed ends with the weights of one that was never interrupted.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from arcparser._version import __version__
from arcparser.errors import ModelError, UsageError, count, quote
from arcparser.evaluation.evaluate import score_networks
from arcparser.evaluation.scores import Scores
from arcparser.files import atomic_writer
from arcparser.learning.branches import BranchedRun, greedy_soup
from arcparser.learning.epoch import EpochRunner
from arcparser.learning.schedule import exploration_probability, learning_rate
from arcparser.model import model_file
from arcparser.model.description import calibration_errors
from arcparser.model.model import Card, Model, ensemble
from arcparser.model.stored_weights import rounded
from arcparser.network.initialize import continue_from, new_network
from arcparser.network.network import Network, weight_shapes
from arcparser.nn.parameters import Parameters
from arcparser.text.learn import learn
from arcparser.text.segmentation import Segmentation
from arcparser.training import checkpoint
from arcparser.training.calibrate import calibrate
from arcparser.training.plan import TrainingData, TrainingPlan, fingerprint
from arcparser.types import Floats, Report

_log = logging.getLogger(__name__)
NOTHING_TO_RESUME = "the training is finished: nothing to resume"


def train_several(
    plan: TrainingPlan,
    data: TrainingData,
    known: Model | None,
    output: Path,
    *,
    resume: bool,
    threads: int,
    report: Report,
) -> Model:
    """Train one network after the other, each in a file of its own until all are there; return them as one model.

    Args:
        plan: Of all of them; each has a seed of its own, from the plan's on.
        data: What they learn from.
        known: A model of as many networks to start from.
        output: The model file.
        resume: Go on where an interrupted training was.
        threads: How many.
        report: Told what happens, a line at a time.

    Raises:
        UsageError: A checkpoint, or with `resume` the model, is that of another training, or the weights grew beyond
            all bounds.
        ModelError: A checkpoint, or with `resume` the model in its place, is damaged.
        OutputError: A model cannot be written.
    """
    count = plan.settings.training.networks
    alone = plan.settings.changed({"networks": 1})
    minutes = None if plan.max_minutes is None else plan.max_minutes / count
    trainers = [
        Trainer(
            replace(plan, settings=alone, seed=plan.seed + k, max_minutes=minutes),
            data,
            None if known is None else known.networks[k],
            Path(f"{output}.{k + 1}"),
            threads=threads,
            report=report,
        )
        for k in range(count)
    ]
    begun = any(trainer.output.exists() for trainer in trainers)
    if resume and not begun and (found_model := finished(output, trainers[0].fingerprint, count)) is not None:
        report(NOTHING_TO_RESUME)
        return found_model
    found: list[Model] = []
    for k, trainer in enumerate(trainers, start=1):
        report(f"network {k} of {count}")
        found.append(trainer.run(resume=resume))
    model = ensemble(found)
    scores = score_networks(model.networks, data.dev, threads=threads, contexts=data.dev_contexts).summary()
    model = calibrate(replace(model, card=replace(model.card, scores=scores)), data.dev, contexts=data.dev_contexts)
    model_file.save(model, output)
    if model.card.fingerprint:  # else it has not learned to segment text, and can do so with --resume
        for trainer in trainers:
            trainer.output.unlink()
            checkpoint.remove(trainer.output)
    report("calibrated: " + calibration_errors(model.calibration))
    report(f"{count} networks: dev LAS {scores['LAS']:.2f}, in {output}")
    return model


class Trainer:
    """Train one network.

    Attributes:
        output: The model file, which is that of the best epoch so far.
        fingerprint: What a checkpoint must have been made with to be continued: settings, seed, epochs asked for, data.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        data: TrainingData,
        known: Network | None,
        output: Path,
        *,
        threads: int,
        report: Report,
    ) -> None:
        self.output = output
        self._plan, self._data, self._known = plan, data, known
        self._threads, self._report = threads, report
        self.fingerprint = fingerprint(plan, data)
        self._shapes = weight_shapes(plan.settings.network, data.vocabulary)
        self._history: list[dict[str, Any]] = []
        self._best: Model | None = None

    def run(self, *, resume: bool) -> Model:
        """Train to the end, or with `resume` from the checkpoint on, if there is one.

        Raises:
            UsageError: The checkpoint, or with `resume` the model, is that of another training, or the weights grew
                beyond all bounds.
            ModelError: The checkpoint, or the model in its place, is damaged.
            OutputError: The model cannot be written.
        """
        plan = self._plan
        runner = self._runner()
        run = BranchedRun(runner, plan.epochs)
        if resume and (model := self._resume(run)) is not None:
            return model
        start = time.monotonic()
        while not run.finished:
            self._run_epoch(runner, run, start)
        if self._best is None:
            raise RuntimeError("a run without an epoch")
        self._choose_soup(run)
        return self._finish(self._best)

    def run_without_dev(self, *, last: int | None = None) -> Model:
        """Train to the end without looking at a dev file, and return the model, which is not written.

        Its weights are the mean of all branches, or those of one epoch.

        Args:
            last: The epoch to stop after and to take, on the first branch; None for the end of all branches.

        Raises:
            UsageError: The plan does not say how many epochs, or the weights grew beyond all bounds.
        """
        plan = self._plan
        if plan.epochs is None:
            raise UsageError("a training without dev file has no end: give a number of epochs")
        runner = self._runner()
        run = BranchedRun(runner, plan.epochs)
        done = 0
        seconds: list[float] = []
        while not run.finished and (last is None or (done < last and not run.ends)):
            began, done, branch = time.monotonic(), run.done + 1, run.branch
            losses = self._epoch(runner, run)
            seconds.append(time.monotonic() - began)
            loss = sum(value for name, value in losses.items() if name != "accuracy")
            place = self._name({"epoch": done, "epochs": plan.epochs, "branch": branch}, "/")
            left = _time_left(seconds, run.total if last is None else last)
            self._report(f"{place}  loss {loss:.3f}  {seconds[-1]:.0f} s{left}")
            run.epoch_done()
        ends = run.ends
        weights = self._rounded(np.asarray(sum(ends) / len(ends)) if ends else runner.adam.mean)
        if not np.isfinite(weights).all():
            raise _beyond_bounds()
        model = self._model(weights, {"epoch": done, "epochs": plan.epochs, "dev": {}})
        mean_of = len(ends) if last is None else 0
        return self._with_segmentation(replace(model, card=replace(model.card, mean_of=mean_of)))

    def _runner(self) -> EpochRunner:
        plan = self._plan
        return EpochRunner(
            self._start(),
            plan.settings.training,
            self._data.examples,
            seed=plan.seed,
            threads=self._threads,
            teachers=self._data.teachers,
        )

    def _start(self) -> Network:
        plan, data = self._plan, self._data
        settings = plan.settings.network
        if self._known is None:
            vectors, scaling = data.vectors, data.scaling
            return new_network(settings, data.vocabulary, seed=plan.seed, vectors=vectors, scaling=scaling)
        return continue_from(replace(self._known, settings=settings), data.vocabulary, seed=plan.seed)

    def _resume(self, run: BranchedRun) -> Model | None:
        """Go back to the checkpoint, if there is one; return the model if the training is finished."""
        saved = checkpoint.load(self.output, self.fingerprint, run)
        if saved is not None:
            self._history = saved.history
            best = max(self._history, key=lambda entry: entry["dev"]["LAS"])
            self._best = self._model(saved.best_weights, best)
            model_file.save(self._best, self.output)  # a training that was killed may have got no further than this
            self._report(f"resuming after {self._name(self._history[-1], ' of ')}")
            return None
        model = finished(self.output, self.fingerprint, 1)
        if model is not None:
            self._report(NOTHING_TO_RESUME)
        return model

    def _run_epoch(self, runner: EpochRunner, run: BranchedRun, start: float) -> None:
        """Train an epoch, score it, keep it if it is the best, and write the checkpoint.

        Args:
            runner: Where the weights are.
            run: Where the training is.
            start: When it began, by `time.monotonic`.
        """
        began = time.monotonic()
        losses = self._epoch(runner, run)
        weights = self._rounded(runner.adam.mean)
        scores = self._score_weights(weights)
        now = time.monotonic()
        if run.epochs is None:
            # How many epochs fit is known once the first one is timed; until then the rate is the same for all.
            seconds = 60 * (self._plan.max_minutes or 0)
            fitting = run.fit(seconds / (now - start))
            time_given = f"{self._plan.max_minutes:g} minute{'s' * (self._plan.max_minutes != 1)}"
            if now - start > seconds:
                self._report(f"one epoch takes longer than {time_given}: it is the only one")
            else:
                self._report(f"{count(fitting, 'epoch')} {'fits' if fitting == 1 else 'fit'} in {time_given}")
        entry: dict[str, Any] = {
            "epoch": run.done + 1,
            "epochs": run.epochs,
            "branch": run.branch,
            "seconds": round(now - began, 1),
            "rate": float(f"{self._rate(runner, run, 1.0):.4g}"),  # at the end of the epoch
            "train": {name: round(loss, 4) for name, loss in losses.items()},
            "dev": scores.summary(),
        }
        self._history.append(entry)
        best = before = self._best
        if best is None or entry["dev"]["LAS"] > best.card.scores["LAS"]:
            self._best = best = self._model(weights, entry)
        run.epoch_done()
        # First the checkpoint: a model without one is that of a finished training, which --resume does not replace.
        checkpoint.save(self.output, self.fingerprint, run, self._history, best)
        if best is not before:
            model_file.save(best, self.output)
        self._write_history()
        self._tell(entry, run.total)

    def _tell(self, entry: Mapping[str, Any], total: int | None) -> None:
        """Report an epoch: what is told is kept already."""
        shown = "  ".join(f"{name} {entry['dev'][name]:.2f}" for name in ("UAS", "LAS", "UPOS"))
        loss = sum(value for name, value in entry["train"].items() if name != "accuracy")
        left = _time_left([entry["seconds"] for entry in self._history], total)
        self._report(f"{self._name(entry, '/')}  loss {loss:.3f}  dev {shown}  {entry['seconds']:.0f} s{left}")

    def _epoch(self, runner: EpochRunner, run: BranchedRun) -> dict[str, float]:
        done, total = run.done, run.epochs or 1
        rate = partial(self._rate, runner, run)
        explore = exploration_probability(self._plan.settings.training, done=done, of=total)
        title = f"epoch {done + 1}" + (f"/{run.epochs}" if run.epochs else "")
        with tqdm(total=runner.words, desc=title, unit=" words", leave=False, disable=None) as bar:
            return runner.run(done, rate, explore=explore, progress=bar.update)

    def _rate(self, runner: EpochRunner, run: BranchedRun, share: float) -> float:
        settings, total = self._plan.settings.training, run.epochs or 1
        return learning_rate(settings, updates=runner.adam.updates, done=run.done, share=share, of=total)

    def _choose_soup(self, run: BranchedRun) -> None:
        """Take a mean of branches, if there are any, unless the best of their epochs is better.

        It is the mean of all, or of those that `greedy_soup` finds, whichever is better.
        """
        if not run.ends or self._best is None:
            return
        lasts = [entry["dev"]["LAS"] for entry in self._history if entry["branch"] and entry["epoch"] == run.epochs]

        scored: dict[bytes, dict[str, float]] = {}  # by weights: the greedy soup asks for some of the same

        def summary(weights: Floats) -> dict[str, float]:
            in_file = self._rounded(weights)
            key = in_file.tobytes()
            if key not in scored:
                scored[key] = self._score_weights(in_file).summary()
            return scored[key]

        soup, taken = greedy_soup(run.ends, lasts, lambda weights: summary(weights)["LAS"])
        mean: Floats = np.asarray(sum(run.ends) / len(run.ends))
        means = {taken: soup, len(run.ends): mean} if taken > 1 else {len(run.ends): mean}
        found = {number: summary(weights) for number, weights in means.items()}
        chosen = max(found, key=lambda number: found[number]["LAS"])
        best = self._best.card.scores["LAS"]
        self._history[-1]["mean"] = {"of": chosen, "dev": found[chosen]}
        self._report(
            f"branches: dev LAS {found[chosen]['LAS']:.2f} of the mean of {chosen}, {best:.2f} of the best epoch"
        )
        if found[chosen]["LAS"] >= best:
            model = self._model(self._rounded(means[chosen]), {**self._history[-1], "dev": found[chosen]})
            self._best = replace(model, card=replace(model.card, mean_of=chosen))

    def _finish(self, best: Model) -> Model:
        """Write the best model, calibrate it, let it learn to segment text, write it again, and remove the checkpoint.

        If it cannot learn to segment, it stays without, and the checkpoint stays: with `--resume` it tries again.
        """
        model_file.save(best, self.output)
        self._write_history()
        calibrated = calibrate(best, self._data.dev, contexts=self._data.dev_contexts)
        self._report("calibrated: " + calibration_errors(calibrated.calibration))
        final = self._with_segmentation(calibrated)
        model_file.save(final, self.output)
        if final is not calibrated:
            checkpoint.remove(self.output)
        card = final.card
        chosen = f"mean of {card.mean_of} branches" if card.mean_of else f"best epoch {card.best_epoch}"
        self._report(f"{chosen}: dev LAS {card.scores['LAS']:.2f}, in {self.output}")
        return final

    def _with_segmentation(self, best: Model) -> Model:
        """Return the model with the segmentation of its treebank, or as it is if that cannot be learned."""
        plan = self._plan
        try:
            segmentation = learn(self._data.sentences, plan.language, seed=plan.seed)
        except Exception as error:  # whatever it is, the network is worth more
            reason = f"{type(error).__name__}: {quote(str(error), 80)}"
            problem = f"cannot learn how the treebank splits text ({reason}), rules will split it"
            _log.warning("%s: %s: use the model as it is, or try again with --resume", self.output, problem)
            return best
        return replace(best, card=replace(best.card, fingerprint=self.fingerprint), segmentation=segmentation)

    def _name(self, entry: Mapping[str, Any], of: str) -> str:
        """Name an epoch in messages: "epoch 9/22 of branch 1/4"."""
        branches = self._plan.settings.training.branches
        branch = f" of branch {entry['branch']}{of}{branches}" if entry["branch"] else ""
        return f"epoch {entry['epoch']}{of}{entry['epochs']}{branch}"

    def _score_weights(self, weights: Floats) -> Scores:
        if not np.isfinite(weights).all():
            raise _beyond_bounds()
        try:
            data = self._data
            return score_networks([self._network(weights)], data.dev, threads=self._threads, contexts=data.dev_contexts)
        except ModelError as error:  # finite, but what is computed with them is not
            raise _beyond_bounds() from error

    def _rounded(self, weights: Floats) -> Floats:
        """Round weights as a model file gives them back: the scores in the file are to be those of the file."""
        return rounded(Parameters(self._shapes, flat=weights)).flat

    def _network(self, weights: Floats) -> Network:
        data = self._data
        parameters = Parameters(self._shapes, flat=weights)
        settings = self._plan.settings.network
        scaling = np.zeros((2, 0, 0), np.float32) if data.scaling is None else data.scaling
        return Network(settings, data.vocabulary, parameters, data.vectors, scaling)

    def _model(self, weights: Floats, entry: Mapping[str, Any]) -> Model:
        """Make the model of an epoch, from its weights and its entry in the history."""
        plan = self._plan
        training_settings = asdict(plan.settings.training)
        del training_settings["networks"]  # the model has them
        card = Card(
            name=plan.name,
            language=plan.language,
            treebank=plan.name,
            license=plan.license,
            preset=plan.preset,
            seed=plan.seed,
            epochs=entry["epochs"],
            best_epoch=entry["epoch"],
            train_sentences=len(self._data.sentences),
            train_words=self._data.words,
            teachers=len(plan.teachers),
            raw_words=self._data.raw_words,
            version=__version__,
            scores=entry["dev"],
            training=training_settings,
            sources=plan.sources,
        )
        pretrained = self._data.pretrained
        return Model((self._network(weights),), card, Segmentation(plan.language), pretrained=pretrained)

    def _write_history(self) -> None:
        with atomic_writer(f"{self.output}.epochs.jsonl") as stream:
            for entry in self._history:
                stream.write((json.dumps(entry) + "\n").encode())


def _time_left(seconds: Sequence[float], total: int | None) -> str:
    """Say how long the epochs that are left will take, from what each of those before has taken; nothing at the end."""
    left = 0 if total is None else total - len(seconds)
    if left <= 0:
        return ""
    minutes, rest = divmod(round(left * sum(seconds) / len(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f", {hours} h {minutes} min left" if hours else f", {minutes} min left" if minutes else f", {rest} s left"


def _beyond_bounds() -> UsageError:
    return UsageError("the weights grew beyond all bounds: lower the rate with --config (rate = 0.001)")


def finished(output: Path, wanted: str, networks: int) -> Model | None:
    """Return the model of this very training, which came to its end; None if there is no model.

    Args:
        output: The model file.
        wanted: The fingerprint of the first network.
        networks: How many there are.

    Raises:
        UsageError: It is the model of another training.
        ModelError: It is damaged.
    """
    if not output.exists():
        return None
    found = model_file.load(output)
    if found.card.fingerprint != wanted or len(found.networks) != networks:
        raise UsageError(
            f"{output}: is the model of another training: give another --output, or --overwrite instead of --resume"
        )
    return found
