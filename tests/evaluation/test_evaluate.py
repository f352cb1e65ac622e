"""Evaluating files, sentences and parsers: what is compared, and what is left out and told."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import arcparser
from arcparser.errors import ConlluError, InputError, TreeError
from arcparser.evaluation.conll18 import evaluate_sentences
from arcparser.evaluation.evaluate import sentence_pair
from arcparser.evaluation.scores import Score
from arcparser.parsing.parser import Parser
from tests.helpers.annotated import rows
from tests.helpers.toy import DEV

GOLD = rows("The 2 det", "dogs 3 nsubj", "slept 0 root", "in 6 case", "the 6 det", "shade 3 obl:loc", ". 3 punct")


def test_two_files(tmp_path: Path) -> None:
    gold, system = tmp_path / "gold.conllu", tmp_path / "system.conllu"
    gold.write_text(GOLD + GOLD, encoding="utf-8")
    system.write_text(GOLD + GOLD.replace("6\tcase", "3\tcase"), encoding="utf-8")
    expected = Score(correct=13, gold=14, system=14, aligned=14)
    assert evaluate_sentences(*sentence_pair(gold, str(system))).las == expected
    assert arcparser.evaluate(gold, str(system)).las == expected
    gold.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match="no sentence to evaluate"):
        sentence_pair(gold, gold)
    with pytest.raises(InputError, match="no such file"):
        sentence_pair(tmp_path / "none", system)


def test_invalid_sentences_are_skipped_on_both_sides(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gold, system = tmp_path / "gold.conllu", tmp_path / "system.conllu"
    cyclic, malformed = GOLD.replace("0\troot", "2\troot"), GOLD.replace("7\t.", "8\t.")
    gold.write_text(GOLD + malformed + GOLD + GOLD, encoding="utf-8")
    system.write_text(GOLD + GOLD + cyclic + GOLD, encoding="utf-8")
    with pytest.raises(ConlluError):
        sentence_pair(gold, system)
    with pytest.raises(TreeError):
        sentence_pair(system, gold)
    assert caplog.records == []
    scores = evaluate_sentences(*sentence_pair(gold, system, skip_invalid=True))
    assert (scores.sentences.gold, scores.las.f1) == (2, 100.0)
    assert {(record.name, record.levelno) for record in caplog.records} == {
        ("arcparser.evaluation.evaluate", logging.WARNING)
    }
    errors = [error for record in caplog.records[:-1] for error in record.args or ()]
    assert [type(error) for error in errors] == [ConlluError, TreeError]
    assert caplog.messages == [*(f"skipped: {error}" for error in errors), "2 invalid sentences left out"]
    system.write_text(GOLD, encoding="utf-8")
    with pytest.raises(InputError, match="has 1 sentence, gold has 4"):
        sentence_pair(gold, system, skip_invalid=True)


def test_the_file_at_fault_is_named_if_no_sentence_is_left(tmp_path: Path, toy_parser: Parser) -> None:
    gold, system = tmp_path / "gold.conllu", tmp_path / "system.conllu"
    gold.write_text(GOLD, encoding="utf-8")
    system.write_text(GOLD.replace("1\tThe\t_\tX\t_\t_\t2", "1\tThe\t_\tX\t_\t_\t0"), encoding="utf-8")
    expected = rf"{re.escape(str(system))}:4: no sentence is left to evaluate, .*: the sentence has 2 roots \(1, 3\)"
    for pair in ((gold, system), (system, gold), (gold, list(arcparser.read_conllu(system))), (system, toy_parser)):
        with pytest.raises(TreeError, match=expected):
            arcparser.evaluate(*pair, skip_invalid=True)
    empty = tmp_path / "empty.conllu"
    empty.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"^{re.escape(str(empty))}: no sentence to evaluate"):
        arcparser.evaluate(empty, system, skip_invalid=True)
    with pytest.raises(InputError, match=rf"^{re.escape(str(empty))}: has 0 sentences, gold has 1, .*system"):
        arcparser.evaluate(system, empty, skip_invalid=True)


def test_invalid_sentences_given_as_sentences_are_skipped_in_pairs(caplog: pytest.LogCaptureFixture) -> None:
    gold, system = (list(arcparser.read_conllu(DEV)) for _ in range(2))
    system[1].rows[0][6] = "1"
    scores = arcparser.evaluate(gold, iter(system), skip_invalid=True)
    assert scores.sentences == Score(correct=len(gold) - 1, gold=len(gold) - 1, system=len(gold) - 1)
    assert caplog.messages[-1] == "1 invalid sentence left out"


def test_many_invalid_sentences_are_counted_not_listed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gold = tmp_path / "gold.conllu"
    gold.write_text(GOLD + 9 * GOLD.replace("7\t.", "8\t."), encoding="utf-8")
    assert arcparser.evaluate(gold, sentence_pair(gold, gold, skip_invalid=True)[1], skip_invalid=True).las.f1 == 100
    # Nine in each of two files, and nine in one file.
    assert len(caplog.messages) == 2 * (5 + 1)
    assert caplog.messages[5::6] == ["18 invalid sentences left out", "9 invalid sentences left out"]


def test_sentences_and_a_parser(toy_parser: Parser) -> None:
    gold = list(arcparser.read_conllu(DEV))
    ours, parsed = sentence_pair(gold, toy_parser)
    assert ours is gold
    assert [s.forms for s in parsed] == [s.forms for s in gold]
    assert b"".join(s.to_bytes() for s in gold) == DEV.read_bytes()  # the parser was given copies
    scores = arcparser.evaluate(DEV, toy_parser, batch_words=50)
    assert scores == arcparser.evaluate(gold, toy_parser) == evaluate_sentences(gold, parsed)
    assert sentence_pair(gold, parsed) == (gold, parsed)


def test_no_sentences_are_not_scored() -> None:
    with pytest.raises(InputError, match=r"^gold: no sentence to evaluate: give at least one$"):
        arcparser.evaluate([], [])
