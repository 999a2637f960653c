"""Rules about the static addresses of a node's interfaces."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from dualstack.address.family import LABEL, Family, IPAddress, IPInterface, family_of
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.rules.network.nmstate_view import Link

ADDRESS = Rule(
    "DS057-host-address",
    "A node's address must be one that a host can have, and stand on one interface only.",
    Severity.ERROR,
    "The kernel refuses the address, or nobody can reach the node under it.",
    "RFC 1122 section 3.2.1.3; RFC 4291 section 2.5",
    firm=True,
)
DOUBTFUL = Rule(
    "DS058-doubtful-address",
    "A node's address should have the prefix of its link, and be neither a router's nor link-local.",
    Severity.WARNING,
    "Neighbours on the link are reached through the router only, or the address does not serve.",
    "RFC 4291 section 2.6.1; nmstate rust/src/lib/ip.rs (drops link-local ones)",
)
RULES = (ADDRESS, DOUBTFUL)

ALONE = ("dummy", "loopback")
"""Types of interfaces without a link: their addresses have no neighbours."""
SHORTEST: dict[Family, int] = {"ipv4": 16, "ipv6": 64}
"""Shortest prefix that a link has: a site's own /48 is many links (RFC 4291 section 2.5.4, RFC 6177)."""
LINK_LENGTH: dict[Family, int] = {"ipv4": 24, "ipv6": 64}
"""Usual prefix length of a link, for proposals: the guide's for IPv4, RFC 4291's for IPv6."""


def usual(interface: IPInterface) -> IPInterface:
    """Return an address with the usual prefix length of a link."""
    return ipaddress.ip_interface(f"{interface.ip}/{LINK_LENGTH[family_of(interface)]}")


def _unusable(ip: IPAddress) -> str:
    if ip.is_unspecified:
        return "the unspecified address"
    if ip.is_loopback:
        return "a loopback address"
    if ip.is_multicast:
        return "a multicast address"
    if isinstance(ip, ipaddress.IPv4Address) and (int(ip) >> 28 == 0xF or int(ip) >> 24 == 0):
        return "no address that a host can have"
    return ""


def _proposed(interface: IPInterface) -> AnyFix:
    """Propose an address of the same link: the tenth, or the first in a short prefix."""
    network = interface.network
    offset = 10 if network.num_addresses > 16 else 1
    if network.num_addresses < 4 or _unusable(network[offset]):
        return "write the address that the network's plan has for this node"
    return write(f"{network[offset]}/{network.prefixlen}", ", or another host address of the link")


def host_address(item: At[IPInterface], alone: bool = False) -> Findings:
    """Judge one static address with the prefix length of its link.

    Args:
        item: the address.
        alone: whether the interface has no link, as a dummy one that holds a router's own address.
    """
    interface = item.value
    ip, network, label = interface.ip, interface.network, LABEL[family_of(interface)]
    if what := _unusable(ip):
        yield ADDRESS.at(item.path, f"{ip} is {what}", f"write the {label} address that is this node's own")
    elif ip.is_link_local:
        message = f"{interface} is link-local" + (" and nmstate drops it" if ip.version == 6 else "")
        fix = remove("; the kernel makes one") if ip.version == 6 else "write an address of the link's own prefix"
        yield DOUBTFUL.at(item.path, message, fix)
    elif network.num_addresses == 1:
        if alone:
            return
        proposed = usual(interface)
        message = f"{interface} has no neighbours, the prefix holds this address only"
        yield DOUBTFUL.at(item.path, message, write(str(proposed), guess=True))
    elif network.prefixlen < SHORTEST[family_of(interface)]:
        message = f"{interface} has all of {network} on its link"
        consequence = "What lies beyond the router but within the prefix is looked for on the link, and never answers."
        yield DOUBTFUL.at(item.path, message, write(str(usual(interface)), guess=True), consequence=consequence)
    elif ip.version == 4 and network.prefixlen < 31:
        ends = {network.network_address: "network", network.broadcast_address: "broadcast"}
        if ip in ends:
            yield ADDRESS.at(item.path, f"{ip} is the {ends[ip]} address of {network}", _proposed(interface))
    elif ip.version == 6 and network.prefixlen < 127 and ip == network.network_address:
        message = f"{ip} is the subnet-router anycast address of {network}"
        yield DOUBTFUL.at(item.path, message, _proposed(interface))


def nmstate_addresses(links: Sequence[Link]) -> Findings:
    """Judge the static addresses of one node's interfaces, alone and together."""
    seen: dict[IPAddress, str] = {}
    for link in links:
        for ip in link.ips:
            for address in ip.addresses:
                yield from host_address(address, link.kind in ALONE)
                if not ip.enabled:
                    continue
                known = seen.setdefault(address.value.ip, link.name)
                if known != link.name:
                    message = f"{address.value.ip} stands on {known}, too"
                    yield ADDRESS.at(address.path, message, remove(f" from {known} or from {link.name}"))
