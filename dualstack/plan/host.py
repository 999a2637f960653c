"""The management host on libvirt, and the networks that a proxy must never see."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dualstack.plan.model import DnsRecord, LibvirtPlan, NodePlan
from dualstack.plan.network import addressed_networks
from dualstack.site import Site
from dualstack.site.network import Interface
from dualstack.sslip import under_sslip

GIB = 1 << 30
CLUSTER_NAMES = ("localhost", "127.0.0.1", "::1", ".svc", ".cluster.local")
"""What the cluster itself reaches without a proxy, as RKE2's documentation has it, for both families."""


def _networks(value: Any) -> list[str]:
    """Read the networks of one of server.yaml's lists, whatever a person wrote there."""
    found = []
    for part in ",".join(str(item) for item in (value if isinstance(value, list | tuple) else (value,))).split(","):
        with suppress(ValueError):
            found.append(str(ipaddress.ip_network(part.strip(), strict=False)))
    return found


def plan_no_proxy(site: Site, nodes: tuple[NodePlan, ...], server: Mapping[str, Any], rancher: str) -> tuple[str, ...]:
    """List what is reached without a proxy: the user's entries, the cluster's names, every CIDR of both families.

    Args:
        site: the site.
        nodes: its nodes, whose nmstate tells their networks.
        server: server.yaml with the site's own keys.
        rancher: Rancher's host name, empty where not known.
    """
    own = site.image.proxy.no_proxy if site.image.proxy else ()
    domain = server.get("cluster-domain")
    names = [f".{domain.strip('.')}"] if isinstance(domain, str) and domain.strip(".") else []
    if site.mode == "hostname" and site.provisioning.hostname:
        names.append(site.provisioning.hostname)
    rancher_values = site.charts.rancher.values
    hosts = [site.provisioning.external_http_host, rancher_values.get("hostname", rancher)]
    names += [host for host in hosts if isinstance(host, str) and host]
    cidrs = [*_networks(server.get("cluster-cidr")), *_networks(server.get("service-cidr"))]
    for node, planned in zip(site.nodes, nodes, strict=True):
        cidrs += addressed_networks(planned.nmstate)
        for interface in node.interfaces:
            for ip in (interface.ipv4, interface.ipv6):
                if ip is not None and ip.reservation is not None:
                    cidrs.append(str(ipaddress.ip_network(str(ip.reservation))))
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
    provider proposes a replacement for anything else (DataDog/test-infra-definitions issue 113).
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
    if fqdn and under_sslip(fqdn):
        fqdn = None  # the network's own server would answer for all of sslip.io
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
