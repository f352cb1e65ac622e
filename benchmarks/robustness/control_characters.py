"""Give every command escape sequences wherever text goes in: none may come out where people read.

    python benchmarks/robustness/control_characters.py [--every 1]

Texts of a model file (each string and each name of an entry in its header, one at a time, with a SHA-256 that fits), of
CoNLL-U files (each column and comment, in good and in bad sentences), of settings files, names of files that are there
and that are not, and all arguments get sequences that a terminal would obey: escapes of one and two bytes, overrides
and isolates of the writing direction, line separators, carriage return, backspace, half a character. Each command runs
with each of them.

A failure is such a character on standard error, on standard output where that is no CoNLL-U (colors excepted, where
they were asked for), or on a page, or an exception that escapes; exit status 1.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import os
import random
import re
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alterations import pack, split, unpack
from material import ENHANCED, tiny_settings, toy_model

from arcparser.cli.main import main as arcparser_main

SEQUENCES = (
    "a\x1b[31mb\x1b]0;title\x07c",
    "a\x9b31mb\x85\x90c\x7f",
    "a\u202eb\u2066c\u2028d\u2029",
    "a\r\b\vb\f\x1c",
    "a\nb\tc\x00d",
    "a\ud800b\udcff\udc9b",
)
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ON_PAGES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]")  # its own isolates stay
COLORS = re.compile("\x1b\\[[0-9;]*m")


class Probe:
    """Run commands, and count those that let a character through."""

    def __init__(self, folder: Path, every: int) -> None:
        self._every, self._chance = every, random.Random(1)
        self.page = folder / "page.html"
        self.outcomes: Counter[str] = Counter()
        self.failures = 0

    def run(self, *arguments: str | Path, of: str) -> None:
        """Run a command; `of` says where the sequence is."""
        if self._chance.randrange(self._every):
            return
        self.page.unlink(missing_ok=True)
        command = [os.fspath(argument) for argument in arguments]
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogatepass") for _ in range(2))
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    status = arcparser_main(command)
                except SystemExit as end:
                    status = int(end.code or 0)
        except Exception as error:
            self._fail(command, of, f"{type(error).__name__}: {error}")
            traceback.print_tb(error.__traceback__)
            return
        name = command[0] if command[0].isprintable() else "no such command"
        self.outcomes[f"{name}: exit status {status}"] += 1
        shown = {"standard error": _written(err), "standard output": _written(out)}
        if command[:1] == ["parse"]:  # that is CoNLL-U
            del shown["standard output"]
        for stream, text in shown.items():
            if "always" in command and stream == "standard output":
                text = COLORS.sub("", text)
            if found := RAW.search(text):
                self._fail(command, of, f"{found[0]!r} on {stream}")
        if self.page.exists() and (found := ON_PAGES.search(self.page.read_text("utf-8", "surrogatepass"))):
            self._fail(command, of, f"{found[0]!r} on the page")

    def _fail(self, command: list[str], of: str, problem: str) -> None:
        self.failures += 1
        if self.failures <= 40:
            print(f"{of}: {problem}: {command!r}"[:300], file=sys.stderr)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer: Any = stream.buffer
    return buffer.getvalue().decode("utf-8", "surrogatepass")


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Yield paths to the strings of a JSON value, and to its names of entries (True); of lists the first two."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name), True
            yield from texts(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            yield from texts(inner, (*path, place))
    elif isinstance(value, str):
        yield path, False


def models(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield models, each with a sequence in one of its texts."""
    header, entries, raw = split(whole)
    arrays = unpack(entries, raw)
    for path, is_name in texts(header):
        for sequence in SEQUENCES[:1] if is_name else SEQUENCES:
            changed = copy.deepcopy(header)
            target: Any = changed
            for key in path[:-1]:
                target = target[key]
            if is_name:
                target[path[-1] + sequence] = target.pop(path[-1])
            else:
                target[path[-1]] += sequence
            yield f"{'.'.join(map(str, path))} of the model", pack(changed, arrays)
    for sequence in SEQUENCES[:3]:
        first, *others = arrays
        renamed = {first + sequence: arrays[first], **{name: arrays[name] for name in others}}
        yield "an array of the model", pack(header, renamed)


def treebanks() -> Iterator[tuple[str, bytes]]:
    """Yield CoNLL-U, with a sequence in one of its columns and comments."""
    good = (
        "# sent_id = s1\n# text = Dogs chase\n"
        "1\tDogs\tdog\tNOUN\tNN\tA=b\t2\tnsubj\t_\tX=y\n"
        "2\tchase\t_\tVERB\t_\t_\t0\troot\t_\t_\n\n"
    )
    lines = good.split("\n")
    for sequence in SEQUENCES:
        for number, line in enumerate(lines[:4]):
            cells = line.split("\t")
            for column in range(len(cells)):
                changed = [*cells[:column], cells[column] + sequence, *cells[column + 1 :]]
                text = "\n".join([*lines[:number], "\t".join(changed), *lines[number + 1 :]])
                yield f"column {column + 1} of line {number + 1}", text.encode("utf-8", "surrogatepass")
        yield "text that is no CoNLL-U", sequence.encode("utf-8", "surrogatepass") * 3


