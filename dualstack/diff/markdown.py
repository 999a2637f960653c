"""A report as a comment for a pull request: Markdown as GitHub and GitLab read it, within a comment's length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.answer.style import counted
from dualstack.diff.beside import ABOUT, TITLE
from dualstack.diff.compare import SiteDiff
from dualstack.diff.escape import Code, code, fenced, markdown, plain
from dualstack.diff.facts import Rest, rest
from dualstack.diff.groups import Group, groups_of
from dualstack.diff.picture import mermaid
from dualstack.diff.report import Report
from dualstack.diff.sections import (
    FINDINGS_SHOWN,
    beside_text,
    explained,
    fact_text,
    file_text,
    finding_text,
    findings_cell,
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
from dualstack.diff.words import headline, lines_of, takes, word_of

LIMIT: Final = 65_536
"""Characters that GitHub takes in a comment."""
MARK: Final = "<!-- dualstack diff -->"
"""First line: by it the next run finds the comment that it replaces."""
_ROWS, _EDITS, _DIFF_LINES = 50, 20, 60
_FIRST: Final = 3
_BESIDE: Final = 30
_LEVELS: Final = 4
"""How much is told of a group: 0 the worst edits and findings, 1 all edits and the engine, 2 DNS and computed values, 3
rendered files."""


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
    whole = whole and len(report.beside) <= _BESIDE and not any(_is_long(group.first) for group in groups)
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
        word = "error" if site.status == "unreadable" else word_of(site).text
        emphasis = f"**{word}**" if takes(site) or site.status == "unreadable" else word
        yield f"| {emphasis} | {markdown(group_title(group))} | {headline(site)} |" + (f" {cell} |" if last else "")
    if len(groups) > _ROWS:
        left = sum(len(group.sites) for group in groups[_ROWS:])
        yield f"| | … | {counted(left, 'site')} more |" + (" |" if last else "")


def _is_long(site: SiteDiff) -> bool:
    """Tell whether a list of it is cut however much room there is."""
    left = rest(site)
    return max(sum(len(found) for _, found in gathered(site)), len(lines_of(site)), len(left.dns)) > _EDITS or any(
        len(file.lines or ()) > _DIFF_LINES for file in left.files
    )


def _block(group: Group, level: int) -> str:
    site = group.first
    parts = [f"### {markdown(group_title(group))}", "\n\n".join(_summary(group, level))]
    left = rest(site)
    if level >= 1:
        parts += _engine(site)
    if level >= 2:
        parts += _dns(site, left)
        parts += _network(site)
        parts += _values(left)
    if level >= 3:
        parts += _files(left)
    elif left.files:
        parts.append(f"Files of the image: {', '.join(code(file.path) for file in left.files[:_EDITS])}")
    if said := markdown(explained(left.named, left.follow)):
        parts.append(said)
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
    if listed := "\n".join(_facts(site, _EDITS if level else _FIRST)):
        yield listed
    if site.steps is None and site.status == "changed":
        yield "What the engine would do is not known: with errors a site registers nothing."
    if not level and (taking := [line for line in lines_of(site) if line.word.takes]):
        yield "\n".join(f"- **{line.word.text}**: {markdown(line.text)}" for line in taking[:_FIRST])
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


def _facts(site: SiteDiff, most: int) -> Iterator[str]:
    """Give the edits, those together that take the same."""
    left = most
    for told, found in gathered(site):
        if left <= 0:
            break
        word = f"**{told.word.text}**" if told.word.takes else told.word.text
        yield f"- {word}: {markdown(taken(told))}"
        yield from (f"  - {markdown(fact_text(fact))}" for fact in found[:left])
        left -= len(found)
    if (more := sum(len(found) for _, found in gathered(site)) - most) > 0:
        yield f"- and {more} more"


def _engine(site: SiteDiff) -> Iterator[str]:
    """Give what the engine does: what takes something openly, the rest folded where it is long."""
    lines = lines_of(site)
    items = [
        f"- {f'**{line.word.text}**: ' if line.word.takes or site.status == 'removed' else ''}{markdown(line.text)}"
        for line in lines[:_EDITS]
    ]
    if len(lines) > _EDITS:
        items.append(f"- and {len(lines) - _EDITS} more")
    if site.status == "new" and items:
        yield from _details(f"The engine makes {counted(len(lines), 'resource')}", "\n".join(items))
    elif items:
        yield "\n".join(["By the engine:", "", *items])


def _dns(site: SiteDiff, left: Rest) -> Iterator[str]:
    if not left.dns or site.status not in ("changed", "new"):
        return
    rows = ["| DNS name | type | before | after |", "| --- | --- | --- | --- |"]
    for records in left.dns[:_EDITS]:
        before, after = (code(side) if side else "" for side in records_text(records.before, records.after))
        rows.append(f"| {code(records.name)} | {records.type} | {before} | {after} |")
    if len(left.dns) > _EDITS:
        rows.append(f"| and {len(left.dns) - _EDITS} more | | | |")
    yield "\n".join(rows)


def _network(site: SiteDiff) -> Iterator[str]:
    """Draw a new site; what changes at one that was there stands among the edits, and the page draws it."""
    if site.network is not None and site.network[1] is not None and site.status == "new":
        yield from _details("Network", fenced(mermaid(*site.network).splitlines(), "mermaid"))


def _details(summary: str, body: str) -> Iterator[str]:
    yield f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _values(left: Rest) -> Iterator[str]:
    if left.values:
        yield from _details(f"Computed values ({len(left.values)})", fenced(value_lines(left.values), "diff"))


def _files(left: Rest) -> Iterator[str]:
    if not left.files:
        return
    lines: list[str] = []
    for file in left.files:
        lines.append(f"# {''.join(file_text(file))}")
        if file.lines is None:
            lines.append("# no text, or too long: compared by its digest")
            continue
        lines += file.lines[:_DIFF_LINES]
        if len(file.lines) > _DIFF_LINES:
            lines.append(f"# and {len(file.lines) - _DIFF_LINES} more lines")
    yield from _details(f"Rendered files ({len(left.files)})", fenced(lines, "diff"))
