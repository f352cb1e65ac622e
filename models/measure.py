"""Measure models on the dev files of their treebanks, and note the figures in `scores.json` for their cards.

    python models/measure.py TREEBANKS [NAME ...]

Figures belong to a file, whose SHA-256 stands beside them: what is measured already is not measured again. Scores are
F1 in percent, with gold tokens and sentences, and from the raw text of the dev file; a model without a dev file has
none but those that its training measured. Speed is in words a second of CPU time, in memory and on one core, of words
that the parser has not seen before, after it has parsed some of the train file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits
from treebanks import HERE, Model, models

import arcparser
from arcparser.evaluation.evaluate import evaluate
from arcparser.evaluation.scores import METRICS
from arcparser.files import atomic_writer
from arcparser.model.fetch import digest_of
from arcparser.text.spacing import passages

SCORES = HERE / "scores.json"
WARM_UP = 20_000  # words
RAW_SCORES = ("Tokens", "Sentences", "Words", "UPOS", "UFeats", "Lemmas", "UAS", "LAS")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the models that are in this folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("treebanks", type=Path, metavar="TREEBANKS", help="folder with a folder for each treebank")
    parser.add_argument("names", nargs="*", metavar="NAME", help="models (default: all in this folder)")
    args = parser.parse_args(arguments)
    for model in chosen(args.names):
        path = HERE / f"{model.name}.arcparser"
        if path.exists() and not is_measured(model.name, path):
            note(model.name, measure(model, path, args.treebanks))
            print(f"{model.name}: {summary(scores()[model.name])}", flush=True)


def chosen(names: Sequence[str]) -> list[Model]:
    """Return the models of these names, or all."""
    known = {model.name: model for model in models()}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"{unknown[0]}: no such model in treebanks.toml: give {', '.join(known)}")
    return [known[name] for name in names or known]


def measure(model: Model, path: Path, folder: Path) -> dict[str, Any]:
    """Measure a model file: speed, and on the dev file of the treebank scores with gold tokens and from raw text."""
    parser = arcparser.load(path)
    train, dev = (model.treebank.file(folder, part) for part in ("train", "dev"))
    if train is None:
        sys.exit(f"{model.treebank.code}: no train file in {folder}: give the folder of the treebanks")
    found: dict[str, Any] = {"sha256": digest_of(path)}
    train_words = [sentence.forms for sentence in arcparser.read_conllu(train)]
    if dev is None:
        found["words_per_second"] = speed(parser, train_words[::2], train_words[1::2])
        return found
    gold = list(arcparser.read_conllu(dev))
    found["dev"] = {"sentences": len(gold), "words": sum(map(len, gold))}
    found["words_per_second"] = speed(parser, train_words, [sentence.forms for sentence in gold])
    left_out = () if parser.model.vocabulary.lemma_rules else ("Lemmas", "BLEX")
    summary = evaluate(gold, parser).summary()
    found["gold_tokens"] = {name: score for name, score in summary.items() if name not in left_out}
    text = "\n\n".join(passage.text for passage in passages(gold))
    from_text = evaluate(gold, parser.parse_text(text))
    raw = {name: round(getattr(from_text, METRICS[name]).f1, 2) for name in RAW_SCORES}
    found["raw_text"] = {name: score for name, score in raw.items() if name not in left_out}
    return found


def speed(parser: arcparser.Parser, warm_up: list[list[str]], words: list[list[str]]) -> int:
    """Measure words a second of CPU time, to two digits: more would be of the machine's mood."""
    total = 0
    parser.predict([forms for forms in takewhile(lambda _: total < WARM_UP, warm_up) if (total := total + len(forms))])
    with threadpool_limits(limits=1):  # the others would be counted
        start = time.process_time()
        parser.predict(words)
        rate = sum(map(len, words)) / (time.process_time() - start)
    return int(round(rate, 2 - len(str(int(rate)))))


def scores() -> dict[str, Any]:
    """Return what is noted of each model."""
    return json.loads(SCORES.read_text("utf-8")) if SCORES.exists() else {}


def is_measured(name: str, path: Path) -> bool:
    """Tell whether the figures that are noted are those of this file."""
    return scores().get(name, {}).get("sha256") == digest_of(path)


def note(name: str, found: dict[str, Any]) -> None:
    """Write down the figures of a model."""
    noted = dict(sorted({**scores(), name: found}.items()))
    with atomic_writer(SCORES) as stream:
        stream.write((json.dumps(noted, indent=1) + "\n").encode())


def summary(found: dict[str, Any]) -> str:
    """Say the most important figures in a line."""
    gold, raw = found.get("gold_tokens", {}), found.get("raw_text", {})
    parts = [f"LAS {gold['LAS']:.2f}, from raw text {raw['LAS']:.2f}"] if gold else []
    return ", ".join([*parts, f"{found['words_per_second']:,} words a second"])


if __name__ == "__main__":
    main()
