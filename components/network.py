"""The network of the management cluster: what the host is attached to, in both families."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi

from components.hypervisor import VirtualNetwork, host_kind
from components.outputs import Addresses, addresses, node_addresses
from dualstack.plan import Plan


@dataclass(frozen=True)
class ManagementNetworkArgs:
    """What the network is made of.

    Attributes:
        plan: the site's plan.
    """

    plan: Plan


class ManagementNetwork(pulumi.ComponentResource):
    """Node addresses and cluster CIDRs in state; with a hypervisor also its virtual network."""

    TYPE: ClassVar = "dualstack:index:ManagementNetwork"

    virtual: VirtualNetwork | None
    """The virtual network; None for machines that are already there."""
    nodes: pulumi.Output[dict[str, Addresses]]
    """Each node's addresses by its name."""

    def __init__(self, name: str, args: ManagementNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the network.

        Args:
            name: name of the component.
            args: the plan.
            opts: resource options; the hypervisor's provider comes with them.
        """
        plan = args.plan
        super().__init__(self.TYPE, name, _inputs(plan), opts)
        self.virtual = host_kind(plan).network(f"{name}-virtual", plan, self)
        self.nodes = pulumi.Output.from_input(node_addresses(plan))
        self.register_outputs({"nodes": self.nodes})


def _inputs(plan: Plan) -> dict[str, Any]:
    cluster = plan.site.cluster
    inputs: dict[str, Any] = {
        "nodes": node_addresses(plan),
        "pods": {"ipv4": str(cluster.pods.ipv4), "ipv6": str(cluster.pods.ipv6)},
        "services": {"ipv4": str(cluster.services.ipv4), "ipv6": str(cluster.services.ipv6)},
    }
    if plan.several:
        roles = (("api", plan.api), ("ingress", plan.entry), ("ironic", plan.serving))
        inputs["virtual"] = {role: addresses(pair) for role, pair in roles if pair}
    return inputs | host_kind(plan).network_inputs(plan)
