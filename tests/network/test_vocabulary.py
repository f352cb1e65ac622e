"""Forms as numbers of characters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from arcparser.network.vocabulary import UNKNOWN, Vocabulary, build, extend

KNOWN = ["a", "z", "é", "\U0001f600"]
VOCABULARY = Vocabulary((), KNOWN, (), (), (), (), (), ())
# Between, above and beside those that are known; half a surrogate pair comes out of broken text.
CHARACTERS = st.sampled_from([*KNOWN, "b", "\0", "\x01", "\u0300", "\ud800", "\U0001f601", "\U0010ffff"])


def spelled_by_hand(form: str) -> list[int]:
    if len(form) > 32:
        form = form[:16] + form[-16:]
    return [1, *(3 + KNOWN.index(char) if char in KNOWN else UNKNOWN for char in form), 2]


def test_a_form_has_the_vector_of_its_spelling_or_of_its_lower_case() -> None:
    words = replace(VOCABULARY, vector_forms=["dog", "Dog", "cats", "học_sinh", "Hà_Nội", "a b"])
    for form, row in {
        "dog": 1,
        "Dog": 2,
        "DOG": 1,
        "Cats": 3,
        "học sinh": 4,
        "Học Sinh": 4,
        "học_sinh": 4,
        "Hà Nội": 5,
        "HÀ NỘI": UNKNOWN,
        "a b": 6,
        "cow": UNKNOWN,
        "": UNKNOWN,
        " ": UNKNOWN,
    }.items():
        assert words.vector_id(form) == row, form


@given(st.lists(st.text(CHARACTERS, max_size=40), max_size=6))
def test_forms_are_spelled_between_marks(forms: list[str]) -> None:
    spelled = VOCABULARY.spell(forms)
    assert len(spelled.starts) == len(spelled.lengths) == len(forms)
    for form, start, length in zip(forms, spelled.starts, spelled.lengths):
        assert spelled.characters[start : start + length].tolist() == spelled_by_hand(form)
    assert len(spelled.characters) == spelled.lengths.sum()


def test_a_vocabulary_without_characters_spells_all_the_same() -> None:
    spelled = Vocabulary((), (), (), (), (), (), (), ()).spell(["ab", ""])
    np.testing.assert_array_equal(spelled.characters, [1, UNKNOWN, UNKNOWN, 2, 1, 2])


def test_affixes_are_those_that_three_forms_share() -> None:
    forms = [["Running", "walking", "jumping", "runs", "ran"]]
    empty = [["_"] * 5]
    tags = [(empty[0], empty[0], empty[0])]
    vocabulary = build(forms, tags, [([0, 1, 1, 1, 1], ["root", "x", "x", "x", "x"])])
    assert set(vocabulary.affixes) == {"-g", "-ng", "-ing", "r-"}
    known = {affix: i for i, affix in enumerate(vocabulary.affixes, start=1)}
    np.testing.assert_array_equal(
        vocabulary.affix_ids(["SING", "of"]),
        [[known["-g"], known["-ng"], known["-ing"], UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN], [UNKNOWN] * 7],
    )
    assert extend(vocabulary, build([["abcd", "abce", "abcf"]], [], [])).affixes == vocabulary.affixes


def test_features_of_feats() -> None:
    vocabulary = Vocabulary((), (), (), (), ("A=1|B=2", "_", "B=2"), (), (), ())
    assert vocabulary.features.names == ("A=1", "B=2")
    np.testing.assert_array_equal(vocabulary.features.of_feats, [[1, 1], [0, 0], [0, 1]])


def test_lemmas_that_are_counted() -> None:
    forms = [["Dogs", "cats", "_", "went"], ["mice"]]
    lemmas = [["dog", "cat", "_", "go"], ["_"]]
    vocabulary = build(forms, [], [], lemmas)
    assert vocabulary.lemma_rules == ["l/d"]  # the others were seen once
    assert vocabulary.lemmas == ["_", "cat", "dog", "go"]
    assert build(forms, [], [], [["_", "", "x", "_"], ["_"]]).lemma_rules == ["=x"]
    none = build(forms, [], [], [["_"] * 3 + [""], ["_"]])  # that of the form _ says nothing
    assert none.lemmas == none.lemma_rules == []
