"""The dual-stack rules, in a room a family of rules: each rule with id, severity, consequence, fix and source.

A rule's predicate is a plain function over values with their paths, so that the site's check, the policy pack and the
peers' cases share one id, one predicate and one text.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from dualstack.document.findings import Finding, Rule
from dualstack.document.logins import without_logins
from dualstack.rules.base import Check, Subject

__all__ = ["Subject", "all_rules", "run_checks"]


@cache
def _modules() -> tuple[ModuleType, ...]:
    """Import every module of the rooms in this folder: ``RULES`` in it are rules, ``CHECKS`` what looks for them."""
    names = sorted(found.name for found in walk_packages(__path__, f"{__name__}."))
    return tuple(import_module(name) for name in names)


@cache
def all_rules() -> dict[str, Rule]:
    """Return every rule by its id, in order of the ids.

    Raises:
        ValueError: two rules have one number.
    """
    rules: dict[str, Rule] = {}
    numbers: set[str] = set()
    for module in _modules():
        for rule in getattr(module, "RULES", ()):
            number = rule.id.partition("-")[0]
            if number in numbers:
                raise ValueError(rule.id)
            numbers.add(number)
            rules[rule.id] = rule
    return dict(sorted(rules.items()))


@cache
def _checks() -> tuple[Check, ...]:
    return tuple(check for module in _modules() for check in getattr(module, "CHECKS", ()))


def run_checks(subject: Subject) -> list[Finding]:
    """Run every check over a site and its plan and return all findings, unordered."""
    from dualstack.rules.secret.clear_secrets import clear_logins

    found = [finding for check in _checks() for finding in check(subject)]
    if not any("@" in finding.message or "@" in finding.fix for finding in found):
        return found
    logins = clear_logins(subject.site)
    return [_discreet(finding, logins) for finding in found]


def _discreet(finding: Finding, logins: frozenset[str]) -> Finding:
    """Return the finding without the logins of URLs that a rule may have shown."""
    message, fix = (without_logins(text, logins) for text in (finding.message, finding.fix))
    mend = finding.mend if fix == finding.fix else replace(finding.mend, shown=fix)
    return replace(finding, message=message, mend=mend)
