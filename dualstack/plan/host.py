"""The management host on libvirt, and the networks that a proxy must never see."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from dualstack.address.family import FAMILIES
from dualstack.address.pair import Pair, of
from dualstack.address.parsing import Address
from dualstack.address.sslip import under_sslip
from dualstack.plan.model import DnsRecord, LibvirtPlan, MachinePlan, NodePlan
from dualstack.plan.network import addressed_networks, management_interface
from dualstack.site import Site
from dualstack.site.network import Interface

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


def plan_no_proxy(
    site: Site,
    nodes: tuple[NodePlan, ...],
    server: Mapping[str, Any],
    rancher: str,
    reached: Sequence[Pair[Address]],
) -> tuple[str, ...]:
    """List what is reached without a proxy: the user's entries, the cluster's names, every CIDR of both families.

    Args:
        site: the site.
        nodes: its nodes, whose nmstate tells their networks.
        server: server.yaml with the site's own keys.
        rancher: Rancher's host name, empty where not known.
        reached: where API server, Rancher and Ironic are reached; virtual addresses may lie outside the
            networks of the nodes.
    """
    own = site.image.proxy.no_proxy if site.image.proxy else ()
    domain = server.get("cluster-domain")
    names = [f".{domain.strip('.')}"] if isinstance(domain, str) and domain.strip(".") else []
    if site.mode == "hostname" and site.provisioning.hostname:
        names.append(site.provisioning.hostname)
    rancher_values = site.charts.rancher.values
    hosts = [site.cluster.api_host, site.provisioning.external_http_host, rancher_values.get("hostname", rancher)]
    names += [host for host in hosts if isinstance(host, str) and host]
    cidrs = [*_networks(server.get("cluster-cidr")), *_networks(server.get("service-cidr"))]
    for node, planned in zip(site.nodes, nodes, strict=True):
        cidrs += addressed_networks(planned.nmstate)
        for interface in node.interfaces:
            for ip in interface.families.values():
                if ip.reservation is not None:
                    cidrs.append(str(ipaddress.ip_network(str(ip.reservation))))
    if len(nodes) > 1:
        virtual = dict.fromkeys(address for pair in reached for address in pair.values())
        inside = [ipaddress.ip_network(cidr) for cidr in cidrs]
        cidrs += [
            str(ipaddress.ip_network(str(address)))
            for address in virtual
            if not any(address.ip in network for network in inside)
        ]
    return tuple(dict.fromkeys([*own, *CLUSTER_NAMES, *names, *cidrs]))


def _hosts(records: tuple[DnsRecord, ...], nodes: Sequence[NodePlan]) -> tuple[tuple[str, str], ...]:
    rows = [(record.name, record.value) for record in records if record.forward]
    rows += [(node.name, str(address)) for node in nodes for address in node.addresses.values()]
    return tuple(dict.fromkeys(rows))


def plan_libvirt(
    site: Site, nodes: Sequence[NodePlan], initializer: NodePlan, records: tuple[DnsRecord, ...]
) -> LibvirtPlan | None:
    """Compute the VMs and their network; None for machines that are already there.

    Prefixes are the management interface's own unless the site gives others. All text is canonical: libvirt's
    provider proposes a replacement for anything else (DataDog/test-infra-definitions issue 113).
    """
    if site.host.kind != "libvirt":
        return None
    settings = site.host.libvirt
    management = management_interface(site.nodes[initializer.index])
    addresses: list[str] = []
    for family in FAMILIES:
        given = of(settings.network, family)
        ip = management.families.of(family) if management else None
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
        hosts=_hosts(records, nodes),
        mtu=settings.network.mtu,
        machines=tuple(MachinePlan(node, _macs(site, node)) for node in nodes),
        pool=settings.pool,
        image=settings.image,
        disk_bytes=settings.disk_size * GIB,
        memory_mib=settings.memory,
        vcpus=settings.vcpus,
        firmware=settings.firmware,
    )


def _macs(site: Site, node: NodePlan) -> tuple[str, ...]:
    """Return the MACs of a machine's NICs: first those below the management interface, then the others.

    A bond's ports are NICs, a VLAN's base is one. Empty where the site names none.
    """
    interfaces = site.nodes[node.index].interfaces
    by_name = {item.name: item for item in interfaces}
    first: list[Interface] = []
    todo = [node.management] if node.management else []
    seen: set[str] = set()
    while todo:
        name = todo.pop(0)
        current = by_name.get(name)
        if current is None or name in seen:
            continue
        seen.add(name)
        if current.mac is not None and current.kind != "vlan":
            first.append(current)
        todo += [current.vlan.base] if current.vlan else list(current.bond.ports) if current.bond else []
    others = [item for item in interfaces if item.kind == "ethernet"]
    macs = [item.mac.lower() for item in [*first, *others] if item.mac is not None and item.kind == "ethernet"]
    if not macs and first:
        macs = [item.mac.lower() for item in first if item.mac is not None]
    return tuple(dict.fromkeys(macs))
