"""What a word costs in short and in long sentences, and whether the speed holds for large inputs.

    python benchmarks/lengths.py train.conllu --model en_ewt

In memory, one core, words to trees. First sentences of exactly 5, 20, 80 and 300 words: the words of the file, cut
anew. Then the file's own sentences, over and over, up to 10 thousand, 100 thousand and 1 million words, all results
kept. Medians, in CPU seconds, after a warm-up: the parser has met the forms before, as it has met most forms of any
large input.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import chain
from typing import Any

from common import at_least, cpu_seconds, machine, middle, one_thread, pin, read_words, table, usable_cores


def cut(sentences: Sequence[list[str]], length: int, words: int) -> list[list[str]]:
    """Sentences of this length, at least so many words in all, from the words of these."""
    flat = list(chain.from_iterable(at_least(max(words, length), sentences)))
    return [flat[i : i + length] for i in range(0, len(flat) - length + 1, length)]


def measure(parser: Any, inputs: Sequence[list[list[str]]], rounds: int) -> list[float]:
    """Median seconds for each input, the inputs taking turns; the first round warms up."""
    times: list[list[float]] = [[] for _ in inputs]
    for round_ in range(rounds + 1):
        for taken, sentences in zip(times, inputs):
            start = cpu_seconds()
            parsed = list(parser.parse_many(sentences))
            if round_:
                taken.append(cpu_seconds() - start)
            del parsed
    return [middle(taken) for taken in times]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", help="CoNLL-U file, the larger the better")
    parser.add_argument("--model", default="en_ewt", metavar="NAME_OR_PATH", help="default: en_ewt")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds that count (default 3)")
    parser.add_argument("--words", type=int, default=20_000, metavar="N", help="words for each length (default 20000)")
    parser.add_argument("--lengths", type=int, nargs="*", default=[5, 20, 80, 300], metavar="N")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000], metavar="N")
    args = parser.parse_args()
    one_thread()
    pin(usable_cores()[:1])
    import arcparser

    sentences = read_words(args.input)
    loaded = arcparser.load(args.model)
    print(f"{args.input}: {sum(map(len, sentences)):,} words; one core; {machine()}\n")
    if args.lengths:
        inputs = [cut(sentences, length, args.words) for length in args.lengths]
        costs = [
            1e6 * seconds / sum(map(len, input_))
            for input_, seconds in zip(inputs, measure(loaded, inputs, args.rounds))
        ]
        rows = [
            [str(length), f"{cost:.1f}", f"{1e6 / cost:,.0f}", f"{cost / min(costs):.2f}"]
            for length, cost in zip(args.lengths, costs)
        ]
        print(table(["words in a sentence", "µs a word", "words/s", "× the cheapest"], rows) + "\n")
    if args.sizes:
        inputs = [at_least(size, sentences) for size in args.sizes]
        rates = [
            sum(map(len, input_)) / seconds for input_, seconds in zip(inputs, measure(loaded, inputs, args.rounds))
        ]
        print(table(["words", "words/s"], [[f"{s:,}", f"{rate:,.0f}"] for s, rate in zip(args.sizes, rates)]))
        print(f"\nbetween the slowest and the fastest: {max(rates) / min(rates) - 1:.1%}")


if __name__ == "__main__":
    main()
