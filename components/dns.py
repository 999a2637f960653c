"""The DNS records of the site."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi

from components.outputs import names, records
from components.secrets import Secrets
from dualstack.plan import Plan
from dualstack.plan.model import DnsRecord
from dualstack.site.dns import Zone
from dualstack.stack.project import ONLINE_VARIABLE
from provider.resources import Answers, Pointer, RecordSet, ServerInput, TsigInput


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
    """The records in state; with the backend ``rfc2136`` also written to their zones, with ``existing`` asked for.

    With the virtual network's own backend they are rows of it.
    """

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
        if backend == "rfc2136":
            self._write(name, plan, args.secret)
        elif backend == "existing":
            self._ask(name, plan)
        self.names = pulumi.Output.from_input(names(plan))
        self.register_outputs({"names": self.names})

    def _write(self, name: str, plan: Plan, secret: Secrets) -> None:
        zones = {zone.name.rstrip(".").lower(): zone for zone in plan.site.dns.zones}
        # Two servers of a site file may be one machine: a new record must not be what is then deleted as the old one.
        options = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        for host, both in _forward(plan).items():
            RecordSet(
                f"{name}-{host}",
                record=host,
                zone=both[0].zone,
                ipv4=[record.value for record in both if record.type == "A"],
                ipv6=[record.value for record in both if record.type == "AAAA"],
                ttl=both[0].ttl,
                server=_server(zones.get(both[0].zone.lower()), secret),
                opts=options,
            )
        for record in plan.dns:
            if record.type == "PTR":
                Pointer(
                    f"{name}-{record.name}",
                    record=record.name,
                    zone=record.zone,
                    target=record.value,
                    ttl=record.ttl,
                    server=_server(zones.get(record.zone.lower()), secret),
                    opts=options,
                )

    def _ask(self, name: str, plan: Plan) -> None:
        """Check what others answer: at update by a resource, at preview, where that may go online, by a warning."""
        online = pulumi.runtime.is_dry_run() and os.environ.get(ONLINE_VARIABLE) == "1"
        for host in _forward(plan):
            inputs = asked(plan, host)
            Answers(f"{name}-{host}", **inputs, opts=pulumi.ResourceOptions(parent=self))
            if online:
                from provider.dns.answers import warnings

                for line in warnings(inputs):
                    pulumi.log.warn(line, self)


def asked(plan: Plan, host: str) -> dict[str, Any]:
    """Give what is asked for a name and what is planned for it, as the properties of ``Answers``."""
    dns = plan.site.dns
    both = _forward(plan)[host]
    return {
        "record": host,
        "ipv4": [record.value for record in both if record.type == "A"],
        "ipv6": [record.value for record in both if record.type == "AAAA"],
        "ttl": both[0].ttl,
        "pointers": [record.name for record in plan.dns if record.type == "PTR" and record.value == host],
        "resolvers": [str(resolver) for resolver in dns.check.resolvers or dns.resolvers],
        "port": dns.check.port,
        "timeout": dns.check.timeout,
    }


def _forward(plan: Plan) -> dict[str, list[DnsRecord]]:
    """Give A and AAAA by name, in the plan's order."""
    names: dict[str, list[DnsRecord]] = {}
    for record in plan.dns:
        if record.type != "PTR":
            names.setdefault(record.name, []).append(record)
    return names


def _server(zone: Zone | None, secret: Secrets) -> ServerInput:
    server: ServerInput = {"port": zone.port if zone else 53}
    if zone is not None and zone.server is not None:
        server["address"] = zone.server
    if zone is not None and zone.key is not None:
        key: TsigInput = {"name": zone.key.name, "algorithm": zone.key.algorithm}
        value = secret(zone.key.secret_key)
        if value is not None:
            key["secret"] = value
        server["key"] = key
    return server
