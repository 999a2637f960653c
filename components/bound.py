"""What lives and dies with the host, known by its URNs: they alone pass from one component to another."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.resource import DependencyResource

from components.outputs import HostBinding


class Bound:
    """The host's resources, for options; one that is not there is left out when the resource is registered.

    Attributes:
        ready: what uses the cluster depends on it.
        machine: the machine; with it goes all that is on it.
        disk: what the cluster lives on; a machine that is replaced alone keeps it.
    """

    def __init__(self, host: pulumi.Input[HostBinding]) -> None:
        known: pulumi.Output[Any] = pulumi.Output.from_input(host)
        self.ready, self.machine, self.disk = (_Known(known, key) for key in ("ready", "machine", "disk"))


class _Known(DependencyResource):
    """A resource of which the URN is known, once it is."""

    def __init__(self, host: pulumi.Output[Any], key: str) -> None:
        super().__init__("")
        self.__dict__["urn"] = host.apply(lambda urns: urns.get(key))
