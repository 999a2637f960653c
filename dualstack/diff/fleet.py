"""What a change makes two sites share: told at the site that it reaches, also where the other one is as it was.

Each site is planned by itself; what several have is looked for here, once for all sites that a change reaches, and at
the base only where there is something to compare with. The others are read as far as they share a word with these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dualstack.answer.json_answer import finding_json
from dualstack.check.fleet import clashes
from dualstack.diff.living import placed
from dualstack.document.origins import Origin
from dualstack.document.origins import Path as Steps
from dualstack.rules.fleet.fleet_rules import Member
from dualstack.rules.severities import choices, lowered
from dualstack.stack.layers import LayerStore
from dualstack.stack.project import list_sites


class _Places(Mapping[Steps, Origin]):
    """The places of a document's values, which it has as text."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self._told = told

    def __getitem__(self, path: Steps) -> Origin:
        file, _, line = self._told[json.dumps(path)].rpartition(":")
        return Origin(file, int(line), 1)

    def __iter__(self) -> Iterator[Steps]:
        return (tuple(json.loads(path)) for path in self._told)

    def __len__(self) -> int:
        return len(self._told)


def add_clashes(
    base: Path | None, before: Mapping[str, dict[str, Any]], head: Path, now: Mapping[str, dict[str, Any]]
) -> None:
    """Add to the findings of documents what their sites share with others.

    Args:
        base: the project at the base; None where it was not there.
        before: documents of its sites by name; changed in place.
        head: the project as it is now.
        now: documents of its sites by name; changed in place.
    """
    found = _add(head, now)
    if base is not None and found:
        _add(base, {name: document for name, document in before.items() if name in found})


def _add(project: Path, documents: Mapping[str, dict[str, Any]]) -> set[str]:
    members = [
        Member(name, document["source"], _Places(document.get("origins", {})))
        for name, document in documents.items()
        if "source" in document
    ]
    found = clashes(project, members, list_sites(project), LayerStore(project)) if members else {}
    for member in members:
        document = documents[member.name]
        told = lowered(found.get(member.name, []), choices(member.data))
        placed_there = (placed(one, document.get("origins", {})) for one in told)
        document.setdefault("findings", []).extend(map(finding_json, placed_there))
    return set(found)
