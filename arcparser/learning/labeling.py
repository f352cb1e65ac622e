"""Let teachers read sentences: each computes its distributions, batch by batch, and their averages are kept.

Sentences without trees get that of the teachers together: in each state they make the transition whose probability is
highest on average, with the label whose is. It stands for the gold tree: the student walks beside its oracle
(`arcparser.learning.exploration`), and learns the heads and the labels of its arcs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from tqdm import tqdm

from arcparser.errors import ModelError
from arcparser.learning.loss import mean_transitions
from arcparser.learning.targets import Targets
from arcparser.network.graph_scorer import head_probabilities
from arcparser.network.label_scorer import LabelScorer, prepare_label_scorer
from arcparser.network.lemma_rules import lemma_rules
from arcparser.network.network import Network
from arcparser.network.projections import Projections, projection_widths, split_projections
from arcparser.network.tagger import of_columns
from arcparser.network.transition_scorer import TransitionScorer, prepare_transition_scorer, word_rows
from arcparser.network.vocabulary import NOT_KNOWN, LabelMasks, Vocabulary
from arcparser.nn.packing import Packing, pack
from arcparser.nn.softmax import softmax
from arcparser.parsing.batching import lock_step_batches
from arcparser.parsing.predictor import Predictor
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, States
from arcparser.transition.features import extract, graph_scores
from arcparser.types import Floats, Ints


class ContextSource(Protocol):
    """Give what a pretrained encoder says of sentences, as `arcparser.pretrained.contexts.Contexts` does."""

    def packed(self, sentences: Ints, packing: Packing) -> Floats:
        """Return that of the `sentences [B]`, which lie in `packing` in that order, `[T, layers, width]`."""


@dataclass(frozen=True, slots=True)
class _Said:
    """Hold what one teacher says of a batch."""

    network: Network
    tags: Sequence[Floats]  # [T, K] of each column
    h: Projections
    arcs: Floats  # [B, L, L+1]
    transition_scorer: TransitionScorer
    label_scorer: LabelScorer


class Labeler:
    """Hold teachers, and what a batch of sentences is read with.

    Args:
        networks: The teachers.
        vocabulary: The student's, which has the same tags and labels.
        sentences: The words of each.
        heads: Their gold trees; None: they have none.
        contexts: What each teacher's pretrained encoder says of the words, None for a teacher without one.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        vocabulary: Vocabulary,
        sentences: Sequence[Sequence[str]],
        heads: Sequence[Ints] | None,
        contexts: Sequence[ContextSource | None],
    ) -> None:
        self._sentences, self._heads, self._contexts = sentences, heads, contexts
        self._masks = vocabulary.label_masks
        self._predictors = [Predictor(network) for network in networks]
        self._networks = networks
        self._rules: dict[str | None, int] = {rule: i for i, rule in enumerate(vocabulary.lemma_rules)}
        self._lemmatizer = next((p for n, p in zip(networks, self._predictors) if n.vocabulary.lemma_rules), None)

    def fill(self, targets: Targets) -> None:
        """Read all sentences.

        Raises:
            ModelError: The weights of a teacher are so large that what is computed with them is no number.
        """
        lengths = targets.places.lengths
        order = np.argsort(-lengths, kind="stable")
        with tqdm(total=targets.places.words, desc="teachers", unit=" words", leave=False, disable=None) as bar:
            for first, end in lock_step_batches(lengths[order]):
                with np.errstate(over="ignore", invalid="ignore"):
                    self._fill(targets, order[first:end])
                bar.update(int(lengths[order[first:end]].sum()))

    def _fill(self, targets: Targets, numbers: Ints) -> None:
        places = targets.places
        packing = pack(places.lengths[numbers])
        at = places.packed(numbers, packing)
        words = [word for i in numbers.tolist() for word in self._sentences[i]]
        said = [self._ask(which, numbers, packing, words) for which in range(len(self._networks))]
        for one, states, kept in zip(said, targets.states, targets.arcs):
            states[at] = one.h.state
            for row, square in zip(one.arcs, places.squares(kept, numbers)):
                square[...] = row[: len(square), : len(square) + 1]
            if not (np.isfinite(states[at]).all() and np.isfinite(one.arcs).all()):
                raise _no_number()
        tags = [sum(of_column) / len(said) for of_column in zip(*(one.tags for one in said))]
        heads = self._gold(numbers, packing) if self._heads is not None else self._parse(packing, said)
        labels = _label_distributions(said, packing, heads, self._masks)
        for kept_of_column, of_column in zip((*targets.tags, targets.labels), (*tags, labels)):
            if not np.isfinite(of_column).all():
                raise _no_number()
            kept_of_column.put(at, of_column)
        if targets.columns is None or targets.sureness is None:
            return
        chosen = np.stack([of_column.argmax(axis=1) for of_column in tags], axis=1)
        rules = self._lemma_rules(packing, words, chosen)
        targets.columns[at] = np.column_stack((chosen, heads, labels.argmax(axis=1), rules))
        sure = np.asarray(sum(one.arcs[packing.sentence, packing.position, heads] for one in said)) / len(said)
        targets.sureness[numbers] = np.bincount(packing.sentence, sure) / packing.lengths

    def _ask(self, which: int, numbers: Ints, packing: Packing, words: list[str]) -> _Said:
        """Let one teacher read a batch, whose `words` come sentence after sentence."""
        network, predictor, contexts = self._networks[which], self._predictors[which], self._contexts[which]
        p = network.weights
        forms = np.empty(packing.words, dtype=np.intp)
        forms[_rows(packing)] = predictor.form_rows(words)
        columns = np.empty((packing.words, sum(projection_widths(network.settings))), p.flat.dtype)
        tags = [np.empty((packing.words, k), p.flat.dtype) for k in network.vocabulary.tag_sizes]
        of_words = None if contexts is None else contexts.packed(numbers, packing)
        for part, y, logits in predictor.encode(forms, packing, of_words):
            columns[part] = y
            for kept, of_column in zip(tags, of_columns(logits, network.vocabulary)):
                kept[part] = softmax(of_column)
        h = split_projections(columns, network.settings)
        arcs = head_probabilities(h, packing, p)
        graph = graph_scores(arcs) if network.settings.graph_features else None
        return _Said(
            network, tags, h, arcs, prepare_transition_scorer(h.state, packing, graph, p), prepare_label_scorer(h, p)
        )

    def _gold(self, numbers: Ints, packing: Packing) -> Ints:
        heads = np.empty(packing.words, dtype=np.intp)
        if self._heads is not None:
            heads[_rows(packing)] = np.concatenate([self._heads[i] for i in numbers.tolist()])
        return heads

    def _parse(self, packing: Packing, said: Sequence[_Said]) -> Ints:
        """Return the heads that the teachers together find, `[T]`."""
        scorers = [one.transition_scorer for one in said]
        children = any(scorer.children for scorer in scorers)
        states = States(packing.lengths, children=children)
        while len(states.active):
            transition = mean_transitions(scorers, extract(states), states.legal()).argmax(axis=1)
            label = np.full(len(transition), MISSING, dtype=np.intp)
            positions, heads, dependents = states.arc(transition)
            if children and len(positions):
                rows = scorers[0].rows[states.active[positions]]
                i = np.arange(len(positions))
                arcs = transition[positions], rows[i, heads + 1], rows[i, dependents + 1]
                label[positions] = _mean_labels(said, *arcs, heads, self._masks).argmax(axis=1)
            states.apply(transition, label)
        return np.asarray(states.heads[packing.sentence, packing.position + 1])

    def _lemma_rules(self, packing: Packing, words: list[str], tags: Ints) -> Ints:
        """Return the lemma rules that the first teacher with lemmas chooses for words with these tags, `[T]`."""
        found = np.full(packing.words, NOT_KNOWN, dtype=np.intp)
        if self._lemmatizer is not None and self._rules:
            rows = _rows(packing)
            lemmas = self._lemmatizer.lemmas(words, tags[rows])
            found[rows] = [self._rules.get(rule, NOT_KNOWN) for rule in lemma_rules(words, lemmas)]
        return found


def _rows(packing: Packing) -> Ints:
    """Return where words that come sentence after sentence lie in packed order, `[T]`."""
    rows = packing.padded()
    return np.concatenate([row[:n] for row, n in zip(rows, packing.lengths.tolist())])


def _label_distributions(said: Sequence[_Said], packing: Packing, heads: Ints, masks: LabelMasks) -> Floats:
    """Average the distributions of the labels of the arcs from `heads [T]`, `[T, labels]`."""
    transition = np.where(heads > packing.position + 1, LEFT_ARC, RIGHT_ARC)
    head_rows = word_rows(packing)[packing.sentence, heads + 1]
    return _mean_labels(said, transition, head_rows, np.arange(packing.words), heads, masks)


def _mean_labels(
    said: Sequence[_Said], transition: Ints, head_rows: Ints, dependent_rows: Ints, heads: Ints, masks: LabelMasks
) -> Floats:
    legal = masks.legal(heads)
    total = sum(softmax(one.label_scorer.logits(transition, head_rows, dependent_rows), legal) for one in said)
    return np.asarray(total) / len(said)


def _no_number() -> ModelError:
    return ModelError("a teacher's weights are so large that it computes what is no number: take another")
