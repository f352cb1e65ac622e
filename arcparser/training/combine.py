"""Make one model of several that were trained on the same files with other seeds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from arcparser.errors import UsageError, as_list, unfit
from arcparser.evaluation.evaluate import score_networks
from arcparser.files import check_path, is_path
from arcparser.model import model_file
from arcparser.model.array_file import stored_digest
from arcparser.model.description import calibration_errors
from arcparser.model.model import Model, ensemble
from arcparser.model.registry import find
from arcparser.model.sources import license_warnings, model_source
from arcparser.network.network import same_architecture
from arcparser.parsing.parser import Parser
from arcparser.training import checkpoint
from arcparser.training.calibrate import calibrate
from arcparser.training.plan import checked_report
from arcparser.treebank.treebank import read_treebank
from arcparser.types import PathLike, Report


def combine(
    models: Sequence[PathLike],
    *,
    dev: PathLike,
    output: PathLike,
    name: str | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Parser:
    """Make a parser whose networks are those of all `models`, which choose together (`arcparser.network.ensemble`).

    It is more accurate than any of them, and takes the time of all of them together. Sentence splitter, table of
    multiword tokens and card are those of the first.

    Args:
        models: Two or more, by path or name, of the same vocabulary and widths: trained on the same files with the same
            settings, but for rates, and other seeds.
        dev: A treebank file, on which the new model is scored and calibrated (`arcparser.training.calibrate`).
        output: The model file to write.
        name: Of the new model; by default that of the first.
        overwrite: Replace the file that is there. Without it this is refused.
        report: Told what happens, a line at a time; None: nobody is.

    Raises:
        UsageError: Fewer than two models, models that do not go together, or twice the same; or `output` is there, or
            is that of an unfinished training.
        ModelError: There is no such model, or its file is damaged.
        InputError: `dev` cannot be read or is malformed.
        OutputError: The model cannot be written.
    """
    if is_path(models):
        raise UsageError("one model: give at least two to combine")
    models = as_list("models", models, "a list of names or paths")
    if len(models) < 2:
        raise UsageError("one model: give at least two to combine")
    check_path("output", output)
    if name is not None and not isinstance(name, str):
        raise unfit("name", name, "a string")
    report = checked_report(report)
    if not overwrite:
        checkpoint.check_free(output)
    found = [model_file.load(path) for path in models]
    for path, part in zip(models, found):
        report(f"{os.fspath(path)}: dev LAS {part.card.scores.get('LAS', float('nan')):.2f}")
        _check_match(found[0], part, os.fspath(path))
    combined = ensemble(found)
    sentences = read_treebank(dev).sentences
    contexts = None
    if combined.pretrained is not None:
        contexts = combined.pretrained.read([sentence.forms for sentence in sentences])
    scores = score_networks(combined.networks, sentences, threads=1, contexts=contexts).summary()
    members = [model_source("member", model.card, stored_digest(find(path))) for path, model in zip(models, found)]
    sources = tuple(source for member in members for source in member)
    card = replace(combined.card, name=name or combined.card.name, fingerprint="", scores=scores, sources=sources)
    for line in license_warnings(card.license, sources):
        report(line)
    combined = replace(combined, card=card)
    combined = calibrate(combined, sentences, contexts=contexts)
    model_file.save(combined, output)
    found_on_dev = f"dev LAS {scores['LAS']:.2f}, {calibration_errors(combined.calibration)}"
    report(f"{len(combined.networks)} networks: {found_on_dev}, in {os.fspath(output)}")
    return Parser(combined)


def _check_match(first: Model, other: Model, path: str) -> None:
    """Refuse what cannot share the vocabulary, the settings and the vectors of one file."""
    a, b = first.networks[0], other.networks[0]
    if model_file.vocabulary_to_json(a.vocabulary) != model_file.vocabulary_to_json(b.vocabulary):
        raise UsageError(f"{path}: other words, tags or labels than the first model: combine models of the same files")
    if not same_architecture(a.settings, b.settings, a.vocabulary):
        raise UsageError(f"{path}: other widths or layers than the first model: train both with the same preset")
    if not a.vectors.same(b.vectors):
        raise UsageError(f"{path}: other word vectors than the first model: train both with the same --vectors")
    cards = [None if model.pretrained is None else model.pretrained.card for model in (first, other)]
    if cards[0] != cards[1] or not np.array_equal(a.scaling, b.scaling):
        raise UsageError(f"{path}: another pretrained encoder than the first model: train both with the same --encoder")
