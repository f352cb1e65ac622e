"""Hold a finished page: save it, or show it in a notebook.

A notebook shows it in a frame, so that neither the styles nor the scripts of the one reach the other. The frame may run
the page's own script, but has no access to the notebook (https://html.spec.whatwg.org, the attribute `sandbox`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from arcparser.errors import UsageError, clean
from arcparser.files import check_path, open_output, shown_name
from arcparser.types import PathLike


@dataclass(frozen=True, repr=False)
class FramedPage:
    """A page of HTML that refers to nothing outside itself. In a notebook it shows itself.

    Attributes:
        html: The page.
        summary: What is on it, in a line.
        height: How high its frame is in a notebook, in pixels.
    """

    html: str
    summary: str
    height: int = 480

    def __repr__(self) -> str:
        return f"<page: {clean(self.summary)}>"

    def _repr_html_(self) -> str:
        """Return the page in a frame."""
        from markupsafe import escape

        style = f"width:100%;height:{self.height}px;border:0;resize:vertical;overflow:auto"
        attributes = f'sandbox="allow-scripts" title="{escape(clean(self.summary))}" style="{style}"'
        return f'<iframe srcdoc="{escape(self.html)}" {attributes}></iframe>'

    def save(self, path: PathLike, *, overwrite: bool = False) -> None:
        """Write the page to a file, whole or not at all.

        Args:
            path: The file.
            overwrite: Replace the file that is there. Without it this is refused.

        Raises:
            OutputError: The file cannot be written.
            UsageError: It is there already, or is no path.
        """
        check_path("the file to write", path, "its path")
        if not overwrite and os.path.isfile(path):
            raise UsageError(f"{shown_name(path)}: is there already: give another path, or overwrite=True")
        with open_output(path) as stream:
            stream.write(self.html.encode())
