"""Which kind of host makes what: the one place that chooses, and all that the components know of any of them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi

from components.secrets import Secrets
from dualstack.plan import Plan


@dataclass(frozen=True)
class VirtualNetwork:
    """The network that a machine is attached to: one of the hypervisor's own, or a bridge that is there."""

    id: pulumi.Output[str] | None = None
    bridge: str | None = None


@dataclass(frozen=True)
class Surroundings:
    """What machines are made of.

    Attributes:
        secret: reads passwords.
        network: what they are attached to; None where nothing was made.
        image: path or URL of the image that they start from; None for an empty disk, or where the site names one.
        after: what must be there first.
    """

    secret: Secrets
    network: VirtualNetwork | None
    image: pulumi.Input[str] | None
    after: list[pulumi.Resource]


@dataclass(frozen=True)
class Machine:
    """A machine that was made.

    Attributes:
        resource: the machine.
        id: its id.
        disk: what it boots from; with it goes all that was ever written, and with it the cluster.
    """

    resource: pulumi.Resource
    id: pulumi.Output[str]
    disk: pulumi.Resource


@dataclass(frozen=True)
class Machines:
    """What was made.

    Attributes:
        by_node: the machines by their node's name; empty where they were there, and stay.
        installed: what is waited for before any host is asked.
    """

    by_node: Mapping[str, Machine] = field(default_factory=dict)
    installed: list[pulumi.Resource] = field(default_factory=list)


class HostKind:
    """A kind of host; as it stands here, that of machines which are there already: nothing is made."""

    package: str | None = None
    """Of the provider that it needs, such as ``libvirt``; None where it needs none."""

    def provider(self, name: str, plan: Plan, parent: pulumi.Resource) -> pulumi.ProviderResource:
        """Make that provider, for a caller that gave none."""
        raise NotImplementedError

    def network(self, name: str, plan: Plan, parent: pulumi.Resource) -> VirtualNetwork | None:
        """Make what the machines are attached to."""
        return None

    def machines(self, name: str, plan: Plan, given: Surroundings, parent: pulumi.Resource) -> Machines:
        """Make, or install, each node's machine; with several nodes a node's name follows ``name``."""
        return Machines()

    def image(self, plan: Plan) -> str | None:
        """Give the image that the site names itself, in place of the one that is built."""
        return None

    def network_inputs(self, plan: Plan) -> dict[str, Any]:
        """Give what the network's component shows of it in state."""
        return {}

    def host_inputs(self, plan: Plan) -> dict[str, Any]:
        """Give what the host's component shows of it in state."""
        return {}


KINDS: Final = {
    "existing": "components.hypervisor:HostKind",
    "libvirt": "components.libvirt:Libvirt",
    "redfish": "components.redfish:Redfish",
}
"""``module:class`` by ``host.kind``; a module is loaded, and with it a provider's SDK, where a site is of its kind."""


def host_kind(plan: Plan) -> HostKind:
    """Give the kind of the site's hosts."""
    module, _, name = KINDS[plan.site.host.kind].partition(":")
    kind: HostKind = getattr(importlib.import_module(module), name)()
    return kind
