"""Sentences are cut into windows, each word in one of them with something on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcparser.pretrained.pieces import NOT_TAKEN, WordPieces, spans
from tests.helpers.tiny_encoder import LETTERS, WINDOW, write_encoder


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> WordPieces:
    folder = write_encoder(tmp_path_factory.mktemp("encoder") / "tiny")
    return WordPieces((folder / "tokenizer.json").read_bytes(), WINDOW)


def letters(window: object) -> str:
    """The pieces of a window, a letter each; the special ones as `[` and `]`."""
    names = ["_", "?", "[", "]", *LETTERS, *LETTERS]
    return "".join(names[i] for i in window.ids.tolist())  # type: ignore[attr-defined]


@given(st.integers(0, 300), st.integers(2, 40))
def test_each_piece_belongs_to_one_window(count: int, size: int) -> None:
    found = list(spans(count, size))
    owned = [i for _, _, first, last in found for i in range(first, last)]
    assert owned == list(range(count))
    for start, end, first, last in found:
        assert start <= first <= last <= end
        assert end - start == min(size, count)
        # Where the sentence goes on, a quarter of the window stands beside what is taken.
        assert start == 0 or first - start >= size // 4
        assert end == count or end - last >= size // 4


def test_a_short_sentence_is_one_window(pieces: WordPieces) -> None:
    (window,) = pieces.windows(["Dogs", "chase", "."])
    assert letters(window) == "[dogschase.]"[:1] + "dogschase." + "]"
    assert window.words.tolist() == [NOT_TAKEN, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, NOT_TAKEN]


def test_a_long_sentence_is_several(pieces: WordPieces) -> None:
    words = ["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op"]  # 16 pieces, 10 fit
    windows = pieces.windows(words)
    assert [letters(window) for window in windows] == ["[abcdefghij]", "[fghijklmno]", "[ghijklmnop]"]
    taken = [sorted(set(window.words.tolist()) - {NOT_TAKEN}) for window in windows]
    assert taken == [[0, 1, 2, 3], [4], [5, 6, 7]]
    # A word is whole where it is taken, although a window may begin or end within it.
    for window in windows:
        for word in set(window.words.tolist()) - {NOT_TAKEN}:
            assert np.count_nonzero(window.words == word) == 2


@pytest.mark.parametrize("words", [["\u200b"], ["\u200b", "\u200b"], ["", "a"], ["a", "", "\x00", "b"]])
def test_words_without_pieces_are_in_no_window(pieces: WordPieces, words: list[str]) -> None:
    (window,) = pieces.windows(words)
    expected = [i for i, word in enumerate(words) if word.isalpha()]
    assert [i for i in window.words.tolist() if i != NOT_TAKEN] == expected


def test_odd_words(pieces: WordPieces) -> None:
    (window,) = pieces.windows(["New York", "\ud800", "日本"])  # a space in a word, no text, no such letters
    assert sorted(set(window.words.tolist())) == [NOT_TAKEN, 0, 1, 2]
    with pytest.raises(TypeError, match="no string"):
        pieces.windows(["a", 3])  # type: ignore[list-item]


def test_a_word_longer_than_a_window_gives_what_stands_at_its_beginning(pieces: WordPieces) -> None:
    windows = pieces.windows(["ab", "c" * 60, "de"])
    assert sorted({word for window in windows for word in window.words.tolist()}) == [NOT_TAKEN, 0, 1, 2]


@pytest.mark.parametrize("scheme", ["ByteLevel", "Metaspace"])
def test_every_word_begins_as_after_a_space(scheme: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    mark = {"ByteLevel": "Ġ", "Metaspace": "▁"}[scheme]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({"?": 0, "a": 1, "b": 2, f"{mark}a": 3, f"{mark}b": 4}, unk_token="?")
    )
    before = tokenizers.pre_tokenizers
    tokenizer.pre_tokenizer = (
        before.ByteLevel(add_prefix_space=False)
        if scheme == "ByteLevel"
        else before.Sequence([before.WhitespaceSplit(), before.Metaspace(prepend_scheme="never")])
    )
    (window,) = WordPieces(tokenizer.to_str().encode(), 8).windows(["a", "b"])
    assert window.ids.tolist() == [3, 4]
    assert window.words.tolist() == [0, 1]


def test_what_is_no_tokenizer() -> None:
    pytest.importorskip("tokenizers")
    with pytest.raises(ValueError, match="no tokenizer"):
        WordPieces(b"{}", 12)
