"""Free networks: where a range that is in the way can move to, so that a fix can name the value to write."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from dualstack.address.family import IPNetwork
from dualstack.address.ranges import in_same_family
from dualstack.rules.address.address_text import DOCUMENTATION_RANGES

PRIVATE: tuple[IPNetwork, ...] = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8")
)
"""RFC 1918, RFC 6598 (shared, last choice) and RFC 4193: what a site may take without asking anybody."""
BRIDGES: dict[str, IPNetwork] = {
    "Docker's default bridge": ip_network("172.17.0.0/16"),
    "Podman's default bridge": ip_network("10.88.0.0/16"),
}
"""Sources: openshift installer pkg/types/validation/installconfig.go; containers/common libnetwork (DefaultSubnet)."""


def _first_free(within: IPNetwork, start: int, length: int, taken: Iterable[IPNetwork]) -> IPNetwork | None:
    """Return the first free aligned block of a network from an address on, jumping over what is taken."""
    size = 1 << (within.max_prefixlen - length)
    blockers = sorted((int(net.network_address), int(net.broadcast_address)) for net in taken)
    low = -(-start // size) * size
    for first, last in blockers:
        if first < low + size and low <= last:
            low = -(-(last + 1) // size) * size
    if low + size - 1 > int(within.broadcast_address):
        return None
    return IPv4Network((low, length)) if within.version == 4 else IPv6Network((low, length))


def free_network(near: IPNetwork, length: int, taken: Iterable[IPNetwork]) -> IPNetwork | None:
    """Find a private network that overlaps nothing taken, as near above a given one as can be.

    Deterministic. Where no block of the wanted length is left, smaller ones are tried, down to an eighth of its size.

    Args:
        near: the network to replace; the search starts there where it is private, else in the first private range.
        length: wanted prefix length.
        taken: networks of either family that must be left alone.
    """
    ranges = [net for net in PRIVATE if net.version == near.version]
    blockers = [net for net in (*taken, *BRIDGES.values(), *DOCUMENTATION_RANGES) if net.version == near.version]
    home = [net for net in ranges if near.network_address in net]
    starts = [(net, int(near.network_address)) for net in home] + [(net, int(net.network_address)) for net in ranges]
    for wanted in range(length, min(length + 3, near.max_prefixlen) + 1):
        for net, start in starts:
            if (found := _first_free(net, start, wanted, blockers)) is not None:
                return found
    return None


class Room:
    """Hands out free networks: the same one for the same item, never one twice."""

    def __init__(self, taken: Iterable[IPNetwork]) -> None:
        """Start with the networks that must be left alone."""
        self._taken = list(taken)
        self._given: dict[object, IPNetwork | None] = {}

    def grown(self, key: object, network: IPNetwork, length: int) -> IPNetwork | None:
        """Return the larger network around a network that is too small, or another free one; see ``take``."""
        around = network.supernet(new_prefix=length) if length < network.prefixlen else network
        others = [other for other in self._taken if other != network]
        if any(in_same_family(around, other) for other in others) or not around.is_private:
            return self.take(key, network, length)
        self._taken.append(around)
        return around

    def take(self, key: object, near: IPNetwork, length: int | None = None) -> IPNetwork | None:
        """Return a free network for an item; None where there is none.

        Args:
            key: tells items apart; a second call with the same key returns the same network.
            near: the network to replace.
            length: wanted prefix length; that of ``near`` where absent.
        """
        if key not in self._given:
            found = free_network(near, near.prefixlen if length is None else length, self._taken)
            self._given[key] = found
            if found is not None:
                self._taken.append(found)
        return self._given[key]