def names() -> Iterator[str]:
    """Yield names that a file may have."""
    for sequence in SEQUENCES:
        yield sequence.replace("\x00", "").replace("\ud800", "")


def probe_models(probe: Probe, folder: Path, whole: bytes) -> None:
    """Run the commands that take a model."""
    model = folder / "altered.arcparser"
    text = "Dogs don't chase cats"
    for of, data in models(whole):
        model.write_bytes(data)
        probe.run("info", model, of=of)
        probe.run("show", text, "--model", model, of=of)
        probe.run("show", text, "--model", model, "--color", "always", of=of)
        probe.run("explain", text, "--model", model, of=of)
        probe.run("explain", text, "--model", model, "--output", probe.page, of=of)
        probe.run("evaluate", ENHANCED, "--model", model, "--by-relation", "--report", probe.page, of=of)
        probe.run("evaluate", ENHANCED, "--model", model, "--json", "--by-relation", of=of)
        probe.run("parse", "--text", text, "--model", model, of=of)
        again = ["--dev", ENHANCED, "--overwrite", "--output", folder / "made"]
        probe.run("combine", model, model, *again, of=of)
        probe.run("train", ENHANCED, "--init", model, "--epochs", "1", *again, of=of)


def probe_treebanks(probe: Probe, folder: Path, model: Path) -> None:
    """Run the commands that take CoNLL-U."""
    file, good = folder / "altered.conllu", folder / "good.conllu"
    good.write_bytes(next(treebanks())[1].replace(SEQUENCES[0].encode(), b""))
    config = folder / "tiny.toml"
    for of, data in treebanks():
        file.write_bytes(data)
        for command in (
            ["show", file],
            ["show", file, "--color", "always", "--width", "40"],
            ["render", file, "--output", probe.page],
            ["render", file, "--gold", good, "--output", probe.page],
            ["explain", "--gold", file, "--model", model],
            ["explain", "--gold", file, "--model", model, "--output", probe.page],
            ["evaluate", file, file, "--by-relation", "--report", probe.page],
            ["evaluate", file, good, "--skip-invalid", "--by-relation"],
            ["evaluate", good, file, "--json", "--by-relation"],
            ["evaluate", file, "--model", model, "--by-relation"],
            ["parse", file, "--model", model],
            ["parse", file, "--model", model, "--skip-invalid"],
            ["parse", file, "--model", model, "--format", "lines"],
            ["train", file, "--dev", ENHANCED, "--config", config, "--output", folder / "no" / "t"],
            ["train", ENHANCED, "--dev", file, "--config", config, "--output", folder / "no" / "t", "--skip-invalid"],
        ):
            probe.run(*command, of=of)


def probe_names(probe: Probe, folder: Path, model: Path) -> None:
    """Run all commands with names of files."""
    for name in names():
        there, missing, config = folder / f"{name}.conllu", folder / name / name, folder / f"{name}.toml"
        there.write_bytes(b"1\ta\tb\n")
        config.write_text("rate = [\x1b")
        named = folder / f"{name}.arcparser"
        named.write_bytes(model.read_bytes())
        for file in (there, missing, named):
            for command in (
                ["info", file],
                ["show", file],
                ["render", file, "--output", probe.page],
                ["render", ENHANCED, "--output", file / "page"],
                ["explain", "--gold", file, "--model", model],
                ["explain", "Dogs", "--model", file],
                ["evaluate", file, ENHANCED],
                ["evaluate", ENHANCED, file],
                ["evaluate", ENHANCED, "--model", file],
                ["parse", file, "--model", model],
                ["parse", file, "--model", file, "--jobs", "2"],
                ["parse", file, "--model", model, "--skip-invalid"],
                ["parse", ENHANCED, "--model", model, "--output", file / "x"],
                ["train", file, "--dev", ENHANCED, "--output", folder / "t"],
                ["train", ENHANCED, "--dev", file, "--output", folder / "t"],
                ["train", ENHANCED, "--dev", ENHANCED, "--output", file / "t"],
                ["train", ENHANCED, "--dev", ENHANCED, "--output", folder / "t", "--config", file],
                ["train", ENHANCED, "--dev", ENHANCED, "--output", folder / "t", "--vectors", file],
                ["train", ENHANCED, "--dev", ENHANCED, "--output", folder / "t", "--teacher", file],
                ["combine", file, model, "--dev", ENHANCED, "--output", folder / "t"],
            ):
                probe.run(*command, of="a file name")
        good = folder / f"{name}-good.conllu"
        good.write_bytes(ENHANCED.read_bytes())
        probe.run("render", good, "--output", probe.page, of="the name of a good file")
        probe.run("evaluate", good, good, "--report", probe.page, of="the name of a good file")
        short = [good, "--dev", good, "--config", folder / "tiny.toml", "--epochs", "1", "--output"]
        probe.run("train", *short, folder / f"{name}.model", of="the name of a good file")
        probe.run("train", *short, folder / f"{name}.model", of="the name of a good file")
        probe.run("train", *short, folder / f"{name}.model", "--resume", of="the name of a good file")
        probe.run(
            "train", *short, folder / "m", "--name", name, "--license", name, "--overwrite", of="name and license"
        )
        probe.run("info", folder / "m", of="name and license")
        Path(f"{folder / 'm'}.checkpoint").write_bytes(b"\x1b")
        probe.run("train", *short, folder / "m", "--resume", of="a checkpoint that is none")


