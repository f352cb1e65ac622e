"""The treebanks and the models that are made from them: what `treebanks.toml` says, and the files of a treebank."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
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


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a model is made from beside its treebank, and with which settings; `treebanks.toml` explains the fields."""

    members: Sequence[str] = ()
    teachers: Sequence[str] = ()
    encoder: str = ""
    unlabeled: Sequence[str] = ()
    epochs: int | None = None
    seed: int = 1
    settings: Mapping[str, float] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """What is needed beside treebanks: the folder of an encoder, raw texts."""
        return [*([self.encoder] if self.encoder else []), *self.unlabeled]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model of the table, or a parser that teaches one or is part of one: its treebank, and how it is made."""

    name: str
    treebank: Treebank
    preset: str
    recipe: Recipe

    @property
    def made_of(self) -> list[Model]:
        """The parsers that teach it, and those that it combines."""
        names = (*self.recipe.teachers, *self.recipe.members)
        return [replace(self, name=name, preset="standard", recipe=_recipe(name)) for name in names]

    @property
    def before(self) -> list[Model]:
        """All parsers that are made before it, each after those that it is made of."""
        return list({one.name: one for part in self.made_of for one in (*part.before, part)}.values())

    @property
    def stage(self) -> int:
        """How many parsers are made one after the other before it can be."""
        return max((part.stage + 1 for part in self.made_of), default=0)

    def arguments(self, train: str, dev: str | None, output: str, *, extra: str = "", build: str = "") -> list[str]:
        """Return the command that makes it, with the defaults of `train` wherever there is one.

        Args:
            train: The train file,
            dev: and the dev file, if there is one.
            output: Where the model goes.
            extra: What paths of encoders and raw texts begin with,
            build: and those of teachers, members and the file of settings.
        """
        bank, recipe = self.treebank, self.recipe
        if recipe.members:
            members = [f"{build}{name}.arcparser" for name in recipe.members]
            return ["combine", *members, *(("--dev", dev) if dev else ()), "--output", output, "--name", self.name]
        return [
            *("train", train),
            *(("--dev", dev) if dev else ()),
            *("--output", output),
            *(("--preset", self.preset) if self.preset != "standard" else ()),
            *(("--encoder", f"{extra}{recipe.encoder}") if recipe.encoder else ()),
            *(part for teacher in recipe.teachers for part in ("--teacher", f"{build}{teacher}.arcparser")),
            *(("--unlabeled", *(f"{extra}{name}" for name in recipe.unlabeled)) if recipe.unlabeled else ()),
            *(("--config", f"{build}{self.name}.toml") if recipe.settings else ()),
            *(("--epochs", str(recipe.epochs)) if recipe.epochs else ()),
            *("--name", self.name, "--lang", bank.language, "--license", bank.license, "--seed", str(recipe.seed)),
        ]


def treebanks() -> list[Treebank]:
    """Return all treebanks of the table."""
    return [Treebank(**entry) for entry in _table()["treebank"]]


def models() -> list[Model]:
    """Return all models of the table: the one of the preset `standard` has the name of its treebank."""
    named = [
        (bank.code if preset == "standard" else f"{bank.code}_{preset}", bank, preset)
        for bank in treebanks()
        for preset in bank.presets
    ]
    return [Model(name=name, treebank=bank, preset=preset, recipe=_recipe(name)) for name, bank, preset in named]


def about(source: str) -> str:
    """Return what an encoder or a raw text is, whose it is and under which license, in a few words of Markdown."""
    return _table()["source"][source].strip()


def _recipe(name: str) -> Recipe:
    return Recipe(**_table().get("recipe", {}).get(name, {}))


def why_below(name: str) -> str:
    """Return why a model has fewer than 3 points LAS more than UDPipe 1.2, if somebody has said so."""
    return _table().get("below", {}).get(name, "").strip()


@cache
def _table() -> dict:
    return tomllib.loads((HERE / "treebanks.toml").read_text("utf-8"))
