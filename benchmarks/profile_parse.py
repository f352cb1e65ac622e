"""Where the time of a parse goes, and what share of the machine's peak in matrix products it reaches.

    python benchmarks/profile_parse.py dev.conllu --model en_ewt

One core, CoNLL-U in memory to CoNLL-U in memory. First the parse as it is; then once more with the package
instrumented while it is imported (its files stay as they are): functions named in STAGES get a clock around them, and
every `a @ b`, `np.matmul`, `dot` and `np.tanh` is timed by itself. Time is exclusive: a function's clock stops while
a function of another stage runs in it. The instruments cost time as well, which the last lines show.

The arithmetic counted is that of the matrix products, 2 m n k each; the peak is a product of two large single-
precision matrices on the same core in the same run. All times are CPU seconds. Every round has a freshly loaded
model, which knows no form from before.
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib.abc
import importlib.machinery
import inspect
import io
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, ModuleType
from typing import Any

from common import cpu_seconds, machine, middle, one_thread, pin, read_words, table, usable_cores

# What a stage consists of: functions of the package.
STAGES = {
    "reading": ["treebank.reader.read_blocks", "treebank.sentence.Sentence.forms"],
    "forms and characters": ["parsing.form_cache.FormCache.rows"],
    "encoder: gates": [
        "nn.bidirectional.windows",
        "nn.bidirectional.gate_inputs",
        "parsing.form_cache.FormCache.gate_inputs",
    ],
    "encoder: steps": ["nn.qrnn.hidden_states", "nn.qrnn.run", "nn.lstm.run", "nn.bidirectional.both_directions"],
    "encoder: tags, projections": ["parsing.predictor.Predictor.encode"],
    "state tables": [
        "network.transition_scorer.prepare_transition_scorer",
        "network.label_scorer.prepare_label_scorer",
    ],
    "graph scores": ["network.graph_scorer.head_probabilities", "transition.features.graph_scores"],
    "state features": ["transition.features.extract", "transition.features.graph_features"],
    "transition scores": [
        "network.transition_scorer.TransitionScorer.logits",
        "network.transition_scorer.choose_transitions",
    ],
    "label scores": ["network.label_scorer.choose_labels", "network.label_scorer.choose_labels_of_arcs"],
    "state stepping": [
        "parsing.decoding.greedy",
        "transition.arc_standard.States.legal",
        "transition.arc_standard.States.apply",
    ],
    "writing": [
        "treebank.sentence.Sentence.set_checked_tree",
        "treebank.sentence.Sentence.set_tags",
        "treebank.sentence.Sentence.to_bytes",
    ],
}
WHOLE = {"forms and characters"}  # stages that keep the time of the stages they call
OTHER = "batches, all else"
KINDS = {"matmul": "products", "dot": "products", "tanh": "tanh"}


class Tally:
    """Seconds per (stage, kind of work), and the arithmetic of the products of each stage."""

    def __init__(self) -> None:
        import numpy as np

        self.matmul = np.matmul  # what `a @ b` becomes
        self.found: set[str] = set()  # functions of STAGES that are in the package
        self.reset()

    def reset(self) -> None:
        """Start again."""
        self.seconds: dict[tuple[str, str], float] = defaultdict(float)
        self.flops: dict[str, float] = defaultdict(float)
        self.stack = [(OTHER, "rest")]
        self.since = cpu_seconds()

    def _enter(self, stage: str, kind: str) -> None:
        self._turn()
        self.stack.append((stage, kind))

    def _leave(self) -> None:
        self._turn()
        self.stack.pop()

    def stop(self) -> None:
        """Count the time up to now."""
        self._turn()

    def _turn(self) -> None:
        now = cpu_seconds()
        self.seconds[self.stack[-1]] += now - self.since
        self.since = now

    def call(self, kind: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a numpy function and note what it took."""
        stage = self.stack[-1][0]
        self._enter(stage, kind)
        result = function(*args, **options)
        self._leave()
        if kind == "products":
            first = args[0] if len(args) > 1 else getattr(function, "__self__")  # noqa: B009 - a bound a.dot(b)
            self.flops[stage] += 2.0 * result.size * first.shape[-1]
        return result

    def stage(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator that gives a function's time to a stage; a generator's, while it makes its next item."""

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            def timed(work: Callable[[], Any]) -> Any:
                outer = self.stack[-1][0]
                self._enter(outer if outer in WHOLE else name, "rest")
                try:
                    return work()
                finally:
                    self._leave()

            @functools.wraps(function)
            def wrapper(*args: Any, **options: Any) -> Any:
                return timed(lambda: function(*args, **options))

            @functools.wraps(function)
            def generator(*args: Any, **options: Any) -> Iterator[Any]:
                items, end = function(*args, **options), object()
                while (item := timed(lambda: next(items, end))) is not end:
                    yield item

            return generator if inspect.isgeneratorfunction(function) else wrapper

        return decorate


class Instrument(ast.NodeTransformer):
    """Puts the tally's calls into the syntax tree of a module; its methods have the names that ast asks for."""

    def __init__(self, module: str, tally: Tally) -> None:
        self.path = module.split(".")[1:]
        self.tally = tally
        self.stages = {function: stage for stage, functions in STAGES.items() for function in functions}

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.path.append(node.name)
        self.generic_visit(node)
        self.path.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.path.append(node.name)
        self.generic_visit(node)
        name = ".".join(self.path)
        if name in self.stages:
            self.tally.found.add(name)
            node.decorator_list.append(_call("stage", ast.Constant(self.stages[name])))
        self.path.pop()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            return node
        matmul = ast.Attribute(ast.Name("_tally", ast.Load()), "matmul", ast.Load())
        return _call("call", ast.Constant("products"), matmul, node.left, node.right)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in KINDS:
            return node
        return _call("call", ast.Constant(KINDS[node.func.attr]), node.func, *node.args, keywords=node.keywords)


def _call(method: str, *args: ast.expr, keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    function = ast.Attribute(ast.Name("_tally", ast.Load()), method, ast.Load())
    return ast.Call(function, list(args), list(keywords))


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of the package with the tally in it."""

    def __init__(self, name: str, path: str, tally: Tally) -> None:
        super().__init__(name, path)
        self.tally = tally

    def get_code(self, fullname: str) -> CodeType:
        tree = Instrument(fullname, self.tally).visit(ast.parse(self.get_data(self.path)))
        code: CodeType = compile(ast.fix_missing_locations(tree), self.path, "exec")
        return code

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["_tally"] = self.tally
        super().exec_module(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of the package for `Loader`."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.split(".")[0] != "arcparser":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = Loader(name, spec.origin, self.tally)
        return spec


def parse_bytes(parser: Any, data: bytes) -> bytes:
    """CoNLL-U to CoNLL-U, as `arcparser parse --retag` does it."""
    from arcparser.treebank.reader import read_blocks

    return b"".join(item.to_bytes() for item in parser.parse_stream(read_blocks(io.BytesIO(data)), tags="retag"))


def seconds(work: Callable[[Any], Any], load: Callable[[], Any], rounds: int) -> float:
    """The median of so many rounds, each with what `load` gives (not timed), after one to warm up."""
    times = []
    for _ in range(rounds + 1):
        parser = load()
        start = cpu_seconds()
        work(parser)
        times.append(cpu_seconds() - start)
    return middle(times[1:])


def peak_gflops(size: int = 2048, rounds: int = 9) -> float:
    """The best rate of this core in a product of two `size × size` single-precision matrices."""
    import numpy as np

    a, b = (np.random.default_rng(i).random((size, size), dtype=np.float32) for i in range(2))
    out = np.empty_like(a)
    times = []
    for _ in range(rounds):
        start = cpu_seconds()
        np.matmul(a, b, out=out)
        times.append(cpu_seconds() - start)
    return 2 * size**3 / min(times) / 1e9


def instrumented(model: str, data: bytes) -> tuple[Tally, float]:
    """Parse with a freshly imported, instrumented package: the tally, and seconds in all."""
    tally = Tally()
    for name in [name for name in sys.modules if name.split(".")[0] == "arcparser"]:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder(tally))
    import arcparser

    parse_bytes(arcparser.load(model), data)  # to warm up
    parser = arcparser.load(model)
    tally.reset()
    start = cpu_seconds()
    parse_bytes(parser, data)
    taken = cpu_seconds() - start
    tally.stop()
    missing = {name for names in STAGES.values() for name in names} - tally.found
    if missing:
        print(f"no longer in the package, correct STAGES: {', '.join(sorted(missing))}", file=sys.stderr)
    return tally, taken


def report(tally: Tally, words: int) -> str:
    """The table of stages."""
    total = sum(tally.seconds.values())
    kinds = ("products", "tanh", "rest")
    rows = []
    for stage in [*STAGES, OTHER, "all"]:
        chosen = {key: value for key, value in tally.seconds.items() if stage in ("all", key[0])}
        parts = [sum(value for key, value in chosen.items() if key[1] == kind) for kind in kinds]
        flops = sum(value for key, value in tally.flops.items() if stage in ("all", key))
        micro = [f"{1e6 * part / words:.2f}" for part in (sum(parts), *parts)]
        rate = f"{flops / parts[0] / 1e9:.0f}" if parts[0] else "–"
        rows.append([stage, f"{100 * sum(parts) / total:.1f} %", *micro, f"{flops / words / 1e6:.3f}", rate])
    header = ["stage", "share", "µs a word", *kinds, "MFLOP a word", "GFLOP/s in products"]
    return table(header, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", help="CoNLL-U file")
    parser.add_argument("--model", default="en_ewt", metavar="NAME_OR_PATH", help="default: en_ewt")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds without instruments (default 5)")
    args = parser.parse_args()
    one_thread()
    pin(usable_cores()[:1])
    import arcparser

    with open(args.input, "rb") as stream:
        data = stream.read()
    sentences = read_words(args.input)
    words = sum(map(len, sentences))
    load = functools.partial(arcparser.load, args.model)
    plain = seconds(lambda loaded: parse_bytes(loaded, data), load, args.rounds)
    in_memory = seconds(lambda loaded: list(loaded.parse_many(sentences)), load, args.rounds)
    peak = peak_gflops()
    tally, taken = instrumented(args.model, data)
    gflop = sum(tally.flops.values()) / 1e9
    print(f"{args.input}: {len(sentences):,} sentences, {words:,} words; one core; {machine()}\n")
    print(report(tally, words))
    print(
        f"\nsgemm peak of this core: {peak:.0f} GFLOP/s; products of the parse: {1e3 * gflop / words:.2f} MFLOP a word"
    )
    for name, time_ in (("words in memory to trees", in_memory), ("CoNLL-U to CoNLL-U", plain)):
        print(
            f"{name}: {words / time_:,.0f} words/s, {gflop / time_:.1f} GFLOP/s, {gflop / time_ / peak:.1%} of the peak"
        )
    print(f"CoNLL-U to CoNLL-U with the instruments: {words / taken:,.0f} words/s")


if __name__ == "__main__":
    main()
