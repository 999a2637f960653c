"""A report as one HTML page that needs nothing beside it: no script, no font, no network."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from dualstack.answer.pages import page_environment
from dualstack.diff import sections
from dualstack.diff.beside import ABOUT, TITLE
from dualstack.diff.escape import Code, visible
from dualstack.diff.facts import rest
from dualstack.diff.groups import groups_of
from dualstack.diff.picture import boxes
from dualstack.diff.report import Report
from dualstack.diff.words import headline, lines_of, word_of
from dualstack.document.differ import show_path


def html(report: Report) -> str:
    """Give the page, rendered files and all."""
    return _template().render(report=report, groups=groups_of(report.changed))


@cache
def _template() -> jinja2.Template:
    environment = page_environment(Path(__file__).parent)
    environment.filters |= {"visible": visible, "path": show_path}
    environment.tests |= {"value": lambda part: isinstance(part, Code)}
    environment.globals |= {
        "sections": sections,
        "headline": headline,
        "lines_of": lines_of,
        "rest": rest,
        "word_of": word_of,
        "boxes": boxes,
        "BESIDE": TITLE,
        "ABOUT": ABOUT,
    }
    return environment.get_template("report.html.j2")
