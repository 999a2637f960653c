"""What the components need of a hypervisor's module, whichever it is; ``libvirt`` is one."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class VirtualNetwork:
    """The network that a machine is attached to."""

    id: pulumi.Output[str]


@dataclass(frozen=True)
class Machine:
    """A virtual machine."""

    resource: pulumi.Resource
    id: pulumi.Output[str]
