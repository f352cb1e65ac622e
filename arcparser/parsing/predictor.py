"""Predict trees and tags: many sentences at once, each product computed once.

The forward pass is that of `arcparser.network`; the first layer's gate inputs come from a cache of forms
(`arcparser.parsing.form_cache`).

What comes out depends on the sentence alone, although the last digits of single-precision products depend on what is
computed with them: a sentence with a choice that rounding could have turned (`arcparser.nn.choice`) is predicted again
in double precision, and so is every sentence whose scores are wanted.
"""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import ModelError
from arcparser.model.calibration import UNCALIBRATED, Calibration
from arcparser.model.model import Model
from arcparser.network import contextual, encoder, graph_scorer
from arcparser.network.bounds import cannot_overflow, largest_score
from arcparser.network.ensemble import ensemble_label_scorer, ensemble_transition_scorer, mean
from arcparser.network.graph_blocks import GraphBlocks
from arcparser.network.label_scorer import LabelScorer, legal_logits, prepare_label_scorer
from arcparser.network.network import Network
from arcparser.network.projections import project, projection_weights, projection_widths, split_projections
from arcparser.network.tagger import column_starts, tag_weights
from arcparser.network.transition_scorer import TransitionScorer, prepare_transition_scorer
from arcparser.network.vocabulary import TAG_COLUMNS, LabelMasks
from arcparser.nn.bidirectional import CELLS, gate_inputs, windows
from arcparser.nn.choice import choose_in_groups
from arcparser.nn.packing import Packing, pack
from arcparser.parsing.batching import LOCK_STEP_WORDS, cut, is_long, lock_step_batches
from arcparser.parsing.choices import Choices, second_best_heads
from arcparser.parsing.decoding import GivenArcs, greedy
from arcparser.parsing.form_cache import FormCache
from arcparser.parsing.lemma_cache import LemmaCache
from arcparser.transition.arc_standard import States
from arcparser.transition.features import GraphLookup, graph_scores
from arcparser.types import Floats, Ints

if TYPE_CHECKING:
    from arcparser.pretrained.contexts import Contexts
    from arcparser.pretrained.pretrained_encoder import PretrainedEncoder

# Sentences whose contexts are held in memory at a time: 60 MB with four layers of 384 numbers.
_READ_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Prediction:
    """Hold what is predicted for one sentence of n words.

    Attributes:
        heads: `[n]`, 0 the root.
        labels: `[n]` ids.
        tags: `[n, 3]` ids of UPOS, XPOS, FEATS.
        lemmas: `[n]` strings; None if the model knows no lemmas.
        arc_scores: `[n]` the probability that each word's head is right; None, as all that follows, if it was not asked
            for.
        label_scores: `[n]` the probability that its label is right if the head is.
        second_heads: `[n]` the most probable head but for the chosen one; −1 where no other is possible.
        second_labels: `[n]` the id of the most probable label but for the chosen one; −1 where no other is possible.
    """

    heads: Ints
    labels: Ints
    tags: Ints
    lemmas: NDArray[np.object_] | None = None
    arc_scores: Floats | None = None
    label_scores: Floats | None = None
    second_heads: Ints | None = None
    second_labels: Ints | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorers:
    """Hold all that the arc-standard loop reads of a batch of `B` sentences, `T` words in packed order.

    Attributes:
        transition_scorer: Of the networks together.
        label_scorer: Likewise.
        masks: Which labels are legal where.
        head_probabilities: `[B, L, L+1]` the graph scorer's P(head of word d+1 = h), 0 where there is no such word;
            None if it was not asked, or the sentence is so long that it is asked by blocks.
        blocks: What each network's graph scorer says of a sentence that is so long.
        tags: `[T, 3]` ids.
        close_tags: Sentences with a tag that rounding could have turned.
    """

    transition_scorer: TransitionScorer
    label_scorer: LabelScorer
    masks: LabelMasks
    head_probabilities: Floats | None
    blocks: Sequence[GraphBlocks]
    tags: Ints
    close_tags: Ints

    def arc_probabilities(self, sentence: Ints, words: Ints, heads: Ints) -> Floats:
        """Look up P(head) of the arcs of `words [T]` from `heads [T]`, word numbers, `[T]`."""
        if self.head_probabilities is not None:
            return self.head_probabilities[sentence, words - 1, heads]
        return mean([blocks.arcs_at(sentence, words + 1, heads + 1) for blocks in self.blocks])

    def second_heads(self, sentence: Ints, words: Ints, heads: Ints, lengths: Ints) -> Ints:
        """Find the most probable heads of `words [T]` but for `heads [T]`, in sentences of `lengths [T]`, `[T]`."""
        if self.head_probabilities is not None:
            return second_best_heads(self.head_probabilities[sentence, words - 1], words, heads, lengths)
        size = math.isqrt(len(words)) + 1  # no number is kept for each pair
        parts = [slice(first, first + size) for first in range(0, len(words), size)]
        return np.concatenate(
            [
                second_best_heads(mean([b.heads_of(words[i]) for b in self.blocks]), words[i], heads[i], lengths[i])
                for i in parts
            ]
        )


