"""Train a UDPipe 1 model, tagger and parser, for compare.py.

    pip install ufal.udpipe gensim
    python benchmarks/train_udpipe.py en_ewt-ud-train.conllu --dev en_ewt-ud-dev.conllu --output en.udpipe

The parser's settings are those that its authors use for most treebanks. The tagger gives UPOS and FEATS; the parser
reads both, and word vectors that gensim trains on the same file. One thread; 15 to 30 minutes for 20 to 50
thousand words.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import read_words

TAGGER = {
    "models": 1,
    "templates": "tagger",
    "guesser_suffix_rules": 8,
    "guesser_enrich_dictionary": 6,
    "guesser_prefixes_max": 0,
    "use_lemma": 0,
    "provide_lemma": 0,
    "use_xpostag": 0,
    "provide_xpostag": 0,
    "use_feats": 1,
    "provide_feats": 1,
    "prune_features": 0,
}
PARSER = {
    "embedding_upostag": 20,
    "embedding_feats": 20,
    "embedding_xpostag": 0,
    "embedding_form": 50,
    "embedding_lemma": 0,
    "embedding_deprel": 20,
    "learning_rate": 0.01,
    "learning_rate_final": 0.001,
    "l2": 0.5,
    "hidden_layer": 200,
    "batch_size": 10,
    "structured_interval": 8,
}
ORACLES = {"projective": "dynamic", "swap": "static_lazy"}


def word_vectors(sentences: list[list[str]], path: Path) -> None:
    """Train vectors of lower-case forms and write them in word2vec's text format."""
    from gensim.models import Word2Vec  # type: ignore[import]

    forms = [[form.lower().replace(" ", "\u00a0") for form in words] for words in sentences]
    model = Word2Vec(forms, vector_size=50, window=10, sg=1, negative=5, epochs=15, min_count=2, workers=1, seed=1)
    model.wv.save_word2vec_format(str(path))


def load(udpipe: Any, path: str) -> Any:
    """All sentences of a CoNLL-U file."""
    reader, sentences = udpipe.InputFormat.newConlluInputFormat(), udpipe.Sentences()
    error = udpipe.ProcessingError()
    reader.setText(Path(path).read_text(encoding="utf-8"))
    while True:
        sentence = udpipe.Sentence()
        if not reader.nextSentence(sentence, error):
            break
        sentences.append(sentence)
    if error.occurred():
        sys.exit(f"{path}: {error.message}")
    return sentences


def options(values: dict[str, Any]) -> str:
    """Settings as UDPipe reads them."""
    return ";".join(f"{name}={value}" for name, value in values.items())


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", metavar="TRAIN", help="treebank file in CoNLL-U")
    parser.add_argument("--dev", required=True, help="treebank file that UDPipe reports its scores on")
    parser.add_argument("--output", required=True, metavar="MODEL")
    parser.add_argument("--system", choices=tuple(ORACLES), default="swap", help="transition system (default swap)")
    parser.add_argument("--iterations", type=int, default=30, metavar="N", help="of the parser (default 30)")
    args = parser.parse_args()
    from ufal import udpipe

    with tempfile.TemporaryDirectory() as folder:
        vectors = Path(folder, "vectors.txt")
        word_vectors(read_words(args.train), vectors)
        tagger = TAGGER | {"iterations": min(6, args.iterations)}
        settings = PARSER | {
            "iterations": args.iterations,
            "embedding_form_file": vectors,
            "transition_system": args.system,
            "transition_oracle": ORACLES[args.system],
        }
        error = udpipe.ProcessingError()
        data = load(udpipe, args.train), load(udpipe, args.dev)
        trainer = udpipe.Trainer
        model = trainer.train("morphodita_parsito", *data, "none", options(tagger), options(settings), error)
    if error.occurred():
        sys.exit(f"UDPipe: {error.message}")
    Path(args.output).write_bytes(bytes(model))


if __name__ == "__main__":
    main()
