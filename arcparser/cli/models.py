"""`arcparser models`: list models, fetch them by name, and remove them."""

from __future__ import annotations

import argparse

from arcparser.cli.command import Command, add_command
from arcparser.cli.common import shows_progress, tell
from arcparser.errors import readable

_EXAMPLES = """\
examples:
  arcparser models
  arcparser models get en_ewt_fast --from models/
  arcparser models get all --from https://mirror.example/models
  arcparser models path en
"""


def add(command: Command) -> None:
    """Add the actions of the command and their arguments; without an action it lists."""
    command.epilog = _EXAMPLES
    command.set_defaults(action=_list)
    command.add_argument("--json", action="store_true", help="print the list as JSON")
    actions = command.add_subparsers(title="actions", metavar="ACTION", help="what to do instead of listing models")
    get = add_command(actions, "get", "fetch models", examples=_EXAMPLES)
    get.set_defaults(action=_get)
    get.add_argument(
        "names",
        nargs="+",
        type=readable,
        metavar="NAME",
        help="such as en_ewt_fast; a language, such as en, means its default model, and all means all models",
    )
    get.add_argument(
        "--from",
        dest="source",
        action="file",
        metavar="FOLDER_OR_URL",
        help="where the files are (default: $ARCPARSER_MODELS_URL)",
    )
    get.add_argument("--overwrite", action="store_true", help="replace files that are not those of the registry")
    path = add_command(actions, "path", "print the file of a model", examples=_EXAMPLES)
    path.set_defaults(action=_path)
    path.add_argument("name", type=readable, metavar="NAME", help="a model or a language")
    remove = add_command(actions, "remove", "remove a model that was fetched", examples=_EXAMPLES)
    remove.set_defaults(action=_remove)
    remove.add_argument("name", type=readable, metavar="NAME", help="a model or a language")
    remove.add_argument("--force", action="store_true", help="also a file that cannot be fetched again")


def run(args: argparse.Namespace) -> None:
    """List models, fetch some, or remove one."""
    args.action(args)


def _list(args: argparse.Namespace) -> None:
    from arcparser.model.listing import list_models, models_table

    models = list_models()
    if args.json:
        import json
        from dataclasses import asdict

        tell(json.dumps([asdict(model) for model in models], indent=2, ensure_ascii=False))
    else:
        tell(models_table(models))


def _get(args: argparse.Namespace) -> None:
    from arcparser.model.fetch import get_models

    get_models(
        args.names,
        source=args.source,
        overwrite=args.overwrite,
        progress=shows_progress(args),
        report=lambda fetched: tell(fetched.text()),
    )


def _path(args: argparse.Namespace) -> None:
    from arcparser.model.registry import find

    tell(str(find(args.name)))


def _remove(args: argparse.Namespace) -> None:
    from arcparser.model.fetch import remove_model

    for file in remove_model(args.name, force=args.force):
        tell(f"removed {file}")
