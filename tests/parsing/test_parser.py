"""The parser as a Python object: what goes in, what comes out, and that every sentence gets a tree."""

from __future__ import annotations

import gc
import io
import math
import sys
import weakref
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import conllu
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcparser
from arcparser.errors import InputError, ModelError, UsageError
from arcparser.model.model import Card, Model
from arcparser.parsing.parser import Parser
from arcparser.treebank.reader import read_blocks
from arcparser.treebank.sentence import Sentence, TagMode
from arcparser.treebank.tree import nonprojective_words
from arcparser.viz.explain import explain
from tests.helpers.generated import conllu_files, damaged_files
from tests.helpers.toy import CHINESE, DEV, TEST, assert_tree, only_columns_differ, random_parser

DOGS = ["Dogs", "chase", "cats", "."]


def test_arrays_say_what_sentences_say(toy_parser: Parser) -> None:
    vocabulary = toy_parser.model.vocabulary
    (prediction,) = toy_parser.predict([DOGS])
    sentence = toy_parser.parse(DOGS)
    assert prediction.heads.tolist() == sentence.heads
    assert [vocabulary.labels[i] for i in prediction.labels] == sentence.deprels
    assert [vocabulary.upos[i] for i in prediction.tags[:, 0]] == sentence.upos
    assert Parser.analyze is Parser.analyse is Parser.predict


def test_what_parsers_and_models_say_of_themselves(toy_parser: Parser) -> None:
    said = repr(toy_parser)
    assert said.startswith("<Parser en_arc: en, 1 network, ") and " weights, LAS " in said
    assert repr(toy_parser.model) == said.replace("Parser", "Model")
    assert repr(random_parser(1)).startswith("<Parser random: en, 1 network, ")
    hostile = Model(toy_parser.model.networks, Card(name="a\x1b[31m", language="en"), toy_parser.model.segmentation)
    assert "\x1b" not in repr(Parser(hostile))


@pytest.fixture(scope="module")
def sentences() -> list[Sentence]:
    return [*arcparser.read_conllu(TEST), *arcparser.read_conllu(CHINESE)]


def trees(parsed: object) -> list[tuple[list[int], list[str], list[str]]]:
    return [(s.heads, s.deprels, s.upos) for s in parsed]  # type: ignore[attr-defined]


def test_a_list_of_words(toy_parser: Parser) -> None:
    words = DOGS.copy()
    sentence = toy_parser.parse(words)
    assert isinstance(sentence, Sentence)
    assert words == DOGS == sentence.forms
    assert_tree(sentence)
    assert all(tag != "_" for tag in sentence.upos)
    assert sentence.deps == sentence.misc == ["_"] * 4
    assert "_" not in sentence.lemmas
    assert toy_parser.parse(tuple(DOGS)).heads == sentence.heads


def test_a_sentence_is_copied_with_all_its_lines(toy_parser: Parser, sentences: list[Sentence]) -> None:
    for sentence in sentences:
        before = sentence.to_bytes()
        parsed = toy_parser.parse(sentence)
        assert isinstance(parsed, Sentence)
        assert sentence.to_bytes() == before
        assert parsed is not sentence
        assert parsed.comments == sentence.comments
        assert parsed.multiword_tokens == sentence.multiword_tokens
        for column in ("forms", "lemmas", "upos", "xpos", "feats", "deps", "misc"):
            assert getattr(parsed, column) == getattr(sentence, column)
        assert_tree(parsed)


def test_a_token_list_comes_out_of_a_token_list(toy_parser: Parser) -> None:
    tokens = conllu.parse(TEST.read_text(encoding="utf-8"))[:5]
    before = [t.serialize() for t in tokens]
    parsed = list(toy_parser.parse_many(tokens))
    assert [t.serialize() for t in tokens] == before
    for old, new in zip(tokens, parsed):
        assert isinstance(new, conllu.TokenList)
        assert new.metadata == old.metadata
        assert [t["id"] for t in new] == [t["id"] for t in old]
        words = [t for t in new if isinstance(t["id"], int)]
        assert [t["head"] for t in words] == toy_parser.parse([t["form"] for t in words]).heads
        assert sum(t["deprel"] == "root" for t in words) == 1


def test_words_may_be_split(toy_parser: Parser, sentences: list[Sentence]) -> None:
    words = ["They", "don't", "sleep"]
    given = Sentence.from_words(words, misc=["A=1", "SpaceAfter=No", "_"])
    before = given.to_conllu()
    (tokens,) = conllu.parse(before)
    mixed = [words, given, tokens, sentences[0]]
    out = list(toy_parser.parse_many(mixed, split_words=True))
    assert given.to_conllu() == before
    assert len(tokens) == 3
    parsed = [s if isinstance(s, Sentence) else arcparser.from_tokenlist(s) for s in out]
    assert isinstance(out[2], conllu.TokenList)
    for sentence in parsed[:3]:
        assert sentence.forms == ["They", "do", "n't", "sleep"]
        assert [token.form for token in sentence.tokens] == words
        assert sentence.heads == toy_parser.parse(sentence.forms).heads
    assert [str(token.misc) for token in parsed[1].tokens] == ["A=1", "SpaceAfter=No", "_"]
    assert str(toy_parser.parse(words, split_words=True)) == str(out[0])
    assert toy_parser.parse(words).forms == words


