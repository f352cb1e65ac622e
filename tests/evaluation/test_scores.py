"""The numbers as a table and as JSON."""

from __future__ import annotations

import json

from arcparser.evaluation.scores import METRICS
from tests.helpers.tagged import GOLD, changed, evaluate, rows


def test_table_and_json() -> None:
    system = changed("dogs NOUN Number=Plur 3 nsubj", "dogs NOUN Number=Plur 6 nsubj")
    scores = evaluate(GOLD, system)
    assert str(scores) == scores.table()
    lines = scores.table().splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == list(METRICS)[3:]
    assert "LAS        85.71" in lines
    assert lines[-1].startswith("7 words in 1 sentence,")
    values = json.loads(json.dumps(scores.as_dict()))
    assert list(values) == list(METRICS)
    assert values["LAS"] == {
        "precision": 600 / 7,
        "recall": 600 / 7,
        "f1": 600 / 7,
        "aligned_accuracy": 600 / 7,
        "correct": 6,
        "gold": 7,
        "system": 7,
        "aligned": 7,
    }
    split = evaluate(rows("ab X _ 0 root"), rows("a X _ 0 root", "b X _ 1 dep"))
    lines = split.table().splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == list(METRICS)
    assert lines[1].split() == ["Tokens", "0.00", "0.00", "0.00"]
    assert split.as_dict()["Words"]["aligned_accuracy"] is None
