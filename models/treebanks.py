"""The treebanks and the models that are made from them: what `treebanks.toml` says, and the files of a treebank."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
SEED = 1
FIGURES = ("UPOS", "UFeats", "Lemmas", "UAS", "LAS")  # in the order of published figures
LICENSES = {
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA 3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "LGPL-LR": "https://spdx.org/licenses/LGPLLR.html",
}


@dataclass(frozen=True, kw_only=True)
class Treebank:
    """A treebank of the table; `treebanks.toml` explains the fields."""

    code: str
    name: str
    language: str
    language_name: str
    release: str
    license: str
    text: str
    authors: str
    sentence: str
    meaning: str
    presets: Sequence[str] = ("standard",)
    cite: str = ""
    note: str = ""
    published: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name as in prose: UD Scottish Gaelic ARCOSG."""
        return self.name.replace("_", " ").replace("-", " ")

    @property
    def address(self) -> str:
        """Its repository."""
        return f"https://github.com/UniversalDependencies/{self.name}"

    def file(self, folder: Path, part: str) -> Path | None:
        """Find the file of a part, train or dev: as CODE/train.conllu, or as `arcparser corpus get` names it."""
        names = f"{self.code}/{part}.conllu", f"{self.name}*/{self.code}-ud-{part}.conllu"
        return next((path for name in names for path in sorted(folder.glob(name))), None)


@dataclass(frozen=True)
class Model:
    """A model of the table: a treebank and the preset to train with."""

    treebank: Treebank
    preset: str

    @property
    def name(self) -> str:
        """The name of the model: that of the treebank is the one of the preset `standard`."""
        return self.treebank.code if self.preset == "standard" else f"{self.treebank.code}_{self.preset}"

    def arguments(self, train: str, dev: str | None, output: str) -> list[str]:
        """Return the command that trains it, with the defaults of `train` wherever there is one."""
        bank = self.treebank
        return [
            *("train", train),
            *(("--dev", dev) if dev else ()),
            *("--output", output),
            *(("--preset", self.preset) if self.preset != "standard" else ()),
            *("--name", self.name, "--lang", bank.language, "--license", bank.license, "--seed", str(SEED)),
        ]


def treebanks() -> list[Treebank]:
    """Return all treebanks of the table."""
    return [Treebank(**entry) for entry in _table()["treebank"]]


def models() -> list[Model]:
    """Return all models of the table."""
    return [Model(treebank, preset) for treebank in treebanks() for preset in treebank.presets]


def how_made(name: str) -> str:
    """Return how a model was made that was not made as the table says; else nothing."""
    return _table().get("made", {}).get(name, {}).get("text", "").strip()


def why_below(name: str) -> str:
    """Return why a model has fewer than 3 points LAS more than UDPipe 1.2, if somebody has said so."""
    return _table().get("below", {}).get(name, "").strip()


@cache
def _table() -> dict:
    return tomllib.loads((HERE / "treebanks.toml").read_text("utf-8"))
