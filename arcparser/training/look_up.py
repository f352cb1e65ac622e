"""Look a treebank up: count its vocabulary, turn it into numbers, and let encoder and teachers read it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from arcparser.errors import clean, count
from arcparser.learning.distillation import Teachers
from arcparser.learning.examples import Examples, encode_treebank
from arcparser.learning.labeling import ContextSource
from arcparser.learning.presets import TrainingSettings
from arcparser.learning.unlabeled import RawText, add_frequent_forms, with_unlabeled
from arcparser.model.model import Model
from arcparser.network import vocabulary
from arcparser.network.contextual import measure_scaling
from arcparser.network.network import Network
from arcparser.network.vocabulary import CLASS_LISTS, Vocabulary
from arcparser.nn.packing import Packing
from arcparser.pretrained.pretrained_encoder import PretrainedEncoder
from arcparser.pretrained.static_vectors import NO_VECTORS
from arcparser.training.context_folder import ContextFolder
from arcparser.training.given import Given
from arcparser.training.plan import TrainingData, network_digest
from arcparser.training.target_folder import TargetFolder
from arcparser.treebank.sentence import Sentence
from arcparser.types import Floats, Ints, Report


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what a treebank is read with.

    Attributes:
        given: What the training begins with.
        contexts: Where what a pretrained encoder says is kept.
        targets: Where what teachers say of raw text is kept.
        settings: Of the training.
        threads: How many.
        report: Told what happens, a line at a time.
    """

    given: Given
    contexts: ContextFolder
    targets: TargetFolder
    settings: TrainingSettings
    threads: int
    report: Report


def look_up(
    sentences: Sequence[Sentence],
    dev: Sequence[Sentence],
    reading: Reading,
    *,
    whole: Sequence[Sentence] | None = None,
) -> TrainingData:
    """Count the vocabulary, turn the treebank into numbers, and let encoder and teachers read it.

    Args:
        sentences: What is learned from.
        dev: What chooses; nothing, if nothing is chosen.
        reading: What it is read with.
        whole: The treebank that `sentences` are a part of: teachers that were trained on it have its tags and labels.

    Raises:
        UsageError: A teacher has other tags or labels than the treebank.
        ModelError: An encoder or a teacher computes what is no number.
        OutputError: What they say cannot be written.
    """
    given, report = reading.given, reading.report
    known, raw = given.known, given.unlabeled
    forms = [s.forms for s in sentences]
    words = _count(sentences)
    if given.teachers and whole is not None:
        words = _with_classes(words, _count(whole))
    if raw is not None:
        words = add_frequent_forms(words, forms, raw, most=reading.settings.added_forms)
    static = NO_VECTORS
    if given.vectors is not None:
        words, static = replace(words, vector_forms=given.vectors.forms), given.vectors.static
    if known is not None:
        words, static = vocabulary.extend(known.vocabulary, words), known.networks[0].vectors
    examples = encode_treebank(words, *_columns(sentences))
    unseen = {d for s in dev for d in s.deprels} - set(words.labels)
    if unseen:
        names = clean(", ".join(sorted(unseen)))
        report(f"dev has labels that training never shows, and that no parse will have: {names}")
    teachers = None
    if given.teachers and raw is None:
        teachers = _read_treebank(reading, words, forms, examples)
    elif raw is not None:
        teachers = _label(reading, words, raw, first=len(forms))
        examples = with_unlabeled(examples, words, raw, teachers.targets)
    data = TrainingData(
        sentences=sentences,
        dev=dev,
        vocabulary=words,
        vectors=static,
        examples=examples,
        teachers=teachers,
        unlabeled=None if raw is None else raw.digest,
        raw_words=0 if raw is None else len(raw.words),
    )
    return data if given.pretrained is None else _with_contexts(data, given.pretrained, reading)


def _count(sentences: Sequence[Sentence]) -> Vocabulary:
    return vocabulary.build(*_columns(sentences))


