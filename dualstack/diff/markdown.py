"""A report as a comment for a pull request: Markdown as GitHub and GitLab read it, within a comment's length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.diff.beside import ABOUT, TITLE
from dualstack.diff.compare import SiteDiff
from dualstack.diff.escape import Code, code, fenced, markdown, plain
from dualstack.diff.groups import Group, groups_of
from dualstack.diff.picture import mermaid
from dualstack.diff.properties import show_path
from dualstack.diff.report import Report
from dualstack.diff.sections import (
    FINDINGS_SHOWN,
    beside_text,
    by_operation,
    finding_text,
    findings_cell,
    group_title,
    input_texts,
    others,
    reached_by,
    records_text,
    rest_of_findings,
    shown_findings,
    title,
    unchanged,
    value_lines,
    versions,
    warning,
)
from dualstack.diff.words import Impact, Line, from_to, headline, impact_of, lines_of
from dualstack.style import counted

LIMIT: Final = 65_536
"""Characters that GitHub takes in a comment."""
MARK: Final = "<!-- dualstack diff -->"
"""First line: by it the next run finds the comment that it replaces."""
_ROWS, _LINES, _EDITS, _INPUTS, _DIFF_LINES = 50, 12, 20, 4, 60
_BESIDE: Final = 30
_LEVELS: Final = 4
"""How much is told of a group: 0 what happens and findings, 1 edits, DNS and the picture, 2 values and resources,
3 rendered files."""


def comment(report: Report, artifact: str, limit: int = LIMIT) -> str:
    """Give the comment.

    Args:
        report: the comparison.
        artifact: where the whole is to be found, told where something is cut.
        limit: the most characters.
    """
    groups = groups_of(report.changed)
    head = "\n".join(_head(report, groups))
    end = markdown(unchanged(report))
    cut = f"_Cut to fit a comment. The whole is in {plain(artifact)}._"
    room = limit - len(head) - len(end) - len(cut) - 8
    levels = [-1] * len(groups)
    blocks = [""] * len(groups)
    # Round by round, so that a long first site does not take the room of all others.
    for level in range(_LEVELS):
        for index, group in enumerate(groups):
            block = _block(group, level)
            if levels[index] == level - 1 and len(block) + 2 - len(blocks[index]) <= room:
                room -= len(block) + 2 - len(blocks[index])
                levels[index], blocks[index] = level, block
    whole = all(level == _LEVELS - 1 for level in levels) and len(groups) <= _ROWS
    whole = whole and len(report.beside) <= _BESIDE
    return "\n\n".join(part for part in (head, *blocks, end, "" if whole else cut) if part) + "\n"


def _head(report: Report, groups: list[Group]) -> Iterator[str]:
    yield MARK
    yield f"## dualstack: {title(report)}"
    yield ""
    yield markdown(versions(report))
    for note in report.notes:
        yield f"\n> [!NOTE]\n> {plain(note)}"
    if said := warning(report):
        yield f"\n> [!CAUTION]\n> {said}"
    if report.beside:
        yield f"\n> [!IMPORTANT]\n> **{TITLE}**: {ABOUT}."
        yield from (f"> - {markdown(beside_text(one))}" for one in report.beside[:_BESIDE])
        if len(report.beside) > _BESIDE:
            yield f"> - and {counted(len(report.beside) - _BESIDE, 'file')} more"
    if not groups:
        return
    # Without findings, as most changes are, there is no column for them.
    cells = [findings_cell(group.first) for group in groups[:_ROWS]]
    last = any(cells)
    yield "\n| | site | what happens |" + (" findings |" if last else "")
    yield "| --- | --- | --- |" + (" --- |" if last else "")
    for group, cell in zip(groups, cells, strict=False):
        site = group.first
        word = "error" if site.status == "unreadable" else impact_of(site).word
        emphasis = f"**{word}**" if impact_of(site).destroys or site.status == "unreadable" else word
        yield f"| {emphasis} | {markdown(group_title(group))} | {headline(site)} |" + (f" {cell} |" if last else "")
    if len(groups) > _ROWS:
        left = sum(len(group.sites) for group in groups[_ROWS:])
        yield f"| | … | {counted(left, 'site')} more |" + (" |" if last else "")


def _block(group: Group, level: int) -> str:
    site = group.first
    parts = [f"### {markdown(group_title(group))}", "\n\n".join(_summary(group, level))]
    if level >= 1:
        parts += _edits(site)
        parts += _dns(site)
        parts += _network(site)
    if level >= 2:
        parts += _values(site)
        parts += _resources(site)
    if level >= 3:
        parts += _files(site)
    return "\n\n".join(part for part in parts if part)


def _summary(group: Group, level: int) -> Iterator[str]:
    site = group.first
    if site.error is not None:
        place = ":".join(str(site.error[key]) for key in ("file", "line") if site.error.get(key) is not None)
        fix = f"; {plain(site.error['fix'])}" if site.error.get("fix") else ""
        yield f"**It cannot be read**: {plain(site.error['message'])}{fix}{f' ({code(place)})' if place else ''}"
        return
    if about := [markdown(text) for text in (others(group), reached_by(site)) if text]:
        yield " ".join(about)
    if site.note:
        yield f"> [!NOTE]\n> {plain(site.note)}"
    lines = lines_of(site)
    shown = [line for line in lines if line.impact < Impact.CREATE][:_LINES]
    listed = [_item(line) for line in shown]
    if site.steps is None and site.status == "changed":
        listed.append("- What the engine would do is not known: with errors a site registers nothing.")
    made = sum(line.impact is Impact.CREATE for line in lines)
    if made:
        listed.append(f"- create: {counted(made, 'resource')}")
    if (left := len(lines) - made - len(shown)) > 0:
        listed.append(f"- and {left} more, below")
    listed += [f"- secret {code(f'dualstack:{key}')}: {word}" for key, word in site.secrets if site.status == "changed"]
    if listed:
        yield "\n".join(listed)
    for told, noun in ((site.findings, "Findings"), (site.violations, "Policy violations")):
        if told is None:
            continue
        found = list(shown_findings(told))
        items = [
            f"- {state} **{finding['severity']}** {_with_code(finding_text(finding))}"
            for state, finding in found[: FINDINGS_SHOWN if level else 3]
        ]
        left = len(found) - len(items)
        rest = ", ".join(part for part in (f"{left} more" if left else "", rest_of_findings(told)) if part)
        if items:
            yield "\n".join([f"**{noun}**", "", *items, *([f"- {rest}"] if rest else [])])


def _with_code(text: tuple[str | Code, ...]) -> str:
    return "".join(code(part) if isinstance(part, Code) else plain(part) for part in text)


def _item(line: Line) -> str:
    return f"- {f'**{line.impact.word}**' if line.impact.destroys else line.impact.word}: {markdown(line.text)}"


def _edits(site: SiteDiff) -> Iterator[str]:
    if not site.edits:
        return
    rows = ["**Edited**", "", "| value | change | written in |", "| --- | --- | --- |"]
    for edit in site.edits[:_EDITS]:
        place = code(edit.place) if edit.place else ""
        rows.append(f"| {code(show_path(edit.change.path))} | {markdown(from_to(edit.change))} | {place} |")
    if len(site.edits) > _EDITS:
        rows.append(f"| and {len(site.edits) - _EDITS} more | | |")
    yield "\n".join(rows)


def _dns(site: SiteDiff) -> Iterator[str]:
    if not site.dns or site.status not in ("changed", "new"):
        return
    rows = ["**DNS**", "", "| name | type | before | after |", "| --- | --- | --- | --- |"]
    for records in site.dns[:_EDITS]:
        before, after = (code(side) if side else "" for side in records_text(records.before, records.after))
        rows.append(f"| {code(records.name)} | {records.type} | {before} | {after} |")
    if len(site.dns) > _EDITS:
        rows.append(f"| and {len(site.dns) - _EDITS} more | | | |")
    yield "\n".join(rows)


def _network(site: SiteDiff) -> Iterator[str]:
    if site.network is None or site.status not in ("changed", "new"):
        return
    picture = mermaid(*site.network)
    yield f"<details{' open' if site.status == 'changed' else ''}><summary>Network</summary>"
    yield fenced(picture.splitlines(), "mermaid")
    yield "</details>"


def _details(summary: str, body: str) -> Iterator[str]:
    yield f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _values(site: SiteDiff) -> Iterator[str]:
    if site.values:
        yield from _details(f"Computed values ({len(site.values)})", fenced(value_lines(site.values), "diff"))


def _resources(site: SiteDiff) -> Iterator[str]:
    steps = by_operation(site.steps)
    if not steps:
        return
    rows = ["| operation | resource | type | changed inputs |", "| --- | --- | --- | --- |"]
    for step in steps:
        inputs = [markdown(text) for text in input_texts(step)]
        more = [f"and {len(inputs) - _INPUTS} more"] if len(inputs) > _INPUTS else []
        cell = "<br>".join([*inputs[:_INPUTS], *more])
        rows.append(f"| {step.op} | {code(step.name)} | {code(step.type)} | {cell} |")
    yield from _details(f"Resources ({len(steps)})", "\n".join(rows))


def _files(site: SiteDiff) -> Iterator[str]:
    if not site.files:
        return
    lines: list[str] = []
    for file in site.files:
        words = {"add": "new", "delete": "removed", "update": ""}[file.how]
        notes = [words] if words else []
        notes += [f"mode {file.mode[0]} → {file.mode[1]}"] if file.mode else []
        notes += ["a secret in it changed"] if file.secret else []
        lines.append(f"# {file.path}" + (f" ({', '.join(notes)})" if notes else ""))
        if file.lines is None:
            lines.append("# no text, or too long: compared by its digest")
            continue
        lines += file.lines[:_DIFF_LINES]
        if len(file.lines) > _DIFF_LINES:
            lines.append(f"# and {len(file.lines) - _DIFF_LINES} more lines")
    yield from _details(f"Rendered files ({len(site.files)})", fenced(lines, "diff"))
