"""What an address may be used for, and how many there are in a range."""

from __future__ import annotations

import ipaddress

from dualstack.address.family import BITS, Family, IPAddress, IPNetwork


def is_global_unicast(ip: IPAddress) -> bool:
    """Tell whether an address can be a host's own, as Go's ``IsGlobalUnicast`` does (EIB uses it).

    Private and ULA addresses count; unspecified, loopback, multicast, link-local and the IPv4 broadcast do not.
    """
    return not (
        ip.is_unspecified
        or ip.is_loopback
        or ip.is_multicast
        or ip.is_link_local
        or ip == ipaddress.IPv4Address("255.255.255.255")
    )


def in_same_family(a: IPNetwork, b: IPNetwork) -> bool:
    """True where two networks are of one family and share at least one address."""
    return a.version == b.version and a.overlaps(b)


def node_blocks(network: IPNetwork, node_mask: int) -> int:
    """Count the node blocks in a pod CIDR: ``2^(node mask - prefix length)``, 0 where none fits.

    Source: kubernetes ``pkg/controller/nodeipam/ipam/cidrset/cidr_set.go``.
    """
    if node_mask < network.prefixlen or node_mask > network.max_prefixlen:
        return 0
    return 1 << (node_mask - network.prefixlen)


def usable_services(network: IPNetwork, most: int | None = None) -> int:
    """Count the service addresses: IPv4 without network and broadcast, IPv6 without the first one.

    Source: kubernetes ``pkg/registry/core/service/ipallocator/ipallocator.go``.

    Args:
        network: the service CIDR.
        most: how many of its addresses are looked at; None where all are.
    """
    looked_at = network.num_addresses if most is None else min(most, network.num_addresses)
    return max(0, looked_at - (2 if network.version == 4 else 1))


def usable_pods(family: Family, node_mask: int) -> int:
    """Count the addresses for pods in one node block, without the first and last one; 0 for a mask that is none."""
    if not 0 <= node_mask <= BITS[family]:
        return 0
    return max(0, (1 << (BITS[family] - node_mask)) - 2)
