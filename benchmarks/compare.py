"""arcparser, spaCy and UDPipe 1 on the same sentences, in one run, taking turns: words/s, LAS, memory, start-up.

    python benchmarks/compare.py dev.conllu --arcparser fast=fast.arcparser standard=en_ewt \\
        --spacy spacy/model-best --udpipe en.udpipe --more train.conllu --output results.md --plot results.svg

Two jobs, on one core and on several, each the same for all:

* memory: gold tokens in, tags and trees out. Each parser sits in a process of its own with one thread and, where
  the system allows it, pinned to one core; on N cores there are N such processes, each with an N-th of the sentences.
* file: CoNLL-U without tags and trees in, CoNLL-U out: `arcparser parse`, and benchmarks/peer_files.py for the
  others, each with its own way to use N processes.  The time is that of the whole command, start-up included.

In each round every parser has its turn, freshly loaded and warmed up with --warm-up words of --more; the first round is
not counted; words/s are medians of the others. LAS is that of CoNLL 2018, of the trees of the memory
job; the file job must give the same.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import ARCPARSER, at_least, first_output, machine, middle, one_thread, pinned, table, usable_cores
from plot import Point, scatter
from systems import Trees, serve

if TYPE_CHECKING:
    from arcparser import Sentence
    from arcparser.evaluation.scores import Scores

HERE = Path(__file__).resolve().parent
_QUICK_WORDS = 10_000
_WORDS_PER_SECOND = {"arcparser": 47_000, "spacy": 14_000, "udpipe": 3_500}
_START_UP = 1.0  # seconds
PRODUCTS = {"arcparser": "arcparser", "spacy": "spaCy", "udpipe": "UDPipe"}


@dataclass
class Entry:
    """A parser and what was measured of it.

    `seconds` per job ("memory", "file") and number of cores; `cpu_seconds` of the memory job on one core.
    """

    kind: str
    name: str
    path: str
    seconds: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    cpu_seconds: list[float] = field(default_factory=list)
    scores: Scores | None = None
    peak: float | None = None
    start_up: list[float] = field(default_factory=list)

    @property
    def megabytes(self) -> float:
        """Size of the model, a file or a folder."""
        path = Path(self.path)
        if not path.exists():
            from arcparser.model.registry import find

            path = find(self.path)
        files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files) / 1e6

    def command(self, source: str, target: str, jobs: int) -> list[str]:
        """What parses a file in a process of its own."""
        if self.kind == "arcparser":
            command = [*ARCPARSER, "parse", source, "--model", self.path, "--output", target]
        else:
            command = [sys.executable, str(HERE / "peer_files.py"), self.kind, self.path, source, target]
        return command if jobs == 1 else [*command, "--jobs", str(jobs)]


class Worker:
    """The main process's end of `systems.serve`."""

    def __init__(self, entry: Entry, core: int, sentences: list[list[str]], warm_up: list[list[str]]) -> None:
        context = multiprocessing.get_context("spawn")
        self.name = entry.name
        self.connection, theirs = context.Pipe()
        arguments = (theirs, entry.kind, entry.path, core, sentences, warm_up)
        self.process = context.Process(target=serve, args=arguments, daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, *request: Any) -> None:
        """Send a request."""
        self.connection.send(request)

    def answer(self) -> Any:
        """Wait for the reply."""
        try:
            return self.connection.recv()
        except EOFError:
            sys.exit(f"{self.name}: its process has ended, see the message above")

    def request(self, request: str) -> Any:
        """Send it and wait for the reply."""
        self.ask(request)
        return self.answer()

    def end(self) -> None:
        """End the process."""
        self.ask("end")
        self.process.join()


