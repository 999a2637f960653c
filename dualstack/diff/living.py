"""What a change must leave alone because the base's cluster lives; no revision by itself can tell."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from dualstack.answer.json_answer import finding_json
from dualstack.day2 import Setting
from dualstack.document.findings import Finding
from dualstack.rules.severities import lowered
from dualstack.rules.site.living_cluster import BOOTSTRAP_KEPT, bootstrap_kept
from dualstack.site import RuleOverride


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
    for finding in lowered(bootstrap_kept(name, was.bootstrap, now.bootstrap), dict(_chosen(head["source"]))):
        yield finding_json(_placed(finding, head.get("origins") or {}))


def _chosen(source: Mapping[str, Any]) -> Iterator[tuple[str, RuleOverride]]:
    rules = source.get("rules")
    for key, value in rules.items() if isinstance(rules, Mapping) else ():
        if str(key).partition("-")[0] == BOOTSTRAP_KEPT.id.partition("-")[0]:
            with contextlib.suppress(ValidationError):  # told by the site's own check
                yield str(key), RuleOverride.model_validate(value)


def _placed(finding: Finding, origins: Mapping[str, str]) -> Finding:
    file, _, line = origins.get(json.dumps(list(finding.path)), "").rpartition(":")
    return finding.located(file, int(line), None) if file and line.isdigit() else finding
