"""Which interface and which addresses are a node's own, and every network that the site names."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from dualstack.address.family import FAMILIES
from dualstack.address.pair import of
from dualstack.address.parsing import Address
from dualstack.document.frozen import Frozen, dig
from dualstack.document.origins import Path
from dualstack.plan.model import Network
from dualstack.site import Site
from dualstack.site.network import Interface, Ipv4, Ipv6, Node


def management_interface(node: Node) -> Interface | None:
    """Return the interface whose addresses are the node's own.

    The named one; else the first with a gateway; else the first with an address or autoconfiguration; else None.
    """
    if node.management is not None:
        return next((item for item in node.interfaces if item.name == node.management), None)
    for wanted in (_has_gateway, _has_address):
        for interface in node.interfaces:
            if wanted(interface):
                return interface
    return None


def _has_gateway(interface: Interface) -> bool:
    return any(ip.gateway is not None for ip in interface.families.values())


def _has_address(interface: Interface) -> bool:
    return any((ip.address is not None or ip.dhcp) for ip in interface.families.values())


def own_address(ip: Ipv4 | Ipv6 | None) -> Address | None:
    """Return the address that an interface will have, where the site states it: static, else reserved."""
    if ip is None or not ip.enabled:
        return None
    return ip.address.address if ip.address is not None else ip.reservation


def asks_for_addresses(node: Node) -> bool:
    """Tell whether the management interface gets its address of either family from DHCP."""
    interface = management_interface(node)
    families = interface.families.values() if interface else ()
    return any(ip.enabled and ip.dhcp for ip in families)


def serving_interface(site: Site, node: Node) -> Interface | None:
    """Return the interface whose addresses serve the machines that are provisioned."""
    wanted = site.provisioning.interface
    if wanted is None:
        return management_interface(node)
    return next((item for item in node.interfaces if item.name == wanted), None)


def addressed_networks(nmstate: Frozen) -> list[str]:
    """List the networks of the static addresses in a node's nmstate; what is no address is left out."""
    found: list[str] = []
    interfaces = dig(nmstate, "interfaces")
    for interface in interfaces if isinstance(interfaces, tuple) else ():
        for family in FAMILIES:
            addresses = dig(interface, family, "address")
            for item in addresses if isinstance(addresses, tuple) else ():
                with suppress(ValueError):
                    text = f"{dig(item, 'ip')}/{dig(item, 'prefix-length')}"
                    found.append(str(ipaddress.ip_network(text, strict=False)))
    return found


def on_link(nmstate: Frozen, address: Address) -> bool:
    """Tell whether a node has a static address in the network that an address is in."""
    return any(address.ip in ipaddress.ip_network(network) for network in addressed_networks(nmstate))


def named_networks(site: Site) -> tuple[Network, ...]:
    """List every network that the site names, with the path where it is written."""
    networks: list[Network] = []
    cidrs = (("pods", site.cluster.pods), ("services", site.cluster.services))
    for role, pair in cidrs:
        for family in FAMILIES:
            prefix = of(pair, family)
            networks.append(
                Network(("cluster", role, family), role, prefix.network, f"{role} {family}")  # type: ignore[arg-type]
            )
    for i, node in enumerate(site.nodes):
        for j, interface in enumerate(node.interfaces):
            for family, ip in interface.families.items():
                if ip.address is not None:
                    path: Path = ("nodes", i, "interfaces", j, family, "address")
                    label = f"{node.name} {interface.name}"
                    networks.append(Network(path, "node", ip.address.interface.network, label))
    libvirt = site.host.libvirt.network
    if site.host.kind == "libvirt":
        for family in FAMILIES:
            given = of(libvirt, family)
            if given is not None:
                path = ("host", "libvirt", "network", family)
                networks.append(Network(path, "libvirt", given.network, f"libvirt {family}"))
    return tuple(networks)
