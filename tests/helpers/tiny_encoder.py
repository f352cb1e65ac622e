"""A pretrained encoder of a few KB, with random weights: an ONNX file, a tokenizer, and what says how they are used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WIDTH = 6
WINDOW = 12
LETTERS = "abcdefghijklmnopqrstuvwxyz.,'"


def write_encoder(
    folder: Path, *, seed: int = 1, token_types: bool = False, kind: Any = np.int64, layers: bool = True
) -> Path:
    """Write an encoder whose pieces are single letters; what it says of one depends on its neighbors.

    Args:
        folder: Where it goes.
        seed: Of its weights.
        token_types: Whether it has the input token_type_ids.
        kind: The type of its inputs.
        layers: Whether it gives a middle layer.
    """
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tokenizers")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(_model(seed, token_types, kind, layers))
    (folder / "tokenizer.json").write_text(_tokenizer(), encoding="utf-8")
    config = {"max_position_embeddings": WINDOW, "license": "CC0-1.0", "num_hidden_layers": 2, "model_type": "bert"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _tokenizer() -> str:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocab=vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(5)  # as exports have it: it must not be heeded
    tokenizer.enable_padding(length=9)
    return str(tokenizer.to_str())


def _model(seed: int, token_types: bool, kind: Any, layers: bool) -> bytes:
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    rng = np.random.default_rng(seed)
    size = 4 + 2 * len(LETTERS)
    weights = {
        "table": rng.standard_normal((size, WIDTH)).astype(np.float32) * np.float32([1, 1, 1, 1, 1, 30]),
        "kernel": rng.standard_normal((WIDTH, WIDTH, 3)).astype(np.float32) * 0.3,  # a piece and its neighbors
    }
    of_type = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if token_types else [])]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["h"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "two"], ["mask3"]),
        helper.make_node("Mul", ["h", "mask3"], ["hidden_state_1"]),
        helper.make_node("Transpose", ["hidden_state_1"], ["t"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["t", "kernel"], ["c"], pads=[1, 1], kernel_shape=[3]),
        helper.make_node("Transpose", ["c"], ["last_hidden_state"], perm=[0, 2, 1]),
    ]
    if token_types:
        nodes.insert(1, helper.make_node("Cast", ["token_type_ids"], ["types"], to=onnx.TensorProto.FLOAT))
    outputs = [*(["hidden_state_1"] if layers else []), "last_hidden_state"]
    shape = ["batch", "pieces", WIDTH]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, of_type, ["batch", "pieces"]) for name in names],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in outputs],
        [
            *(numpy_helper.from_array(array, name) for name, array in weights.items()),
            numpy_helper.from_array(np.array([2], np.int64), "two"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return bytes(model.SerializeToString())
