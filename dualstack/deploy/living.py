"""What a stack's state knows of the cluster that lives, and the site must not change under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dualstack.document.findings import Finding
from dualstack.plan import Plan
from dualstack.rules.severities import lowered
from dualstack.rules.site.living_cluster import bootstrap_kept
from dualstack.tokens import INSTALLATION, READY

_HOST: Final = "dualstack:index:ManagementHost"
_NETWORK: Final = "dualstack:index:ManagementNetwork"


def unkept(deployment: Mapping[str, Any], plan: Plan) -> list[Finding]:
    """Tell where another server is named than the one that made the living cluster, as severe as the site has it.

    A state in which no host ever answered, or was installed, knows of no cluster, and one node has nobody beside it.

    Args:
        deployment: what ``pulumi stack export`` has under that name.
        plan: the site's plan.
    """
    before = _bootstrap(deployment)
    if before is None or not plan.several:
        return []
    return lowered(bootstrap_kept(plan.name, before, plan.initializer.name), plan.site.rules)


def _bootstrap(deployment: Mapping[str, Any]) -> str | None:
    # Without a wait nobody knows whether anything runs.
    waited = any(inputs.get("readiness") != "off" for inputs in _inputs(deployment, READY))
    lives = waited or any(True for _ in _inputs(deployment, INSTALLATION))
    several = any(len(_mapping(inputs.get("nodes"))) > 1 for inputs in _inputs(deployment, _NETWORK))
    named = [inputs["node"] for inputs in _inputs(deployment, _HOST) if isinstance(inputs.get("node"), str)]
    return named[0] if lives and several and named else None


def _inputs(deployment: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for one in deployment.get("resources") or ():
        if one.get("type") == kind:
            yield _mapping(one.get("inputs"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
