"""The inventories of relations and features, and codes that mean the same on both sides."""

from __future__ import annotations

from arcparser.evaluation import columns
from arcparser.evaluation.columns import Annotation, encode, universal_features
from tests.helpers.annotated import read, rows
from tests.helpers.referee import udeval


def test_the_inventories_are_those_of_the_referee() -> None:
    assert columns.CONTENT_RELATIONS == udeval.CONTENT_DEPRELS
    assert columns.FUNCTION_RELATIONS == udeval.FUNCTIONAL_DEPRELS
    assert columns.UNIVERSAL_FEATURES == udeval.UNIVERSAL_FEATURES


def test_universal_features() -> None:
    assert universal_features("Number=Sing|Typo=Yes|Case=Nom") == "Case=Nom|Number=Sing"
    assert universal_features("Typo=Yes") == universal_features("_") == ""


def test_codes_mean_the_same_on_both_sides() -> None:
    gold = read(rows("a 2 det", "b 0 root") + rows("c 0 root", "d 1 obl:loc", "e 1 punct"))
    system = read(rows("a 2 obl", "b 0 root") + rows("c 0 root", "d 3 obl:loc", "e 1 punct"))
    encoded = encode(Annotation.of(gold), Annotation.of(system))
    for side, sentences in ((encoded.gold, gold), (encoded.system, system)):
        deprels = [deprel for sentence in sentences for deprel in sentence.deprels]
        assert [encoded.deprel_names[code] for code in side.deprel] == deprels
        assert [encoded.relation_names[code] for code in side.relation] == [d.split(":")[0] for d in deprels]
    assert encoded.gold.head.tolist() == [1, -1, -1, 2, 2]
    assert encoded.system.head.tolist() == [1, -1, -1, 4, 2]
    assert encoded.gold.content.tolist() == [False, True, True, True, False]
    assert encoded.gold.function.tolist() == [True, False, False, False, False]
