"""One site at two revisions: from two snapshot documents to what differs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from dualstack.diff.living import unkept
from dualstack.diff.operations import Step, Types, plan_steps
from dualstack.document.differ import Change, Comparison, Name, Path, marks, named_items, redacted

Document = Mapping[str, Any]
Status = Literal["new", "removed", "changed", "unchanged", "unreadable"]

_COMPUTED: Final = ("release", "kubernetesVersion", "mode", "rancherHostname", "charts", "values", "capacity", "bmcs")


@dataclass(frozen=True, slots=True)
class Edit:
    """A value of the merged site that differs, and where it is written now (or was, where it is gone)."""

    change: Change
    place: str | None


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one name and type; values with their TTL in seconds."""

    name: str
    type: str
    before: tuple[tuple[str, int], ...]
    after: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of the EIB directory.

    Attributes:
        lines: of a unified diff without its head; empty where a secret alone or the mode changed; None where it is no
            text, or too long.
        secret: whether a secret in it changed.
    """

    path: str
    how: Literal["add", "update", "delete"]
    lines: tuple[str, ...] | None
    mode: tuple[str, str] | None
    secret: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Findings or violations, as documents."""

    new: tuple[Document, ...] = ()
    mended: tuple[Document, ...] = ()
    remaining: tuple[Document, ...] = ()

    @property
    def now(self) -> tuple[Document, ...]:
        """Those that there are now."""
        return (*self.new, *self.remaining)


