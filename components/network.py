"""The network of the management cluster: what the host is attached to, in both families."""

from __future__ import annotations

from typing import Any, ClassVar

import pulumi

from components.hypervisor import VirtualNetwork
from dualstack.plan import Plan


class ManagementNetwork(pulumi.ComponentResource):
    """Node addresses and cluster CIDRs in state; with a libvirt host also its virtual network."""

    TYPE: ClassVar = "dualstack:index:ManagementNetwork"

    virtual: VirtualNetwork | None
    """The virtual network; None for a machine that is already there."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the network.

        Args:
            name: name of the component.
            plan: the site's plan.
            opts: resource options; the libvirt provider comes with them.
        """
        super().__init__(self.TYPE, name, _inputs(plan), opts)
        self.virtual = None
        if plan.libvirt is not None:
            from components import libvirt

            self.virtual = libvirt.make_network(f"{name}-virtual", plan, plan.libvirt, self)
        self.register_outputs({"nodes": addresses(plan)})


def addresses(plan: Plan) -> dict[str, dict[str, str]]:
    """Give each node's addresses by family; a family that the site does not state is left out."""
    return {node.name: {family: str(address) for family, address in node.addresses.items()} for node in plan.nodes}


def virtual_addresses(plan: Plan) -> dict[str, dict[str, str]]:
    """Give the virtual addresses of a cluster of several nodes by what they are for, then by family."""
    named = (("api", plan.api), ("ingress", plan.entry), ("ironic", plan.serving))
    return {role: {family: str(address) for family, address in pair.items()} for role, pair in named if pair}


def _inputs(plan: Plan) -> dict[str, Any]:
    cluster = plan.site.cluster
    inputs: dict[str, Any] = {
        "nodes": addresses(plan),
        "pods": {"ipv4": str(cluster.pods.ipv4), "ipv6": str(cluster.pods.ipv6)},
        "services": {"ipv4": str(cluster.services.ipv4), "ipv6": str(cluster.services.ipv6)},
    }
    if plan.several:
        inputs["virtual"] = virtual_addresses(plan)
    if plan.libvirt is not None:
        inputs |= {"mode": plan.libvirt.mode, "addresses": list(plan.libvirt.addresses)}
    return inputs
