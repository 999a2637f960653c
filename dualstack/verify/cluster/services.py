"""Services: both families where people and machines come from outside, addresses of load balancers, endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.answer.style import counted
from dualstack.document.findings import At
from dualstack.document.frozen import dig
from dualstack.document.holes import Unreadable
from dualstack.plan.services import single_family_services
from dualstack.policies.services import both_by_itself
from dualstack.rules.chart.balancers import POOLS
from dualstack.rules.program.program_resources import service_families
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import given, judged
from dualstack.verify.cluster.ranges import dual
from dualstack.verify.cluster.view import (
    Place,
    View,
    balanced,
    cluster_ips,
    families_in,
    listed,
    mappings,
    name_of,
    namespace_of,
    place_of,
)
from dualstack.verify.model import Kind, Result

API: Final = (("default", "kubernetes"), ("default", "kubernetes-vip"))
"""They lead to the API server, whose endpoints are of one family (KEP-2438); the second one is EIB's, for apiVIP."""
_VIP: Final = API[1]
DNS_LABEL: Final = ("k8s-app", "kube-dns")
_FROM_OUTSIDE: Final = ("LoadBalancer", "NodePort")
_FAMILY: Final[Mapping[str, Family]] = {label: family for family, label in LABEL.items()}


def run(view: View) -> Iterator[Result]:
    """Check the Services."""
    services = view.objects("services")
    told = [*_families(view), *judged(view, Kind.SERVICES, services, view.objects("pools"))]
    for service in services:
        told += _balancer(service)
    yield from told
    outside = [service for service in services if from_outside(service)]
    if not told:
        yield Place(Kind.SERVICES, "Services", "families").ok(
            f"{counted(len(services), 'Service')}, {len(outside)} from outside: both families where they are wanted"
        )
    yield from _dns(view)
    yield from _entry(view)
    yield from _endpoints(view)


def key(service: Object) -> tuple[str, str]:
    """Give namespace and name."""
    return namespace_of(service), name_of(service)


def from_outside(service: Object) -> bool:
    """Tell whether a Service is reached from outside of the cluster."""
    return dig(service, "spec", "type") in _FROM_OUTSIDE or bool(listed(dig(service, "spec", "externalIPs")))


def is_dns(service: Object) -> bool:
    """Tell the Service that pods ask for names; RKE2 and kubeadm label it so."""
    return dig(service, "metadata", "labels", DNS_LABEL[0]) == DNS_LABEL[1] and bool(cluster_ips(service))


def _wanted(view: View) -> set[tuple[str, str]]:
    """Give the Services of the site's charts that the program gives their second family."""
    charts = view.plan.charts if view.plan is not None else ()
    wanted = {(chart.namespace, name) for chart in charts if chart.released for name in single_family_services(chart)}
    return wanted | {("metal3-system", "metal3-metal3-ironic")}


def _families(view: View) -> Iterator[Result]:
    """Judge those that somebody outside asks, or every pod; most others are asked by pods, which have both families."""
    if dual(view) is False:
        place = Place(Kind.SERVICES, "Services", "families")
        yield place.unknown(
            "the cluster's own service range has one family, so every Service has", "mend what is said of the ranges"
        )
        return
    wanted = _wanted(view)
    for service in view.objects("services"):
        if dig(service, "spec", "type") == "ExternalName" or key(service) == API[0] or _by_itself(service):
            continue
        place = Place(Kind.SERVICES, place_of(service), "families")
        policy = dig(service, "spec", "ipFamilyPolicy")
        if key(service) == _VIP:
            if policy == "RequireDualStack":
                yield place.failed(
                    "it has both families, and the API server has endpoints of one",
                    "the IPv6 address is announced, and nobody answers at it",
                    "remove network.apiVIP6 from the image; name the nodes' AAAA under cluster.apiHost in its place",
                )
            continue
        if not (from_outside(service) or is_dns(service) or key(service) in wanted):
            continue
        for finding in service_families(At(("spec", "ipFamilyPolicy"), policy)):
            told = place.finding(finding)
            yield replace(told, fix=_both(service))
            break
        else:
            yield from _lacking(place, service)


def _by_itself(service: Object) -> bool:
    with suppress(Unreadable):
        return both_by_itself(given(service))
    return False


def _both(service: Object) -> str:
    namespace, name = key(service)
    return (
        f'kubectl -n {namespace} patch service {name} -p \'{{"spec":{{"ipFamilyPolicy":"PreferDualStack"}}}}\', '
        "and set it in the values of its chart"
    )


def _lacking(place: Place, service: Object) -> Iterator[Result]:
    """Tell a Service that may have both families and got one."""
    have = families_in(cluster_ips(service))
    for family in FAMILIES if have else ():
        if family not in have:
            yield place.failed(
                f"{dig(service, 'spec', 'ipFamilyPolicy')}, and it has no {LABEL[family]} address",
                f"pods do not reach it over {LABEL[family]}, and no load balancer gives it an address of that family",
                "make it anew: kubectl get -o yaml, delete, and apply it without clusterIP and clusterIPs",
            )