def measure_memory(
    entries: Sequence[Entry], words: list[list[str]], warm_up: list[list[str]], cores: Sequence[int], rounds: int
) -> dict[str, Trees]:
    """Fill in the memory job's seconds on these cores; on one core also peak memory, and give the trees."""
    teams = [[Worker(entry, core, words, warm_up) for core in cores] for entry in entries]
    for round_ in range(rounds + 1):
        for entry, team in zip(entries, teams):
            for part, worker in enumerate(team):
                worker.ask("prepare", part, len(team))
            for worker in team:
                worker.answer()
            start = time.perf_counter()
            for worker in team:
                worker.ask("parse")
            cpu_seconds = [worker.answer() for worker in team]
            _note("memory", entry, round_, time.perf_counter() - start, len(cores))
            if len(cores) > 1:
                continue
            if round_:
                entry.cpu_seconds += cpu_seconds
            else:
                entry.peak = team[0].request("peak")
    trees = {entry.name: team[0].request("trees") for entry, team in zip(entries, teams) if len(cores) == 1}
    for worker in chain.from_iterable(teams):
        worker.end()
    return trees


def measure_files(
    entries: Sequence[Entry], source: Path, folder: Path, cores: Sequence[int], rounds: int
) -> dict[str, Path]:
    """Fill in the file job's seconds on these cores; the file that each entry wrote."""
    written = {entry.name: folder / f"{number}.conllu" for number, entry in enumerate(entries)}
    for round_ in range(rounds + 1):
        for entry in entries:
            with pinned(cores):
                start = time.perf_counter()
                done = subprocess.run(entry.command(str(source), str(written[entry.name]), len(cores)), check=False)
                seconds = time.perf_counter() - start
            if done.returncode:
                sys.exit(f"{entry.name}: exit status {done.returncode} of {' '.join(done.args)}")
            _note("file", entry, round_, seconds, len(cores))
    return written


def measure_start_up(entries: Sequence[Entry], source: Path, core: int, rounds: int) -> None:
    """Seconds from process start to the first output for a file of one sentence."""
    for round_ in range(rounds + 1):
        for entry in entries:
            with pinned([core]):
                first, _ = first_output(entry.command(str(source), "-", 1))
            if round_:
                entry.start_up.append(first)


def _note(job: str, entry: Entry, round_: int, seconds: float, cores: int) -> None:
    if round_:
        entry.seconds.setdefault((job, cores), []).append(seconds)
    print(f"{job}, {cores} core(s), round {round_}: {entry.name} {seconds:.2f} s", file=sys.stderr, flush=True)


def bare(sentence: Sentence) -> Iterator[str]:
    """The lines of a sentence, its words without lemma, tags and tree."""
    for line in sentence.to_bytes().decode("utf-8-sig").split("\n"):
        columns = line.split("\t")
        if columns[0].isdigit():
            columns[2:9] = ["_"] * 7
        yield "\t".join(columns)


def write_bare(path: Path, sentences: Sequence[Sentence], words: int) -> int:
    """Write sentences, over and over, until there are so many words; how many words there are."""
    written = 0
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        for sentence in cycle(sentences):
            if written >= words:
                return written
            stream.write("\n".join(bare(sentence)))
            written += len(sentence)
    return written


def check_file(entry: Entry, gold: Sequence[Sentence], path: Path, words: int) -> str | None:
    """What is wrong with the output of the file job: it must be whole and as good as the trees in memory."""
    from arcparser import evaluate, read_conllu

    parsed = list(read_conllu(path))
    if sum(map(len, parsed)) != words:
        return f"{entry.name}: {sum(map(len, parsed))} words written of {words}"
    shared = min(len(gold), len(parsed))
    las = evaluate(gold[:shared], parsed[:shared]).las.f1
    expected = entry.scores.las.f1 if entry.scores and shared == len(gold) else las
    return None if abs(las - expected) < 0.05 else f"{entry.name}: LAS {las:.2f} in files, {expected:.2f} in memory"


