"""Find the files to parse, and name the output of each.

A file that is given goes by its own name, a file in a folder by its path in that folder: `corpus/a/b.txt` of the folder
`corpus` becomes `a/b.conllu`. What is compressed stays so (`b.txt.gz` becomes `b.conllu.gz`), but for parquet, which is
compressed in itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath

from arcparser.compression import bare_name, suffix
from arcparser.errors import InputError, UsageError
from arcparser.files import STANDARD_STREAM, check_path, shown_name
from arcparser.remote import find_urls, is_url
from arcparser.types import PathLike

MANIFEST = "manifest.jsonl"
WORK_FOLDER = ".arcparser"
_KNOWN = (".conllu", ".txt")  # whose names say what is in them


@dataclass(frozen=True)
class Task:
    """Hold what is read, and the name of what is written: its path in the output folder, with slashes."""

    source: str
    output: str


def plan_tasks(
    inputs: Sequence[PathLike], output_dir: PathLike, *, output_format: str, include: Sequence[str] = ()
) -> list[Task]:
    """Find the files in order: those of a folder by their names, and without those that are hidden.

    Args:
        inputs: Files and folders, or URLs of both.
        output_dir: Where outputs go, whose own files are no inputs.
        output_format: How outputs end.
        include: Patterns of the shell for files in folders: for their names, or with a slash for their paths in the
            folder. Without any: `*.conllu` and `*.txt`, also compressed.

    Raises:
        InputError: There is no such file or folder, or no such file in a folder.
        UsageError: There are no inputs, two files would have the same output, or one is standard input.
    """
    if not inputs:
        raise UsageError("no input: give files or folders")
    tasks: dict[str, Task] = {}
    for given in inputs:
        check_path("an input", given)
        name = os.fspath(given)
        if name == STANDARD_STREAM:
            raise UsageError("-: --output-dir takes files and folders: use --output for standard input")
        if is_url(name):
            found = _urls(name, include)
        else:
            found = _files(name, output_dir, include) if os.path.isdir(name) else [(name, os.path.basename(name))]
            if not os.path.exists(name):
                raise InputError("no such file or folder: check the path", shown_name(name))
        if not found:
            wanted = " or ".join(include) if include else "*.conllu or *.txt"
            raise InputError(f"no file {wanted} in it: give the pattern of others by --include", shown_name(name))
        for source, path in found:
            task = Task(source, _output(path, output_format))
            other = tasks.setdefault(task.output, task)
            if other.source != source:
                both = f"{shown_name(other.source)} and {shown_name(source)}"
                raise UsageError(f"{both}: both would become {task.output}: use a folder for each, or rename one")
            if task.output == MANIFEST:
                raise UsageError(f"{shown_name(source)}: would become {MANIFEST}, which says what was done: rename it")
    return list(tasks.values())


def _files(folder: str, output_dir: PathLike, include: Sequence[str]) -> list[tuple[str, str]]:
    """Return the path of each file in a folder, and its path seen from there."""
    excluded = os.path.realpath(output_dir)
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            one for one in folders if one[0] != "." and os.path.realpath(os.path.join(place, one)) != excluded
        )
        if os.path.realpath(place) == excluded:
            continue
        for name in sorted(names):
            path = os.path.join(place, name)
            inner = Path(os.path.relpath(path, folder)).as_posix()
            if name[0] != "." and _is_wanted(inner, name, include) and os.path.isfile(path):
                found.append((path, inner))
    return found


def _urls(url: str, include: Sequence[str]) -> list[tuple[str, str]]:
    """Return the URL of each file at a URL, and its path seen from there."""
    found = find_urls(url)
    if [one for one, _ in found] == [url]:
        return found
    return [
        (one, path)
        for one, path in found
        if _is_wanted(path, os.path.basename(path), include) and not any(part[:1] == "." for part in path.split("/"))
    ]


def _is_wanted(path: str, name: str, include: Sequence[str]) -> bool:
    if not include:
        return bare_name(name).lower().endswith(_KNOWN)
    return any(fnmatch(path if "/" in pattern else name, pattern) for pattern in include)


def _output(path: str, output_format: str) -> str:
    packed = suffix(path)
    bare = bare_name(path)
    stem = bare[: -len(PurePath(bare).suffix)] if PurePath(bare).suffix else bare
    return f"{stem}.{output_format}{'' if output_format == 'parquet' else packed.lower()}"