# Numbers that grow beyond all bounds are found where they end (Predictor._check); no warning need tell of them before.
_unwarned = partial(np.errstate, over="ignore", invalid="ignore")


class Predictor:
    """Predict with one network, or several of one vocabulary and size, which choose together.

    Args:
        networks: These.
        name: What messages call the model.
        calibration: Of the probabilities that `predict` gives.
        pretrained: The encoder that reads the sentences for networks that were trained with it.
    """

    def __init__(
        self,
        *networks: Network,
        name: str = "the model",
        calibration: Calibration = UNCALIBRATED,
        pretrained: PretrainedEncoder | None = None,
    ) -> None:
        self._networks = networks
        self._pretrained = pretrained
        self._name = name
        self._calibration = calibration
        self._settings = networks[0].settings
        with _unwarned():
            self._forms = FormCache(networks)
            # Made once, as with `feature_sums` they are a product.
            self._of_contexts = [encoder.parts_of_first_layer(n.settings, n.weights)[1] for n in networks]
            self._tag_weights = [tag_weights(n.weights, n.vocabulary.features.of_feats) for n in networks]
        self._lemmas = LemmaCache(networks, self._forms) if networks[0].vocabulary.lemma_rules else None
        self._may_overflow = not all(map(cannot_overflow, networks))
        self._lock = Lock()  # the cache of forms grows while it is used
        _predictors.add(self)
        # The state tables of 8000 words are 30 MB; in fresh memory they would take twice the time, in page faults.
        self._workspace = np.empty(0, networks[0].weights.flat.dtype)
        self._double: Predictor | None = None  # made when it is needed

    def predict(
        self,
        sentences: Sequence[Sequence[str]],
        *,
        scores: bool = False,
        contexts: Contexts | None = None,
        given: Sequence[GivenArcs] | None = None,
    ) -> list[Prediction]:
        """Predict trees and tags of sentences of at least one word each, in the order given.

        Args:
            sentences: The words of each.
            scores: Also give probabilities and what comes second.
            contexts: What the pretrained encoder says of them, if there is one and it was asked already.
            given: Arcs of each that are to be part of its tree; None if there are none.

        Raises:
            ModelError: The weights are so large that what is computed with them is no number, or there is no encoder.
        """
        with self._lock, _unwarned():
            if contexts is not None or not self._settings.pretrained_layers:
                return self._predict(sentences, contexts, scores, given)
            found: list[Prediction] = []
            for first, end in cut(_lengths(sentences), _READ_WORDS):
                part, of_part = sentences[first:end], None if given is None else given[first:end]
                found += self._predict(part, self._read(part), scores, of_part)
            return found

    def _read(self, sentences: Sequence[Sequence[str]]) -> Contexts | None:
        """Let the pretrained encoder read sentences, if the networks were trained with one."""
        if not self._settings.pretrained_layers:
            return None
        if self._pretrained is None:
            raise RuntimeError("networks without their pretrained encoder")
        return self._pretrained.read(sentences)

    def choices(self, sentences: Sequence[Sequence[str]], *, contexts: Contexts | None = None) -> Choices:
        """Tell how sure the scorers are of what `predict` chooses, before any calibration.

        Args:
            sentences: One or more, of at least one word each; their words come in one array.
            contexts: See `predict`.

        Raises:
            ModelError: See `predict`.
        """
        with self._lock, _unwarned():
            contexts = self._read(sentences) if contexts is None else contexts
            double = self._in_double()
            lengths = _lengths(sentences)
            starts = np.cumsum(lengths) - lengths
            parts, places = [], []
            for which, forms, packing in double._lock_steps(sentences):
                s = double._scorers(forms, packing, _packed(contexts, which, packing), with_graph=True)
                states, _ = greedy(packing.lengths, s.transition_scorer, s.label_scorer, s.masks)
                parts.append(_choices(s, states, packing))
                places.append(starts[which][packing.sentence] + packing.position)
        order = np.argsort(np.concatenate(places))
        return Choices(*(np.concatenate([getattr(p, field) for p in parts])[order] for field in Choices.__slots__))

    def forked(self) -> None:
        """Be usable in a forked process, which does not have the thread that may have held the lock."""
        if self._lock.locked():
            self._lock = Lock()
            self._forms.forget()  # it may have been growing
            self._double = None  # likewise; it has no other lock than this
        if self._pretrained is not None:
            self._pretrained.forked()

    def _predict(
        self,
        sentences: Sequence[Sequence[str]],
        contexts: Contexts | None,
        scores: bool,
        given: Sequence[GivenArcs] | None,
    ) -> list[Prediction]:
        if scores:
            return self._in_double()._predict_once(sentences, contexts, True, given)[0]
        long = {i for i, words in enumerate(sentences) if is_long(len(words))}  # most of them have such a choice
        first = [i for i in range(len(sentences)) if i not in long]
        predictions, close = self._predict_once(
            [sentences[i] for i in first], _take(contexts, first), False, _of(given, first)
        )
        found = dict(zip(first, predictions))
        again = sorted(long.union(first[i] for i in close))
        if again:
            words, of_words = [sentences[i] for i in again], _take(contexts, again)
            found.update(zip(again, self._in_double()._predict_once(words, of_words, False, _of(given, again))[0]))
        return [found[i] for i in range(len(sentences))]

    def _in_double(self) -> Predictor:
        """Return a predictor of the same networks in double precision."""
        if self._networks[0].weights.flat.dtype == np.float64:
            return self
        if self._double is None:
            self._double = Predictor(
                # Of the tables, over half of a network, few rows are read.
                *(n.astype(np.float64, except_for=encoder.FORM_TABLES) for n in self._networks),
                name=self._name,
                calibration=self._calibration,
            )
        return self._double

    def _exact_lemma_logits(self, forms: Sequence[str], tags: Ints) -> Floats:
        """Score the lemma rules in double precision, for forms with given tags, `[U, rules]`."""
        double = self._in_double()
        if double._lemmas is None:
            raise RuntimeError("a network without lemmas")
        return double._lemmas.logits(double._forms.rows([forms]), tags)

    def _predict_once(
        self,
        sentences: Sequence[Sequence[str]],
        contexts: Contexts | None,
        scores: bool,
        given: Sequence[GivenArcs] | None,
    ) -> tuple[list[Prediction], list[int]]:
        """Predict in the precision of the weights; also tell which sentences rounding could have turned."""
        close: list[int] = []
        results: list[Prediction | None] = [None] * len(sentences)
        for which, forms, packing in self._lock_steps(sentences):
            of_words, arcs = _packed(contexts, which, packing), _of(given, which.tolist())
            predictions, of_batch = self._batch(forms, packing, of_words, scores, arcs)
            for i, prediction in zip(which.tolist(), predictions):
                results[i] = prediction
            close += which[of_batch].tolist()
        return [result for result in results if result is not None], close

    def _lock_steps(self, sentences: Sequence[Sequence[str]]) -> Iterator[tuple[Ints, Ints, Packing]]:
        """Cut sentences into batches: their places `[B]`, the numbers of their forms `[T]`, and where the words lie."""
        lengths = _lengths(sentences)
        order = np.argsort(-lengths, kind="stable")
        rows = self._forms.rows([sentences[i] for i in order])
        starts = np.cumsum(lengths[order]) - lengths[order]
        for first, end in lock_step_batches(lengths[order], len(self._networks)):
            packing = pack(lengths[order[first:end]])
            yield order[first:end], rows[starts[first:end][packing.sentence] + packing.position], packing

    def scorers(self, words: Sequence[str]) -> Scorers:
        """Make what the parse of one sentence of at least one word is made from (`arcparser.viz.explain`).

        It is in double precision, which makes the choices that `predict` makes.

        Raises:
            ModelError: See `predict`.
        """
        with self._lock, _unwarned():
            double, packing = self._in_double(), pack([len(words)])
            contexts = _packed(self._read([words]), np.zeros(1, dtype=np.intp), packing)
            found = double._scorers(double._forms.rows([words]), packing, contexts, with_graph=True)
            double._workspace = double._workspace[:0]  # what it holds is the caller's from now on
            return found

    def form_rows(self, forms: Sequence[str]) -> Ints:
        """Return the numbers of forms for `encode`, valid until another sentence is predicted."""
        with self._lock:
            return self._forms.rows([forms])

    def lemmas(self, forms: Sequence[str], tags: Ints) -> list[str]:
        """Find the lemmas of forms with tags `[U, 3]`, by networks that know lemmas."""
        if self._lemmas is None:
            raise RuntimeError("networks without lemmas")
        with self._lock, _unwarned():
            return list(self._lemmas.lemmas(self._forms.rows([forms]), tags, exact=self._exact_lemma_logits))

    def encode(
        self,
        forms: Ints,
        packing: Packing,
        contexts: Floats | None = None,
        *,
        which: int = 0,
        with_graph: bool = True,
    ) -> Iterator[tuple[Ints, Floats, Floats]]:
        """Encode and project `forms [T]` (`form_rows`) in packed order, in parts that stay in the processor's cache.

        Args:
            forms: The forms' numbers.
            packing: Where the words lie.
            contexts: `[T, layers, width]` what the pretrained encoder says of the words, if there is one.
            which: The number of the network.
            with_graph: With the columns of the graph scorer.

        Returns:
            Of each part: rows of `packing`, their columns (`arcparser.network.projections.project`), and the logits of
            all tag columns, `[rows, sum of K]`.
        """
        settings, p = self._settings, self._networks[which].weights
        tags, projections = self._tag_weights[which], projection_weights(settings, p, with_graph=with_graph)
        for first, end in cut(packing.lengths, CELLS[settings.cell].PARSED_TOGETHER):
            part = pack(packing.lengths[first:end])
            rows = packing.offsets[part.position] + part.sentence + first
            of_part = None if contexts is None else contexts[rows]
            encoded = encoder.encode(self._gate_inputs(which, forms[rows], of_part, part), part, settings, p, tags)
            given = rows, project(encoded.vectors, projections), encoded.tags
            if is_long(int(part.lengths[0])):  # else the next part finds warm memory in its place
                del encoded
            yield given

    def _gate_inputs(self, which: int, forms: Ints, contexts: Floats | None, packing: Packing) -> Floats:
        """Make the gate inputs of the first layer, `[2, T, 3H]`."""
        z = self._forms.gate_inputs(which, forms, packing)
        if contexts is not None:
            z += self._context_gates(which, contexts, packing)
        return z

    def _context_gates(self, which: int, contexts: Floats, packing: Packing) -> Floats:
        """Compute what contexts add to the gates of the first layer, `contexts [T, layers, width]` -> `[2, T, 3H]`."""
        network = self._networks[which]
        c = contextual.contextual_vectors(contexts, network.scaling, network.weights)
        return gate_inputs(windows(c, packing, CELLS[self._settings.cell].WINDOW), self._of_contexts[which])

    def _scorers(self, forms: Ints, packing: Packing, contexts: Floats | None, *, with_graph: bool) -> Scorers:
        """Make the scorers of a batch.

        Args:
            forms: `[T]` the forms' numbers, in packed order.
            packing: Where the words lie.
            contexts: See `encode`.
            with_graph: Ask the graph scorers, even if their probabilities are no features of the states.
        """
        settings = self._settings
        with_graph = with_graph or settings.graph_features
        projected, tags, close_tags = self._project(forms, packing, contexts, with_graph)
        tables = self._tables(packing.words + 2)
        width = tables.shape[2] // len(self._networks)
        transition_scorers, label_scorers, head_probabilities, blocks = [], [], [], []
        for i, network in enumerate(self._networks):
            p = network.weights
            h = split_projections(projected.pop(0), settings, with_graph=with_graph)
            graph: GraphLookup | None = None
            if with_graph and len(packing.lengths) == 1 and is_long(packing.words):
                graph = GraphBlocks(h, p)
                blocks.append(graph)
            elif with_graph:
                head_probabilities.append(graph_scorer.head_probabilities(h, packing, p))
                graph = graph_scores(head_probabilities[-1]) if settings.graph_features else None
            own = tables[:, :, i * width : (i + 1) * width]
            shown = graph if settings.graph_features else None
            transition_scorers.append(prepare_transition_scorer(h.state, packing, shown, p, tables=own))
            label_scorers.append(prepare_label_scorer(h, p))
        return Scorers(
            transition_scorer=ensemble_transition_scorer(transition_scorers, tables),
            label_scorer=ensemble_label_scorer(label_scorers),
            masks=self._networks[0].vocabulary.label_masks,
            head_probabilities=mean(head_probabilities) if head_probabilities else None,
            blocks=blocks,
            tags=tags,
            close_tags=close_tags,
        )

    def _tables(self, rows: int) -> Floats:
        """Return memory for the state tables of all networks side by side, `[P, rows, sum of hidden]`."""
        w = self._networks[0].weights["state.w"]
        shape = len(w), rows, w.shape[2] * len(self._networks)
        size = shape[0] * shape[1] * shape[2]
        if rows > LOCK_STEP_WORDS + 2:  # a long sentence's is not kept
            return np.empty(shape, w.dtype)
        if len(self._workspace) < size:
            self._workspace = np.empty(size, w.dtype)
        return self._workspace[:size].reshape(shape)

    def _project(
        self, forms: Ints, packing: Packing, contexts: Floats | None, with_graph: bool
    ) -> tuple[list[Floats], Ints, Ints]:
        """Encode and project the words of a batch by each network, `[T, columns]`, and choose tags, `[T, 3]`.

        What comes third are the sentences with a tag that rounding could have turned.
        """
        single = self._networks[0].weights.flat.dtype != np.float64
        close = [np.empty(0, dtype=np.intp)]
        width = sum(projection_widths(self._settings, with_graph=with_graph))
        projected = [np.empty((packing.words, width), network.weights.flat.dtype) for network in self._networks]
        tags = np.empty((packing.words, len(TAG_COLUMNS)), dtype=np.intp)
        starts = column_starts(self._networks[0].vocabulary)
        squares = [0.0] * len(self._networks)  # the sums of those of all columns
        # All networks work on the same part of the batch before the next: tag logits are kept for one part alone.
        encoders = [
            self.encode(forms, packing, contexts, which=i, with_graph=with_graph) for i in range(len(self._networks))
        ]
        for parts in zip(*encoders):
            rows = parts[0][0]
            for k, (_, columns, _) in enumerate(parts):
                projected[k][rows] = columns
                if self._may_overflow:
                    squares[k] += float(np.vdot(columns, columns))
            logits = mean([of_part for _, _, of_part in parts])
            if self._may_overflow and not float(np.abs(logits).max()) < np.finfo(np.float32).max:
                raise self._overflow()
            tags[rows], doubtful = choose_in_groups(logits, starts)
            if single:
                close.append(packing.sentence[rows[doubtful]])
        if self._may_overflow:
            self._check(squares, packing.words)
        return projected, tags, np.unique(np.concatenate(close))

    def _check(self, squares: Sequence[float], words: int) -> None:
        """Refuse to go on where a score may be no finite number.

        Args:
            squares: Of each network, the sum of the squares of its projections: none is larger than its root.
            words: How many there are.

        Raises:
            ModelError: It may.
        """
        for network, square in zip(self._networks, squares):
            weights = network.weights
            # A quarter, as scores are subtracted from each other; the networks' are added up.
            # In double precision they are held to the same: a model is refused whatever is asked of it.
            limit = float(np.finfo(np.float32).max) / (4 * len(self._networks))
            if not largest_score(math.sqrt(square), words, weights) < limit:
                raise self._overflow()

    def _overflow(self) -> ModelError:
        return ModelError(f"{self._name}: its weights are so large that it computes what is no number: train it again")

    def _batch(
        self,
        forms: Ints,
        packing: Packing,
        contexts: Floats | None,
        scores: bool,
        given: Sequence[GivenArcs] | None,
    ) -> tuple[list[Prediction], Ints]:
        """Predict a batch, and tell which of its sentences rounding could have turned."""
        s = self._scorers(forms, packing, contexts, with_graph=scores)
        states, close = greedy(packing.lengths, s.transition_scorer, s.label_scorer, s.masks, given)
        rows = packing.padded()
        order = rows[rows < packing.words]  # [T] from packed order to sentence after sentence
        sentence, words = packing.sentence, packing.position + 1
        fields: list[NDArray[Any] | None] = [
            states.heads[sentence, words],
            states.labels[sentence, words],
            s.tags,
            None if self._lemmas is None else self._lemmas.lemmas(forms, s.tags, exact=self._exact_lemma_logits),
        ]
        if scores:
            choices, calibration = _choices(s, states, packing), self._calibration
            fields += [choices.arc_scores(calibration), choices.label_scores(calibration)]
            fields += [choices.second_heads, choices.second_labels()]
        results = split_predictions(packing.lengths, [None if field is None else field[order] for field in fields])
        return results, np.union1d(s.close_tags, close)


