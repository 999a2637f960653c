"""What an update by the real engine did, read from its events."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.lab.standins.project import Deployment

EFFECTS = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "create-replacement": "create",
    "delete-replaced": "delete",
}
"""What the engine's steps do in the world; the others do nothing there."""


class Applied(NamedTuple):
    """What an ``up`` did, such as ``update NAME`` or ``failed create NAME``, and what it told."""

    steps: list[str]
    errors: list[str]
    warnings: list[str]
    told: str
    """All that was printed."""


def applied(lab: Deployment, prefix: str, *arguments: str, code: int = 0) -> Applied:
    """Run ``pulumi up``; give what it did to resources whose type begins with a prefix.

    Args:
        lab: where.
        prefix: such as ``kubernetes:``.
        arguments: of ``pulumi up``.
        code: 0, or 1 where the update is to fail; the test fails where it ends otherwise.
    """
    done = lab.up("--json", *arguments, code=None)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    told = Applied([], [], [], done.told)
    for event in events:
        said: dict[str, Any] = event.get("diagnosticEvent", {})
        if said.get("severity") == "error":
            told.errors.append(said["message"].strip())
        if said.get("severity") == "warning":
            told.warnings.append(said["message"].strip())
        for key, failed in (("resOutputsEvent", ""), ("resOpFailedEvent", "failed ")):
            step = event.get(key, {}).get("metadata", {})
            if step.get("op") in EFFECTS and step["type"].startswith(prefix):
                told.steps.append(f"{failed}{EFFECTS[step['op']]} {step['urn'].rpartition('::')[2]}")
    assert (done.code == 0) == (code == 0), "\n".join([*told.steps, *told.errors, done.stderr])
    return told
