"""Does the static oracle rebuild every tree of these treebanks, and what does it cost?

    python benchmarks/oracle_coverage.py TREEBANK/train.conllu TREEBANK/dev.conllu ...

For each file: sentences, words, the share of trees that the oracle's transitions rebuild exactly, the share
of trees that need SWAP, the number of SWAPs (lazy), most SWAPs per word in one sentence (parsing allows 2),
and the seconds for planning all sentences and for following the plans in lock step. Exit status 1 if a tree
was not rebuilt.
Sentences whose heads are not a tree with one root are refused: with an error that names file and line.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from arcparser.errors import ArcparserError
from arcparser.transition.arc_standard import SWAP, States
from arcparser.transition.oracle import Oracle, Plan, plan
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.tree import check_tree

BATCH = 200


def rebuilt(gold: list[list[int]], plans: list[Plan]) -> int:
    """How many of the trees the oracle gives back, in lock step."""
    states = States(np.array([len(heads) for heads in gold]), max_swaps=None)
    oracle = Oracle(states, gold, plans=plans)
    while len(states.active):
        transition = oracle.transitions()
        oracle.apply(transition, transition)
    return sum(states.heads[row, 1 : len(heads) + 1].tolist() == list(heads) for row, heads in enumerate(gold))


def main() -> int:
    """Print a line for each file, and one for all of them."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("treebank", nargs="+", help="CoNLL-U file with trees")
    files = arguments.parse_args().treebank
    print("file".ljust(40), "  trees    words  rebuilt    swap  SWAPs  most   plan  follow")
    trees = correct = 0
    for file in files:
        gold = [check_tree(sentence, require_deprels=False) for sentence in read_conllu(file)]
        gold.sort(key=len)
        start = time.perf_counter()
        plans = [plan(heads) for heads in gold]
        planned = time.perf_counter()
        good = sum(rebuilt(gold[i : i + BATCH], plans[i : i + BATCH]) for i in range(0, len(gold), BATCH))
        followed = time.perf_counter()
        swaps = [int((steps == SWAP).sum()) for steps in plans]
        most = max((count / len(heads) for count, heads in zip(swaps, gold, strict=True)), default=0.0)
        with_swap = 100 * sum(map(bool, swaps)) / max(1, len(gold))
        print(
            f"{file[-40:]:40} {len(gold):7} {sum(map(len, gold)):8} {100 * good / max(1, len(gold)):7.2f}% "
            f"{with_swap:6.2f}% {sum(swaps):6} {most:5.2f} {planned - start:5.2f}s {followed - planned:6.2f}s"
        )
        trees += len(gold)
        correct += good
    print(f"{'all':40} {trees:7} {'':8} {100 * correct / max(1, trees):7.2f}%")
    return int(correct < trees)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ArcparserError as error:
        sys.exit(str(error))
