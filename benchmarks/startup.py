"""How long until the first tree: start of Python, import, model, one sentence.

    python benchmarks/startup.py --model en_ewt

Medians of several fresh processes, taking turns; the first round warms the file cache and is not counted. Imports
and loading are timed inside the process, the rest from the start of the process.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from common import ARCPARSER, first_output, machine, middle, one_thread, pin, table, usable_cores

SENTENCE = ["The", "quick", "brown", "fox", "jumps", "."]

# Seconds for: numpy, arcparser on top of it, the rest of what a parse imports, the model, the first tree.
STEPS = """
import sys, time
times = [time.perf_counter()]
def done(): times.append(time.perf_counter())
import numpy; done()
import arcparser; done()
arcparser.load, arcparser.Parser; done()
parser = arcparser.load(sys.argv[1]); done()
parser.parse(sys.argv[2:]); done()
print(*(b - a for a, b in zip(times, times[1:])))
"""
NAMES = ["import numpy", "import arcparser, beyond numpy", "first use of load", "load the model", "parse one sentence"]


def inside(model: str) -> list[float]:
    """Seconds of the steps in a fresh process."""
    command = [sys.executable, "-c", STEPS, model, *SENTENCE]
    return [float(word) for word in subprocess.run(command, capture_output=True, check=True).stdout.split()]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="en_ewt", metavar="NAME_OR_PATH", help="default: en_ewt")
    parser.add_argument("--rounds", type=int, default=11, metavar="N", help="processes that count (default 11)")
    args = parser.parse_args()
    one_thread()
    pin(usable_cores()[:1])
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "one.conllu")
        lines = ["\t".join([str(i), form, *"_" * 8]) for i, form in enumerate(SENTENCE, start=1)]
        source.write_text("\n".join([*lines, "", ""]), encoding="utf-8")
        for round_ in range(args.rounds + 1):
            bare, _ = first_output([sys.executable, "-c", "print()"])
            first, end = first_output([*ARCPARSER, "parse", str(source), "--model", args.model])
            steps = dict(zip(NAMES, inside(args.model)))
            steps |= {
                "Python alone, to its output": bare,
                "arcparser parse, to its output": first,
                "arcparser parse, to its end": end,
            }
            for name, seconds in steps.items():
                if round_:
                    rows.setdefault(name, []).append(seconds)
    print(f"medians of {args.rounds} processes; {machine()}\n")
    cells = [[name, *(f"{1000 * f(times):.0f} ms" for f in (middle, min, max))] for name, times in rows.items()]
    print(table(["", "median", "least", "most"], cells))


if __name__ == "__main__":
    main()
