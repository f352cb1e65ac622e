"""Look a treebank up: count its vocabulary, turn it into numbers, and let encoder and teachers read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from arcparser.errors import clean
from arcparser.model.model import Model
from arcparser.network import vocabulary
from arcparser.network.contextual import measure_scaling
from arcparser.network.network import Network
from arcparser.pretrained.contexts import Contexts
from arcparser.training.context_folder import ContextFolder
from arcparser.training.distillation import Teachers
from arcparser.training.examples import encode_treebank
from arcparser.training.given import Given
from arcparser.training.plan import TrainingData
from arcparser.treebank.sentence import Sentence
from arcparser.types import Floats, Ints, Report


def look_up(
    sentences: Sequence[Sentence],
    dev: Sequence[Sentence],
    given: Given,
    folder: ContextFolder,
    *,
    threads: int,
    report: Report,
) -> TrainingData:
    """Count the vocabulary, turn the treebank into numbers, and let encoder and teachers read it.

    Args:
        sentences: What is learned from.
        dev: What chooses; nothing, if nothing is chosen.
        given: What the training begins with.
        folder: Where the contexts of words are kept.
        threads: How many.
        report: Told what happens, a line at a time.

    Raises:
        UsageError: A teacher has other tags or labels than the treebank.
        ModelError: An encoder or a teacher computes what is no number.
        OutputError: The contexts cannot be written.
    """
    known = given.known
    forms = [s.forms for s in sentences]
    tags = [(s.upos, s.xpos, s.feats) for s in sentences]
    arcs = [(s.tree_index().heads, s.deprels) for s in sentences]  # -1 of a head that is unknown
    lemmas = [s.lemmas for s in sentences]
    words = vocabulary.build(forms, tags, arcs, lemmas)
    table: Floats = np.zeros((1, 0), np.float32)
    if given.vectors is not None:
        words, table = replace(words, vector_forms=given.vectors.forms), given.vectors.table
    if known is not None:
        words, table = vocabulary.extend(known.vocabulary, words), known.networks[0].vectors
    examples = encode_treebank(words, forms, tags, arcs, lemmas)
    scaling = dev_contexts = None
    if given.pretrained is not None:
        contexts = folder.read(given.pretrained, forms, threads=threads, report=report)
        if dev:
            dev_contexts = folder.read(given.pretrained, [s.forms for s in dev], threads=threads, report=report)
        # In the precision of the model file.
        scaling = measure_scaling(contexts.vectors).astype(np.float16).astype(np.float32)
        if known is not None:
            scaling = known.networks[0].scaling
        examples = replace(examples, contexts=contexts)
    unseen = {d for s in dev for d in s.deprels} - set(words.labels)
    if unseen:
        names = clean(", ".join(sorted(unseen)))
        report(f"dev has labels that training never shows, and that no parse will have: {names}")
    heads = [np.maximum(e.heads, 0) for e in examples.sentences]  # what is said of an unknown arc is not learned
    return TrainingData(
        sentences=sentences,
        dev=dev,
        vocabulary=words,
        vectors=table,
        examples=examples,
        teachers=_teachers(given.teachers, words, forms, heads, folder, threads, report) if given.teachers else None,
        pretrained=given.pretrained,
        scaling=scaling,
        dev_contexts=dev_contexts,
    )


def _teachers(
    models: Sequence[Model],
    words: vocabulary.Vocabulary,
    forms: Sequence[Sequence[str]],
    heads: Sequence[Ints],
    folder: ContextFolder,
    threads: int,
    report: Report,
) -> Teachers:
    """Let the teachers read the treebank, each with its pretrained encoder, if it has one."""
    networks: list[Network] = []
    contexts: list[Contexts | None] = []
    for model in models:
        encoder = model.pretrained
        of_words = None if encoder is None else folder.read(encoder, forms, threads=threads, report=report)
        networks += model.networks
        contexts += [of_words] * len(model.networks)
    return Teachers(networks, words, forms, heads, contexts)
