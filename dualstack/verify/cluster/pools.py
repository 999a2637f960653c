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
from dualstack.verify.cluster import pool_places
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
    mappings,
    name_of,
    namespace_of,
    place_of,
)
from dualstack.verify.model import Kind, Result

_API_POOL: Final = "api-ip"
"""EIB's, for the virtual address of the API server, which is IPv4 alone (``k8s-vip.yaml.tpl``)."""


def run(view: View) -> Iterator[Result]:
    """Check the pools."""
    pools = view.objects("pools")
    told = [*judged(view, Kind.POOLS, pools), *_taken(view), *pool_places.run(view)]
    for pool in pools:
        told += [*_families(view, pool), *_announced(view, pool)]
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
    users = [service for service in view.objects("services") if _holds(pool, balanced(service))]
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


def _holds(pool: Object, addresses: list[str]) -> bool:
    taken = {ip: text for text in addresses if (ip := as_ip(text)) is not None}
    return any(True for _ in pool_takes(given(pool), taken))


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


def _announced(view: View, pool: Object) -> Iterator[Result]:
    listings = [view.live.of(name) for name in ("l2", "bgp")]
    for listing in listings:
        if listing.why:
            yield Place(Kind.POOLS, place_of(pool), "announced").unknown(listing.why, listing.fix)
            return
    announcing = [one for listing in listings for one in listing.objects if namespace_of(one) == namespace_of(pool)]
    own = [one for one in announcing if _announces(one, pool)]
    if own and view.nodes and not any(_from_a_node(view, one) for one in own):
        yield Place(Kind.POOLS, place_of(pool), "announced").failed(
            f"no node announces it by {', '.join(map(place_of, own))}",
            "Services get its addresses, and nobody on the network learns where they are",
            "write labels into nodeSelectors that nodes have (kubectl get nodes --show-labels), or leave them out; "
            "MetalLB leaves out nodes with the label node.kubernetes.io/exclude-from-external-load-balancers",
        )
    elif not own:
        yield Place(Kind.POOLS, place_of(pool), "announced").failed(
            "no L2Advertisement or BGPAdvertisement names it",
            "Services get its addresses, and nobody on the network learns where they are",
            f"make an L2Advertisement in {namespace_of(pool)} with ipAddressPools: [{name_of(pool)}]",
        )


def _announces(advertisement: Object, pool: Object) -> bool:
    names = listed(dig(advertisement, "spec", "ipAddressPools"))
    selectors = mappings(dig(advertisement, "spec", "ipAddressPoolSelectors"))
    labels = dig(pool, "metadata", "labels") or {}
    if not names and not selectors:
        return True  # all pools (MetalLB, advanced L2 configuration)
    return name_of(pool) in names or any(_selects(selector, labels) for selector in selectors)


def _from_a_node(view: View, advertisement: Object) -> bool:
    selectors = mappings(dig(advertisement, "spec", "nodeSelectors"))
    labels = [dig(node, "metadata", "labels") or {} for node in view.nodes if pool_places.announces(view, node)]
    return bool(labels) and (not selectors or any(_selects(item, one) for item in selectors for one in labels))


def _strange(view: View) -> Iterator[Result]:
    """Tell addresses of load balancers that no pool has: the pool was changed since, or something else gave them."""
    own = {text for node in view.nodes for text in internal_ips(node)}
    for service in view.objects("services") if view.objects("pools") else ():
        for text in balanced(service):
            if text not in own and not any(_holds(pool, [text]) for pool in view.objects("pools")):
                yield Place(Kind.POOLS, place_of(service), f"address {text}", family_of_text(text)).failed(
                    "no pool holds the address that the Service has",
                    "MetalLB takes it away at its next start, and gives it another one",
                    "put it into a pool, or make the Service anew",
                )


def _selects(selector: Object, labels: Object) -> bool:
    """Match a label selector (meta/v1)."""
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for item in mappings(selector.get("matchExpressions")):
        value, values = labels.get(str(item.get("key"))), listed(item.get("values"))
        holds = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not holds.get(str(item.get("operator")), False):
            return False
    return True


def _planned(view: View) -> Iterator[Result]:
    """Look for the plan's virtual addresses in the pools."""
    plan = view.plan
    if plan is None or not plan.several:
        return
    rows = [("ingress controller", plan.entry.values()), ("API server", plan.api.values())]
    rows += [("Ironic", plan.serving.values())] if plan.ironic is not None else []
    for who, addresses in rows:
        for address in map(str, addresses):
            if not any(_holds(pool, [address]) for pool in view.objects("pools")):
                yield Place(Kind.POOLS, f"pool of {who}", f"address {address}", family_of_text(address)).failed(
                    "no pool holds it",
                    "MetalLB gives it to nobody, so nobody answers at it",
                    "apply the pools that dualstack render writes (kubernetes/manifests/dualstack-pools.yaml); EIB "
                    "makes the API server's",
                )
