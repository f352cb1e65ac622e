"""Fill the templates of all HTML pages, and make harmless what they print.

Each page is one self-contained file, light or dark as the reader has it set: none refers to anything outside itself
(no fonts, scripts or styles from the network). `templates/base.html` holds what the pages share.

The templates are Jinja's, and whatever one of them prints is escaped: no text of a treebank or a model becomes HTML.
Control characters and the like become U+FFFD (`arcparser.errors.clean`). `Markup` is exempt from both: it is what
comes out of another template, and the JSON of `arcparser.viz.explain_page`, which escapes it itself.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from arcparser.errors import clean

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup


@cache
def template(name: str) -> Template:
    """Return the template `templates/<name>`."""
    return _environment().get_template(name)


def element(name: str, **fields: object) -> Markup:
    """Fill in a template of a part of a page; other templates print the result as it is."""
    from markupsafe import Markup

    return Markup(template(name).render(fields))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("arcparser.viz"),
        auto_reload=False,
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _harmless(value: object) -> object:
    """Clean what a template is about to print: text that is no `Markup`."""
    if not isinstance(value, str) or hasattr(value, "__html__") or value.isprintable():  # most text is
        return value
    return clean(value)
