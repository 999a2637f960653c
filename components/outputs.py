"""What the management cluster tells others, as plain data with a type.

Without ``from __future__ import annotations``: the plugin's schema is made of the annotations as they are.
"""

from typing import NamedTuple, NotRequired, TypedDict

import pulumi

from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.plan import Plan

Url = pulumi.Output[str] | None
HostBinding = dict[str, str]
"""What lives and dies with the host, by URN: ``ready``, and, where the program makes one machine, ``machine`` and
``disk``. No type of its own: the SDK takes none that depends on a resource."""


class Addresses(TypedDict):
    """One address of each family; a family that the site does not state is left out."""

    ipv4: NotRequired[str]
    """Such as ``192.168.100.10``."""
    ipv6: NotRequired[str]
    """Such as ``fd00:100::10``, without brackets and prefix length."""


class DnsRecord(TypedDict):
    """A DNS record of the site."""

    name: str
    """Whole, without a dot at the end."""
    type: str
    """``A``, ``AAAA`` or ``PTR``."""
    value: str
    """An address; of a PTR record a name."""
    zone: str
    """The zone that it stands in."""
    ttl: int
    """Seconds."""


def addresses(pair: Pair[Address]) -> Addresses:
    """Give a pair as plain data."""
    given: Addresses = {}
    if pair.ipv4 is not None:
        given["ipv4"] = str(pair.ipv4)
    if pair.ipv6 is not None:
        given["ipv6"] = str(pair.ipv6)
    return given


def node_addresses(plan: Plan) -> dict[str, Addresses]:
    """Give each node's addresses by its name."""
    return {node.name: addresses(node.addresses) for node in plan.nodes}


def records(plan: Plan) -> list[DnsRecord]:
    """Give every record of the plan."""
    return [
        {"name": item.name, "type": item.type, "value": item.value, "zone": item.zone, "ttl": item.ttl}
        for item in plan.dns
    ]


def names(plan: Plan) -> list[str]:
    """Give the names that the site answers to, each once."""
    return list(dict.fromkeys(item.name for item in plan.dns if item.forward))


class Urls(NamedTuple):
    """The URLs of what the site has."""

    api_server: Url
    rancher_url: Url
    ironic_endpoint: Url


def urls(plan: Plan) -> Urls:
    """Give the site's URLs."""

    def told(text: str | None) -> Url:
        return pulumi.Output.from_input(text) if text else None

    return Urls(
        told(plan.access.server),
        told(f"https://{plan.rancher_hostname}" if plan.chart("rancher") else None),
        told(plan.ironic.endpoint if plan.ironic else None),
    )
