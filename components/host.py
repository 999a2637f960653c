"""The management host: a VM, or a machine that is already there; ready once it answers over both families."""

from __future__ import annotations

from typing import Any, ClassVar

import pulumi

from components.config import SecretReader
from components.dns import ManagementDns
from components.hypervisor import Machine
from components.network import ManagementNetwork
from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.plan import Plan
from dualstack.plan.access import API_PORT
from dualstack.plan.model import NodePlan
from provider.resources import JumpInput, Ready

READY_SECONDS = 3600
"""A first start unpacks all container images of the release before the API answers."""


class ManagementHost(pulumi.ComponentResource):
    """The machine, and the wait for it."""

    TYPE: ClassVar = "dualstack:index:ManagementHost"

    machine: pulumi.Resource | None
    """The machine's resource; None for one that is already there."""
    disks: tuple[pulumi.Resource, ...]
    """What the cluster lives on; a machine that is replaced alone keeps it."""
    ready: Ready
    """What uses the cluster depends on this."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        *,
        secret: SecretReader,
        network: ManagementNetwork,
        dns: ManagementDns,
        image: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the host.

        Args:
            name: name of the component.
            plan: the site's plan.
            secret: reads the private key for the jump host.
            network: what a VM is attached to.
            dns: the records; wrong ones are told before anybody waits for the host.
            image: the disk image of a VM.
            opts: resource options; the libvirt provider comes with them.
        """
        super().__init__(self.TYPE, name, _inputs(plan), opts)
        self.machine, self.disks = None, ()
        machines: dict[str, Machine] = {}
        if plan.libvirt is not None and network.virtual is not None:
            from components import libvirt

            made = libvirt.make_machines(name, plan, plan.libvirt, network.virtual, image, self)
            machines = {node.name: machine for node, machine in zip(plan.nodes, made, strict=True)}
            first = machines[plan.initializer.name]
            self.machine = first.resource
            # A cluster of several nodes outlives each of its disks.
            self.disks = () if plan.several else first.disks
        installed: list[pulumi.Resource] = []
        if plan.installations:
            from components import redfish

            installed = redfish.install(name, plan, secret, image, self, [network, dns])

        def wait(name: str, node: NodePlan, addresses: Pair[Address], after: list[pulumi.Resource]) -> Ready:
            machine = machines.get(node.name)
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
                    depends_on=[network, dns, *installed, *after],
                    deleted_with=machine.resource if machine else None,
                ),
            )

        # Agents have no API server. The virtual address answers once the cluster that announces it is up.
        servers = [node for node in plan.nodes if node.role == "server"] if plan.several else []
        each: list[pulumi.Resource] = [wait(f"{name}-{node.name}-ready", node, node.addresses, []) for node in servers]
        self.ready = wait(f"{name}-ready", plan.initializer, plan.api, each)
        self.register_outputs({"answered": self.ready.answered})


def _jump(plan: Plan, secret: SecretReader) -> JumpInput | None:
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
    if plan.libvirt is not None:
        inputs |= {
            "mac": next(iter(plan.libvirt.machines[plan.initializer.index].macs), None),
            "memoryMib": plan.libvirt.memory_mib,
            "vcpus": plan.libvirt.vcpus,
            "diskBytes": plan.libvirt.disk_bytes,
        }
    return inputs
