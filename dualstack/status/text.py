"""The answer for people: a line a site, and below it what is wrong and what is still to be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dualstack.address.family import LABEL
from dualstack.diff.escape import visible
from dualstack.status.model import Life, SiteStatus, Update
from dualstack.status.words import (
    FAMILY_LABELS,
    Mood,
    all_words,
    deployed_words,
    family_brief,
    family_words,
    heading,
    others,
    stack_notes,
    support_brief,
    support_words,
    todo_words,
    todos,
    update_words,
)
from dualstack.verify.model import Word

MOST: Final = 5
"""Lines of one kind that are told of a site; the rest is counted."""
FEW: Final = 12
"""Sites up to which each is told of at length, fine ones, too."""
_ENDLESS: Final = 100_000
_STYLES: Final = {Mood.GOOD: "green", Mood.WAIT: "yellow", Mood.BAD: "bold red", Mood.QUIET: "dim"}


def text(sites: Sequence[SiteStatus], *, width: int | None, colour: bool) -> str:
    """Return the page.

    Args:
        sites: in the order of the answer.
        width: columns of the terminal; None for a pipe, where a site is one line however long that is.
        colour: whether escape codes are wanted.
    """
    narrow = width is not None
    stream = StringIO()
    console = Console(
        file=stream,
        width=width or _ENDLESS,
        force_terminal=colour,
        no_color=not colour,
        # Names and answers of others are neither markup nor emoji.
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    wide, tight = (_table(sites, narrow=narrow, gap=gap) for gap in (2, 1))
    fits = Measurement.get(console, console.options, wide).maximum <= console.width
    console.print(wide if fits else tight)
    console.print()
    for site in sites:
        _details(console, site, narrow=narrow, few=len(sites) <= FEW)
    console.print(Text(heading(sites), "bold"))
    # Rich fills a line to its width.
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def _table(sites: Sequence[SiteStatus], *, narrow: bool, gap: int) -> Table:
    # Without lines between: a terminal need not have the signs for them.
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0))
    table.add_column("SITE", style="bold", overflow="fold")
    for title in ("RELEASE", "DEPLOYED", *(label for _, label in FAMILY_LABELS), "TO DO", "LAST UP"):
        table.add_column(title, overflow="fold")
    for site in sites:
        if site.error:
            table.add_row(visible(site.name), "?", Text("unreadable", _STYLES[Mood.BAD]), *["-"] * 4)
        else:
            cells = (Text(words, _STYLES[mood]) for words, mood in _cells(site, narrow=narrow))
            table.add_row(visible(site.name), *cells)
    return table


def _cells(site: SiteStatus, *, narrow: bool) -> Iterator[tuple[str, Mood]]:
    """Yield the cells behind the name; what a terminal has no room for is told below the table."""
    _, mood = support_words(site.support)
    brief = support_brief(site.support)
    release = site.support.release if site.support else "?"
    ended = site.support is not None and site.support.life is Life.ENDED
    yield (f"{release} ended" if ended else release) if narrow else f"{release} {brief}".strip(), _shown(mood)
    words, mood = deployed_words(site.stack)
    yield words.removesuffix(" deployed") if narrow else words, mood
    for family, _ in FAMILY_LABELS:
        words, mood = family_words(site.counts(family))
        yield family_brief(site.counts(family)) if narrow else words, mood
    yield todo_words(site) or "-", Mood.WAIT if todo_words(site) else Mood.QUIET
    words, mood = update_words(site.stack.last)
    last = site.stack.last
    if narrow:
        words = "-" if last is None else f"{last.ended:%Y-%m-%d}" if mood is Mood.GOOD else last.result
    elif last is not None:
        words += _by(last)
    yield words, mood


def _shown(mood: Mood) -> Mood:
    """Keep colour for what is not as it should be."""
    return Mood.QUIET if mood is Mood.GOOD else mood


def _details(console: Console, site: SiteStatus, *, narrow: bool, few: bool) -> None:
    lines = list(_lines(site))
    # What the table has no room for is no news of one site among hundreds that have nothing else to say.
    lines = [*(_rest(site) if narrow and (lines or few) else ()), *lines]
    if not lines:
        return
    console.print(Text(visible(site.name), "bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=8, no_wrap=True)
    grid.add_column(overflow="fold")
    for word, words, mood in lines:
        grid.add_row(Text(f"  {word}", _STYLES[mood]), visible(words))
    console.print(grid)


def _rest(site: SiteStatus) -> Iterator[tuple[str, str, Mood]]:
    """Yield what a wide table has in its columns."""
    if site.support is not None and site.support.life in (Life.LIMITED, Life.ENDED):
        yield "support", support_words(site.support)[0], _shown(support_words(site.support)[1])
    if last := site.stack.last:
        word = "" if last.result == "succeeded" else f"{last.result}, "
        yield "last up", f"{word}{last.ended:%Y-%m-%d %H:%M} UTC{_by(last)}", Mood.QUIET


def _by(last: Update) -> str:
    return f", by {last.by}" if last.by else ""


def _lines(site: SiteStatus) -> Iterator[tuple[str, str, Mood]]:
    """Yield word and text of what there is to say beside the line of the site."""
    if site.error:
        yield "error", site.error, Mood.BAD
        return
    if site.errors:
        yield "errors", f"{site.errors} by the rules: dualstack check {site.name}", Mood.BAD
    for words, mood in stack_notes(site.stack):
        yield "stack", words, mood
    neither = others(site)
    if neither.get(Word.FAILED.value) or neither.get(Word.PENDING.value):
        yield "cluster", all_words(neither), Mood.QUIET
    broken = [result for result in site.results or () if result.word is Word.FAILED]
    for result in broken[:MOST]:
        family = f"{LABEL[result.family]} " if result.family else ""
        fix = f"; {result.fix}" if result.fix else ""
        yield "failed", f"{family}{result.kind.value} {result.at}, {result.asked}: {result.seen}{fix}", Mood.BAD
    if len(broken) > MOST:
        yield "", f"and {len(broken) - MOST} more that failed: dualstack verify {site.name}", Mood.QUIET
    waiting = todos(site)
    for one in waiting[:MOST]:
        yield one.word.text, f"{one.part}: {one.how}", Mood.WAIT
    if len(waiting) > MOST:
        yield "", f"and {len(waiting) - MOST} more: dualstack preview {site.name}", Mood.QUIET
