"""Kubernetes Services in management namespaces: both families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dualstack.findings import At
from dualstack.origins import Path
from dualstack.policies.model import Check, Given, Hole, Told, View, holes, items, texts
from dualstack.releases import RELEASES
from dualstack.rules.cidrs import IPV4_FIRST
from dualstack.rules.resources import DUAL_STACK, ordered_families, service_families

SERVICE: Final = "kubernetes:core/v1:Service"
PATCH: Final = "kubernetes:core/v1:ServicePatch"
NAMESPACES: Final = frozenset(
    {chart.namespace for release in RELEASES.values() for chart in release.charts} | {"kube-system"}
)
"""Where the charts of the management cluster are; RKE2's own, too."""


def _judged(given: Given, view: View) -> bool:
    """Tell whether a Service is one of the management cluster's that has cluster addresses.

    A Service without a namespace goes to the provider's default one, which is none of these.
    """
    namespace = given.get("metadata", "namespace")
    return namespace in (NAMESPACES | {*view.names("namespaces")}) and given.get("spec", "type") != "ExternalName"


def _families(given: Given, view: View) -> Told:
    if not _judged(given, view):
        return
    listed = items(given, "spec", "ipFamilies")
    policy = given.get("spec", "ipFamilyPolicy")
    # A patch says what it changes, and leaves everything else.
    if given.type == PATCH and policy is None and not listed:
        return
    yield from holes(listed)
    path: Path = ("spec", "ipFamilyPolicy")
    yield from service_families(At(path, policy), texts(listed) if len(texts(listed)) == len(listed) else ())


def _order(given: Given, view: View) -> Told:
    if _judged(given, view):
        listed = items(given, "spec", "ipFamilies")
        yield from holes(listed)
        yield from ordered_families(texts(listed), IPV4_FIRST)


def both(given: Given, view: View) -> dict[Path, Any]:
    """Give the edits that give a Service both families; its first family stays, which Kubernetes never changes."""
    if not list(_families(given, view)):
        return {}
    listed = items(given, "spec", "ipFamilies")
    if any(isinstance(item.value, Hole) for item in listed) or not isinstance(given.get("spec"), Mapping):
        return {}
    edits: dict[Path, Any] = {}
    if given.get("spec", "ipFamilyPolicy") not in DUAL_STACK:
        edits["spec", "ipFamilyPolicy"] = "PreferDualStack"
    if len(listed) == 1:
        other = "IPv6" if listed[0].value == "IPv4" else "IPv4"
        edits["spec", "ipFamilies"] = [listed[0].value, other]
    return edits


FAMILIES = Check((SERVICE, PATCH), _families)
ORDER = Check((SERVICE, PATCH), _order)
