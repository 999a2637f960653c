"""Names: Rancher's host name and the DNS records that the site wants."""

from __future__ import annotations

import ipaddress

from dualstack.addresses import Address
from dualstack.plan.model import DnsRecord, NodePlan
from dualstack.site import Site
from dualstack.sslip import SSLIP, sslip_name, under_sslip


def rancher_hostname(site: Site, node: NodePlan) -> str:
    """Compute Rancher's host name.

    ``auto``: hostname mode takes the FQDN itself (the guide's ``rancher-<fqdn>.sslip.io`` resolves nowhere);
    address mode the guide's ``rancher-<IPv4>.sslip.io``. ``dual``: the name that sslip.io answers with A and AAAA.
    Empty where the address that it needs is not known.
    """
    wanted = site.rancher.hostname
    if wanted not in ("auto", "dual"):
        return wanted
    if wanted == "auto" and site.mode == "hostname":
        return site.provisioning.hostname or ""
    if node.ipv4 is None:
        return ""
    if wanted == "auto":
        return f"rancher-{node.ipv4}.{SSLIP}"
    if node.ipv6 is None:
        return ""
    return sslip_name("rancher-", node.ipv4, node.ipv6)


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


def _link_length(site: Site, node: NodePlan, address: Address) -> int:
    for interface in site.nodes[node.index].interfaces:
        for ip in (interface.ipv4, interface.ipv6):
            if ip is not None and ip.address is not None and ip.address.interface.ip == address.ip:
                return ip.address.interface.network.prefixlen
    return 24 if isinstance(address.ip, ipaddress.IPv4Address) else 64


def plan_dns(
    site: Site, node: NodePlan, serving: tuple[Address | None, Address | None], rancher: str
) -> tuple[DnsRecord, ...]:
    """Compute A and AAAA of each name of the site, and one PTR for each address.

    Args:
        site: the site.
        node: its first node.
        serving: IPv4 and IPv6 address of the interface that serves the machines.
        rancher: Rancher's host name.

    Names under sslip.io and nip.io get no record: that server answers them, and nobody else can.
    """
    wanted: list[tuple[str, tuple[Address | None, Address | None]]] = []
    if site.mode == "hostname" and site.provisioning.hostname:
        wanted.append((site.provisioning.hostname, serving))
    if rancher and rancher not in {name for name, _ in wanted}:
        wanted.append((rancher, (node.ipv4, node.ipv6)))
    wanted = [(name, pair) for name, pair in wanted if not under_sslip(name)]
    records: list[DnsRecord] = []
    pointed: set[str] = set()
    for name, pair in wanted:
        zone = _zone(site, name, _forward_zone(name))
        for address in pair:
            if address is None:
                continue
            kind = "A" if address.ip.version == 4 else "AAAA"
            records.append(DnsRecord(name, kind, str(address), zone, site.dns.ttl))  # type: ignore[arg-type]
    for name, pair in wanted:
        for address in pair:
            if address is None or not site.dns.pointers:
                continue
            pointer = address.ip.reverse_pointer
            if pointer in pointed:
                continue
            pointed.add(pointer)
            derived = _reverse_zone(address, _link_length(site, node, address))
            records.append(DnsRecord(pointer, "PTR", name, _zone(site, pointer, derived), site.dns.ttl))
    return tuple(records)
