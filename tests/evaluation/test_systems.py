"""Systems side by side: counts of sentences that add up to the scores, relations, and the sentences that changed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from arcparser.errors import AlignmentError, UsageError
from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import by_relation
from arcparser.evaluation.evaluate import evaluate
from arcparser.evaluation.scores import METRICS
from arcparser.evaluation.significance import f1
from arcparser.evaluation.systems import compare_systems, sentence_counts
from arcparser.parsing.parser import Parser
from arcparser.treebank.reader import read_conllu
from tests.helpers.annotated import read, rows
from tests.helpers.toy import DEV, TEST

GOLD = rows("Dogs 2 nsubj", "bark 0 root") + rows("The 2 det", "cat 3 nsubj", "sat 0 root", ". 3 punct", sent_id="s2")
LEFT = GOLD.replace("2\tnsubj", "2\tobj", 1)
RIGHT = GOLD.replace("2\tdet", "3\tdet").replace("3\tpunct", "2\tpunct")


def test_counts_add_up_to_the_scores(toy_parser: Parser) -> None:
    gold = list(read_conllu(TEST))
    parsed = list(toy_parser.parse_many(gold, tags="retag"))
    scores = evaluate(gold, parsed)
    comparison = compare(gold, parsed)
    sums = sentence_counts(comparison, [len(sentence) for sentence in gold]).sum(0)
    for name, values in zip(comparison.correct_words(), sums):
        score = getattr(scores, METRICS[name])
        assert values.tolist() == [score.correct, score.gold, score.system]


def test_counts_where_words_differ() -> None:
    gold, system = (
        read(rows("I 2 x", "do 0 root", "not 2 x") + GOLD),
        read(rows("Ido 0 root", "not 1 x") + GOLD.replace("\tDogs\t", "\tDo\t").replace("2\tbark", "2\tgsbark")),
    )
    scores, comparison = evaluate(gold, system), compare(gold, system)
    counts = sentence_counts(comparison, [3, 2, 4])
    assert counts[:, 0].tolist() == [[1, 3, 4], [0, 2, 0], [4, 4, 4]]
    las = list(comparison.correct_words()).index("LAS")
    assert f1(counts[:, las].sum(0)) == pytest.approx(scores.las.f1)


def test_three_systems() -> None:
    found = compare_systems(read(GOLD), [read(GOLD), read(LEFT), read(RIGHT)], names=["g", "l", "r"], resamples=200)
    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, 1), (0, 2), (1, 2)]
    las = found.metrics.index("LAS")
    assert [pair.metrics.difference[las].round(2) for pair in found.pairs] == [-16.67, -33.33, -16.67]
    assert [[(one.index, one.gained, one.lost) for one in pair.changed] for pair in found.pairs] == [
        [(0, 0, 1)],
        [(1, 0, 2)],
        [(1, 0, 2), (0, 1, 0)],
    ]
    for pair, system in ((found.pairs[0], LEFT), (found.pairs[1], RIGHT)):
        groups = {group.name: group for group in by_relation(compare(read(GOLD), read(system)))}
        for name, score in zip(found.relations, pair.relations.second):
            assert score == pytest.approx(groups[name].las.f1 if name in groups else 0)
    assert found.relations[:2] == ["nsubj", "root"] and found.support[:2] == [2, 2]
    values = json.loads(json.dumps(found.as_dict(most=1)))
    assert values["pairs"][2]["changed"] == [{"sentence": 2, "sent_id": "s2", "gained": 0, "lost": 2}]
    assert values["pairs"][0]["metrics"]["LAS"]["second"] == pytest.approx(83.33, abs=0.01)
    assert values["systems"][0]["scores"]["LAS"] == {"f1": 100, "low": 100, "high": 100}


def test_a_model_beside_itself(toy_model: Path) -> None:
    found = compare_systems(DEV, [toy_model, str(toy_model)], names=["a", "b"], resamples=50)
    assert not found.pairs[0].changed
    assert (found.pairs[0].metrics.bootstrap_p == 1).all() and (found.pairs[0].relations.randomization_p == 1).all()
    assert np.array_equal(found.systems[0].low, found.systems[1].low)


def test_what_is_refused() -> None:
    with pytest.raises(UsageError, match="1 system: give 2 to 10"):
        compare_systems(read(GOLD), [read(GOLD)], names=["a"])
    with pytest.raises(UsageError, match="1 name for 2 systems: give one for each"):
        compare_systems(read(GOLD), [read(GOLD), read(GOLD)], names=["a"])
    with pytest.raises(AlignmentError):
        compare_systems(read(GOLD), [read(GOLD), read(GOLD.replace("cat", "dog"))], names=["a", "b"])
