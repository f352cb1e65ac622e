"""How often does the oracle lose a head that could be saved? Exhaustive, for all trees of a few words.

    python -m benchmarks.oracle_optimality --words 5

(from the project's root, with the test needs installed; 4 words take 2 seconds, 5 about 2 minutes). Every
configuration that any transitions lead to is tried, for every tree; where the gold root lies when it is
attached already is part of the configuration. Counted are those from which the oracle makes fewer gold arcs
than exhaustive search: by projectivity of the gold tree, and by whether stack and buffer are in the order of
the text or words were swapped, for whatever reason. The tests follow random ways (tests/transition/test_oracle.py).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

from arcparser.transition.arc_standard import MISSING, ROOT
from tests.helpers.oracle_search import END, Configuration, all_trees, choices, exhaustive, is_projective, move, reached


def reachable(heads: list[int]) -> Iterator[tuple[Configuration, int]]:
    """Each configuration before the end, with the live word that the gold root is or lies under."""
    words: Configuration = ((ROOT,), tuple(range(1, len(heads) + 1)))
    start = (words, heads.index(ROOT) + 1)
    seen, agenda = {start}, [start]
    while agenda:
        configuration, root = agenda.pop()
        yield configuration, root
        for transition in choices(*configuration):
            after, arc = move(*configuration, transition)
            state = (after, arc[0] if arc is not None and arc[1] == root else root)
            if after != END and state not in seen:
                seen.add(state)
                agenda.append(state)


def lost(heads: list[int]) -> Iterator[tuple[bool, int]]:
    """For each configuration: are its words in order, and how many heads does the oracle lose needlessly?"""
    best = exhaustive(heads)
    for configuration, root in reachable(heads):
        stack, buffer = configuration
        attached = [MISSING] * (len(heads) + 1)
        if root != heads.index(ROOT) + 1:
            attached[heads.index(ROOT) + 1] = root
        loss = best(*configuration) - reached(heads, configuration, attached)
        yield list(stack + buffer) == sorted(stack + buffer), loss


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--words", type=int, default=4, help="words of each tree (default 4; 6 are too many)")
    words = arguments.parse_args().words
    configurations: Counter[tuple[bool, bool]] = Counter()
    suboptimal: Counter[tuple[bool, bool]] = Counter()
    heads_lost: Counter[tuple[bool, bool]] = Counter()
    for heads in all_trees(words):
        projective = is_projective(heads)
        for in_order, loss in lost(heads):
            configurations[projective, in_order] += 1
            suboptimal[projective, in_order] += loss > 0
            heads_lost[projective, in_order] += loss
    print("gold tree       words      configurations  suboptimal             heads lost")
    for projective, in_order in sorted(configurations, reverse=True):
        count = configurations[projective, in_order]
        wrong = suboptimal[projective, in_order]
        kind = "projective" if projective else "not projective"
        order = "in order" if in_order else "swapped"
        print(
            f"{kind:15} {order:10} {count:14}  {wrong:10} {100 * wrong / count:8.3f} %  "
            f"{heads_lost[projective, in_order]:10}"
        )


if __name__ == "__main__":
    main()
