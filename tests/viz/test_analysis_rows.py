"""The lines of an error analysis, and that they come out whole in a table."""

from __future__ import annotations

from dataclasses import replace

from arcparser.evaluation.confusions import ConfusedWord, Confusion
from arcparser.evaluation.error_analysis import ErrorAnalysis, Group, Rates
from arcparser.viz.analysis_rows import (
    ConfusionRow,
    ExampleRow,
    Row,
    confusion_rows,
    error_rows,
    group_rows,
    relation_rows,
)
from arcparser.viz.tables import analysis_text

HALF, THIRD, NONE = Rates(1000, 2000, 1000, 2000), Rates(1, 3, 1, 3), Rates(0, 0, 0, 0)


def example(**changes: str) -> ConfusedWord:
    made = ConfusedWord("a ", "b", " c", "head", "head", sent_id="s1", file="folder/gold.conllu", line=7)
    return replace(made, **changes)  # type: ignore[arg-type]


def confusion(gold: str, system: str, *examples: ConfusedWord) -> Confusion:
    return Confusion(gold=gold, system=system, count=1234, head_right=1000, share=12.345, examples=examples)


def analysis(*names: str) -> ErrorAnalysis:
    """An analysis in which everything that has a name is called by one of `names`."""
    groups = [Group(name, HALF, THIRD) for name in names]
    return ErrorAnalysis(
        relations=groups,
        deprels=groups,
        dependency_lengths=groups,
        sentence_lengths=groups,
        projectivity=groups,
        errors={"right": 1},
        confusions=[confusion(name, name, example(form=name)) for name in names],
        lemma_confusions=[],
    )


def test_relations_are_followed_by_their_subtypes() -> None:
    relations = [Group("nsubj", HALF, THIRD), Group("obj", HALF, HALF), Group("acl", NONE, NONE)]
    deprels = [Group(name, HALF, HALF) for name in ("nsubj:pass", "obj", "acl:relcl", "nsubj")]
    rows = relation_rows(relations, deprels)
    assert [(row.name, row.subtype) for row in rows] == [
        ("nsubj", False),
        ("nsubj:pass", True),
        ("nsubj", True),
        ("obj", False),  # its only subtype is itself
        ("acl", False),
        ("acl:relcl", True),
    ]
    assert rows[0] == Row("nsubj", ("3", "3", "33.33", "33.33", "33.33", "50.00"), bar="33.3")
    assert rows[4].figures == ("0", "0", "0.00", "0.00", "0.00", "0.00")


def test_groups_and_errors() -> None:
    percents = ("50.00",) * 3 + ("33.33",) * 3
    assert group_rows([Group("1-5", HALF, THIRD)]) == [Row("1-5", ("3", "3", *percents))]
    assert error_rows({"right": 3000, "wrong head": 1000}) == [
        Row("right", ("3,000", "75.00")),
        Row("wrong head", ("1,000", "25.00")),
    ]
    assert error_rows({"right": 0}) == [Row("right", ("0", "0.00"))]


def test_confusions() -> None:
    both = example(system_head="other")
    (row,) = confusion_rows([confusion("obl", "nmod", example(), both)])
    assert row == ConfusionRow(
        gold="obl",
        system="nmod",
        count="1,234",
        head_right="1,000",
        share="12.3 %",
        examples=(
            ExampleRow("a ", "b", " c", "gold head head", "folder/gold.conllu:7"),
            ExampleRow("a ", "b", " c", "gold head head, system head other", "folder/gold.conllu:7"),
        ),
    )
    assert row.examples[0].short_place == "gold.conllu:7"


def test_names_are_neither_interpreted_nor_cut_in_tables() -> None:
    names = ("[bold]x[/bold]", "[/]", ":smile:", "[link=https://example.org]y", "z" * 300, "漢字", "\\[red]")
    text = analysis_text(analysis(*names))
    tables = text.split("\n\n")
    assert len(tables) == 6
    for table in tables[:4]:
        assert [line.split()[0] for line in table.splitlines()[1:]] == list(names)
        assert all(line.split()[1:3] == ["3", "3"] for line in table.splitlines()[1:])
    for name in names:
        assert f"[{name}]" in tables[5]
    assert len(tables[5].splitlines()) == 2 + 2 * len(names)


def test_control_characters_in_names_are_made_visible() -> None:
    text = analysis_text(analysis("a\x1b[2Jb\x07\u202e"))
    assert not set(text) & set("\x1b\x07\u202e")
    assert text.count("a\ufffd[2Jb\ufffd\ufffd") == 7
