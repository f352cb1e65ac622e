"""Scores per group of words: by hand, against naive loops, and against the scores of the whole."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.evaluation.conll18 import compare
from arcparser.evaluation.error_analysis import ErrorAnalysis, Group, analyze, by_relation
from arcparser.treebank.reader import Sentence, read_conllu
from arcparser.treebank.treebank import find_cycle, nonprojective_words
from arcparser.viz.report_page import report_html, write_report
from arcparser.viz.safe_text import cells
from arcparser.viz.tables import analysis_text
from tests.helpers.generated import annotate
from tests.helpers.pages import overflow, read_page
from tests.helpers.toy import DEV


def read(text: str, name: str = "f") -> list[Sentence]:
    return list(read_conllu(io.BytesIO(text.encode()), name=name))


def rows(*words: str, sent_id: str = "s1") -> str:
    """A sentence of words given as `form head deprel`."""
    lines = [f"# sent_id = {sent_id}\n"]
    for number, word in enumerate(words, start=1):
        form, head, deprel = word.split(" ")
        lines.append(f"{number}\t{form}\t_\tX\t_\t_\t{head}\t{deprel}\t_\t_\n")
    return "".join(lines) + "\n"


GOLD = rows("The 2 det", "dog 3 nsubj", "slept 0 root", "in 6 case", "the 6 det", "shade 3 obl:loc", ". 3 punct")
# `the` hangs on the verb, which makes no difference to its relation; `shade` is nmod of `dog`, across `slept`,
# and the arc from `shade` to `in` passes over `the`, which `shade` no longer dominates
SYSTEM = rows("The 2 det", "dog 3 nsubj", "slept 0 root", "in 6 case", "the 3 det", "shade 2 nmod", ". 3 punct")


def analysed(gold: str, system: str) -> ErrorAnalysis:
    ours, theirs = read(gold, "gold.conllu"), read(system)
    return analyze(compare(ours, theirs), ours, theirs)


COUNTS = ("right_gold", "gold", "right_system", "system")


def las(groups: list[Group]) -> dict[str, tuple[int, ...]]:
    """Per group: right gold words, gold words, right system words, system words."""
    return {group.name: tuple(getattr(group.las, name) for name in COUNTS) for group in groups}


def uas(groups: list[Group]) -> dict[str, tuple[int, ...]]:
    return {group.name: tuple(getattr(group.uas, name) for name in COUNTS) for group in groups}


def test_by_hand() -> None:
    result = analysed(GOLD, SYSTEM)
    assert las(result.relations) == {
        "det": (1, 2, 1, 2),
        "case": (1, 1, 1, 1),
        "nsubj": (1, 1, 1, 1),
        "punct": (1, 1, 1, 1),
        "root": (1, 1, 1, 1),
        "obl": (0, 1, 0, 0),
        "nmod": (0, 0, 0, 1),
    }
    assert list(las(result.deprels))[-2:] == ["obl:loc", "nmod"]
    # heads: The 1, dog 1, in 2, the 1 (system 2), shade 3 (system 4), . 4
    assert uas(result.dependency_lengths) == {
        "root": (1, 1, 1, 1),
        "1": (2, 3, 2, 2),
        "2": (1, 1, 1, 2),
        "3": (0, 1, 0, 0),
        "4": (1, 1, 1, 2),
    }
    assert uas(result.sentence_lengths) == {"6-10": (5, 7, 5, 7)}
    assert las(result.projectivity) == {
        "projective arcs": (5, 7, 4, 5),
        "non-projective arcs": (0, 0, 1, 2),
        "projective trees": (5, 7, 0, 0),
        "non-projective trees": (0, 0, 5, 7),
    }
    assert result.errors == {
        "right": 5,
        "wrong head": 1,
        "wrong relation": 0,
        "wrong head and relation": 1,
        "not aligned": 0,
    }
    (confusion,) = result.confusions
    assert (confusion.gold, confusion.system, confusion.count, confusion.head_right) == ("obl", "nmod", 1, 0)
    assert confusion.share == 50
    assert confusion.as_dict()["examples"] == [
        {
            "text": "The dog slept in the [shade] .",
            "word": "shade",
            "gold_head": "slept",
            "system_head": "dog",
            "sent_id": "s1",
            "file": "gold.conllu",
            "line": 7,
        }
    ]


def test_rates() -> None:
    det = next(group for group in analysed(GOLD, SYSTEM).relations if group.name == "det")
    assert det.as_dict() == {
        "support": 2,
        "system": 2,
        "UAS": {"precision": 50.0, "recall": 50.0, "f1": 50.0},
        "LAS": {"precision": 50.0, "recall": 50.0, "f1": 50.0},
    }
    obl = next(group for group in analysed(GOLD, SYSTEM).relations if group.name == "obl")
    assert (obl.las.precision, obl.las.recall, obl.las.f1) == (0, 0, 0)


def test_a_subtype_counts_among_deprels_only() -> None:
    result = analysed(GOLD, GOLD.replace("obl:loc", "obl"))
    assert las(result.relations)["obl"] == (1, 1, 1, 1)
    assert las(result.deprels)["obl:loc"] == (0, 1, 0, 0)
    assert result.confusions == []


def test_examples_come_from_short_sentences_each_from_another() -> None:
    gold = system = ""
    for size in (30, 2, 12, 6, 8):
        words = ["go 0 root", *(f"w{number} 1 obj" for number in range(2, size + 1))]
        gold += rows(*words, sent_id=f"of{size}")
        system += rows(*(word.replace("obj", "obl") for word in words), sent_id=f"of{size}")
    (confusion,) = analysed(gold, system).confusions
    assert confusion.count == 29 + 1 + 11 + 5 + 7
    assert confusion.head_right == confusion.count
    assert [example.sent_id for example in confusion.examples] == ["of6", "of8", "of12"]
    assert confusion.examples[2].before == "go " and confusion.examples[2].form == "w2"
    assert confusion.examples[2].after == " w3 w4 w5 w6 w7 w8 w9 w10 …"


def naive(gold: list[Sentence], system: list[Sentence]) -> dict[str, dict[str, list[int]]]:
    """The same counts by plain loops, for files of the same words: per kind and group the four numbers of LAS."""
    counts: dict[str, dict[str, list[int]]] = {}

    def add(kind: str, group: str, side: int, right: bool) -> None:
        numbers = counts.setdefault(kind, {}).setdefault(group, [0, 0, 0, 0])
        numbers[2 * side] += right
        numbers[2 * side + 1] += 1

    def bin_of(value: int, starts: tuple[int, ...]) -> str:
        at = max(start for start in starts if start <= value)
        later = [start for start in starts if start > at]
        return f"{at}+" if not later else str(at) if later[0] == at + 1 else f"{at}-{later[0] - 1}"

    for pair in zip(gold, system):
        for word in range(len(pair[0])):
            head = [sentence.heads[word] for sentence in pair]
            relation = [sentence.deprels[word].split(":")[0] for sentence in pair]
            right = head[0] == head[1] and relation[0] == relation[1]
            for side in (0, 1):
                distance = abs(head[side] - word - 1)
                length = "root" if not head[side] else bin_of(distance, (1, 2, 3, 4, 5, 6, 11, 21))
                crossing = nonprojective_words(pair[side].heads)
                add("relation", relation[side], side, right)
                add("dependency length", length, side, right)
                add("sentence length", bin_of(len(pair[side]), (1, 6, 11, 21, 31, 51)), side, right)
                add("projectivity", f"{'non-' if word + 1 in crossing else ''}projective arcs", side, right)
                add("projectivity", f"{'non-' if crossing else ''}projective trees", side, right)
    return counts


@given(st.integers(0, 10**9))
@settings(max_examples=25, deadline=None)
def test_against_plain_loops(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choices("abcdef", k=rng.choice([10, 60])))
    gold = read(annotate(text, rng))
    system = [sentence.copy() for sentence in gold]
    for sentence, other in zip(system, read(annotate(text, rng))):
        if len(other) == len(sentence):
            sentence.set_tree(other.heads, other.deprels)
        labels = [rng.choice([label, label, "obl:x", "det"]) for label in sentence.deprels]
        sentence.set_tree(sentence.heads, labels)
    result = analyze(compare(gold, system), gold, system)
    expected = naive(gold, system)
    for kind, groups in (
        ("relation", result.relations),
        ("dependency length", result.dependency_lengths),
        ("sentence length", result.sentence_lengths),
        ("projectivity", result.projectivity),
    ):
        assert las(groups) == {name: tuple(counts) for name, counts in expected[kind].items()}


@given(st.integers(0, 10**9))
@settings(max_examples=40, deadline=None)
def test_groups_add_up_to_the_whole(seed: int) -> None:
    """Also where the two files are tokenized differently."""
    rng = random.Random(seed)
    text = "".join(rng.choices("abcdef", k=rng.choice([3, 20, 60])))
    gold, system = read(annotate(text, rng)), read(annotate(text, rng))
    comparison = compare(gold, system)
    scores = comparison.scores()
    result = analyze(comparison, gold, system)
    for groups in (result.relations, result.dependency_lengths, result.sentence_lengths):
        for rates, score in (("uas", scores.uas), ("las", scores.las)):
            sums = [
                sum(getattr(getattr(g, rates), n) for g in groups)
                for n in ("right_gold", "gold", "right_system", "system")
            ]
            assert sums == [score.correct, score.gold, score.correct, score.system]
    for group in result.relations:  # a right arc has one relation, which is that of both sides
        assert group.las.right_gold == group.las.right_system
    assert sum(group.las.right_gold for group in by_relation(comparison, subtypes=True)) == scores.exact_las.correct
    assert sum(result.errors.values()) == scores.las.gold
    assert result.errors["right"] == scores.las.correct
    assert result.errors["not aligned"] == scores.words.gold - scores.words.correct
    confused = sum(confusion.count for confusion in result.confusions)
    most = result.errors["wrong relation"] + result.errors["wrong head and relation"]
    assert confused == most or len(result.confusions) == 25
    json.dumps(result.as_dict())


def parsed_badly() -> tuple[list[Sentence], list[Sentence]]:
    """The toy corpus, and the same with every fifth word hung on the next and called something else."""
    gold = list(read_conllu(DEV))
    system = [sentence.copy() for sentence in gold]
    for sentence in system:
        heads, deprels = sentence.heads, sentence.deprels
        for word in range(0, len(heads) - 1, 5):
            moved = [*heads[:word], word + 2, *heads[word + 1 :]]
            if heads[word] and not find_cycle(moved):
                heads, deprels[word] = moved, ["nmod", "obl", "advcl"][word % 3]
        sentence.set_tree(heads, deprels)
    return gold, system


def test_tables() -> None:
    gold, system = parsed_badly()
    result = analyze(compare(gold, system), gold, system)
    text = analysis_text(result, confusions=2)
    tables = text.split("\n\n")
    assert [table.split()[0] for table in tables] == [
        "Relation",
        "Dependency",
        "Sentence",
        "Projectivity",
        "Gold",
        "Label",
    ]
    nsubj = result.relations[1]
    assert nsubj.name == "nsubj"
    line = next(line for line in tables[0].splitlines() if line.startswith("nsubj"))
    numbers = [f"{value:.2f}" for value in (nsubj.las.precision, nsubj.las.recall, nsubj.las.f1, nsubj.uas.recall)]
    assert line.split() == ["nsubj", str(nsubj.las.gold), str(nsubj.las.system), *numbers]
    assert "\n  nsubj:pass " in tables[0]
    assert all(cells(line) <= 90 for table in tables[:5] for line in table.splitlines())
    assert len([line for line in tables[5].splitlines() if not line.startswith("    ")]) == 4
    perfect = analyze(compare(gold, gold), gold, gold)
    assert "Label confusions" not in analysis_text(perfect)
    assert perfect.confusions == [] and perfect.errors["right"] == 462


def test_the_report(tmp_path: Path) -> None:
    gold, system = parsed_badly()
    comparison = compare(gold, system)
    result = analyze(comparison, gold, system)
    path = tmp_path / "report.html"
    write_report(path, comparison.scores(), result, title="A <parser>")
    text = path.read_text("utf-8")
    page = read_page(text)
    assert page.texts.count("A <parser>") == 2
    for shown in (
        "By relation",
        "nsubj:pass",
        f"{comparison.scores().las.f1:.2f}",
        "non-projective arcs",
        "LAS recall",
    ):
        assert shown in page.texts
    bars = [attributes for tag, attributes in page.tags if tag == "rect"]
    groups = [result.dependency_lengths, result.sentence_lengths, result.projectivity]
    assert len(bars) == sum(2 * len(some) + 2 for some in groups)
    assert text.count("<dt>") == len(result.confusions)
    assert text.count("<mark>") == sum(len(confusion.examples) for confusion in result.confusions)
    assert str(tmp_path) not in text and str(DEV.parent) not in text
    assert report_html(comparison.scores(), result, title="A <parser>") == text
    perfect = analyze(compare(gold, gold), gold, gold)
    read_page(report_html(compare(gold, gold).scores(), perfect))


def test_a_report_on_another_tokenization() -> None:
    gold, system = read(rows("ab 0 root", "c 1 x")), read(rows("a 0 root", "b 1 x", "c 2 x"))
    comparison = compare(gold, system)
    page = read_page(report_html(comparison.scores(), analyze(comparison, gold, system)))
    assert "Tokens" in page.texts and "precision" in page.texts


def test_the_report_fits_a_window(tmp_path: Path) -> None:
    gold, system = parsed_badly()
    comparison = compare(gold, system)
    path = tmp_path / "report.html"
    write_report(path, comparison.scores(), analyze(comparison, gold, system))
    assert overflow(path, tmp_path, widths=(1280, 400)) == {1280: 0, 400: 0}


@pytest.mark.parametrize("text", [GOLD, SYSTEM])
def test_a_file_against_itself(text: str) -> None:
    result = analysed(text, text)
    assert all(group.las.f1 == group.uas.f1 == 100 for group in result.relations + result.projectivity)