@dataclass(frozen=True, slots=True)
class SiteDiff:
    """What differs at one site.

    Attributes:
        reached_by: paths of the change that reach the site.
        note: why it is not compared, where it is not.
        secrets: names of config keys, and what happened to each.
        steps: what the engine will do, without what stays the same; None where a side has errors and registers nothing.
        violations: None where no policies were asked.
        network: before and after, for a picture; None where it is the same.
    """

    name: str
    status: Status
    reached_by: tuple[str, ...] = ()
    note: str | None = None
    error: Document | None = None
    edits: tuple[Edit, ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    steps: tuple[Step, ...] | None = ()
    values: tuple[Change, ...] = ()
    dns: tuple[Records, ...] = ()
    files: tuple[FileChange, ...] = ()
    findings: Told = Told()
    violations: Told | None = None
    network: tuple[Document | None, Document | None] | None = None
    head: Document | None = None
    """The document of now, for what a reader wants beside the differences."""
    source: Mapping[str, Any] | None = None
    """The merged site at the base; None where it was not there."""


def compare_site(
    name: str, base: Document | None, head: Document | None, types: Types, reached_by: Sequence[str] = ()
) -> SiteDiff:
    """Compare a site.

    Args:
        name: the site's name.
        base: its document at the base; None where it was not there, or cannot be compared.
        head: its document now; None where it is gone.
        types: what the program's provider says of its types.
        reached_by: paths of the change that reach the site.
    """
    paths = tuple(reached_by)
    if head is not None and "error" in head:
        return SiteDiff(name, "unreadable", paths, error=head["error"], head=head)
    note = None
    if base is not None and "error" in base:
        note, base = f"it could not be read at the base: {base['error']['message']}", None
    elif base is not None and head is not None and base.get("schema") != head.get("schema"):
        note = f"the base's site has another schema ({base.get('schema')}, now {head.get('schema')})"
        base = None
    one, other = base or {}, head or {}
    status: Status = "changed" if base and head else "removed" if base else "new"
    kept = list(unkept(name, base, head)) if base and head else []
    found = SiteDiff(
        name,
        status,
        paths,
        note,
        edits=(*_edits(one, other), *_beside(one, other)) if status == "changed" else (),
        secrets=_secrets(one.get("secrets", {}), other.get("secrets", {})),
        steps=_steps(base, head, types),
        values=_values(one, other) if status == "changed" else (),
        dns=_dns(one.get("dns", ()), other.get("dns", ())),
        files=_files(one.get("files") or {}, other.get("files") or {}) if status == "changed" else (),
        findings=Told() if head is None else told(one.get("findings", ()), (*other.get("findings", ()), *kept)),
        violations=_violations(one, other),
        network=None if one.get("network") == other.get("network") else (one.get("network"), other.get("network")),
        head=head,
        source=one.get("source"),
    )
    return (
        found if status != "changed" or _differs(found) else SiteDiff(name, "unchanged", paths, findings=found.findings)
    )


def _differs(site: SiteDiff) -> bool:
    told_of = [site.findings, *([site.violations] if site.violations else [])]
    return bool(
        site.edits or site.secrets or site.steps or site.values or site.dns or site.files or site.network
    ) or any(one.new or one.mended for one in told_of)


def _steps(base: Document | None, head: Document | None, types: Types) -> tuple[Step, ...] | None:
    before: list[Document] | None = [] if base is None else base.get("resources")
    after: list[Document] | None = [] if head is None else head.get("resources")
    if before is None or after is None:
        return None
    return tuple(step for step in plan_steps(before, after, types) if step.op != "same")


def _edits(base: Document, head: Document) -> tuple[Edit, ...]:
    return tuple(Edit(change, _place(change, base, head)) for change in _told_apart(base["source"], head["source"]))


def _beside(base: Document, head: Document) -> Iterator[Edit]:
    """Yield what differs in the stack file beside the site; a revision of before says nothing of it."""
    if "stack" in base and "stack" in head:
        for change in _told_apart(base["stack"], head["stack"]):
            yield Edit(replace(change, path=("stackFile", *change.path)), None)


def _told_apart(base: Any, head: Any) -> Iterator[Change]:
    """Yield the differences by name; of a mapping that comes or goes each value in it."""
    for change in Comparison(lists="names").differences(base, head):
        whole = change.after if change.how == "add" else change.before
        if change.how == "update" or not isinstance(whole, Mapping) or not whole:
            yield change
            continue
        one, other = ({}, whole) if change.how == "add" else (whole, {})
        yield from (replace(part, path=(*change.path, *part.path)) for part in _told_apart(one, other))


def _place(change: Change, base: Document, head: Document) -> str | None:
    side = base if change.how == "delete" else head
    places: Mapping[str, str] = side.get("origins", {})
    path = _indexed(side["source"], change.path)
    if (exact := places.get(json.dumps(path))) is not None:
        return exact
    # A mapping has the place of the first value in it.
    below = json.dumps(path)[:-1]
    return next((place for key, place in places.items() if key.startswith(below)), None)


def _indexed(tree: Any, path: Path) -> list[str | int]:
    """Give a path with indexes in place of names."""
    found: list[str | int] = []
    for step in path:
        if isinstance(step, Name):
            index = list(named_items(tree) or ()).index(str(step))
            found.append(index)
            tree = tree[index]
        else:
            found.append(step)
            tree = tree[step] if isinstance(tree, dict | list) else None  # type: ignore[index]
    return found


def _secrets(base: Mapping[str, str], head: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    words = {"add": "set for the first time", "delete": "removed", "update": "changed, or encrypted again"}
    return tuple((str(change.path[0]), words[change.how]) for change in Comparison().differences(base, head))


def _values(base: Document, head: Document) -> tuple[Change, ...]:
    before, after = ({key: side[key] for key in _COMPUTED if key in side} for side in (base, head))
    return tuple(_told_apart(before, after))


def _dns(base: Sequence[Document], head: Sequence[Document]) -> tuple[Records, ...]:
    found: dict[tuple[str, str], tuple[list[tuple[str, int]], list[tuple[str, int]]]] = {}
    for side, records in enumerate((base, head)):
        for record in records:
            both = found.setdefault((record["name"], record["type"]), ([], []))
            both[side].append((record["value"], record["ttl"]))
    return tuple(
        Records(name, type_, tuple(before), tuple(after))
        for (name, type_), (before, after) in sorted(found.items())
        if sorted(before) != sorted(after)
    )


def _files(base: Mapping[str, Document], head: Mapping[str, Document]) -> tuple[FileChange, ...]:
    return tuple(
        _file(path, base.get(path), head.get(path))
        for path in sorted({*base, *head})
        if base.get(path) != head.get(path)
    )


def _file(path: str, old: Document | None, new: Document | None) -> FileChange:
    texts = ["" if side is None else side["text"] for side in (old, new)]
    lines = None
    if None not in texts:
        before, after = (redacted(text).splitlines() for text in texts)
        lines = tuple(list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:])
    modes = (old["mode"], new["mode"]) if old and new and old["mode"] != new["mode"] else None
    how: Literal["add", "update", "delete"] = "add" if old is None else "delete" if new is None else "update"
    return FileChange(path, how, lines, modes, marks(texts[0]) != marks(texts[1]))


def told(base: Sequence[Document], head: Sequence[Document]) -> Told:
    """Tell which findings (or violations) are new, mended and remaining.

    One is the same where rule and path are, though the values in its text are others, or where rule and text are: an
    item that is put before it in a list moves its path.
    """
    left = list(base)
    new: list[Document] = []
    remaining: list[Document] = []
    waiting = list(head)
    for keys in (("rule", "path", "message"), ("rule", "path"), ("rule", "message")):
        todo, waiting = waiting, []
        for finding in todo:
            wanted = [finding.get(key) for key in keys]
            same = next((index for index, old in enumerate(left) if [old.get(key) for key in keys] == wanted), None)
            if same is None:
                waiting.append(finding)
            else:
                del left[same]
                remaining.append(finding)
    order = {id(finding): index for index, finding in enumerate(head)}
    new = waiting
    return Told(tuple(new), tuple(left), tuple(sorted(remaining, key=lambda finding: order[id(finding)])))


def _violations(base: Document, head: Document) -> Told | None:
    """Compare violations; what a rule says of the site file already is told once."""
    if head.get("violations") is None:
        return None
    before, after = (
        [one for one in side.get("violations") or () if one["rule"] not in {it["rule"] for it in side["findings"]}]
        for side in (base, head)
    )
    return told(before, after)
