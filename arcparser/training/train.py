"""Training: from treebank files to a model file, epoch by epoch, with a checkpoint after each.

All randomness of an epoch comes from (seed of the branch, epoch, batch), so a checkpoint needs no state of a random
generator: a training that is resumed ends with the weights of one that was never interrupted.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from arcparser._version import __version__
from arcparser.errors import UsageError
from arcparser.evaluation.conll18 import attachment_scores
from arcparser.evaluation.scores import Scores
from arcparser.files import atomic_writer
from arcparser.model import model_file
from arcparser.model.model import Card, Model, ensemble
from arcparser.network import vocabulary as vocabulary
from arcparser.network.network import Network, continue_from, new_network, weight_shapes
from arcparser.network.pretrained import Vectors, read_vectors
from arcparser.network.settings import Settings, preset_settings
from arcparser.nn.parameters import Parameters
from arcparser.parsing.parser import Parser
from arcparser.parsing.predictor import Predictor
from arcparser.text.segmentation import Segmentation, learn
from arcparser.training import checkpoint
from arcparser.training.branches import BranchedRun
from arcparser.training.distillation import Teachers
from arcparser.training.epoch import SHARES, EpochRunner
from arcparser.training.examples import encode_treebank
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import Treebank, describe, read_treebank
from arcparser.types import Floats, PathLike, Report

_NOTHING_TO_RESUME = "the training is finished: nothing to resume"
_UD_NAME = re.compile(r"([a-z]{2,3})_[a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to train: everything that the model depends on, but for the treebank and the clock."""

    settings: Settings
    preset: str
    seed: int
    epochs: int | None
    max_minutes: float | None
    name: str
    language: str
    license: str
    init: str | None  # digest of the weights to start from
    teachers: tuple[str, ...] = ()  # digests of their weights


def train(
    train_files: PathLike | Sequence[PathLike],
    *,
    dev: PathLike,
    output: PathLike,
    preset: str = "standard",
    config: Mapping[str, Any] | None = None,
    init: PathLike | None = None,
    vectors: PathLike | None = None,
    teachers: Sequence[PathLike] = (),
    seed: int = 1,
    epochs: int | None = None,
    max_minutes: float | None = None,
    language: str | None = None,
    name: str | None = None,
    license: str = "",
    resume: bool = False,
    skip_invalid: bool = False,
    threads: int | None = None,
    report: Report = lambda line: None,
) -> Parser:
    """Train a parser on CoNLL-U treebanks and write it to `output`; return the parser with the best dev LAS.

    Beside `output`, `output.epochs.jsonl` tells of every epoch, and while the training runs `output.checkpoint` holds
    all that `resume` needs. Where `networks` is more than 1, as in the preset "accurate", each network is trained by
    itself, from `seed`, `seed` + 1 and so on, as `output.1`, `output.2` and so on; in the end they become one model.

    many as fit in
        `max_minutes`; else the preset's number for this much data.

    Args:
        train_files: One file or several, joined.
        dev: The file that chooses the best epoch, or the mean of the branches.
        config: Settings that replace the preset's, by name (`arcparser.network.settings.Settings`).
        init: A model to continue from, by path or name.  Its settings replace the preset's, but for `config`; forms,
            tags and labels that are new to it are added.
        vectors: Word vectors made elsewhere, as an additional input: a file in word2vec's or fastText's text format, or
            the name of an installed spaCy pipeline that has vectors.
        teachers: Models, by path or name, trained on the same files: the parser learns from their averaged
            distributions as well (`arcparser.training.distillation`).
        epochs: How many, from the start to the end of each branch (`arcparser.training.branches`); else as.
        resume: Go on from the checkpoint, if there is one.
        skip_invalid: Leave out malformed sentences and those that are no tree, instead of refusing the file.
        threads: 1 or 2; by default as many as there are cores.  The result does not depend on it.
        report: Told what happens, a line at a time.

    Raises:
        InputError: A file cannot be read, is malformed, or holds no sentence.
        UsageError: An impossible setting.
        OutputError: The model cannot be written.
    """
    paths = [train_files] if isinstance(train_files, (str, os.PathLike)) else list(train_files)
    if not paths:
        raise UsageError("no training file: give at least one")
    if epochs is not None and epochs < 1:
        raise UsageError(f"{epochs} epochs: give at least 1")
    if max_minutes is not None and not 0 < max_minutes < math.inf:
        raise UsageError(f"{max_minutes} minutes: give more than 0 and less than infinity")
    if seed < 0:
        raise UsageError(f"seed {seed}: give a whole number of at least 0")
    language, name = _identify(paths[0], language, name, report)
    known = None if init is None else model_file.load(init)
    taught_by = [network for teacher in teachers for network in model_file.load(teacher).networks]
    settings = (
        preset_settings(preset, config or {})
        if known is None
        else known.settings.changed({"networks": len(known.networks), **(config or {})})
    )
    given = None
    if vectors is not None:
        if known is not None:
            raise UsageError("--vectors with --init: a model keeps the vectors that it was first trained with")
        given = read_vectors(vectors)
        report(f"{len(given.forms):,} word vectors of width {given.table.shape[1]}")
        settings = replace(settings, vector_width=given.table.shape[1])
    if known is not None:
        preset = known.card.preset
        if settings.networks != len(known.networks):
            raise UsageError(f"networks = {settings.networks}: with --init, it stays {len(known.networks)}")
        old = known.networks[0]
        if (
            weight_shapes(settings, old.vocabulary) != old.weights.shapes
            or settings.tags_only != old.settings.tags_only
        ):
            raise UsageError("settings of a size other than the model's: with --init, change rates and weights only")
    plan = Plan(
        settings=settings, preset=preset, seed=seed, epochs=epochs,
        max_minutes=max_minutes, name=name, language=language, license=license,
        init=None if known is None else " ".join(map(_digest, known.networks)), teachers=tuple(map(_digest, taught_by)),
    )  # fmt: skip
    checkpoint.check_writable(output)
    treebank = read_treebank(paths, skip_invalid=skip_invalid)
    report("train: " + describe(treebank).text().replace("\n", "\n  "))
    dev_treebank = read_treebank(dev, skip_invalid=skip_invalid)
    report("dev: " + describe(dev_treebank).text().replace("\n", "\n  "))
    with threadpool_limits(limits=1):
        training = _Training(plan, known, given, taught_by, treebank, dev_treebank, Path(output), threads, report)
        return Parser(training.run(resume) if settings.networks == 1 else training.run_several(resume))


