"""Hold the numbers that an evaluation ends in: a `Score` per metric, `Scores` for all, as a table and for JSON.

`arcparser.evaluation.conll18` says what the metrics mean.
"""

from __future__ import annotations

from dataclasses import dataclass

from arcparser.errors import count


@dataclass(frozen=True)
class Score:
    """One metric.

    Attributes:
        correct: How many words (tokens, sentences) are right.
        gold: How many there are in gold.
        system: How many there are in the system's output.
        aligned: How many words are aligned; None where alignment plays no part (Tokens, Sentences, Words).
    """

    correct: int
    gold: int
    system: int
    aligned: int | None = None

    @property
    def precision(self) -> float:
        """The share of the system's words that are right, in percent; 0 if it has none."""
        return 100 * self.correct / self.system if self.system else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold words that are right, in percent; 0 if there are none."""
        return 100 * self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in percent; 0 if there are no words."""
        return 200 * self.correct / (self.gold + self.system) if self.gold + self.system else 0.0

    @property
    def aligned_accuracy(self) -> float | None:
        """The share of the aligned words that are right, in percent; None where alignment plays no part."""
        if self.aligned is None:
            return None
        return 100 * self.correct / self.aligned if self.aligned else 0.0


METRICS = {
    "Tokens": "tokens",
    "Sentences": "sentences",
    "Words": "words",
    "UPOS": "upos",
    "XPOS": "xpos",
    "UFeats": "ufeats",
    "AllTags": "alltags",
    "Lemmas": "lemmas",
    "UAS": "uas",
    "LAS": "las",
    "ExactLAS": "exact_las",
    "CLAS": "clas",
    "MLAS": "mlas",
    "BLEX": "blex",
}


@dataclass(frozen=True)
class Scores:
    """All metrics of one comparison."""

    tokens: Score
    sentences: Score
    words: Score
    upos: Score
    xpos: Score
    ufeats: Score
    alltags: Score
    lemmas: Score
    uas: Score
    las: Score
    exact_las: Score
    clas: Score
    mlas: Score
    blex: Score

    def summary(self) -> dict[str, float]:
        """Return F1 of what depends on the parser alone, in percent with two decimals: for a model's card."""
        names = ("UAS", "LAS", "ExactLAS", "CLAS", "MLAS", "BLEX", "UPOS", "XPOS", "UFeats", "Lemmas")
        return {name: round(float(getattr(self, METRICS[name]).f1), 2) for name in names}

    @property
    def same_segmentation(self) -> bool:
        """Whether both sides have the same sentences, tokens and words."""
        return all(score.correct == score.gold == score.system for score in (self.tokens, self.sentences, self.words))

    def as_dict(self) -> dict[str, dict[str, float | int | None]]:
        """Return per metric precision, recall, f1, aligned_accuracy (percent) and the counts, ready for JSON."""
        values: dict[str, dict[str, float | int | None]] = {}
        for name, attribute in METRICS.items():
            score: Score = getattr(self, attribute)
            values[name] = {
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
                "aligned_accuracy": score.aligned_accuracy,
                "correct": score.correct,
                "gold": score.gold,
                "system": score.system,
                "aligned": score.aligned,
            }
        return values

    def table(self) -> str:
        """Write a table for people.

        It has F1 alone where both sides are segmented alike, else precision, recall and aligned accuracy as well.
        """
        rows = [(name, getattr(self, attribute)) for name, attribute in METRICS.items()]
        counts = f"{count(self.words.gold, 'word')} in {count(self.sentences.gold, 'sentence')}, punctuation included"
        if self.same_segmentation:
            lines = [f"{name:<9} {score.f1:6.2f}" for name, score in rows[3:]]
            return "\n".join([f"{'':<9} {'F1':>6}", *lines, counts])
        lines = [f"{'':<9} {'Precision':>9} {'Recall':>9} {'F1':>9} {'Aligned accuracy':>17}"]
        for name, score in rows:
            accuracy = "" if score.aligned_accuracy is None else f"{score.aligned_accuracy:17.2f}"
            lines.append(f"{name:<9} {score.precision:9.2f} {score.recall:9.2f} {score.f1:9.2f} {accuracy}".rstrip())
        return "\n".join([*lines, counts])

    __str__ = table
