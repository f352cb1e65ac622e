"""spaCy's tokenizer as character spans."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.text import tokenizer as module
from arcparser.text.tokenizer import Tokenizer


def _tokens(tokenizer: Tokenizer, text: str) -> list[str]:
    return [text[start:end] for start, end in tokenizer(text)]


@pytest.fixture(scope="module")
def english() -> Tokenizer:
    return Tokenizer("en")


def test_english_rules(english: Tokenizer) -> None:
    assert _tokens(english, "Mr. Hill didn't go.") == ["Mr.", "Hill", "did", "n't", "go", "."]


@pytest.mark.parametrize(
    "word",
    ["P&L", "C&D", "83N", "3801A", "IT'S", "CAN'T", "CAN’T", "SHE'D", "PhD", "Q&A", "10°C", "ΑΒ&Γ", "5Ж"],
)
def test_a_full_stop_after_one_capital_that_is_no_initial_is_a_token(english: Tokenizer, word: str) -> None:
    for tokenizer in (english, _any_language()):
        assert _tokens(tokenizer, f"{word}. Then")[-2:] == [".", "Then"]
        assert _tokens(tokenizer, f"({word}.)")[-2:] == [".", ")"]


@pytest.mark.parametrize("initial", ["B.", "D.C.", "U.S.", "J.-P.", "J.‑P.", "É."])
def test_the_full_stop_of_an_initial_stays(english: Tokenizer, initial: str) -> None:
    assert _tokens(english, f"See {initial} It works") == ["See", initial, "It", "works"]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from(" \n\t\u00a0\u2003.'-a")))
def test_white_space_is_never_in_a_token_and_nothing_else_is_lost(text: str) -> None:
    tokens = _tokens(_any_language(), text)
    assert "".join(tokens) == "".join(text.split())
    assert all(token and not any(character.isspace() for character in token) for token in tokens)


def _any_language(kept: list[Tokenizer] = []) -> Tokenizer:  # noqa: B006 - made once
    if not kept:
        kept.append(Tokenizer("xx"))
    return kept[0]


def test_an_unknown_language_falls_back_with_one_warning() -> None:
    module._warned.discard("qaa")
    with pytest.warns(UserWarning, match="'qaa'.*xx") as caught:
        tokenizer = Tokenizer("qaa")
    assert len(caught) == 1
    assert (tokenizer.language, tokenizer.rules) == ("qaa", "xx")
    assert _tokens(tokenizer, "It rains.") == ["It", "rains", "."]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Tokenizer("qaa").rules == "xx"


@pytest.mark.parametrize(
    "name", ["lex_attrs", "en.lex_attrs", "tokenizer_exceptions", "en.stop_words", "", "../en", "os"]
)
def test_only_a_language_is_imported(name: str) -> None:
    """The name may come out of a model file: spaCy would import any of its modules."""
    before = set(sys.modules)
    with pytest.warns(UserWarning, match=f"spaCy cannot tokenize '{re.escape(name)}'.*: it has no such language"):
        assert Tokenizer(name).rules == "xx"
    assert not {module for module in set(sys.modules) - before if module.endswith(name.rpartition(".")[2] or "?")}


def test_other_codes_of_a_language_are_known() -> None:
    assert Tokenizer("eng").rules == "eng"


def test_chinese_is_segmented_without_another_package() -> None:
    tokens = _tokens(Tokenizer("zh"), "我 喜欢茶。")
    assert "".join(tokens) == "我喜欢茶。"
    assert tokens[-1] == "。"


def test_vietnamese_needs_no_package() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _tokens(Tokenizer("vi"), "Trời mưa.") == ["Trời", "mưa", "."]


def test_a_long_run_without_space_takes_linear_time(english: Tokenizer) -> None:
    for run in ("." * 100_000, "a" * 100_000, "(x)" * 30_000, "a.b" * 30_000):
        begin = time.process_time()
        assert "".join(_tokens(english, f"so {run} it is")) == f"so{run}itis"
        assert time.process_time() - begin < 20


def test_memory_stays_bounded_on_text_with_ever_new_words(english: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MEMORY", 10_000)
    tokenizer = Tokenizer("xx")
    for start in range(0, 20_000, 500):
        text = " ".join(f"w{number}" for number in range(start, start + 500))
        assert len(tokenizer(text)) == 500
        assert len(tokenizer._pipeline.vocab.strings) < 10_000


def test_spacy_is_imported_only_when_a_tokenizer_is_made() -> None:
    code = "import sys, arcparser.text.reader, arcparser.text.sentence_splitter; sys.exit('spacy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


MARKS = st.text(alphabet="aB1.'’s\"”)(…,!%²°Ck€+-—", min_size=1, max_size=60)


@given(MARKS | MARKS.map(lambda text: f"{text}{40 * '.'}"))
def test_suffixes_are_found_in_the_ending(text: str) -> None:
    from spacy.lang.punctuation import TOKENIZER_SUFFIXES
    from spacy.util import compile_suffix_regex

    suffix = compile_suffix_regex(TOKENIZER_SUFFIXES)
    found, whole = module._search_in_ending(suffix)(text), suffix.search(text)
    assert (found and found[0]) == (whole and whole[0])
