"""How well calibrated the probabilities of `arcparser parse --scores` are: a reliability table on a dev file.

    python benchmarks/robustness/calibration.py GOLD.conllu [--model NAME_OR_PATH] [--bins 10] [--plot FILE.png]

The words of GOLD are parsed and their scores put into bins. Of the arcs in a bin, as many should be right as the mean
of their scores says (DeGroot & Fienberg 1983; Niculescu-Mizil & Caruana 2005). ECE, the expected calibration error
(Naeini et al. 2015), is the mean distance of the two over all words, in percentage points.

- ArcScore: probability of the chosen head in the graph scorer's softmax, against "the head is right".
- LabelScore: probability of the chosen label given the arc, against "the label is right, subtype included", among the
  words whose head is right (given another head there is no right label).
- Their product, against "head and label are right".

Prints Markdown. With `--plot` also draws the diagram (needs matplotlib).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import arcparser
from arcparser.errors import ArcparserError
from arcparser.treebank.sentence import Sentence


@dataclass(frozen=True)
class Reliability:
    """Bins of equal width: `edges [K+1]`, `count`, `mean` score and share `right` of each, `[K]`."""

    edges: np.ndarray
    count: np.ndarray
    mean: np.ndarray
    right: np.ndarray

    @property
    def error(self) -> float:
        """ECE in percentage points."""
        return float(100 * (self.count * np.abs(self.mean - self.right)).sum() / max(1, self.count.sum()))


def reliability(scores: np.ndarray, correct: np.ndarray, bins: int) -> Reliability:
    """Put `scores [T]` in 0 to 1 into bins, with whether each was `correct [T]`."""
    edges = np.linspace(0, 1, bins + 1)
    at = np.clip(np.digitize(scores, edges) - 1, 0, bins - 1)
    count = np.bincount(at, minlength=bins)
    at_least_one = np.maximum(count, 1)
    mean = np.bincount(at, weights=scores, minlength=bins) / at_least_one
    right = np.bincount(at, weights=correct, minlength=bins) / at_least_one
    return Reliability(edges, count, mean, right)


def table(title: str, found: Reliability) -> str:
    """Markdown."""
    lines = [
        f"**{title}** ({found.count.sum():,} words, ECE {found.error:.2f} points)",
        "",
        "| score | words | mean score | right |",
        "|---|--:|--:|--:|",
    ]
    for k, count in enumerate(found.count):
        if count:
            low, high = found.edges[k : k + 2]
            lines.append(f"| {low:.2f}–{high:.2f} | {count:,} | {found.mean[k]:.3f} | {found.right[k]:.3f} |")
    return "\n".join([*lines, ""])


def plot(path: Path, tables: dict[str, Reliability]) -> None:
    """The reliability diagram: on the diagonal a score says what it means."""
    try:
        import matplotlib
    except ImportError:
        sys.exit("--plot needs matplotlib: install it")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--")
    for title, found in tables.items():
        seen = found.count > 0
        axes.plot(found.mean[seen], found.right[seen], marker="o", label=f"{title}, ECE {found.error:.1f}")
    axes.set(xlabel="mean score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    figure.savefig(path, dpi=150, bbox_inches="tight")


def main() -> int:
    """Parse, count, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("gold", type=Path, metavar="GOLD.conllu")
    arguments.add_argument("--model", default="en_ewt", help="default: en_ewt")
    arguments.add_argument("--bins", type=int, default=10)
    arguments.add_argument("--plot", type=Path, metavar="FILE.png")
    args = arguments.parse_args()
    parser = arcparser.load(args.model)
    arc, label, heads, labels = [], [], [], []
    gold = list(arcparser.read_conllu(args.gold))
    for right, parsed in zip(gold, parser.parse_stream((s.copy() for s in gold), scores=True)):
        if not isinstance(parsed, Sentence):
            continue
        for misc in parsed.misc:
            values = dict(attribute.partition("=")[::2] for attribute in misc.split("|"))
            arc.append(float(values["ArcScore"]))
            label.append(float(values["LabelScore"]))
        heads += [a == b for a, b in zip(parsed.heads, right.heads)]
        labels += [a == b for a, b in zip(parsed.deprels, right.deprels)]
    p_arc, p_label, head, named = map(np.array, (arc, label, heads, labels))
    tables = {
        "ArcScore": reliability(p_arc, head, args.bins),
        "LabelScore": reliability(p_label[head], named[head], args.bins),
        "ArcScore · LabelScore": reliability(p_arc * p_label, head & named, args.bins),
    }
    print(
        f"{args.gold.name}, model {parser.card.name}: {len(head):,} words, head right {100 * head.mean():.2f} %, "
        f"head and exact label {100 * (head & named).mean():.2f} %\n"
    )
    for title, found in tables.items():
        print(table(title, found))
    if args.plot:
        plot(args.plot, tables)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ArcparserError as error:
        sys.exit(str(error))
