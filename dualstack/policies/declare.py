"""Declaring policies: a rule, how to mend it in general, its checks, and the settings that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dualstack.document.findings import Rule
from dualstack.policies.model import Check, Policy, Remedy

Settings = Mapping[str, Mapping[str, Any]]
"""JSON schema of each config property, by name."""


def list_of_texts(description: str) -> dict[str, Any]:
    """Return the schema of a setting that is a list of texts."""
    return {"type": "array", "items": {"type": "string"}, "description": description}


EXEMPT: Final[Settings] = {
    "exempt": list_of_texts("Names of resources that the policy leaves alone; * and ? stand for any text.")
}
"""Every policy takes it."""
HOSTS: Final[Settings] = {"hosts": list_of_texts("Addresses of hosts that the stack's resources do not tell.")}
"""For policies that compare with the hosts of a stack."""


def policy(
    rule: Rule,
    fix: str,
    *checks: Check,
    whole: bool = False,
    settings: Settings | None = None,
    remedy: Remedy | None = None,
) -> Policy:
    """Make a policy, with the setting that all have; see ``Policy``."""
    return Policy(rule, fix, checks, whole, {**(settings or {}), **EXEMPT}, remedy)
