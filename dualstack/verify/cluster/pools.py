"""MetalLB's pools: what policies and manifests are judged by, who announces them, and whose addresses they hold."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from dualstack.address.family import LABEL, Family, family_of_text
from dualstack.answer.style import counted
from dualstack.document.findings import At
from dualstack.document.frozen import dig
from dualstack.policies.balancers import pool_takes
from dualstack.policies.model import Given
from dualstack.rules.chart.balancers import pool_range
from dualstack.rules.chart.site_manifests import POOL
from dualstack.rules.name.name_grammar import as_ip
from dualstack.verify.cluster import announcing, pool_places
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import given, judged
from dualstack.verify.cluster.view import (
    Place,
    View,
    balanced,
    cluster_ips,
    families_in,
    internal_ips,
    listed,
    name_of,
    place_of,
)
from dualstack.verify.model import Kind, Result

_API_POOL: Final = "api-ip"
"""EIB's, for the virtual address of the API server, which is IPv4 alone (``k8s-vip.yaml.tpl``)."""


def run(view: View) -> Iterator[Result]:
    """Check the pools."""
    pools = view.objects("pools")
    told = [*judged(view, Kind.POOLS, pools), *_taken(view), *pool_places.run(view), *announcing.run(view)]
    for pool in pools:
        told += _families(view, pool)
    told += [*_strange(view), *_planned(view)]
    yield from told
    if not told:
        words = (
            f"{counted(len(pools), 'pool')}: readable, announced, nobody else's addresses"
            if pools
            else "MetalLB has no pools"
        )
        yield Place(Kind.POOLS, "IPAddressPools", "addresses").ok(words)


def families_of(pool: Object) -> set[Family]:
    """Give the families of a pool, as far as its entries can be read."""
    found = (pool_range(At((), str(text))) for text in listed(dig(pool, "spec", "addresses")))
    return {family for family in found if isinstance(family, str)}


def _families(view: View, pool: Object) -> Iterator[Result]:
    """Tell a pool of one family, but for one from which only Services of one family take."""
    have = families_of(pool)
    if len(have) != 1 or name_of(pool) == _API_POOL:
        return
    users = [service for service in view.objects("services") if announcing.holds(pool, balanced(service))]
    if users and all(len(families_in(cluster_ips(service))) == 1 for service in users):
        return
    (family,) = have
    other: Family = "ipv6" if family == "ipv4" else "ipv4"
    yield Place(Kind.POOLS, place_of(pool), "families").failed(
        f"it has {LABEL[family]} addresses alone",
        POOL.consequence,
        f"add {LABEL[other]} addresses to spec.addresses of the same pool",
        POOL.id,
    )


def _taken(view: View) -> Iterator[Result]:
    taken = {
        ip: f"{text}, node {name_of(node)}'s"
        for node in view.nodes
        for text in internal_ips(node)
        if (ip := as_ip(text)) is not None
    }
    if view.plan is not None:
        for resolver in view.plan.site.dns.resolvers:
            taken.setdefault(ip_address(str(resolver.ip)), f"{resolver.ip}, a resolver's")
    for pool in view.objects("pools"):
        one: Given = given(pool)
        for finding in pool_takes(one, taken):
            yield Place(Kind.POOLS, place_of(pool), "nobody else's").finding(finding)


def _strange(view: View) -> Iterator[Result]:
    """Tell addresses of load balancers that no pool has: the pool was changed since, or something else gave them."""
    own = {text for node in view.nodes for text in internal_ips(node)}
    for service in view.objects("services") if view.objects("pools") else ():
        for text in balanced(service):
            if text not in own and not any(announcing.holds(pool, [text]) for pool in view.objects("pools")):
                yield Place(Kind.POOLS, place_of(service), f"address {text}", family_of_text(text)).failed(
                    "no pool holds the address that the Service has",
                    "MetalLB takes it away at its next start, and gives it another one",
                    "put it into a pool, or make the Service anew",
                )


def _planned(view: View) -> Iterator[Result]:
    """Look for the plan's virtual addresses in the pools."""
    plan = view.plan
    if plan is None or not plan.several:
        return
    rows = [("ingress controller", plan.entry.values()), ("API server", plan.api.values())]
    rows += [("Ironic", plan.serving.values())] if plan.ironic is not None else []
    for who, addresses in rows:
        for address in map(str, addresses):
            if not any(announcing.holds(pool, [address]) for pool in view.objects("pools")):
                yield Place(Kind.POOLS, f"pool of {who}", f"address {address}", family_of_text(address)).failed(
                    "no pool holds it",
                    "MetalLB gives it to nobody, so nobody answers at it",
                    "apply the pools that dualstack render writes (kubernetes/manifests/dualstack-pools.yaml); EIB "
                    "makes the API server's",
                )
