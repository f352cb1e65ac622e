"""The plain functions behind the commands ``parse`` and ``evaluate``, to be called from Python."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from . import model
from .evaluation import evaluate_files, evaluate_sentences
from .parser import BATCH_WORDS, Parser
from .scores import Scores
from .sentence import Sentence
from .treebank import read_treebank

Source = str | os.PathLike[str] | Sequence[Sentence]


def load(name_or_path: str | os.PathLike[str] = model.DEFAULT_MODEL) -> Parser:
    """A parser from a model file, or from the name of a model that is installed.

    :raises ModelError: there is no such model, or its file is damaged or of another version.
    """
    return Parser(model.load(name_or_path))


def evaluate(
    gold: Source, system: Source | Parser, *, skip_invalid: bool = False, batch_words: int = BATCH_WORDS
) -> Scores:
    """Scores of ``system`` against ``gold`` as in the CoNLL 2018 shared task.

    :param gold: a CoNLL-U file, or sentences.
    :param system: the same, or a parser: it parses the words of ``gold``, whose tags and trees it is not shown.
    :raises InputError: a file cannot be read or is malformed.
    :raises AlignmentError: the two texts differ.
    """
    if not isinstance(system, Parser):
        if isinstance(gold, (str, os.PathLike)) and isinstance(system, (str, os.PathLike)):
            return evaluate_files(gold, system, skip_invalid=skip_invalid)
        return evaluate_sentences(_sentences(gold, skip_invalid), _sentences(system, skip_invalid))
    gold_sentences = _sentences(gold, skip_invalid)
    parsed = system.parse_stream(
        (sentence.copy() for sentence in gold_sentences), batch_words=batch_words, tags="retag"
    )
    return evaluate_sentences(gold_sentences, [s for s in parsed if isinstance(s, Sentence)])


def _sentences(source: Source, skip_invalid: bool) -> Sequence[Sentence]:
    if isinstance(source, (str, Path, os.PathLike)):
        return read_treebank(source, skip_invalid=skip_invalid).sentences
    return source
