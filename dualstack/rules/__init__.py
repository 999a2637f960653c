"""The dual-stack rules: one module a family, each rule with id, severity, consequence, fix and source.

A rule's predicate is a plain function over values with their paths, so that the site's check, the policy pack and the
peers' cases share one id, one predicate and one text.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

from dualstack.findings import Finding, Rule
from dualstack.rules import model
from dualstack.rules.base import Check, Subject

__all__ = ["Subject", "all_rules", "run_checks"]


def _modules() -> tuple[ModuleType, ...]:
    from dualstack.rules import (
        bmc,
        capacity,
        charts,
        cidrs,
        clear_secrets,
        dns,
        hostnet,
        image,
        libvirt,
        lists,
        media,
        metal3,
        metal3_chart,
        names,
        nmaddresses,
        nmform,
        nmlinks,
        nmroutes,
        nmstate,
        nodeips,
        overlap,
        override_values,
        proxy,
        rancher_name,
        text,
    )

    return (
        model,
        text,
        lists,
        cidrs,
        nodeips,
        overlap,
        capacity,
        hostnet,
        nmlinks,
        nmstate,
        nmroutes,
        nmaddresses,
        nmform,
        metal3,
        media,
        metal3_chart,
        bmc,
        names,
        dns,
        rancher_name,
        proxy,
        override_values,
        clear_secrets,
        charts,
        image,
        libvirt,
    )


@cache
def all_rules() -> dict[str, Rule]:
    """Return every rule by its id, in order of the ids.

    Raises:
        ValueError: two rules have one number.
    """
    rules: dict[str, Rule] = {}
    for module in _modules():
        for rule in module.RULES:
            if any(known.split("-")[0] == rule.id.split("-")[0] for known in rules):
                raise ValueError(rule.id)
            rules[rule.id] = rule
    return dict(sorted(rules.items()))


def run_checks(subject: Subject) -> list[Finding]:
    """Run every check over a site and its plan and return all findings, unordered."""
    checks: list[Check] = [check for module in _modules() for check in module.CHECKS]
    return [finding for check in checks for finding in check(subject)]
