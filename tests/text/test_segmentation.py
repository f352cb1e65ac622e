"""What a model knows of raw text is kept with it, and refused where this version would read it wrongly."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arcparser
from arcparser.errors import ModelError
from arcparser.model import array_file, model_file
from arcparser.text.learn import learn
from arcparser.text.segmentation import FEATURES_VERSION, Segmentation
from arcparser.text.spacing import passages
from arcparser.treebank.sentence import Sentence
from tests.helpers.toy import CHINESE, DEV, random_parser, toy_training


def sentences(segmentation: Segmentation, text: str) -> list[list[str]]:
    read = segmentation.read(io.BytesIO(text.encode()), lines=False, name="text")
    return [sentence.forms for sentence in read]


def test_a_saved_model_splits_as_what_was_learned(tmp_path: Path) -> None:
    learned = learn(list(arcparser.read_conllu(DEV)), "en", seed=1)
    path = tmp_path / "model"
    model_file.save(replace(random_parser(1).model, segmentation=learned), path)
    found = model_file.load(path).segmentation
    text = "Dogs can't chase cats. They don't! Really?\n\nNo."
    assert sentences(found, text) == sentences(learned, text)
    assert found.multiword == {form: list(words) for form, words in learned.multiword.items()}


def test_chinese_keeps_the_segmenter_that_it_was_trained_with(tmp_path: Path) -> None:
    """Also where jieba is installed later: the parser learned characters."""
    parser = toy_training(tmp_path / "zh", train_files=CHINESE, dev=CHINESE, language="zh")
    found = model_file.load(tmp_path / "zh").segmentation
    assert found.segmenter == parser.model.segmentation.segmenter in ("char", "jieba")
    other = replace(found, segmenter="char", token_boundaries=None)
    assert all(len(form) == 1 for forms in sentences(other, "我喜欢猫。") for form in forms)


@pytest.mark.parametrize(
    "made",
    [None, [], {}, {"features": "1"}, {"segmenter": "scissors"}, {"segmenter": []}],
    ids=str,
)
def test_a_malformed_segmentation_is_refused(toy_model: Path, tmp_path: Path, made: object) -> None:
    header, arrays = array_file.read(toy_model, "model")
    header["segmentation"] = {**header["segmentation"], **made} if isinstance(made, dict) and made else made
    bad = tmp_path / "bad.arcparser"
    array_file.write(bad, "model", header, arrays)
    with pytest.raises(ModelError, match=r"is not a whole model .*train it again"):
        model_file.load(bad)


def test_a_model_that_learned_with_other_features_parses_all_but_raw_text(toy_model: Path, tmp_path: Path) -> None:
    header, arrays = array_file.read(toy_model, "model")
    header["segmentation"] = {**header["segmentation"], "features": FEATURES_VERSION + 1}
    other = tmp_path / "other.arcparser"
    array_file.write(other, "model", header, arrays)
    parser = arcparser.load(other)
    assert str(parser.parse(["Dogs", "bark"])) == str(arcparser.load(toy_model).parse(["Dogs", "bark"]))
    for lines in (False, True):
        with pytest.raises(ModelError, match=r"another version .*: train it again, or parse CoNLL-U"):
            list(parser.model.segmentation.read(io.BytesIO(b"Dogs bark."), lines=lines, name="text"))
    model_file.save(parser.model, tmp_path / "again.arcparser")
    assert model_file.load(tmp_path / "again.arcparser").segmentation.features_version == FEATURES_VERSION + 1


def test_a_segmentation_without_its_arrays_is_refused(toy_model: Path, tmp_path: Path) -> None:
    header, arrays = array_file.read(toy_model, "model")
    bad = tmp_path / "bad.arcparser"
    weights = arrays.pop("retokenizer.weights")
    for damaged in (None, weights[:0], weights[:-1], weights[:, :2], weights.astype(np.float32), weights[None]):
        found = {} if damaged is None else {"retokenizer.weights": damaged}
        array_file.write(bad, "model", header, {**arrays, **found})
        with pytest.raises(ModelError, match=r"retokenizer\.weights"):
            model_file.load(bad)


@pytest.mark.parametrize("form", ["bark ", "bark\u00a0", "bark\u2028", " ", "\u3000"])
@pytest.mark.parametrize("before", [[], ["Dogs"]], ids=["alone", "after another"])
def test_a_paragraph_may_end_in_a_form_that_ends_in_white_space(before: list[str], form: str) -> None:
    sentence = Sentence.from_words(["Dogs", "bark", "."])
    rows = "".join(f"{i}\t{word}\t_\t_\t_\t_\t_\t_\t_\t_\n" for i, word in enumerate([*before, form], start=1))
    (last,) = arcparser.read_conllu(io.BytesIO(f"# newpar\n{rows}\n".encode()))
    learned = learn([sentence, last, last], "en", seed=1)
    assert sentences(learned, "Dogs bark.") == [["Dogs", "bark", "."]]


EMPTY = 7 * "\t_"
DOGS = f"1\tDogs{EMPTY}\t_\n2\tbark{EMPTY}\tSpaceAfter=No\n3\t.{EMPTY}\t_\n\n"
WHITE = f"1\t\u3000{EMPTY}\t_\n2\t {EMPTY}\t_\n\n"
MULTIWORD = f"1-2\tdon't\u00a0{EMPTY}\tSpaceAfter=No\n1\tdo{EMPTY}\t_\n2\tn't{EMPTY}\t_\n\n"


@pytest.mark.parametrize(
    "treebank",
    [
        f"# newpar\n{WHITE}# newpar\n{DOGS}# newpar\n{DOGS}",
        f"# newpar\n{DOGS}# newpar\n{WHITE}# newpar\n{DOGS}",
        WHITE,
        WHITE + WHITE,
        DOGS,
        f"# newpar\n{DOGS}{MULTIWORD}# newdoc\n{DOGS}{MULTIWORD}",
        f"1\tDogs{EMPTY}\tSpacesAfter=no space\n\n# newpar\n" + DOGS,
        f"1\tDogs{EMPTY}\tSpacesBefore=\\u00A0|SpacesAfter=\\u2028\\uD800\n\n# newpar\n" + DOGS,
    ],
)
def test_anything_that_is_conllu_can_be_learned_from(treebank: str) -> None:
    read = list(arcparser.read_conllu(io.BytesIO(treebank.encode())))
    learned = learn(read, "en", seed=1)
    assert sentences(learned, "Dogs bark.") == [["Dogs", "bark", "."]]
    for passage in passages(read):
        assert len(passage.text) == passage.tokens[-1][1]


def test_a_model_may_have_learned_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model"
    model_file.save(random_parser(1).model, path)
    found = model_file.load(path).segmentation
    assert found == Segmentation("en")
    assert sentences(found, "Dogs bark. Cats don't.") == [["Dogs", "bark", "."], ["Cats", "do", "n't", "."]]


def test_the_rules_that_it_was_learned_with_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arcparser.text.tokenizer._warned", set())
    read = list(arcparser.read_conllu(io.BytesIO(DOGS.encode() * 3)))
    with pytest.warns(UserWarning, match="spaCy cannot tokenize 'wo'"):
        learned = learn(read, "wo", seed=1)
    assert learned.rules == "xx"
    assert learn(read, "en", seed=1).rules is None
    path = tmp_path / "model"
    for segmentation in (learned, replace(learned, language="en")):  # had spaCy the language by now
        model = random_parser(1).model
        card = replace(model.card, language=segmentation.language)
        model_file.save(replace(model, card=card, segmentation=segmentation), path)
        found = model_file.load(path).segmentation
        assert (found.language, found.rules, found.tokenizer.rules) == (segmentation.language, "xx", "xx")
        assert sentences(found, "Dogs bark.") == [["Dogs", "bark", "."]]  # without a warning
