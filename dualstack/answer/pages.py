"""Templates of HTML pages: everything is escaped, and a name that is not given is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2


def page_environment(folder: Path, **more: Any) -> jinja2.Environment:
    """Return the environment of the templates in a folder.

    Args:
        folder: of the templates.
        more: further options of ``jinja2.Environment``.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **more,
    )
