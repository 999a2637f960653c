"""The policies over a stack's resources without an engine: what a preview with the pack would say, offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dualstack.document.findings import Finding, Severity
from dualstack.document.holes import SECRET, UNKNOWN
from dualstack.document.origins import Path, format_path
from dualstack.policies.catalogue import all_policies
from dualstack.policies.model import Given, Level, Policy, View, sentence
from dualstack.rules.severities import chosen

if TYPE_CHECKING:
    from dualstack.check.checked import Checked
    from dualstack.offline import Recording


Config = Mapping[str, Mapping[str, Any]]
"""Per policy its config and ``enforcementLevel``, as a file for ``pulumi preview --policy-pack-config`` has them."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One resource that breaks one policy."""

    policy: Policy
    level: Level
    given: Given
    finding: Finding

    def __str__(self) -> str:
        return sentence(self.given, self.finding)

    def to_json(self) -> dict[str, Any]:
        """The violation as a finding is written; the path begins with the resource's name."""
        return {
            "rule": self.policy.id,
            "level": self.level.value,
            "severity": (Severity.WARNING if self.level is Level.ADVISORY else Severity.ERROR).value,
            "urn": self.given.urn,
            "path": format_path((self.given.name, *self.finding.path)),
            "message": self.finding.message,
            "consequence": self.finding.consequence,
            "fix": self.finding.fix,
        }


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A property that policies could not look at."""

    given: Given
    path: Path
    why: str
    policies: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The property; the path begins with the resource's name."""
        return {
            "urn": self.given.urn,
            "path": format_path((self.given.name, *self.path)),
            "why": self.why,
            "policies": list(self.policies),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policies say of a stack.

    Attributes:
        policies: how many ran.
        resources: how many they looked at.
        violations: worst first, then in the stack's order.
        unchecked: what they could not look at, in the stack's order.
    """

    policies: int
    resources: int
    violations: tuple[Violation, ...]
    unchecked: tuple[Unchecked, ...]

    @property
    def failed(self) -> bool:
        """Whether an engine would stop."""
        return any(item.level is not Level.ADVISORY for item in self.violations)

    def to_json(self) -> dict[str, Any]:
        """The verdict as it stands in the plan: how many policies ran, violations, and what could not be checked."""
        return {
            "policies": self.policies,
            "violations": [item.to_json() for item in self.violations],
            "unchecked": [item.to_json() for item in self.unchecked],
        }


def judge(resources: Sequence[Given], config: Config | None = None) -> Verdict:
    """Run every policy over a stack's resources.

    Args:
        resources: in the order in which the engine gets them: a parent before its children.
        config: levels and settings; the policies' own defaults where absent.
    """
    violations: list[Violation] = []
    unchecked: dict[tuple[str, Path, str], tuple[Given, list[str]]] = {}
    ran = 0
    for policy in all_policies():
        settings = (config or {}).get(policy.id, {})
        level = Level(settings.get("enforcementLevel", policy.level))
        if level is Level.DISABLED:
            continue
        ran += 1
        for index, given in enumerate(resources):
            view = View(settings, resources if policy.whole else resources[:index], policy.whole)
            if not policy.applies(given, view):
                continue
            findings, not_yet = policy.tell(given, view)
            violations += [Violation(policy, level, given, finding) for finding in findings]
            for item in not_yet:
                ids = unchecked.setdefault((given.urn, item.path, item.why), (given, []))[1]
                if policy.id not in ids:
                    ids.append(policy.id)
    place = {given.urn: index for index, given in enumerate(resources)}
    ranks = (Level.MANDATORY, Level.REMEDIATE, Level.ADVISORY)
    return Verdict(
        ran,
        len(resources),
        tuple(sorted(violations, key=lambda item: (ranks.index(item.level), place[item.given.urn], item.policy.id))),
        tuple(
            Unchecked(given, path, why, tuple(ids))
            for (_, path, why), (given, ids) in sorted(unchecked.items(), key=lambda one: place[one[0][0]])
        ),
    )


def recorded(recording: Recording) -> list[Given]:
    """Return a recording's resources as policies get them."""
    return [
        Given(
            urn=one.urn,
            type=one.type,
            name=one.name,
            props=_with_holes(one.inputs),
            protect=bool(one.options["protect"]),
            delete_before_replace=_said(one.options),
            provider=one.options["provider"] or "",
        )
        for one in recording.resources
    ]


def _said(options: Mapping[str, Any]) -> bool | None:
    if options["deleteBeforeReplace"]:
        return True
    return False if options.get("deleteBeforeReplaceDefined") else None


def _with_holes(value: Any) -> Any:
    if isinstance(value, str):
        return UNKNOWN if value == UNKNOWN.word else SECRET if value == SECRET.word else value
    if isinstance(value, Mapping):
        return {key: _with_holes(item) for key, item in value.items()}
    return [_with_holes(item) for item in value] if isinstance(value, list | tuple) else value


def config_of(checked: Checked) -> dict[str, dict[str, Any]]:
    """Return the pack's config that a site stands for: severities that it chose itself, its release and versions.

    A rule that the site lowered is advisory as a policy, too, and one that it raised stops.
    """
    config: dict[str, dict[str, Any]] = {}
    site, plan = checked.site, checked.plan
    if site is None or plan is None:
        return config
    for policy in all_policies():
        if (override := chosen(policy.rule, site.rules)) is not None:
            level = Level.MANDATORY if override.level is Severity.ERROR else Level.ADVISORY
            config[policy.id] = {"enforcementLevel": level.value}
    versions = {chart.name: chart.version for chart in plan.charts if chart.pinned_by == "site"}
    told: dict[str, Any] = {"release": plan.release.name, **({"versions": versions} if versions else {})}
    config.setdefault("DS162-chart-version-of-release", {}).update(told)
    config.setdefault("DS037-service-range-too-large", {})["kubernetesVersion"] = plan.kubernetes_version
    return config
