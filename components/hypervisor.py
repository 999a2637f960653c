"""What the components need of a hypervisor's module, whichever it is; ``libvirt`` is one."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class VirtualNetwork:
    """The network that a machine is attached to: one of the hypervisor's own, or a bridge that is there."""

    id: pulumi.Output[str] | None = None
    bridge: str | None = None


@dataclass(frozen=True)
class Machine:
    """A virtual machine.

    Attributes:
        resource: the machine.
        id: its id.
        disks: what it boots from; with them goes all that was ever written, and with it the cluster.
    """

    resource: pulumi.Resource
    id: pulumi.Output[str]
    disks: tuple[pulumi.Resource, ...]
