"""Gather what a training begins with, beside its treebank."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from arcparser.errors import UsageError, readable
from arcparser.learning.unlabeled import RawText, read_unlabeled
from arcparser.model import model_file
from arcparser.model.array_file import stored_digest
from arcparser.model.model import Model
from arcparser.model.registry import find
from arcparser.model.sources import Source, model_source
from arcparser.pretrained.pretrained_encoder import PretrainedEncoder, open_encoder
from arcparser.pretrained.vector_files import WIDTH, WORDS, Vectors, read_vectors
from arcparser.training.recipe import Recipe
from arcparser.types import PathLike, Report


@dataclass(frozen=True, slots=True)
class Given:
    """Hold what a training begins with, beside the treebank.

    Attributes:
        known: The model to continue from.
        vectors: Static word vectors.
        pretrained: The encoder.
        teachers: The models to learn from.
        unlabeled: The raw text that they label.
    """

    known: Model | None
    vectors: Vectors | None
    pretrained: PretrainedEncoder | None
    teachers: Sequence[Model]
    unlabeled: RawText | None = None


def gather(recipe: Recipe, known: Model | None, report: Report) -> Given:
    """Load the teachers, the word vectors, the pretrained encoder and the raw text of a recipe.

    Raises:
        UsageError: The model to continue from bears none of them, or another encoder; or words are to be replaced, or
            there is no encoder to embed.
        InputError: A file or folder holds none, or raw text cannot be read.
        ModelError: A model or what runs an encoder is not there.
    """
    teachers = [model_file.load(teacher) for teacher in recipe.teachers]
    vectors = None if recipe.vectors is None else _read_vectors(recipe, recipe.vectors, known, report)
    pretrained = _pretrained(recipe, known, teachers)
    unlabeled = None
    if recipe.unlabeled:
        unlabeled = read_unlabeled(
            recipe.unlabeled,
            teachers[0],
            format=recipe.unlabeled_format,
            skip_invalid=recipe.skip_invalid,
            report=report,
        )
    return Given(known, vectors, pretrained, teachers, unlabeled)


def sources(recipe: Recipe, given: Given) -> tuple[Source, ...]:
    """Return what a model that is trained with all this comes from, for its card."""
    found: list[Source] = []
    if recipe.init is not None and given.known is not None:
        found += model_source("parent", given.known.card, stored_digest(find(recipe.init)))
    for path, teacher in zip(recipe.teachers, given.teachers):
        found += model_source("teacher", teacher.card, stored_digest(find(path)))
    if recipe.vectors is not None and given.vectors is not None:
        static, words = given.vectors.static, len(given.vectors.forms)
        digest = hashlib.sha256(static.to_bytes()).hexdigest()
        name = readable(os.path.basename(recipe.vectors))
        found.append(Source(kind="vectors", name=name, digest=digest, words=words, width=static.width))
    if given.pretrained is not None:
        card = given.pretrained.card
        found.append(Source(kind="encoder", name=card.name, license=card.license, digest=card.digest))
    return tuple(found)


def _read_vectors(recipe: Recipe, source: PathLike, known: Model | None, report: Report) -> Vectors:
    if known is not None:
        raise UsageError("--vectors with --init: a model keeps the vectors that it was first trained with")
    vectors = read_vectors(source, words=recipe.vector_words or WORDS, width=recipe.vector_width or WIDTH)
    report(vectors.text())
    return vectors


def _pretrained(recipe: Recipe, known: Model | None, teachers: Sequence[Model]) -> PretrainedEncoder | None:
    """Return the encoder that the training asks for, or that of the model to continue from; find those of the teachers.

    Raises:
        UsageError: The model to continue from has none, or another one; or words are to be replaced, or there is none
            to embed.
        InputError: The folder holds none.
        ModelError: What runs it is not installed, or one is not there.
    """
    for path, teacher in zip(recipe.teachers, teachers):
        if teacher.pretrained is not None:
            teacher.pretrained.find(os.fspath(path))
    encoder = None if recipe.encoder is None else open_encoder(recipe.encoder)
    if recipe.init is not None and known is not None:
        before = known.pretrained
        if encoder is not None and (before is None or before.card != encoder.card):
            raise UsageError("--encoder with --init: a model keeps the encoder that it was first trained with, or none")
        if encoder is None and before is not None:
            before.find(os.fspath(recipe.init))
            encoder = before
    if encoder is None:
        if recipe.embed_encoder:
            raise UsageError("--embed-encoder with --init: the model has no encoder: leave it out")
        return None
    if (recipe.config or {}).get("substitution"):
        raise UsageError("substitution with --encoder: it reads the words that are there: leave substitution out")
    return encoder.with_files_inside() if recipe.embed_encoder else encoder
