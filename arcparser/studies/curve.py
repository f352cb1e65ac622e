"""Train on growing parts of a treebank: how much would more annotated sentences bring?

The parts are an eighth, a quarter, a half and all of the sentences, drawn at random, each within the next. Through
their LAS on the dev file goes the power law that learning curves follow (Hestness et al. 2017; for parsers Kolachina et
al. 2012),

    LAS(n) = a − b n^−c,  n sentences,

by least squares: for each c of a grid, a and b are linear, with a at most 100 and b at least 0. What it says beyond the
largest part is an extrapolation of four points, no measurement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from arcparser.errors import UsageError, count
from arcparser.files import STANDARD_STREAM, atomic_writer, make_folder
from arcparser.training.plan import checked_report
from arcparser.training.recipe import Execution, Recipe, as_paths
from arcparser.training.train import identify, read_sentences, train, warn_of_predecessors
from arcparser.treebank.writer import whole_block
from arcparser.types import PathLike

PARTS = (8, 4, 2, 1)  # the treebank divided by them
_EXPONENTS = np.linspace(0.02, 2.0, 199)


@dataclass(frozen=True)
class PowerLaw:
    """Hold the curve a − b n^−c."""

    a: float
    b: float
    c: float

    def at(self, sentences: float) -> float:
        """Return its value for so many sentences."""
        return self.a - self.b * float(sentences) ** -self.c


@dataclass(frozen=True)
class LearningCurve:
    """Say how LAS grows with the treebank.

    Attributes:
        sentences: Of each part.
        words: Of each part.
        scores: What `arcparser.evaluation.scores.Scores.summary` says of each model on dev.
        fitted: The curve through LAS.
    """

    sentences: list[int]
    words: list[int]
    scores: list[dict[str, float]]
    fitted: PowerLaw

    @property
    def extrapolated(self) -> tuple[int, float]:
        """Twice the sentences, and the LAS that the curve has there."""
        twice = 2 * self.sentences[-1]
        return twice, self.fitted.at(twice)

    def as_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        twice, las = self.extrapolated
        return {
            "parts": [
                {"sentences": size, "words": words, "dev": scores}
                for size, words, scores in zip(self.sentences, self.words, self.scores)
            ],
            "fitted": {"a": self.fitted.a, "b": self.fitted.b, "c": self.fitted.c},
            "extrapolated": {"sentences": twice, "LAS": las},
        }

    def table(self) -> str:
        """Return a table for people."""
        lines = [f"{'sentences':>9} {'words':>9} {'UPOS':>7} {'UAS':>7} {'LAS':>7} {'fitted':>7}"]
        for size, words, scores in zip(self.sentences, self.words, self.scores):
            values = " ".join(f"{scores[name]:7.2f}" for name in ("UPOS", "UAS", "LAS"))
            lines.append(f"{size:9,} {words:9,} {values} {self.fitted.at(size):7.2f}")
        twice, las = self.extrapolated
        lines.append(f"{twice:9,} {'':33} {las:7.2f}  extrapolated, not measured")
        return "\n".join(lines)


def learning_curve(
    train_files: PathLike | Sequence[PathLike],
    *,
    dev: PathLike,
    output_dir: PathLike,
    recipe: Recipe | None = None,
    execution: Execution | None = None,
) -> LearningCurve:
    """Train on an eighth, a quarter, a half and all of the sentences, and fit a curve to the LAS on dev.

    In `output_dir` come to be the parts and their models, and `curve.json`.

    Args:
        train_files: One file or several, joined.
        dev: The file that chooses the best epoch of each, and on which all are measured.
        output_dir: A folder, which is made if it is not there.
        recipe: What to train; numbers that depend on the size are chosen for each part.
        execution: How to run it; with `resume`, models that are there are kept.

    Raises:
        InputError: A file cannot be read, is malformed, or holds no sentence.
        UsageError: There are fewer than 8 sentences, an impossible setting, or a model is there that is to be kept.
        OutputError: The folder cannot be written to.
        ModelError: A model to continue from or to learn from is not there or damaged.
    """
    recipe, execution = recipe or Recipe(), execution or Execution()
    report = checked_report(execution.report)
    for name_of, path in (("dev", dev), ("vectors", recipe.vectors)):
        if path == STANDARD_STREAM:
            raise UsageError(f"{name_of} -: is read for each part, and standard input can be read once: give a file")
    if recipe.teachers:
        raise UsageError("teachers: have learned from more sentences than a part of them has: leave them out")
    paths = as_paths("train_files", train_files, "the path of a CoNLL-U file")
    if not paths:
        raise UsageError("no training file: give at least one")
    language, name = identify(paths[0], recipe.language, recipe.name, report)
    sentences = read_sentences(paths, recipe, report)
    warn_of_predecessors(recipe, "the curve is too flat", report)
    if len(sentences) < PARTS[0]:
        raise UsageError(f"{count(len(sentences), 'sentence')}: give at least {PARTS[0]}")
    folder = make_folder(output_dir)
    order = np.random.default_rng([recipe.seed, len(sentences)]).permutation(len(sentences))
    sizes, words, scores = [], [], []
    for part in PARTS:
        chosen = [sentences[i] for i in sorted(order[: len(sentences) // part].tolist())]
        file = folder / f"part-{part}.conllu"
        with atomic_writer(file) as stream:
            for sentence in chosen:
                stream.write(whole_block(sentence))
        report(f"1/{part} of the sentences" if part > 1 else "all sentences")
        parser = train(
            [file],
            dev=dev,
            output=folder / f"part-{part}.arcparser",
            recipe=replace(recipe, language=language, name=name),
            execution=execution,
        )
        sizes.append(len(chosen))
        words.append(sum(map(len, chosen)))
        scores.append(dict(parser.card.scores))
    found = LearningCurve(sizes, words, scores, fit(sizes, [score["LAS"] for score in scores]))
    _write(folder / "curve.json", found)
    return found


def _write(path: Path, found: LearningCurve) -> None:
    with atomic_writer(path) as stream:
        stream.write((json.dumps(found.as_dict(), indent=2) + "\n").encode())


def fit(sentences: Sequence[float], scores: Sequence[float]) -> PowerLaw:
    """Return the power law through points, by least squares.

    Args:
        sentences: Of each point, more than 0.
        scores: The score of each in percent.
    """
    y = np.array(scores, float)
    best, least = PowerLaw(float(y.mean()), 0.0, 1.0), float(((y - y.mean()) ** 2).sum())
    for c in _EXPONENTS.tolist():
        x = np.array(sentences, float) ** -c
        slope, a = np.polyfit(x, y, 1) if np.ptp(x) > 0 else (0.0, y.mean())
        if a > 100:
            slope, a = float((x * (y - 100)).sum() / (x * x).sum()), 100.0
        error = float(((y - a - slope * x) ** 2).sum())
        if slope <= 0 and error < least - 1e-12:
            best, least = PowerLaw(float(a), -float(slope), c), error
    return best
