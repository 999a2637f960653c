"""A report for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from dualstack.answer.style import Style
from dualstack.diff.beside import ABOUT, TITLE
from dualstack.diff.compare import SiteDiff
from dualstack.diff.escape import Text, visible
from dualstack.diff.facts import rest
from dualstack.diff.groups import Group, groups_of
from dualstack.diff.report import Report
from dualstack.diff.sections import (
    beside_text,
    explained,
    fact_text,
    file_text,
    finding_text,
    gathered,
    group_title,
    others,
    reached_by,
    records_text,
    rest_of_findings,
    shown_findings,
    taken,
    title,
    unchanged,
    value_lines,
    versions,
    warning,
)
from dualstack.diff.words import headline, lines_of, takes

_COLOURS = {"-": "red", "+": "green", "!": "yellow"}
_LONGEST = 160
_WORD = 9


def page(report: Report, style: Style) -> str:
    """Give the whole report without the lines of rendered files, which ``--format html`` has."""
    blocks = ["\n".join(_head(report, style))]
    blocks += ["\n".join(_beside(report, style))] if report.beside else []
    blocks += ["\n".join(_group(group, style)) for group in groups_of(report.changed)]
    blocks += [_shown(unchanged(report))] if report.unchanged else []
    return "\n\n".join(blocks)


def _shown(text: Text) -> str:
    return "".join(visible(part) for part in text)


def _head(report: Report, style: Style) -> Iterator[str]:
    yield style(title(report), "bold")
    yield style(_shown(versions(report)), "dim")
    yield from (visible(f"note: {note}") for note in report.notes)
    if said := warning(report):
        yield style(said, "red", "bold")


def _beside(report: Report, style: Style) -> Iterator[str]:
    yield f"{style(TITLE, 'bold')}: {style(ABOUT, 'yellow')}"
    yield from (f"  {_shown(beside_text(one))}" for one in report.beside)


def _group(group: Group, style: Style) -> Iterator[str]:
    site = group.first
    colour = "red" if takes(site) or site.status == "unreadable" else "yellow"
    yield f"{style(_shown(group_title(group)), 'bold')}: {style(headline(site), colour)}"
    yield from (f"  {_shown(text)}" for text in (others(group), reached_by(site)) if text)
    if site.note:
        yield f"  note: {visible(site.note)}"
    if site.error is not None:
        place = ":".join(str(site.error[key]) for key in ("file", "line") if site.error.get(key) is not None)
        yield visible(f"  {place}: {site.error['message']}; {site.error['fix']}")
    for taking, found in gathered(site):
        word = style(taking.word.text.ljust(_WORD), "red" if taking.word.takes else "yellow")
        yield f"  {word} {_shown(taken(taking))}"
        yield from (f"    {_shown(fact_text(fact))}" for fact in found)
    for line in lines_of(site):
        shown = line.word.text if line.word.takes or site.status == "removed" else "engine"
        yield f"  {style(shown.ljust(_WORD), 'red' if line.word.takes else 'yellow')} {_shown(line.text)}"
    yield from _differences(site, style)
    for told, noun in ((site.findings, ""), (site.violations, "violation ")):
        if told is None:
            continue
        for state, finding in shown_findings(told):
            colour = "red" if finding["severity"] == "error" and state != "mended" else "yellow"
            yield f"  {state} {noun}{style(finding['severity'], colour)} {_shown(finding_text(finding))}"
        if rest := rest_of_findings(told):
            yield f"  {rest}"


def _differences(site: SiteDiff, style: Style) -> Iterator[str]:
    left = rest(site)
    if left.dns and site.status != "removed":
        yield "  DNS"
        for records in left.dns:
            before, after = records_text(records.before, records.after)
            yield visible(f"    {records.name} {records.type}  {before or 'none'} → {after or 'none'}")
    if left.values:
        yield "  computed"
        for line in value_lines(left.values, _LONGEST):
            yield f"    {style(visible(line), _COLOURS[line[0]])}"
    for file in left.files:
        yield f"  file      {_shown(file_text(file))}"
    if said := explained(left.named, left.follow):
        yield f"  {_shown(said)}"
