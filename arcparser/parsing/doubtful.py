"""Find the sentences that a parser is least sure of, which an annotator had best look at first.

The probability that a word is right is that of its arc times that of its label: with `ArcScore` and `LabelScore` in
MISC, or of a model that parses the file anew. A sentence comes the earlier, the more of its words are expected to be
wrong: the mean of 1 − p over its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.errors import ConlluError, UsageError, quote
from arcparser.parsing.parser import Parser
from arcparser.treebank.attributes import Attributes
from arcparser.treebank.sentence import Sentence
from arcparser.types import Floats

_ADVICE = "give --model, or parse with --scores"
DOUBT = 0.5  # a word whose probability is below is doubtful


@dataclass(frozen=True)
class Doubtful:
    """Hold the sentences with doubtful words.

    Attributes:
        sentences: Those asked for, the least certain first, with the second-best of each doubtful word in MISC.
        words: How many doubtful words they have.
        of: How many sentences there were.
    """

    sentences: list[Sentence]
    words: int
    of: int


def find_doubtful(
    sentences: Iterable[Sentence], *, parser: Parser | None = None, top: int | None = None, below: float | None = None
) -> Doubtful:
    """Return the least certain sentences first.

    With a parser, each doubtful word gets `AltHead` and `AltDeprel` in MISC: the most probable head but for the chosen
    one, and the most probable label of the chosen arc but for the chosen one.

    Args:
        sentences: Parsed with scores, or, with a parser, any. They are not changed.
        parser: Parses the sentences.
        top: How many sentences, at most.
        below: Words with a lower probability are doubtful (0.5 if nothing is said), and where it is given, only
            sentences with such a word are returned.

    Raises:
        UsageError: A number is impossible.
        ConlluError: Without a parser: a word has no scores.
    """
    if top is not None and top < 1:
        raise UsageError(f"top {top}: give at least 1")
    if below is not None and not 0 < below <= 1:
        raise UsageError(f"below {below}: give a probability above 0 and of at most 1")
    limit = DOUBT if below is None else below
    if parser is None:
        found = [(sentence.copy(), noted_probabilities(sentence, advice=_ADVICE)) for sentence in sentences]
    else:
        found = [(s, _probabilities(s)) for s in parser.parse_many(sentences, scores=True)]
    order = sorted(range(len(found)), key=lambda i: -float((1 - found[i][1]).mean()))
    chosen = [found[i] for i in order if below is None or (found[i][1] < limit).any()][:top]
    for sentence, probabilities in chosen:
        _note_second(sentence, np.flatnonzero(probabilities < limit).tolist())
    return Doubtful([sentence for sentence, _ in chosen], sum(int((p < limit).sum()) for _, p in chosen), len(found))


def _probabilities(sentence: Sentence) -> Floats:
    """Return the probability `[n]` that each word is right, of a sentence that was parsed with scores."""
    scores = sentence.scores
    return np.zeros(0) if scores is None else scores.arc * scores.label


def noted_probabilities(sentence: Sentence, *, advice: str = "parse with --scores") -> Floats:
    """Return the probability `[n]` that head and label of each word are right, as MISC says.

    Args:
        sentence: The sentence.
        advice: What to do where there are no probabilities.

    Raises:
        ConlluError: A word has no scores.
    """
    values = []
    for position, misc in enumerate(sentence.misc):
        attributes = Attributes(misc)
        try:
            both = float(attributes["ArcScore"]), float(attributes["LabelScore"])
        except KeyError:
            problem = f"no ArcScore and LabelScore in MISC: {advice}"
            sentence.fail(ConlluError, problem, position)
        except ValueError:
            problem = f"{quote(misc)} has a score that is no number: parse with --scores"
            sentence.fail(ConlluError, problem, position)
        if not all(0 <= value <= 1 for value in both):  # nor is NaN
            problem = f"{quote(misc)} has a score that is no probability: parse with --scores"
            sentence.fail(ConlluError, problem, position)
        values.append(both[0] * both[1])
    return np.array(values)


def _note_second(sentence: Sentence, words: Sequence[int]) -> None:
    """Write the second-best heads and labels of words into MISC, where they are known."""
    scores = sentence.scores
    if scores is None:
        return
    for word in words:
        head, deprel = int(scores.second_heads[word]), scores.second_deprels[word]
        notes = [f"AltHead={head}"] if head >= 0 else []
        notes += [f"AltDeprel={deprel}"] if deprel != "_" else []
        if notes:
            sentence.add_misc(word, "|".join(notes))
