"""The severities that a site chose itself, under ``rules``: read here, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from dualstack.document.findings import Finding, Rule
from dualstack.rules import all_rules
from dualstack.rules.site.site_form import FIRM_RULE, UNKNOWN_RULE
from dualstack.site import RuleOverride


def choices(source: Mapping[str, Any]) -> dict[str, RuleOverride]:
    """Return what a site chose, from its mapping; what is no choice is told by the site's own check.

    Args:
        source: a site, as written.
    """
    found: dict[str, RuleOverride] = {}
    given = source.get("rules")
    for key, override in given.items() if isinstance(given, Mapping) else ():
        with suppress(ValidationError):
            found[str(key)] = RuleOverride.model_validate(override)
    return found


def chosen(rule: Rule, overrides: Mapping[str, RuleOverride]) -> RuleOverride | None:
    """Return what a site chose for a rule.

    Args:
        rule: the rule.
        overrides: the site's ``rules``, by id or by number (``DS012``); the whole id comes first.

    Returns:
        None where it chose nothing, or what is not its to choose: a firm rule is not lowered.
    """
    override = overrides.get(rule.id) or overrides.get(rule.id.partition("-")[0])
    return override if override is not None and not _too_low(rule, override) else None


def lowered(findings: Iterable[Finding], overrides: Mapping[str, RuleOverride]) -> list[Finding]:
    """Return findings with the severities that a site chose."""
    told = []
    for finding in findings:
        override = chosen(finding.rule, overrides)
        told.append(finding if override is None else finding.lowered(override.level, override.because))
    return told


def wrong_choices(overrides: Mapping[str, RuleOverride]) -> Iterator[Finding]:
    """Tell what a site chose for rules that do not exist, or that are firm."""
    if not overrides:
        return
    known = {name: rule for rule in all_rules().values() for name in (rule.id, rule.id.partition("-")[0])}
    for key, override in overrides.items():
        rule = known.get(key)
        if rule is None:
            yield UNKNOWN_RULE.at(("rules", key), f"{key!r} is no rule", "see dualstack explain for all, or remove it")
        elif _too_low(rule, override):
            fix = "remove this setting and mend what the rule finds"
            yield FIRM_RULE.at(("rules", key), f"{rule.id} cannot be lowered to {override.severity}", fix)


def _too_low(rule: Rule, override: RuleOverride) -> bool:
    return rule.firm and override.level.rank > rule.severity.rank
