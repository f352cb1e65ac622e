"""Fetch models by name into the user's folder, and remove them.

pooch downloads or copies: a file gets its name when it is whole and has the SHA-256 that the registry says, so that
neither an interruption nor another file of this name leaves anything behind. With each model comes its card, which says
whom to attribute it to. A file of somebody's own is never replaced or removed unless that is asked for.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from arcparser.download import PATIENCE, Patience, ResumingDownloader
from arcparser.errors import InputError, ModelError, OutputError, UsageError, as_list, quote
from arcparser.files import make_folder, output_error, shown_name
from arcparser.model.registry import (
    BASE_URL,
    MIRROR,
    SUFFIX,
    RegisteredModel,
    find,
    locate,
    own_folders,
    package_folder,
    registered,
    registered_as,
)
from arcparser.types import PathLike

ALL = "all"

_BLOCK = 1 << 20


@dataclass(frozen=True)
class FetchedModel:
    """A model that was asked for.

    Attributes:
        model: What the registry says of it.
        path: Where its file is.
        was_there: Whether it was there already.
    """

    model: RegisteredModel
    path: Path
    was_there: bool

    def text(self) -> str:
        """Return a line for people."""
        size = f"{self.model.bytes / 1e6:.1f} MB"
        return f"{self.model.name}: {'was there already' if self.was_there else size} in {self.path}"


def get_models(
    names: str | Sequence[str],
    *,
    source: PathLike | None = None,
    overwrite: bool = False,
    progress: bool = False,
    patience: Patience = PATIENCE,
    report: Callable[[FetchedModel], object] = lambda _: None,
) -> list[FetchedModel]:
    """Fetch models, one after the other.

    Args:
        names: Names of models, codes or names of languages, or "all" for all that are registered.
        source: A folder or an http address that has the files (default: `ARCPARSER_MODELS_URL`, or where they are
            published).
        overwrite: Replace files of these names that are not those of the registry.
        progress: Show a bar for each download on standard error.
        patience: How long to wait for the server, and how often to try again.
        report: Called with each model when it is there.

    Raises:
        UsageError: No such model, or no such source.
        ModelError: Another file of this name is there that is to be kept.
        InputError: The network or the server fails, or has another file; or the folder does not have it.
        OutputError: Files cannot be written.
    """
    models = _asked([names] if isinstance(names, str) else as_list("names", names, "strings"))
    target = own_folders()[0]
    there = {model.name: path for model in models if (path := _is_there(model)) is not None}
    missing = [model for model in models if model.name not in there]
    if not overwrite:
        for model in missing:
            _refuse_to_replace(model, target)
    base, downloader = _source(source, progress, patience) if missing else ("", None)
    fetched = []
    for model in models:
        path = there.get(model.name) or _fetch(model, base, downloader, target)
        fetched.append(FetchedModel(model, path, model.name in there))
        report(fetched[-1])
    return fetched


def remove_model(name: str, *, force: bool = False) -> list[Path]:
    """Remove a model and its card from the user's folders.

    Args:
        name: Its name, or the code or name of its language.
        force: Also if the file is not the one of the registry, which could be fetched again.

    Returns:
        The files that were removed.

    Raises:
        ModelError: It is not there, came with the package or lies in a repository, or cannot be fetched again.
        OutputError: It cannot be removed.
    """
    path = locate(name) or find(name)  # which raises
    if path.parent not in own_folders():
        owner = "came with the package" if path.parent == package_folder() else "does not lie in a folder of your own"
        raise ModelError(f"{shown_name(path)}: {owner}: only what arcparser models get has fetched can be removed")
    model = registered().get(path.stem)
    if not force and (model is None or digest_of(path) != model.sha256):
        problem = "is not the model of the registry, which could be fetched again"
        raise ModelError(f"{shown_name(path)}: {problem}: give --force to remove it all the same")
    removed = [path]
    card = path.with_suffix(".md")
    if card.is_file() and model is not None and digest_of(card) == model.card_sha256:
        removed.append(card)
    for file in removed:
        try:
            file.unlink()
        except OSError as error:
            raise OutputError(f"{file}: cannot be removed: {error.strerror or error}: check its permissions") from error
    return removed


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, empty if it cannot be read."""
    import hashlib

    digest = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def _asked(names: Sequence[str]) -> list[RegisteredModel]:
    """Return the models that are asked for, each once.

    Raises:
        UsageError: There is no such model.
    """
    asked: dict[str, RegisteredModel] = {}
    for name in names:
        if name == ALL:
            asked.update(registered())
            continue
        model = registered_as(name)
        if model is None:
            raise UsageError(_unknown(name))
        asked[model.name] = model
    return list(asked.values())


