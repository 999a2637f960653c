"""A report for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from dualstack.diff.beside import ABOUT, TITLE
from dualstack.diff.compare import SiteDiff
from dualstack.diff.escape import Text, visible
from dualstack.diff.groups import Group, groups_of
from dualstack.diff.properties import show_path
from dualstack.diff.report import Report
from dualstack.diff.sections import (
    beside_text,
    finding_text,
    group_title,
    others,
    reached_by,
    records_text,
    rest_of_findings,
    shown_findings,
    signed,
    title,
    unchanged,
    versions,
    warning,
)
from dualstack.diff.words import headline, impact_of, lines_of
from dualstack.style import Style

_COLOURS = {"-": "red", "+": "green", "!": "yellow"}
_LONGEST = 160


def page(report: Report, style: Style) -> str:
    """Give the whole report without rendered files, which ``--format html`` has."""
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
    impact = impact_of(site)
    colour = "red" if impact.destroys or site.status == "unreadable" else "yellow"
    yield f"{style(_shown(group_title(group)), 'bold')}: {style(headline(site), colour)}"
    yield from (f"  {_shown(text)}" for text in (others(group), reached_by(site)) if text)
    if site.note:
        yield f"  note: {visible(site.note)}"
    if site.error is not None:
        place = ":".join(str(site.error[key]) for key in ("file", "line") if site.error.get(key) is not None)
        yield visible(f"  {place}: {site.error['message']}; {site.error['fix']}")
    for line in lines_of(site):
        word = style(line.impact.word.ljust(9), "red" if line.impact.destroys else "yellow")
        yield f"  {word} {_shown(line.text)}"
    for key, word in site.secrets if site.status == "changed" else ():
        yield visible(f"  secret    dualstack:{key}: {word}")
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
    if site.edits:
        yield "  edited"
    for edit in site.edits:
        place = style(f"  {visible(edit.place)}", "dim") if edit.place else ""
        yield f"    {visible(show_path(edit.change.path))}{place}"
        for sign, text in signed(edit.change, _LONGEST):
            yield f"      {style(f'{sign} {visible(text)}', _COLOURS[sign])}"
    if site.dns and site.status != "removed":
        yield "  DNS"
        for records in site.dns:
            before, after = records_text(records.before, records.after)
            yield visible(f"    {records.name} {records.type}  {before or 'none'} → {after or 'none'}")
    if site.files:
        yield visible(f"  rendered files: {', '.join(file.path for file in site.files)}")
