"""Where a cluster is reached, and where it serves machines: nothing else chooses one of several nodes.

One node is its own entry. Several have virtual addresses, which MetalLB announces: the API server's is IPv4 alone.
EIB takes a second one, ``apiVIP6``, but it has no backend: endpoint-copier-operator copies the one EndpointSlice of
the API server, which has its first family only (``internal/controller/endpoints_controller.go``; kubernetes KEP-2438),
and MetalLB announces the address all the same (``internal/layer2``).
"""

from __future__ import annotations

from collections.abc import Sequence

from dualstack.address.pair import Pair, paired
from dualstack.address.parsing import Address
from dualstack.plan.model import NodePlan
from dualstack.plan.network import own_address, serving_interface
from dualstack.site import Site


def several(site: Site) -> bool:
    """Tell whether the cluster has more than one node, so that EIB makes it one with virtual addresses."""
    return len(site.nodes) > 1


def servers(site: Site) -> int:
    """Count the nodes that run the control plane."""
    return sum(node.role == "server" for node in site.nodes)


def initializer(site: Site) -> int:
    """Return the index of the node that initializes the cluster: the named one, else the first."""
    named = (index for index, node in enumerate(site.nodes) if node.name == site.cluster.bootstrap)
    return next(named, 0)


def api(site: Site, nodes: Sequence[NodePlan]) -> Pair[Address]:
    """Return where the API server and RKE2's supervisor are reached; never IPv6 with several nodes."""
    if several(site):
        return Pair(site.cluster.api.ipv4)
    return nodes[0].addresses


def entry(site: Site, nodes: Sequence[NodePlan]) -> Pair[Address]:
    """Return where the ingress controller, and so Rancher, is reached."""
    if several(site):
        return paired(site.cluster.ingress)
    return nodes[0].addresses


def serving(site: Site) -> Pair[Address]:
    """Return where Ironic serves machines."""
    if several(site):
        return paired(site.provisioning.vip)
    interface = serving_interface(site, site.nodes[0])
    if interface is None:
        return Pair()
    return interface.families.map(own_address)
