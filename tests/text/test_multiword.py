"""The table of multiword tokens."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from arcparser.text.multiword import join_tokens, learn_multiword, match_case, split_token
from arcparser.treebank.columns import MultiwordToken
from arcparser.treebank.sentence import Sentence


def _sentence(*tokens: str | tuple[str, list[str]]) -> Sentence:
    words: list[str] = []
    ranges = []
    for token in tokens:
        form, parts = (token, [token]) if isinstance(token, str) else token
        if len(parts) > 1:
            ranges.append(MultiwordToken(len(words) + 1, len(words) + len(parts), form))
        words += parts
    return Sentence.from_words(words, multiword_tokens=ranges)


def test_a_form_that_is_split_nearly_always_is_learned_in_its_most_frequent_split() -> None:
    treebank = [
        _sentence(("Don't", ["Do", "n't"]), "run"),
        _sentence("I", ("don't", ["do", "n't"])),
        _sentence("They", ("don't", ["don", "'t"])),
    ]
    assert learn_multiword(treebank) == {"don't": ("do", "n't")}


def test_a_form_that_is_one_word_as_often_is_not_learned() -> None:
    treebank = [_sentence(("its", ["it", "s"]), "raining"), _sentence("its", "tail"), _sentence("its", "nose")]
    assert learn_multiword(treebank) == {}


def test_the_table_survives_json() -> None:
    table = learn_multiword([_sentence(("du", ["de", "le"]), ("aux", ["à", "les"]))])
    again = json.loads(json.dumps(table))
    assert list(again) == ["aux", "du"]
    assert split_token("du", again) == ("de", "le")


def test_words_take_the_case_of_the_token() -> None:
    assert match_case("CAN'T", ("ca", "n't")) == ("CA", "N'T")
    assert match_case("I'm", ("i", "'m")) == ("I", "'m")
    assert match_case("DU", ("de", "le")) == ("DE", "LE")
    assert match_case("Zum", ("zu", "dem")) == ("Zu", "dem")
    assert match_case("zum", ("zu", "dem")) == ("zu", "dem")


def test_a_letter_that_changes_its_length_with_its_case() -> None:
    assert "".join(match_case("İÇİN", ("i̇çi̇", "n"))).lower() == "i̇çi̇n"


def test_unseen_forms_stay_whole() -> None:
    assert split_token("dug", {"du": ("de", "le")}) is None


def test_glued_tokens_become_the_longest_multiword_token() -> None:
    table = {"i'd": ("i", "'d"), "i'd've": ("i", "'d", "'ve")}
    forms = ["I", "'d", "'ve", "I", "'d", "gone"]
    assert join_tokens(forms, [True, True, False, True, False, False], table) == [(0, 3), (3, 5)]
    assert join_tokens(forms, [False] * 6, table) == []


@given(st.lists(st.sampled_from(["a", "b", "ab"]), max_size=12), st.data())
def test_joined_ranges_are_in_the_table_and_in_order(forms: list[str], data: st.DataObject) -> None:
    glued = [data.draw(st.booleans()) for _ in forms]
    table = {"ab": ("a", "b"), "aba": ("a", "ba")}
    done = 0
    for first, end in join_tokens(forms, glued, table):
        assert done <= first < end - 1
        assert "".join(forms[first:end]) in table
        assert all(glued[first : end - 1])
        done = end
