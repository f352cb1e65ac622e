"""Write into a model file which pretrained encoder its networks read, and the encoder itself, if it is to be in it."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from arcparser.model.stored_weights import Arrays, take
from arcparser.network.settings import Settings

if TYPE_CHECKING:
    from arcparser.pretrained.pretrained_encoder import PretrainedEncoder

_MODEL, _TOKENIZER = "pretrained.model", "pretrained.tokenizer"
_DIGEST = re.compile("[0-9a-f]{64}")
_NAME = re.compile(r"[^/\\:\0]{1,255}")  # of a folder
_LONGEST_TEXT = 200
_LARGEST_WINDOW = 65_536


def pretrained_to_file(encoder: PretrainedEncoder) -> tuple[dict[str, Any], Arrays]:
    """Return the header's entry of an encoder, and the bytes of its files if the model is to hold them."""
    files = encoder.embedded
    entry = {**asdict(encoder.card), "embedded": files is not None}
    if files is None or not isinstance(files.model, bytes):
        return entry, {}
    return entry, {
        _MODEL: np.frombuffer(files.model, np.uint8),
        _TOKENIZER: np.frombuffer(files.tokenizer, np.uint8),
    }


def pretrained_from_file(entry: Any, arrays: Arrays, settings: Settings) -> PretrainedEncoder | None:
    """Make an encoder of what `pretrained_to_file` returned, and take its arrays out of `arrays`.

    Raises:
        ValueError: The entry is damaged, or does not fit the settings.
        TypeError: The entry is damaged.
    """
    if entry is None and not settings.pretrained_layers:
        return None
    from arcparser.pretrained.encoder_files import EncoderCard, EncoderFiles, digest
    from arcparser.pretrained.pretrained_encoder import PretrainedEncoder

    names = {f.name for f in fields(EncoderCard)} | {"embedded"}
    if not isinstance(entry, dict) or set(entry) != names or type(entry["embedded"]) is not bool:
        raise ValueError("bad pretrained encoder")
    card = _card(EncoderCard(**{name: entry[name] for name in names - {"embedded"}}))
    if (len(card.layers), card.width) != (settings.pretrained_layers, settings.pretrained_inputs):
        raise ValueError("a pretrained encoder of another width or other layers than the settings have")
    if not entry["embedded"]:
        return PretrainedEncoder(card, None)
    files = EncoderFiles(_take_bytes(arrays, _MODEL), _take_bytes(arrays, _TOKENIZER))
    if digest(files) != card.digest:
        raise ValueError("another pretrained encoder than the one that it names")
    return PretrainedEncoder(card, files)


def _card(card: Any) -> Any:
    """Check the values of an encoder's card.

    Raises:
        ValueError: One is not what it can be.
        TypeError: Likewise.
    """
    texts = [card.name, card.digest, card.license]
    if not isinstance(card.layers, list) or not all(type(text) is str for text in [*texts, *card.layers]):
        raise ValueError("bad pretrained encoder")
    "".join([*texts, *card.layers]).encode()  # ValueError for half a surrogate pair
    if not _NAME.fullmatch(card.name) or card.name in (".", "..") or not _DIGEST.fullmatch(card.digest):
        raise ValueError("bad name or digest of the pretrained encoder")
    if any(len(text) > _LONGEST_TEXT for text in [card.license, *card.layers]):
        raise ValueError("bad pretrained encoder")
    if type(card.width) is not int or type(card.window) is not int or not 0 < card.window <= _LARGEST_WINDOW:
        raise ValueError("bad numbers of the pretrained encoder")
    return replace(card, layers=tuple(card.layers))


def _take_bytes(arrays: Arrays, name: str) -> bytes:
    """Take an array of bytes out of `arrays`.

    Raises:
        ValueError: There is none.
    """
    return take(arrays, name, (None,), np.uint8).tobytes()
