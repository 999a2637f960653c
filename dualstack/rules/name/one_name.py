"""With several nodes API, Rancher and Ironic have addresses of their own, so each needs a name of its own."""

from __future__ import annotations

from typing import Final

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, write
from dualstack.document.origins import Path
from dualstack.plan.topology import several
from dualstack.rules.base import Subject

ONE_NAME = Rule(
    "DS313-name-for-two-addresses",
    "With several nodes API server, Rancher and Ironic must have a name each.",
    Severity.ERROR,
    "One name stands for two virtual addresses: who asks for one service gets the other's.",
    "dualstack's own: docs/ha.md, who gets which address",
    firm=True,
)

RULES = (ONE_NAME,)

_IRONIC: Final[Path] = ("provisioning", "hostname")
_RANCHER: Final[Path] = ("rancher", "hostname")
_API: Final[Path] = ("cluster", "apiHost")


def one_name(names: list[tuple[At[str], str, str]]) -> Findings:
    """Tell names that stand for two services.

    Args:
        names: each name with its place, what it names, and a label for a name in its place.
    """
    seen: dict[str, str] = {}
    for name, what, label in names:
        bare = name.value.rstrip(".").lower()
        if (other := seen.setdefault(bare, what)) != what:
            better = f"{label}.{bare.partition('.')[2]}"
            taken = better in {one.value for one, _, _ in names} or "." not in bare
            fix: AnyFix = "write a name of its own" if taken else write(better, ", or another name", guess=True)
            yield ONE_NAME.at(name.path, f"{name.value} is {other}'s name, too", fix)


def check_one_name(subject: Subject) -> Findings:
    """Judge the names of a site of several nodes."""
    site, plan = subject.site, subject.plan
    if not several(site):
        return
    names: list[tuple[At[str], str, str]] = []
    if site.mode == "hostname" and site.provisioning.hostname and plan.chart("metal3") is not None:
        names.append((At(_IRONIC, site.provisioning.hostname), "Ironic", "ironic"))
    if plan.rancher_hostname and plan.chart("rancher") is not None:
        names.append((At(_RANCHER, plan.rancher_hostname), "Rancher", "rancher"))
    if site.cluster.api_host:
        names.append((At(_API, site.cluster.api_host), "the API server", "api"))
    yield from one_name(names)


CHECKS = (check_one_name,)
