"""Names: Rancher's host name and the DNS records that the site wants."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from dualstack.address.family import RECORD_TYPE, family_of
from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.address.sslip import SSLIP, sslip_name, under_sslip
from dualstack.plan.model import DnsRecord, NodePlan
from dualstack.plan.topology import several
from dualstack.site import Site


def rancher_hostname(site: Site, entry: Pair[Address]) -> str:
    """Compute Rancher's host name.

    ``auto``: hostname mode takes the FQDN itself (the guide's ``rancher-<fqdn>.sslip.io`` resolves nowhere);
    address mode the guide's ``rancher-<IPv4>.sslip.io``. ``dual``: the name that sslip.io answers with A and AAAA; with
    several nodes ``auto`` is that in hostname mode, where the FQDN is Ironic's virtual address and Rancher has another.
    Empty where the address that it needs is not known.
    """
    wanted = site.rancher.hostname
    if wanted not in ("auto", "dual"):
        return wanted
    if wanted == "auto" and site.mode == "hostname":
        if not several(site):
            return site.provisioning.hostname or ""
        wanted = "dual"
    if entry.ipv4 is None:
        return ""
    if wanted == "auto":
        return f"rancher-{entry.ipv4}.{SSLIP}"
    if entry.ipv6 is None:
        return ""
    return sslip_name("rancher-", entry.ipv4, entry.ipv6)


def _zone(site: Site, name: str, derived: str) -> str:
    """Return the longest of the site's zones that holds a name, else the derived one."""
    labels = name.lower()
    held = [
        zone.name.rstrip(".")
        for zone in site.dns.zones
        if labels == zone.name.rstrip(".").lower() or labels.endswith("." + zone.name.rstrip(".").lower())
    ]
    return max(held, key=len, default=derived)


def _forward_zone(name: str) -> str:
    return name.partition(".")[2] or name


def _reverse_zone(address: Address, prefixlen: int) -> str:
    """Derive a reverse zone on the boundary at or above the link's prefix: octets for IPv4, nibbles for IPv6."""
    labels = address.ip.reverse_pointer.split(".")
    step, total = (8, 32) if address.ip.version == 4 else (4, 128)
    kept = max(step, min(prefixlen, total - step)) // step
    return ".".join(labels[total // step - kept :])


def _link_length(site: Site, address: Address) -> int:
    """Return the prefix length of the link that an address is on: a node's own, or one that a virtual address is in."""
    links = [
        ip.address.interface
        for node in site.nodes
        for interface in node.interfaces
        for ip in interface.families.values()
        if ip.address is not None
    ]
    own = next((link.network.prefixlen for link in links if link.ip == address.ip), None)
    around = next((link.network.prefixlen for link in links if address.ip in link.network), None)
    return own or around or (24 if isinstance(address.ip, ipaddress.IPv4Address) else 64)


def _named(
    site: Site,
    nodes: Sequence[NodePlan],
    api: Pair[Address],
    entry: Pair[Address],
    serving: Pair[Address],
    rancher: str,
) -> list[tuple[str, list[Address]]]:
    """List the site's names with their addresses, IPv4 first; a name once, with the first that it stands for."""
    wanted: list[tuple[str, list[Address]]] = []
    if site.mode == "hostname" and site.provisioning.hostname:
        wanted.append((site.provisioning.hostname, list(serving.values())))
    if rancher and rancher not in {name for name, _ in wanted}:
        wanted.append((rancher, list(entry.values())))
    if site.cluster.api_host and several(site):
        # The virtual address has no IPv6 twin with a backend, but every server answers on its own.
        own = [node.ipv6 for node in nodes if node.role == "server" and node.ipv6 is not None]
        wanted.append((site.cluster.api_host, [*api.values(), *own]))
    return [(name, addresses) for name, addresses in wanted if not under_sslip(name)]


def plan_dns(
    site: Site,
    nodes: Sequence[NodePlan],
    api: Pair[Address],
    entry: Pair[Address],
    serving: Pair[Address],
    rancher: str,
) -> tuple[DnsRecord, ...]:
    """Compute A and AAAA of each name of the site, and one PTR for each address.

    Args:
        site: the site.
        nodes: its nodes.
        api: where the API server is reached.
        entry: where Rancher is reached.
        serving: where Ironic serves machines.
        rancher: Rancher's host name.

    Names under sslip.io and nip.io get no record: that server answers them, and nobody else can.
    """
    wanted = _named(site, nodes, api, entry, serving, rancher)
    records: list[DnsRecord] = []
    pointed: set[str] = set()
    for name, addresses in wanted:
        zone = _zone(site, name, _forward_zone(name))
        for address in addresses:
            kind = RECORD_TYPE[family_of(address.ip)]
            records.append(DnsRecord(name, kind, str(address), zone, site.dns.ttl))
    for name, addresses in wanted:
        for address in addresses:
            pointer = address.ip.reverse_pointer
            if not site.dns.pointers or pointer in pointed:
                continue
            pointed.add(pointer)
            derived = _reverse_zone(address, _link_length(site, address))
            records.append(DnsRecord(pointer, "PTR", name, _zone(site, pointer, derived), site.dns.ttl))
    return tuple(records)
