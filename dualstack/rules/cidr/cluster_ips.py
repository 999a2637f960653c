"""Rules about addresses that a Service asks for inside the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dualstack.address.family import VERSION, IPAddress, IPNetwork
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.rules.name.name_grammar import as_ip

CLUSTER_IP: Final = Rule(
    "DS287-cluster-ip",
    "A Service's own cluster address must be a free one of the service CIDRs.",
    Severity.ERROR,
    'The API server refuses the Service: "the provided network does not match the current range", or the address is '
    "allocated already.",
    "kube-apiserver 1.34, run; kubernetes pkg/registry/core/service/ipallocator; rke2-docs, read: cluster-dns is the "
    "tenth address",
)
RULES = (CLUSTER_IP,)

_FIX: Final = "leave it out, or write a free address of {range}"
_API_SERVER: Final = 1
"""Place of the API server's own Service, which has one family: that of the first range of all."""
_DNS_SERVER: Final = 10
"""Place of the cluster's DNS server, in the first range of each family."""


def cluster_ip(item: At[str], ranges: Sequence[IPNetwork]) -> Findings:
    """Judge one address of a Service; a text that is none, such as ``None``, asks for none.

    Args:
        item: the address.
        ranges: all service CIDRs, the first of a family first; of a family without any nothing is known.
    """
    ip = as_ip(item.value)
    same = [one for one in ranges if ip is not None and one.version == ip.version]
    if ip is None or not same:
        return
    fix = _FIX.format(range=same[0])
    if not any(ip in one for one in same):
        told = " and ".join(map(str, same))
        yield CLUSTER_IP.at(item.path, f"{ip} is outside of the services' range {told}", fix)
    elif any(_reserved(ip, one) for one in same):
        yield CLUSTER_IP.at(item.path, f"{ip} is an end of the services' range, which no Service gets", fix)
    elif owner := _owner(ip, same[0], primary=same[0] == ranges[0]):
        yield CLUSTER_IP.at(item.path, f"{ip} is the address of {owner}", fix)


def _reserved(ip: IPAddress, network: IPNetwork) -> bool:
    """Tell whether the API server gives an address of a range to nobody: its first, and of IPv4 its last."""
    return ip == network.network_address or (ip.version == VERSION["ipv4"] and ip == network.broadcast_address)


def _owner(ip: IPAddress, network: IPNetwork, *, primary: bool) -> str:
    """Return who has an address of the first range of its family; empty where nobody has."""
    place = int(ip) - int(network.network_address) if ip in network else 0
    if place == _API_SERVER and primary:
        return "the API server's own Service"
    return "the cluster's DNS server" if place == _DNS_SERVER else ""
