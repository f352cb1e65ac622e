"""Words of given sentences are split as the treebank does: by the table, and where it learned that words meet."""

from __future__ import annotations

import numpy as np
import pytest

from arcparser.text import word_splitter as module
from arcparser.text.boundary_classifier import BoundaryClassifier, TokenBoundaries
from arcparser.text.learn import learn
from arcparser.text.multiword import MOST_WORDS
from arcparser.text.retokenizer import TOKEN, WORD, Retokenizer
from arcparser.text.segmentation import Segmentation
from arcparser.text.tokenizer import Tokenizer
from arcparser.text.word_splitter import WordSplitter
from arcparser.treebank.columns import MultiwordToken
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import DEV, TRAIN

TABLE = {"don't": ("do", "n't"), "du": ("de", "le")}
ENGLISH = Tokenizer("en")


def weights(*classes: float) -> Retokenizer:
    """A retokenizer that decides alike everywhere."""
    table = np.tile(np.array(classes, np.float16), (256, 1))
    return Retokenizer(TokenBoundaries(BoundaryClassifier(table), spaces=False, glued=True))


class Marked(Retokenizer):
    """Words meet at a hyphen, and tokens at a stroke."""

    def boundaries_in(self, text: str, *_: object) -> list[tuple[int, int]]:  # type: ignore[override]
        return [(at, WORD if c == "-" else TOKEN) for at, c in enumerate(text) if c in "-/ \n"]


def forms(splitter: WordSplitter, *words: str) -> list[str]:
    (found,) = splitter([Sentence.from_words(words)])
    assert [token.form for token in found.tokens] == list(words)
    return found.forms


def test_the_table_comes_first() -> None:
    for retokenizer in (None, weights(1, 0, 0), weights(0, 0, 1)):
        splitter = WordSplitter(TABLE, retokenizer, ENGLISH)
        assert forms(splitter, "DON'T", "eat", "Du", "cats") == ["DO", "N'T", "eat", "De", "le", "cats"]
    splitter = WordSplitter(TABLE, weights(0, 1, 0), ENGLISH)
    assert forms(splitter, "don't", "eat", "I") == ["do", "n't", "e", "a", "t", "I"]


def test_words_meet_where_it_was_learned() -> None:
    splitter = WordSplitter(TABLE, Marked(weights(1, 0, 0).boundaries), ENGLISH)
    assert forms(splitter, "a-b", "c-d-e", "f") == ["a", "-b", "c", "-d", "-e", "f"]
    # Tokens before the words belong to the first of them; where one follows, nothing is split.
    assert forms(splitter, "a/b-c", "a-b/c", "a/b", "-", "-a", "/") == ["a/b", "-c", "a-b/c", "a/b", "-", "-a", "/"]
    most = "-".join("a" * MOST_WORDS)
    assert len(forms(splitter, most)) == MOST_WORDS
    assert forms(splitter, f"{most}-a") == [f"{most}-a"]


def test_a_multiword_token_is_left_alone() -> None:
    sentence = Sentence.from_words(["don't", "a-b", "c-d"], multiword_tokens=[MultiwordToken(1, 2, "don't")])
    splitter = WordSplitter(TABLE, Marked(weights(1, 0, 0).boundaries), ENGLISH)
    (found,) = splitter([sentence])
    assert found.forms == ["don't", "a-b", "c", "-d"]


def test_a_sentence_of_which_no_word_is_split_is_itself() -> None:
    sentences = [Sentence.from_words(["Dogs", "bark"]), Sentence.from_words([" ", "\u3000", "a  b"])]
    for retokenizer in (None, weights(1, 0, 0)):
        found = list(WordSplitter(TABLE, retokenizer, ENGLISH)(sentences))
        assert [new is old for new, old in zip(found, sentences)] == [True, True]
    assert list(WordSplitter(TABLE, None, ENGLISH)([])) == []


@pytest.mark.parametrize("spaces", [False, True])
def test_what_is_split_does_not_depend_on_the_sentences_around(spaces: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5).normal(size=(256, 3)).astype(np.float16)
    random[:, TOKEN] -= 0.3
    retokenizer = Retokenizer(TokenBoundaries(BoundaryClassifier(random), spaces=spaces, glued=True))
    splitter = WordSplitter(TABLE, retokenizer, ENGLISH)
    sentences = list(read_conllu(DEV))
    together = [sentence.to_conllu() for sentence in splitter(sentences)]
    assert together != [sentence.to_conllu() for sentence in sentences]
    assert [next(splitter([sentence])).to_conllu() for sentence in sentences] == together
    monkeypatch.setattr(module, "_TOGETHER", 100)
    assert [sentence.to_conllu() for sentence in splitter(sentences)] == together


def test_the_multiword_tokens_of_a_treebank_are_found_again() -> None:
    segmentation = learn(list(read_conllu(TRAIN)), "en", seed=1)
    splitter = segmentation.word_splitter
    assert splitter is not None
    gold = list(read_conllu(TRAIN))
    flat = [Sentence.from_words([t.form for t in s.tokens], misc=[str(t.misc) for t in s.tokens]) for s in gold]
    right = wrong = 0
    for sentence, found in zip(gold, splitter(flat)):
        for ours, theirs in zip(sentence.tokens, found.tokens):
            assert (ours.form, str(ours.misc)) == (theirs.form, str(theirs.misc))
            same = list(map(str, ours.words)) == list(map(str, theirs.words))
            right += same and ours.multiword
            wrong += not same
    assert right > 20
    assert wrong <= 2
    assert Segmentation("en").word_splitter is None
