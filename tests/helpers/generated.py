"""Generated CoNLL-U for the property tests: valid files with everything that a reader may lose, and
damage."""

from __future__ import annotations

import random

from hypothesis import strategies as st

RELATIONS = [
    "nsubj",
    "nsubj:pass",
    "obj",
    "case",
    "case:loc",
    "det",
    "det:poss",
    "punct",
    "aux",
    "cop",
    "mark",
    "conj",
    "cc",
    "root",
    "nmod",
    "advmod",
    "unknown",
]
LEMMAS = ("_", "p", "q")
FEATURES = ("_", "Case=Nom", "Case=Acc|Number=Sing", "Number=Sing|Case=Acc", "Typo=Yes", "Case=Nom|Typo=Yes")


def random_tree(size: int, rng: random.Random) -> list[int]:
    """Heads of a random tree with one root, projective or not."""
    order = list(range(1, size + 1))
    rng.shuffle(order)
    heads = [0] * size
    for i, word in enumerate(order[1:], start=1):
        heads[word - 1] = order[rng.randrange(i)]
    return heads


def annotate(text: str, rng: random.Random, *, spaces: float = 0.0, multiword: float = 0.3) -> str:
    """One random prediction, as CoNLL-U, of a text given as its characters without spaces.

    Sentences, tokens, words of multiword tokens, empty nodes, trees and tags are all drawn anew on each call;
    `spaces` is the share of forms written with spaces between their characters.
    """
    blocks = []
    at = 0
    while at < len(text):
        end = min(len(text), at + rng.choice([1, 2, 3, 5, 8, 12]))
        tokens: list[tuple[str, list[str]]] = []
        while at < end:
            form = text[at : min(end, at + rng.choice([1, 1, 2, 3]))]
            at += len(form)
            words = []
            if rng.random() < multiword:
                words = ["".join(rng.choices("abAB", k=rng.choice([1, 2]))) for _ in range(rng.choice([1, 2, 2, 3]))]
            tokens.append((form, words))
        heads = random_tree(sum(len(words) or 1 for _, words in tokens), rng)
        lines = ["# comment"] if rng.random() < 0.3 else []
        number = 0
        for form, words in tokens:
            if rng.random() < 0.05:
                lines.append(f"{number}.1\te\te\tX\t_\t_\t_\t_\t_\t_")
            if words:
                lines.append(f"{number + 1}-{number + len(words)}\t{spaced(form, rng, spaces)}" + "\t_" * 8)
            for word in words or [form]:
                tags = f"{rng.choice('XY')}\t{rng.choice('PQ')}\t{rng.choice(FEATURES)}"
                head, deprel = heads[number], rng.choice(RELATIONS)
                number += 1
                lines.append(
                    f"{number}\t{spaced(word, rng, spaces)}\t{rng.choice(LEMMAS)}\t{tags}\t{head}\t{deprel}\t_\t_"
                )
        blocks.append("".join(line + "\n" for line in lines) + "\n")
    return "".join(blocks)


def spaced(form: str, rng: random.Random, share: float) -> str:
    """The form, at times with spaces of several kinds between its characters."""
    return rng.choice([" ", "  ", "\u00a0", "\u3000"]).join(form) if rng.random() < share else form


_VALUE = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\t\n\r\0"), min_size=1, max_size=8
) | st.sampled_from(["_", "a  b", "A=1|A=2", "x=y=z", "#", "\ufeff", "é", "x\u2028y", "1"])


@st.composite
def conllu_files(draw: st.DrawFn) -> bytes:
    """Valid CoNLL-U with comments, multiword tokens, empty nodes, odd values, and any mixture of line
    endings."""
    lines = draw(st.lists(st.sampled_from(["", " ", "\t"]), max_size=2))
    for _ in range(draw(st.integers(0, 4))):
        lines += ["#" + draw(_VALUE | st.just(" key = value")) for _ in range(draw(st.integers(0, 2)))]
        size = draw(st.integers(0, 5))
        covered = 0
        if size and draw(st.booleans()):
            lines.append("\t".join(["0.1", *(draw(_VALUE) for _ in range(9))]))
        for number in range(1, size + 1):
            if number > covered and draw(st.integers(0, 3)) == 0:
                covered = draw(st.integers(number, size))
                lines.append("\t".join([f"{number}-{covered}", *(draw(_VALUE) for _ in range(9))]))
            lines.append("\t".join([str(number), *(draw(_VALUE) for _ in range(9))]))
            for minor in range(1, draw(st.sampled_from([1, 1, 1, 3]))):
                lines.append("\t".join([f"{number}.{minor}", *(draw(_VALUE) for _ in range(9))]))
        lines += [""] + draw(st.lists(st.sampled_from(["", "  "]), max_size=2))
    ends = draw(st.lists(st.sampled_from(["\n", "\r\n"]), min_size=len(lines), max_size=len(lines)))
    text = "".join(line + end for line, end in zip(lines, ends))
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return ("\ufeff" * draw(st.integers(0, 1)) + text).encode()


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A valid file with a few bytes cut out, put in or replaced."""
    data = bytearray(draw(conllu_files()))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 6))
        insert = draw(
            st.binary(max_size=3) | st.sampled_from([b"\t", b"\n", b"\n\n", b"\r", b"\0", b"\xff", b"1-", b"2."])
        )
        data[at : at + length] = insert
    return bytes(data)
