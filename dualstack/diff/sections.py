"""What every format says of a report, in the same order and words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from dualstack.diff.beside import Beside
from dualstack.diff.compare import Document, SiteDiff, Told
from dualstack.diff.escape import Code, Text, shortened
from dualstack.diff.groups import Group
from dualstack.diff.operations import Operation, Step
from dualstack.diff.properties import Change, show_path
from dualstack.diff.report import Report
from dualstack.diff.words import Impact, bulky, from_to, impact_of, loses_host, needs_image
from dualstack.frozen import UNKNOWN
from dualstack.style import counted

FINDINGS_SHOWN = 10
UNCHANGED_SHOWN, FILES_SHOWN = 12, 4
_WORST_FIRST: Sequence[Operation] = ("replace", "delete", "update", "create", "same")


def title(report: Report) -> str:
    """Give the comparison in one line."""
    changed = report.changed
    if not changed:
        return f"no site changes, {beside_words(report)}" if report.beside else "nothing changes"
    verb = "changes" if len(changed) == 1 else "change"
    left = [site for site in changed if site.status != "removed"]
    counts = (
        (sum(site.status == "unreadable" for site in changed), "cannot be read", "cannot be read"),
        (sum(loses_host(site) for site in changed), "loses its host, disk or network", "lose host, disk or network"),
        (sum(needs_image(site) for site in changed), "needs a new image", "need a new image"),
        (sum(impact_of(site) is Impact.REPLACE for site in left), "replaces something", "replace something"),
        (sum(impact_of(site) is Impact.DELETE for site in left), "deletes something", "delete something"),
        (len(changed) - len(left), "is removed", "are removed"),
    )
    parts = [f"{count} {one if count == 1 else more}" for count, one, more in counts if count]
    head = f"{counted(len(changed), 'site')} {verb}"
    told = f"{head}: {', '.join(parts)}" if parts else head
    return f"{told}; {beside_words(report)}" if report.beside else told


def beside_words(report: Report) -> str:
    """Count what changes and runs beside secrets."""
    verb = "runs" if len(report.beside) == 1 else "run"
    return f"{counted(len(report.beside), 'changed file')} {verb} beside secrets"


def beside_text(one: Beside) -> Text:
    """Tell of one such file."""
    words = {"add": "new, ", "delete": "removed, ", "update": ""}[one.how]
    return (Code(one.path), f" ({words}{one.what})")


def versions(report: Report) -> Text:
    """Give what is compared."""
    now: list[str | Code] = [Code(report.head)] if report.head else ["the work tree"]
    if report.head and report.dirty:
        now.append(" with uncommitted changes")
    return ("base ", Code(report.base.ref), " (", Code(report.base.short), "), now ", *now)


def warning(report: Report) -> str:
    """Give the sentence above everything else; empty where nothing is destroyed."""
    engine = [site for site in report.changed if loses_host(site)]
    images = [site for site in report.changed if needs_image(site)]
    said: list[str] = []
    if engine:
        said.append(f"At {counted(len(engine), 'site')} the deployment deletes a host, its disk or its network.")
    if images:
        said.append(f"At {counted(len(images), 'site')} the running host takes the change only with a new image.")
    return " ".join(said)


def group_title(group: Group) -> Text:
    """Give the sites of a group."""
    first = Code(group.first.name)
    return (first,) if len(group.sites) == 1 else (first, f" and {counted(len(group.sites) - 1, 'site')} alike")


def others(group: Group) -> Text:
    """Name the other sites of a group; empty where there are none."""
    if len(group.sites) == 1:
        return ()
    names = [site.name for site in group.sites[1:]]
    return ("The very same, each in its own stack: ", *_names(names), ".")


def reached_by(site: SiteDiff) -> Text:
    """Name the changed files that reach a site; empty for one that is reached by its own stack file alone."""
    own = f"/Pulumi.{site.name}.yaml"
    if site.status in ("new", "removed") or all(path.endswith(own) for path in site.reached_by):
        return ()
    return ("Reached by ", *_names(site.reached_by, "file"), ".")


def unchanged(report: Report) -> Text:
    """Name the sites at which nothing changes, in one line; empty where there are none."""
    names = report.unchanged
    return (f"{counted(len(names), 'site')} unchanged: ", *_names(names), ".") if names else ()


def _names(names: Sequence[str], noun: str = "") -> Iterator[str | Code]:
    shown = FILES_SHOWN if noun else UNCHANGED_SHOWN
    for index, name in enumerate(names[:shown]):
        yield from ([", "] if index else [])
        yield Code(name)
    if (left := len(names) - shown) > 0:
        yield f" and {counted(left, noun) if noun else left} more"


def findings_cell(site: SiteDiff) -> str:
    """Give the findings of a site in a few words."""
    parts = []
    for told, noun in ((site.findings, ""), (site.violations, "violation")):
        if told is None:
            continue
        for severity in ("error", "warning"):
            new = sum(finding["severity"] == severity for finding in told.new)
            left = sum(finding["severity"] == severity for finding in told.remaining)
            word = f"{noun} ({severity})" if noun else severity
            parts += [
                f"{count} {state} {word}" + ("" if count == 1 or noun else "s")
                for count, state in ((new, "new"), (left, "old"))
                if count
            ]
        if mended := sum(finding["severity"] != "info" for finding in told.mended):
            parts.append(f"{mended} mended" + (f" {noun}" if noun else ""))
    return ", ".join(parts)


def shown_findings(told: Told) -> Iterator[tuple[str, Document]]:
    """Yield the findings that are told one by one: new and mended ones, notes aside, and errors that remain."""
    yield from (("new", finding) for finding in told.new if finding["severity"] != "info")
    yield from (("remaining", finding) for finding in told.remaining if finding["severity"] == "error")
    yield from (("mended", finding) for finding in told.mended if finding["severity"] != "info")


def rest_of_findings(told: Told) -> str:
    """Count what is not told one by one; empty where there is nothing."""
    counts = [
        (sum(one["severity"] == "warning" for one in told.remaining), "warning", "remaining"),
        (sum(one["severity"] == "info" for one in told.new), "note", "new"),
    ]
    return ", ".join(f"{count} {state} {noun}{'' if count == 1 else 's'}" for count, noun, state in counts if count)


def finding_text(finding: Document) -> Text:
    """Give a finding: path, message, fix, rule and place; message and fix may hold values in backticks."""
    place = ":".join(str(finding[key]) for key in ("file", "line") if finding.get(key) is not None)
    end: Text = (" (", Code(finding["rule"]), *((", ", Code(place)) if place else ()), ")")
    return (Code(finding["path"] or "(the site)"), f": {finding['message']}; {finding['fix']}", *end)


def records_text(before: Sequence[tuple[str, int]], after: Sequence[tuple[str, int]]) -> tuple[str, str]:
    """Give records' values before and after; TTLs where they are what differs."""
    with_ttl = [value for value, _ in before] == [value for value, _ in after]

    def side(records: Sequence[tuple[str, int]]) -> str:
        return ", ".join(f"{value} (TTL {seconds} s)" if with_ttl else value for value, seconds in records)

    return side(before), side(after)


