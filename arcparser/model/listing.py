"""List models: those of the registry, installed or not, and those that somebody has put into a folder of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arcparser.errors import ModelError, clean
from arcparser.model import model_file
from arcparser.model.description import text_table
from arcparser.model.fetch import digest_of
from arcparser.model.registry import RegisteredModel, available, locate, registered

_SHOWN = ("UPOS", "Lemmas", "LAS")
_NONE = "–"


@dataclass(frozen=True, kw_only=True)
class ListedModel:
    """Say what a model is and where it is; `dataclasses.asdict` makes of it what `arcparser models --json` prints.

    Attributes:
        name: The name that it is found by.
        language: A UD or ISO 639 code such as "en"; empty if its file is damaged.
        language_name: The name of the language in English; empty if the registry does not have the language.
        default: Whether the language means this model.
        treebank: What it was trained on.
        license: The terms under which it may be used.
        bytes: The size of its file.
        scores: Percentages on the dev file with gold tokens and predicted tags.
        registered: Whether it is the file that the registry has under this name, or would be, were it installed.
        path: Its file; None if it is not installed.
    """

    name: str
    language: str
    language_name: str
    default: bool
    treebank: str
    license: str
    bytes: int
    scores: Mapping[str, float]
    registered: bool
    path: str | None

    @property
    def state(self) -> str:
        """Whether it is installed, in a word or two: `own` is a file that is not the registry's."""
        if self.path is None:
            return "no"
        if not self.language:
            return "damaged"
        return "yes" if self.registered else "yes, own"


def list_models() -> list[ListedModel]:
    """List the models of the registry and those that are installed, in alphabetical order."""
    return [_listed(name) for name in sorted({*registered(), *available()})]


def models_table(models: Sequence[ListedModel]) -> str:
    """Write a table for people."""
    head = ["name", "language", "treebank", "license", "size", *_SHOWN, "installed"]
    return text_table([head, *map(_row, models)], numbers=range(4, 5 + len(_SHOWN)))


def _row(model: ListedModel) -> list[str]:
    scores = [f"{model.scores[name]:.2f}" if name in model.scores else _NONE for name in _SHOWN]
    language = f"{model.language_name} ({model.language})" if model.language_name else model.language
    size = f"{model.bytes / 1e6:.1f} MB"
    return [clean(cell) for cell in (model.name, language, model.treebank, model.license, size, *scores, model.state)]


def _listed(name: str) -> ListedModel:
    path = locate(name)
    model = registered().get(name)
    if path is not None and (model is None or digest_of(path) != model.sha256):
        return _of_file(name, path)
    return _of_registry(registered()[name], path)


def _of_registry(model: RegisteredModel, path: Path | None) -> ListedModel:
    return ListedModel(
        name=model.name,
        language=model.language,
        language_name=model.language_name,
        default=model.default,
        treebank=model.treebank,
        license=model.license,
        bytes=model.bytes,
        scores=model.scores,
        registered=True,
        path=None if path is None else str(path),
    )


def _of_file(name: str, path: Path) -> ListedModel:
    """Describe a model that the registry does not know, by its card."""
    names = {model.language: model.language_name for model in registered().values()}
    try:
        card = model_file.load(path).card
    except ModelError:
        card = None
    return ListedModel(
        name=name,
        language=card.language if card else "",
        language_name=names.get(card.language, "") if card else "",
        default=name in registered() and registered()[name].default,
        treebank=card.treebank if card else "",
        license=card.license if card else "",
        bytes=path.stat().st_size,
        scores=card.scores if card else {},
        registered=False,
        path=str(path),
    )
