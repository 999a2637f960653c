"""Form errors told beside rules: wrong values are taken out, so that what is left can be judged.

Each round validates, tells what is wrong, takes that out and tries again; defaults stand in for what was taken. List
items keep the numbers that they have in the file, also after others before them were taken.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dualstack.document.findings import Finding
from dualstack.document.origins import Path
from dualstack.rules.site.site_form import MISSING, UNKNOWN_KEY, finding_of, known_key_meant
from dualstack.site import Site

_ROUNDS = 6
"""Most rounds; each finds what the last one hid."""


_OF_THE_NODE = (("nodes",), ("rancher",), ("provisioning",), ("dns",), ("host",))
"""What is computed from a node's addresses: where one of its values was taken out, findings there may be echoes."""
_FOLLOWS: Final[dict[Path, tuple[Path, ...]]] = {
    ("nodes",): (("cluster", "bootstrap"),),
    ("host", "kind"): (("host",),),
    ("host", "redfish", "media"): (("nodes", 0, "bmc", "media"),),
}
"""What speaks of a value by its name, or is there for its sake: where it was taken out, findings there may be echoes.

A number stands for any.
"""


class Taken:
    """What was taken out of a mapping, by the paths that it had in the file."""

    def __init__(self) -> None:
        """Start with nothing taken."""
        self.paths: dict[Path, None] = {}
        self._left: dict[Path, list[int]] = {}

    def original(self, path: Path) -> Path:
        """Return the path in the file of a path in what is left."""
        found: Path = ()
        for step in path:
            left = self._left.get(found) if isinstance(step, int) else None
            found = (*found, left[step] if left is not None and isinstance(step, int) and step < len(left) else step)
        return found

    def take(self, data: Any, path: Path) -> None:
        """Remove a value from what is left."""
        place = data
        for step in path[:-1]:
            place = place[step]
        step, parent = path[-1], self.original(path[:-1])
        self.paths[self.original(path)] = None
        if isinstance(place, list) and isinstance(step, int):
            self._left.setdefault(parent, list(range(len(place)))).pop(step)
            place.pop(step)
        elif isinstance(place, dict):
            place.pop(step, None)

    def touches(self, path: Path) -> bool:
        """True where a finding speaks of something that was taken out, so that it may be an echo of that."""
        if any(cut[:1] == ("nodes",) for cut in self.paths) and path[:1] in _OF_THE_NODE and path[1:2] != ("bmcs",):
            return True
        for cause, places in _FOLLOWS.items():
            if any(cut[: len(cause)] == cause for cut in self.paths) and any(_below(path, at) for at in places):
                return True
        return any(path[: len(cut)] == cut or cut[: len(path)] == path for cut in self.paths)

    def echoes(self, error: ErrorDetails) -> bool:
        """True for an error that another made: a field that was taken out is missing, a list of wrong items empty."""
        path = self.original(tuple(error["loc"]))
        if error["type"] == "missing":
            return path in self.paths
        # pydantic counts the items that are right: a list whose every item is wrong would be told as empty, too.
        return error["type"] == "too_short" and (bool(error["input"]) or path in self._left)


def validated(data: dict[str, Any]) -> tuple[Site | None, list[Finding], Taken]:
    """Validate a site's mapping.

    Returns:
        The site, of what is right in the mapping, or None where too little is left; the findings about its form; and
        what was taken out. The mapping itself is not changed.
    """
    findings: list[Finding] = []
    taken = Taken()
    for _ in range(_ROUNDS):
        try:
            return Site.model_validate(data), _without_misspelt(findings), taken
        except ValidationError as error:
            details = [item for item in error.errors(include_url=False) if not taken.echoes(item)]
        for detail in details:
            findings.append(finding_of({**detail, "loc": taken.original(tuple(detail["loc"]))}))
        paths = {path for detail in details if (path := _removable(detail))}
        if not paths:
            break
        if not taken.paths:
            data = copy.deepcopy(data)
        # From the end, so that removing one shifts no other; below a path that goes there is nothing to take.
        for path in sorted(paths, key=_from_the_end, reverse=True):
            if not any(path[:length] in paths for length in range(len(path))):
                taken.take(data, path)
    return None, _without_misspelt(findings), taken


def _below(path: Path, place: Path) -> bool:
    """Tell whether a path lies in a place, in which a number stands for any."""
    numbers = (isinstance(one, int) and isinstance(at, int) for one, at in zip(path, place, strict=False))
    return len(path) >= len(place) and all(
        number or one == at for number, one, at in zip(numbers, path, place, strict=False)
    )


def _from_the_end(path: Path) -> list[tuple[bool, int, str]]:
    return [(isinstance(step, str), step if isinstance(step, int) else 0, str(step)) for step in path]


def _removable(error: ErrorDetails) -> Path:
    """Return what to take out for an error: the value, or, where a field is missing, the list item that lacks it."""
    path: Path = tuple(error["loc"])
    if error["type"] != "missing":
        return path
    path = path[:-1]
    while path and not isinstance(path[-1], int):
        path = path[:-1]
    return path


def _without_misspelt(findings: list[Finding]) -> list[Finding]:
    """Leave out a missing field whose misspelt key is told already: two fixes for one slip would make it twice."""
    meant = {known_key_meant(finding.path) for finding in findings if finding.rule is UNKNOWN_KEY}
    return [finding for finding in findings if finding.rule is not MISSING or finding.path not in meant]
