"""Evaluate files, sentences or a parser: the functions behind the command `evaluate`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from operator import is_
from typing import Any, BinaryIO, cast

from arcparser.errors import ConlluError, InputError, UsageError, as_iterator, count, quote
from arcparser.evaluation.conll18 import attachment_scores, evaluate_sentences
from arcparser.evaluation.scores import Scores
from arcparser.model.registry import is_model
from arcparser.network.network import Network
from arcparser.parsing.parser import BATCH_WORDS, Parser, check_batch_words, load
from arcparser.parsing.predictor import Prediction, Predictor
from arcparser.pretrained.contexts import Contexts
from arcparser.treebank.reader import read_blocks
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tokenlist import AnySentence, as_sentence, is_tokenlist
from arcparser.treebank.tree import check_tree
from arcparser.types import PathLike

Source = PathLike | BinaryIO | Iterable[AnySentence]

_logger = logging.getLogger(__name__)


def evaluate(
    gold: Source,
    system: Source | Parser,
    *,
    skip_invalid: bool = False,
    batch_words: int = BATCH_WORDS,
) -> Scores:
    """Score `system` against `gold` as in the CoNLL 2018 shared task.

    Args:
        gold: A CoNLL-U file by its path, a binary stream of one, or sentences: Sentences or `conllu` TokenLists, in a
            list or from an iterator such as `read_conllu` returns.
        system: The same, or a parser: it parses the words of `gold`, whose tags and trees it is not shown. The name of
            a model that is installed, or the path of a `.arcparser` file, means its parser.
        skip_invalid: Leave out malformed sentences and those that are no tree, instead of refusing the file. The first
            five of a file or pair of files, and how many there were, are logged.
        batch_words: How many words the parser collects before it parses; memory grows with it.

    Raises:
        InputError: A file cannot be read or is malformed, or no sentence is left.
        AlignmentError: The two texts differ.
        ModelError: A model cannot be loaded.
        UsageError: An argument is none of these.
    """
    return evaluate_sentences(*sentence_pair(gold, system, skip_invalid=skip_invalid, batch_words=batch_words))


def score_networks(
    networks: Sequence[Network], gold: Sequence[Sentence], *, threads: int, contexts: Contexts | None = None
) -> Scores:
    """Score networks that choose together, as `evaluate` scores their parser, but in several threads.

    Args:
        networks: Of one vocabulary and size.
        gold: Sentences with all that is to be predicted.
        threads: How many.
        contexts: What a pretrained encoder says of the sentences, for networks that were trained with it.
    """
    forms = [sentence.forms for sentence in gold]

    def predict(first: int) -> list[Prediction]:
        share = range(first, len(gold), threads)
        of_share = None if contexts is None else contexts.take(share)
        return Predictor(*networks).predict([forms[i] for i in share], contexts=of_share)

    with ThreadPoolExecutor(threads) as pool:
        predicted = list(pool.map(predict, range(threads)))
    predictions = [predicted[i % threads][i // threads] for i in range(len(gold))]
    lists = networks[0].vocabulary
    return attachment_scores(
        gold,
        [p.heads.tolist() for p in predictions],
        [[lists.labels[i] for i in p.labels] for p in predictions],
        upos=[[lists.upos[i] for i in p.tags[:, 0]] for p in predictions],
        xpos=[[lists.xpos[i] for i in p.tags[:, 1]] for p in predictions],
        feats=[[lists.feats[i] for i in p.tags[:, 2]] for p in predictions],
        lemmas=None if not lists.lemma_rules else [[] if p.lemmas is None else p.lemmas.tolist() for p in predictions],
    )


def sentence_pair(
    gold: Source,
    system: Source | Parser,
    *,
    skip_invalid: bool = False,
    batch_words: int = BATCH_WORDS,
) -> tuple[Sequence[Sentence], Sequence[Sentence]]:
    """Return the sentences that `evaluate` compares, for a closer look (`arcparser.evaluation.error_analysis`).

    Arguments and errors are those of `evaluate`.
    """
    check_batch_words(batch_words)
    parser = _parser(system)
    ours = _Side.read("gold", gold, skip_invalid, labeled=parser is not None)
    if parser is not None:
        wanted = _valid_alone(ours)
        copies = map(_without_lemmas, wanted)
        parsed = parser.parse_stream(copies, batch_words=batch_words, tags="retag")
        return wanted, [item for item in parsed if isinstance(item, Sentence)]
    # An iterator gives its sentences once.
    theirs = ours if system is gold and isinstance(gold, Iterator) else _Side.read("system", system, skip_invalid)
    if (ours.is_file and theirs.is_file) or len(ours.items) == len(theirs.items):
        return _valid_pairs(ours, theirs)
    return _valid_alone(ours), _valid_alone(theirs)


def _without_lemmas(sentence: Sentence) -> Sentence:
    """Return a copy whose lemmas are not those of gold, in case that the parser makes none."""
    copy = sentence.copy()
    copy.set_lemmas(["_"] * len(copy), mode="retag")
    return copy


@dataclass(frozen=True)
class _Side:
    """Hold what is compared, on one side.

    Attributes:
        name: What messages call it: the file, or `gold` or `system`.
        is_file: It was read from a file.
        items: Its sentences, and in their places the errors of those to be left out.
    """

    name: str
    is_file: bool
    items: list[Sentence | InputError]

    @classmethod
    def read(cls, role: str, source: Any, skip_invalid: bool, *, labeled: bool = False) -> _Side:
        """Read a file, or take sentences; an invalid one raises its error, or with `skip_invalid` leaves it there.

        Args:
            role: "gold" or "system".
            source: What `evaluate` was given.
            skip_invalid: Keep errors.
            labeled: In a file, a word without DEPREL is invalid.
        """
        items: list[Sentence | InputError] = []
        is_file = isinstance(source, (str, os.PathLike)) or hasattr(source, "read")
        for item in _read_file(source, skip_invalid) if is_file else _take(role, source):
            try:
                if isinstance(item, InputError):
                    raise item
                check_tree(item, require_deprels=labeled and is_file)
                items.append(item)
            except InputError as error:
                if error.file is None:
                    error = type(error)(error.problem, f"{role}[{len(items)}]")
                if not skip_invalid:
                    raise error from None
                items.append(error)
        if isinstance(source, list) and all(map(is_, items, source)):
            items = source
        name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", role)
        return cls(str(name), is_file, items)


def _read_file(source: PathLike | BinaryIO, skip_invalid: bool) -> Iterator[Sentence | InputError]:
    for item in read_blocks(source, on_invalid="pass" if skip_invalid else "raise"):
        if isinstance(item, Sentence):
            yield item
        elif item.error is not None:
            yield item.error


def _take(role: str, source: Any) -> Iterator[Sentence | InputError]:
    """Take the sentences that a caller gives."""
    if isinstance(source, Sentence) or is_tokenlist(source):
        source = [source]
    wanted = "a CoNLL-U file by its path, or sentences"
    if role == "system":
        wanted += ", or a parser or the name of a model"
    for number, given in enumerate(as_iterator(role, source, wanted)):
        place = f"{role}[{number}]"
        if isinstance(given, (str, os.PathLike)):
            raise UsageError(f"{place} is {quote(given, 60)}, not a sentence: give one file by its path, or sentences")
        try:
            yield as_sentence(given, source=place)
        except ConlluError as error:
            yield error
        except UsageError as error:
            raise UsageError(f"{place}: {error}") from None


def _parser(system: Any) -> Parser | None:
    """Return the parser that is to be scored; None if a file or sentences are."""
    if isinstance(system, Parser):
        return system
    if isinstance(system, (str, os.PathLike)) and is_model(system):
        return load(system)
    return None


def _valid_pairs(ours: _Side, theirs: _Side) -> tuple[list[Sentence], list[Sentence]]:
    """Leave out of both sides what is invalid on one."""
    errors = [item for item in chain(ours.items, theirs.items) if isinstance(item, InputError)]
    if not ours.items:
        raise _nothing(ours)
    if errors and len(ours.items) != len(theirs.items):
        sizes = f"has {count(len(theirs.items), 'sentence')}, gold has {len(ours.items)}"
        problem = f"{sizes}, and some are invalid ({errors[0]})"
        advice = "correct them, as skipping needs the same sentences in both files"
        raise InputError(f"{problem}: {advice}", theirs.name)
    if not errors:
        return [s for s in ours.items if isinstance(s, Sentence)], [s for s in theirs.items if isinstance(s, Sentence)]
    pairs = [(a, b) for a, b in zip(ours.items, theirs.items) if isinstance(a, Sentence) and isinstance(b, Sentence)]
    if not pairs:
        raise _all_invalid(errors)
    _log_skipped(errors)
    return [a for a, _ in pairs], [b for _, b in pairs]


def _valid_alone(side: _Side) -> list[Sentence]:
    """Leave out what is invalid, whatever is on the other side."""
    errors = [item for item in side.items if isinstance(item, InputError)]
    valid = [item for item in side.items if isinstance(item, Sentence)]
    if not valid and errors:
        raise _all_invalid(errors)
    if not valid:
        raise _nothing(side)
    _log_skipped(errors)
    return valid if errors else cast("list[Sentence]", side.items)  # else the very list that was given


def _nothing(side: _Side) -> InputError:
    advice = "give a treebank in CoNLL-U" if side.is_file else "give at least one"
    return InputError(f"no sentence to evaluate: {advice}", side.name)


def _all_invalid(errors: Sequence[InputError]) -> InputError:
    """Return the first error, with the word that no sentence is left."""
    first = errors[0]
    problem = f"no sentence is left to evaluate, the first of those left out: {first.problem}"
    return type(first)(problem, first.file, first.line)


def _log_skipped(errors: Sequence[InputError]) -> None:
    for error in errors[:5]:
        _logger.warning("skipped: %s", error)
    if errors:
        _logger.warning("%s left out", count(len(errors), "invalid sentence"))
