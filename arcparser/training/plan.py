"""Say what to train and on what, and tell whether two trainings are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from arcparser.errors import unfit
from arcparser.learning.distillation import Teachers
from arcparser.learning.examples import Examples
from arcparser.learning.presets import AllSettings
from arcparser.model import model_file
from arcparser.model.sources import Source
from arcparser.network.network import Network
from arcparser.network.vocabulary import Vocabulary
from arcparser.pretrained.contexts import Contexts
from arcparser.pretrained.pretrained_encoder import PretrainedEncoder
from arcparser.pretrained.static_vectors import StaticVectors
from arcparser.treebank.sentence import Sentence
from arcparser.types import Floats, Report


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """Say what to train: everything that the model depends on, but for the treebank and the clock.

    Attributes:
        settings: Of the network and its training.
        preset: Where they began.
        seed: Of all randomness.
        epochs: From the start to the end of each branch; None for as many as fit.
        max_minutes: How long it may take; None for no limit.
        name: The model's.
        language: The model's.
        license: The model's.
        init: Digest of the weights to start from.
        teachers: Digests of the teachers' weights.
        sources: What the model comes from beside the treebank, for its card.
    """

    settings: AllSettings
    preset: str
    seed: int
    epochs: int | None
    max_minutes: float | None
    name: str
    language: str
    license: str
    init: str | None
    teachers: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """Hold what a training has read and looked up, once for all of its networks.

    Attributes:
        sentences: The treebank.
        dev: The sentences that choose the best epoch.
        vocabulary: What the networks will know by number.
        vectors: Static word vectors.
        examples: The treebank as numbers.
        teachers: Trained networks that have read it.
        pretrained: An encoder that has read it, and
        scaling: `[2, layers, width]` the scaling of what it says (`arcparser.network.contextual`).
        dev_contexts: What it says of `dev`.
        unlabeled: Digest of the raw text that the teachers have labeled, and
        raw_words: how many words it has.
    """

    sentences: Sequence[Sentence]
    dev: Sequence[Sentence]
    vocabulary: Vocabulary
    vectors: StaticVectors
    examples: Examples
    teachers: Teachers | None
    pretrained: PretrainedEncoder | None = None
    scaling: Floats | None = None
    dev_contexts: Contexts | None = None
    unlabeled: str | None = None
    raw_words: int = 0

    @property
    def words(self) -> int:
        """How many words the treebank has."""
        return sum(map(len, self.sentences))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the vocabulary, the word vectors, the pretrained encoder and the examples."""
        found = hashlib.sha256(repr(model_file.vocabulary_to_json(self.vocabulary)).encode())
        found.update(self.vectors.to_bytes())
        if self.pretrained is not None and self.scaling is not None:
            found.update(repr(self.pretrained.card).encode())
            found.update(self.scaling.tobytes())
        found.update(repr(self.examples.forms).encode())
        if self.unlabeled is not None:
            found.update(self.unlabeled.encode())
        for e in self.examples.sentences[: self.examples.annotated]:
            for part in (e.words, e.tags, e.heads, e.labels, e.lemma_rules):
                found.update(part.tobytes())
        return found.hexdigest()


def checked_report(report: Report | None) -> Report:
    """Return who is told what happens; nobody if it is None.

    Raises:
        UsageError: It cannot be called.
    """
    if report is None:
        return lambda line: None
    if not callable(report):
        raise unfit("report", report, "a function that takes a line, such as print")
    return report


def network_digest(network: Network) -> str:
    """Return the SHA-256 of a network's weights."""
    return hashlib.sha256(network.weights.flat.tobytes()).hexdigest()


def fingerprint(plan: TrainingPlan, data: TrainingData) -> str:
    """Return what two trainings share only if the one may go on where the other was interrupted."""
    facts = asdict(plan)
    del facts["sources"]  # names of what the digests are of
    return hashlib.sha256(repr((sorted(facts.items()), data.digest)).encode()).hexdigest()
