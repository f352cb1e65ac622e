"""Find models by name: which models there are, where they lie, and which file a name or a path means.

`registry.json` travels in the package and lists the models that `arcparser.model.fetch` can get, with their sizes and
SHA-256 digests; a script makes it from the model files. A name is looked up in these folders, and the first that has
the file NAME.arcparser decides:

1. those that the environment variable ARCPARSER_MODELS names,
2. the user's data folder, which models are fetched to,
3. the package, which has the default model,
4. `models/` of the repository that the package runs from, or that the current folder is in.

The code or the name of a language (`fr`, `French`) means the default model of that language.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from arcparser.errors import ModelError
from arcparser.files import check_path, shown_name
from arcparser.types import PathLike

BASE_URL = ""  # where the models of this version are published; empty: nowhere yet
MIRROR = "ARCPARSER_MODELS_URL"  # the variable that names another place

DEFAULT_MODEL = "en_ewt"
SUFFIX = ".arcparser"
PLACES = "ARCPARSER_MODELS"  # the variable that names folders with models in them

_PACKAGE = Path(__file__).resolve().parent.parent
_REGISTRY = "registry.json"
_MOST_LISTED = 10  # of installed models in a message


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """Say what the registry knows of a model without looking into its file.

    Attributes:
        name: The name of the model.
        language: A UD or ISO 639 code such as "en".
        language_name: The name of the language in English.
        default: Whether the language means this model.
        treebank: What it was trained on.
        license: The terms under which it may be used.
        preset: The preset that its settings began with.
        bytes: The size of its file.
        sha256: The digest of its file.
        card_sha256: The digest of its card, the page NAME.md, which goes where the model goes.
        scores: Percentages on the dev file with gold tokens and predicted tags.
    """

    name: str
    language: str
    language_name: str
    default: bool
    treebank: str
    license: str
    preset: str
    bytes: int
    sha256: str
    card_sha256: str
    scores: Mapping[str, float]

    @property
    def digests(self) -> dict[str, str]:
        """The files of the model and the SHA-256 of each."""
        return {f"{self.name}{SUFFIX}": self.sha256, f"{self.name}.md": self.card_sha256}


def find(name_or_path: PathLike) -> Path:
    """Return the file of a model: a path as it is, a name or a language among the models that are installed.

    Raises:
        ModelError: No such file or name.
        UsageError: It is neither a name nor a path.
    """
    check_path("the model", name_or_path, "its name or the path of its file")
    path = Path(name_or_path)
    if _is_file(path):
        return path
    name = os.fspath(name_or_path)
    if not name:
        raise ModelError("'': no such model: give a name, or the path of a file")
    if _is_name(name):
        installed = locate(name)
        if installed is not None:
            return installed
        if not os.path.exists(path):
            raise ModelError(f"{shown_name(name)}: {_why_not(name)}")
    if os.path.isdir(path):
        raise ModelError(f"{shown_name(name)}: no such model file, but a folder: give the name of a file")
    if os.path.exists(path):
        raise ModelError(f"{shown_name(name)}: no such model file, but a pipe or a device: give the name of a file")
    raise ModelError(f"{shown_name(name)}: no such model file: check the path, or train one with arcparser train")


def is_model(name_or_path: PathLike) -> bool:
    """Tell whether a string or path means a model: a name, a language, or a path of a model file."""
    path = Path(name_or_path)
    if path.suffix == SUFFIX:
        return True
    if _is_file(path):  # train writes a model under any name
        from arcparser.model.array_file import stored_digest

        return bool(stored_digest(path))
    name = os.fspath(name_or_path)
    return _is_name(name) and (registered_as(name) is not None or locate(name) is not None)


def locate(name: str) -> Path | None:
    """Return the installed file that a name means, or else the one of the default model of a language."""
    found = _file_of(name)
    if found is None and (model := registered_as(name)) is not None and model.name != name:
        return _file_of(model.name)
    return found


def registered_as(name: str) -> RegisteredModel | None:
    """Return the model of the registry that has this name, or is the default of the language of this code or name."""
    model = registered().get(name)
    return model or next((m for m in registered().values() if m.default and _is_language(m, name)), None)


@cache
def registered() -> dict[str, RegisteredModel]:
    """Return the models of the registry by name; none where the package has no registry."""
    for folder in (_PACKAGE / "models", _PACKAGE.parent / "models"):
        file = folder / _REGISTRY
        if _is_file(file):
            entries = json.loads(file.read_text("utf-8"))["models"]
            return {entry["name"]: RegisteredModel(**entry) for entry in entries}
    return {}


def near(name: str) -> list[str]:
    """Return names of models that are nearly the same, registered or installed, the nearest first."""
    import difflib

    names = {known.lower(): known for known in (*available(), *registered())}
    for model in registered().values():
        if model.default:
            names.setdefault(model.language_name.lower(), model.name)
    asked = name.lower()
    found = [*difflib.get_close_matches(asked, names, n=3, cutoff=0.6), *(k for k in names if k.startswith(asked))]
    return list(dict.fromkeys(names[key] for key in found))[:3]


def available() -> list[str]:
    """Return the names of the models that are there, in alphabetical order."""
    return sorted({file.stem for folder in model_folders() for file in folder.glob(f"*{SUFFIX}")})


def model_folders() -> list[Path]:
    """Return the folders that names are looked up in, in this order: those of them that there are."""
    folders = [*own_folders(), _PACKAGE / "models", _PACKAGE.parent / "models", *_repository()]
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def own_folders() -> list[Path]:
    """Return the user's folders of models, be they there or not; models are fetched to the first."""
    named = os.environ.get(PLACES, "").split(os.pathsep)
    return [*map(Path, filter(None, named)), data_folder()]


