"""The answer as one HTML page that needs nothing beside it: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from dualstack import __version__
from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.answer.pages import page_environment
from dualstack.diff.escape import visible
from dualstack.status import words
from dualstack.status.model import SiteStatus
from dualstack.status.words import Mood, family_words
from dualstack.verify.model import Kind, Result, Word

MARKS = {Mood.GOOD: "✓", Mood.WAIT: "◷", Mood.BAD: "✗", Mood.QUIET: "○"}
"""A form for each mood, so that nothing is told by its colour alone."""
_ORDER = (Mood.BAD, Mood.WAIT, Mood.GOOD, Mood.QUIET)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of check: a cell for each family, or one for what is of neither alone, which stands under both."""

    kind: str
    cells: tuple[tuple[str, Mood], ...]


def html(sites: Sequence[SiteStatus], now: datetime) -> str:
    """Return the page.

    Args:
        sites: in the order of the answer; the page has the worst first.
        now: when they were asked.
    """
    ordered = sorted(sites, key=lambda site: (_ORDER.index(words.mood_of(site)), site.name))
    tally = [(mood, sum(words.mood_of(site) is mood for site in sites)) for mood in _ORDER]
    page = _template().render(
        sites=ordered, now=f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC", tally=tally, version=__version__
    )
    return page.rstrip() + "\n"


def rows(site: SiteStatus) -> list[Row]:
    """Return what was asked by kind, in the order of ``verify``."""
    found: dict[Kind, list[Result]] = {}
    for result in site.results or ():
        found.setdefault(result.kind, []).append(result)
    told: list[Row] = []
    for kind in Kind:
        if any(result.family for result in found.get(kind, ())):
            told.append(Row(kind.value, tuple(_cell(found[kind], family) for family in FAMILIES)))
        if any(result.family is None for result in found.get(kind, ())):
            told.append(Row(kind.value, (_cell(found[kind], None),)))
    return told


def _cell(results: Sequence[Result], family: Family | None) -> tuple[str, Mood]:
    counts: dict[str, int] = {}
    for result in results:
        if result.family == family:
            counts[result.word.value] = counts.get(result.word.value, 0) + 1
    return family_words(counts) if counts else ("", Mood.QUIET)


def failures(site: SiteStatus) -> list[tuple[str, Result]]:
    """Return what failed, with the name of its family."""
    broken = [result for result in site.results or () if result.word is Word.FAILED]
    return [(LABEL[result.family] if result.family else "", result) for result in broken]


def _shown(value: object) -> object:
    """Let nothing invisible into the page, whoever said it; what the page's own macros made is left alone."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _template() -> jinja2.Template:
    environment = page_environment(Path(__file__).parent, finalize=_shown)
    shared: dict[str, Any] = {"words": words, "rows": rows, "failures": failures, "MARKS": MARKS}
    environment.globals |= shared
    return environment.get_template("page.html.j2")
