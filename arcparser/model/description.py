"""Describe a model for people to read."""

from __future__ import annotations

from dataclasses import asdict

from arcparser.errors import clean, count
from arcparser.model.array_file import FORMAT_VERSION
from arcparser.model.model_file import load
from arcparser.model.registry import find
from arcparser.types import PathLike


def describe_model(name_or_path: PathLike) -> str:
    """Return what `arcparser info` prints.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
    """
    path = find(name_or_path)
    model = load(path)
    card, vocabulary, networks = model.card, model.vocabulary, len(model.networks)
    made_from = f"mean of {card.mean_of} branches" if card.mean_of else f"epoch {card.best_epoch}"
    weights = f"{len(model.networks[0].weights.flat):,}"
    settings = {**asdict(model.settings), "networks": networks, **card.training}
    rows = {
        "name": card.name,
        "language": card.language,
        "treebank": f"{card.treebank} ({count(card.train_sentences, 'sentence')}, {count(card.train_words, 'word')})",
        "license": card.license or "not stated",
        "file": f"{path} ({path.stat().st_size / 1e6:.1f} MB, format version {FORMAT_VERSION})",
        "made by": f"arcparser {card.version}, preset {card.preset}, seed {card.seed}, {made_from} "
        f"of {count(card.epochs, 'epoch')}, {count(card.teachers, 'teacher') if card.teachers else 'no teachers'}",
        "weights": f"{weights} in each of {networks} networks" if networks > 1 else weights,
        "forms": f"{len(vocabulary.forms):,} and {count(len(vocabulary.characters), 'character')}",
        "tags": f"{len(vocabulary.upos)} UPOS, {len(vocabulary.xpos)} XPOS, {len(vocabulary.feats)} FEATS",
        "labels": f"{len(vocabulary.labels)}: {' '.join(sorted(vocabulary.labels))}",
        "settings": ", ".join(f"{name} {value}" for name, value in settings.items()),
        "dev scores": "  ".join(f"{name} {score:.2f}" for name, score in card.scores.items()),
    }
    return "\n".join(f"{name + ':':<12} {clean(text)}" for name, text in rows.items())