def _unknown(name: str) -> str:
    from arcparser.model.registry import near

    others = [other for other in near(name) if other in registered()]
    advice = f"did you mean {' or '.join(others)}?" if others else "see `arcparser models` for names"
    return f"no model {quote(name)} in the registry: {advice}"


def _is_there(model: RegisteredModel) -> Path | None:
    """Return where a model lies, not counting a repository, which may be gone or left tomorrow."""
    for folder in (*own_folders(), package_folder()):
        path = folder / f"{model.name}{SUFFIX}"
        if path.is_file() and path.stat().st_size == model.bytes and digest_of(path) == model.sha256:
            return path
    return None


def _refuse_to_replace(model: RegisteredModel, folder: Path) -> None:
    """Refuse to write over files that are not those of the registry.

    Raises:
        ModelError: There is one.
    """
    for name, digest in model.digests.items():
        path = folder / name
        if os.path.lexists(path) and digest_of(path) != digest:
            problem = "is there and is not the file of the registry"
            raise ModelError(f"{shown_name(path)}: {problem}: rename it to keep it, or give --overwrite to replace it")


def _source(source: PathLike | None, progress: bool, patience: Patience) -> tuple[str, Callable[..., Any]]:
    """Return the address or folder of the files, and what takes a file from there.

    Raises:
        UsageError: There is none.
    """
    given = os.environ.get(MIRROR, "") or BASE_URL if source is None else os.fspath(source)
    if not given:
        raise UsageError(
            "no address to fetch models from: give --from FOLDER_OR_URL, such as models/ of the repository"
        )
    if urlsplit(given).scheme in ("http", "https"):
        return given, ResumingDownloader(patience, progress)
    if not os.path.isdir(given):
        raise UsageError(f"{quote(given)}: no such folder, and no address with http:// or https://: give one of both")
    return os.path.abspath(given), _copy


def _copy(file: str, output_file: PathLike, pooch: Any) -> None:
    """Copy a file of a folder, as a downloader of pooch."""
    try:
        shutil.copyfile(file, output_file)
    except FileNotFoundError as error:
        raise InputError("no such file: give the folder that the models are in", file) from error


def _fetch(model: RegisteredModel, base: str, downloader: Any, folder: Path) -> Path:
    """Fetch the files of a model; its card comes first, so that no model is there without.

    Raises:
        InputError: They cannot be had, or are others.
        OutputError: They cannot be written.
    """
    import pooch

    def download(url: str, output_file: PathLike, caller: Any) -> None:
        os.unlink(output_file)  # pooch has made it for this user's eyes only; a new one has the usual permissions
        downloader(url, output_file, caller)

    registry = {name: f"sha256:{digest}" for name, digest in model.digests.items()}
    make_folder(folder)
    files = pooch.create(folder, base_url=f"{base.rstrip('/')}/", registry=registry)
    path = folder / f"{model.name}{SUFFIX}"
    with _silent(pooch.get_logger()):
        for name in reversed(registry):
            try:
                files.fetch(name, downloader=download)
            except ValueError as error:  # of pooch: the digest is another
                problem = "is not the file that the registry of this version has (its SHA-256 differs)"
                where = f"{base.rstrip('/')}/{name}"
                raise InputError(f"{problem}: take the models of this version of arcparser", where) from error
            except OSError as error:
                raise output_error(folder / name, error) from error
    return path


@contextlib.contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Let pooch not tell of each download: whoever called does."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
