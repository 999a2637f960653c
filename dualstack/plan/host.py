"""The management host on libvirt, and the networks that a proxy must never see."""

from __future__ import annotations

from dualstack.plan.model import DnsRecord, LibvirtPlan, NodePlan
from dualstack.site import Site
from dualstack.site.network import Interface

GIB = 1 << 30
CLUSTER_NAMES = ("localhost", "127.0.0.1", "::1", ".svc", ".cluster.local")
"""What the cluster itself reaches without a proxy, as RKE2's documentation has it, for both families."""


def plan_no_proxy(site: Site) -> tuple[str, ...]:
    """List what is reached without a proxy: the user's entries, the cluster's names, every CIDR of both families."""
    cidrs = [
        str(getattr(pair, family)) for pair in (site.cluster.pods, site.cluster.services) for family in ("ipv4", "ipv6")
    ]
    for node in site.nodes:
        for interface in node.interfaces:
            for ip in (interface.ipv4, interface.ipv6):
                if ip is not None and ip.address is not None:
                    cidrs.append(str(ip.address.interface.network))
    own = site.image.proxy.no_proxy if site.image.proxy else ()
    names = [site.provisioning.hostname] if site.mode == "hostname" and site.provisioning.hostname else []
    return tuple(dict.fromkeys([*own, *CLUSTER_NAMES, *names, *cidrs]))


def _hosts(records: tuple[DnsRecord, ...], node: NodePlan) -> tuple[tuple[str, str], ...]:
    rows = [(record.name, record.value) for record in records if record.type != "PTR"]
    rows += [(node.name, str(address)) for address in (node.ipv4, node.ipv6) if address is not None]
    return tuple(dict.fromkeys(rows))


def plan_libvirt(
    site: Site, node: NodePlan, management: Interface | None, records: tuple[DnsRecord, ...]
) -> LibvirtPlan | None:
    """Compute the VM and its network; None for a machine that is already there.

    Prefixes are the management interface's own unless the site gives others. All text is canonical: libvirt's
    provider proposes a replacement for anything else (facts: DataDog/test-infra-definitions issue 113).
    """
    if site.host.kind != "libvirt":
        return None
    settings = site.host.libvirt
    addresses: list[str] = []
    for family in ("ipv4", "ipv6"):
        given = getattr(settings.network, family)
        ip = getattr(management, family) if management else None
        if given is not None:
            addresses.append(str(given))
        elif ip is not None and ip.address is not None:
            addresses.append(str(ip.address.interface.network))
    fqdn = site.provisioning.hostname if site.mode == "hostname" else None
    return LibvirtPlan(
        mode=settings.network.mode,
        bridge=settings.network.bridge,
        domain=settings.network.domain or (fqdn.partition(".")[2] if fqdn else None) or None,
        addresses=tuple(addresses),
        hosts=_hosts(records, node),
        mtu=settings.network.mtu,
        mac=_mac(site, node, management),
        pool=settings.pool,
        image=settings.image,
        disk_bytes=settings.disk_size * GIB,
        memory_mib=settings.memory,
        vcpus=settings.vcpus,
        firmware=settings.firmware,
    )


def _mac(site: Site, node: NodePlan, management: Interface | None) -> str | None:
    """Return the MAC of the management NIC, or of the ethernet port under its VLAN and bond."""
    by_name = {item.name: item for item in site.nodes[node.index].interfaces}
    seen: set[str] = set()
    current = management
    while current is not None and current.name not in seen:
        if current.mac is not None:
            return current.mac.lower()
        seen.add(current.name)
        below = (
            current.vlan.base
            if current.vlan
            else (current.bond.ports[0] if current.bond and current.bond.ports else "")
        )
        current = by_name.get(below)
    return None
