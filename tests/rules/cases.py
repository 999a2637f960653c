"""Small helpers for the rules' tests."""

from __future__ import annotations

import copy
from typing import Any

from dualstack.document.findings import Finding
from dualstack.document.origins import format_path
from tests.sites import SECRETS, checked, found, mapping, put

Change = tuple[Any, ...]
"""(value, *path): a value set deep in a good site."""


def changed(mode: str, *changes: Change) -> dict[str, Any]:
    """Return a good site with values set deep in it."""
    data = mapping(mode)
    for value, *path in changes:
        put(data, copy.deepcopy(value), *path)
    return data


def one(data: dict[str, Any], number: str, secrets: tuple[str, ...] = SECRETS) -> Finding:
    """Return the only finding of a rule."""
    findings = found(data, number, secrets)
    assert len(findings) == 1, [(f.rule.id, format_path(f.path), f.message) for f in checked(data, secrets).findings]
    return findings[0]


def tell(data: dict[str, Any], number: str, secrets: tuple[str, ...] = SECRETS) -> tuple[str, str, str]:
    """Return severity, path and fix of the only finding of a rule."""
    finding = one(data, number, secrets)
    return str(finding.severity), format_path(finding.path), finding.fix
