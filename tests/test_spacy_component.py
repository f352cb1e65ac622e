"""The spaCy component: the same trees as the command line, in spaCy's terms, and all that spaCy asks of a component."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import io
import multiprocessing
import os
import pickle
import random
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
from spacy import displacy
from spacy.cli.assemble import assemble_cli
from spacy.cli.package import package
from spacy.lang.en import English
from spacy.language import Language
from spacy.matcher import DependencyMatcher, Matcher
from spacy.tokens import Doc, Token
from spacy.training import Example
from spacy.util import packages_distributions

import arcparser
from arcparser import ModelError, OutputError, Sentence, UsageError, spacy_docs
from arcparser.cli.main import main
from arcparser.model.model import Card, Model
from arcparser.model.model_file import save
from arcparser.network.initialize import new_network
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import build
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import parse_files
from arcparser.parsing.parser import Parser
from arcparser.parsing.predictor import Prediction
from arcparser.spacy_component import ArcparserComponent
from arcparser.text.segmentation import Segmentation
from arcparser.text.spacing import spaces_around
from tests.helpers.command import TINY
from tests.helpers.generated import random_tree
from tests.helpers.paths import ROOT
from tests.helpers.raw_text import raw_text
from tests.helpers.toy import DEV, TEST, random_parser, small_network

PAGE = (ROOT / "docs" / "spacy.md").read_text(encoding="utf-8")
ENTRY_POINT = "arcparser.spacy_component:make_arcparser"


def component(nlp: Language) -> ArcparserComponent:
    found = nlp.get_pipe("arcparser")
    assert isinstance(found, ArcparserComponent)
    return found


@pytest.fixture(scope="module")
def nlp() -> Language:
    """English with the default model."""
    pipeline = spacy.blank("en")
    pipeline.add_pipe("arcparser")
    return pipeline


@pytest.fixture(scope="module")
def gold() -> list[Sentence]:
    return list(arcparser.read_conllu(DEV))


def gold_docs(nlp: Language, gold: list[Sentence]) -> Iterator[Doc]:
    """Each sentence as a Doc of its words."""
    for sentence in gold:
        spaces = [spaces_around(misc)[1] != "" for misc in sentence.misc]
        yield Doc(nlp.vocab, sentence.forms, spaces=spaces, sent_starts=[True] + [False] * (len(sentence) - 1))


def command_line(source: str | io.BytesIO, **options: Any) -> list[Sentence]:
    """What `arcparser parse` writes."""
    output = io.BytesIO()
    parse_files([source], output, Job(model="en_ewt", **options))
    return list(arcparser.read_conllu(io.BytesIO(output.getvalue())))


def same_tree(sent: Any, sentence: Sentence) -> bool:
    heads = [0 if token.head == token else token.head.i - sent.start + 1 for token in sent]
    labels = ["root" if token.dep_ == "ROOT" else token.dep_ for token in sent]
    return bool(heads == sentence.heads and labels == sentence.deprels)


def test_the_trees_and_tags_are_those_of_the_command_line(nlp: Language, gold: list[Sentence]) -> None:
    docs = list(nlp.pipe(gold_docs(nlp, gold)))
    parsed = command_line(str(DEV), tags="retag")
    assert len(docs) == len(parsed) > 20
    for doc, sentence in zip(docs, parsed):
        assert [token.text for token in doc] == sentence.forms
        assert len(list(doc.sents)) == 1
        assert same_tree(doc[:], sentence)
        assert [token.pos_ for token in doc] == sentence.upos
        assert [token.tag_ for token in doc] == sentence.xpos
        assert [str(token.morph) or "_" for token in doc] == ["|".join(sorted(f.split("|"))) for f in sentence.feats]
        assert all(doc.has_annotation(name) for name in ("DEP", "POS", "TAG", "MORPH", "SENT_START"))


def messy_text(gold: list[Sentence]) -> str:
    """Raw text with paragraphs, line ends, tabs and double spaces."""
    random.seed(3)
    others = ["  ", "\n", " \n ", "\n\n", "\t", "\r\n", "\r\n\r\n", "\u2028"]
    spaces = random.choices([" ", *others], [30] + [1] * len(others), k=9999)
    return re.sub(" ", lambda match: spaces.pop(), raw_text(gold))


def test_text_is_split_as_on_the_command_line(nlp: Language, gold: list[Sentence]) -> None:
    text = messy_text(gold)
    doc = nlp(text)
    parsed = command_line(io.BytesIO(text.encode()), format="text")
    places, at = [], 0
    for sentence in parsed:
        tokens = [(token.form, *spaces_around(str(token.misc))) for token in sentence.tokens]
        places.append(at + len(tokens[0][1]))
        at += sum(len(before) + len(form) + len(after) for form, before, after in tokens)
    assert at == len(text)
    sents = list(doc.sents)
    assert [sent.start_char for sent in sents] == places
    words = [[token for token in sent if not token.is_space] for sent in sents]
    same = [
        (line, sentence) for line, sentence in zip(words, parsed) if [token.text for token in line] == sentence.forms
    ]
    assert len(same) > 0.8 * len(parsed), "others have tokens that the model corrects"
    for line, sentence in same:
        number = {token.i: place for place, token in enumerate(line, start=1)}
        assert [0 if token.dep_ == "ROOT" else number[token.head.i] for token in line] == sentence.heads
        assert [token.dep_.replace("ROOT", "root") for token in line] == sentence.deprels


def test_boundaries_set_before_are_respected(nlp: Language) -> None:
    own = ArcparserComponent()
    own._use(random_parser(1))  # which splits by rules
    words = "Dogs chase cats . Cats chase mice . Mice run .".split()

    def starts(doc: Doc) -> list[int]:
        return [token.i for token in own(doc) if token.is_sent_start]

    assert starts(Doc(nlp.vocab, words)) == [0, 4, 8]
    given = [i in (0, 2) for i in range(11)]
    doc = Doc(nlp.vocab, words, sent_starts=given)
    assert starts(doc) == [0, 2]
    assert starts(doc) == [0, 2], "parsed twice"
    # True and False stay, where nobody has decided the splitter does
    some = [None, None, True, None, False, *[None] * 6]
    assert starts(Doc(nlp.vocab, words, sent_starts=some)) == [0, 2, 8]


def test_after_a_sentencizer() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    text = "What? No.\n\nMr. Smith went. ok"
    expected = [sent.text for sent in nlp(text).sents]
    nlp.add_pipe("arcparser")
    doc = nlp(text)
    assert [sent.text for sent in doc.sents] == expected
    assert_spacy_trees(doc)


def assert_spacy_trees(doc: Doc) -> None:
    """One root in each sentence, its own head, and no arc that leaves the sentence."""
    for sent in doc.sents:
        assert [token.dep_ for token in sent].count("ROOT") == 1
        assert sent.root.dep_ == "ROOT" and sent.root.head == sent.root
        for token in sent:
            assert sent.start <= token.head.i < sent.end
            assert sent.root in (token, *token.ancestors)


def test_white_space_is_no_word(nlp: Language) -> None:
    doc = nlp(" \tDogs  chase\n\n cats.\n")
    spaces = [token for token in doc if token.is_space]
    assert [(token.i, token.head.i) for token in spaces] == [(0, 1), (2, 1), (4, 3), (7, 6)]
    assert {(token.dep_, token.pos_, token.tag_, str(token.morph)) for token in spaces} == {("dep", "SPACE", "_SP", "")}
    assert_spacy_trees(doc)
    plain = nlp("Dogs chase")
    words = [token for token in doc[:4] if not token.is_space]
    assert [token.pos_ for token in words] == [token.pos_ for token in plain]


@pytest.mark.parametrize(
    ("words", "starts", "heads"),
    [
        (["a", " ", " ", "b"], [True, False, True, False], [0, 0, 3, 3]),
        ([" ", " ", "b"], [True, False, False], [1, 2, 2]),
        (["a", " ", " ", "b"], [True, True, False, True], [0, 1, 1, 3]),
        ([" ", "\n"], None, [0, 0]),
        ([" ", "b"], [True, True], [0, 1]),
        ([" ", "b"], None, [1, 1]),
        (["a", "\n\n", "b"], [None, True, None], [0, 2, 2]),
        (["a", "\n\n", "b"], None, [0, 0, 2]),
    ],
)
def test_white_space_at_boundaries(
    nlp: Language, words: list[str], starts: list[bool | None] | None, heads: list[int]
) -> None:
    doc = nlp(Doc(nlp.vocab, words, sent_starts=starts))
    assert [token.head.i for token in doc] == heads
    assert_spacy_trees(doc)
    for token, start in zip(doc, starts or []):
        assert start is None or token.is_sent_start == start
    assert [token.pos_ == "SPACE" for token in doc] == [word.isspace() for word in words]


def test_a_document_of_nothing(nlp: Language) -> None:
    assert len(nlp("")) == 0
    assert [len(doc) for doc in nlp.pipe(["", "Hi", ""])] == [0, 1, 0]


def test_sentences_far_from_projective(nlp: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(5)
    lengths = [60, 1, 2, 45, 80]
    trees = [random_tree(n, rng) for n in lengths]
    vocabulary = component(nlp).parser.model.vocabulary
    results = [
        Prediction(
            np.array(heads), np.full(len(heads), vocabulary.labels.index("obj")), np.zeros((len(heads), 3), np.intp)
        )
        for heads in trees
    ]
    monkeypatch.setattr(component(nlp).parser, "predict", lambda sentences, **_: results)
    starts = [place == 0 for n in lengths for place in range(n)]
    doc = nlp(Doc(nlp.vocab, ["w"] * sum(lengths), sent_starts=starts))
    assert [token.is_sent_start for token in doc] == starts
    for sent, heads in zip(doc.sents, trees):
        assert [0 if token.head == token else token.head.i - sent.start + 1 for token in sent] == heads
    read = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert [token.head.i for token in read] == [token.head.i for token in doc]


def test_tags_stay_if_asked_for(nlp: Language) -> None:
    own = {"pos": ["X", "ADV"], "tags": ["A", "B"], "morphs": ["Foo=Bar", ""]}
    keeping = ArcparserComponent(set_tags=False)
    doc = keeping(Doc(nlp.vocab, ["We", "know"], **own))
    assert [(t.pos_, t.tag_, str(t.morph)) for t in doc] == [("X", "A", "Foo=Bar"), ("ADV", "B", "")]
    assert [t.dep_ for t in doc] == ["nsubj", "ROOT"]
    doc = nlp(Doc(nlp.vocab, ["We", "know"], **own))
    assert [(t.pos_, t.tag_) for t in doc] == [("PRON", "PRP"), ("VERB", "VBP")]
    bare = keeping(Doc(nlp.vocab, ["We", "know", "\n"]))
    assert not any(bare.has_annotation(name) for name in ("POS", "TAG", "MORPH"))


def test_tags_that_spacy_does_not_know() -> None:
    parser = random_parser(1, lemmas=False)
    vocabulary = parser.model.vocabulary
    for upos, xpos, feats, expected in (
        ("NOUN", "_", "_", ("NOUN", "NOUN", "")),
        ("_", "_", "_", ("", "", "")),
        ("NOMEN", "n.", "A=b|Typo|x=y=z|C=d,a", ("X", "n.", "A=b|C=a,d")),
    ):
        lists = {"upos": [upos] * len(vocabulary.upos), "xpos": [xpos] * len(vocabulary.xpos)}
        lists["feats"] = [feats] * len(vocabulary.feats)
        network = replace(parser.model.networks[0], vocabulary=replace(vocabulary, **lists))
        own = ArcparserComponent()
        own._use(Parser(replace(parser.model, networks=(network,))))
        token = own(spacy.blank("en")("Hello"))[0]
        assert (token.pos_, token.tag_, str(token.morph)) == expected


def test_documents_are_parsed_together(nlp: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ArcparserComponent(batch_words=100)
    calls: list[int] = []
    predict = own.parser.predict

    def counting(sentences: list[list[str]], **options: Any) -> list[Prediction]:
        calls.append(sum(map(len, sentences)))
        return predict(sentences, **options)

    monkeypatch.setattr(own.parser, "predict", counting)
    taken: list[int] = []

    def stream() -> Iterator[Doc]:
        for number in range(60):
            taken.append(number)
            yield nlp.make_doc("Dogs chase cats.\nCats run.")

    results = own.pipe(stream())
    first = next(results)
    assert len(taken) == 13 and calls == [91]
    rest = list(results)
    assert calls == [91, 91, 91, 91, 56] and len(rest) == 59
    assert {doc.to_bytes() for doc in rest} == {first.to_bytes()}
    calls.clear()
    assert len(list(own.pipe(stream(), batch_size=20))) == 60 and len(calls) == 5
    calls.clear()
    assert len(list(own.pipe(stream(), batch_size=5))) == 60 and len(calls) == 12


SCRIPT = """
import multiprocessing, sys
import spacy

