"""The least certain sentences: their order, and what is noted of doubtful words."""

from __future__ import annotations

import numpy as np
import pytest

import arcparser
from arcparser.errors import ConlluError, UsageError
from arcparser.parsing.doubtful import find_doubtful
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import TEST


def with_scores(*values: tuple[float, float]) -> Sentence:
    misc = [f"ArcScore={arc}|LabelScore={label}" for arc, label in values]
    return Sentence.from_words([f"w{i}" for i in range(len(values))], misc=misc)


def test_the_order_of_what_is_noted() -> None:
    sure, unsure, long = with_scores((1, 1)), with_scores((0.5, 0.5)), with_scores((1, 1), (1, 0.4), (0.9, 1))
    found = find_doubtful([sure, unsure, long])
    assert [s.forms for s in found.sentences] == [unsure.forms, long.forms, sure.forms]
    assert (found.words, found.of) == (2, 3)
    assert [len(s) for s in find_doubtful([sure, unsure, long], top=1).sentences] == [1]
    assert [len(s) for s in find_doubtful([sure, unsure, long], below=0.5).sentences] == [1, 3]
    assert [len(s) for s in find_doubtful([sure, unsure, long], below=0.3).sentences] == [1]
    assert [len(s) for s in find_doubtful([sure, unsure, long], below=1, top=5).sentences] == [1, 3]
    assert find_doubtful([sure, unsure, long]).sentences[0].to_bytes() == unsure.to_bytes()


def test_a_model_notes_what_comes_second(toy_parser: Parser) -> None:
    gold = list(arcparser.read_conllu(TEST))
    found = find_doubtful(gold, parser=toy_parser, top=7)
    assert len(found.sentences) == 7
    expected = [s for s in toy_parser.parse_many(gold, scores=True) if s.scores is not None]
    means = sorted(float((s.scores.arc * s.scores.label).mean()) for s in expected if s.scores is not None)
    for sentence, mean in zip(found.sentences, means):
        scores = sentence.scores
        assert scores is not None
        probabilities = scores.arc * scores.label
        assert probabilities.mean() == pytest.approx(mean)
        for position, misc in enumerate(sentence.misc):
            notes = dict(note.partition("=")[::2] for note in misc.split("|"))
            doubtful = probabilities[position] < 0.5
            second = int(scores.second_heads[position])
            assert notes.get("AltHead") == (str(second) if doubtful and second >= 0 else None)
            deprel = scores.second_deprels[position]
            assert notes.get("AltDeprel") == (deprel if doubtful and deprel != "_" else None)
    assert not any("AltHead" in misc for sentence in gold for misc in sentence.misc)
    assert np.all([sentence.heads.count(0) == 1 for sentence in found.sentences])


def test_what_is_refused() -> None:
    with pytest.raises(ConlluError, match="no ArcScore and LabelScore in MISC: give --model"):
        find_doubtful([Sentence.from_words(["a"])])
    with pytest.raises(ConlluError, match="a score that is no number"):
        find_doubtful([Sentence.from_words(["a"], misc=["ArcScore=x|LabelScore=1"])])
    with pytest.raises(UsageError, match="top 0: give at least 1"):
        find_doubtful([], top=0)
    for below in (0, 1.1, float("nan")):
        with pytest.raises(UsageError, match="give a probability above 0"):
            find_doubtful([], below=below)
