"""`arcparser evaluate`: score a parse against gold trees."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from arcparser.cli.command import Command
from arcparser.cli.common import add_model, check_page, log_of_skipped, model_name, tell
from arcparser.errors import UsageError

if TYPE_CHECKING:
    from arcparser.parsing.parser import Parser
    from arcparser.treebank.sentence import Sentence

_EXAMPLES = """\
examples:
  arcparser evaluate gold.conllu parsed.conllu
  arcparser evaluate gold.conllu --model my.arcparser --json
"""


def add(command: Command) -> None:
    """Add the arguments of the command."""
    command.epilog = _EXAMPLES
    command.add_argument(
        "gold", action="input", metavar="GOLD", help="treebank file with the right trees; - is standard input"
    )
    command.add_argument(
        "system",
        action="input",
        nargs="?",
        metavar="SYSTEM",
        help="the file to score, or -, or a model that parses GOLD's words, as --model does",
    )
    add_model(command)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--by-relation",
        action="store_true",
        help="also print scores by relation and by length, the labels that are confused most, and wrong lemmas",
    )
    command.add_argument(
        "--report", action="file", metavar="FILE.html", help="write all of that on one page with plots"
    )
    command.add_argument("--skip-invalid", action="store_true", help="leave out bad sentences instead of stopping")


def run(args: argparse.Namespace) -> None:
    """Score a file or a model, and print or write what was asked for."""
    if args.report == "-":
        raise UsageError("--report -: standard output is for the scores: give the name of a file")
    if args.report is not None:
        check_page(args.report, args.gold, args.system)
    import json

    from arcparser.evaluation.conll18 import compare
    from arcparser.evaluation.evaluate import sentence_pair
    from arcparser.model.registry import is_model
    from arcparser.parsing.parser import load

    if args.system is not None and args.model is not None:
        raise UsageError("SYSTEM and --model exclude each other: give the one that is to be scored")
    if args.system is not None and is_model(args.system):
        args.model, args.system = args.system, None
    system = args.system if args.system is not None else load(model_name(args))
    with log_of_skipped(args):
        gold, parsed = sentence_pair(args.gold, system, skip_invalid=args.skip_invalid)
    comparison = compare(gold, parsed)
    scores = comparison.scores()
    facts = _system(args, parsed[0]) if isinstance(system, str) else _model(args, system)
    result: dict[str, object] = {**scores.as_dict(), "gold": args.gold, "system": facts}
    shown = _shown(facts)
    text = f"{scores.table()}\n{shown}"
    if args.by_relation or args.report:
        from arcparser.evaluation.error_analysis import analyze
        from arcparser.viz.report_page import write_report
        from arcparser.viz.tables import analysis_text

        analysis = analyze(comparison, gold, parsed)
        if args.by_relation:
            result["analysis"] = analysis.as_dict()
            text += "\n\n" + analysis_text(analysis)
        if args.report:
            gold_name = "standard input" if args.gold == "-" else args.gold
            write_report(args.report, scores, analysis, title=f"Scores on {gold_name}", system=shown, language="")
    tell(json.dumps(result, indent=2) if args.json else text)


def _system(args: argparse.Namespace, first: Sentence) -> dict[str, str | None]:
    """Say which file was scored, and what its first sentence says of its making (`parse --provenance`)."""
    made = {name: first.lines.comment_value(name) for name in ("generator", "model")}
    return {"file": args.system, **made}


def _model(args: argparse.Namespace, parser: Parser) -> dict[str, str | None]:
    """Say which model was scored."""
    from arcparser.model.array_file import stored_digest
    from arcparser.model.registry import find

    path, card = find(model_name(args)), parser.card
    return {"model": card.name, "file": str(path), "digest": stored_digest(path), "license": card.license}


def _shown(facts: dict[str, str | None]) -> str:
    """Return in a line what was scored."""
    if "digest" in facts:
        return f"model {facts['model']} in {facts['file']}, SHA-256 {(facts['digest'] or '')[:12]}…"
    name = "standard input" if facts["file"] == "-" else facts["file"]
    return f"file {name}" + (f", parsed by model {facts['model']}" if facts["model"] else "")
