"""Find the files of a pretrained encoder: in a folder, as the Hugging Face hub has them, or within a model.

A folder holds `model.onnx` (or `onnx/model.onnx`), `tokenizer.json`, and perhaps `config.json` and `README.md`, which
say how many pieces are read at a time, and under which license.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from arcparser.errors import InputError, ModelError, readable
from arcparser.files import open_input, read_chunks, shown_name
from arcparser.types import PathLike

PLACES = "ARCPARSER_ENCODERS"  # the variable that names folders with encoders in them
MOST_PIECES = 512  # of a window: what an encoder does takes more than twice as long for twice as many

_MODELS = "model.onnx", "onnx/model.onnx"
_REST = "_data"  # what a model of more than 2 GB adds to the name of the file with its weights
_TOKENIZER = "tokenizer.json"
_BLOCK = 1 << 20
_LICENSE = re.compile(r"license: *[\"']?([^\"'\s]{1,60})[\"']? *")


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """Hold what an encoder is made of.

    Attributes:
        model: The path of the ONNX file, or what is in it.
        tokenizer: What is in `tokenizer.json`.
    """

    model: Path | bytes
    tokenizer: bytes


@dataclass(frozen=True, kw_only=True)
class EncoderCard:
    """Say which encoder it is.

    Attributes:
        name: That of its folder.
        digest: SHA-256 of its files.
        license: The terms under which it may be used; empty if the folder does not say.
        width: Of its vectors.
        layers: The names of the outputs that are read.
        window: How many pieces it reads at a time.
    """

    name: str
    digest: str
    license: str
    width: int
    layers: tuple[str, ...]
    window: int


def check_extra(name: str) -> None:
    """Find out whether what runs an encoder is installed.

    Raises:
        ModelError: It is not.
    """
    missing = [package for package in ("onnxruntime", "tokenizers") if find_spec(package) is None]
    if missing:
        needed = f"the pretrained encoder needs {' and '.join(missing)}"
        raise ModelError(f'{name}: {needed}, which is not installed: pip install "arcparser[encoder]"')


def read_folder(folder: PathLike) -> EncoderFiles:
    """Find the files of an encoder in a folder.

    Raises:
        InputError: They are not there, or cannot be read.
    """
    place = Path(folder)
    if not place.is_dir():
        wanted = "give a folder with model.onnx and tokenizer.json"
        raise InputError(f"no such folder: {wanted}", shown_name(folder))
    model = next((place / name for name in _MODELS if (place / name).is_file()), None)
    if model is None or not (place / _TOKENIZER).is_file():
        missing = "model.onnx" if model is None else _TOKENIZER
        advice = "give the folder of an encoder in ONNX format, as the Hugging Face hub has them"
        raise InputError(f"has no {missing}: {advice}", shown_name(folder))
    return EncoderFiles(model, read_file(place / _TOKENIZER))


def read_file(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        InputError: It cannot be read.
    """
    with open_input(path) as stream:
        return b"".join(read_chunks(stream, _BLOCK, name=shown_name(path), content="an encoder"))


def digest(files: EncoderFiles) -> str:
    """Return the SHA-256 of an encoder, in a folder or not.

    Raises:
        InputError: A file cannot be read.
    """
    found = hashlib.sha256()
    if isinstance(files.model, bytes):
        found.update(files.model)
    else:
        for path in (files.model, rest_of(files.model)):
            if path.is_file():
                with open_input(path) as stream:
                    for block in read_chunks(stream, _BLOCK, name=shown_name(path), content="an encoder"):
                        found.update(block)
    found.update(files.tokenizer)
    return found.hexdigest()


def rest_of(model: Path) -> Path:
    """Return where the weights of a model of more than 2 GB lie, if it has any there."""
    return model.with_name(model.name + _REST)


def locate(card: EncoderCard, name: str) -> EncoderFiles:
    """Find the files of the encoder that a model was trained with, in the folders that ARCPARSER_ENCODERS names.

    Args:
        card: The encoder's.
        name: What messages call the model.

    Raises:
        ModelError: They are not there, or are those of another.
        InputError: They cannot be read.
    """
    advice = f"set {PLACES} to the folder that it lies in, or take a model with its encoder embedded"
    for place in filter(None, os.environ.get(PLACES, "").split(os.pathsep)):
        for folder in (Path(place) / card.name, Path(place)):
            if folder.name != card.name or not folder.is_dir():
                continue
            files = read_folder(folder)
            if digest(files) != card.digest:
                problem = f"{folder} holds another encoder than the {card.name} that it was trained with"
                raise ModelError(f"{name}: {problem} (SHA-256 {card.digest[:12]}…): {advice}")
            return files
    raise ModelError(f"{name}: needs the pretrained encoder {card.name} (SHA-256 {card.digest[:12]}…): {advice}")


def read_config(folder: PathLike) -> Mapping[str, Any]:
    """Return what `config.json` says, or nothing.

    Raises:
        InputError: It is no JSON object, or cannot be read.
    """
    path = Path(folder) / "config.json"
    if not path.is_file():
        return {}
    try:
        found = json.loads(read_file(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON ({error}): get the encoder again", shown_name(path)) from error
    if not isinstance(found, dict):
        raise InputError("is no JSON object: get the encoder again", shown_name(path))
    return found


def license_of(folder: PathLike, config: Mapping[str, Any]) -> str:
    """Return the license that `config.json` names, or the first lines of `README.md`, where the hub has it."""
    named = config.get("license")
    if isinstance(named, str):
        return readable(named)
    path = Path(folder) / "README.md"
    if not path.is_file():
        return ""
    lines = read_file(path).decode("utf-8", "replace").splitlines()[:200]
    return next((match[1] for line in lines if (match := _LICENSE.fullmatch(line))), "")


def window_of(config: Mapping[str, Any]) -> int:
    """Return how many pieces the encoder reads at a time."""
    positions = config.get("max_position_embeddings")
    if type(positions) is not int:
        return MOST_PIECES
    kind = str(config.get("model_type", ""))
    unused = 2 if "roberta" in kind or kind == "camembert" else 0  # they begin to count after their padding
    return min(positions - unused, MOST_PIECES)