def value_lines(changes: Sequence[Change], longest: int = 200) -> list[str]:
    """Give changed values as the lines of a diff."""
    lines: list[str] = []
    for change in changes:
        path = show_path(change.path)
        lines += [f"{sign} {path}: {text}" for sign, text in signed(change, longest)]
    return lines


def signed(change: Change, longest: int | None) -> Iterator[tuple[str, str]]:
    """Yield the sides of a change with the sign that a diff gives them, whole where no length is given."""
    if change.secret and change.before == change.after:
        yield "!", "changed (secret)"
        return
    if change.after == UNKNOWN:
        yield "!", "known once deployed"
        return
    before, after = _one_line(change.before), _one_line(change.after)
    if longest is not None:
        before, after = shortened(
            before if change.how != "add" else "", after if change.how != "delete" else "", longest
        )
    if change.how != "add":
        yield "-", before
    if change.how != "delete":
        yield "+", after


def _one_line(value: object) -> str:
    return value if isinstance(value, str) and "\n" not in value else json.dumps(value, ensure_ascii=False)


def by_operation(steps: Sequence[Step] | None) -> list[Step]:
    """Give the steps of resources that providers have, worst first; of components nothing."""
    return sorted((step for step in steps or () if step.custom), key=lambda step: _WORST_FIRST.index(step.op))


def input_texts(step: Step) -> list[Text]:
    """Give the changed inputs of a step: path, before, after; of rendered files only how many."""
    told: list[Text] = [
        (Code(show_path(change.path)), " ", *from_to(change)) for change in step.changes if not bulky(step, change)
    ]
    if files := {change.path[1] for change in step.changes if bulky(step, change) and len(change.path) > 1}:
        told.append((f"{counted(len(files), 'file')}, see the rendered files",))
    return told
