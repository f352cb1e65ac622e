"""A registry of three small models, one of which came with the package, and a folder that has all three."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arcparser.model import registry

FAST, OTHER = "xx_toy_fast", "yy_bank"
CONTENT = {FAST: b"no model, but some bytes\n", OTHER: b"other bytes\n"}


@dataclass(frozen=True)
class Shelf:
    """Where the files are.

    Attributes:
        source: The folder that models are fetched from.
        package: The folder of those that came with the package: `en_ewt`.
        data: The user's data folder, which is not there yet.
    """

    source: Path
    package: Path
    data: Path

    def file(self, name: str) -> Path:
        return self.source / f"{name}.arcparser"


def make_shelf(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Make the folders, and let the look-up of names know no other."""
    source, package, work = (folder / name for name in ("source", "package", "work"))
    for made in (source, package / "models", work):
        made.mkdir(parents=True)
    shutil.copy(model, source / "xx_toy.arcparser")
    for name, data in CONTENT.items():
        (source / f"{name}.arcparser").write_bytes(data)
    shutil.copy(model, package / "models" / "en_ewt.arcparser")
    shutil.copy(model, source / "en_ewt.arcparser")
    entries = [
        entry(source, "en_ewt", "en", "English", default=True),
        entry(source, "xx_toy", "xx", "Old Exish", default=True),
        entry(source, FAST, "xx", "Old Exish", default=False),
        entry(source, OTHER, "yy", "Ypsilonian", default=True),
    ]
    (package / "models" / "registry.json").write_text(json.dumps({"models": entries}), "utf-8")
    for variable in ("ARCPARSER_MODELS", "ARCPARSER_MODELS_URL"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(folder / "data"))
    monkeypatch.setattr(registry, "_PACKAGE", package)
    monkeypatch.chdir(work)
    registry.registered.cache_clear()
    return Shelf(source, package / "models", folder / "data" / "arcparser" / "models")


def entry(folder: Path, name: str, language: str, language_name: str, *, default: bool) -> dict[str, Any]:
    """Write the card of a model, and return its entry in the registry."""
    data = (folder / f"{name}.arcparser").read_bytes()
    card = f"# {name}\n".encode()
    (folder / f"{name}.md").write_bytes(card)
    return {
        "name": name,
        "language": language,
        "language_name": language_name,
        "default": default,
        "treebank": f"UD {language_name}",
        "license": "CC0",
        "preset": "standard",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "card_sha256": hashlib.sha256(card).hexdigest(),
        "scores": {"UPOS": 91.5, "LAS": 80.25},
    }
