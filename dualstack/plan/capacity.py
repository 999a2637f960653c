"""Capacities: how many nodes, pods and services the CIDRs have room for, and which family binds."""

from __future__ import annotations

from dualstack.address.family import Family
from dualstack.address.pair import of
from dualstack.address.ranges import node_blocks, usable_pods, usable_services
from dualstack.plan.model import Bound, Capacity
from dualstack.releases import BITMAP_ADDRESSES, any_service_range
from dualstack.site import Site


def cni_plugins(site: Site) -> tuple[str, ...]:
    """Return the CNI plugins as server.yaml will name them."""
    given = site.cluster.server.get("cni", site.cluster.cni)
    return tuple(str(item) for item in (given if isinstance(given, list | tuple) else (given,)))


def own_ipam(site: Site) -> bool:
    """Tell whether the CNI plugin gives out pod addresses itself, so that node masks bound nothing.

    Calico does, in blocks as it needs them, any number a node (RKE2 documentation, networking: basic network options).
    """
    return "calico" in cni_plugins(site)


def plan_capacity(site: Site, kubernetes: str) -> Capacity:
    """Count nodes, pods per node, pods and services of each family.

    A CNI plugin takes some of the pod addresses for itself (Cilium: two a node); the numbers are upper bounds. Where
    it ignores node masks, the pods are those of the whole CIDR, and the nodes as many as could be full of them. Which
    services there can be depends on the Kubernetes version.
    """
    cluster = site.cluster
    services = Bound(
        usable_services(cluster.services.ipv4.network),
        usable_services(cluster.services.ipv6.network, None if any_service_range(kubernetes) else BITMAP_ADDRESSES),
    )
    if own_ipam(site):
        whole = Bound(
            usable_pods("ipv4", cluster.pods.ipv4.network.prefixlen),
            usable_pods("ipv6", cluster.pods.ipv6.network.prefixlen),
        )
        most = max(1, cluster.max_pods)
        return Capacity(Bound(whole.ipv4 // most, whole.ipv6 // most), whole, cluster.max_pods, whole, services)

    def nodes(family: Family) -> int:
        return node_blocks(of(cluster.pods, family).network, of(cluster.node_mask, family))

    def per_node(family: Family) -> int:
        return usable_pods(family, of(cluster.node_mask, family))

    node_bound = Bound(nodes("ipv4"), nodes("ipv6"))
    pod_bound = Bound(per_node("ipv4"), per_node("ipv6"))
    return Capacity(
        nodes=node_bound,
        pods_per_node=pod_bound,
        max_pods=cluster.max_pods,
        pods=Bound(
            node_bound.ipv4 * min(pod_bound.ipv4, max(0, cluster.max_pods)),
            node_bound.ipv6 * min(pod_bound.ipv6, max(0, cluster.max_pods)),
        ),
        services=services,
    )