class _Training:
    def __init__(
        self,
        plan: Plan,
        known: Model | None,
        vectors: Vectors | None,
        teachers: Sequence[Network],
        treebank: Treebank,
        dev: Treebank,
        output: Path,
        threads: int | None,
        report: Report,
    ) -> None:
        self.plan, self.known, self.output, self.report = plan, known, output, report
        self.threads = max(1, min(threads or os.cpu_count() or 1, SHARES))
        sentences = treebank.sentences
        self.train = sentences
        self.sentences = len(sentences)
        self.words = sum(map(len, sentences))
        columns = _columns(sentences)
        self.vocabulary = vocabulary.build(*columns)
        self.vectors: Floats = np.zeros((1, 0), np.float32)
        if vectors is not None:
            self.vocabulary, self.vectors = replace(self.vocabulary, vector_forms=vectors.forms), vectors.table
        if known is not None:
            self.vocabulary = vocabulary.extend(known.vocabulary, self.vocabulary)
            self.vectors = known.networks[0].vectors
        self.examples = encode_treebank(self.vocabulary, *columns)
        self.teachers = (
            Teachers(teachers, self.vocabulary, columns[0], [e.heads for e in self.examples.sentences])
            if teachers
            else None
        )
        self.dev = dev.sentences
        self.dev_forms = [sentence.forms for sentence in self.dev]
        unseen = {d for s in self.dev for d in s.deprels} - set(self.vocabulary.labels)
        if unseen:
            names = ", ".join(sorted(unseen))
            report(f"dev has labels that training never shows, and that no parse will have: {names}")
        self.history: list[dict[str, Any]] = []
        self.best: Model | None = None

    def run_several(self, resume: bool) -> Model:
        """One network after the other, each in a file of its own until all are there."""
        count = self.plan.settings.networks
        parts = [self._part(k) for k in range(count)]
        if resume and (finished := _finished(self.output, parts[0].fingerprint(), count)) is not None:
            self.report(_NOTHING_TO_RESUME)
            return finished
        found: list[Model] = []
        for k, part in enumerate(parts, start=1):
            self.report(f"network {k} of {count}")
            found.append(part.run(resume))
        joint = ensemble(found)
        scores = self._score(*joint.networks).summary()
        joint = replace(joint, card=replace(joint.card, scores=scores))
        model_file.save(joint, self.output)
        for part in parts:
            part.output.unlink()
        self.report(f"{count} networks: dev LAS {scores['LAS']:.2f}, in {self.output}")
        return joint

    def _part(self, k: int) -> _Training:
        """The training of network `k` alone, from the same data: what was read and looked up is shared."""
        plan, known = self.plan, self.known
        count = plan.settings.networks
        part = copy(self)
        part.plan = replace(
            plan,
            settings=replace(plan.settings, networks=1),
            seed=plan.seed + k,
            max_minutes=None if plan.max_minutes is None else plan.max_minutes / count,
        )
        part.known = None if known is None else replace(known, networks=(known.networks[k],))
        part.output = Path(f"{self.output}.{k + 1}")
        part.history = []
        return part

    def run(self, resume: bool) -> Model:
        plan = self.plan
        if self.known is None:
            network = new_network(plan.settings, self.vocabulary, seed=plan.seed, vectors=self.vectors)
        else:
            network = continue_from(
                replace(self.known.networks[0], settings=plan.settings), self.vocabulary, seed=plan.seed
            )
        self.shapes = network.weights.shapes
        runner = EpochRunner(network, self.examples, seed=plan.seed, threads=self.threads, teachers=self.teachers)
        epochs = plan.epochs
        if epochs is None and plan.max_minutes is None:
            epochs = default_epochs(self.words)
        course = BranchedRun(runner, epochs)
        fingerprint = self.fingerprint()
        if resume:
            saved = checkpoint.load(self.output, fingerprint, course)
            if saved is not None:
                self.history = saved.history
                self.best = self._model(saved.best_weights, max(self.history, key=lambda entry: entry["dev"]["LAS"]))
                self.report(f"resuming after {self._name(self.history[-1], ' of ')}")
            elif (finished := _finished(self.output, fingerprint, 1)) is not None:
                self.report(_NOTHING_TO_RESUME)
                return finished
        start = time.monotonic()
        while not course.finished:
            began = time.monotonic()
            losses = self._epoch(runner, course)
            weights = _as_stored(runner.adam.mean)
            scores = self._score_weights(weights)
            now = time.monotonic()
            if course.epochs is None:
                # How many epochs fit is known once the first one is timed; until then the rate is the same for all.
                fitting = course.fit(60 * (plan.max_minutes or 0) / (now - start))
                self.report(f"{fitting} epochs fit in {plan.max_minutes:g} minutes")
            entry: dict[str, Any] = {
                "epoch": course.done + 1, "epochs": course.epochs, "branch": course.branch,
                "seconds": round(now - began, 1),
                "train": {name: round(loss, 4) for name, loss in losses.items()},
                "dev": scores.summary(),
            }  # fmt: skip
            self.history.append(entry)
            shown = "  ".join(f"{name} {entry['dev'][name]:.2f}" for name in ("UAS", "LAS", "UPOS"))
            loss = sum(v for k, v in losses.items() if k != "accuracy")
            self.report(f"{self._name(entry, '/')}  loss {loss:.3f}  dev {shown}  {entry['seconds']:.0f} s")
            if self.best is None or entry["dev"]["LAS"] > self.best.card.scores["LAS"]:
                self.best = self._model(weights, entry)
                model_file.save(self.best, self.output)
            course.epoch_done()
            checkpoint.save(self.output, fingerprint, course, self.history, self.best)
            self._write_history()
        if self.best is None:
            raise UsageError("no epoch to train: give at least one")
        self._choose_mean(course)
        final = replace(self.best, card=replace(self.best.card, fingerprint=fingerprint))
        final = replace(final, segmentation=learn(self.train, plan.language, seed=plan.seed))
        model_file.save(final, self.output)
        self._write_history()
        checkpoint.remove(self.output)
        best = f"mean of {final.card.mean_of} branches" if final.card.mean_of else f"best epoch {final.card.best_epoch}"
        self.report(f"{best}: dev LAS {final.card.scores['LAS']:.2f}, in {self.output}")
        return final

    def _choose_mean(self, course: BranchedRun) -> None:
        """Take the mean of the branches, if there are any, unless the best of their epochs is better."""
        ends = course.mean_of_ends()
        if ends is None or self.best is None:
            return
        weights = _as_stored(ends)
        scores = self._score_weights(weights).summary()
        best = self.best.card.scores["LAS"]
        self.report(f"branches: dev LAS {scores['LAS']:.2f} of their mean, {best:.2f} of the best epoch")
        if scores["LAS"] >= best:
            mean = self._model(weights, {**self.history[-1], "dev": scores})
            self.best = replace(mean, card=replace(mean.card, mean_of=course.branch))

    def _name(self, entry: Mapping[str, Any], of: str) -> str:
        """An epoch in messages: "epoch 9/22 of branch 1/4"."""
        branch = f" of branch {entry['branch']}{of}{self.plan.settings.branches}" if entry["branch"] else ""
        return f"epoch {entry['epoch']}{of}{entry['epochs']}{branch}"

    def _epoch(self, runner: EpochRunner, course: BranchedRun) -> dict[str, float]:
        s = self.plan.settings
        done, total = course.done, course.epochs or 1

        def rate(share: float) -> float:
            warm = min(1.0, (runner.adam.updates + 1) / s.warm_up)
            # The first epoch is at full rate, then half a cosine down to 0 (Loshchilov & Hutter 2017).
            progress = (done - 1 + share) / (total - 1) if done else 0.0
            return s.rate * warm * 0.5 * (1 + math.cos(math.pi * progress))

        explore = s.explore if done >= max(1, s.explore_from * total) else 0.0
        title = f"epoch {done + 1}" + (f"/{course.epochs}" if course.epochs else "")
        with tqdm(total=self.words, desc=title, unit=" words", leave=False, disable=None) as bar:
            return runner.epoch(done, rate, explore=explore, progress=bar.update)

    def _score_weights(self, weights: Floats) -> Scores:
        if not np.isfinite(weights).all():
            raise UsageError("the weights grew beyond all bounds: lower the rate with --config (rate = 0.001)")
        return self._score(self._network(weights))

    def _network(self, weights: Floats) -> Network:
        return Network(self.plan.settings, self.vocabulary, Parameters(self.shapes, flat=weights), self.vectors)

    def _score(self, *networks: Network) -> Scores:
        parts = [self.dev_forms[i :: self.threads] for i in range(self.threads)]
        with ThreadPoolExecutor(self.threads) as pool:
            predicted = list(pool.map(lambda part: Predictor(*networks).predict(part), parts))
        predictions = [predicted[i % self.threads][i // self.threads] for i in range(len(self.dev))]
        lists = self.vocabulary
        return attachment_scores(
            self.dev,
            [a.heads.tolist() for a in predictions],
            [[lists.labels[i] for i in a.labels] for a in predictions],
            upos=[[lists.upos[i] for i in a.tags[:, 0]] for a in predictions],
            xpos=[[lists.xpos[i] for i in a.tags[:, 1]] for a in predictions],
            feats=[[lists.feats[i] for i in a.tags[:, 2]] for a in predictions],
        )

    def _model(self, weights: Floats, entry: Mapping[str, Any]) -> Model:
        """The model of an epoch, from its weights and its entry in the history."""
        plan = self.plan
        card = Card(
            name=plan.name, language=plan.language, treebank=plan.name, license=plan.license, preset=plan.preset,
            seed=plan.seed, epochs=entry["epochs"], best_epoch=entry["epoch"], train_sentences=self.sentences,
            train_words=self.words, teachers=len(plan.teachers), version=__version__, scores=entry["dev"],
        )  # fmt: skip
        return Model((self._network(weights),), card, Segmentation(plan.language))

    def _write_history(self) -> None:
        with atomic_writer(f"{self.output}.epochs.jsonl") as stream:
            for entry in self.history:
                stream.write((json.dumps(entry) + "\n").encode())

    def fingerprint(self) -> str:
        """What a checkpoint must have been made with to be continued: settings, seed, epochs asked for, data."""
        plan = asdict(self.plan)
        data = hashlib.sha256(repr(sorted(plan.items())).encode())
        data.update(repr(model_file.vocabulary_to_json(self.vocabulary)).encode())
        data.update(self.vectors.tobytes())
        data.update(repr(self.examples.forms).encode())
        for e in self.examples.sentences:
            for part in (e.words, e.tags, e.heads, e.labels):
                data.update(part.tobytes())
        return data.hexdigest()


def _digest(network: Network) -> str:
    return hashlib.sha256(network.weights.flat.tobytes()).hexdigest()


def _finished(output: Path, fingerprint: str, networks: int) -> Model | None:
    """The model of this very training, if it came to its end; `fingerprint` is that of the first network."""
    if not output.exists():
        return None
    found = model_file.load(output)
    return found if found.card.fingerprint == fingerprint and len(found.networks) == networks else None


def default_epochs(words: int) -> int:
    """How many epochs when nothing is said, on the way to each end: for 6 million words, but 30 to 40."""
    return max(30, min(40, round(6_000_000 / words)))


def _as_stored(weights: Floats) -> Floats:
    """Weights as a model file gives them back: rounded to half precision; infinite where that cannot hold them."""
    with np.errstate(over="ignore"):
        return weights.astype(np.float16).astype(np.float32)


def _columns(sentences: Sequence[Sentence]) -> tuple[list[Any], list[Any], list[Any]]:
    """Forms, (UPOS, XPOS, FEATS) and (heads, deprels) of each sentence."""
    return (
        [s.forms for s in sentences],
        [(s.upos, s.xpos, s.feats) for s in sentences],
        [(s.heads, s.deprels) for s in sentences],
    )


def _identify(path: PathLike, language: str | None, name: str | None, report: Report) -> tuple[str, str]:
    """Language and name of a treebank, from UD's file names (en_ewt-ud-train.conllu) or folder names if not given."""
    path = Path(path).absolute()
    for candidate in (path.name.partition("-ud-")[0], path.parent.name):
        found = _UD_NAME.fullmatch(candidate)
        if found:
            return language or found[1], name or candidate
    if language is None:
        report("warning: no language in the file name: taking xx (any language); say --lang CODE to name it")
    return language or "xx", name or path.name.partition(".")[0]
