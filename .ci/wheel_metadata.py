"""Put `top_level.txt` into the wheel: a hook of hatchling, which leaves it out.

`spacy package` reads it to find out which distribution a component comes from, and makes the package of a pipeline
require that.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelMetadata(BuildHookInterface):  # type: ignore[type-arg]
    """Add a file to the metadata of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file, and say where it goes."""
        self._folder = tempfile.TemporaryDirectory()
        source = Path(self._folder.name, "top_level.txt")
        source.write_text("arcparser\n", encoding="utf-8")
        name = f"{self.build_config.builder.artifact_project_id}.dist-info/{source.name}"  # type: ignore[attr-defined]
        for kind in ("force_include", "force_include_editable"):
            build_data[kind][str(source)] = name

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the file once it has been packed."""
        self._folder.cleanup()
