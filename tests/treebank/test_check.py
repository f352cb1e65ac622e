"""All faults of files, and what a treebank should not have: where each is found, and that no good file has any."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.errors import InputError, TreeError
from arcparser.treebank.check import check_files, overlap
from arcparser.treebank.faults import inspect, raise_faults
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree, find_cycle, find_cycles, tree_faults
from tests.helpers.command import BAD, GOOD
from tests.helpers.toy import ALL_FILES, DEV, ENHANCED, TRAIN


def rows(*words: str) -> str:
    """Sentences of words written as `form head deprel [misc [upos]]`, with comments; an empty string ends one."""
    lines, number = [], 0
    for word in (*words, ""):
        if not word or word.startswith("#"):
            number = 0
            lines.append(word)
            continue
        number += 1
        given = word.split()
        form, head, deprel, misc, upos = [*given, *("", "", "", "_", "X")[len(given) :]]
        lines.append("\t".join((str(number), form, "_", upos, "_", "_", head, deprel, "_", misc)))
    return "\n".join(lines) + "\n"


def found(tmp_path: Path, text: str, dev: str | None = None) -> list[tuple[str, int, str]]:
    """Kind, line and beginning of what is found in a file; in a dev file, lines count from 1,001."""
    (tmp_path / "a").write_text(text, "utf-8")
    if dev is not None:
        (tmp_path / "b").write_text(dev, "utf-8")
    check = check_files([tmp_path / "a"], dev=None if dev is None else tmp_path / "b")
    shift = {str(tmp_path / "a"): 0, str(tmp_path / "b"): 1000}
    return [(f.kind, (f.error.line or 0) + shift[f.error.file or ""], f.error.problem) for f in check.faults] + [
        (f.kind, (f.error.line or 0) + shift[f.error.file or ""], f.error.problem) for f in check.warnings
    ]


def test_all_faults_of_a_tree(tmp_path: Path) -> None:
    text = rows("a 9 x", "b _ x", "c 3 x", "d 5 _", "e 4 x", "", "a 0 x", "b 0 x", "", "a 1 x")
    assert [(kind, line) for kind, line, _ in found(tmp_path, text)] == [
        ("head", 1),
        ("head", 2),
        ("cycle", 3),
        ("cycle", 4),
        ("deprel", 4),
        ("root", 8),
        ("root", 10),
        ("cycle", 10),
    ]


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_sentence_hides_nothing(tmp_path: Path, name: str) -> None:
    bad, line, message = BAD[name]
    file = tmp_path / "a"
    file.write_bytes(GOOD + bad + GOOD + bad + GOOD)
    faults = [(fault.error.line, fault.error.problem) for fault in inspect(file).faults]
    between = bad.count(b"\n") + GOOD.count(b"\n")
    first, second = 2 + line, 2 + line + between
    assert {first, second} <= {at for at, _ in faults}
    assert all(any(at == place and message in problem for at, problem in faults) for place in (first, second))
    assert len(inspect(file).sentences) == 3


def test_all_faults_of_a_block(tmp_path: Path) -> None:
    word = "\ta\t_\t_\t_\t_\t0\t_\t_\t_\n"
    block = f"1{word}2\ta\n4{word}6{word}7\tb\r{word[2:]}\n".encode()
    (tmp_path / "a").write_bytes(GOOD + block)
    assert [(fault.kind, fault.error.line) for fault in inspect(tmp_path / "a").faults] == [
        ("format", 4),
        ("format", 5),
        ("format", 6),
        ("encoding", 7),
    ]


@given(st.lists(st.integers(-1, 6), min_size=1, max_size=6))
def test_the_first_fault_is_that_of_the_tree_check(heads: list[int]) -> None:
    text = rows(*(f"w {head} {'_' if head == 2 else 'x'}" for head in heads))
    (sentence,) = read_conllu(io.BytesIO(text.encode()))
    faults = [error for _, error in tree_faults(sentence)]
    try:
        check_tree(sentence)
    except TreeError as error:
        assert str(error) == str(faults[0])
        assert len({(fault.line, fault.problem) for fault in faults}) == len(faults)
    else:
        assert not faults


@given(st.lists(st.integers(0, 8), min_size=8, max_size=8))
def test_cycles(heads: list[int]) -> None:
    cycles = list(find_cycles(heads))
    assert (cycles[0] if cycles else []) == find_cycle(heads)
    in_cycle = set()
    for start in range(1, 9):
        word = heads[start - 1]
        for _ in heads:
            word = heads[word - 1] if word not in (0, start) else word
        if word == start:
            in_cycle.add(start)
    assert {word for cycle in cycles for word in cycle} == in_cycle
    assert sum(map(len, cycles)) == len(in_cycle)


def test_warnings(tmp_path: Path) -> None:
    good = ["# text = Dogs bark.", "Dogs 2 nsubj", "bark 0 root SpaceAfter=No", "# c", ". 2 punct", ""]
    good.remove("# c")
    text = rows(
        *good,
        "# sent_id = s",
        "# text = Cats meow .",
        "Cats 2 NSubj",
        "meow 0 root SpaceAfter=No",
        ". 2 punct",
        "",
        "# sent_id = s",
        "# text = Cats  meow!",
        "Cats 2 nsubj",
        "meow 0 root",
        ". 2 root",
        "",
        "# text = Dogs bark. Or",
        "Dogs 2 nsubj",
        "bark 0 root SpaceAfter=No _",
        ". 2 punct",
    )
    assert [(kind, line) for kind, line, _ in found(tmp_path, text)] == [
        ("spelling", 8),
        ("space", 9),
        ("duplicate", 14),
        ("sent_id", 14),
        ("space", 15),
        ("root", 16),
        ("text", 16),
        ("duplicate", 19),
        ("upos", 20),
        ("text", 21),
    ]


def test_a_dev_file_that_is_in_train(tmp_path: Path) -> None:
    train = rows("Dogs 2 nsubj", "bark 0 root", "", "Cats 2 nsubj", "meow 0 root")
    dev = rows("Cows 2 obj", "moo 0 root", "", "Cats 2 nsubj", "meow 0 root")
    assert [(kind, line) for kind, line, _ in found(tmp_path, train, dev)] == [("unseen", 1001), ("overlap", 1004)]


@pytest.mark.parametrize("file", ALL_FILES, ids=lambda file: file.name)
def test_good_files_have_no_faults(file: Path) -> None:
    check = check_files([file])
    assert not check.faults
    assert check.sentences == len(list(read_conllu(file)))
    assert {warning.kind for warning in check.warnings} <= {"duplicate"}


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("Dogs bark.\n", "utf-8")
    check = check_files([tmp_path / "empty", tmp_path / "none", tmp_path / "text", DEV])
    assert [fault.kind for fault in check.faults] == ["file", "file", "file"]
    assert check.sentences == 41


def test_several_faults_in_one_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(rows("a 9 x", "b 2 x", "", "a 0 _"), "utf-8")
    faults = inspect(tmp_path / "a").faults
    with pytest.raises(TreeError) as error:
        raise_faults(faults, "correct them")
    assert (error.value.file, error.value.line) == (str(tmp_path / "a"), 1)
    assert error.value.problem.endswith("(the first of 3 faults: 1 head, 1 cycle, 1 deprel; correct them)")
    with pytest.raises(InputError) as alone:
        raise_faults(faults[:1], "correct them")
    assert alone.value is faults[0].error
    raise_faults([], "correct them")


def test_overlap() -> None:
    train, dev = list(read_conllu(TRAIN)), list(read_conllu(DEV))
    assert len(overlap(dev, dev)) == len(dev) == 41
    both = {" ".join(sentence.forms) for sentence in train} & {" ".join(sentence.forms) for sentence in dev}
    assert {" ".join(sentence.forms) for _, sentence in overlap(train, dev)} == both
    assert overlap(train, [Sentence.from_words(["none", "of", "these"])]) == []
    assert not overlap(list(read_conllu(ENHANCED)), dev)
