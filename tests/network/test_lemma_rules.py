"""Lemma rules: a table worked by hand, and both directions for any pair of strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.network.lemma_rules import apply_rule, lemma_rules, make_rule

STRINGS = st.text(max_size=12) | st.text(alphabet="aAbBßİıσςΣʼ'/ci=dǅ", max_size=8)


@pytest.mark.parametrize(
    ("form", "lemma", "rule"),
    [
        ("dogs", "dog", "l/d"),
        ("Dogs", "dog", "l/d"),
        ("walked", "walk", "l/dd"),
        ("tries", "try", "l/dddiy"),
        ("London", "London", "k/"),
        ("Cà Mau", "Cà Mau", "k/"),  # two syllables, one word
        ("LONDON", "London", "t/"),
        ("NATO", "NATO", "k/"),
        ("nato", "NATO", "u/"),
        ("iPhones", "iPhone", "k/d"),
        ("went", "go", "=go"),
        ("was", "be", "=be"),
        ("bhean", "bean", "lcd/"),  # Irish: the mutated initial loses its h
        ("gegangen", "gehen", "l/ddddihcc"),
        ("Häuser", "Haus", "kcdia/dd"),
        ("кошками", "кошка", "l/dd"),
        ("ⲙⲡ", "ⲛⲡ", "ldiⲛ/"),
        ("10", "10", "l/"),
        ("x", "", "="),
        ("/", "i/", "lii/"),
    ],
)
def test_rules_by_hand(form: str, lemma: str, rule: str) -> None:
    assert make_rule(form, lemma) == rule
    assert apply_rule(rule, form) == lemma


@given(STRINGS, STRINGS)
def test_a_rule_makes_its_lemma(form: str, lemma: str) -> None:
    assert apply_rule(make_rule(form, lemma), form) == lemma


def test_a_rule_serves_other_forms() -> None:
    assert apply_rule(make_rule("tries", "try"), "Cities") == "city"
    assert apply_rule(make_rule("bhean", "bean"), "mhac") == "mac"
    assert apply_rule(make_rule("Häuser", "Haus"), "Bäumer") == "Baum"


def test_a_rule_that_takes_more_letters_than_there_are() -> None:
    assert apply_rule("l/ddd", "ab") is None
    assert apply_rule("lc/c", "a") is None


@pytest.mark.parametrize("text", ["", "x/", "l", "lx/", "l/x", "li", "l/i", "ldd"])
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ValueError, match="lemma rule"):
        apply_rule(text, "form")


def test_lemmas_that_are_not_known() -> None:
    assert lemma_rules(["Dogs", "bark", "_", "!"], ["dog", "_", "_", ""]) == ["l/d", None, "l/", None]


def test_long_forms_cost_no_more_than_their_length() -> None:
    form = "x" * 100_000
    assert make_rule(form, form) == "k/"
    assert make_rule(form, form + "y") == "=" + form + "y"
