"""A backend in files as ``up`` leaves it, made of what the program registers: no engine."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dualstack.document.wiremarks import KIND
from dualstack.record import project_name, record_site
from dualstack.stack.project import site_file

SECRET = {KIND: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:4d8cG8nXw2:hidden"}
PROVIDER = "pulumi:providers:"


def deployed(project: Path, site: str) -> list[dict[str, Any]]:
    """Return the resources of a state after an ``up`` of the site as it is now."""
    recording = record_site(project, site, site_file(project, site))
    stack = f"urn:pulumi:{site}::{project_name(project)}::pulumi:pulumi:Stack::{project_name(project)}-{site}"
    found: list[dict[str, Any]] = [{"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"}]
    for one in recording.resources:
        told = {
            "urn": one.urn,
            "custom": one.custom,
            "type": one.type,
            "inputs": _encrypted(one.inputs),
            "outputs": _encrypted(one.inputs),
            "parent": one.parent,
            "protect": one.options["protect"],
        }
        if one.custom:
            told["id"] = one.name
        if one.options["provider"]:
            told["provider"] = f"{one.options['provider']}::id"
        if one.type.startswith("kubernetes:"):  # what a provider's check adds
            told["inputs"] |= {"__defaults": ["skipAwait"], "skipAwait": False, "compat": "true"}
        found.append(told)
    return found


def write(
    project: Path,
    site: str,
    resources: list[dict[str, Any]],
    *,
    result: str = "succeeded",
    kind: str = "update",
    message: str = "dualstack by alice on admin-1",
    pending: int = 0,
) -> Path:
    """Write a checkpoint with these resources, and the run that made it; return the checkpoint."""
    name, state = project_name(project), project / ".dualstack/state/.pulumi"
    file = state / f"stacks/{name}/{site}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    latest: dict[str, Any] = {"manifest": {"version": "v3.246.0"}, "resources": resources}
    if pending:
        latest["pending_operations"] = [{"resource": resources[-1], "type": "creating"}] * pending
    text = json.dumps({"version": 3, "checkpoint": {"stack": f"organization/{name}/{site}", "latest": latest}})
    file.write_text(text)
    history = state / f"history/{name}/{site}"
    history.mkdir(parents=True, exist_ok=True)
    now = time.time_ns()
    ran = {"kind": kind, "startTime": now // 10**9, "endTime": now // 10**9, "result": result, "message": message}
    (history / f"{site}-{now}.history.json").write_text(json.dumps(ran | {"environment": {"exec.kind": "auto.local"}}))
    (history / f"{site}-{now}.checkpoint.json").write_text(text)
    return file


def _encrypted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _encrypted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encrypted(item) for item in value]
    if value == "[unknown]":
        return "known by now"
    return SECRET if isinstance(value, str) and "[secret" in value else value
