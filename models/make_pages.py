"""Make what is written of the models from the models: `registry.json`, the cards, README.md, docs/languages.md.

    python models/make_pages.py [--check]

What a model says of itself is in its file, what was measured in `scores.json`, what is known of its treebank in
`treebanks.toml`. With `--check` nothing is written, and the status is 1 if a file would be another.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import textwrap
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from treebanks import FIGURES, HERE, LICENSES, Model, Treebank, about, models, why_below

import arcparser
from arcparser.model.description import model_facts
from arcparser.model.registry import DEFAULT_MODEL
from arcparser.viz.terminal_tree import draw_sentences

WIDTH = 120
NONE = "–"
ORDER = ("standard", "accurate", "fast")  # of the models of one treebank
GOLD = ("UAS", "LAS", "ExactLAS", "CLAS", "MLAS", "UPOS", "XPOS", "UFeats", "Lemmas", "BLEX")
RAW = ("Words", "Sentences", "UPOS", "UFeats", "Lemmas", "UAS", "LAS")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say what would change")
    args = parser.parse_args(arguments)
    made = pages()
    changed = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        print(path.relative_to(HERE.parent))
        if not args.check:
            path.write_text(made[path], "utf-8")
    if args.check and changed:
        sys.exit(1)


def pages() -> dict[Path, str]:
    """Return the text of each file."""
    there = [Entry(model) for model in models() if (HERE / f"{model.name}.arcparser").exists()]
    cards = {HERE / f"{entry.name}.md": entry.card() for entry in there}
    registry = [entry.registered(cards[HERE / f"{entry.name}.md"]) for entry in there]
    readme = {"list": list_table(there), "peers": peer_table(there), "raw": raw_table(there)}
    languages = [{"bank": e.bank, "model": e.name, "tree": e.tree()} for e in there if e.is_default]
    languages.sort(key=lambda shown: shown["bank"].language_name)
    return {
        **cards,
        HERE / "registry.json": json.dumps({"models": registry}, indent=1, ensure_ascii=False) + "\n",
        HERE / "README.md": render("README.md.jinja", default_model=DEFAULT_MODEL, **readme),
        HERE.parent / "docs" / "languages.md": render("languages.md.jinja", languages=languages),
    }


@dataclass(frozen=True)
class Step:
    """A training of those that a model comes from, as its card tells it."""

    name: str
    command: str
    settings: Sequence[str]
    encoder: str
    unlabeled: Sequence[str]
    combines: int
    shipped: bool
    las: str


class Entry:
    """A model that is there, with all that is known of it."""

    def __init__(self, model: Model) -> None:
        self.name = model.name
        self.preset = model.preset
        self.bank = model.treebank
        self.is_default = model.preset == "standard"
        self.path = HERE / f"{model.name}.arcparser"
        self.facts = model_facts(self.path)
        self.measured = noted(self.name, self.path)
        given = self.facts["card"]["scores"]
        of_dev = self.measured.get("gold_tokens", given)  # without lemmas, where the treebank has none
        self.lemmas = "Lemmas" in of_dev
        self.gold = {name: given[name] for name in GOLD if name in given and name in of_dev}
        raw = self.measured.get("raw_text", {})
        self.raw = {name: raw[name] for name in RAW if name in raw}
        folder = f"{self.bank.name}/{self.bank.code}-ud"
        dev = f"{folder}-dev.conllu" if "dev" in self.measured else None
        self.steps = [
            Step(
                name=step.name,
                command=shlex.join(
                    ["arcparser", *step.arguments(f"{folder}-train.conllu", dev, f"{step.name}.arcparser")]
                ),
                settings=[f"`{name} = {value}`" for name, value in step.recipe.settings.items()],
                encoder=about(step.recipe.encoder) if step.recipe.encoder else "",
                unlabeled=[about(name) for name in step.recipe.unlabeled],
                combines=len(step.recipe.members),
                shipped=(HERE / f"{step.name}.arcparser").exists(),
                las=figure(measured(step.name).get("gold_tokens", {}).get("LAS")),
            )
            for step in (*model.before, model)
        ]

    @property
    def megabytes(self) -> str:
        """The size of its file."""
        return f"{self.path.stat().st_size / 1e6:.1f}"

    def card(self) -> str:
        """Return the text of its card."""
        card = self.facts["card"]
        udpipe1, udpipe2 = ((self.bank.published.get(key) or [None])[-1] for key in ("udpipe1", "udpipe2"))
        weights = "" if self.steps[-1].combines else weights_in_prose(card)
        return render(
            "card.md.jinja",
            name=self.name,
            preset=self.preset,
            bank=self.bank,
            is_default=self.name == DEFAULT_MODEL,
            quoted=shlex.quote(self.bank.sentence),
            release=in_prose(self.bank),
            card=card,
            facts=self.facts,
            dev=self.measured.get("dev"),
            license_url=LICENSES[self.bank.license],
            steps=self.steps,
            below=why_below(self.name),
            udpipe1=udpipe1,
            udpipe2=udpipe2,
            weights=weights,
            megabytes=self.megabytes,
            gold=self.gold,
            raw=self.raw,
            speed=self.measured["words_per_second"],
            lemmas=self.lemmas,
        )

    def registered(self, card: str) -> dict[str, Any]:
        """Return its entry in the registry."""
        import hashlib

        return {
            "name": self.name,
            "language": self.bank.language,
            "language_name": self.bank.language_name,
            "default": self.is_default,
            "treebank": f"{self.bank.title} {self.bank.release}",
            "license": self.bank.license,
            "preset": self.preset,
            "bytes": self.path.stat().st_size,
            "sha256": self.measured["sha256"],
            "card_sha256": hashlib.sha256(card.encode()).hexdigest(),
            "scores": self.gold,
        }

    def tree(self) -> str:
        """Draw the sentence of its language as it parses it."""
        parser = arcparser.load(self.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of languages that spaCy does not know
            sentences = parser.parse_text(self.bank.sentence)
        return "".join(draw_sentences(sentences, width=80)).rstrip("\n")


def noted(name: str, path: Path) -> dict[str, Any]:
    """Return what was measured of a model file.

    Raises:
        SystemExit: Nothing, or it was another file.
    """
    if not measure.is_measured(name, path):
        sys.exit(f"{path.name}: is not measured: run python models/measure.py TREEBANKS {name}")
    return measured(name)


def measured(name: str) -> Mapping[str, Any]:
    """Return what was measured of a parser, shipped or not; nothing if it was not."""
    return measure.scores().get(name, {})


def list_table(entries: Iterable[Entry]) -> str:
    """Write the table of all models."""
    head = ["model", "language", "treebank", "license", "preset", "size", "UAS", "LAS", "UPOS", "Lemmas"]
    rows = []
    for e in ordered(entries):
        default = " (default)" if e.name == DEFAULT_MODEL else ""
        text = [f"[`{e.name}`]({e.name}.md){default}", e.bank.language_name, f"{e.bank.title} {e.bank.release}"]
        scores = [figure(e.gold.get(name)) for name in ("UAS", "LAS", "UPOS", "Lemmas")]
        rows.append([*text, e.bank.license, e.preset, f"{e.megabytes} MB", *scores])
    return markdown(head, rows, text_columns=5)


def peer_table(entries: Iterable[Entry]) -> str:
    """Write the table of our figures beside published ones."""
    names = ("LAS", "UPOS", "UFeats", "Lemmas")
    rows = []
    for e in ordered(entries):
        peers = [e.bank.published.get(key) for key in ("udpipe1", "udpipe2")]
        row = [f"`{e.name}`"]
        for name in names:
            theirs = [p and p[FIGURES.index(name)] for p in peers]
            row.append(" / ".join(f"{x:.1f}" if x is not None else NONE for x in (e.gold.get(name), *theirs)))
        rows.append(row)
    return markdown(["model", *(f"{name}: ours / UDPipe 1.2 / UDPipe 2" for name in names)], rows, text_columns=1)


def raw_table(entries: Iterable[Entry]) -> str:
    """Write the table of scores from raw text."""
    rows = [[f"`{e.name}`", *(figure(e.raw.get(name)) for name in RAW)] for e in ordered(entries)]
    return markdown(["model", *RAW], rows, text_columns=1)


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by language, and put the default model of a language first."""
    return sorted(entries, key=lambda e: (e.bank.language_name, e.bank.code, ORDER.index(e.preset)))


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: int) -> str:
    """Write a table in Markdown, whose columns are numbers from `text_columns` on."""
    rules = ["---"] * text_columns + ["--:"] * (len(head) - text_columns)
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(rules)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def scores_table(scores: Mapping[str, float]) -> str:
    """Write scores in a row."""
    head = ["exact-label LAS" if name == "ExactLAS" else name for name in scores]
    return markdown(head, [[figure(score) for score in scores.values()]], text_columns=0)


