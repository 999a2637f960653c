"""Pod and service ranges as the cluster has them, by the rules for lists of CIDRs, and against the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from dualstack.address.family import FAMILIES, IPNetwork
from dualstack.answer.style import counted
from dualstack.document.findings import At, Finding
from dualstack.document.frozen import dig
from dualstack.plan.model import Plan
from dualstack.releases import service_range_limit
from dualstack.rules.cidr.capacity import service_size
from dualstack.rules.cidr.cidr_lists import Cidr, read_each, read_joined
from dualstack.rules.cidr.cidrs import both_families, ipv4_first, one_per_family
from dualstack.rules.cidr.free_ranges import Room
from dualstack.rules.cidr.overlap import cluster_range_overlap, pod_service_overlap
from dualstack.rules.cidr.surroundings import host
from dualstack.rules.name.name_grammar import as_ip
from dualstack.site.cluster import DEFAULT_PODS, DEFAULT_SERVICES
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import judged
from dualstack.verify.cluster.view import (
    Place,
    View,
    cluster_ips,
    listed,
    mappings,
    name_of,
    place_of,
    shown,
    version_of,
)
from dualstack.verify.model import Kind, Result

_ARGUMENTS: Final = {
    "services": re.compile(r"--service-cluster-ip-range=(.+)"),
    "pods": re.compile(r"--cluster-cidr=(.+)"),
}
_FOR_EVER: Final = (
    "the ranges of a living cluster cannot be changed: rebuild it (docs/day2.md), or write its own into the site"
)


@dataclass(frozen=True)
class Told:
    """CIDRs, and which object says so."""

    cidrs: tuple[str, ...]
    source: str


def run(view: View) -> Iterator[Result]:
    """Check both ranges."""
    services, pods = services_of(view), pods_of(view)
    read: dict[str, list[At[Cidr]]] = {}
    for role, told, defaults in (("services", services, DEFAULT_SERVICES), ("pods", pods, DEFAULT_PODS)):
        place = Place(Kind.RANGES, role, "CIDRs")
        if told is None:
            yield from _unknown(view, place, role)
            continue
        read[role] = []
        yield from _judged(view, place, role, told, defaults, read[role])
    yield from _beside(view, read)
    yield from _several(view)
    yield from _others(view)
    yield from _inside(view, services)


def services_of(view: View) -> Told | None:
    """Give the cluster's own service ranges; None where nothing says them."""
    for one in view.objects("service-ranges"):
        if name_of(one) == "kubernetes":
            return Told(tuple(map(str, listed(dig(one, "spec", "cidrs")))), place_of(one))
    return _argument(view, "services")


def pods_of(view: View) -> Told | None:
    """Give the cluster's pod ranges; None where nothing says them."""
    found = _argument(view, "pods")
    if found is not None:
        return found
    pools = view.objects("calico-pools")
    cidrs = tuple(str(dig(one, "spec", "cidr", default="")) for one in pools)
    return Told(cidrs, ", ".join(map(place_of, pools))) if cidrs else None


def _argument(view: View, role: str) -> Told | None:
    return next(_arguments(view, role), None)


def _arguments(view: View, role: str) -> Iterator[Told]:
    """Find an argument of the API server or of the controller manager, whose pods RKE2 and kubeadm show."""
    for pod in view.objects("static-pods"):
        for container in mappings(dig(pod, "spec", "containers")):
            for word in (*listed(container.get("command")), *listed(container.get("args"))):
                if match := _ARGUMENTS[role].fullmatch(str(word)):
                    yield Told(tuple(match[1].split(",")), place_of(pod))


def _several(view: View) -> Iterator[Result]:
    """Tell servers of which each was started with other ranges."""
    for role in _ARGUMENTS:
        said: dict[tuple[str, ...], list[str]] = {}
        for told in _arguments(view, role):
            said.setdefault(_plain(told), []).append(told.source)
        cluster = services_of(view) if role == "services" else None
        if cluster is not None:
            said.setdefault(_plain(cluster), []).append(cluster.source)
        if len(said) > 1:
            words = (f"{', '.join(map(shown, cidrs))} ({', '.join(sorted(set(who)))})" for cidrs, who in said.items())
            yield Place(Kind.RANGES, role, "alike").failed(
                f"not the same everywhere: {'; '.join(words)}",
                "which server leads decides which addresses come, and one that starts anew may not start at all",
                "write the same cluster-cidr and service-cidr into /etc/rancher/rke2 of each server, and restart RKE2",
            )


def _plain(told: Told) -> tuple[str, ...]:
    """Write CIDRs in one way, where they can be read."""
    cidrs, _ = read_each(At((), text) for text in told.cidrs)
    same = len(cidrs) == len(told.cidrs)
    return tuple(str(item.value.prefix.network) for item in cidrs) if same else told.cidrs


def _unknown(view: View, place: Place, role: str) -> Iterator[Result]:
    wanted = "service-ranges" if role == "services" else "static-pods"
    if not view.live.of(wanted).why:  # else that is told of the read
        yield place.unknown(
            f"no object of the cluster tells its {role} range",
            "RKE2 and kubeadm show the pods of their control plane, whose arguments say it"
            + ("; Kubernetes 1.33 and later has ServiceCIDRs" if role == "services" else ""),
        )


