"""Kubernetes Services in management namespaces: both families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from dualstack.address.family import IPAddress
from dualstack.document.findings import At
from dualstack.document.origins import Path
from dualstack.policies.declare import Settings, list_of_texts, policy
from dualstack.policies.model import Check, Given, Told, View, items, strangers, texts
from dualstack.releases import RELEASES
from dualstack.rules.cidr import cidrs
from dualstack.rules.cidr.cidrs import IPV4_FIRST
from dualstack.rules.name.name_grammar import as_ip
from dualstack.rules.program import program_resources
from dualstack.rules.program.program_resources import ordered_families, service_families
from dualstack.tokens import SERVICE_PATCH

SERVICE: Final = "kubernetes:core/v1:Service"


@cache
def _namespaces(versions: tuple[str, ...]) -> frozenset[str]:
    """Return where the charts of the management cluster are in these releases; RKE2's own, too."""
    charts = (chart for version in versions for chart in RELEASES[version].charts)
    return frozenset({chart.namespace for chart in charts} | {"kube-system"})


def management_namespaces() -> frozenset[str]:
    """Return where the charts of any release's management cluster are; RKE2's own, too."""
    return _namespaces(RELEASES.versions)


def _judged(given: Given, view: View) -> bool:
    """Tell whether a Service is one of the management cluster's that has cluster addresses.

    A Service without a namespace goes to the provider's default one, which is none of these.
    """
    namespace, known = given.text("metadata", "namespace"), management_namespaces()
    return namespace in (known | {*view.names("namespaces")}) and given.text("spec", "type") != "ExternalName"


def both_by_itself(given: Given) -> bool:
    """Tell whether a Service gets both families without a word.

    The API server gives them to a headless one without selector, whose endpoints somebody else writes (seen with 1.34).
    """
    return (
        given.type == SERVICE
        and given.get("spec", "ipFamilyPolicy") is None
        and given.text("spec", "clusterIP") == "None"
        and not given.get("spec", "selector")
    )


def _families(given: Given, view: View) -> Told:
    if not _judged(given, view) or both_by_itself(given):
        return
    listed = items(given, "spec", "ipFamilies")
    policy = given.get("spec", "ipFamilyPolicy")
    # A patch says what it changes, and leaves everything else.
    if given.type == SERVICE_PATCH and policy is None and not listed:
        return
    path: Path = ("spec", "ipFamilyPolicy")
    yield from service_families(At(path, policy))


def _order(given: Given, view: View) -> Told:
    if _judged(given, view):
        listed = items(given, "spec", "ipFamilies")
        yield from strangers(listed, str, "text")
        yield from ordered_families(texts(listed), IPV4_FIRST)
        yield from _addresses_in_order(given)


def _addresses_in_order(given: Given) -> Told:
    """Judge the order of the cluster addresses, which is that of the families."""
    listed = items(given, "spec", "clusterIPs")
    yield from strangers(listed, str, "text")
    families = [At(item.path, f"IPv{ip.version}") for item in texts(listed) if (ip := as_ip(item.value)) is not None]
    for finding in ordered_families(families, IPV4_FIRST):
        first = next((item.value for item in texts(listed) if as_ip(item.value) == _first_ipv4(listed)), "")
        yield finding.with_fix(f"write the IPv4 address first: {first}")
    single = as_ip(given.text("spec", "clusterIP") or "")
    if single is not None and single.version == 6 and len(families) == 0 and _wants_both(given):
        message = f"{single} is given as the only cluster address, so IPv6 is the first family"
        yield IPV4_FIRST.at(("spec", "clusterIP"), message, "give an IPv4 address, or clusterIPs with IPv4 first")


def _first_ipv4(listed: Sequence[At[Any]]) -> IPAddress | None:
    found = (as_ip(item.value) for item in listed if isinstance(item.value, str))
    return next((ip for ip in found if ip is not None and ip.version == 4), None)


def _wants_both(given: Given) -> bool:
    return given.get("spec", "ipFamilyPolicy") in ("PreferDualStack", "RequireDualStack")


def both(given: Given, view: View) -> dict[Path, Any]:
    """Give the edit that gives a Service both families; its first family stays, which Kubernetes never changes."""
    if not list(_families(given, view)) or not isinstance(given.get("spec"), Mapping):
        return {}
    return {("spec", "ipFamilyPolicy"): "PreferDualStack"}


FAMILIES = Check((SERVICE, SERVICE_PATCH), _families)
ORDER = Check((SERVICE, SERVICE_PATCH), _order)

_NAMESPACES: Final[Settings] = {"namespaces": list_of_texts("Further namespaces to look at.")}

POLICIES: Final = (
    policy(
        program_resources.SERVICE,
        "Set spec.ipFamilyPolicy to PreferDualStack; for a chart's Service by values, transform or ServicePatch.",
        FAMILIES,
        settings=_NAMESPACES,
        remedy=both,
    ),
)
ALSO: Final = {
    cidrs.IPV4_FIRST: (ORDER,),
}
"""Further checks for policies whose words stand in another module."""
