"""Claims are given back whenever a signal comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arcparser.bulk import claims
from arcparser.bulk.claims import Claims


def interrupted(function: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """Return a function that is interrupted once, before it does what it does or after that."""
    times = iter([True])

    def once(*arguments: Any) -> Any:
        result = None if before else function(*arguments)
        if next(times, False):
            raise KeyboardInterrupt
        return function(*arguments) if before else result

    return once


def test_a_signal_while_a_claim_is_taken_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt), Claims(tmp_path / "work") as mine:
        monkeypatch.setattr(mine, "_create", interrupted(mine._create, before=False))
        mine.take("a")
    assert list(tmp_path.iterdir()) == []


def test_a_signal_while_a_claim_is_given_back_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt), Claims(tmp_path / "work") as mine:
        assert mine.take("a") is False
        monkeypatch.setattr(claims, "_read", interrupted(claims._read, before=True))
        mine.release("a")
    assert list(tmp_path.iterdir()) == []