def _columns(
    sentences: Sequence[Sentence],
) -> tuple[
    list[list[str]],
    list[tuple[list[str], list[str], list[str]]],
    list[tuple[list[int], list[str]]],
    list[list[str]],
]:
    return (
        [s.forms for s in sentences],
        [(s.upos, s.xpos, s.feats) for s in sentences],
        [(s.tree_index().heads, s.deprels) for s in sentences],  # -1 of a head that is unknown
        [s.lemmas for s in sentences],
    )


def _with_classes(words: Vocabulary, whole: Vocabulary) -> Vocabulary:
    """Give a part of a treebank the tags, labels and lemma rules of the whole."""
    return replace(words, **{name: getattr(whole, name) for name in (*CLASS_LISTS, "lemma_rules")})


def _with_contexts(data: TrainingData, encoder: PretrainedEncoder, reading: Reading) -> TrainingData:
    """Let the student's pretrained encoder read treebank, raw text and dev sentences."""
    given, threads, report = reading.given, reading.threads, reading.report
    forms: list[Sequence[str]] = [s.forms for s in data.sentences]
    if given.unlabeled is not None:
        forms += given.unlabeled
    contexts = reading.contexts.read(encoder, forms, threads=threads, report=report)
    dev_contexts = None
    if data.dev:
        dev_contexts = reading.contexts.read(encoder, [s.forms for s in data.dev], threads=threads, report=report)
    if given.known is None:  # in the precision of the model file
        scaling = measure_scaling(contexts.vectors[: data.words]).astype(np.float16).astype(np.float32)
    else:
        scaling = given.known.networks[0].scaling
    examples = replace(data.examples, contexts=contexts)
    return replace(data, examples=examples, pretrained=encoder, scaling=scaling, dev_contexts=dev_contexts)


def _networks(models: Sequence[Model]) -> list[Network]:
    return [network for model in models for network in model.networks]


def _read_treebank(reading: Reading, words: Vocabulary, forms: Sequence[Sequence[str]], examples: Examples) -> Teachers:
    """Let the teachers read the treebank, each with its pretrained encoder, if it has one."""
    contexts: list[ContextSource | None] = []
    for model in reading.given.teachers:
        encoder, folder = model.pretrained, reading.contexts
        read = None
        if encoder is not None:
            read = folder.read(encoder, forms, threads=reading.threads, report=reading.report)
        contexts += [read] * len(model.networks)
    heads = [np.maximum(e.heads, 0) for e in examples.sentences]  # what is said of an unknown arc is not learned
    return Teachers(_networks(reading.given.teachers), words, forms, heads, contexts)


def _label(reading: Reading, words: Vocabulary, raw: RawText, *, first: int) -> Teachers:
    """Let the teachers label raw text, whose first sentence has the number `first` in a batch."""
    models = reading.given.teachers
    contexts: list[ContextSource | None] = []
    for model in models:
        source = None if model.pretrained is None else _EncoderSource(model.pretrained, raw, reading.threads)
        contexts += [source] * len(model.networks)
    networks = _networks(models)
    classes = [getattr(words, name) for name in (*CLASS_LISTS, "lemma_rules")]
    cards = [None if model.pretrained is None else model.pretrained.card for model in models]
    key = repr((list(map(network_digest, networks)), cards, raw.digest, classes))
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]

    def begin() -> None:
        label = "labels" if len(networks) == 1 else "label"
        reading.report(f"{count(len(networks), 'teacher')} {label} {len(raw.words):,} words, once for all epochs")

    keep = reading.targets.keeper(digest, begin=begin)
    return Teachers(networks, words, raw, None, contexts, first=first, keep=keep)


class _EncoderSource:
    """Let a pretrained encoder read a batch of raw text when it is wanted: of so much nothing is kept."""

    def __init__(self, encoder: PretrainedEncoder, raw: RawText, threads: int) -> None:
        self._encoder, self._raw, self._threads = encoder, raw, threads
        self._last: tuple[bytes, Floats] | None = None  # the networks of a model ask one after the other

    def packed(self, sentences: Ints, packing: Packing) -> Floats:
        key = sentences.tobytes()
        if self._last is None or self._last[0] != key:
            read = self._encoder.read([self._raw[i] for i in sentences.tolist()], threads=self._threads)
            self._last = key, read.packed(np.arange(len(sentences)), packing)
        return self._last[1]
