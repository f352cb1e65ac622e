"""Wrong lemmas, counted with examples."""

from __future__ import annotations

from arcparser.evaluation.confusions import lemma_confusions
from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import analyze
from arcparser.treebank.sentence import Sentence
from arcparser.viz.tables import analysis_text


def sentence(lemmas: str) -> Sentence:
    made = Sentence.from_words("They saw mice and saw".split())
    made.set_tree([2, 0, 2, 5, 2], ["nsubj", "root", "obj", "cc", "conj"])
    made.set_lemmas(lemmas.split())
    return made


GOLD = [sentence("they see mouse and see"), sentence("_ see mouse and see")]
SYSTEM = [sentence("they saw mice and saw"), sentence("x see mice and saw")]


def test_wrong_lemmas_by_hand() -> None:
    comparison = compare(GOLD, SYSTEM)
    scores = comparison.scores()
    assert (scores.lemmas.correct, scores.lemmas.gold) == (5, 10)  # any lemma is right where gold has none
    assert (scores.blex.correct, scores.blex.gold) == (3, 8)  # all but "and", which is no content word
    first, second = lemma_confusions(comparison, GOLD, SYSTEM)
    assert (first.gold, first.system, first.count, first.share) == ("see", "saw", 3, 60)
    assert (second.gold, second.system, second.count, second.share) == ("mouse", "mice", 2, 40)
    assert [example.form for example in first.examples] == ["saw", "saw"]  # of one sentence each
    assert first.as_dict("lemma")["share_of_lemma_errors"] == 60


def test_wrong_lemmas_in_the_analysis() -> None:
    comparison = compare(GOLD, SYSTEM)
    analysis = analyze(comparison, GOLD, SYSTEM)
    assert [one["count"] for one in analysis.as_dict()["lemma_confusions"]] == [3, 2]
    text = analysis_text(analysis)
    assert "Wrong lemmas that are most frequent" in text and "of lemma errors" in text
    bare = [sentence("_ _ _ _ _")] * 2
    without = analyze(compare(GOLD, bare), GOLD, bare)
    assert without.lemma_confusions == [] and "Wrong lemmas" not in analysis_text(without)