def data_folder() -> Path:
    """Return where the user's models lie if nothing else is said: where platformdirs puts an application's data.

    That is said once more here, as the import of platformdirs would take a tenth of the time in which a parse starts.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "").strip() or os.path.expanduser(r"~\AppData\Local")
    else:
        default = "~/Library/Application Support" if sys.platform == "darwin" else "~/.local/share"
        named = os.environ.get("XDG_DATA_HOME", "").strip()
        base = named if os.path.isabs(named) else os.path.expanduser(default)
    return Path(base, "arcparser", "models")


def package_folder() -> Path:
    """Return the folder of the models that came with the package."""
    return _PACKAGE / "models"


def _repository() -> Iterator[Path]:
    """Yield `models/` of the repository that the current folder is in, if it is in one."""
    try:
        here = Path.cwd()
    except OSError:  # it is gone
        return
    for folder in (here, *here.parents):
        if _is_file(folder / "models" / _REGISTRY) and _is_file(folder / "arcparser" / "_version.py"):
            yield folder / "models"


def _file_of(name: str) -> Path | None:
    files = (folder / f"{name}{SUFFIX}" for folder in model_folders())
    return next(filter(_is_file, files), None)


def _is_name(name: str) -> bool:
    return os.sep not in name and "/" not in name and not Path(name).suffix


def _is_language(model: RegisteredModel, name: str) -> bool:
    return name.lower() in (model.language, model.language_name.lower())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, a folder that may not be entered
        return False


def _command(name: str) -> str:
    """Return the command that fetches a model."""
    whence = "" if BASE_URL or os.environ.get(MIRROR) else " --from FOLDER_OR_URL"
    return f"arcparser models get {name}{whence}"


def _why_not(name: str) -> str:
    """Say that a model is not installed, and which command fetches it or one of nearly this name."""
    if _is_file(Path(f"{name}{SUFFIX}")):
        return f"no such model by name, but there is a file: give {name}{SUFFIX}"
    model = registered_as(name)
    if model is not None:
        what = "" if model.name == name else f"means the model {model.name} ({model.language_name}), which "
        return f"{what}is not installed: fetch it by {_command(model.name)}"
    others = near(name)
    if not others:
        known = available()
        listed = ", ".join([*known[:_MOST_LISTED], *(["…"] if len(known) > _MOST_LISTED else [])]) or "none"
        advice = f"installed are {listed}; see `arcparser models` for all, or train one with arcparser train"
    elif _file_of(others[0]) is None:
        advice = f"did you mean {' or '.join(others)}? {_command(others[0])} fetches it"
    else:
        advice = f"did you mean {' or '.join(others)}?"
    return f"no such model: {advice}"
