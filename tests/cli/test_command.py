"""The argument parser of a command: former names of options, and their abbreviations."""

from __future__ import annotations

import argparse

import pytest

from arcparser.cli import explain, show, train
from arcparser.cli.command import Command, add_command
from tests.helpers.command import Run

TRAIN = ["a.conllu", "--dev", "b.conllu", "--output", "c"]


def training(*arguments: str) -> argparse.Namespace:
    command = Command()
    train.add(command)
    return command.parse_args([*TRAIN, *arguments])


@pytest.mark.parametrize("option", ["--license", "--licence", "--licenc", "--licens", "--lice", "--lic", "--li"])
def test_license_may_be_spelled_and_abbreviated(option: str) -> None:
    assert training(option, "CC0 1.0").license == "CC0 1.0"
    assert training(f"{option}=CC0=1.0").license == "CC0=1.0"


@pytest.mark.parametrize("module", [show, explain])
@pytest.mark.parametrize("option", ["--color", "--colour", "--colou", "--colo", "--col", "--c"])
def test_color_may_be_spelled_and_abbreviated(option: str, module: object) -> None:
    command = Command()
    module.add(command)  # type: ignore[attr-defined]
    assert command.parse_args([option, "never", "Dogs bark."]).color == "never"
    assert command.parse_args([f"{option}=never", "Dogs bark."]).color == "never"
    assert command.parse_args(["Dogs bark."]).color == "auto"


def test_what_is_no_option_is_left_alone() -> None:
    command = Command()
    show.add(command)
    assert command.parse_args(["--", "--colour", "never"]).input == ["--colour", "never"]
    assert command.parse_args(["--colour never", "colour"]).input == ["--colour never", "colour"]


def test_an_abbreviation_may_be_ambiguous(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        training("--l", "en")
    assert "ambiguous option: --l could match --lang, --license" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        training("--licences", "CC0")
    assert "unrecognized arguments: --licences CC0" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["train", "show", "explain"])
def test_former_names_are_not_shown(run: Run, name: str) -> None:
    shown = run(name, "--help").out.decode()
    assert "--license" in shown or "--color" in shown
    assert "licence" not in shown and "colour" not in shown
    wrong = run(name, "--colour", "pink", "--licence")
    assert wrong.status == 2
    assert "[--licence" not in wrong.err and "[--colour" not in wrong.err


def test_commands_within_a_command() -> None:
    parser = Command(prog="outer")
    inner = add_command(parser.add_subparsers(), "inner", "do it", examples="example:\n  outer inner\n")
    inner.former_names["--grey"] = "--gray"
    inner.add_argument("--gray")
    assert parser.parse_args(["inner", "--grey", "50"]).gray == "50"
    assert inner.format_help().startswith("usage: outer inner [-h] [--gray GRAY]\n\nDo it.\n")
    assert inner.format_help().endswith("\nexample:\n  outer inner\n")


@pytest.mark.parametrize("option", ["--text", "--output", "--model"])
def test_two_dashes_are_no_value(run: Run, option: str) -> None:
    """argparse makes an empty list of them, in Python up to 3.12."""
    result = run("parse", f"{option}=--")
    assert result.status == 2
    assert f"argument {option}: expected a value, not --" in result.err
