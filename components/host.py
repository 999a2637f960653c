"""The management host: a VM, or a machine that is already there; ready once it answers over both families."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi

from components.dns import ManagementDns
from components.hypervisor import Surroundings, host_kind
from components.network import ManagementNetwork
from components.outputs import HostBinding
from components.secrets import Secrets
from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.plan import Plan
from dualstack.plan.access import API_PORT
from dualstack.plan.model import NodePlan
from provider.resources import JumpInput, Ready

READY_SECONDS = 3600
"""A first start unpacks all container images of the release before the API answers."""


@dataclass(frozen=True)
class ManagementHostArgs:
    """What the host is made of.

    Attributes:
        plan: the site's plan.
        secret: reads private keys and BMCs' passwords.
        network: what a VM is attached to.
        dns: the records; wrong ones are told before anybody waits for the host.
        image: the image that it starts from.
    """

    plan: Plan
    secret: Secrets
    network: ManagementNetwork
    dns: ManagementDns
    image: pulumi.Input[str] | None


class ManagementHost(pulumi.ComponentResource):
    """The machine, and the wait for it."""

    TYPE: ClassVar = "dualstack:index:ManagementHost"

    machine: pulumi.Resource | None
    """The machine's resource; None for one that is already there."""
    disk: pulumi.Resource | None
    """What the cluster lives on; a machine that is replaced alone keeps it. None for one that is already there."""
    ready: Ready
    """What uses the cluster depends on this."""
    binding: pulumi.Output[HostBinding]
    """The three above, by their URNs, for another component."""

    def __init__(self, name: str, args: ManagementHostArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the host.

        Args:
            name: name of the component.
            args: plan, secrets, and what is there before it.
            opts: resource options; the hypervisor's provider comes with them.
        """
        plan, secret, network, dns = args.plan, args.secret, args.network, args.dns
        super().__init__(self.TYPE, name, _inputs(plan), opts)
        made = host_kind(plan).machines(
            name, plan, Surroundings(secret, network.virtual, args.image, [network, dns]), self
        )
        first = made.by_node.get(plan.initializer.name)
        self.machine = first.resource if first else None
        # A cluster of several nodes outlives each of its disks.
        self.disk = first.disk if first and not plan.several else None

        def wait(name: str, node: NodePlan, addresses: Pair[Address], after: list[pulumi.Resource]) -> Ready:
            machine = made.by_node.get(node.name)
            return Ready(
                name,
                ipv4=str(addresses.ipv4) if addresses.ipv4 else None,
                ipv6=str(addresses.ipv6) if addresses.ipv6 else None,
                # The first thing that anybody needs of the host.
                port=API_PORT,
                timeout=READY_SECONDS,
                readiness=plan.site.host.readiness,
                jump=_jump(plan, secret),
                watch_certificate=plan.uses_cluster and plan.site.host.kubeconfig.source == "ssh",
                host=machine.id if machine else None,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[network, dns, *made.installed, *after],
                    deleted_with=machine.resource if machine else None,
                ),
            )

        # Agents have no API server. The virtual address answers once the cluster that announces it is up.
        servers = [node for node in plan.nodes if node.role == "server"] if plan.several else []
        each: list[pulumi.Resource] = [wait(f"{name}-{node.name}-ready", node, node.addresses, []) for node in servers]
        self.ready = wait(f"{name}-ready", plan.initializer, plan.api, each)
        self.binding = _binding(self)
        self.register_outputs({"answered": self.ready.answered})


def _binding(host: ManagementHost) -> pulumi.Output[HostBinding]:
    there = {"ready": host.ready, "machine": host.machine, "disk": host.disk}
    urns: Any = {name: resource.urn for name, resource in there.items() if resource is not None}
    return pulumi.Output.from_input(urns)


def _jump(plan: Plan, secret: Secrets) -> JumpInput | None:
    given = plan.site.host.jump
    if plan.site.host.readiness != "ssh-jump" or given is None:
        return None
    jump: JumpInput = {
        "host": given.host,
        "port": given.port,
        "user": given.user,
        "hostKey": given.host_key or "",
    }
    key = secret(given.private_key_key) if given.private_key_key else None
    if key is not None:
        jump["privateKey"] = key
    return jump


def _inputs(plan: Plan) -> dict[str, Any]:
    host = plan.site.host
    inputs: dict[str, Any] = {"kind": host.kind, "node": plan.initializer.name, "production": host.production}
    return inputs | host_kind(plan).host_inputs(plan)
