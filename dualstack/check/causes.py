"""One cause, one first line: findings that follow from another one are held back until that is mended.

An echo is held only while a finding of its cause is shown as an error, so that nothing is lost, and neither the count
of what is to do first nor the exit code changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dualstack.document.findings import Finding, Severity
from dualstack.document.origins import Path


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings of one rule at one place, and what follows from them."""

    rule: str
    """Number of the rule."""
    path: Path
    """Where, or what that lies below."""
    echoes: frozenset[str]
    """Numbers of the rules whose findings follow."""
    below: Path = ()
    """Where these must lie; anywhere by default."""

    def holds(self, finding: Finding) -> bool:
        """True for a finding that follows."""
        return _number(finding) in self.echoes and finding.path[: len(self.below)] == self.below

    def shown(self, finding: Finding) -> bool:
        """True for a finding that is the cause."""
        return (
            finding.severity is Severity.ERROR
            and _number(finding) == self.rule
            and finding.path[: len(self.path)] == self.path
        )


_NAMES: Final = frozenset(
    {"DS060", "DS063", "DS065", "DS067", "DS068", "DS070", "DS078", "DS079", "DS083", "DS085", "DS086", "DS206"}
)
"""What is told of Ironic's name, its records and URLs."""
_METAL3: Final[Path] = ("charts", "metal3", "values", "global", "provisioningHostname")

CAUSES: Final = (
    *(
        Cause(rule, path, _NAMES | {"DS094", "DS144"})
        for rule in ("DS080", "DS010")
        for path in (("provisioning", "hostname"), _METAL3)
    ),
    Cause("DS080", ("rancher", "hostname"), frozenset({"DS083", "DS085", "DS086", "DS088", "DS089", "DS090"})),
    # An address that no node can have is none; what autoconfiguration lacks is DHCPv6.
    Cause("DS057", ("nodes",), frozenset({"DS051", "DS055", "DS064"}), ("nodes",)),
    Cause("DS049", ("nodes",), frozenset({"DS051"}), ("nodes",)),
    Cause("DS038", ("cluster", "pods"), frozenset({"DS035", "DS036", "DS039"})),
    Cause("DS038", ("cluster", "server", "cluster-cidr"), frozenset({"DS035", "DS036", "DS039"})),
)


def without_echoes(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out the findings that follow from others which are shown."""
    causes = [(cause, finding) for cause in CAUSES for finding in findings if cause.shown(finding)]
    if not causes:
        return list(findings)
    held = {id(one) for one in findings if any(one is not cause and rule.holds(one) for rule, cause in causes)}
    # A cause that is itself held holds nothing: it is shown nowhere.
    standing = [(rule, cause) for rule, cause in causes if id(cause) not in held]
    return [one for one in findings if not any(one is not cause and rule.holds(one) for rule, cause in standing)]


def _number(finding: Finding) -> str:
    return finding.rule.id.partition("-")[0]