def speeds(entries: Sequence[Entry], sizes: dict[str, int], cores: int) -> str:
    """The table of words/s on so many cores."""
    reference = next((entry for entry in entries if entry.kind == "spacy"), None)

    def rate(entry: Entry, job: str) -> float:
        return sizes[job] / middle(entry.seconds[job, cores])

    def ratio(entry: Entry, job: str, reference_job: str) -> str:
        return f"{rate(entry, job) / rate(reference, reference_job):.2f}" if reference else "–"

    header = ["parser"]
    jobs = [job for job in ("memory", "file") if (job, cores) in entries[0].seconds]
    for job in jobs:
        header += [f"{job}: words/s", "slowest–fastest", "× spaCy"]
    if len(jobs) == 2:
        header.append("file × spaCy in memory")
    rows = []
    for entry in entries:
        row = [entry.name]
        for job in jobs:
            times = entry.seconds[job, cores]
            spread = f"{sizes[job] / max(times):,.0f}–{sizes[job] / min(times):,.0f}"
            row += [f"{rate(entry, job):,.0f}", spread, ratio(entry, job, job)]
        if len(jobs) == 2:
            row.append(ratio(entry, "file", "memory"))
        rows.append(row)
    return table(header, rows)


def qualities(entries: Sequence[Entry]) -> str:
    """The table of scores and sizes."""
    rows = []
    for entry in entries:
        scores = entry.scores
        assert scores is not None
        figures = [scores.uas, scores.las, scores.exact_las, scores.upos, scores.xpos]
        rows.append(
            [entry.name]
            # A pipeline without a component for a column has no score there.
            + [f"{score.f1:.2f}" if score.correct else "–" for score in figures]
            + [
                f"{entry.peak:.0f} MB" if entry.peak else "–",
                f"{entry.megabytes:.1f} MB",
                f"{middle(entry.start_up):.2f} s",
            ]
        )
    return table(["parser", "UAS", "LAS", "exact LAS", "UPOS", "XPOS", "peak memory", "model size", "start-up"], rows)


def disturbance(entries: Sequence[Entry], words: int) -> str | None:
    """A line for a machine that did not leave a core to the parsers."""
    shares = [middle(entry.cpu_seconds) / middle(entry.seconds["memory", 1]) for entry in entries]
    if min(shares) > 0.95:
        return None
    rates = ", ".join(f"{entry.name} {words / middle(entry.cpu_seconds):,.0f}" for entry in entries)
    return (
        f"The machine was busy with other work: in memory on one core the parsers had {min(shares):.0%} to "
        f"{max(shares):.0%} of it.  Words per CPU second: {rates}."
    )


def first_sentences(sentences: list[Sentence], words: int) -> list[Sentence]:
    """The first sentences, until there are so many words."""
    ends = accumulate(map(len, sentences))
    return sentences[: 1 + sum(end < words for end in ends)]


