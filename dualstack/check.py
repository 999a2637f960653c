"""From a resolved mapping to site, plan and findings: the one door for every surface."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dualstack.findings import Finding, Severity
from dualstack.layers import Resolved
from dualstack.origins import Path, find_origin
from dualstack.plan import make_plan
from dualstack.plan.model import Plan
from dualstack.rules import Subject, all_rules, run_checks
from dualstack.rules.model import FIRM_RULE, UNKNOWN_KEY, UNKNOWN_RULE, finding_of, secret_inside
from dualstack.site import RuleOverride, Site

_ROUNDS = 4
"""How often wrong values are taken out to see what else is wrong; each round finds what the last one hid."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A site with everything that is known of it."""

    name: str
    site: Site | None
    """None where so much is missing that nothing can be computed; without wrong values, where there are any."""
    plan: Plan | None
    """None where ``site`` is."""
    findings: tuple[Finding, ...]
    """Worst first, then in the order of the file."""
    resolved: Resolved

    @property
    def failed(self) -> bool:
        """True where any finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def check_site(name: str, resolved: Resolved) -> Checked:
    """Check one site: its form, every rule over it and its plan, and the site's own rule settings.

    Args:
        name: the site's name, which is the stack's.
        resolved: the merged mapping of ``dualstack:site`` with its origins.
    """
    site, findings, pruned = _validated(resolved.site)
    findings += [secret_inside(inside.path) for inside in resolved.secrets_inside]
    plan = None
    if site is not None:
        plan = make_plan(name, site, resolved.secrets)
        told = run_checks(Subject(site, plan))
        findings += [finding for finding in told if not _touches(finding.path, pruned)]
        findings = _lowered(findings, site.rules)
    placed = [_placed(finding, resolved) for finding in _distinct(findings)]
    return Checked(name, site, plan, tuple(sorted(placed, key=_order)), resolved)


def _validated(data: dict[str, Any]) -> tuple[Site | None, list[Finding], list[Path]]:
    """Validate; take wrong values out and try again, so that rules run beside form errors."""
    findings: list[Finding] = []
    pruned: list[Path] = []
    for _ in range(_ROUNDS):
        try:
            return Site.model_validate(data), findings, pruned
        except ValidationError as error:
            told = error.errors(include_url=False)
            # What was taken out is missing in the next round: an echo, not a finding.
            details = [item for item in told if item["type"] != "missing" or tuple(item["loc"]) not in pruned]
            findings += [finding_of(detail) for detail in details]
            if not pruned:
                data = copy.deepcopy(data)
            paths = [_prunable(tuple(detail["loc"])) for detail in details if detail["type"] != "missing"]
            if not paths or any(not path for path in paths):
                break
            for path in paths:
                _remove(data, path)
            pruned += paths
    return None, findings, pruned


def _prunable(path: Path) -> Path:
    """Return the path whose removal shifts no other path: a list item takes its list with it."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _remove(data: Any, path: Path) -> None:
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict):
        data.pop(path[-1], None)


def _touches(path: Path, pruned: list[Path]) -> bool:
    """True where a finding speaks of something that was taken out, so that it may be an echo of that."""
    return any(path[: len(cut)] == cut or cut[: len(path)] == path for cut in pruned)


def _lowered(findings: list[Finding], overrides: dict[str, RuleOverride]) -> list[Finding]:
    known = {rule.id.split("-")[0]: rule for rule in all_rules().values()}
    chosen: dict[str, RuleOverride] = {}
    told: list[Finding] = []
    for key, override in overrides.items():
        rule = all_rules().get(key) or (known.get(key) if "-" not in key else None)
        path: Path = ("rules", key)
        if rule is None:
            told.append(UNKNOWN_RULE.at(path, f"{key!r} is no rule", "see dualstack explain for all, or remove it"))
        elif rule.firm and override.level.rank > rule.severity.rank:
            fix = "remove this setting and mend what the rule finds"
            told.append(FIRM_RULE.at(path, f"{rule.id} cannot be lowered to {override.severity}", fix))
        else:
            chosen[rule.id] = override
    changed = [
        finding.lowered(chosen[finding.rule.id].level, chosen[finding.rule.id].because)
        if finding.rule.id in chosen
        else finding
        for finding in findings
    ]
    return changed + told


def _distinct(findings: list[Finding]) -> list[Finding]:
    return list({(finding.rule.id, finding.path, finding.message): finding for finding in findings}.values())


def _placed(finding: Finding, resolved: Resolved) -> Finding:
    source = resolved.key_origins if finding.rule in (UNKNOWN_KEY, UNKNOWN_RULE, FIRM_RULE) else resolved.origins
    origin = find_origin(source, finding.path)
    return finding.located(*origin) if origin else finding


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.file or "", finding.line or 0, finding.column or 0)
    return (finding.severity.rank, *place, finding.rule.id, [str(step) for step in finding.path])
