"""Reading treebanks, what they hold, and finding one of their sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arcparser.errors import ConlluError, InputError, TreeError, UsageError
from arcparser.treebank.treebank import describe, find_sentence, read_treebank
from tests.helpers.explanations import GOLD
from tests.helpers.sentences import sentence_of
from tests.helpers.toy import DEV


def write(path: Path, *trees: list[int | str], junk: str = "") -> Path:
    path.write_bytes(b"".join(sentence_of(heads).to_bytes() for heads in trees) + junk.encode())
    return path


def test_files_are_joined_and_described(tmp_path: Path) -> None:
    first = write(tmp_path / "a.conllu", [2, 0, 2, 1], [0])
    rows = ["1-2\tab", "1\ta\t_\t_\t_\t_\t0\ttop", "2\tb\t_\tX\t_\t_\t1\tobj", "2.1\te"]
    more = "".join(row + "\t_" * (9 - row.count("\t")) + "\n" for row in rows) + "\n"
    second = write(tmp_path / "b.conllu", [2, 0], junk=more)
    treebank = read_treebank([first, str(second)])
    report = describe(treebank)
    assert [len(sentence) for sentence in treebank.sentences] == [4, 1, 2, 2]
    assert (report.sentences, report.words, report.multiword_tokens, report.empty_nodes) == (4, 9, 1, 1)
    assert (report.nonprojective_sentences, report.nonprojective_words, report.untagged_words) == (1, 1, 1)
    assert report.nonprojective_share == 25.0
    assert report.labels == {"dep": 4, "root": 3, "top": 1, "obj": 1}
    assert report.root_labels == {"root": 3, "top": 1}
    assert report.text().splitlines() == [
        "4 sentences, 9 words, 4 labels",
        "25.0 % of the trees are non-projective (1 tree, 1 arc)",
        "1 multiword token, 1 empty node (not parsed)",
        "1 word without UPOS",
    ]
    assert len(read_treebank(first).sentences) == 2


def test_invalid_sentences_stop_or_are_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conllu", [0], [2, 1], [0, 0], [2, 0], junk="1\tw\n\n")
    with pytest.raises(TreeError, match=f"^{re.escape(str(path))}:5: the sentence has no root"):
        read_treebank(path)
    treebank = read_treebank(path, skip_invalid=True)
    assert len(treebank.sentences) == 2
    assert [(type(error), error.line) for error in treebank.skipped] == [
        (TreeError, 5),
        (TreeError, 10),
        (ConlluError, 16),
    ]
    lines = describe(treebank).text(reasons=2).splitlines()
    assert lines[2:] == [
        "3 invalid sentences skipped:",
        f"  {treebank.skipped[0]}",
        f"  {treebank.skipped[1]}",
        "  ... and 1 more",
    ]


def test_a_file_without_a_sentence_is_an_error(tmp_path: Path) -> None:
    good = write(tmp_path / "good.conllu", [0])
    empty = write(tmp_path / "empty.conllu", junk="# only a comment\n")
    bad = write(tmp_path / "bad.conllu", [0, 0])
    with pytest.raises(InputError, match=f"{re.escape(str(empty))}: no sentence to use, it has no words"):
        read_treebank([good, empty])
    with pytest.raises(InputError, match=r"its only sentence is invalid: .*bad.conllu:3"):
        read_treebank([good, bad], skip_invalid=True)


def test_find_sentence() -> None:
    first, third = GOLD[0], GOLD[2]
    assert find_sentence(DEV).sent_id == first.sent_id
    for which in (third.sent_id, "3", third.text, "  ".join(third.forms)):
        assert find_sentence(DEV, which).sent_id == third.sent_id
    with pytest.raises(UsageError, match=r"no sentence 'nothing': give a sent_id, a number from 1 to \d+, or the text"):
        find_sentence(DEV, "nothing")