def duration(entries: Sequence[Entry], args: argparse.Namespace, words: int, teams: Sequence[Sequence[int]]) -> str:
    """How long all rounds take, by the rates of one core of an EPYC; a busy or older machine takes longer."""
    seconds = 0.0
    for entry in entries:
        rate = float(_WORDS_PER_SECOND[entry.kind])
        if entry.kind == "arcparser":  # the larger a model, the slower
            rate *= min(1.0, 6.5 / entry.megabytes)
        in_memory = words + (args.warm_up if args.more else 0)
        each = sum((in_memory + args.file_words) / rate + 3 * _START_UP for _ in teams) + _START_UP
        seconds += each * (args.rounds + 1)
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def recipe() -> str:
    """How to train the peers: the README's section on it."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    return "## Training the peers" + text.split("## Training the peers", 1)[1].split("\n## ", 1)[0]


def parse_entries(args: argparse.Namespace) -> list[Entry]:
    """What is to be compared, with names that differ."""
    entries = []
    for kind, product in PRODUCTS.items():
        for value in getattr(args, kind) or []:
            name, separator, path = value.partition("=")
            if not separator:
                name, path = "", value
            name = name or (Path(value).stem if kind == "arcparser" else product)
            entries.append(Entry(kind, product if name == product else f"{product} {name}", path))
    if not entries:
        sys.exit("nothing to compare: give --arcparser, --spacy or --udpipe; see --help")
    if len({entry.name for entry in entries}) < len(entries):
        sys.exit("two parsers have the same name: give them as NAME=PATH")
    return entries


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "gold", metavar="GOLD", help="CoNLL-U file with gold trees, best one that no model was trained on"
    )
    for kind in PRODUCTS:
        what = "model" if kind != "spacy" else "pipeline folder"
        parser.add_argument(f"--{kind}", nargs="+", metavar="[NAME=]PATH", help=f"{kind} {what}s")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds that count (default 5)")
    parser.add_argument(
        "--cores", type=int, default=2, metavar="N", help="also measure on N cores (default 2; 1: do not)"
    )
    parser.add_argument(
        "--file-words",
        type=int,
        default=100_000,
        metavar="N",
        help="size of the file job: GOLD and --more, over and over (default 100000; 0: no file job)",
    )
    parser.add_argument(
        "--more",
        nargs="+",
        default=[],
        metavar="FILE",
        help="CoNLL-U files whose words warm up the parsers, and follow GOLD in the file job",
    )
    parser.add_argument(
        "--warm-up", type=int, default=100_000, metavar="N", help="words of --more to warm up with (default 100000)"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="two minutes: --rounds 1 --cores 1 --file-words 20000 --warm-up 20000, on the first 10000 words of GOLD",
    )
    parser.add_argument("--output", metavar="FILE.md", help="write the results as Markdown as well")
    parser.add_argument("--plot", metavar="FILE.svg", help="write a plot of LAS against words/s on one core")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.cores, args.file_words, args.warm_up = 1, 1, 20_000, 20_000
    return args


def main() -> None:
    """Measure, print, write."""
    args = parse_arguments()
    entries = parse_entries(args)
    one_thread()
    from arcparser import read_conllu
    from arcparser.evaluation.conll18 import attachment_scores

    gold = list(read_conllu(args.gold))
    if args.quick:
        gold = first_sentences(gold, _QUICK_WORDS)
    more = [sentence for file in args.more for sentence in read_conllu(file)]
    words = [sentence.forms for sentence in gold]
    warm_up = at_least(args.warm_up, [sentence.forms for sentence in more]) if more else words[:1]
    sizes = {"memory": sum(map(len, gold))}
    available = usable_cores()
    teams = [available[:1]]
    if 1 < args.cores <= len(available):
        teams.append(available[: args.cores])
    print(f"this takes about {duration(entries, args, sizes['memory'], teams)}", file=sys.stderr, flush=True)
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder, "one.conllu"), Path(folder, "many.conllu")
        write_bare(one, gold, 1)
        if args.file_words:
            sizes["file"] = write_bare(many, [*gold, *more], args.file_words)
        for cores in teams:
            for name, trees in measure_memory(entries, words, warm_up, cores, args.rounds).items():
                entry = next(entry for entry in entries if entry.name == name)
                entry.scores = attachment_scores(gold, trees.heads, trees.deprels, upos=trees.upos, xpos=trees.xpos)
            if args.file_words:
                written = measure_files(entries, many, Path(folder), cores, args.rounds)
                problems += [check_file(entry, gold, written[entry.name], sizes["file"]) for entry in entries]
        measure_start_up(entries, one, available[0], args.rounds)
    report = [
        f"{os.path.basename(args.gold)}: {len(gold):,} sentences, {sizes['memory']:,} words"
        + (f"; file job {sizes['file']:,} words" if args.file_words else "")
        + f"; medians of {args.rounds} rounds; {machine()}",
        qualities(entries),
    ]
    for cores in teams:
        report += [f"{'One core' if len(cores) == 1 else f'{len(cores)} cores'}:", speeds(entries, sizes, len(cores))]
    report += filter(None, [disturbance(entries, sizes["memory"])])
    text = "\n\n".join([*report, *(f"Not the same job: {problem}" for problem in problems if problem)]) + "\n"
    print(text)
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8")
    if args.plot:
        points = [
            Point(e.kind, e.name, sizes["memory"] / middle(e.seconds["memory", 1]), e.scores.las.f1)
            for e in entries
            if e.scores
        ]
        Path(args.plot).write_text(scatter(points, f"LAS on {os.path.basename(args.gold)}"), encoding="utf-8")
    if not args.spacy or not args.udpipe:
        print("Without a trained peer of each kind the comparison is not whole.\n\n" + recipe(), file=sys.stderr)
    if any(problems):
        sys.exit(1)


if __name__ == "__main__":
    main()
