"""What is wrong below ``nodeDefaults`` is told once, there, and not once more for each node that has it from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from dualstack.address.family import FAMILIES
from dualstack.document.findings import Finding
from dualstack.document.origins import Path
from dualstack.rules.address.address_text import SYNTAX
from dualstack.stack.layers import Resolved
from dualstack.stack.node_defaults import KEY


def at_defaults(findings: Iterable[Finding], resolved: Resolved) -> list[Finding]:
    """Return findings, those about one inherited value of several nodes as one, where that value stands.

    What is wrong at one node of several alone is told at that node: it may have a value of its own.

    Args:
        findings: the findings of a site, at paths of its nodes.
        resolved: the site.
    """
    findings = list(findings)
    names = _names(resolved.site)
    if any(finding.path == (KEY,) or finding.path[:2] == (KEY, "interfaces") for finding in findings):
        findings = [finding for finding in findings if not _lacks_length(finding, resolved)]
    if not isinstance(resolved.site.get(KEY), dict):
        return findings
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        at = resolved.inherited.path(finding.path)
        key: tuple[object, ...] = (number,)
        if at is not None or finding.path[:1] == (KEY,):
            index = finding.path[1] if at is not None else None
            moved = finding if at is None else _moved(finding, resolved)
            texts = (_masked(text, names, index) for text in (finding.message, moved.fix))
            key = (finding.rule.id, finding.severity, at or finding.path, *texts)
        groups.setdefault(key, []).append(finding)
    return [found[0] if len(key) == 1 else _one(found, resolved, names) for key, found in groups.items()]


def _one(found: Sequence[Finding], resolved: Resolved, names: Sequence[str]) -> Finding:
    stated = next((finding for finding in found if finding.path[:1] == (KEY,)), None)
    if stated is not None:
        return stated
    having = list(dict.fromkeys(finding.path[1] for finding in found))
    if len(having) == 1 and len(names) > 1:
        return found[0]
    moved = _moved(found[0], resolved)
    if len(having) == len(names):
        own = _masked(moved.message, names, having[0]) != moved.message
        return replace(moved, message=f"{moved.message}; the other nodes likewise") if own else moved
    told = ", ".join(names[index] for index in having if isinstance(index, int))
    return replace(moved, message=f"{moved.message} (at {told})")


def _lacks_length(finding: Finding, resolved: Resolved) -> bool:
    """Tell whether a finding is about an address that has no prefix length, which wrong defaults may have given it."""
    path = finding.path
    if finding.rule is not SYNTAX or path[:1] != ("nodes",) or path[-1] != "address" or path[-2] not in FAMILIES:
        return False
    address: Any = resolved.site
    for step in path:
        address = address[step]
    return isinstance(address, str) and "/" not in address


def _moved(finding: Finding, resolved: Resolved) -> Finding:
    def move(path: Path) -> Path:
        return resolved.inherited.path(path) or path

    return finding.moved(move)


def _masked(text: str, names: Sequence[str], index: str | int | None) -> str:
    """Return a text without what names one node of several."""
    if not isinstance(index, int):
        return text
    return text.replace(f"nodes[{index}]", "nodes[]").replace(names[index], "") if names[index] else text


def _names(site: dict[str, Any]) -> list[str]:
    nodes = site.get("nodes")
    named = (
        node.get("name") if isinstance(node, dict) else None for node in (nodes if isinstance(nodes, list) else ())
    )
    return [name if isinstance(name, str) else f"nodes[{index}]" for index, name in enumerate(named)]
