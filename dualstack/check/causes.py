"""One cause, one first line: findings that follow from another one are held back until that is mended.

An echo is held only while a finding of its cause is shown that is as bad or worse, so that nothing is lost, and the
exit code does not change.
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
    shared: int | None = None
    """How many steps the paths of both must have in common, as far as the shorter one goes; None asks for none."""
    family: bool = False
    """Whether both paths must end in the same family."""
    exact: bool = False
    """Whether both must have the same path."""

    def shown(self, finding: Finding) -> bool:
        """True for a finding that is the cause."""
        return (
            finding.severity is not Severity.INFO
            and _number(finding) == self.rule
            and finding.path[: len(self.path)] == self.path
        )

    def holds(self, echo: Finding, cause: Finding) -> bool:
        """True for a finding that follows from a cause of this kind."""
        if _number(echo) not in self.echoes or echo.severity.rank < cause.severity.rank:
            return False
        if echo.path[: len(self.below)] != self.below or (self.family and echo.path[-1:] != cause.path[-1:]):
            return False
        if self.exact and echo.path != cause.path:
            return False
        steps = 0 if self.shared is None else min(self.shared, len(echo.path), len(cause.path))
        return echo.path[:steps] == cause.path[:steps]


def _at_one_place(rule: str, *echoes: str, path: Path = ()) -> Cause:
    """Return the cause whose echoes stand at its own value, above it or below it."""
    return Cause(rule, path, frozenset(echoes), shared=_WHOLE)


_WHOLE: Final = 99
"""More steps than a path has."""
_NODE: Final = 2
"""Steps of the path of a node."""
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
    # A block for each node: of one family's mask, of the whole list.
    Cause("DS038", ("cluster", "nodeMask"), frozenset({"DS282"}), ("cluster", "pods"), family=True),
    Cause("DS038", ("cluster", "server"), frozenset({"DS282"}), ("cluster", "pods")),
    Cause("DS036", ("cluster",), frozenset({"DS282"}), ("cluster", "pods")),
    # A range that is everything overlaps everything.
    Cause("DS016", ("cluster",), frozenset({"DS012", "DS030", "DS032", "DS035", "DS037"}), ("cluster",)),
    # Two of one family are none of the other; what one list lacks is told of that list.
    _at_one_place("DS022", "DS023", "DS026", "DS027"),
    _at_one_place("DS023", "DS026", "DS027"),
    _at_one_place("DS024", "DS025"),
    # What is another node's, too: told with that node's name.
    _at_one_place("DS280", "DS041", "DS082"),
    _at_one_place("DS057", "DS031"),
    _at_one_place("DS276", "DS277"),
    Cause("DS320", ("nodeDefaults",), frozenset({"DS040", "DS043", "DS045", "DS051", "DS054", "DS055"}), ("nodes",)),
    # A name that two interfaces have stands for either of them.
    Cause("DS043", ("nodes",), frozenset({"DS044", "DS045", "DS054", "DS056"}), ("nodes",), shared=_NODE),
    _at_one_place("DS045", "DS174"),
    _at_one_place("DS291", "DS190"),
    # What has no value of the right form says nothing else, either.
    _at_one_place("DS059", "DS051"),
    _at_one_place("DS064", "DS066"),
    Cause("DS112", ("cluster", "server"), frozenset({"DS187"}), exact=True),
    _at_one_place("DS200", "DS069"),
    _at_one_place("DS113", "DS033"),
    # Without addresses there is no name made of them, no URL, and no way to a resolver of that family.
    Cause("DS051", ("nodes",), frozenset({"DS093"}), ("dns", "resolvers")),
    _at_one_place("DS051", "DS083", "DS088"),
    Cause("DS273", ("cluster", "ingress"), frozenset({"DS083", "DS085", "DS088"}), ("cluster", "ingress"), family=True),
    Cause("DS274", ("provisioning", "vip"), frozenset({"DS060", "DS067", "DS083"}), ("provisioning", "vip")),
)


def without_echoes(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out the findings that follow from others which are shown."""
    causes = [(cause, finding) for cause in CAUSES for finding in findings if cause.shown(finding)]
    if not causes:
        return list(findings)
    held = {id(one) for one in findings if any(one is not cause and rule.holds(one, cause) for rule, cause in causes)}
    # A cause that is itself held holds nothing: it is shown nowhere.
    standing = [(rule, cause) for rule, cause in causes if id(cause) not in held]
    return [one for one in findings if not any(one is not cause and rule.holds(one, cause) for rule, cause in standing)]


def _number(finding: Finding) -> str:
    return finding.rule.id.partition("-")[0]