def test_kinds_may_be_mixed_and_order_is_kept(toy_parser: Parser, sentences: list[Sentence]) -> None:
    tokens = conllu.parse(TEST.read_text(encoding="utf-8"))[3]
    mixed = [DOGS, sentences[0], tokens, ["One"], sentences[1]]
    out = list(toy_parser.parse_many(mixed))
    assert [type(s) for s in out] == [Sentence, Sentence, conllu.TokenList, Sentence, Sentence]
    forms = [s.forms if isinstance(s, Sentence) else [t["form"] for t in s if isinstance(t["id"], int)] for s in out]
    assert forms == [DOGS, sentences[0].forms, sentences[3].forms, ["One"], sentences[1].forms]


@pytest.mark.skipif(sys.platform == "win32", reason="no file has such a name on Windows")
def test_a_file_called_token_list_gives_sentences(
    toy_parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("<TokenList>").write_bytes(TEST.read_bytes())
    read = list(arcparser.read_conllu("<TokenList>"))
    made = arcparser.from_tokenlist(conllu.parse(TEST.read_text(encoding="utf-8"))[0], source="<TokenList>")
    for sentence in toy_parser.parse_many([*read, made]):
        assert isinstance(sentence, Sentence)


@pytest.mark.parametrize("batch_words", [1, 7, 100, 1_000_000])
def test_the_size_of_batches_changes_nothing(toy_parser: Parser, sentences: list[Sentence], batch_words: int) -> None:
    forms = [s.forms for s in sentences]
    alone = [toy_parser.parse(words) for words in forms]
    assert trees(toy_parser.parse_many(forms, batch_words=batch_words)) == trees(alone)


def test_sentences_are_parsed_as_they_come(toy_parser: Parser) -> None:
    taken = 0

    def source() -> Iterator[list[str]]:
        nonlocal taken
        while True:
            taken += 1
            yield DOGS

    parsed = toy_parser.parse_many(source(), batch_words=20)
    for _ in range(10):
        next(parsed)
    assert taken <= 20


@pytest.mark.parametrize(
    "words", [["Hi"], ["a"] * 300, ["…"], ["\u200b"], ["x" * 10_000], ["two words", "\ufeff", "👩\u200d👩\u200d👧"]]
)
def test_odd_sentences(toy_parser: Parser, words: list[str]) -> None:
    sentence = toy_parser.parse(words)
    assert sentence.forms == words
    assert_tree(sentence)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "without words"),
        (["a", ""], "word 2 is ''"),
        (["a\tb"], "remove the tab"),
        (["a\n"], "remove the line break"),
        (["a", None], "word 2 is None"),
        (["a", "\ud800"], "word 2"),
        ("a b", "not a string"),
    ],
)
def test_what_is_no_sentence(toy_parser: Parser, words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        toy_parser.parse(words)
    with pytest.raises(UsageError, match=message):
        list(toy_parser.parse_many([DOGS, words]))


def test_tags_are_filled_replaced_or_kept(toy_parser: Parser) -> None:
    def tagged() -> Sentence:
        sentence = Sentence.from_words(DOGS)
        sentence.set_tags(["X", "_", "_", "PUNCT"], ["_", "Y", "_", "."], ["_", "_", "Z=1", "_"])
        return sentence

    own = toy_parser.parse(DOGS)
    filled, retagged, kept = (toy_parser.parse(tagged(), tags=mode) for mode in ("fill", "retag", "keep"))
    assert filled.upos == ["X", own.upos[1], own.upos[2], "PUNCT"]
    assert filled.xpos == ["_", "Y", own.xpos[2], "."]
    assert filled.feats == ["_", own.feats[1], "Z=1", "_"]
    assert (retagged.upos, retagged.xpos, retagged.feats) == (own.upos, own.xpos, own.feats)
    assert (kept.upos, kept.xpos, kept.feats) == (tagged().upos, tagged().xpos, tagged().feats)
    # The tags of the input never enter the network.
    assert filled.heads == retagged.heads == kept.heads == own.heads
    with pytest.raises(UsageError, match="fill, retag or keep"):
        toy_parser.parse(DOGS, tags="all")  # type: ignore[arg-type]


def test_scores_are_probabilities(toy_parser: Parser, sentences: list[Sentence]) -> None:
    copies = [s.copy() for s in sentences]
    plain = list(toy_parser.parse_many(sentences))
    values = []
    for scored, without in zip(toy_parser.parse_stream(copies, scores=True), plain):
        assert isinstance(scored, Sentence)
        assert (scored.heads, scored.deprels) == (without.heads, without.deprels)  # scores change no tree
        for misc, old, label in zip(scored.misc, without.misc, scored.deprels):
            attributes = dict(a.split("=", 1) for a in misc.split("|"))
            arc, named = float(attributes.pop("ArcScore")), float(attributes.pop("LabelScore"))
            assert 0 <= arc <= 1
            assert 0 < named <= 1
            if label == "root":
                assert named == 1  # the only label that may stand there
            assert "|".join(f"{k}={v}" for k, v in attributes.items()) == old.replace("_", "", old == "_")
            values.append(arc)
    assert len({round(v, 3) for v in values}) > 50


def test_a_model_says_what_it_is(toy_parser: Parser) -> None:
    card = toy_parser.card
    assert (card.name, card.language, card.epochs) == ("en_arc", "en", 4)
    assert card.train_sentences == 169
    assert 0 < card.scores["LAS"] < card.scores["UAS"] < 100


@lru_cache(maxsize=30)
def _random_parser(seed: int, scale: float, layers: int) -> Parser:
    return random_parser(seed, scale=scale, layers=layers, first_hidden=7)


_WORDS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\t\n\r\0"), min_size=1, max_size=20
) | st.sampled_from(["the", "The", "was", ",", ".", "to", "unseen", "12", "-"])


