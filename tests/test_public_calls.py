"""The public functions and methods, each called with what a user may try: they work, or say what is wrong in a line."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import conllu
import numpy as np
import pytest
import spacy

import arcparser
from arcparser.errors import ArcparserError, InputError, ModelError, TreeError, UsageError
from arcparser.parsing.parser import Parser
from arcparser.treebank import ud
from arcparser.treebank.columns import MultiwordToken
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import find_sentence, read_treebank
from tests.helpers.toy import ENHANCED, small

TEXT = ENHANCED.read_text("utf-8")
DATA = ENHANCED.read_bytes()
LONGEST = 400  # of a message, which may list the models that are installed, or name a file by a long path


def read() -> list[Sentence]:
    return list(arcparser.read_conllu(ENHANCED))


def closed() -> Any:
    with open(ENHANCED, "rb") as file:
        return file


VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "an int": lambda: 5,
    "a negative int": lambda: -1,
    "a float": lambda: 1.5,
    "not a number": lambda: float("nan"),
    "an object": object,
    "a function": lambda: len,
    "a class": lambda: Sentence,
    "a string": lambda: "Dogs chase cats.",
    "an empty string": lambda: "",
    "text": lambda: TEXT,
    "a long string": lambda: "x" * 5000,
    "a string with NUL": lambda: "a\0b",
    "half a surrogate pair": lambda: "\ud800",
    "numpy's string": lambda: np.str_("Dogs"),
    "bytes": lambda: DATA,
    "a path in bytes": lambda: os.fsencode(ENHANCED),
    "a path": lambda: ENHANCED,
    "a path as a string": lambda: str(ENHANCED),
    "several paths": lambda: [ENHANCED, ENHANCED],
    "a folder": lambda: ENHANCED.parent,
    "no file": lambda: "no/such.conllu",
    "words": lambda: ["Dogs", "chase", "cats"],
    "a tuple of words": lambda: ("Dogs", "chase"),
    "an iterator of words": lambda: iter(["Dogs", "chase"]),
    "a set of words": lambda: {"Dogs", "chase"},
    "lists of words": lambda: [["Dogs", "chase"], ["Hi"]],
    "an iterator of lists of words": lambda: iter([["Dogs", "chase"], ["Hi"]]),
    "lists of lists of words": lambda: [[["Dogs"]]],
    "an empty list": list,
    "an empty sentence": lambda: [[]],
    "a list of None": lambda: [None],
    "a list of numbers": lambda: [5],
    "a list of bytes": lambda: [b"Dogs"],
    "a dictionary": lambda: {"form": "Dogs"},
    "a list of dictionaries": lambda: [{"id": 1, "form": "Dogs", "head": 0, "deprel": "root"}],
    "numbers of numpy": lambda: np.arange(3),
    "words of numpy": lambda: np.array(["Dogs", "chase", "cats"]),
    "rows of numpy": lambda: np.array([["Dogs", "chase"], ["a", "b"]]),
    "a scalar of numpy": lambda: np.array("a"),
    "a Sentence": lambda: read()[0],
    "Sentences": read,
    "an iterator of Sentences": lambda: arcparser.read_conllu(ENHANCED),
    "a TokenList": lambda: conllu.parse(TEXT)[0],
    "TokenLists": lambda: conllu.parse(TEXT),
    "an iterator of TokenLists": lambda: conllu.parse_incr(io.StringIO(TEXT)),
    "a TokenTree": lambda: conllu.parse_tree(TEXT)[0],
    "a spaCy Doc": lambda: spacy.blank("xx")("Dogs chase cats."),
    "a text stream": lambda: io.StringIO(TEXT),
    "a binary stream": lambda: io.BytesIO(DATA),
    "a closed file": closed,
}


def within(folder: Path, value: Any) -> Any:
    """A name in a folder of the test in place of one that would be written where the test runs."""
    return folder / value if isinstance(value, (str, Path)) else value


CALLS: dict[str, Callable[[Any, Parser, Path], Any]] = {
    "load": lambda v, p, f: arcparser.load(v),
    "Parser": lambda v, p, f: Parser(v),
    "Sentence": lambda v, p, f: Sentence(v),
    "parse": lambda v, p, f: p.parse(v),
    "parse tags": lambda v, p, f: p.parse(["a"], tags="keep" if isinstance(v, np.ndarray) else v),
    "parse split_words": lambda v, p, f: p.parse(["a"], split_words=v),
    "parse keep_arcs": lambda v, p, f: p.parse(["a"], keep_arcs=v),
    "parse_many": lambda v, p, f: list(p.parse_many(v)),
    "parse_many of": lambda v, p, f: list(p.parse_many([["a"], v])),
    "parse_many batch_words": lambda v, p, f: list(p.parse_many([["a"], ["b"]], batch_words=v)),
    "parse_stream": lambda v, p, f: list(p.parse_stream(v)),
    "parse_stream of": lambda v, p, f: list(p.parse_stream([v])),
    "parse_stream workers": lambda v, p, f: list(p.parse_stream(read(), workers=v)),
    "predict": lambda v, p, f: p.predict(v),
    "predict of": lambda v, p, f: p.predict([["a"], v]),
    "parse_text": lambda v, p, f: p.parse_text(v),
    "parse_text lines": lambda v, p, f: p.parse_text("Dogs.", lines=v),
    "parse_text newline_ends_sentence": lambda v, p, f: p.parse_text("Dogs.", newline_ends_sentence=v),
    "parse_text batch_words": lambda v, p, f: p.parse_text("Dogs.", batch_words=v),
    "parse_text_stream": lambda v, p, f: list(p.parse_text_stream(v)),
    "parse_conllu": lambda v, p, f: arcparser.parse_conllu(v),
    "parse_conllu on_invalid": lambda v, p, f: arcparser.parse_conllu(TEXT, on_invalid=v),
    "parse_conllu report": lambda v, p, f: arcparser.parse_conllu(TEXT, on_invalid="skip", report=v),
    "write_conllu": lambda v, p, f: arcparser.write_conllu(v, io.BytesIO()),
    "write_conllu of": lambda v, p, f: arcparser.write_conllu([v], f / "of.conllu", overwrite=True),
    "write_conllu target": lambda v, p, f: arcparser.write_conllu(read(), v if hasattr(v, "read") else within(f, v)),
    "from_dict": lambda v, p, f: Sentence.from_dict(v),
    "from_dict comments": lambda v, p, f: Sentence.from_dict({"words": [{"form": "a"}], "comments": v}),
    "from_dict comments of": lambda v, p, f: Sentence.from_dict({"words": [{"form": "a"}], "comments": [v]}),
    "from_dict sent_id": lambda v, p, f: Sentence.from_dict({"words": [{"form": "a"}], "sent_id": v}),
    "from_dict words": lambda v, p, f: Sentence.from_dict({"words": v}),
    "from_dict words of": lambda v, p, f: Sentence.from_dict({"words": [v]}),
    "from_dict id": lambda v, p, f: Sentence.from_dict({"words": [{"form": "a", "id": v}]}),
    "from_dict form": lambda v, p, f: Sentence.from_dict({"words": [{"form": v}]}),
    "from_dict head": lambda v, p, f: Sentence.from_dict({"words": [{"form": "a", "head": v}]}),
    "from_dict multiword_tokens": lambda v, p, f: Sentence.from_dict({"words": [{"form": "a"}], "multiword_tokens": v}),
    "from_dict empty_nodes of": lambda v, p, f: Sentence.from_dict({"words": [{"form": "a"}], "empty_nodes": [v]}),
    "sent_id": lambda v, p, f: setattr(read()[0], "sent_id", v),
    "to_json": lambda v, p, f: read()[0].to_json(),
    **{
        f"word {name}": lambda v, p, f, name=name: setattr(read()[0][1], name, v)
        for name in "lemma upos xpos feats deprel head_id head misc".split()
    },
    "word misc of": lambda v, p, f: read()[0][1].misc.update({"Gloss": v}),
    "word misc key": lambda v, p, f: read()[0][1].misc.update([(v, "x")]) if isinstance(v, str) else None,
    "evaluate gold": lambda v, p, f: arcparser.evaluate(v, ENHANCED),
    "evaluate system": lambda v, p, f: arcparser.evaluate(ENHANCED, v),
    "evaluate gold of": lambda v, p, f: arcparser.evaluate([v], read()),
    "evaluate system of": lambda v, p, f: arcparser.evaluate(read(), [v]),
    "evaluate both": lambda v, p, f: arcparser.evaluate(v, v),
    "evaluate parser": lambda v, p, f: arcparser.evaluate(v, p),
    "evaluate swapped": lambda v, p, f: arcparser.evaluate(p, v),
    "evaluate skip_invalid": lambda v, p, f: arcparser.evaluate(ENHANCED, v, skip_invalid=True),
    "evaluate batch_words": lambda v, p, f: arcparser.evaluate(ENHANCED, p, batch_words=v),
    "read_conllu": lambda v, p, f: list(arcparser.read_conllu(v)),
    "read_conllu on_invalid": lambda v, p, f: list(arcparser.read_conllu(ENHANCED, on_invalid=v)),
    "read_conllu report": lambda v, p, f: list(arcparser.read_conllu(ENHANCED, on_invalid="skip", report=v)),
    "read_conllu name": lambda v, p, f: list(arcparser.read_conllu(io.BytesIO(b"1\tx\n"), name=v)),
    "read_treebank": lambda v, p, f: read_treebank(v),
    "read_treebank of": lambda v, p, f: read_treebank([v]),
    "find_sentence": lambda v, p, f: find_sentence(v),
    "find_sentence which": lambda v, p, f: find_sentence(ENHANCED, v),
    "from_tokenlist": lambda v, p, f: arcparser.from_tokenlist(v),
    "from_tokenlist form": lambda v, p, f: arcparser.from_tokenlist(conllu.TokenList([{"form": v}])).to_bytes(),
    "from_tokenlist head": lambda v, p, f: arcparser.from_tokenlist(conllu.TokenList([{"form": "a", "head": v}])),
    "from_tokenlist metadata": lambda v, p, f: arcparser.from_tokenlist(
        conllu.TokenList([{"form": "a"}], metadata={"key": v})
    ),
    "to_tokenlist": lambda v, p, f: arcparser.to_tokenlist(v),
    "from_words": lambda v, p, f: Sentence.from_words(v).to_bytes(),
    "from_words comments": lambda v, p, f: Sentence.from_words(["a"], comments=v).to_bytes(),
    "from_words comments of": lambda v, p, f: Sentence.from_words(["a"], comments=[v]).to_bytes(),
    "from_words misc": lambda v, p, f: Sentence.from_words(["a", "b", "c"], misc=v).to_bytes(),
    "from_words misc of": lambda v, p, f: Sentence.from_words(["a"], misc=[v]).to_bytes(),
    "from_words multiword_tokens": lambda v, p, f: Sentence.from_words(["a"], multiword_tokens=v).to_bytes(),
    "from_words multiword_tokens of": lambda v, p, f: Sentence.from_words(["a"], multiword_tokens=[v]).to_bytes(),
    "MultiwordToken first": lambda v, p, f: Sentence.from_words(
        ["a", "b"], multiword_tokens=[MultiwordToken(v, 2, "ab")]
    ),
    "MultiwordToken form": lambda v, p, f: Sentence.from_words(
        ["a", "b"], multiword_tokens=[MultiwordToken(1, 2, v)]
    ).to_bytes(),
    "set_tree heads": lambda v, p, f: Sentence.from_words(["a", "b", "c"]).set_tree(v, ["x"] * 3),
    "set_tree heads of": lambda v, p, f: Sentence.from_words(["a"]).set_tree([v], ["x"]),
    "set_tree deprels": lambda v, p, f: Sentence.from_words(["a", "b", "c"]).set_tree([0, 1, 1], v),
    "set_tree deprels of": lambda v, p, f: Sentence.from_words(["a"]).set_tree([0], [v]),
    "set_tags": lambda v, p, f: Sentence.from_words(["a", "b", "c"]).set_tags(v, None, None),
    "set_lemmas": lambda v, p, f: Sentence.from_words(["a", "b", "c"]).set_lemmas(v),
    "set_lemmas of": lambda v, p, f: Sentence.from_words(["a"]).set_lemmas([v]),
    "set_lemmas mode": lambda v, p, f: Sentence.from_words(["a"]).set_lemmas(["a"], mode=v),
    "set_tags of": lambda v, p, f: Sentence.from_words(["a"]).set_tags([v], None, None),
    "add_misc": lambda v, p, f: Sentence.from_words(["a"]).add_misc(v, "Key=Value"),
    "add_misc attributes": lambda v, p, f: Sentence.from_words(["a"]).add_misc(0, v),
    "column": lambda v, p, f: Sentence.from_words(["a"]).column(v),
    "word_line": lambda v, p, f: Sentence.from_words(["a"]).word_line(v),
    "show": lambda v, p, f: arcparser.show(v),
    "show of": lambda v, p, f: arcparser.show([v]),
    "show width": lambda v, p, f: arcparser.show(read(), width=v),
    "render": lambda v, p, f: arcparser.render(v),
    "render gold": lambda v, p, f: arcparser.render(read(), gold=v),
    "render title": lambda v, p, f: arcparser.render(read(), title=v),
    "explain parser": lambda v, p, f: arcparser.explain(v, ["Dogs"]),
    "explain words": lambda v, p, f: arcparser.explain(p, v),
    "explain gold": lambda v, p, f: arcparser.explain(p, read()[0], gold=v),
    "explain top": lambda v, p, f: arcparser.explain(p, ["Dogs"], top=v),
    "explain follow": lambda v, p, f: arcparser.explain(p, ["Dogs"], follow="parser" if type(v) is np.ndarray else v),
    "save": lambda v, p, f: arcparser.render(read()).save(f / "page.html" if isinstance(v, (str, Path)) else v),
    "combine": lambda v, p, f: arcparser.combine(v, dev=ENHANCED, output=f / "m"),
    "combine of": lambda v, p, f: arcparser.combine([v, v], dev=ENHANCED, output=f / "m"),
    "list_treebanks": lambda v, p, f: ud.list_treebanks(v),
    "find_treebank": lambda v, p, f: ud.find_treebank(v),
}


def training(option: str) -> Callable[[Any, Parser, Path], Any]:
    """Call `train` with a value of an option; a treebank without sentences stops it where that may be had."""

    def call(value: Any, parser: Parser, folder: Path) -> Any:
        nothing = folder / "nothing.conllu"
        nothing.write_bytes(b"")
        options = {"dev": nothing, "output": folder / "m", "config": small(), option: value}
        return arcparser.train(options.pop("train_files", nothing), **options)

    return call


for _option in (
    "train_files dev preset config init vectors vector_words vector_width teachers seed epochs "
    "max_minutes language name license recipe execution threads report"
).split():
    CALLS[f"train {_option}"] = training(_option)


@pytest.mark.parametrize("name", CALLS)
def test_calls_work_or_say_what_is_wrong_in_a_line(name: str, toy_parser: Parser, tmp_path: Path) -> None:
    for kind, value in VALUES.items():
        try:
            CALLS[name](value(), toy_parser, tmp_path)
        except ArcparserError as error:
            message = str(error)
            assert message.splitlines() == [message], kind
            if "no setting" not in message:  # which lists those that there are
                assert len(message) <= LONGEST, kind
        except Exception as error:
            pytest.fail(f"{kind}: {type(error).__name__}: {error}")


WORKING = {
    "evaluate gold": "a path|a path as a string|Sentences|an iterator of Sentences|TokenLists|a binary stream",
    "evaluate system": "a path|Sentences|an iterator of Sentences|TokenLists|an iterator of TokenLists|a binary stream",
    "evaluate both": "a path|Sentences|an iterator of Sentences|a Sentence|a TokenList|a binary stream",
    "evaluate parser": "a path|Sentences|an iterator of Sentences|a Sentence|a TokenList|a binary stream",
    "parse": "words|a tuple of words|an iterator of words|words of numpy|a Sentence|a TokenList",
    "parse_many": "lists of words|an iterator of lists of words|rows of numpy|Sentences|an iterator of Sentences|"
    "TokenLists|an iterator of TokenLists|an empty list",
    "parse_text": "a string|an empty string|text|a path as a string|numpy's string",
    "parse_text_stream": "a path|a path as a string|a text stream|a binary stream",
    "parse_conllu": "text|an empty string",
    "write_conllu": "a Sentence|Sentences|an iterator of Sentences|a TokenList|TokenLists|an iterator of TokenLists",
    "write_conllu target": "a string|a text stream|a binary stream",
    "word head": "None",
    "word misc": "a string|a dictionary",
    "predict": "lists of words|an iterator of lists of words|rows of numpy|Sentences|TokenLists|an empty list",
    "read_conllu": "a path|a path as a string|a binary stream",
    "show": "a Sentence|Sentences|an iterator of Sentences|a TokenList|TokenLists|an empty list",
    "render": "a Sentence|Sentences|an iterator of Sentences|a TokenList|TokenLists",
    "explain words": "words|a tuple of words|words of numpy|a Sentence|a TokenList",
    "set_tree heads": "numbers of numpy",
    "find_sentence which": "None|an int",
}


@pytest.mark.parametrize("name", WORKING)
def test_what_works(name: str, toy_parser: Parser, tmp_path: Path) -> None:
    for kind in WORKING[name].split("|"):
        CALLS[name](VALUES[kind](), toy_parser, tmp_path)


def test_evaluate_takes_what_the_other_functions_return(toy_parser: Parser, toy_model: Path) -> None:
    expected = arcparser.evaluate(ENHANCED, toy_parser)
    words = [sentence.forms for sentence in read()]
    for system in (
        toy_parser.parse_many(read(), tags="retag"),
        toy_parser.parse_many(iter(read()), tags="retag"),
        toy_parser.parse_many(conllu.parse(TEXT), tags="retag"),
        toy_model,
        str(toy_model),
    ):
        assert arcparser.evaluate(ENHANCED, system) == expected
    assert arcparser.evaluate(arcparser.read_conllu(ENHANCED), toy_parser) == expected
    assert arcparser.evaluate(conllu.parse(TEXT), toy_parser) == expected
    # Lists of words have lost the multiword tokens.
    assert arcparser.evaluate(ENHANCED, toy_parser.parse_many(words)).las.correct == expected.las.correct
    sentences = arcparser.read_conllu(ENHANCED)
    assert arcparser.evaluate(sentences, sentences).las.f1 == 100
    with open(ENHANCED, "rb") as gold:
        assert arcparser.evaluate(gold, toy_parser) == expected


def test_a_model_is_scored_by_its_name(monkeypatch: pytest.MonkeyPatch, toy_parser: Parser, toy_model: Path) -> None:
    monkeypatch.setattr("arcparser.model.registry.model_folders", lambda: [toy_model.parent])
    monkeypatch.chdir(toy_model.parent)
    assert arcparser.evaluate(ENHANCED, "toy") == arcparser.evaluate(ENHANCED, toy_parser)
    Path("toy").write_bytes(DATA)  # a file is taken first, as everywhere
    assert arcparser.evaluate(ENHANCED, "toy").las.f1 == 100
    Path("toy").unlink()
    with pytest.raises(ModelError, match=r"^none\.arcparser: no such model file"):
        arcparser.evaluate(ENHANCED, "none.arcparser")
    with pytest.raises(InputError, match=r"^tay: no such file"):
        arcparser.evaluate(ENHANCED, "tay")


def without_root(sentences: list[Sentence], which: int) -> list[Sentence]:
    row = sentences[which].rows[0]
    row[6] = "1"
    return sentences


def test_messages_name_the_side_and_the_sentence(toy_parser: Parser, tmp_path: Path) -> None:
    made = [Sentence.from_words(["Dogs"]), Sentence.from_words(["Hi"])]
    for sentence in made:
        sentence.set_tree([0], ["root"])
    cyclic = [made[0], made[1].copy()]
    cyclic[1].rows[0][6:8] = "1", "root"
    with pytest.raises(TreeError, match=r"^system\[1\]: the sentence has no root"):
        arcparser.evaluate(made, cyclic)
    with pytest.raises(TreeError, match=r"^gold\[1\]: the sentence has no root"):
        arcparser.evaluate(iter(cyclic), made)
    with pytest.raises(TreeError, match=r"^gold\[0\]: word 1 \('Dogs'\): HEAD is missing"):
        arcparser.evaluate([["Dogs"]], toy_parser)
    with pytest.raises(TreeError, match=r"^system\[1\]:1: word 1 \('Hi'\): HEAD is missing"):
        arcparser.evaluate(made, [made[0], conllu.TokenList([{"form": "Hi"}])])
    assert arcparser.evaluate(made, cyclic, skip_invalid=True).words.gold == 1
    broken = tmp_path / "broken.conllu"
    broken.write_bytes(b"".join(s.to_bytes() for s in without_root(read()[:1], 0)).replace(b"\t0\t", b"\t1\t"))
    with pytest.raises(TreeError, match=r"broken\.conllu:\d+: .*root"):
        arcparser.evaluate(read()[:1], broken)


def test_what_is_parsed_is_not_taken_for_something_else(toy_parser: Parser) -> None:
    for wrong in (conllu.parse(TEXT)[0], read()[0]):
        with pytest.raises(UsageError, match="parse takes one"):  # a TokenList iterates over dictionaries
            list(toy_parser.parse_many(wrong))
    with pytest.raises(UsageError, match="parse_text"):
        toy_parser.parse("Dogs chase cats.")
    with pytest.raises(UsageError, match="parse_many"):
        toy_parser.parse([["Dogs"], ["Hi"]])
    with pytest.raises(UsageError, match="read_conllu"):
        list(toy_parser.parse_many(ENHANCED))
    with pytest.raises(UsageError, match="from_words"):
        Sentence(["Dogs", "chase"])


def test_errors_of_the_callers_own_iterators_pass(toy_parser: Parser) -> None:
    def broken() -> Iterator[Sentence]:
        yield read()[0]
        raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        list(toy_parser.parse_many(broken()))
    with pytest.raises(TypeError, match=r"^mine$"):
        arcparser.evaluate(broken(), toy_parser)


def test_half_a_surrogate_pair_is_refused_before_it_is_in_the_sentence() -> None:
    sentence = Sentence.from_words(["a"])
    for change in (
        lambda: sentence.set_tree([0], ["\ud800"]),
        lambda: sentence.set_tags(["\ud800"], None, None),
        lambda: sentence.add_misc(0, "\udfff"),
    ):
        with pytest.raises(UsageError, match="half of a surrogate pair"):
            change()
    assert sentence.to_bytes() == Sentence.from_words(["a"]).to_bytes()


def test_multiword_tokens_may_be_plain_tuples() -> None:
    sentence = Sentence.from_words(["do", "n't"], multiword_tokens=[(1, 2, "don't")])  # type: ignore[list-item]
    assert sentence.multiword_tokens == (MultiwordToken(1, 2, "don't"),)
    assert b"1-2\tdon't\t" in sentence.to_bytes()