def _judged(
    view: View, place: Place, role: str, told: Told, defaults: dict[str, str], read: list[At[Cidr]]
) -> Iterator[Result]:
    cidrs, problems = read_each(At((role, index), text) for index, text in enumerate(told.cidrs))
    read += cidrs
    findings: list[Finding] = list(problems)
    if not findings:
        findings += [*one_per_family(cidrs), *both_families(cidrs, (role,), defaults), *ipv4_first(cidrs)]
    if role == "services":
        version = next(map(version_of, view.nodes), "")
        findings += service_size(cidrs, service_range_limit(version), version) if version else ()
    shown_list = ", ".join(map(shown, told.cidrs))
    for finding in findings:
        found = place.finding(finding, f"{told.source} has {shown_list or 'none'}: ")
        yield replace(found, asked=f"{place.asked} ({finding.rule.id.partition('-')[0]})", fix=_FOR_EVER)
    wanted = planned(view.plan, role) if view.plan is not None else []
    have = [item.value.prefix.network for item in cidrs]
    if wanted and have != wanted:
        yield Place(Kind.RANGES, role, "as planned").failed(
            f"{told.source} has {shown_list or 'none'}, planned is {', '.join(map(str, wanted))}",
            "what is made of the plan (firewalls, NO_PROXY, capacities, further nodes) is made for other addresses",
            _FOR_EVER,
        )
    elif not findings:
        yield place.ok(f"{shown_list}{', as planned' if wanted else ''} ({told.source})")


def planned(plan: Plan, role: str) -> list[IPNetwork]:
    """Give the plan's ranges, as server.yaml has them: a site's own key replaces what is computed."""
    cidrs, _ = read_joined(At((), plan.server.get({"pods": "cluster-cidr", "services": "service-cidr"}[role])))
    return [item.value.prefix.network for item in cidrs]


def _beside(view: View, read: dict[str, list[At[Cidr]]]) -> Iterator[Result]:
    """Judge overlaps: of the two with each other, and with the addresses of the nodes."""
    pods, services = read.get("pods", []), read.get("services", [])
    room = Room([item.value.prefix.network for item in (*pods, *services)])
    addresses = [host((), ip, "a node's or load balancer's address") for ip in sorted(view.hosts, key=str)]
    findings = [
        *pod_service_overlap(pods, services, room),
        *cluster_range_overlap([*pods, *services], addresses, room),
    ]
    first: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        first.setdefault((str(finding.path[0]), finding.rule.id), []).append(finding)
    for (role, rule), several in first.items():
        found = Place(Kind.RANGES, role, f"overlap ({rule.partition('-')[0]})").finding(several[0])
        more = f"; and {len(several) - 1} more" if len(several) > 1 else ""
        yield replace(found, seen=found.seen + more, fix=_FOR_EVER)


def _others(view: View) -> Iterator[Result]:
    """Judge ranges that were added to the cluster's own."""
    more = [one for one in view.objects("service-ranges") if name_of(one) != "kubernetes"]
    for one in view.objects("service-ranges"):
        ready = next((c for c in mappings(dig(one, "status", "conditions")) if c.get("type") == "Ready"), {})
        if ready.get("status") == "False":
            yield Place(Kind.RANGES, place_of(one), "ready").failed(
                f"not ready: {shown(ready.get('message') or ready.get('reason'))}",
                "no Service gets an address out of it",
                "kubectl describe servicecidr tells more",
            )
    yield from judged(view, Kind.RANGES, more)


def _inside(view: View, told: Told | None) -> Iterator[Result]:
    """Tell Services whose addresses lie in no range, as Kubernetes 1.34.0 to 1.34.7 give them out of a /64."""
    texts = [*(told.cidrs if told is not None else ())]
    for one in view.objects("service-ranges"):
        texts += map(str, listed(dig(one, "spec", "cidrs")))
    networks = [item.value.prefix.network for item in read_each(At((), text) for text in texts)[0]]
    have = {network.version for network in networks}
    strange: list[tuple[Object, str]] = []
    for service in view.objects("services"):
        for text in cluster_ips(service):
            ip = as_ip(text)
            if ip is not None and ip.version in have and not any(ip in network for network in networks):
                strange.append((service, text))
    for service, text in strange:
        yield Place(Kind.RANGES, place_of(service), f"clusterIP {text}").failed(
            f"{text} lies in none of the service ranges",
            "nothing in the cluster routes it, and a second Service may get the same",
            "make the Service anew; an IPv6 range of /64 on Kubernetes 1.34.0 to 1.34.7 does this (see DS037)",
        )
    if not strange and networks and view.objects("services"):
        yield Place(Kind.RANGES, "Services", "within the ranges").ok(
            f"the addresses of {counted(len(view.objects('services')), 'Service')} are of the ranges"
        )


def dual(view: View) -> bool | None:
    """Tell whether the cluster itself has both families; None where nothing says so."""
    told = services_of(view)
    if told is not None:
        return len({":" in text for text in told.cidrs}) == len(FAMILIES)
    for service in view.objects("services"):
        if len(cluster_ips(service)) == len(FAMILIES):
            return True
    return None