@settings(max_examples=120)
@given(
    sentences=st.lists(st.lists(_WORDS, min_size=1, max_size=30), min_size=1, max_size=6),
    seed=st.integers(0, 8),
    scale=st.sampled_from([0.0, 1.0, 30.0, 1e4]),
    layers=st.sampled_from([1, 2]),
)
def test_random_weights_give_every_sentence_a_tree(
    sentences: list[list[str]], seed: int, scale: float, layers: int
) -> None:
    """Whatever the weights: one root, no cycle, the root's label at HEAD 0 alone, in a bounded number of steps."""
    parsed = list(_random_parser(seed, scale, layers).parse_many(sentences))
    assert [s.forms for s in parsed] == sentences
    for sentence in parsed:
        assert isinstance(sentence, Sentence)
        assert_tree(sentence)


@pytest.mark.parametrize("scale", [1e20, 1e30, 1e38])
@pytest.mark.parametrize(
    "settings", [{}, {"layers": 2}, {"cell": "qrnn"}, {"children": False, "graph_features": False}], ids=str
)
def test_weights_whose_products_are_no_numbers_are_refused(scale: float, settings: dict[str, Any]) -> None:
    parser = random_parser(1, scale=scale, **settings)
    for scores in (False, True):
        with pytest.raises(ModelError, match=r"^random: its weights are so large"):
            list(parser.parse_stream([Sentence.from_words(["Dogs", "chase", "cats"])], scores=scores))


def test_weights_that_are_no_numbers_are_refused() -> None:
    for name, shape in random_parser(1).model.networks[0].weights.shapes.items():
        model = random_parser(1).model
        model.networks[0].weights[name][...] = np.nan
        if math.prod(shape):
            with pytest.raises(ModelError, match="so large"):
                Parser(model).parse(["Dogs", "chase", "cats"])


def test_random_weights_make_crossing_arcs_as_well() -> None:
    """Else the property above would say little about SWAP."""
    forms = [s.forms for s in arcparser.read_conllu(DEV)]
    parsed = [s for seed in range(5) for s in _random_parser(seed, 30.0, 1).parse_many(forms)]
    assert sum(bool(nonprojective_words(s.heads)) for s in parsed) > 20


@settings(max_examples=150)
@given(data=conllu_files() | damaged_files(), tags=st.sampled_from(["fill", "retag", "keep"]))
def test_any_file_gives_trees_or_a_clean_error(data: bytes, tags: TagMode) -> None:
    """Valid and damaged CoNLL-U: one line of error, or every sentence a tree and nothing else changed."""
    items = read_blocks(io.BytesIO(data), on_invalid="pass", name="damaged")
    try:
        parsed = list(_random_parser(1, 1.0, 1).parse_stream(items, tags=tags))
    except InputError as error:
        assert str(error).startswith("damaged")
        assert "\n" not in str(error)
        return
    only_columns_differ(data, b"".join(item.to_bytes() for item in parsed), columns=(2, 3, 4, 5, 6, 7))
    for item in parsed:
        if isinstance(item, Sentence):
            assert_tree(item)


def test_files_parse_alike_by_path_and_in_memory(toy_model: Path, toy_parser: Parser) -> None:
    assert trees(arcparser.load(str(toy_model)).parse_many([DOGS])) == trees(toy_parser.parse_many([DOGS]))


def test_a_parser_is_freed_with_its_last_name() -> None:
    """Its caches take memory: they must not wait until Python looks for cycles."""
    parser = random_parser(1)
    parser.parse_many([["Dogs", "chase", "cats"], ["No"]], scores=True)
    predictor = weakref.ref(parser._predictor)
    gc.disable()
    try:
        explain(parser, ["Dogs"])
        del parser
        assert predictor() is None
    finally:
        gc.enable()
