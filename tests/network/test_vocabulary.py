"""Forms as numbers of characters."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from arcparser.network.vocabulary import UNKNOWN, Vocabulary

KNOWN = ["a", "z", "é", "\U0001f600"]
VOCABULARY = Vocabulary((), KNOWN, (), (), (), (), (), ())
# Between, above and beside those that are known; half a surrogate pair comes out of broken text.
CHARACTERS = st.sampled_from([*KNOWN, "b", "\0", "\x01", "\u0300", "\ud800", "\U0001f601", "\U0010ffff"])


def spelled_by_hand(form: str) -> list[int]:
    if len(form) > 32:
        form = form[:16] + form[-16:]
    return [1, *(3 + KNOWN.index(char) if char in KNOWN else UNKNOWN for char in form), 2]


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