def probe_arguments(probe: Probe, folder: Path, model: Path) -> None:
    """Run all commands with arguments that are none."""
    commands: dict[str, list[str | Path]] = {
        "parse": ["--format", "--batch-words", "--jobs", "--model", "--text"],
        "show": ["--width", "--color", "--model"],
        "render": ["--title", "--lang", "--gold"],
        "explain": ["--sentence", "--follow", "--top", "--model", "--gold"],
        "evaluate": ["--model", "--report"],
        "info": [],
        "train": ["--preset", "--seed", "--epochs", "--max-minutes", "--lang", "--threads", "--config", "--init"],
        "combine": ["--name", "--dev"],
    }
    required: dict[str, list[str | Path]] = {
        "train": [ENHANCED, "--dev", ENHANCED, "--output", folder / "no" / "t"],
        "combine": [model, model, "--dev", ENHANCED, "--output", folder / "t"],
        "render": [ENHANCED, "--output", probe.page],
        "explain": ["Dogs chase cats"],
        "show": ["Dogs chase cats"],
        "evaluate": [ENHANCED, ENHANCED],
        "info": [model],
    }
    for sequence in names():
        probe.run(sequence, of="a command")
        for command, options in commands.items():
            given = required.get(command, [])
            probe.run(command, *given, sequence, sequence, of="an argument")
            probe.run(command, *given, f"--{sequence}", of="an option")
            for option in options:
                probe.run(command, *given, option, sequence, of=str(option))
                probe.run(command, *given, f"{option}={sequence}", of=str(option))
        probe.run("corpus", sequence, of="an action")
        probe.run("corpus", "list", sequence, of="a word")
        probe.run("corpus", "get", sequence, of="a treebank")
        probe.run("corpus", "get", "UD_English-EWT", "--release", sequence, of="--release")
        probe.run("corpus", "get", "UD_English-EWT", "--part", sequence, of="--part")
        probe.run("corpus", "get", "UD_None-None", "--code", sequence, of="--code")
        for text in (f'cell = "{sequence}"', f'"{sequence}" = 1', f"rate = {sequence}", sequence):
            config = folder / "odd.toml"
            config.write_bytes(text.encode("utf-8", "surrogatepass"))
            probe.run("train", *required["train"], "--config", config, of="a settings file")


def main() -> int:
    """Probe, count; 1 if anything came through."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--every", type=int, default=1, help="run only one of so many commands, at random")
    args = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as afterwards:
        folder = Path(name)
        afterwards.callback(os.chdir, os.getcwd())
        os.chdir(folder)  # `--report SEQUENCE` writes its page there
        model = toy_model(folder / "toy.arcparser")
        config = "".join(f"{name} = {value}\n" for name, value in tiny_settings().items())
        (folder / "tiny.toml").write_text(config, encoding="utf-8")
        probe = Probe(folder, args.every)
        probe_names(probe, folder, model)
        probe_arguments(probe, folder, model)
        probe_treebanks(probe, folder, model)
        probe_models(probe, folder, _small(model.read_bytes()))
    print(f"{sum(probe.outcomes.values()):,} commands: {probe.failures} failures")
    for outcome, times in sorted(probe.outcomes.items()):
        print(f"  {times:,} {outcome}")
    return int(probe.failures > 0)


def _small(whole: bytes) -> bytes:
    """Return the model with small classifiers: it is written and read thousands of times."""
    header, entries, raw = split(whole)
    arrays = {
        name: array[:64] if array.shape[:1] == (1 << 16,) else array for name, array in unpack(entries, raw).items()
    }
    return pack(header, arrays)


if __name__ == "__main__":
    sys.exit(main())
