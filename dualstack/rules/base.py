"""What a rule gets to look at, and how rules are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dualstack.document.findings import Findings
from dualstack.plan.model import Plan
from dualstack.site import Site


@dataclass(frozen=True, slots=True)
class Subject:
    """A site and its plan, as every check gets them; a check reads nothing else."""

    site: Site
    plan: Plan


Check = Callable[[Subject], Findings]
