"""What every format says of a report, in the same order and words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from dualstack.answer.style import counted
from dualstack.day2 import Consequence, Word
from dualstack.diff.beside import Beside
from dualstack.diff.compare import Document, FileChange, Records, SiteDiff, Told
from dualstack.diff.escape import Code, Text, shortened
from dualstack.diff.facts import Fact, default_of, facts
from dualstack.diff.groups import Group
from dualstack.diff.report import Report
from dualstack.diff.words import LONGEST, brief, from_to, loses_host, word_of
from dualstack.document.differ import Change, show_path
from dualstack.document.holes import UNKNOWN_WORD

FINDINGS_SHOWN = 10
UNCHANGED_SHOWN, FILES_SHOWN = 12, 4
_NEEDS: Final = (
    (Word.REBUILD, "a rebuild"),
    (Word.OUTAGE, "an outage"),
    (Word.ROLLING, "a rolling change"),
    (Word.JOIN, "a node that joins"),
    (Word.BY_HAND, "work by hand"),
)


def title(report: Report) -> str:
    """Give the comparison in one line."""
    changed = report.changed
    if not changed:
        return f"no site changes, {beside_words(report)}" if report.beside else "nothing changes"
    verb = "changes" if len(changed) == 1 else "change"
    worst = [word_of(site) for site in changed if site.status == "changed"]
    counts = [
        (sum(site.status == "unreadable" for site in changed), "cannot be read", "cannot be read"),
        (sum(site.status == "removed" for site in changed), "is removed", "are removed"),
        *((worst.count(word), f"needs {what}", f"need {what}") for word, what in _NEEDS),
    ]
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
    """Give the sentence above everything else; empty where nothing is lost or away."""
    said: list[str] = []
    for word, text in ((Word.REBUILD, "something is lost"), (Word.OUTAGE, "something is away meanwhile")):
        if count := sum(site.status == "changed" and word_of(site) is word for site in report.changed):
            said.append(f"At {counted(count, 'site')} {text}.")
    if count := sum(loses_host(site) for site in report.changed):
        said.append(f"At {counted(count, 'site')} the deployment deletes a host, its disk or its network.")
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
    if change.after == UNKNOWN_WORD:
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


def gathered(site: SiteDiff) -> list[tuple[Consequence, list[Fact]]]:
    """Give the facts of a site by what they take, so that this is told once; the worst first."""
    found: dict[Consequence, list[Fact]] = {}
    for fact in facts(site):
        found.setdefault(fact.told, []).append(fact)
    return list(found.items())


def taken(told: Consequence) -> Text:
    """Give what a change takes: how, what is away or lost, who must follow."""
    away = "Lost" if told.word is Word.REBUILD else "Away meanwhile"
    parts = [told.how]
    parts += [f"{away}: {told.away}"] if told.away else []
    parts += [f"Downstream: {told.downstream}"] if told.downstream else []
    spoken = ". ".join(parts) + "."
    return tuple(Code(part) if index % 2 else part for index, part in enumerate(spoken.split("`")) if part)


def fact_text(fact: Fact, longest: int | None = LONGEST) -> Text:
    """Give what was edited: path, both values, cut where a length is given, and their place; of a file its name."""
    if fact.secret is not None:
        key, what = fact.secret
        return ("secret ", Code(f"dualstack:{key}"), f" {what}")
    if fact.file is not None:
        return ("file ", *file_text(fact.file))
    if fact.edit is None:
        return ()
    place = (", ", Code(fact.edit.place)) if fact.edit.place else ()
    return (Code(show_path(fact.edit.change.path)), " ", *edit_text(fact.edit.change, longest), *place)


def edit_text(change: Change, longest: int | None = LONGEST) -> Text:
    """Give both values of an edit; a default that it takes the place of, or that comes back, is one of them."""
    default = default_of(change)
    if default is None or change.how == "update":
        return from_to(change, longest)
    values = (default, change.after) if change.how == "add" else (change.before, default)
    sides = [brief(value, longest) for value in values]
    notes = (" (default)", "") if change.how == "add" else ("", " (default)")
    return (sides[0], notes[0], " → ", sides[1], notes[1])


def file_text(file: FileChange) -> Text:
    """Give a changed file of the image directory: its path, and what its lines do not show."""
    words = {"add": "new", "delete": "removed", "update": ""}[file.how]
    notes = [words] if words else []
    notes += [f"mode {file.mode[0]} → {file.mode[1]}"] if file.mode else []
    notes += ["a secret in it changed"] if file.secret else []
    return (Code(file.path), f" ({', '.join(notes)})" if notes else "")


def explained(named: Sequence[str], follow: Sequence[Records]) -> Text:
    """Name the files and records in which nothing but the edits shows; empty where there are none."""
    text: list[str | Code] = []
    if follow:
        text += ["DNS records that follow: ", *_names([f"{one.name} {one.type}" for one in follow]), ". "]
    if named:
        text += ["Files of the image that follow: ", *_names(named), "."]
    return tuple(text)
