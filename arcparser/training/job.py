"""Run the trainings that one recipe asks for, on one treebank or on parts of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from arcparser.errors import ModelError, UsageError, count
from arcparser.learning.by_size import epochs_by_size, settings_by_size
from arcparser.learning.presets import DEFAULT_PRESET, AllSettings, TrainingSettings, preset_settings
from arcparser.learning.unlabeled import raw_words_of_epoch
from arcparser.model import model_file
from arcparser.model.model import Model
from arcparser.network.network import same_architecture
from arcparser.training import checkpoint
from arcparser.training.context_folder import ContextFolder
from arcparser.training.given import Given, sources
from arcparser.training.hold_out import Division
from arcparser.training.look_up import Reading, look_up
from arcparser.training.plan import TrainingData, TrainingPlan, fingerprint, network_digest
from arcparser.training.recipe import Recipe
from arcparser.training.refit import refit_plan, train_whole
from arcparser.training.target_folder import TargetFolder
from arcparser.training.trainer import NOTHING_TO_RESUME, Trainer, finished, train_several
from arcparser.treebank.sentence import Sentence
from arcparser.types import Report


@dataclass(frozen=True)
class TrainingJob:
    """Hold what the trainings of one call of `train` share.

    Attributes:
        given: What they begin with.
        contexts: Where what a pretrained encoder says is kept.
        targets: Where what teachers say of raw text is kept.
        resume: Go on from checkpoints.
        threads: How many.
        report: Told what happens.
    """

    given: Given
    contexts: ContextFolder
    targets: TargetFolder
    resume: bool
    threads: int
    report: Report

    def run(
        self,
        plan: TrainingPlan,
        sentences: Sequence[Sentence],
        dev: Sequence[Sentence],
        output: Path,
        *,
        whole: Sequence[Sentence] | None = None,
    ) -> Model:
        """Train with dev sentences, and write the model.

        Args:
            plan: What to train.
            sentences: What is learned from.
            dev: What chooses.
            output: The model file.
            whole: The treebank that they are a part of, whose tags and labels teachers know.
        """
        data = self.look_up(plan, sentences, dev, whole=whole)
        resume, known = self.resume, self.given.known
        if plan.settings.training.networks > 1:
            return train_several(plan, data, known, output, resume=resume, threads=self.threads, report=self.report)
        network = None if known is None else known.networks[0]
        return Trainer(plan, data, network, output, threads=self.threads, report=self.report).run(resume=resume)

    def run_twice(self, plan: TrainingPlan, division: Division, sentences: Sequence[Sentence], output: Path) -> Model:
        """Train without the sentences that are held out, then on all of them for as long as was best."""
        data = self.look_up(plan, sentences, ())
        # Its settings are those of the first training, whose plan and data have fingerprints of their own.
        wanted = f"{fingerprint(plan, data)} {len(division.held_out)}"
        first = checkpoint.held_out_of(output)
        networks = plan.settings.training.networks
        begun = first.exists() or checkpoint.unfinished(output) is not None
        if self.resume and not begun and (model := finished(output, wanted, networks)) is not None:
            self.report(NOTHING_TO_RESUME)
            return model
        minutes = None if plan.max_minutes is None else plan.max_minutes / 2
        part = replace(plan, max_minutes=minutes)
        found = self.run(part, division.train, division.held_out, first, whole=sentences)
        whole, last = refit_plan(plan, found, data, words=sum(map(len, division.train)))
        self.report(f"now on all {data.words:,} words, {count(last or whole.epochs or 0, 'epoch')}")
        model = train_whole(whole, data, self.given.known, output, last=last, threads=self.threads, report=self.report)
        held_out = len(division.held_out)
        card = replace(model.card, scores=found.card.scores, held_out=held_out, fingerprint=wanted)
        model = replace(model, card=card, calibration=found.calibration)
        model_file.save(model, output)
        checkpoint.remove_held_out(output)
        self.report(f"trained on all sentences, LAS {card.scores['LAS']:.2f} without those held out, in {output}")
        return model

    def look_up(
        self,
        plan: TrainingPlan,
        sentences: Sequence[Sentence],
        dev: Sequence[Sentence],
        *,
        whole: Sequence[Sentence] | None = None,
    ) -> TrainingData:
        """Count the vocabulary, turn sentences into numbers, and let encoder and teachers read them."""
        reading = Reading(self.given, self.contexts, self.targets, plan.settings.training, self.threads, self.report)
        return look_up(sentences, dev, reading, whole=whole)


def plan_training(
    recipe: Recipe,
    given: Given,
    sentences: Sequence[Sentence],
    report: Report,
    *,
    language: str,
    name: str,
) -> TrainingPlan:
    """Decide what the recipe leaves open, by the size of the treebank, and report what was chosen.

    Raises:
        UsageError: A setting that cannot be, or that the model to continue from does not bear.
        ModelError: The model to continue from has no whole settings.
    """
    known = given.known
    words = sum(map(len, sentences))
    # Words without a HEAD say nothing of trees, which take the longest to learn.
    attached = sum(head >= 0 for s in sentences for head in s.tree_index().heads) if recipe.partial else words
    raw = 0 if given.unlabeled is None else len(given.unlabeled.words)
    settings = chosen_settings(recipe, known, words=attached + raw)
    if given.vectors is not None:
        settings = settings.changed({"vector_width": given.vectors.static.width})
    if given.pretrained is not None:
        card = given.pretrained.card
        size = {"pretrained_layers": len(card.layers), "pretrained_inputs": card.width}
        # A replaced word has no context of its own: what the encoder says is of the word that was there.
        settings = settings.changed({**size, "substitution": 0.0})
        report(f"encoder {card.name}, license {card.license or 'not stated'}: no words are replaced (substitution 0)")
    epochs = recipe.epochs
    if epochs is None and recipe.max_minutes is None:
        epochs = epochs_by_size(attached)
    preset = recipe.preset or DEFAULT_PRESET
    if known is None:
        chosen = [name for name in settings_by_size(preset, attached + raw) if name not in (recipe.config or {})]
        all_settings = {**asdict(settings.network), **asdict(settings.training)}
        values = ", ".join(f"{name} {all_settings[name]:g}" for name in chosen)
        length = "" if recipe.epochs is not None or epochs is None else f", {epochs} epochs"
        sizes = (
            count(attached, "word")
            + (" with a HEAD" if attached < words else "")
            + (f" and {raw:,} of raw text" if raw else "")
        )
        report(f"chosen for {sizes}: {values}{length} (--config, --epochs choose others)")
    if raw:
        share = settings.training.unlabeled_share
        of_epoch = raw_words_of_epoch(words, raw, share)
        report(f"each epoch: {words:,} words of the treebank and {of_epoch:,} of raw text (unlabeled_share {share:g})")
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
        teachers=tuple(network_digest(network) for teacher in given.teachers for network in teacher.networks),
        sources=sources(recipe, given),
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
    config = {**(recipe.config or {})}
    if recipe.unlabeled_share is not None:
        config["unlabeled_share"] = float(recipe.unlabeled_share)
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
