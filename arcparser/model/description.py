"""Describe a model, for people to read and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from arcparser.errors import clean, count
from arcparser.model.array_file import FORMAT_VERSION
from arcparser.model.calibration import Calibration
from arcparser.model.model_file import load
from arcparser.model.registry import find
from arcparser.model.sources import Source, chain_text, other_licenses
from arcparser.network.vocabulary import TAG_COLUMNS
from arcparser.types import PathLike


def describe_model(name_or_path: PathLike, *, width: int | None = None) -> str:
    """Return what `arcparser info` prints: a table of two columns.

    Args:
        name_or_path: The model.
        width: Columns that a line may take; the second column is broken between words. None: any number.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
    """
    facts = model_facts(name_or_path)
    card, tags, labels = facts["card"], facts["tags"], facts["labels"]
    networks = facts["settings"]["networks"]
    made_from = f"mean of {card['mean_of']} branches" if card["mean_of"] else f"epoch {card['best_epoch']}"
    teachers = count(card["teachers"], "teacher") if card["teachers"] else "no teachers"
    if card["raw_words"]:
        teachers += f" on {count(card['raw_words'], 'word')} of raw text"
    weights = f"{facts['weights']:,}"
    sizes = count(card["train_sentences"], "sentence"), count(card["train_words"], "word")
    rows = {
        "name": card["name"],
        "language": card["language"],
        "treebank": f"{card['treebank']} ({sizes[0]}, {sizes[1]})",
        "license": _license_text(card),
        "file": f"{facts['file']} ({facts['bytes'] / 1e6:.1f} MB, format version {facts['format']})",
        "made by": f"arcparser {card['version']}, preset {card['preset']}, seed {card['seed']}, {made_from} of "
        f"{count(card['epochs'], 'epoch')}, {teachers}",
        "weights": f"{weights} in each of {networks} networks" if networks > 1 else weights,
        "forms": f"{facts['forms']:,} and {count(facts['characters'], 'character')}",
        **({"vectors": _vectors_text(facts["vectors"])} if facts["vectors"] else {}),
        "tags": ", ".join(f"{size} {column.upper()}" for column, size in tags.items()),
        "labels": f"{len(labels)}: {' '.join(sorted(labels))}",
        "settings": ", ".join(f"{name} {value}" for name, value in facts["settings"].items()),
        "dev scores": "  ".join(f"{name} {score:.2f}" for name, score in card["scores"].items()) + _held_out(card),
        **({"encoder": _encoder_text(facts["pretrained"])} if facts["pretrained"] else {}),
        "calibration": _calibration_text(Calibration(**facts["calibration"])),
    }
    lines = [_row(f"{name}:", clean(text), width) for name, text in rows.items()]
    sources = chain_text([Source(**source) for source in card["sources"]])
    lines += [_row("" if i else "made from:", clean(text), width) for i, text in enumerate(sources)]
    return "\n".join(lines)


def facts_table(models: Sequence[PathLike]) -> str:
    """Return a table of several models, one a line: what they are, how large and how accurate on their dev files.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
    """
    metrics = ("UPOS", "UAS", "LAS", "Lemmas")
    rows = [["name", "language", "treebank", "words", "preset", "MB", *metrics, "license"]]
    for model in models:
        facts = model_facts(model)
        card = facts["card"]
        scores = [f"{card['scores'][metric]:.2f}" if metric in card["scores"] else "-" for metric in metrics]
        sizes = f"{card['train_words']:,}", card["preset"], f"{facts['bytes'] / 1e6:.1f}"
        row = [card["name"], card["language"], card["treebank"], *sizes, *scores, card["license"] or "not stated"]
        rows.append([clean(cell) for cell in row])
    return text_table(rows, numbers={3, 5, 6, 7, 8, 9})


def text_table(rows: Sequence[Sequence[str]], *, numbers: Collection[int]) -> str:
    """Write rows of cells below each other in columns; those with these `numbers` end at the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = zip(row, widths)
        lines.append("  ".join(c.rjust(w) if at in numbers else c.ljust(w) for at, (c, w) in enumerate(cells)))
    return "\n".join(line.rstrip() for line in lines)


def _row(name: str, text: str, width: int | None) -> str:
    """Write a line of the table, or several whose second column begins at the same place."""
    if width is None:
        return f"{name:<12} {text}"
    return textwrap.fill(
        text,
        width,
        initial_indent=f"{name:<12} ",
        subsequent_indent=" " * 13,
        break_long_words=False,
        break_on_hyphens=False,
    )


def model_facts(name_or_path: PathLike) -> dict[str, Any]:
    """Return what `arcparser info --json` prints: what JSON can hold.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
    """
    path = find(name_or_path)
    model = load(path)
    vocabulary = model.vocabulary
    card = asdict(model.card)
    training = card.pop("training")
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "format": FORMAT_VERSION,
        "card": card,
        "settings": {**asdict(model.settings), "networks": len(model.networks), **training},
        "calibration": asdict(model.calibration),
        "weights": len(model.networks[0].weights.flat),
        "forms": len(vocabulary.forms),
        "characters": len(vocabulary.characters),
        "vectors": {"words": len(vocabulary.vector_forms), "width": model.settings.vector_width}
        if vocabulary.vector_forms
        else None,
        "tags": dict(zip(TAG_COLUMNS, vocabulary.tag_sizes)),
        "labels": list(vocabulary.labels),
        "pretrained": None
        if model.pretrained is None
        else {**asdict(model.pretrained.card), "embedded": model.pretrained.embedded is not None},
    }


def _license_text(card: Mapping[str, Any]) -> str:
    """Say under which license a model is, and under which others are what it comes from."""
    others = other_licenses(card["license"], [Source(**source) for source in card["sources"]])
    also = ", ".join(f"{source.kind} {source.name} is under {source.license}" for source in others)
    return (card["license"] or "not stated") + (f"; {also}" if also else "")


def _held_out(card: Mapping[str, Any]) -> str:
    """Say whose scores they are, if they are not those of a dev file."""
    return f"  (on {count(card['held_out'], 'sentence')} held out of a first training)" if card["held_out"] else ""


def calibration_errors(calibration: Calibration) -> str:
    """Say in a few words how well probabilities are calibrated, and how well they would be without."""
    pairs = {"arcs": calibration.arc_ece, "labels": calibration.label_ece}
    return "ECE of " + ", of ".join(f"{of} {after:.2f} ({before:.2f} without)" for of, (before, after) in pairs.items())


def _vectors_text(facts: Mapping[str, int]) -> str:
    return f"{count(facts['words'], 'form')} of width {facts['width']}"


def _encoder_text(facts: Mapping[str, Any]) -> str:
    where = "within the file" if facts["embedded"] else "beside it"
    read = f"{count(len(facts['layers']), 'layer')} of width {facts['width']}"
    terms = facts["license"] or "license not stated"
    return f"{facts['name']} ({terms}), {read}, {where}, SHA-256 {facts['digest'][:12]}…"


def _calibration_text(calibration: Calibration) -> str:
    if not calibration.words:
        return "none"
    (a, b), offset, temperature = calibration.arc_slopes, calibration.arc_offset, calibration.label_temperature
    fitted = f"arcs slopes {a:.3f} and {b:.3f} offset {offset:.3f}, labels temperature {temperature:.3f}"
    return f"{fitted}, on dev {calibration_errors(calibration)} points"
