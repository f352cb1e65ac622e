"""Say which version of arcparser this is, and what it runs on, for reports of bugs."""

from __future__ import annotations

import os

from arcparser._version import __version__

_PACKAGES = "spacy conllu safetensors threadpoolctl jinja2 rich onnxruntime tokenizers pyarrow distributed zstandard"


def print_versions() -> None:
    """Print the version, those of Python and of packages, the BLAS of numpy, the cores and the models."""
    from arcparser.cli.common import tell

    tell("\n".join(f"{name + ':':<10} {text}" for name, text in _surroundings().items()))


def _surroundings() -> dict[str, str]:
    import platform
    import sys

    import numpy as np

    import arcparser
    from arcparser.model.registry import available

    python = f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}"
    return {
        "arcparser": __version__,
        "installed": os.path.dirname(arcparser.__file__),
        "Python": python,
        "system": f"{platform.platform()}, {platform.machine()}",
        "cores": _cores(),
        "numpy": f"{np.__version__}, {_blas()}",
        "packages": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES.split()),
        "models": ", ".join(available()) or "none",
    }


def _cores() -> str:
    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return f"{cores}, of which this process may use {usable}"


def _blas() -> str:
    """Name the libraries that numpy multiplies with."""
    import numpy as np
    from threadpoolctl import threadpool_info

    np.dot(np.ones((2, 2)), np.ones((2, 2)))  # some are loaded with the first product only
    found = [
        f"{library['internal_api']} {library['version'] or ''} ({library['num_threads']} threads)"
        for library in threadpool_info()
        if library["user_api"] == "blas"
    ]
    return ", ".join(found) or "no BLAS that threadpoolctl knows"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