def figure(score: float | None) -> str:
    """Write a score with two digits."""
    return NONE if score is None else f"{score:.2f}"


def weights_in_prose(card: Mapping[str, Any]) -> str:
    """Say which of the weights that a training went through the model has."""
    chosen = f"the mean of {card['mean_of']} branches" if card["mean_of"] else f"those of epoch {card['best_epoch']}"
    return f"The weights are {chosen}, of {card['epochs']} epochs."


def in_prose(bank: Treebank) -> str:
    """Say which release it is."""
    if "-" not in bank.release:
        return f"release {bank.release} of Universal Dependencies"
    return f"the files of {bank.release} from its repository"


def wrap(text: str) -> str:
    """Break a paragraph into lines."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def quote(text: str) -> str:
    """Make a quoted paragraph of a text."""
    lines = textwrap.wrap(" ".join(text.split()), WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"> {line}" for line in lines)


def render(template: str, **values: Any) -> str:
    """Fill in a template."""
    folder = FileSystemLoader(HERE / "templates")
    environment = Environment(loader=folder, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    environment.filters.update(wrap=wrap, quote=quote)
    environment.globals.update(number=lambda n: f"{n:,}", table=scores_table)
    text = environment.get_template(template).render(**values)
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(without_double_blanks(lines)) + "\n"


def without_double_blanks(lines: Iterable[str]) -> Iterable[str]:
    """Leave out blank lines that follow one, and those at the end."""
    blank = False
    for line in lines:
        if line and blank:
            yield ""
        blank = not line
        if line:
            yield line


if __name__ == "__main__":
    main()
