"""Sites that are told together, because all that is shown of one is true of the others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dualstack.diff.compare import SiteDiff, Told
from dualstack.diff.operations import Step
from dualstack.diff.words import headline, lines_of


@dataclass(frozen=True, slots=True)
class Group:
    """Sites at which the very same changes; the first stands for all."""

    sites: tuple[SiteDiff, ...]

    @property
    def first(self) -> SiteDiff:
        """The one that is shown."""
        return self.sites[0]


def groups_of(sites: Iterable[SiteDiff]) -> list[Group]:
    """Put sites together that are told together, in order."""
    found: dict[str, list[SiteDiff]] = {}
    for site in sites:
        found.setdefault(_shown(site), []).append(site)
    return [Group(tuple(members)) for members in found.values()]


def _shown(site: SiteDiff) -> str:
    """Give all that any format shows of a site, but for its name, its stack file's, and its stack's in URNs.

    Values are compared as they are, also where a site's own name is a part of them: whoever chooses a name must not
    choose what it hides.
    """
    parts = [
        site.name if site.status in ("new", "unreadable") else site.status,
        site.note,
        site.error,
        [_without_own_file(site.name, path) for path in site.reached_by],
        headline(site),
        [asdict(line) for line in lines_of(site)],
        [[asdict(edit.change), _without_own_file(site.name, edit.place or "")] for edit in site.edits],
        site.secrets,
        None if site.steps is None else [_step(site.name, step) for step in site.steps],
        [asdict(change) for change in site.values],
        [asdict(records) for records in site.dns],
        [asdict(file) for file in site.files],
        _told(site.name, site.findings),
        None if site.violations is None else _told(site.name, site.violations),
        site.network,
    ]
    return json.dumps(parts, sort_keys=True, default=str)


def _without_own_file(name: str, place: str) -> str:
    own = f"Pulumi.{name}.yaml"
    folder, _, file = place.rpartition("/")
    # The line in a file of its own differs where nothing else does.
    return f"{folder}/(its own)" if file.partition(":")[0] == own and file.startswith(own) else place


def _step(name: str, step: Step) -> dict[str, Any]:
    stack = f"urn:pulumi:{name}::"
    shown = asdict(step)
    for key in ("urn", "cause"):
        shown[key] = shown[key].removeprefix(stack)
    return shown


def _told(name: str, told: Told) -> list[Any]:
    """Give findings as far as they are told one by one; the others are counted."""
    counts = [[one["severity"] for one in some] for some in (told.new, told.mended, told.remaining)]
    one_by_one = [
        [one for one in told.new if one["severity"] != "info"],
        [one for one in told.remaining if one["severity"] == "error"],
        [one for one in told.mended if one["severity"] != "info"],
    ]
    shown = [
        [{**one, "file": _without_own_file(name, one.get("file") or ""), "line": 0, "column": 0} for one in some]
        for some in one_by_one
    ]
    return [[sorted(some) for some in counts], shown]
