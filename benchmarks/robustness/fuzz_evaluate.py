"""Compare `arcparser evaluate` with the evaluation of the CoNLL 2018 shared task on 2,000 random pairs of files.

    python benchmarks/robustness/fuzz_evaluate.py [--pairs 2000] [--seed 1]

(with the test needs installed: the evaluation is that of the package `udtools`). Each pair is a text of up to forty
characters that is cut into sentences, tokens and words of multiword tokens twice, each time with other trees and tags.
Forms have spaces of several kinds in them, and tokens and multiword tokens of spaces alone stand in one file or in
both; `tests/helpers/white_words.py` says what the evaluation, which refuses those, makes of them. Each pair is scored
both ways round, and eleven metrics must have the same counts. Every tenth pair is also given to arcparser with another
text on one side, which must be an AlignmentError of one line.

A difference, or more than 2 seconds of computing for one pair, is a failure: it is printed and the exit status is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from material import CORPORA, Hang, time_limit

from arcparser.evaluation.alignment import SPACES

sys.path.append(str(CORPORA.parent))

from tests.helpers.white_words import File, difference, is_refused, random_pair


def check(gold: File, system: File, number: int, counts: Counter[str]) -> str | None:
    """Return what is wrong with the scores of one pair; None if nothing is."""
    with time_limit(2):
        for ours, theirs in ((gold, system), (system, gold)):
            if problem := difference(ours, theirs):
                return problem
        if number % 10 == 0:
            counts["pairs with texts that differ, refused"] += 1
            if not is_refused(gold, File(system.text + "1\tx" + "\t_" * 4 + "\t0\troot\t_\t_\n\n")):
                return "texts that differ are not refused"
    return None


def count(gold: File, system: File, counts: Counter[str]) -> None:
    """Count what there is in a pair."""
    files = (gold, system)
    rows = [line.split("\t") for file in files for line in file.text.split("\n") if line]
    counts["pairs with tokens or words of spaces alone"] += any(not SPACES.sub("", row[1]) for row in rows)
    counts["pairs where one file alone has such tokens"] += any(file.left_out["tokens"] for file in files)
    counts["pairs with multiword tokens"] += any("-" in row[0] for row in rows)
    counts["sentences"] += sum(file.sentences.total() for file in files)


def main() -> int:
    """Compare, count; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pairs", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=1)
    args = arguments.parse_args()
    rng = random.Random(args.seed)
    counts: Counter[str] = Counter()
    failures = 0
    slowest = 0.0
    start = time.process_time()
    for number in range(args.pairs):
        gold, system = random_pair(rng)
        count(gold, system, counts)
        began = time.process_time()
        try:
            problem = check(gold, system, number, counts)
        except (Exception, Hang) as error:
            problem = f"{type(error).__name__}: {error}"
        slowest = max(slowest, time.process_time() - began)
        if problem:
            failures += 1
            if failures <= 5:
                print(f"pair {number}: {problem}\n{gold.text!r}\n{system.text!r}", file=sys.stderr)
    print(f"{args.pairs:,} pairs of files, scored both ways round: {failures} failures")
    for name, value in sorted(counts.items()):
        print(f"  {value:,} {name}")
    print(f"  slowest pair {slowest:.2f} s, all {time.process_time() - start:.0f} s of computing")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
