"""Records that go to their zones by dynamic updates (RFC 2136)."""

from __future__ import annotations

from typing import assert_never

import pulumi

from components.dns import ManagementDns, ManagementDnsArgs, forward
from components.secrets import Secrets
from dualstack.site.dns import Zone
from provider.resources import Pointer, RecordSet, ServerInput, TsigInput


def write(parent: ManagementDns, name: str, args: ManagementDnsArgs) -> None:
    """Make a resource for each name with both families, and one for each pointer."""
    plan, secret = args.plan, args.secret
    zones = {zone.name.rstrip(".").lower(): zone for zone in plan.site.dns.zones}
    # Two servers of a site file may be one machine: a new record must not be what is then deleted as the old one.
    options = pulumi.ResourceOptions(parent=parent, delete_before_replace=True)
    for host, both in forward(plan).items():
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
        match record.type:
            case "A" | "AAAA":
                continue
            case "PTR":
                Pointer(
                    f"{name}-{record.name}",
                    record=record.name,
                    zone=record.zone,
                    target=record.value,
                    ttl=record.ttl,
                    server=_server(zones.get(record.zone.lower()), secret),
                    opts=options,
                )
            case _:
                assert_never(record.type)


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
