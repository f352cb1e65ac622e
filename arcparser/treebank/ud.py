"""Find and download treebanks of Universal Dependencies (UD).

Each treebank is a repository at https://github.com/UniversalDependencies, each release of UD (r2.16 ...) a tag in it.
`get_treebank` takes the files CODE-ud-{train,dev,test}.conllu, the license and the README from there, by plain HTTP
requests (`arcparser.download`). A file is written under its name with `.RELEASE.part` added and renamed when
it is complete: an interrupted download, also one of an earlier run, goes on where it stopped. `source.json` beside the
files says where they come from, so that complete files are not fetched twice.

The files of UD_English-EWT are en_ewt-ud-train.conllu and so on: the code is that of the language and the name of the
treebank in lower case. `ud_treebanks.tsv` has names, codes and languages; a treebank that is missing there is found all
the same as long as its language is in the table. A few training files are too large for one file and are kept in
pieces; the table has the pieces of all releases, and those that a release has are taken.

Left out: treebanks whose text must be bought or fetched elsewhere (Arabic-NYUAD, Japanese-BCCWJ, English-GUMReddit
...), checks against a published checksum (UD has none). The table does not have all treebanks of UD; the overview of
all is at https://universaldependencies.org.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcparser.download import PATIENCE, NotOnServer, Patience, ResumingDownloader
from arcparser.errors import InputError, UsageError, as_list, quote, unfit
from arcparser.files import atomic_writer, check_path, make_folder, output_error

if TYPE_CHECKING:
    from arcparser.types import PathLike

BASE_URL = "https://raw.githubusercontent.com/UniversalDependencies"
RELEASE = "r2.16"
PARTS = ("train", "dev", "test")

_TAG = re.compile(r"r[0-9]+\.[0-9]+")


@dataclass(frozen=True)
class TreebankName:
    """Hold the names of a treebank of UD.

    Attributes:
        name: The name of its repository, as `UD_Upper_Sorbian-UFAL`.
        code: What its files begin with, as `hsb_ufal`.
        language: The name of the language, as `Upper Sorbian`.
    """

    name: str
    code: str
    language: str


@dataclass(frozen=True)
class DownloadedTreebank:
    """Hold where a downloaded treebank is.

    Attributes:
        treebank: Which treebank it is.
        release: The release of UD, as `r2.16`.
        folder: Where its files are.
        files: The file of each part: `train`, `dev`, `test`, or `train-a` ...
        missing: Parts that the treebank does not have.
        license: The name of its license, as `CC BY-SA 4.0`.
        license_file: The text of the license; None if the treebank has no such file.
    """

    treebank: TreebankName
    release: str
    folder: Path
    files: dict[str, Path]
    missing: tuple[str, ...]
    license: str
    license_file: Path | None

    def text(self) -> str:
        """Return a few lines for people."""
        lines = [f"{self.treebank.name} {self.release} in {self.folder}"]
        for part, path in self.files.items():
            lines.append(f"  {path.name:<36} {path.stat().st_size / 1e6:7.1f} MB  ({part})")
        if "train" in self.missing and "dev" in self.files:
            pages = f"https://github.com/UniversalDependencies/{self.treebank.name}/tree/{self.release}"
            lines.append(f"  no train file of this name: if {pages} has it in pieces, give them by --part")
        elif self.missing:
            lines.append(f"  this treebank has no {' and no '.join(self.missing)} file")
        more = f" ({self.license_file})" if self.license_file else ""
        lines.append(f"License: {self.license}{more}")
        return "\n".join(lines)


def list_treebanks(words: Sequence[str] = ()) -> list[TreebankName]:
    """List the treebanks in the table whose name, code or language holds all of `words`, in any case."""
    wanted = [_string("a word of the name", word).lower() for word in _several("words", words)]
    return [
        treebank
        for treebank in _table()
        if all(word in f"{treebank.name} {treebank.code} {treebank.language}".lower() for word in wanted)
    ]


def treebanks_table(treebanks: Sequence[TreebankName]) -> str:
    """Format names, codes and languages in columns."""
    wide = max((len(treebank.name) for treebank in treebanks), default=0)
    code = max((len(treebank.code) for treebank in treebanks), default=0)
    return "\n".join(f"{t.name:<{wide}}  {t.code:<{code}}  {t.language}" for t in treebanks)


def find_treebank(name: str, code: str | None = None) -> TreebankName:
    """Find the treebank of a name.

    Args:
        name: UD_English-EWT, English-EWT or en_ewt, in any case.
        code: What its files begin with, as `en_ewt`, instead of what the table says. A treebank that is not in the
            table needs it, unless its language is in the table.

    Raises:
        UsageError: There is no such treebank; with names that are nearly the same.
    """
    _string("the name of a treebank", name)
    if code is not None and not re.fullmatch(r"[a-z]{2,4}_[a-z0-9]+", _string("code", code)):
        raise UsageError(f"{quote(code)} is no code of a treebank: give what its files begin with, as en_ewt")
    plain = name.strip().lower().removeprefix("ud_")
    for treebank in _table():
        if plain in (treebank.name.lower().removeprefix("ud_"), treebank.code):
            return TreebankName(treebank.name, code or treebank.code, treebank.language)
    match = re.fullmatch(r"(?:UD_)?([A-Z][A-Za-z_]*)-([A-Za-z0-9]+)", name.strip())
    if match:
        language, treebank_name = match.groups()
        if code is None and language in language_codes():
            code = f"{language_codes()[language]}_{treebank_name.lower()}"
        if code is not None:
            return TreebankName(f"UD_{language}-{treebank_name}", code, language.replace("_", " "))
    names = {treebank.name.lower(): treebank.name for treebank in _table()}
    near = [names[key] for key in difflib.get_close_matches(f"ud_{plain}", names, n=3, cutoff=0.6)]
    if match and not near:
        advice = "if it is right, give the code of its files as well (--code xx_name)"
    else:
        advice = f"did you mean {' or '.join(near)}?" if near else "see `arcparser corpus list` for names"
    raise UsageError(f"no treebank {quote(name)} in the table: {advice}")


def _string(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise unfit(name, value, "a string")
    return value


def _several(name: str, values: Sequence[str]) -> Sequence[str]:
    """Return some strings; a string alone is one of them."""
    return [values] if isinstance(values, str) else as_list(name, values, "strings")


def language_codes() -> dict[str, str]:
    """Return the code of each language in the table, by its name in the names of treebanks: hsb of Upper_Sorbian."""
    return {
        treebank.name.removeprefix("UD_").rpartition("-")[0]: treebank.code.partition("_")[0] for treebank in _table()
    }


@cache
def _table() -> dict[TreebankName, tuple[str, ...]]:
    """Read the treebanks of `ud_treebanks.tsv`, each with the pieces that its training file is in."""
    from importlib.resources import files

    text = files("arcparser.treebank").joinpath("ud_treebanks.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {
        TreebankName(name, code, language): () if pieces == "_" else tuple(pieces.split())
        for name, code, language, pieces in rows
    }


def _pieces(treebank: TreebankName, part: str) -> Sequence[str]:
    """Return the names of the pieces that a part of a treebank may be in."""
    by_code = {known.code: pieces for known, pieces in _table().items()}
    return by_code.get(treebank.code, ()) if part == "train" else ()


def get_treebank(
    name: str,
    *,
    release: str = RELEASE,
    code: str | None = None,
    output: PathLike | None = None,
    parts: Sequence[str] | None = None,
    base_url: str = BASE_URL,
    progress: bool = False,
    patience: Patience = PATIENCE,
) -> DownloadedTreebank:
    """Download a treebank.

    Args:
        name: The treebank, as UD_English-EWT, English-EWT or en_ewt.
        release: The release of UD, or a branch of the treebank's repository.
        code: What the files begin with, for a treebank that is not in the table.
        output: The folder to write (default: `UD_English-EWT-r2.16` in the current one).
        parts: The files to take instead of train, dev and test, such as train-a.
        base_url: The server, and the folder on it that has the treebanks.
        progress: Show a bar for each file on standard error.
        patience: How long to wait for the server, and how often to try again.

    Raises:
        UsageError: A name cannot be one.
        InputError: The network or the server fails, or has no such treebank or release.
        OutputError: Files cannot be written.
    """
    treebank = find_treebank(name, code)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", _string("release", release)) or ".." in release:
        raise UsageError(f"{quote(release)} is no release: give one as {RELEASE}")
    parts = None if parts is None else _several("parts", parts)
    for part in parts or ():
        if not re.fullmatch(r"[A-Za-z0-9-]+", _string("a part", part)):
            raise UsageError(f"{quote(part)} is no part of a treebank: give train, dev, test, or as train-a")
    if urllib.parse.urlsplit(_string("base_url", base_url)).scheme not in ("http", "https"):
        raise UsageError(f"{quote(base_url)} is no address to download from: give one with https://")
    if output is not None:
        check_path("output", output, "the path of a folder")
    folder = Path(output) if output is not None else Path(f"{treebank.name}-{release}")
    existed = folder.exists()
    make_folder(folder)
    try:
        url = f"{base_url.rstrip('/')}/{treebank.name}/{release}"
        source = _Source(url, folder, release, ResumingDownloader(patience, progress))
        return _take(source, treebank, parts or PARTS)
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()  # which fails, as it should, unless nothing has come of it


def _take(source: _Source, treebank: TreebankName, parts: Sequence[str]) -> DownloadedTreebank:
    """Fetch the parts of a treebank that there are, its license and README."""
    files: dict[str, Path] = {}
    missing = []
    for part in parts:
        found = {}
        for piece in (part, *(f"{part}-{piece}" for piece in _pieces(treebank, part))):
            path = source.fetch(f"{treebank.code}-ud-{piece}.conllu")
            if path is not None:
                found[piece] = path
                if piece == part:
                    break
        files.update(found)
        if not found:
            missing.append(part)
    license_file = source.fetch("LICENSE.txt") or source.fetch("LICENSE")
    readme = source.fetch("README.md") or source.fetch("README.txt")
    if not files:
        for left in (license_file, readme, source.record):
            if left is not None:
                left.unlink(missing_ok=True)
        raise InputError(_why_nothing(source, treebank, missing, license_file or readme), source.url)
    license = _license(readme, license_file)
    return DownloadedTreebank(treebank, source.release, source.folder, files, tuple(missing), license, license_file)


def _why_nothing(source: _Source, treebank: TreebankName, missing: Sequence[str], other: Path | None) -> str:
    """Say why none of the parts was found, and what to do. `other` is another file of the release."""
    if other is not None:
        problem = f"no file {treebank.code}-ud-{'|'.join(missing)}.conllu"
        return f"{problem}: if the files begin with another code, give it by --code"
    if source.downloader(f"{source.url.rpartition('/')[0]}/master/README.md", None, check_only=True):
        return f"{treebank.name} has no release {source.release}: give another one, as --release {RELEASE}"
    return f"no treebank {treebank.name} on the server: check its name at https://universaldependencies.org"


class _Source:
    """The files of one release of one treebank on the server, and the folder that they go to."""

    def __init__(self, url: str, folder: Path, release: str, downloader: ResumingDownloader) -> None:
        self.url = url
        self.folder = folder
        self.release = release
        self.downloader = downloader
        self.record = folder / "source.json"

    def fetch(self, name: str) -> Path | None:
        """Return the complete file `name`, downloaded if it is not there yet; None if the server has none."""
        target = self.folder / name
        url = f"{self.url}/{name}"
        part = target.with_name(f"{name}.{self.release}.part")
        try:
            known = self._known().get(name)
            if known and known == _fingerprint(target):
                return target
            if not _TAG.fullmatch(self.release):
                part.unlink(missing_ok=True)  # a branch may have moved since an earlier run
            self.downloader(url, part)
            check = _check_is_conllu if name.endswith(".conllu") else _check_is_text
            check(part, url)
            fingerprint = _fingerprint(part)
            os.replace(part, target)
            self._remember(name, fingerprint)
        except NotOnServer:
            return None
        except OSError as error:
            raise output_error(target, error) from error
        return target

    def _known(self) -> dict[str, Any]:
        """Read the fingerprints of the files of this release that are complete."""
        try:
            record = json.loads(self.record.read_text("utf-8"))
            files = record["files"] if record["source"] == self.url else {}
            return files if isinstance(files, dict) else {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}

    def _remember(self, name: str, fingerprint: dict[str, Any] | None) -> None:
        """Note that a file is complete."""
        files = {**self._known(), name: fingerprint}
        record = {"source": self.url, "release": self.release, "files": files}
        with atomic_writer(self.record) as stream:
            stream.write((json.dumps(record, indent=1) + "\n").encode())


def _check_is_conllu(path: Path, url: str) -> None:
    """Remove a file that does not begin as CoNLL-U does, and raise InputError."""
    with open(path, "rb") as stream:
        head = stream.read(200)
    if not re.match(rb"(\xef\xbb\xbf)?\s*(#|[0-9]+([-.][0-9]+)?\t)", head):
        path.unlink()
        shown = quote(" ".join(head.decode("utf-8", "replace").split())) if head else "an empty file"
        raise InputError(f"the server sent no CoNLL-U but {shown}: check the address and the network", url)


def _check_is_text(path: Path, url: str) -> None:
    """Remove a file that begins as a page of HTML does or has a NUL, and raise InputError."""
    with open(path, "rb") as stream:
        head = stream.read(1000)
    if b"\0" in head or re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|body|\?xml)\b", head, re.IGNORECASE):
        path.unlink()
        shown = quote(" ".join(head.decode("utf-8", "replace").split()))
        raise InputError(f"the server sent no text but {shown}: check the address and the network", url)


def _license(readme: Path | None, license_file: Path | None) -> str:
    """Find the license as the README names it (`License: CC BY-SA 4.0`), or else the license's first words."""
    if readme is not None:
        match = re.search(r"(?m)^License:\s*(\S.*)$", readme.read_text("utf-8", "replace"))
        if match:
            return match[1].strip()
    if license_file is not None:
        for line in license_file.read_text("utf-8", "replace").splitlines():
            words = line.strip("#= \t")
            if words:
                return words if len(words) <= 160 else f"{words[:156]} ..."
    return "not stated, ask those who made the treebank"


def _fingerprint(path: Path) -> dict[str, Any] | None:
    """Return the size and checksum of a file, None if it is not there."""
    if not path.is_file():
        return None
    from pooch import file_hash

    return {"bytes": path.stat().st_size, "sha256": file_hash(path)}
