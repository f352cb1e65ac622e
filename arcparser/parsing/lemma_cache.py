"""Look lemmas up: a rule is chosen and applied once for a form with given tags, and found ready from then on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from arcparser.network.ensemble import mean
from arcparser.network.lemma_rules import rule_function
from arcparser.network.lemmatizer import rule_logits
from arcparser.network.network import Network
from arcparser.parsing.form_cache import FormCache
from arcparser.types import Floats, Ints

ExactLogits = Callable[[Sequence[str], Ints], Floats]

_ENTRIES = 1 << 18  # lemmas are forgotten, all at once, when there are more
_TIE = 1e-9
_CLOSE = 2e-4  # a lead that rounding could turn, as in arcparser.nn.choice
_TRIED = 8  # rules, from the most probable on, that are applied to a form
# What a rule gains, in nats before the softmax, if the lemma that it makes was seen in training.  Most forms that are
# new are forms of a word that is not: the lexicon knows better than the classifier which stem a suffix was added to.
_KNOWN_LEMMA = 4.0


class LemmaCache:
    """Hold the lemmas of forms with given tags.

    Args:
        networks: Of one vocabulary, which has lemma rules.
        forms: Where their forms are.
    """

    def __init__(self, networks: Sequence[Network], forms: FormCache) -> None:
        self._networks, self._forms = networks, forms
        self._single = networks[0].weights.flat.dtype != np.float64
        vocabulary = networks[0].vocabulary
        self._rules = vocabulary.lemma_rules
        self._known = frozenset(vocabulary.lemmas)
        self._features = vocabulary.features.of_feats
        self._sizes = vocabulary.tag_sizes
        self._lemmas: dict[int, str] = {}
        self._generation = 0

    def lemmas(self, rows: Ints, tags: Ints, *, exact: ExactLogits) -> NDArray[np.object_]:
        """Return the lemma of each word, `[T]`.

        Args:
            rows: `[T]` numbers of forms, of the cache of forms.
            tags: `[T, 3]` ids of UPOS, XPOS, FEATS.
            exact: Scores the rules, as `logits`, of forms and their tags in double precision: where single precision
                could have turned a choice (`arcparser.nn.choice`). It is not kept: a predictor that had it in its own
                cache would not be freed before Python looks for cycles.
        """
        if len(self._lemmas) > _ENTRIES:
            self._lemmas.clear()
        if self._generation != self._forms.generation:  # the numbers mean other forms now
            self._renumber()
        keys = rows
        for size, column in zip(self._sizes, tags.T):
            keys = keys * size + column
        listed = keys.tolist()
        found = list(map(self._lemmas.get, listed))
        if None in found:
            new = {key: i for i, (key, lemma) in enumerate(zip(listed, found)) if lemma is None}
            places = list(new.values())
            self._lemmas.update(zip(new, self._find(rows[places], tags[places], exact)))
            found = list(map(self._lemmas.get, listed))
        return np.array(found, dtype=object)

    def _renumber(self) -> None:
        """Follow the forms that are still there to their new numbers."""
        moved = self._forms.moved
        if moved is None or self._generation + 1 != self._forms.generation:
            self._lemmas.clear()
        else:
            tags = math.prod(self._sizes)
            row, tag = np.divmod(np.fromiter(self._lemmas, dtype=np.intp, count=len(self._lemmas)), tags)
            keys = np.where(moved[row] < 0, -1, moved[row] * tags + tag)
            self._lemmas = {key: lemma for key, lemma in zip(keys.tolist(), self._lemmas.values()) if key >= 0}
        self._generation = self._forms.generation

    def logits(self, rows: Ints, tags: Ints) -> Floats:
        """Score the rules for forms of these numbers with these tags, `[U, rules]`."""
        return mean(
            [
                rule_logits(inputs[rows], tags, self._features, network.weights)
                for network, inputs in zip(self._networks, self._forms.lemma_inputs)
            ]
        )

    def _find(self, rows: Ints, tags: Ints, exact: ExactLogits) -> list[str]:
        forms = [self._forms.forms[row] for row in rows.tolist()]
        chosen = self._choose(forms, self.logits(rows, tags))
        close = [i for i, (_, lead) in enumerate(chosen) if lead < _CLOSE] if self._single else []
        if close:
            again = self._choose([forms[i] for i in close], exact([forms[i] for i in close], tags[close]))
            for i, choice in zip(close, again):
                chosen[i] = choice
        return [lemma for lemma, _ in chosen]

    def _choose(self, forms: list[str], logits: Floats) -> list[tuple[str, float]]:
        """Return for each form the best lemma that a rule makes, and its lead over what came closest to it."""
        best = logits.argmax(axis=1)
        # Nine times in ten not even a known lemma would bring another rule near the most probable one.
        near = logits >= np.take_along_axis(logits, best[:, None], axis=1) - (_KNOWN_LEMMA + _CLOSE)
        settled = np.count_nonzero(near, axis=1) == 1
        lemmas = [
            rule_function(self._rules[rule])(form) if alone else None
            for form, rule, alone in zip(forms, best.tolist(), settled.tolist())
        ]
        others = [i for i, lemma in enumerate(lemmas) if not lemma]
        chosen = [(lemma or "", math.inf) for lemma in lemmas]
        for i, choice in zip(others, self._choose_among_several([forms[i] for i in others], logits[others])):
            chosen[i] = choice
        return chosen

    def _choose_among_several(self, forms: list[str], logits: Floats) -> list[tuple[str, float]]:
        """Do what `_choose` does, by trying the most probable rules one after another."""
        count = min(_TRIED + 1, logits.shape[1])
        order = np.argpartition(-logits, count - 1, axis=1)[:, :count]
        scores = np.take_along_axis(logits, order, axis=1)
        by_score = np.argsort(-scores, axis=1)
        order, scores = np.take_along_axis(order, by_score, axis=1), np.take_along_axis(scores, by_score, axis=1)
        return list(map(self._best, forms, order.tolist(), scores.tolist()))

    def _best(self, form: str, rules: list[int], scores: list[float]) -> tuple[str, float]:
        """Choose a lemma: the form itself, if it is too short for all of the rules."""
        seen: set[str] = set()
        highest = second = -np.inf
        best = form
        for rule, score in zip(rules[:_TRIED], scores):
            # What comes cannot win, nor come close: most lemmas are found with one rule.
            if score + _KNOWN_LEMMA < highest - _CLOSE:
                break
            lemma = rule_function(self._rules[rule])(form)
            if not lemma or lemma in seen:
                continue
            seen.add(lemma)
            score += _KNOWN_LEMMA * (lemma in self._known)
            # Of ties in double precision the first in the alphabet is taken, whatever their last digits.
            if score > highest + _TIE or (score > highest - _TIE and lemma < best):
                best, highest, second = lemma, score, highest
            else:
                second = max(second, score)
        if len(scores) > _TRIED and scores[_TRIED] + _KNOWN_LEMMA >= highest:  # the next one could win, too
            return best, min(highest - second, scores[_TRIED - 1] - scores[_TRIED])
        return best, highest - second