def _lengths(sentences: Sequence[Sequence[str]]) -> Ints:
    return np.fromiter(map(len, sentences), dtype=np.intp, count=len(sentences))


def _take(contexts: Contexts | None, sentences: Sequence[int]) -> Contexts | None:
    return None if contexts is None else contexts.take(sentences)


def _of(given: Sequence[GivenArcs] | None, sentences: Sequence[int]) -> Sequence[GivenArcs] | None:
    return None if given is None else [given[i] for i in sentences]


def _packed(contexts: Contexts | None, sentences: Ints, packing: Packing) -> Floats | None:
    return None if contexts is None else contexts.packed(sentences, packing)


def _choices(s: Scorers, states: States, packing: Packing) -> Choices:
    """Look at the finished states of a batch, `[T]` in packed order."""
    sentence, words = packing.sentence, packing.position + 1
    heads = states.heads[sentence, words]
    return Choices(
        heads=heads,
        labels=states.labels[sentence, words],
        arcs=s.arc_probabilities(sentence, words, heads),
        second_heads=s.second_heads(sentence, words, heads, packing.lengths[sentence]),
        label_logits=legal_logits(states, s.label_scorer, s.transition_scorer.rows, s.masks, sentence, words),
    )


def split_predictions(lengths: Ints, fields: Sequence[NDArray[Any] | None]) -> list[Prediction]:
    """Make the predictions of sentences of these `lengths` from their fields, in order, of all of them in one array."""
    ends = np.cumsum(lengths).tolist()
    spans = list(zip([0, *ends], ends))
    columns = [[None] * len(spans) if f is None else [f[start:end] for start, end in spans] for f in fields]
    return list(map(Prediction, *columns))


def predictor_of(model: Model) -> Predictor:
    """Make the predictor of a model."""
    return Predictor(*model.networks, name=model.card.name, calibration=model.calibration, pretrained=model.pretrained)


_predictors: weakref.WeakSet[Predictor] = weakref.WeakSet()


def _forked() -> None:
    for predictor in _predictors:
        predictor.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
