"""How well calibrated the probabilities of `scores=True` and `--scores` are: a reliability table on a gold file.

    python benchmarks/robustness/calibration.py GOLD.conllu [--model NAME_OR_PATH] [--fit] [--bins 15] [--plot FILE.png]

The words of GOLD are parsed and their scores put into bins (`arcparser.evaluation.calibration`). Of the arcs in a bin,
as many should be right as the mean of their scores says (DeGroot & Fienberg 1983; Niculescu-Mizil & Caruana 2005).

- ArcScore: against "the head is right".
- LabelScore: against "the label is right, subtype included", among the words whose head is right (given another head
  there is no right label).
- Their product, against "head and label are right".

With `--fit` the model is calibrated on GOLD first, and one line compares three expected calibration errors: without a
calibration, fitted on each half of the sentences and measured on the other, and fitted and measured on the same ones.
Prints Markdown. With `--plot` also draws the diagram (needs matplotlib).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import arcparser
from arcparser.errors import ArcparserError
from arcparser.evaluation.calibration import BINS, Reliability, reliability
from arcparser.parsing.parser import Parser
from arcparser.training.calibrate import calibrate
from arcparser.treebank.sentence import Sentence


def table(title: str, found: Reliability) -> str:
    """Markdown."""
    lines = [
        f"**{title}** ({found.counts.sum():,} words, ECE {found.ece:.2f} points)",
        "",
        "| score | words | mean score | right |",
        "|---|--:|--:|--:|",
    ]
    for k, count in enumerate(found.counts):
        if count:
            low, high = found.edges[k : k + 2]
            lines.append(f"| {low:.2f}–{high:.2f} | {count:,} | {found.confidence[k]:.3f} | {found.accuracy[k]:.3f} |")
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
        seen = found.counts > 0
        axes.plot(found.confidence[seen], found.accuracy[seen], marker="o", label=f"{title}, ECE {found.ece:.1f}")
    axes.set(xlabel="mean score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    figure.savefig(path, dpi=150, bbox_inches="tight")


def measure(parser: Parser, gold: list[Sentence], bins: int) -> dict[str, Reliability]:
    """What the scores of a parser are worth."""
    parsed = list(parser.parse_many(gold, scores=True))
    scores = [sentence.scores for sentence in parsed if sentence.scores is not None]
    arc, label = (np.concatenate([getattr(one, name) for one in scores]) for name in ("arc", "label"))
    head = np.concatenate([np.array(a.heads) == np.array(b.heads) for a, b in zip(parsed, gold)])
    named = np.concatenate([np.array(a.deprels) == np.array(b.deprels) for a, b in zip(parsed, gold)])
    return {
        "ArcScore": reliability(arc, head, bins=bins),
        "LabelScore": reliability(label[head], named[head], bins=bins),
        "ArcScore · LabelScore": reliability(arc * label, head & named, bins=bins),
    }


def main() -> int:
    """Parse, count, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("gold", type=Path, metavar="GOLD.conllu")
    arguments.add_argument("--model", default="en_ewt", help="default: en_ewt")
    arguments.add_argument("--fit", action="store_true", help="calibrate the model on GOLD first")
    arguments.add_argument("--bins", type=int, default=BINS)
    arguments.add_argument("--plot", type=Path, metavar="FILE.png")
    args = arguments.parse_args()
    parser = arcparser.load(args.model)
    gold = list(arcparser.read_conllu(args.gold))
    if args.fit:
        parser = Parser(calibrate(parser.model, gold))
    tables = measure(parser, gold, args.bins)
    print(f"{args.gold.name}, model {parser.card.name}\n")
    if args.fit:
        found = parser.model.calibration
        print(f"{found}\n\n| | without | other half | same sentences |\n|---|--:|--:|--:|")
        for name, of, (before, after) in (("arcs", "Arc", found.arc_ece), ("labels", "Label", found.label_ece)):
            print(f"| {name} | {before:.2f} | {after:.2f} | {tables[f'{of}Score'].ece:.2f} |")
        print()
    for title, one in tables.items():
        print(table(title, one))
    if args.plot:
        plot(args.plot, tables)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ArcparserError as error:
        sys.exit(str(error))
