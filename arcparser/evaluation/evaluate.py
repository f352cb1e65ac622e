"""The plain functions behind the command `evaluate`, to be called from Python."""

from __future__ import annotations

import os
from collections.abc import Sequence

from arcparser.errors import InputError
from arcparser.evaluation.conll18 import evaluate_sentences, read_pair
from arcparser.evaluation.scores import Scores
from arcparser.parsing.parser import BATCH_WORDS, Parser
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import read_treebank
from arcparser.types import PathLike, Report

Source = PathLike | Sequence[Sentence]


def evaluate(
    gold: Source,
    system: Source | Parser,
    *,
    skip_invalid: bool = False,
    batch_words: int = BATCH_WORDS,
    report: Report = lambda line: None,
) -> Scores:
    """Scores of `system` against `gold` as in the CoNLL 2018 shared task.

    Args:
        gold: A CoNLL-U file, or sentences.
        system: The same, or a parser: it parses the words of `gold`, whose tags and trees it is not shown.
        skip_invalid: Leave out malformed sentences and those that are no tree, instead of refusing the file.
        report: Told what is left out, a line at a time.

    Raises:
        InputError: A file cannot be read or is malformed.
        AlignmentError: The two texts differ.
    """
    pair = sentence_pair(gold, system, skip_invalid=skip_invalid, batch_words=batch_words, report=report)
    return evaluate_sentences(*pair)


def sentence_pair(
    gold: Source,
    system: Source | Parser,
    *,
    skip_invalid: bool = False,
    batch_words: int = BATCH_WORDS,
    report: Report = lambda line: None,
) -> tuple[Sequence[Sentence], Sequence[Sentence]]:
    """The sentences that `evaluate` compares, for a closer look (`arcparser.evaluation.error_analysis`)."""
    skipped: list[InputError] = []

    def sentences(source: Source) -> Sequence[Sentence]:
        if not isinstance(source, (str, os.PathLike)):
            return source
        treebank = read_treebank(source, skip_invalid=skip_invalid)
        skipped.extend(treebank.skipped)
        return treebank.sentences

    pair: tuple[Sequence[Sentence], Sequence[Sentence]]
    if isinstance(system, Parser):
        wanted = sentences(gold)
        copies = (sentence.copy() for sentence in wanted)
        parsed = system.parse_stream(copies, batch_words=batch_words, tags="retag")
        pair = wanted, [s for s in parsed if isinstance(s, Sentence)]
    elif isinstance(gold, (str, os.PathLike)) and isinstance(system, (str, os.PathLike)):
        pair = read_pair(gold, system, skip_invalid=skip_invalid, report=skipped.append)
    else:
        pair = sentences(gold), sentences(system)
    for error in skipped[:5]:
        report(f"skipped: {error}")
    if skipped:
        report(f"{len(skipped)} invalid sentence{'s' * (len(skipped) > 1)} left out")
    return pair
