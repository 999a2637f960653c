"""Services: both families where people and machines come from outside, addresses of load balancers, endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from dualstack.address.family import FAMILIES, LABEL, family_of_text
from dualstack.answer.style import counted
from dualstack.document.findings import At
from dualstack.document.frozen import dig
from dualstack.document.holes import Unreadable
from dualstack.plan.services import single_family_services
from dualstack.policies.services import both_by_itself
from dualstack.rules.chart.balancers import POOLS
from dualstack.rules.program.program_resources import service_families
from dualstack.verify.cluster import behind, cluster_dns
from dualstack.verify.cluster.asked import API, from_outside, is_dns, key
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import given, judged
from dualstack.verify.cluster.ranges import dual
from dualstack.verify.cluster.view import (
    Place,
    View,
    balanced,
    cluster_ips,
    families_in,
    mappings,
    place_of,
)
from dualstack.verify.model import Kind, Result

_VIP: Final = API[1]


def run(view: View) -> Iterator[Result]:
    """Check the Services."""
    services = view.objects("services")
    told = [*_families(view), *judged(view, Kind.SERVICES, services, view.objects("pools"))]
    for service in services:
        told += _balancer(service)
    told += _shared(services)
    yield from told
    outside = [service for service in services if from_outside(service)]
    if not told:
        yield Place(Kind.SERVICES, "Services", "families").ok(
            f"{counted(len(services), 'Service')}, {len(outside)} from outside: both families where they are wanted"
        )
    yield from cluster_dns.run(view)
    yield from _entry(view)
    yield from behind.run(view, wanted_services(view))


def wanted_services(view: View) -> set[tuple[str, str]]:
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
    wanted = wanted_services(view)
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


def _shared(services: Sequence[Object]) -> Iterator[Result]:
    """Tell two Services of one address and port; MetalLB gives an address twice for different ports alone."""
    owners: dict[tuple[str, str, str], Object] = {}
    for service in services:
        for text in balanced(service) if dig(service, "spec", "type") == "LoadBalancer" else ():
            for port in mappings(dig(service, "spec", "ports")):
                here = text, str(port.get("protocol") or "TCP"), str(port.get("port"))
                first = owners.setdefault(here, service)
                if first is not service:
                    yield Place(Kind.SERVICES, place_of(service), f"{text} {here[1]} {here[2]} unique").failed(
                        f"{place_of(first)} has it, too",
                        "connections reach the one or the other",
                        "give one of them another address: metallb.io/loadBalancerIPs, or another pool",
                    )


def _entry(view: View) -> Iterator[Result]:
    """Compare the addresses of load balancers with the plan's virtual ones."""
    plan = view.plan
    if plan is None:
        return
    if not plan.several:
        if plan.ironic is not None and not any(_app(one) == "metal3-ironic" for one in view.objects("services")):
            yield Place(Kind.SERVICES, "Service of Ironic", "there").failed(
                "the cluster has no such Service",
                "nobody reaches Ironic and its images: no machine is provisioned",
                "look at its chart: kubectl -n metal3-system get all; helm -n metal3-system status metal3",
            )
        return
    ingress = [service for service in view.objects("services") if _app(service) == plan.release.ingress_chart]
    ironic = [service for service in view.objects("services") if _app(service) == "metal3-ironic"]
    rows = [("ingress controller", ingress, plan.entry.values())]
    rows += [("Ironic", ironic, plan.serving.values())] if plan.ironic is not None else []
    rows += [("API server", [one for one in view.objects("services") if key(one) == _VIP], plan.api.values())]
    for who, services, addresses in rows:
        have = {text for service in services for text in balanced(service)}
        for address in map(str, addresses):
            place = Place(Kind.SERVICES, f"Service of {who}", f"address {address}", family_of_text(address))
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


def _app(service: Object) -> str:
    return str(dig(service, "metadata", "labels", "app.kubernetes.io/name", default=""))
