"""What a change must leave alone because the base's cluster lives; no revision by itself can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dualstack.answer.json_answer import finding_json
from dualstack.day2 import Setting
from dualstack.document.findings import Finding
from dualstack.rules.severities import choices, lowered
from dualstack.rules.site.living_cluster import bootstrap_kept


def unkept(name: str, base: Mapping[str, Any], head: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give findings, as documents: another server is named than the one that made the living cluster.

    Args:
        name: the site's name.
        base: the site's document at the base.
        head: its document now.
    """
    was, now = Setting(name, base["source"]), Setting(name, head["source"])
    if was.nodes < 2 or now.nodes < 2 or was.bootstrap is None or now.bootstrap is None:
        return
    for finding in lowered(bootstrap_kept(name, was.bootstrap, now.bootstrap), choices(head["source"])):
        yield finding_json(placed(finding, head.get("origins") or {}))


def placed(finding: Finding, origins: Mapping[str, str]) -> Finding:
    """Return a finding with the place of its value.

    Args:
        finding: about a site.
        origins: of the site's document: by a path as JSON the file and the line.
    """
    file, _, line = origins.get(json.dumps(list(finding.path)), "").rpartition(":")
    return finding.located(file, int(line), None) if file and line.isdigit() else finding
