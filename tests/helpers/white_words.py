"""Random pairs of files with words of spaces alone, and the scores that the CoNLL 2018 evaluation gives them.

The evaluation refuses a token without characters. It is asked all the same: what both files have of such tokens at the
same place is written visibly for it, and those that one file alone has are left out for it and added to its totals. So
that both are right, those of both files stand where tokens end in both and are followed by the same word (if they are
multiword tokens, between two such words), and those of one file have no dependents and are no function words.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from arcparser.errors import AlignmentError
from arcparser.evaluation.columns import CONTENT_RELATIONS
from arcparser.evaluation.scores import METRICS
from tests.helpers.generated import FEATURES, LEMMAS, RELATIONS, random_tree
from tests.helpers.referee import udeval
from tests.helpers.tagged import evaluate

WHITE = (" ", "\u00a0", "\u3000", "  ", " \u2003", "\u202f\u1680")
VISIBLE = "\u2423"  # how the evaluation sees a white form that both files have
LETTERS = "abABab\u200b\u2028\u0085\u000c\u0130\U0001f600"  # those that are white, but for the evaluation no spaces
LEAVES = ("punct", "dep", "nsubj", "unknown")  # no function words

Scope = Literal["text", "both", "one"]


@dataclass(frozen=True)
class Piece:
    """A token: what it is written as, the words of a multiword token, and whether the other file has it, too."""

    form: str
    words: tuple[str, ...] = ()
    scope: Scope = "text"

    @property
    def size(self) -> int:
        return len(self.words) or 1

    @property
    def characters(self) -> int:
        return len(self.form) if self.scope == "text" else 0


ANCHOR = Piece("c")  # a word that both files have


@dataclass
class File:
    """A file as arcparser gets it and as the evaluation does, and what the latter does not get.

    Attributes:
        text: For arcparser.
        visible: For the evaluation.
        sentences: The spans of all sentences.
        left_out: How many tokens, words and content words are left out.
    """

    text: str = ""
    visible: str = ""
    sentences: Counter[tuple[int, int]] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


def random_pair(rng: random.Random) -> tuple[File, File]:
    """Annotate a random text twice."""
    gold: list[Piece] = []
    system: list[Piece] = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        if rng.random() < 0.6:
            for side, white in zip((gold, system), _white_of_both(rng)):
                side += [*white, ANCHOR]
        segment = "".join(rng.choices(LETTERS, k=rng.choice([0, 1, 2, 4, 8, 12])))
        # Else tokens of spaces that one file alone has could meet such of the other.
        owners = [rng.randrange(2) for _ in range(len(segment) + 1)]
        gold += _tokens(segment, [owner == 0 for owner in owners], rng)
        system += _tokens(segment, [owner == 1 for owner in owners], rng)
    if not gold or not system:
        gold.append(Piece("z"))
        system.append(Piece("z"))
    return _write(gold, rng), _write(system, rng)


def _white_of_both(rng: random.Random) -> tuple[list[Piece], list[Piece]]:
    if rng.random() < 0.4:
        one, other = (
            Piece(VISIBLE, tuple(rng.choices(["a", "b", VISIBLE], k=rng.choice([0, 1, 2, 3]))), "both")
            for _ in range(2)
        )
        return [ANCHOR, one], [ANCHOR, other]
    same = [Piece(VISIBLE, scope="both")] * rng.choice([0, 1, 2])
    more = [Piece("", scope="one")] * rng.choice([0, 0, 1])
    return rng.choice([(same, same + more), (same + more, same)])


def _tokens(segment: str, may_have_white: Sequence[bool], rng: random.Random) -> Iterator[Piece]:
    at = 0
    while at < len(segment):
        if at and may_have_white[at] and rng.random() < 0.3:
            yield Piece("", _words(rng, 0.3), "one")
        form = segment[at : at + rng.choice([1, 1, 2, 3])]
        at += len(form)
        yield Piece(form, _words(rng, 0.3))


def _words(rng: random.Random, share: float) -> tuple[str, ...]:
    if rng.random() >= share:
        return ()
    forms = ["".join(rng.choices("abAB", k=rng.choice([1, 2]))) for _ in range(rng.choice([1, 2, 2, 3]))]
    return tuple(rng.choice(WHITE) if rng.random() < 0.15 else form for form in forms)


def _write(pieces: list[Piece], rng: random.Random) -> File:
    """Cut tokens into sentences and annotate them."""
    file = File()
    at = start = 0
    while start < len(pieces):
        sentence = pieces[start : start + rng.choice([1, 2, 3, 5, 8, 12])]
        start += len(sentence)
        end = at + sum(piece.characters for piece in sentence)
        file.sentences[at, end] += 1
        at = end
        _write_sentence(sentence, file, rng)
    return file


def _write_sentence(sentence: list[Piece], file: File, rng: random.Random) -> None:
    kept = [piece.scope != "one" for piece in sentence for _ in range(piece.size)]
    all_left_out = not any(kept)
    if all_left_out:
        kept = [True] * len(kept)
    new = [number if keep else 0 for number, keep in zip(_running(kept), kept)]  # ids without those left out
    old = [number for number, keep in enumerate(kept, start=1) if keep]
    tree = iter(random_tree(len(old), rng))
    heads = [next(tree) if keep else rng.randint(1, len(old)) for keep in kept]  # in new ids
    lines: list[str] = []
    visible: list[str] = []
    word = 0
    for piece in sentence:
        left_out = piece.scope == "one"
        file.left_out["tokens"] += left_out
        if piece.words:
            range_of = f"{word + 1}-{word + piece.size}\t"
            lines.append(range_of + _form(piece.form, rng) + "\t_" * 8)
            if not left_out:
                visible.append(f"{new[word]}-{new[word] + piece.size - 1}\t{piece.form}" + "\t_" * 8)
        for form in piece.words or (piece.form,):
            deprel = rng.choice(LEAVES if left_out else RELATIONS)
            tags = f"\t{rng.choice(LEMMAS)}\t{rng.choice('XY')}\t{rng.choice('PQ')}\t{rng.choice(FEATURES)}\t"
            head = heads[word]
            shown = form if piece.words and piece.scope == "text" else _form(form, rng)
            lines.append(f"{word + 1}\t{shown}{tags}{old[head - 1] if head else 0}\t{deprel}\t_\t_")
            if left_out:
                file.left_out["words"] += 1
                file.left_out["content words"] += deprel in CONTENT_RELATIONS
            else:
                visible.append(f"{new[word]}\t{form}{tags}{head}\t{deprel}\t_\t_")
            word += 1
    file.text += "".join(f"{line}\n" for line in lines) + "\n"
    if not all_left_out:
        file.visible += "".join(f"{line}\n" for line in visible) + "\n"
    else:
        file.left_out["sentences"] += 1


def _running(kept: list[bool]) -> Iterator[int]:
    count = 0
    for keep in kept:
        count += keep
        yield count


def _form(form: str, rng: random.Random) -> str:
    """Write a form for arcparser: spaces where the evaluation gets a visible form or none, and some more."""
    if form in ("", VISIBLE):
        return rng.choice(WHITE)
    if rng.random() < 0.1:
        return rng.choice(WHITE) + form + rng.choice(("", *WHITE))
    return rng.choice(WHITE).join(form) if rng.random() < 0.1 else form


def difference(gold: File, system: File) -> str | None:
    """Say how the scores of two files differ from those of the evaluation, or return None."""
    scores = evaluate(gold.text, system.text)
    ours, theirs = (udeval.load_conllu(io.StringIO(file.visible), "", {}) for file in (gold, system))
    referee = udeval.evaluate(ours, theirs)
    for name, attribute in METRICS.items():
        if name == "ExactLAS":  # our own
            continue
        left_out = {"Tokens": "tokens", "Sentences": "sentences", "CLAS": "content words", "MLAS": "content words"}
        left_out["BLEX"] = "content words"
        key = left_out.get(name, "words")
        wanted = referee[name]
        found = getattr(scores, attribute)
        expected = replace(
            found,
            correct=wanted.correct,
            gold=wanted.gold_total + gold.left_out[key],
            system=wanted.system_total + system.left_out[key],
            aligned=wanted.aligned_total,
        )
        if name == "Sentences":  # that of tokens of spaces alone have no place in the evaluation's text
            expected = replace(expected, correct=(gold.sentences & system.sentences).total())
        if found != expected:
            return f"{name}: {found} instead of {expected}"
    return None


def is_refused(gold: File, system: File) -> bool:
    """Tell whether both arcparser and the evaluation refuse two files whose texts differ."""
    try:
        evaluate(gold.text, system.text)
    except AlignmentError as error:
        return "\n" not in str(error)
    return False