def main(method, pipeline):
    multiprocessing.set_start_method(method)
    assert "arcparser.spacy_component" not in sys.modules
    nlp = spacy.load(pipeline)
    texts = ["Dogs chase cats.", " \\n", "She left. He stayed!", "We know."] * 3
    docs = list(nlp.pipe(texts, n_process=2, batch_size=2))
    assert [doc.text for doc in docs] == texts
    for doc, alone in zip(docs, map(nlp, texts)):
        for token, other in zip(doc, alone):
            assert token.is_sent_start == other.is_sent_start
            for name in ("dep_", "pos_", "tag_", "morph"):
                assert str(getattr(token, name)) == str(getattr(other, name)), name
            assert token.head.i == other.head.i

if __name__ == "__main__":
    main(*sys.argv[1:])
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_two_processes(nlp: Language, method: str, tmp_path: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"there is no {method} here")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    installed = tmp_path / "arcparser-0.dist-info"  # as far as spaCy looks: it finds the component by its entry point
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: arcparser\nVersion: 0\n", encoding="utf-8")
    (installed / "entry_points.txt").write_text(f"[spacy_factories]\narcparser = {ENTRY_POINT}\n", encoding="utf-8")
    nlp.to_disk(tmp_path / "pipeline")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    call = [sys.executable, str(script), method, str(tmp_path / "pipeline")]
    done = subprocess.run(call, env=environment, capture_output=True, timeout=200, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def extensions() -> Iterator[None]:
    """No extensions before or after."""
    for name in spacy_docs.EXTENSIONS:
        assert not Token.has_extension(name)  # without scores nobody registers them
    yield
    for name in spacy_docs.EXTENSIONS:
        if Token.has_extension(name):
            Token.remove_extension(name)
    for name in ("arc_scores", "label_scores"):
        if Doc.has_extension(name):
            Doc.remove_extension(name)
    spacy_docs._registered.clear()


@pytest.fixture
def scoring(nlp: Language, extensions: None) -> Language:
    """English with the default model, asked for scores."""
    pipeline = spacy.blank("en")
    pipeline.add_pipe("arcparser", config={"scores": True})
    component(pipeline)._use(component(nlp).parser)
    return pipeline


def test_scores_are_those_of_the_parser(nlp: Language, scoring: Language) -> None:
    doc = scoring("Dogs chase  cats. She left.\n")
    words = [token for token in doc if not token.is_space]
    sentences = component(nlp).parser.parse_many([["Dogs", "chase", "cats", "."], ["She", "left", "."]], scores=True)
    scores = [s.scores for s in sentences if s.scores is not None]
    assert [t._.arc_score for t in words] == pytest.approx([p for s in scores for p in s.arc.tolist()])
    assert [t._.label_score for t in words] == pytest.approx([p for s in scores for p in s.label.tolist()])
    assert [t._.arc_score for t in doc if t.is_space] == [None, None]
    assert doc._.arc_scores == [t._.arc_score for t in doc] and len(doc._.label_scores) == len(doc)
    again = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert [t._.arc_score for t in again] == [t._.arc_score for t in doc]
    # Another parse leaves no score of the tree before it, and nothing else is taken away.
    doc.user_data["mine"] = 1
    nlp.get_pipe("arcparser")(doc)
    assert [t._.label_score for t in doc] == [None] * len(doc)
    assert doc.user_data == {"mine": 1}


def test_extensions_of_others_are_used_and_stay(nlp: Language, extensions: None) -> None:
    Token.set_extension("arc_score", default="mine")
    arcparser_component = ArcparserComponent(scores=True)
    arcparser_component._use(component(nlp).parser)
    assert ArcparserComponent(scores=True).scores  # once is enough
    doc = arcparser_component(nlp.make_doc("Dogs bark \n"))
    assert [type(t._.arc_score) for t in doc] == [float, float, str]
    component(nlp)(doc)
    assert [type(t._.arc_score) for t in doc] == [float, float, str]  # it is theirs


def test_an_extension_that_cannot_be_set_is_named(extensions: None) -> None:
    Token.set_extension("label_score", getter=lambda token: 1.0)
    with pytest.raises(UsageError, match="label_score is an extension that cannot be set: remove it"):
        ArcparserComponent(scores=True)


def test_pickles_are_small_until_the_model_is_its_own(nlp: Language) -> None:
    data = pickle.dumps(component(nlp))
    assert len(data) < 2000
    copy = pickle.loads(data)
    assert copy._parser is None and copy.labels == ()
    assert copy(nlp.make_doc("We know"))[0].dep_ == "nsubj"
    assert copy.labels == component(nlp).labels
    assert {"ROOT", "nsubj", "dep", "acl:relcl"} < set(copy.labels) and "root" not in copy.labels


@pytest.mark.parametrize(
    ("label", "heads", "expected"),
    [
        ("root", [2, 0, 2], ("ROOT", "dep", "x")),
        ("ROOT", [2, 0, 2], ("ROOT", "dep", "x")),
        ("top", [2, 0, 2], ("ROOT", "dep", "x")),
        ("dep", [2, 0, 2], ("ROOT", "dep", "x")),  # white space is called that as well
        ("root", [0], ("ROOT", "dep", "root")),  # there is no other label to take
    ],
)
def test_labels_are_all_that_are_set(label: str, heads: list[int], expected: tuple[str, ...]) -> None:
    deprels = ["x" if head else label for head in heads]
    tags = [["X"] * len(heads)] * 3
    words = build([["a"] * len(heads)], [tuple(tags)], [(heads, deprels)])
    network = new_network(Settings(**small_network()), words, seed=1, dtype=np.float32)
    own = ArcparserComponent()
    own._use(Parser(Model((network,), Card(name="random", language="en"), Segmentation("en"))))
    assert own.labels == expected
    doc = own(Doc(spacy.blank("en").vocab, ["a", " ", "b", "c"]))
    assert {token.dep_ for token in doc} <= set(expected)


def test_pipelines_carry_their_model(tmp_path: Path) -> None:
    mine = tmp_path / "mine.arcparser"
    save(random_parser(1).model, mine)
    content = mine.read_bytes()
    nlp = spacy.blank("en")
    nlp.add_pipe("arcparser", config={"model": str(mine), "batch_words": 7, "set_tags": False})
    nlp.to_disk(tmp_path / "pipeline")
    assert (tmp_path / "pipeline" / "arcparser" / "model.arcparser").read_bytes() == content
    data = nlp.to_bytes()
    expected = nlp("Dogs chase cats. We know.").to_json()
    mine.unlink()
    read = spacy.load(tmp_path / "pipeline")
    assert (component(read).batch_words, component(read).set_tags) == (7, False)
    for file in sorted((tmp_path / "pipeline").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    fresh = English.from_config(nlp.config)  # as spaCy's documentation has it; its model is not there any more
    fresh.from_bytes(data)
    for other in (read, fresh, pickle.loads(pickle.dumps(read))):
        assert other("Dogs chase cats. We know.").to_json() == expected
        assert component(other).to_bytes() == content


def test_a_damaged_model_is_refused(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "pipeline")
    file = tmp_path / "pipeline" / "arcparser" / "model.arcparser"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelError, match="damaged"):
        spacy.load(tmp_path / "pipeline")
    with pytest.raises(ModelError, match="no such model file"):
        ArcparserComponent().from_disk(tmp_path)


def test_what_is_saved_of_the_shipped_model_stays_the_same(nlp: Language) -> None:
    # It need not be the shipped file: settings that a later version no longer knows are left out when it is read.
    data = component(nlp).to_bytes()
    again = ArcparserComponent().from_bytes(data)
    assert hashlib.sha256(again.to_bytes()).digest() == hashlib.sha256(data).digest()
    text = "Dogs chase cats. We know."
    assert again(nlp.make_doc(text)).to_json() == nlp(text).to_json()


def test_wrong_settings(toy_model: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    with pytest.raises(UsageError, match="batch_words 0: give at least 1"):
        nlp.add_pipe("arcparser", config={"batch_words": 0})
    damaged = tmp_path / "damaged.arcparser"
    damaged.write_bytes(toy_model.read_bytes()[:-100])
    for model, problem in (("no_such_model", "no such model: installed are"), (str(damaged), "damaged")):
        with pytest.raises(ModelError, match=problem):
            nlp.add_pipe("arcparser", config={"model": model})
        assert nlp.pipe_names == []
    # Where spaCy makes a whole pipeline, the model may yet be read from disk; at the latest, `initialize` needs it.
    nlp.add_pipe("arcparser", config={"model": str(toy_model)})
    config = nlp.config
    config["components"]["arcparser"]["model"] = "no_such_model"
    read = English.from_config(config)
    for call in (lambda: read("Dogs bark."), lambda: list(read.pipe(["Dogs bark."])), read.initialize):
        with pytest.raises(ModelError, match="no_such_model: no such model: installed are"):
            call()


@pytest.mark.parametrize(
    ("language", "of_model", "warns"),
    [("de", "en", True), ("en", "en", False), ("xx", "en", False), ("nb", "no", False), ("en", "en-GB", False)],
)
def test_a_model_of_another_language_warns_once(language: str, of_model: str, warns: bool, tmp_path: Path) -> None:
    model = random_parser(1).model
    file = tmp_path / "x.arcparser"
    save(replace(model, card=replace(model.card, language=of_model)), file)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nlp = spacy.blank(language)
        nlp.add_pipe("arcparser", config={"model": str(file)})
        for _ in range(2):
            nlp("Hunde bellen.")
        assert len(caught) == int(warns)
        if warns:
            assert str(caught[0].message).startswith(
                "arcparser: the model 'random' is of the language 'en', the pipeline of 'de', whose tokens"
            )
        nlp.to_disk(tmp_path / "pipeline")
        spacy.load(tmp_path / "pipeline")
        assert len(caught) == 2 * int(warns)


def test_a_parser_before_it_is_reported_once(toy_model: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("parser", name="spacys", before=None).add_label("nsubj")  # type: ignore[attr-defined]
    nlp.initialize()
    nlp.add_pipe("arcparser", config={"model": str(toy_model)})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with nlp.select_pipes(disable="spacys"):
            nlp("Dogs bark.")
        assert not caught
        list(nlp.pipe(["Dogs bark.", "Cats run."], batch_size=1))
        nlp("We know.")
        assert [str(warning.message) for warning in caught] == [
            "arcparser: the pipeline has 'spacys' before it, whose sentence boundaries stay and whose trees do not: "
            "exclude 'spacys', or disable it"
        ]
        other = spacy.blank("en")
        other.add_pipe("sentencizer")
        other.add_pipe("arcparser", config={"model": str(toy_model)})
        other("Dogs bark.")
        assert len(caught) == 1


def test_errors_go_to_the_handler(nlp: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ArcparserComponent(batch_words=3)
    predict = own.parser.predict

    def failing(sentences: list[list[str]], **options: Any) -> list[Prediction]:
        if sentences[0][0] == "Bad":
            raise RuntimeError("bad")
        return predict(sentences, **options)

    monkeypatch.setattr(own.parser, "predict", failing)
    docs = [nlp.make_doc(text) for text in ("Dogs bark.", "Bad dogs bark.", "We know.")]
    with pytest.raises(RuntimeError):
        list(own.pipe(docs))
    failed: list[str] = []
    own.set_error_handler(lambda name, proc, batch, error: failed.extend(f"{name} {doc.text}" for doc in batch))
    assert [doc.text for doc in own.pipe(docs)] == ["Dogs bark.", "We know."]
    assert failed == ["arcparser Bad dogs bark."]


def test_evaluation(nlp: Language) -> None:
    gold = list(arcparser.read_conllu(TEST))
    examples = []
    for doc, sentence in zip(gold_docs(nlp, gold), gold):
        heads = [head - 1 if head else place for place, head in enumerate(sentence.heads)]
        morphs = [feats.replace("_", "") if feats == "_" else feats for feats in sentence.feats]
        reference = Doc(
            nlp.vocab,
            sentence.forms,
            heads=heads,
            deps=sentence.deprels,
            pos=sentence.upos,
            tags=sentence.xpos,
            morphs=morphs,
        )
        examples.append(Example(doc, reference))
    scores = nlp.evaluate(examples)
    counted = right = labeled = tagged = words = 0
    for sentence, parsed in zip(gold, command_line(str(TEST), tags="retag")):
        for a, b in zip(sentence.rows, parsed.rows):
            words += 1
            tagged += a[3] == b[3]
            if a[7] != "punct" and b[7] != "punct":
                counted += 1
                right += a[6] == b[6]
                labeled += a[6:8] == b[6:8]
            else:
                assert a[7] == b[7], "the sum is easy as long as the parser finds all punctuation"
    assert counted > 100
    assert scores["dep_uas"] == pytest.approx(right / counted)
    assert scores["dep_las"] == pytest.approx(labeled / counted)
    assert scores["dep_las_per_type"]["nsubj"]["f"] > 0.5 and "punct" not in scores["dep_las_per_type"]
    assert scores["pos_acc"] == pytest.approx(tagged / words)
    assert scores["sents_f"] == 1.0 and 0.5 < scores["morph_acc"] <= 1 and 0.5 < scores["tag_acc"] <= 1
    assert "tag_acc" not in ArcparserComponent(set_tags=False).score(examples)


def test_initialize_changes_nothing(nlp: Language) -> None:
    own = spacy.blank("en")
    own.add_pipe("arcparser")
    own.initialize()
    assert component(own).to_bytes() == component(nlp).to_bytes()
    assert own.analyze_pipes()["problems"] == {"arcparser": []}


def test_displacy_and_matchers(nlp: Language) -> None:
    doc = nlp("The quick dogs chased three cats.")
    page = displacy.render(doc, style="dep", jupyter=False)
    assert page.count('class="displacy-arc"') == 5 and ">nsubj<" in page
    matcher = Matcher(nlp.vocab)
    matcher.add("np", [[{"POS": "NUM"}, {"DEP": "obj", "MORPH": {"IS_SUPERSET": ["Number=Plur"]}}]])
    assert [span.text for span in matcher(doc, as_spans=True)] == ["three cats"]
    verbs = DependencyMatcher(nlp.vocab)
    pattern = [
        {"RIGHT_ID": "verb", "RIGHT_ATTRS": {"DEP": "ROOT"}},
        {"LEFT_ID": "verb", "REL_OP": ">", "RIGHT_ID": "subject", "RIGHT_ATTRS": {"DEP": "nsubj"}},
        {"LEFT_ID": "verb", "REL_OP": ">", "RIGHT_ID": "object", "RIGHT_ATTRS": {"DEP": "obj"}},
    ]
    verbs.add("svo", [pattern])
    assert [[doc[i].text for i in places] for _, places in verbs(doc)] == [["chased", "dogs", "cats"]]
    assert [token.text for token in doc[2].subtree] == ["The", "quick", "dogs"]


def test_memory_zones() -> None:
    nlp = spacy.blank("en")
    if not hasattr(nlp, "memory_zone"):
        pytest.skip("spaCy has them from 3.8 on")
    nlp.add_pipe("arcparser")
    for _ in range(2):
        with nlp.memory_zone():
            assert [token.dep_ for token in nlp("Children play games")] == ["nsubj", "ROOT", "obj"]
    doc = nlp("Children play games")
    assert [(token.dep_, token.tag_) for token in doc] == [("nsubj", "NNS"), ("ROOT", "VBP"), ("obj", "NNS")]
    assert str(doc[0].morph) == "Number=Plur"


def test_merged_tokens_stay(nlp: Language) -> None:
    doc = nlp.make_doc("I like New York.")
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[2:4])
    assert [token.text for token in nlp(doc)] == ["I", "like", "New York", "."]
    assert_spacy_trees(doc)


def test_entry_point() -> None:
    points = importlib.metadata.entry_points(group="spacy_factories")
    if "arcparser" not in points.names:
        pytest.skip("arcparser is not installed")
    assert points["arcparser"].value == ENTRY_POINT


def test_spacy_is_imported_only_where_it_is_needed() -> None:
    code = "import sys, arcparser; arcparser.load(); sys.exit('spacy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The Python blocks of docs/spacy.md run, one after the other, and print what they say they do."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "corpora", tmp_path / "corpora")
    code = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)
    assert len(code) > 4
    names: dict[str, Any] = {}
    for block, printed in code:
        exec(compile(block, "docs/spacy.md", "exec"), names)
        assert capsys.readouterr().out == printed


def test_the_project_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands run, in this process, with a smaller network and fewer epochs."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "corpora" / "en_arc", tmp_path / "assets")
    (tmp_path / "training").mkdir()
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    (project,) = [srsly.yaml_loads(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    (config,) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "pipeline.cfg").write_text(config, encoding="utf-8")
    scripts = {command["name"]: command["script"] for command in project["commands"]}
    assert project["workflows"] == {"all": list(scripts)}
    (train,), (assemble,) = scripts["train"], scripts["assemble"]
    arguments = train.replace("assets/en_arc-ud-train", "assets/en_arc-ud-dev").split()
    assert arguments[0] == "arcparser"
    assert main([*arguments[1:], "--epochs", "1", "--config", "tiny.toml"]) == 0
    *python, given, output = assemble.split()
    assert python == ["python", "-m", "spacy", "assemble"]
    assemble_cli(SimpleNamespace(args=[]), Path(given), Path(output), code_path=None, verbose=False)
    doc = spacy.load(output)("Dogs love cats.")
    assert_spacy_trees(doc)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_package_requires_arcparser(
    toy_model: Path, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`spacy package`, which leaves files open, finds the distribution of the component; what it makes parses."""
    monkeypatch.syspath_prepend(str(installed))
    assert "arcparser" in packages_distributions()["arcparser"]
    nlp = spacy.blank("en")
    nlp.add_pipe("arcparser", config={"model": str(toy_model)})
    nlp.to_disk(tmp_path / "pipeline")
    package(tmp_path / "pipeline", tmp_path, create_sdist=False, create_wheel=False, silent=True)
    folder = tmp_path / "en_pipeline-0.0.0"
    (meta,) = folder.glob("meta.json")
    (requirement,) = srsly.read_json(meta)["requirements"]
    assert re.fullmatch(r"arcparser>=\S+,<\S+", requirement)
    shutil.copy(meta, folder / "en_pipeline")  # as its setup.py does
    monkeypatch.syspath_prepend(str(folder))
    loaded = importlib.import_module("en_pipeline").load()
    assert loaded("Dogs chase cats.").to_json() == nlp("Dogs chase cats.").to_json()


def test_links_of_the_page() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", PAGE):
        assert (ROOT / "docs" / link).exists(), link


def test_a_component_is_written_into_a_folder(toy_model: Path, tmp_path: Path) -> None:
    component = spacy.blank("en").add_pipe("arcparser", config={"model": str(toy_model)})
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match=f"^{re.escape(str(place))}: is no folder, or is in what is no folder"):
            component.to_disk(place)  # type: ignore[attr-defined]
    assert not (tmp_path / "file").read_bytes()


def test_lemmas_are_set_unless_told_otherwise(toy_model: Path, toy_parser: Parser) -> None:
    text = "The dogs  chase cats."
    words = ["The", "dogs", "chase", "cats", "."]
    for config, expected in (({}, True), ({"set_lemmas": False}, False)):
        nlp = spacy.blank("en")
        nlp.add_pipe("arcparser", config={"model": str(toy_model), **config})
        doc = nlp(text)
        found = [token.lemma_ for token in doc if not token.is_space]
        assert found == (toy_parser.parse(words).lemmas if expected else [""] * 5)
        assert [token.lemma_ for token in doc if token.is_space] == ([" "] if expected else [""])
        gold = Doc(nlp.vocab, words=words, lemmas=toy_parser.parse(words).lemmas)
        scores = nlp.evaluate([Example(nlp.make_doc(gold.text), gold)])
        assert scores.get("lemma_acc") == (1.0 if expected else None)


def test_a_model_without_lemmas_leaves_those_of_others() -> None:
    own = ArcparserComponent()
    own._use(random_parser(1, lemmas=False))
    nlp = spacy.blank("en")
    doc = own(Doc(nlp.vocab, words=["Dogs", "bark"], lemmas=["dog", "bark"]))
    assert [token.lemma_ for token in doc] == ["dog", "bark"]