def _balancer(service: Object) -> Iterator[Result]:
    """Judge what a load balancer gave: addresses of each family that the Service has."""
    if dig(service, "spec", "type") != "LoadBalancer":
        return
    have = balanced(service)
    names = [item for item in mappings(dig(service, "status", "loadBalancer", "ingress")) if item.get("hostname")]
    place = Place(Kind.SERVICES, place_of(service), "load balancer")
    if not have and not names:
        yield place.failed(
            "pending: no load balancer has given it an address",
            "nobody outside reaches it",
            "look at MetalLB: kubectl describe service tells why, kubectl -n metallb-system get ipaddresspools which "
            "pools it may take from; without MetalLB use NodePort",
        )
        return
    wanted = families_in(cluster_ips(service))
    for family in FAMILIES:
        if family in wanted and have and family not in families_in(have):
            yield place.failed(
                f"it has {', '.join(have)}, and no {LABEL[family]} address",
                f"clients of {LABEL[family]} do not reach it",
                "put addresses of both families into one IPAddressPool for it, and make the Service anew",
                POOLS.id,
            )


def _dns(view: View) -> Iterator[Result]:
    place = Place(Kind.SERVICES, "CoreDNS", "there")
    found = [service for service in view.objects("services") if is_dns(service)]
    if not found:
        yield place.failed(
            "no Service of kube-system is CoreDNS's (label k8s-app: kube-dns)",
            "no pod finds another by its name",
            "look at the chart: kubectl -n kube-system get helmchart rke2-coredns, kubectl -n kube-system get pods",
        )
    else:
        yield place.ok(", ".join(f"{place_of(one)} {' and '.join(cluster_ips(one))}" for one in found))


def _entry(view: View) -> Iterator[Result]:
    """Compare the addresses of load balancers with the plan's virtual ones."""
    plan = view.plan
    if plan is None or not plan.several:
        return
    ingress = [service for service in view.objects("services") if _app(service) == plan.release.ingress_chart]
    ironic = [service for service in view.objects("services") if _app(service) == "metal3-ironic"]
    rows = [("ingress controller", ingress, plan.entry.values())]
    rows += [("Ironic", ironic, plan.serving.values())] if plan.ironic is not None else []
    rows += [("API server", [one for one in view.objects("services") if key(one) == _VIP], plan.api.values())]
    for who, services, addresses in rows:
        have = {text for service in services for text in balanced(service)}
        for address in map(str, addresses):
            place = Place(Kind.SERVICES, f"Service of {who}", f"address {address}", families_one(address))
            if address in have:
                yield place.ok("its load balancer has it")
            elif not services:
                yield place.failed(
                    "the cluster has no such Service",
                    f"nobody answers at {address}",
                    "look at its chart: kubectl get pods -A",
                )
            else:
                yield place.failed(
                    f"its load balancer has {', '.join(sorted(have)) or 'none'}",
                    f"nobody answers at {address}, which DNS records, certificates and URLs name",
                    "look at the IPAddressPools (kubectl -n metallb-system get ipaddresspools -o yaml): their "
                    "priorities and selectors decide who gets which address",
                )


def families_one(address: str) -> Family:
    """Give the family of an address."""
    return "ipv6" if ":" in address else "ipv4"


def _app(service: Object) -> str:
    return str(dig(service, "metadata", "labels", "app.kubernetes.io/name", default=""))


def _endpoints(view: View) -> Iterator[Result]:
    """Judge who stands behind Services: pods of each family that a Service has."""
    listing = view.live.of("endpoints")
    if listing.why or listing.absent:
        yield Place(Kind.SERVICES, "EndpointSlices", "families").unknown(
            listing.why or "the cluster has no EndpointSlices", listing.fix or "Kubernetes 1.21 and later has them"
        )
        return
    ready = ready_endpoints(listing.objects)
    told = [result for service in view.objects("services") for result in _behind(service, ready)]
    yield from told
    if not told:
        yield Place(Kind.SERVICES, "EndpointSlices", "families").ok(
            "behind each Service of both families stand endpoints of both, or none"
        )


def ready_endpoints(slices: tuple[Object, ...]) -> dict[tuple[str, str], dict[Family, int]]:
    """Count the endpoints that take connections, by Service and family."""
    found: dict[tuple[str, str], dict[Family, int]] = {}
    for one in slices:
        family = _FAMILY.get(str(one.get("addressType")))
        name = str(dig(one, "metadata", "labels", "kubernetes.io/service-name", default=""))
        if family is None or not name:
            continue
        held = found.setdefault((namespace_of(one), name), dict.fromkeys(FAMILIES, 0))
        for endpoint in mappings(one.get("endpoints")):
            # Nothing said counts as ready (discovery/v1, EndpointConditions).
            if dig(endpoint, "conditions", "ready") is not False and listed(endpoint.get("addresses")):
                held[family] += 1
    return found


def _behind(service: Object, ready: Mapping[tuple[str, str], Mapping[Family, int]]) -> Iterator[Result]:
    if dig(service, "spec", "type") == "ExternalName" or key(service) in API:
        return
    counts = ready.get(key(service), dict.fromkeys(FAMILIES, 0))
    place = Place(Kind.SERVICES, place_of(service), "endpoints")
    families = [_FAMILY[text] for text in map(str, listed(dig(service, "spec", "ipFamilies"))) if text in _FAMILY]
    if not any(counts.values()):
        if dig(service, "spec", "selector") and (from_outside(service) or is_dns(service)):
            yield place.failed(
                "no pod behind it is ready",
                "connections to it are refused over both families",
                f"kubectl -n {namespace_of(service)} get pods, and kubectl describe the ones that its selector means",
            )
        return
    for family in families:
        if len(families) > 1 and not counts[family]:
            yield replace(
                place.failed(
                    f"its pods have no {LABEL[family]} address that is ready, of the other {max(counts.values())}",
                    f"connections to it over {LABEL[family]} are refused",
                    f"kubectl -n {namespace_of(service)} get endpointslices; a pod's families are those of its node's "
                    "podCIDRs and of the network plugin at its start: start it anew once these are right",
                ),
                family=family,
            )
