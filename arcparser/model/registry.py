"""Find models by name: where those that are shipped lie, and which file a name or a path means."""

from __future__ import annotations

import os
from pathlib import Path

from arcparser.errors import ModelError
from arcparser.files import check_path, shown_name
from arcparser.types import PathLike

DEFAULT_MODEL = "en_ewt"
_SUFFIX = ".arcparser"


def find(name_or_path: PathLike) -> Path:
    """Return the file of a model: a path as it is, a name among the models that are shipped.

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
    if os.sep not in name and "/" not in name and not path.suffix:
        for folder in model_folders():
            shipped = folder / f"{name}{_SUFFIX}"
            if _is_file(shipped):
                return shipped
        if not os.path.exists(path):
            known = ", ".join(available()) or "none"
            raise ModelError(
                f"{shown_name(name)}: no such model: installed are {known}; get others from the models folder of the "
                "arcparser repository and give their path, or train one with arcparser train"
            )
    if os.path.isdir(path):
        raise ModelError(f"{shown_name(name)}: no such model file, but a folder: give the name of a file")
    if os.path.exists(path):
        raise ModelError(f"{shown_name(name)}: no such model file, but a pipe or a device: give the name of a file")
    raise ModelError(f"{shown_name(name)}: no such model file: check the path, or train one with arcparser train")


def is_model(name_or_path: PathLike) -> bool:
    """Tell whether a string or path means a model by its looks: a name that is installed, or a path of a model file."""
    path = Path(name_or_path)
    return path.suffix == _SUFFIX or (not _is_file(path) and os.fspath(name_or_path) in available())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, a folder that may not be entered
        return False


def available() -> list[str]:
    """Return the names of the models that are there, in alphabetical order."""
    return sorted({file.stem for folder in model_folders() for file in folder.glob(f"*{_SUFFIX}")})


def model_folders() -> list[Path]:
    """Return where shipped models lie: the installed package, and the repository's `models` when run from there."""
    package = Path(__file__).resolve().parent.parent
    return [folder for folder in (package / "models", package.parent / "models") if folder.is_dir()]
