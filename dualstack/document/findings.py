"""Findings: what is wrong in a site, what it would break, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from dualstack.document.fixes import AnyFix, Fix, as_fix
from dualstack.document.origins import Path

T = TypeVar("T")


class Severity(StrEnum):
    """How bad a finding is; an error stops render, plan and up."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Sort key, worst first."""
        return ("error", "warning", "info").index(self.value)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, the same for the site file, the policy pack and the peers' cases."""

    id: str
    """``DS012-pod-service-overlap``; never changes its meaning."""
    title: str
    """What must hold, one sentence with "must"."""
    severity: Severity
    consequence: str
    """What breaks where it does not hold."""
    source: str
    """Where the rule or its number comes from."""
    firm: bool = False
    """True where the cluster would break: a site cannot lower it."""

    def at(self, path: Path, message: str, fix: AnyFix, *, consequence: str = "") -> Finding:
        """Make a finding of this rule.

        Args:
            path: the field in the site file (or in whatever mapping is judged).
            message: what is wrong, without the path, with the values seen.
            fix: what to do, as data; words where no value can be named. It works when applied literally.
            consequence: in place of the rule's own, where this case differs.
        """
        return Finding(self, self.severity, path, message, as_fix(fix), consequence or self.consequence)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at one path."""

    rule: Rule
    severity: Severity
    path: Path
    message: str
    mend: Fix
    consequence: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    because: str | None = None
    """The site's own reason, where it lowered the severity."""

    @property
    def fix(self) -> str:
        """What to do, in words."""
        return str(self.mend)

    def with_fix(self, fix: AnyFix) -> Finding:
        """Return the finding with another fix."""
        return replace(self, mend=as_fix(fix))

    def moved(self, move: Callable[[Path], Path]) -> Finding:
        """Return the finding for a tree in which values stand at other paths."""
        return replace(self, path=move(self.path), mend=self.mend.moved(move))

    def located(self, file: str | None, line: int | None, column: int | None) -> Finding:
        """Return the finding with the place in a file where the value was written."""
        return replace(self, file=file, line=line, column=column)

    def lowered(self, severity: Severity, because: str) -> Finding:
        """Return the finding with a severity that the site chose, and its reason."""
        return replace(self, severity=severity, because=because)


class At(NamedTuple, Generic[T]):
    """A value and the path where it stands; predicates take these and name the path in what they find."""

    path: Path
    value: T


Findings = Iterator[Finding]
