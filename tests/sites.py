"""Sites for tests: a good one in each mode, and ways to change it."""

from __future__ import annotations

import copy
import json
from typing import Any

from dualstack.check.checked import Checked, check_site
from dualstack.document.findings import Finding
from dualstack.document.merge import overlay
from dualstack.rules import Subject, run_checks
from dualstack.stack.layers import Resolved, resolve_mapping
from tests import PROJECT
from tests.applied import hold

GOOD: dict[str, Any] = {
    "schema": 1,
    "release": "3.5",
    "mode": "address",
    "nodes": [
        {
            "name": "mgmt-1",
            "interfaces": [
                {
                    "name": "eth0",
                    "mac": "34:8a:b1:4b:16:e7",
                    "ipv4": {"address": "192.168.100.10/24", "gateway": "192.168.100.1"},
                    "ipv6": {"address": "fd00:100::10/64", "gateway": "fe80::1"},
                }
            ],
        }
    ],
    "dns": {"resolvers": ["192.168.100.53", "fd00:100::53"]},
    "rancher": {"hostname": "dual"},
    "image": {"packages": {"sccRegistrationCodeKey": "sccRegistrationCode"}},
    "charts": {"storage": {"login": {"username": "robot", "passwordKey": "appsToken"}}},
}
"""Address mode; checks without a finding of severity error or warning, given the secrets in ``SECRETS``."""

FQDN = "ironic.paris.example.com"
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKijphZRTtgnp5o+EdETv2sa50mA7J1e4WIq1GLfBkis ops@example.com"
SECRETS = ("rancherBootstrapPassword", "appsToken", "sccRegistrationCode")


def mapping(mode: str = "address", /, **changes: Any) -> dict[str, Any]:
    """Return the mapping of a good site, changes merged over it (None removes a key, lists replace)."""
    data = copy.deepcopy(GOOD)
    data["mode"] = mode
    if mode == "hostname":
        data["provisioning"] = {"hostname": FQDN}
        data["rancher"] = {"hostname": "auto"}
    merged: dict[str, Any] = overlay(data, copy.deepcopy(changes))
    return merged


def elsewhere(number: int, mode: str = "address", /, **changes: Any) -> dict[str, Any]:
    """Return a good site whose machine and networks no other number has."""
    text = json.dumps(mapping(mode, **changes)).replace("34:8a:b1:4b:16:e7", f"34:8a:b1:4c:16:{number:02x}")
    found: dict[str, Any] = json.loads(
        text.replace("192.168.100.", f"192.168.{number}.").replace("fd00:100:", f"fd00:{number}:")
    )
    return found


def put(data: dict[str, Any], value: Any, *path: str | int) -> dict[str, Any]:
    """Set a value deep in a mapping, making mappings on the way; returns the same mapping."""
    place: Any = data
    for step in path[:-1]:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    place[path[-1]] = value
    return data


def resolved(data: dict[str, Any], secrets: tuple[str, ...] = SECRETS) -> Resolved:
    """Resolve a mapping as the engine's door does."""
    return resolve_mapping(PROJECT, data, secrets=secrets)


def checked(data: dict[str, Any], secrets: tuple[str, ...] = SECRETS) -> Checked:
    """Check a mapping, and that every fix that is told works when it is applied to it."""
    result = check_site("test", resolved(data, secrets))
    hold(data, result, secrets)
    return result


def found(data: dict[str, Any], number: str, secrets: tuple[str, ...] = SECRETS) -> list[Finding]:
    """Return the findings of one rule, named by its number such as ``DS012``; also such as follow from others."""
    result = checked(data, secrets)
    shown = [finding for finding in result.findings if finding.rule.id.startswith(number + "-")]
    if shown or result.site is None or result.plan is None:
        return shown
    held = run_checks(Subject(result.site, result.plan))
    return [finding for finding in held if finding.rule.id.startswith(number + "-")]


def told(data: dict[str, Any], secrets: tuple[str, ...] = SECRETS) -> list[str]:
    """Return the ids of all findings of severity error or warning."""
    return [finding.rule.id for finding in checked(data, secrets).findings if finding.severity != "info"]
