"""The DNS records of the site, and the one place that chooses what a backend makes of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import pulumi

from components.outputs import names, records
from components.secrets import Secrets
from dualstack.plan import Plan
from dualstack.plan.model import DnsRecord

BACKENDS: Final = {
    "existing": "components.dns_asked:ask",
    "rfc2136": "components.dns_updates:write",
}
"""``module:function`` by ``dns.backend``, loaded where a site has it; those whose names are not here make nothing."""


@dataclass(frozen=True)
class ManagementDnsArgs:
    """What the records are made of.

    Attributes:
        plan: the site's plan.
        secret: reads the TSIG keys.
    """

    plan: Plan
    secret: Secrets


class ManagementDns(pulumi.ComponentResource):
    """The records in state, and below it what the site's backend makes of them."""

    TYPE: ClassVar = "dualstack:index:ManagementDns"

    names: pulumi.Output[list[str]]
    """The names that the site answers to."""

    def __init__(self, name: str, args: ManagementDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Write the records.

        Args:
            name: name of the component.
            args: plan and keys.
            opts: resource options.
        """
        plan = args.plan
        backend = plan.site.dns.backend
        super().__init__(self.TYPE, name, {"backend": backend, "records": records(plan)}, opts)
        if maker := BACKENDS.get(backend):
            module, _, function = maker.partition(":")
            make: Make = getattr(importlib.import_module(module), function)
            make(self, name, args)
        self.names = pulumi.Output.from_input(names(plan))
        self.register_outputs({"names": self.names})


Make = Callable[[ManagementDns, str, ManagementDnsArgs], None]
"""Makes a backend's resources below the component, with names that begin with the component's."""


def forward(plan: Plan) -> dict[str, list[DnsRecord]]:
    """Give A and AAAA by name, in the plan's order."""
    names: dict[str, list[DnsRecord]] = {}
    for record in plan.dns:
        if record.forward:
            names.setdefault(record.name, []).append(record)
    return names
