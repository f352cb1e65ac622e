"""Read docstrings as Markdown as it is written on code hosts: an extension of Griffe, which mkdocstrings asks for them.

- An example, which begins with `>>>` and ends at a blank line, is code: Markdown takes it for a quote.
- A list needs no blank line before it.
- The name of a module, or of what is in one, is a link to it. A name that there is not is a warning.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"^(>>> .*?)(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)
_BEFORE_LIST = re.compile(r"^(?![-\s])(.+)\n(?=- )", re.MULTILINE)
_NAME = re.compile(r"`(arcparser\.\w+\.[\w.]+)`")


class Docstrings(griffe.Extension):
    """Change docstrings as they are read."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Change the docstring of an object."""
        if obj.docstring is not None:
            text = _EXAMPLE.sub(r"```pycon\n\1\n```", obj.docstring.value)
            text = _BEFORE_LIST.sub(r"\1\n\n", text)
            obj.docstring.value = _NAME.sub(r"[`\1`][\1]", text)
