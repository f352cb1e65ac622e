"""The package as the README's install installs it, apart from the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT

SHIPPED = ROOT / "models" / "en_ewt.arcparser"


def python(*arguments: str, cwd: Path, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python with `path` in front of what is installed."""
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done


def pip(*arguments: str, cwd: Path) -> None:
    """Run pip without network."""
    python("-m", "pip", "--disable-pip-version-check", *arguments, "--no-deps", "--no-index", "--quiet", cwd=cwd)


def build_wheel(folder: Path) -> Path:
    """Build the wheel."""
    for needed in ("hatchling", "pip"):
        if find_spec(needed) is None:
            pytest.skip(f"building a wheel needs {needed}: install the package with its extra, .[test]")
    pip("wheel", str(ROOT), "--no-build-isolation", "--wheel-dir", str(folder), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def install(wheel: Path, folder: Path) -> None:
    """Install the wheel, with the default model, into a folder."""
    if not SHIPPED.exists():
        pytest.skip("the default model, models/en_ewt.arcparser, is not there")
    pip("install", "--target", str(folder), str(wheel), cwd=folder)
