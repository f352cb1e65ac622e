"""Evaluate files, sentences or a parser: the functions behind the command `evaluate`."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from arcparser.errors import InputError
from arcparser.evaluation.conll18 import attachment_scores, evaluate_sentences
from arcparser.evaluation.scores import Scores
from arcparser.network.network import Network
from arcparser.parsing.parser import BATCH_WORDS, Parser
from arcparser.parsing.predictor import Predictor
from arcparser.treebank.reader import OtherLines, read_blocks
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree
from arcparser.treebank.treebank import read_treebank
from arcparser.types import PathLike

Source = PathLike | Sequence[Sentence]

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
        gold: A CoNLL-U file, or sentences.
        system: The same, or a parser: it parses the words of `gold`, whose tags and trees it is not shown.
        skip_invalid: Leave out malformed sentences and those that are no tree, instead of refusing the file. The first
            five of a file or pair of files, and how many there were, are logged.
        batch_words: How many words the parser collects before it parses; memory grows with it.

    Raises:
        InputError: A file cannot be read or is malformed.
        AlignmentError: The two texts differ.
    """
    return evaluate_sentences(*sentence_pair(gold, system, skip_invalid=skip_invalid, batch_words=batch_words))


def score_networks(networks: Sequence[Network], gold: Sequence[Sentence], *, threads: int) -> Scores:
    """Score networks that choose together, as `evaluate` scores their parser, but in several threads.

    Args:
        networks: Of one vocabulary and size.
        gold: Sentences with all that is to be predicted.
        threads: How many.
    """
    forms = [sentence.forms for sentence in gold]
    with ThreadPoolExecutor(threads) as pool:
        shares = [forms[i::threads] for i in range(threads)]
        predicted = list(pool.map(lambda share: Predictor(*networks).predict(share), shares))
    predictions = [predicted[i % threads][i // threads] for i in range(len(gold))]
    lists = networks[0].vocabulary
    return attachment_scores(
        gold,
        [p.heads.tolist() for p in predictions],
        [[lists.labels[i] for i in p.labels] for p in predictions],
        upos=[[lists.upos[i] for i in p.tags[:, 0]] for p in predictions],
        xpos=[[lists.xpos[i] for i in p.tags[:, 1]] for p in predictions],
        feats=[[lists.feats[i] for i in p.tags[:, 2]] for p in predictions],
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
    if isinstance(system, Parser):
        wanted = _sentences(gold, skip_invalid)
        copies = (sentence.copy() for sentence in wanted)
        parsed = system.parse_stream(copies, batch_words=batch_words, tags="retag")
        return wanted, [item for item in parsed if isinstance(item, Sentence)]
    if isinstance(gold, (str, os.PathLike)) and isinstance(system, (str, os.PathLike)):
        return read_pair(gold, system, skip_invalid=skip_invalid)
    return _sentences(gold, skip_invalid), _sentences(system, skip_invalid)


def read_pair(gold: PathLike, system: PathLike, *, skip_invalid: bool = False) -> tuple[list[Sentence], list[Sentence]]:
    """Read the sentences of two CoNLL-U files that are to be compared.

    Args:
        gold: The file with the right trees.
        system: The file that is to be scored.
        skip_invalid: Leave a sentence that is malformed or no tree in one of the files out of both, and log it. The
            files must then agree in their sentences.

    Raises:
        InputError: A file cannot be read, is malformed or has no sentences, or the files do not agree in theirs.
    """
    ours, theirs = _read(gold, skip_invalid), _read(system, skip_invalid)
    errors = [item for item in chain(ours, theirs) if isinstance(item, InputError)]
    if errors and len(ours) != len(theirs):
        problem = f"has {len(theirs)} sentences, gold has {len(ours)}, and some are invalid ({errors[0]})"
        advice = "correct them, as skipping needs the same sentences in both files"
        raise InputError(f"{problem}: {advice}", os.fspath(system))
    if errors:
        pairs = [(a, b) for a, b in zip(ours, theirs) if isinstance(a, Sentence) and isinstance(b, Sentence)]
        gold_sentences, system_sentences = [a for a, _ in pairs], [b for _, b in pairs]
    else:
        gold_sentences = [item for item in ours if isinstance(item, Sentence)]
        system_sentences = [item for item in theirs if isinstance(item, Sentence)]
    if not gold_sentences:
        raise InputError("no sentence to evaluate: give a treebank in CoNLL-U", os.fspath(gold))
    _log_skipped(errors)
    return gold_sentences, system_sentences


def _read(path: PathLike, skip_invalid: bool) -> list[Sentence | InputError]:
    """Read a file; an invalid sentence raises its error, or with `skip_invalid` leaves it in its place."""
    items: list[Sentence | InputError] = []
    for item in read_blocks(path, on_invalid="pass" if skip_invalid else "raise"):
        if isinstance(item, OtherLines):
            if item.error is not None:
                items.append(item.error)
            continue
        try:
            check_tree(item, require_deprels=False)
            items.append(item)
        except InputError as error:
            if not skip_invalid:
                raise
            items.append(error)
    return items


def _sentences(source: Source, skip_invalid: bool) -> Sequence[Sentence]:
    if not isinstance(source, (str, os.PathLike)):
        return source
    treebank = read_treebank(source, skip_invalid=skip_invalid)
    _log_skipped(treebank.skipped)
    return treebank.sentences


def _log_skipped(errors: Sequence[InputError]) -> None:
    for error in errors[:5]:
        _logger.warning("skipped: %s", error)
    if errors:
        _logger.warning("%d invalid sentence%s left out", len(errors), "s" * (len(errors) > 1))
