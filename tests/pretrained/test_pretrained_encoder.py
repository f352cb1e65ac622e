"""What an encoder says of words: of the sentence alone, whatever is read with it; and what is no encoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arcparser.errors import InputError, ModelError
from arcparser.nn.packing import pack
from arcparser.pretrained import encoder_files, pretrained_encoder
from arcparser.pretrained.contexts import Contexts
from arcparser.pretrained.onnx_model import OnnxModel
from arcparser.pretrained.pretrained_encoder import PretrainedEncoder, open_encoder
from tests.helpers.tiny_encoder import LETTERS, WIDTH, WINDOW, write_encoder

WORDS = ["the", "dogs", "chase", "cats", ".", "of", "york", "New York", "\u200b", "it's"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoders") / "tiny")


@pytest.fixture(scope="module")
def encoder(folder: Path) -> PretrainedEncoder:
    return open_encoder(folder)


def some_sentences(count: int) -> list[list[str]]:
    rng = np.random.default_rng(2)
    return [[WORDS[i] for i in rng.integers(0, len(WORDS), n)] for n in rng.integers(1, 12, count)]


def test_its_card(encoder: PretrainedEncoder) -> None:
    card = encoder.card
    assert (card.name, card.license, card.width, card.window) == ("tiny", "CC0-1.0", WIDTH, WINDOW)
    assert card.layers == ("hidden_state_1", "last_hidden_state")


def test_a_word_is_the_mean_of_its_pieces(folder: Path, encoder: PretrainedEncoder) -> None:
    """Worked out piece by piece, for a sentence that fits."""
    model = OnnxModel(folder / "model.onnx")
    ids = np.array([[2, *(4 + LETTERS.index(c) for c in "d"), *(33 + LETTERS.index(c) for c in "og"), 4, 3]])
    first, last = model.hidden_states(ids, encoder.card.layers)
    contexts = encoder.read([["Dog", "a"]])
    assert contexts.vectors.dtype == np.float16
    for layer, states in enumerate((first[0], last[0])):
        expected = np.stack((states[1:4].mean(axis=0), states[4])).astype(np.float16)
        np.testing.assert_array_equal(contexts.vectors[:, layer], expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_sentence_alone_and_with_others(
    encoder: PretrainedEncoder, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = some_sentences(60)
    together = encoder.read(sentences, threads=threads)
    alone = np.concatenate([encoder.read([words]).vectors for words in sentences])
    np.testing.assert_array_equal(together.vectors, alone)
    monkeypatch.setattr(pretrained_encoder, "READ_WORDS", 20)
    monkeypatch.setattr(pretrained_encoder, "_RUN_PIECES", 30)
    np.testing.assert_array_equal(encoder.read(sentences, threads=threads).vectors, alone)


def test_words_without_pieces_are_zero(encoder: PretrainedEncoder) -> None:
    vectors = encoder.read([["\u200b"], ["a", "\u200b", "b"]]).vectors
    assert np.any(vectors, axis=(1, 2)).tolist() == [False, True, False, True]
    assert encoder.read([]).vectors.shape == (0, 2, WIDTH)


def test_windows_say_what_one_reading_says(folder: Path) -> None:
    """The tiny encoder sees a piece and its neighbors, which are in the window that a short word is taken from."""
    whole = open_encoder(write_encoder(folder.parent / "wide"))
    whole = PretrainedEncoder(encoder_files.EncoderCard(**{**vars(whole.card), "window": 512}), whole._files)
    sentences = [["ab", "d", "ef", "i"] * 10, ["dogs"] * 3]
    windows = open_encoder(folder).read(sentences).vectors
    np.testing.assert_allclose(windows.astype(float), whole.read(sentences).vectors.astype(float), atol=1e-2)


def test_packed_contexts() -> None:
    contexts = Contexts(np.arange(6, dtype=np.float16).reshape(6, 1, 1), np.array([0, 2, 5]))
    packing = pack([3, 1])
    assert contexts.packed(np.array([1, 2]), packing)[:, 0, 0].tolist() == [2, 5, 3, 4]
    assert contexts.take([2, 1]).packed(np.array([1, 0]), packing)[:, 0, 0].tolist() == [2, 5, 3, 4]


@pytest.mark.parametrize("changes", [{"token_types": True}, {"kind": np.int32}, {"layers": False}], ids=str)
def test_other_exports(tmp_path: Path, changes: dict[str, Any]) -> None:
    encoder = open_encoder(write_encoder(tmp_path / "other", **changes))
    assert encoder.card.layers[-1] == "last_hidden_state"
    assert len(encoder.card.layers) == (1 if "layers" in changes else 2)
    assert np.any(encoder.read([["dogs", "chase"]]).vectors)


def test_the_layout_of_the_hub(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "org-model")
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model.onnx")
    (folder / "config.json").unlink()
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model\n", encoding="utf-8")
    card = open_encoder(folder).card
    assert (card.name, card.license, card.window) == ("org-model", "apache-2.0", encoder_files.MOST_PIECES)


@pytest.mark.parametrize(
    ("config", "window"),
    [
        ({}, 512),
        ({"max_position_embeddings": 512}, 512),
        ({"max_position_embeddings": 130, "model_type": "xlm-roberta"}, 128),
        ({"max_position_embeddings": 8192}, 512),
    ],
    ids=str,
)
def test_windows_of_encoders(config: dict[str, Any], window: int) -> None:
    assert encoder_files.window_of(config) == window


def _without(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_without("model.onnx"), r"tiny: has no model\.onnx: give the folder of an encoder in ONNX format"),
        (_without("tokenizer.json"), r"tiny: has no tokenizer\.json: give"),
        (
            _write("model.onnx", b"no model"),
            r"tiny: is no ONNX model that can be run: .*: give an encoder in",
        ),
        (_write("tokenizer.json", b"{}"), r"tiny: is no tokenizer that can be read: .*: give an encoder"),
        (_write("config.json", b"{"), r"config\.json: is no JSON .*: get the encoder again"),
        (_write("config.json", b"[]"), r"config\.json: is no JSON object: get"),
        (_write("config.json", b'{"max_position_embeddings": 3}'), r"tiny: is a window of 3 pieces"),
    ],
)
def test_folders_that_hold_no_encoder(tmp_path: Path, spoil: Callable[[Path], object], problem: str) -> None:
    folder = write_encoder(tmp_path / "tiny")
    spoil(folder)
    with pytest.raises(InputError, match=problem) as caught:
        open_encoder(folder)
    assert "\n" not in str(caught.value)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder: give a folder with"):
        open_encoder(tmp_path / "none")


def test_without_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_files, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r'not installed: pip install "arcparser\[encoder\]"$'):
        open_encoder(folder)


def test_what_a_model_asks_for_is_found_by_its_name_and_digest(
    folder: Path, encoder: PretrainedEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = PretrainedEncoder(encoder.card, None)
    monkeypatch.delenv(encoder_files.PLACES, raising=False)
    with pytest.raises(ModelError, match=r"^my: needs the pretrained encoder tiny .*: set ARCPARSER_ENCODERS to"):
        wanted.find("my")
    write_encoder(tmp_path / "tiny", seed=2)
    monkeypatch.setenv(encoder_files.PLACES, str(tmp_path))
    with pytest.raises(ModelError, match="holds another encoder than the tiny that it was trained with"):
        wanted.find("my")
    for place in (folder.parent, folder):
        monkeypatch.setenv(encoder_files.PLACES, f"{tmp_path / 'nothing'}{encoder_files.os.pathsep}{place}")
        found = PretrainedEncoder(encoder.card, None)
        found.find("my")
        np.testing.assert_array_equal(found.read([["dogs"]]).vectors, encoder.read([["dogs"]]).vectors)


def test_numbers_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = open_encoder(write_encoder(tmp_path / "tiny"))
    states = OnnxModel.hidden_states
    monkeypatch.setattr(
        OnnxModel, "hidden_states", lambda self, ids, layers: [one * np.nan for one in states(self, ids, layers)]
    )
    with pytest.raises(ModelError, match="computes what is no number"):
        encoder.read([["dogs"]])
