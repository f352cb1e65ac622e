"""The toy corpus, a toy network and a toy model: what the tests of training, parsing and the command line share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

import arcparser
from arcparser.model.model import Card, Model
from arcparser.network import vocabulary
from arcparser.network.initialize import new_network
from arcparser.network.network import Network
from arcparser.network.settings import Settings
from arcparser.parsing.parser import Parser
from arcparser.pretrained.static_vectors import NO_VECTORS, quantized
from arcparser.text.segmentation import Segmentation
from arcparser.treebank.sentence import Sentence
from tests.helpers.paths import CORPORA

TRAIN, DEV, TEST = (CORPORA / "en_arc" / f"en_arc-ud-{part}.conllu" for part in ("train", "dev", "test"))
ENHANCED = CORPORA / "enhanced_sample" / "enhanced_sample-ud-test.conllu"
CHINESE = CORPORA / "zh_sample" / "zh_sample-ud-test.conllu"
ALL_FILES = (TRAIN, DEV, TEST, ENHANCED, CHINESE)

# Of a training without noise, which learns the toy corpus in few epochs.
QUIET = dict.fromkeys(
    ("form_dropout", "input_dropout", "hidden_dropout", "recurrent_dropout", "projection_dropout", "substitution"), 0.0
)


def small(width: int = 8, **changes: Any) -> dict[str, Any]:
    """Settings, by name, of a network whose every width is `width`, without branches: it trains in seconds."""
    return {**small_network(width), "branches": 1, "warm_up": 10, "rate": 0.01, **changes}


def small_network(width: int = 8, **changes: Any) -> dict[str, Any]:
    """Those of them that say what the network is."""
    widths = {f.name: width for f in fields(Settings) if f.default and f.name.endswith(("_width", "hidden"))}
    return {**widths, "layers": 1, **changes}


def toy_training(output: Path, **changes: Any) -> Parser:
    """Unless told otherwise, two epochs of a small network on 41 sentences: a fraction of a second."""
    options: dict[str, Any] = {
        "dev": ENHANCED,
        "output": output,
        "config": small(),
        "epochs": 2,
        "seed": 1,
        "threads": 1,
        **changes,
    }
    return arcparser.train(options.pop("train_files", DEV), **options)


def history(output: Path) -> list[dict[str, Any]]:
    """The entries of a training, epoch by epoch."""
    return [json.loads(line) for line in Path(f"{output}.epochs.jsonl").read_text(encoding="utf-8").splitlines()]


def columns(sentences: list[Sentence]) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Forms, tags, arcs and lemmas of annotated sentences, as a vocabulary is built from them."""
    return (
        [s.forms for s in sentences],
        [(s.upos, s.xpos, s.feats) for s in sentences],
        [(s.heads, s.deprels) for s in sentences],
        [s.lemmas for s in sentences],
    )


def random_network(
    seed: int, *, scale: float = 1.0, dtype: Any = np.float32, lemmas: bool = True, **changes: Any
) -> Network:
    """An untrained network for the toy corpus, its random weights multiplied by `scale`."""
    *counted, of_words = columns(list(arcparser.read_conllu(DEV)))
    words = vocabulary.build(*counted, of_words if lemmas else ())
    settings = Settings(**small_network(**changes))
    rng = np.random.default_rng(seed)  # of what a pretrained encoder says, if there is one, and of static vectors
    scaling = rng.uniform(0.5, 2, (2, settings.pretrained_layers, settings.pretrained_inputs))
    vectors = NO_VECTORS
    if settings.vector_width:
        words = replace(words, vector_forms=words.forms[::2])
        vectors = quantized(rng.standard_normal((len(words.vector_forms), settings.vector_width)))
    network = new_network(settings, words, seed=seed, vectors=vectors, scaling=scaling, dtype=dtype)
    network.weights.flat[...] *= scale
    if settings.vector_width:  # which starts at 0
        network.weights["vectors.unknown"][...] = rng.standard_normal(settings.vector_width)
    return network


def random_parser(seed: int, *, scale: float = 1.0, **changes: Any) -> Parser:
    """A parser that never saw a tree."""
    network = random_network(seed, scale=scale, **changes)
    return Parser(Model((network,), Card(name="random", language="en"), Segmentation("en")))


def stop_at(beginning: str) -> Callable[[str], None]:
    """A report that presses Ctrl-C as soon as a line begins like this."""

    def report(line: str) -> None:
        if line.startswith(beginning):
            raise KeyboardInterrupt

    return report


def assert_tree(sentence: Sentence, root_labels: set[str] | None = None) -> None:
    """One root, no cycle, every word attached, the root's labels at HEAD 0 and nowhere else."""
    heads = sentence.heads
    assert heads.count(0) == 1
    for word in range(1, len(heads) + 1):
        seen = set()
        while word:
            assert word not in seen
            seen.add(word)
            word = heads[word - 1]
    for head, label in zip(heads, sentence.deprels):
        assert (label in (root_labels or {"root"})) == (head == 0)


def only_columns_differ(
    before: bytes, after: bytes, *, columns: Sequence[int] = (6, 7), lemmas_filled: bool = True
) -> int:
    """Fail if any byte outside of these columns of words has changed; return how many words there are.

    A lemma may be filled in, unless `lemmas_filled` is false.
    """
    ours, theirs = before.split(b"\n"), after.split(b"\n")
    assert len(ours) == len(theirs)
    words = 0
    for old, new in zip(ours, theirs):
        a, b = old.split(b"\t"), new.split(b"\t")
        if len(a) == len(b) == 10 and re.fullmatch(rb"(?:\xef\xbb\xbf)?[1-9][0-9]*", a[0]):
            words += 1
            for column in (*columns, *((2,) if lemmas_filled and a[2] in (b"_", b"") else ())):
                b[column] = a[column]
        assert a == b
    return words
