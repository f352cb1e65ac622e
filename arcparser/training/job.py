"""Run the trainings that one recipe asks for, on one treebank or on parts of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from arcparser.errors import ModelError, UsageError, clean, count
from arcparser.model import model_file
from arcparser.model.model import Model
from arcparser.network import vocabulary
from arcparser.network.network import Network, same_architecture
from arcparser.training import checkpoint
from arcparser.training.by_size import epochs_by_size, settings_by_size
from arcparser.training.distillation import Teachers
from arcparser.training.examples import encode_treebank
from arcparser.training.hold_out import Division
from arcparser.training.plan import TrainingData, TrainingPlan, fingerprint, network_digest
from arcparser.training.presets import DEFAULT_PRESET, AllSettings, TrainingSettings, preset_settings
from arcparser.training.pretrained import Vectors
from arcparser.training.recipe import Execution, Recipe
from arcparser.training.refit import refit_plan, train_whole
from arcparser.training.trainer import NOTHING_TO_RESUME, Trainer, finished, train_several
from arcparser.treebank.sentence import Sentence
from arcparser.types import Floats, Report


@dataclass(frozen=True)
class Job:
    """Hold what the trainings of one call of `train` share.

    Attributes:
        known: A model to start from.
        vectors: Word vectors from elsewhere.
        teachers: Networks to learn from.
        execution: How to run.
        threads: How many.
        report: Told what happens.
    """

    known: Model | None
    vectors: Vectors | None
    teachers: Sequence[Network]
    execution: Execution
    threads: int
    report: Report

    def run(self, plan: TrainingPlan, sentences: Sequence[Sentence], dev: Sequence[Sentence], output: Path) -> Model:
        """Train with dev sentences, and write the model."""
        data = self.look_up(sentences, dev)
        resume = self.execution.resume
        if plan.settings.training.networks > 1:
            if self.execution.overwrite:
                checkpoint.remove_networks(output)
            return train_several(
                plan, data, self.known, output, resume=resume, threads=self.threads, report=self.report
            )
        network = None if self.known is None else self.known.networks[0]
        return Trainer(plan, data, network, output, threads=self.threads, report=self.report).run(resume=resume)

    def run_twice(self, plan: TrainingPlan, division: Division, sentences: Sequence[Sentence], output: Path) -> Model:
        """Train without the sentences that are held out, then on all of them for as long as was best."""
        data = self.look_up(sentences, ())
        # Its settings are those of the first training, whose plan and data have fingerprints of their own.
        wanted = f"{fingerprint(plan, data)} {len(division.held_out)}"
        first = checkpoint.held_out_of(output)
        networks = plan.settings.training.networks
        begun = first.exists() or checkpoint.unfinished(output) is not None
        if self.execution.resume and not begun and (model := finished(output, wanted, networks)) is not None:
            self.report(NOTHING_TO_RESUME)
            return model
        if self.execution.overwrite:
            first.unlink(missing_ok=True)
        minutes = None if plan.max_minutes is None else plan.max_minutes / 2
        found = self.run(replace(plan, max_minutes=minutes), division.train, division.held_out, first)
        whole, last = refit_plan(plan, found, data, words=sum(map(len, division.train)))
        self.report(f"now on all {data.words:,} words, {count(last or whole.epochs or 0, 'epoch')}")
        model = train_whole(whole, data, self.known, output, last=last, threads=self.threads, report=self.report)
        held_out = len(division.held_out)
        card = replace(model.card, scores=found.card.scores, held_out=held_out, fingerprint=wanted)
        model = replace(model, card=card, calibration=found.calibration)
        model_file.save(model, output)
        checkpoint.remove_held_out(output)
        self.report(f"trained on all sentences, LAS {card.scores['LAS']:.2f} without those held out, in {output}")
        return model

    def look_up(self, sentences: Sequence[Sentence], dev: Sequence[Sentence]) -> TrainingData:
        """Count the vocabulary, turn sentences into numbers, and let the teachers read them."""
        return _look_up(sentences, dev, self.known, self.vectors, self.teachers, self.report)


def plan_training(
    recipe: Recipe,
    known: Model | None,
    teachers: Sequence[Network],
    sentences: Sequence[Sentence],
    vectors: Vectors | None,
    report: Report,
    *,
    language: str,
    name: str,
) -> TrainingPlan:
    """Decide what the recipe leaves open, by the size of the treebank, and tell it in a line."""
    words = sum(map(len, sentences))
    settings = chosen_settings(recipe, known, words=words)
    if vectors is not None:
        settings = settings.changed({"vector_width": vectors.table.shape[1]})
    epochs = recipe.epochs
    if epochs is None and recipe.max_minutes is None:
        epochs = epochs_by_size(words)
    preset = recipe.preset or DEFAULT_PRESET
    if known is None:
        chosen = [name for name in settings_by_size(preset, words) if name not in (recipe.config or {})]
        all_settings = {**asdict(settings.network), **asdict(settings.training)}
        values = ", ".join(f"{name} {all_settings[name]:g}" for name in chosen)
        length = "" if recipe.epochs is not None or epochs is None else f", {epochs} epochs"
        report(f"chosen for {words:,} words: {values}{length} (--config, --epochs choose others)")
    return TrainingPlan(
        settings=settings,
        preset=preset if known is None else known.card.preset,
        seed=recipe.seed,
        epochs=epochs,
        max_minutes=recipe.max_minutes,
        name=name,
        language=language,
        license=recipe.license,
        init=None if known is None else " ".join(map(network_digest, known.networks)),
        teachers=tuple(map(network_digest, teachers)),
    )


def chosen_settings(recipe: Recipe, known: Model | None, *, words: int) -> AllSettings:
    """Return the preset's settings, or those of the model to continue from, with the recipe's changes.

    Args:
        recipe: What to train.
        known: The model to continue from.
        words: Of the treebank, which the preset's settings are for.

    Raises:
        UsageError: A setting that cannot be, or that the model to continue from does not bear.
        ModelError: The model to continue from has no whole settings.
    """
    config = recipe.config or {}
    if known is None:
        return preset_settings(recipe.preset or DEFAULT_PRESET, config, words=words)
    networks = len(known.networks)
    before = AllSettings(known.settings, _training_settings(known))
    settings = before.changed({"networks": networks}).changed(config)
    if settings.training.networks != networks:
        raise UsageError(f"networks = {settings.training.networks}: with --init, it stays {networks}")
    if not same_architecture(settings.network, known.settings, known.vocabulary):
        raise UsageError("settings of a size other than the model's: with --init, change rates and weights only")
    return settings


def _training_settings(known: Model) -> TrainingSettings:
    """Return the settings that a model was trained with.

    Raises:
        ModelError: Its file has others than there are, or impossible values.
    """
    try:
        return AllSettings().changed(known.card.training).training
    except UsageError as error:
        raise ModelError(f"{known.card.name}: cannot be continued ({error}): train it again") from error


def _look_up(
    sentences: Sequence[Sentence],
    dev: Sequence[Sentence],
    known: Model | None,
    vectors: Vectors | None,
    teachers: Sequence[Network],
    report: Report,
) -> TrainingData:
    forms = [s.forms for s in sentences]
    tags = [(s.upos, s.xpos, s.feats) for s in sentences]
    arcs = [(s.heads, s.deprels) for s in sentences]
    lemmas = [s.lemmas for s in sentences]
    words = vocabulary.build(forms, tags, arcs, lemmas)
    table: Floats = np.zeros((1, 0), np.float32)
    if vectors is not None:
        words, table = replace(words, vector_forms=vectors.forms), vectors.table
    if known is not None:
        words, table = vocabulary.extend(known.vocabulary, words), known.networks[0].vectors
    examples = encode_treebank(words, forms, tags, arcs, lemmas)
    unseen = {d for s in dev for d in s.deprels} - set(words.labels)
    if unseen:
        names = clean(", ".join(sorted(unseen)))
        report(f"dev has labels that training never shows, and that no parse will have: {names}")
    return TrainingData(
        sentences=sentences,
        dev=dev,
        vocabulary=words,
        vectors=table,
        examples=examples,
        teachers=Teachers(teachers, words, forms, [e.heads for e in examples.sentences]) if teachers else None,
    )
