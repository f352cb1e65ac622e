"""Call every command with odd values of each of its arguments: each call ends well, or in one line.

    python benchmarks/robustness/odd_calls.py [--share 1] [COMMAND ...]

The commands and their arguments are those that the argument parsers know, so that a new option is tried as well. From
a call of each command that succeeds, one argument at a time is replaced: a file that is read by one that is missing,
empty, a folder, a device, a pipe, compressed, in another encoding or of another kind; a file that is written by a place
where none can be, by standard output and by each file that is read; a number by ones that are negative, of thirty or
five thousand digits, or none; a text by an empty one, a long one and one of control characters. Every option with a
value is also given twice, every argument empty, and every option without its value.

For each call

- the exit status is 0, 1 or 2, and one of those that the value allows;
- an error is one printable line, `arcparser: WHERE: WHAT: WHAT TO DO`, the last one on standard error; for a call that
  argparse refuses the usage comes before it;
- no option is advised that the command does not have;
- no file is left behind or changed but by a call that succeeds, and then only the output.

Anything else, or more than 20 seconds of computing for a call, is a failure: it is printed, and the exit status is 1.
`--messages` prints every message once, to be read.
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import gzip
import io
import lzma
import os
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from material import Hang, time_limit, tiny_settings

import arcparser
from arcparser.cli.command import Command
from arcparser.cli.main import COMMANDS, main

SENTENCE = b"1\tDogs\t_\tNOUN\t_\t_\t2\tnsubj\t_\t_\n2\tbark\t_\tVERB\t_\t_\t0\troot\t_\t_\n\n"
ANY, REFUSED, INPUT, USAGE, WELL = (0, 1, 2), (1, 2), (1,), (2,), (0,)
ODD_TEXT = "\x1b[31mred\x1b[0m\n\u2028\u202e"


@dataclass(frozen=True)
class Call:
    """A command line, what comes from standard input, and with which status it may end.

    `arguments` has the values of positional arguments and of options by their destination; None leaves one out, and
    several values are a list. `added` comes after all of them.
    """

    command: str
    arguments: dict[str, Any]
    allowed: tuple[int, ...]
    stdin: bytes = b""
    added: tuple[str, ...] = ()

    def line(self, actions: dict[str, argparse.Action]) -> list[str]:
        options, rest = [], []
        for dest, value in self.arguments.items():
            action = actions[dest]
            values = value if isinstance(value, list) else [] if value is None else [value]
            if not action.option_strings:
                rest += values
            elif action.nargs == 0:
                options += [action.option_strings[0]] * len(values)
            else:
                options += [f"{action.option_strings[0]}={one}" for one in values]
        return [*self.command.split(), *options, *self.added, *(["--", *rest] if rest else [])]


@dataclass
class Material:
    """A folder of files that are as they should be, and of some that are not."""

    folder: Path
    bad: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)  # name, and how reading it may end

    def __post_init__(self) -> None:
        for name in ("gold.conllu", "other.conllu", "train.conllu", "en_x-ud-dev.conllu"):
            (self.folder / name).write_bytes(SENTENCE * 3)
        settings = {**tiny_settings(), "branches": 1}
        (self.folder / "tiny.toml").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        (self.folder / "some.vec").write_bytes(b"Dogs 1 2\nbark 3 4\n")
        for seed, name in enumerate(("toy.arcparser", "two.arcparser"), start=1):
            gold, output = self.folder / "gold.conllu", self.folder / name
            arcparser.train(gold, dev=gold, output=output, config=settings, epochs=1, seed=seed, language="en")
            (self.folder / f"{name}.epochs.jsonl").unlink()
        (self.folder / "folder").mkdir()
        (self.folder / "dangling").symlink_to("nodir/x")
        text = "Dogs chase cats. They sleep.\n"
        contents: dict[str, tuple[bytes, tuple[int, ...]]] = {
            "empty": (b"", ANY),
            "only-bom": (b"\xef\xbb\xbf", ANY),
            "blank-lines": (b"\n\n\n", ANY),
            "comments": (b"# a\n\n", ANY),
            "text": (text.encode(), REFUSED),
            "html": (b"<!DOCTYPE html>\n<p>\t</p>\n", REFUSED),
            "pdf": (b"%PDF-1.7\n%\xe2\xe3\n", REFUSED),
            "binary": (bytes(range(256)) * 4, REFUSED),
            "utf-16": (text.encode("utf-16"), REFUSED),
            "utf-32": (text.encode("utf-32"), REFUSED),
            "gzip": (gzip.compress(SENTENCE), REFUSED),
            "bzip2": (bz2.compress(SENTENCE), REFUSED),
            "xz": (lzma.compress(SENTENCE), REFUSED),
            "zst": (b"\x28\xb5\x2f\xfd\x24\x05\x29\0\0Dogs", REFUSED),
            "zip": (b"PK\x03\x04\x14\0\0\0", REFUSED),
            "nine-columns": (b"1" + b"\t_" * 8 + b"\n\n", REFUSED),
            "not-utf-8": (SENTENCE.replace(b"Dogs", b"D\xffgs"), REFUSED),
            "no-tree": (SENTENCE.replace(b"\t2\tnsubj", b"\t1\tnsubj"), ANY),
            "escapes": (SENTENCE.replace(b"Dogs", ODD_TEXT.replace("\n", "").encode()), ANY),
            "toml-nest": (b"rate = " + b"[" * 5000, REFUSED),
            "toml-digits": (b"rate = " + b"9" * 5000 + b"\n", REFUSED),
        }
        for name, (data, allowed) in contents.items():
            (self.folder / name).write_bytes(data)
            self.bad[name] = (name, allowed)
        for name in ("none.conllu", "nodir/none.conllu", "folder", "dangling", "gold.conllu/x", "x" * 300, "/dev/null"):
            self.bad[name[:20]] = (name, ANY if name == "/dev/null" else REFUSED)
        if os.path.exists("/proc/self/mem"):
            self.bad["/proc/self/mem"] = ("/proc/self/mem", REFUSED)
        self.bad["control characters"] = (f"no{ODD_TEXT}.conllu", REFUSED)
        self.bad["a name that is no text"] = ("no\udcff.conllu", REFUSED)

    def state(self) -> dict[str, bytes]:
        """Every file in the folder, with what is in it."""
        found = {}
        for path in self.folder.rglob("*"):
            if path.is_file():
                found[os.fspath(path.relative_to(self.folder))] = path.read_bytes()
        return found


# A call of each command that succeeds. Where an argument is tried, `WITH` says what else has to change.
BASES: dict[str, dict[str, Any]] = {
    "train": {
        "train": ["train.conllu"], "dev": "en_x-ud-dev.conllu", "output": "out", "config": "tiny.toml", "epochs": "1",
        "lang": "en",
    },
    "combine": {"models": ["toy.arcparser", "two.arcparser"], "dev": "gold.conllu", "output": "out"},
    "parse": {"input": ["gold.conllu"], "model": "toy.arcparser"},
    "evaluate": {"gold": "gold.conllu", "model": "toy.arcparser"},
    "info": {"models": ["toy.arcparser"]},
    "show": {"input": ["gold.conllu"], "model": "toy.arcparser"},
    "render": {"inputs": ["gold.conllu"], "output": "out"},
    "explain": {"text": "Dogs bark", "model": "toy.arcparser"},
    "corpus list": {"words": ["english"]},
    "corpus get": {"name": "en_ewt"},
}  # fmt: skip
FAILING = {"corpus get"}  # whose base does not succeed, as there is no network
WITH: dict[tuple[str, str], dict[str, Any]] = {
    ("train", "max_minutes"): {"epochs": None},
    ("train", "init"): {"config": None},
    ("parse", "text"): {"input": []},
    ("show", "model"): {"input": ["Dogs bark."]},  # a model is loaded for a text alone
    ("render", "model"): {"inputs": ["Dogs bark."]},
    ("evaluate", "system"): {"model": None},
    ("explain", "gold"): {"text": None},
    ("explain", "sentence"): {"text": None, "gold": "gold.conllu"},
    ("explain", "follow"): {"text": None, "gold": "gold.conllu"},
}
WHOLE = {
    "-1": REFUSED, "0": ANY, "9" * 9: ANY, "9" * 30: ANY, "-" + "9" * 30: REFUSED, "9" * 5000: USAGE, "x": USAGE,
    "1.5": USAGE, "nan": USAGE, "inf": USAGE, "1e3": USAGE, "0x10": USAGE, "": USAGE, " ": USAGE, ODD_TEXT: USAGE,
    "--": USAGE,
}  # fmt: skip
REAL = {
    "-1": USAGE, "0": USAGE, "nan": USAGE, "inf": USAGE, "-inf": USAGE, "1e300": USAGE, "1e-300": WELL, "1e999": USAGE,
    "9" * 5000: USAGE, "x": USAGE, "": USAGE, ODD_TEXT: USAGE,
}  # fmt: skip
TEXTS = {
    "": ANY, " ": ANY, "-": ANY, "x" * 100_000: ANY, ODD_TEXT: ANY, "\udcff": ANY, "../../x": ANY, "{0}%s$(x)": ANY,
    "None": ANY, "0": ANY, "\u0663": ANY,
}  # fmt: skip
# Beside the source file that a model file is no input for: any of these is refused.
NO_MODELS = ("gold.conllu", "tiny.toml")


def arguments_of(command: str) -> dict[str, argparse.Action]:
    """The arguments of a command by their destination, as its parser knows them."""
    parser = Command(prog=command)
    first, _, second = command.partition(" ")
    import_module(f"arcparser.cli.{first}").add(parser)
    if second:
        (actions,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        parser = actions.choices[second]
    return {action.dest: action for action in parser._actions if action.dest not in ("help", "==SUPPRESS==")}


def changed(command: str, dest: str, value: Any, allowed: tuple[int, ...], stdin: bytes = b"") -> Call:
    """The base of a command with another value of one argument."""
    base = {**BASES[command], **WITH.get((command, dest), {})}
    several = isinstance(base.get(dest), list) and not isinstance(value, list)
    if command in FAILING and 0 in allowed:
        allowed = ANY
    return Call(command, {**base, dest: [value] if several else value}, allowed, stdin)


def odd_calls(command: str, material: Material) -> Iterator[Call]:
    """Every call of a command that is tried."""
    actions = arguments_of(command)
    for dest, action in actions.items():
        kind = type(action).__name__
        if kind == "_StoreInput":
            yield from odd_inputs(command, dest, material)
        elif kind == "_StoreFile" and dest in ("output", "output_dir", "report"):
            yield from odd_outputs(command, dest, material)
        elif kind == "_StoreFile" or dest == "teacher":
            yield changed(command, dest, "", REFUSED)
            yield changed(command, dest, "nonesuch", REFUSED)
            for name, _ in material.bad.values():
                yield changed(command, dest, name, REFUSED)
            for name in NO_MODELS:
                yield changed(command, dest, name, REFUSED)
        elif action.nargs != 0:
            values = WHOLE if action.type is int else REAL if action.type is float else TEXTS
            for value, allowed in values.items():
                yield changed(command, dest, value, USAGE if action.choices else allowed)
        if action.option_strings and action.nargs != 0:
            name = action.option_strings[0]
            base = {**BASES[command], **WITH.get((command, dest), {})}
            yield Call(command, base, USAGE, added=(name,))
            if kind.startswith("_Store"):
                value = next(iter(action.choices)) if action.choices else "1"
                yield Call(command, {**base, dest: value}, USAGE, added=(name, value))
                yield Call(command, {**base, dest: value}, USAGE, added=(f"{name}={value}",))
    yield Call(command, BASES[command], USAGE, added=("--no-such-option",))
    yield Call(command, BASES[command], USAGE, added=(f"--{ODD_TEXT}",))
    yield Call(command, {}, USAGE if any(a.required and a.nargs != "*" for a in actions.values()) else ANY)


def odd_inputs(command: str, dest: str, material: Material) -> Iterator[Call]:
    """A file that is read is another one."""
    text_is_fine = command == "show"  # which takes what is no file for a text
    for name, allowed in material.bad.values():
        yield changed(command, dest, name, ANY if text_is_fine or dest in ("config", "vectors") else allowed)
        path = material.folder / name
        if "/" not in name and os.path.isfile(path):
            is_fine = dest in ("config", "vectors") or name in ("gzip", "bzip2", "xz")  # known by their first bytes
            yield changed(command, dest, "-", ANY if is_fine else allowed, path.read_bytes())
    good = {"config": b"layers = 1\nhidden = 8\n", "vectors": b"Dogs 1 2\n"}.get(dest, SENTENCE * 3)
    yield changed(command, dest, "", USAGE)
    yield changed(command, dest, "-", WELL if dest != "config" else ANY, good)
    if dest != "config":
        yield changed(command, dest, ["-", "-"], USAGE, good)
    for output in ("output", "report"):
        if output in arguments_of(command) and command != "parse":
            call = changed(command, dest, "gold.conllu", USAGE)
            yield Call(command, {**call.arguments, output: "gold.conllu"}, USAGE)


def odd_outputs(command: str, dest: str, material: Material) -> Iterator[Call]:
    """A file that is written is none, or one that is read."""
    if command == "corpus get" or dest == "output_dir":  # the output is a folder
        for name in ("", "gold.conllu", "gold.conllu/x", "x" * 300, "dangling"):
            yield changed(command, dest, name, REFUSED)
        return
    for name in ("", "folder", "nodir/x", "gold.conllu/x", "dangling", "x" * 300, "x" * 5000, "/proc/x"):
        yield changed(command, dest, name, REFUSED)
    is_model = command in ("train", "combine")
    yield changed(command, dest, "-", USAGE if is_model or dest == "report" else WELL)
    yield changed(command, dest, f"out{ODD_TEXT}", WELL)
    yield changed(command, dest, "out\udcff", WELL)
    if os.path.exists("/dev/full"):
        yield changed(command, dest, "/dev/full", INPUT)
        yield changed(command, dest, "/dev/null", REFUSED if command == "train" else WELL)
    base = BASES[command]
    for other in ("train", "dev", "config", "gold", "file"):
        if other in base and command != "parse":
            value = base[other][0] if isinstance(base[other], list) else base[other]
            yield changed(command, dest, value, USAGE)


@dataclass
class Outcome:
    status: int
    out: bytes
    err: str


def run(line: Sequence[str], stdin: bytes) -> Outcome:
    """Run a command in this process."""
    out, err = io.BytesIO(), io.StringIO()
    streams = io.TextIOWrapper(io.BytesIO(stdin)), io.TextIOWrapper(out, "utf-8"), err
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        status = main(line)
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        with contextlib.suppress(OSError, ValueError):
            streams[1].flush()
        sys.stdin, sys.stdout, sys.stderr = before
    return Outcome(status, out.getvalue(), err.getvalue())


def problem_of(call: Call, outcome: Outcome, options: set[str]) -> str | None:
    """What is wrong with the outcome of a call."""
    if outcome.status not in call.allowed:
        return f"status {outcome.status} instead of {' or '.join(map(str, call.allowed))}"
    if outcome.status == 0:
        return None
    lines = outcome.err.splitlines()
    errors = [line for line in lines if re.match(r"arcparser[a-z ]*: (?!warning)", line)]
    if len(errors) != 1 or errors[0] != lines[-1] or not outcome.err.endswith("\n"):
        return "not one line of error, the last one"
    message = errors[0]
    if not message.isprintable():
        return "characters that a terminal may obey"
    if len(message) > 2 * max([300, *(len(part) for part in call.line(arguments_of(call.command)))]):
        return "a message that is too long"
    if not message.startswith("arcparser: "):  # argparse's own, which begins with the usage
        return None if lines[0].startswith("usage: arcparser") else "no usage"
    advised = re.sub(r"(arcparser|corpus) [a-z]+,?( --[a-z-]+)*|'[^']*'", "", message.removeprefix("arcparser: "))
    foreign = set(re.findall(r"(?<![\w/.-])--[a-z][a-z-]+", advised)) - options
    if foreign and "--no-such-option" not in call.added:
        return f"advises {', '.join(sorted(foreign))}, which the command does not have"
    return None


def check(calls: Sequence[Call], material: Material, counts: Counter[str], messages: set[str]) -> int:
    """Make the calls in the folder of the material; return how many failed."""
    failures = 0
    before = material.state()
    for call in calls:
        actions = arguments_of(call.command)
        line = call.line(actions)
        options = {name for action in actions.values() for name in action.option_strings} | {"--help"}
        problem = None
        try:
            with time_limit(20):
                outcome = run(line, call.stdin)
            problem = problem_of(call, outcome, options)
            counts[f"ended with {outcome.status}"] += 1
            if outcome.status:
                messages.add(outcome.err.splitlines()[-1] if outcome.err else "")
        except (Exception, Hang) as error:
            problem = f"{type(error).__name__}: {error}"
            traceback.print_exc()
            outcome = Outcome(-1, b"", "")
        after = material.state()
        written = call.arguments.get("output") or call.arguments.get("report") or "-"
        left = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        if outcome.status == 0:
            left -= {os.fsdecode(os.fsencode(written)), f"{written}.epochs.jsonl"}
        if left and problem is None:
            problem = f"left or changed {', '.join(sorted(left))!r}"
        for name in {*before, *after}:
            if before.get(name) != after.get(name):
                (material.folder / name).unlink() if name not in before else None
                if name in before:
                    (material.folder / name).write_bytes(before[name])
        if problem is not None:
            failures += 1
            print(f"{[part[:60] for part in line]}: {problem}\n  {outcome.err[-300:]!r}", file=sys.stderr)
    return failures


@contextlib.contextmanager
def without_network() -> Iterator[None]:
    """Send requests to a port that nobody listens on."""
    before = dict(os.environ)
    os.environ.update({"https_proxy": "http://127.0.0.1:9", "no_proxy": ""})
    for name in ("HTTPS_PROXY", "NO_PROXY"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def check_commands(commands: Sequence[str], share: int, counts: Counter[str], messages: set[str]) -> int:
    """Check one of `share` calls of each command; return how many failed."""
    failures = 0
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, without_network():
        material = Material(Path(folder))
        os.chdir(folder)
        try:
            for command in commands:
                calls = list(odd_calls(command, material))[::share]
                counts[f"calls of {command}"] += len(calls)
                failures += check(calls, material, counts, messages)
        finally:
            os.chdir(here)
    return failures


def run_all() -> int:
    """Call, check, count; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("command", nargs="*", help="try these commands alone")
    arguments.add_argument("--share", type=int, default=1, metavar="N", help="make one of N calls")
    arguments.add_argument("--messages", action="store_true", help="print every message once")
    args = arguments.parse_args()
    start = time.process_time()
    missing = {name.partition(" ")[0] for name in BASES} ^ set(COMMANDS)
    if missing:
        raise SystemExit(f"no base for {', '.join(sorted(missing))}: add one to BASES")
    counts: Counter[str] = Counter()
    messages: set[str] = set()
    failures = check_commands(args.command or list(BASES), args.share, counts, messages)
    if args.messages:
        print("\n".join(line if len(line) < 400 else f"{line[:400]} ..." for line in sorted(messages)))
    total = sum(count for name, count in counts.items() if name.startswith("calls of"))
    print(f"{total:,} odd calls: {failures} failures, {len(messages):,} different messages")
    for name, count in sorted(counts.items()):
        print(f"  {count:,} {name}")
    print(f"  {time.process_time() - start:.0f} s of computing")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(run_all())
