"""Host networks as nmstate has them, and what addresses a node has.

Source of the form: nmstate's ``rust/src/lib`` as nm-configurator reads it (strict: unknown keys are refused).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dualstack.addresses import Address, Family
from dualstack.frozen import Frozen, dig, freeze
from dualstack.origins import Path
from dualstack.plan.model import Network, NodePlan
from dualstack.site import Site
from dualstack.site.network import Interface, Ipv4, Ipv6, Node

DEFAULT_ROUTE: dict[Family, str] = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}


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
    return any(ip is not None and ip.gateway is not None for ip in (interface.ipv4, interface.ipv6))


def _has_address(interface: Interface) -> bool:
    return any(ip is not None and (ip.address is not None or ip.dhcp) for ip in (interface.ipv4, interface.ipv6))


def own_address(ip: Ipv4 | Ipv6 | None) -> Address | None:
    """Return the address that an interface will have, where the site states it: static, else reserved."""
    if ip is None or not ip.enabled:
        return None
    return ip.address.address if ip.address is not None else ip.reservation


def asks_for_addresses(node: Node) -> bool:
    """Tell whether the management interface gets its address of either family from DHCP."""
    interface = management_interface(node)
    families = (interface.ipv4, interface.ipv6) if interface else ()
    return any(ip is not None and ip.enabled and ip.dhcp for ip in families)


def serving_interface(site: Site, node: Node) -> Interface | None:
    """Return the interface whose addresses serve the machines that are provisioned."""
    wanted = site.provisioning.interface
    if wanted is None:
        return management_interface(node)
    return next((item for item in node.interfaces if item.name == wanted), None)


def _ip_section(ip: Ipv4 | Ipv6 | None) -> dict[str, Any]:
    if ip is None:
        return {"enabled": False}
    section: dict[str, Any] = {"enabled": ip.enabled, "dhcp": ip.dhcp}
    if isinstance(ip, Ipv6):
        section["autoconf"] = ip.autoconf
    if ip.address is not None:
        interface = ip.address.interface
        section["address"] = [{"ip": str(interface.ip), "prefix-length": interface.network.prefixlen}]
    return section


def _interface(interface: Interface) -> dict[str, Any]:
    section: dict[str, Any] = {"name": interface.name, "type": interface.kind, "state": "up"}
    if interface.mac is not None:
        section["mac-address"] = interface.mac
    if interface.mtu is not None:
        section["mtu"] = interface.mtu
    if interface.bond is not None:
        bond: dict[str, Any] = {"mode": interface.bond.mode, "port": list(interface.bond.ports)}
        if interface.bond.options:
            bond["options"] = dict(interface.bond.options)
        section["link-aggregation"] = bond
    if interface.vlan is not None:
        section["vlan"] = {"base-iface": interface.vlan.base, "id": interface.vlan.id}
    section["ipv4"] = _ip_section(interface.ipv4)
    section["ipv6"] = _ip_section(interface.ipv6)
    return section


def _routes(node: Node, management: Interface | None) -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = []
    for interface in node.interfaces:
        pairs: tuple[tuple[Family, Ipv4 | Ipv6 | None], ...] = (("ipv4", interface.ipv4), ("ipv6", interface.ipv6))
        routes += [
            {
                "destination": DEFAULT_ROUTE[family],
                "next-hop-address": str(ip.gateway),
                "next-hop-interface": interface.name,
                **({} if ip.metric is None else {"metric": ip.metric}),
            }
            for family, ip in pairs
            if ip is not None and ip.gateway is not None
        ]
    for route in node.routes:
        section: dict[str, Any] = {"destination": str(route.destination), "next-hop-address": str(route.gateway)}
        interface_name = route.interface or (management.name if management else None)
        if interface_name is not None:
            section["next-hop-interface"] = interface_name
        if route.metric is not None:
            section["metric"] = route.metric
        if route.table is not None:
            section["table-id"] = route.table
        routes.append(section)
    return routes


def _by_name(base: list[Any], over: list[Any]) -> list[Any]:
    """Merge raw nmstate interfaces by their name, as nmstate itself does."""
    merged = list(base)
    places = {item.get("name"): index for index, item in enumerate(merged) if isinstance(item, Mapping)}
    for item in over:
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(name, str) and name in places:
            merged[places[name]] = _merge(merged[places[name]], item)
        else:
            merged.append(item)
    return merged


def _merge(base: Any, over: Any, key: str = "") -> Any:
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        merged = dict(base)
        for name, item in over.items():
            if item is None:
                merged.pop(name, None)
            else:
                merged[name] = _merge(base[name], item, name) if name in base else item
        return merged
    if key == "interfaces" and isinstance(base, list) and isinstance(over, list):
        return _by_name(base, over)
    return over


def plan_node(site: Site, index: int) -> NodePlan:
    """Compute one node's nmstate and its addresses.

    The node's raw ``nmstate`` is merged last: mappings by key, interfaces by name, other lists replace.
    """
    node = site.nodes[index]
    management = management_interface(node)
    state: dict[str, Any] = {"interfaces": [_interface(item) for item in node.interfaces]}
    if routes := _routes(node, management):
        state["routes"] = {"config": routes}
    resolver: dict[str, Any] = {"server": [str(server) for server in site.dns.resolvers]}
    if site.dns.search:
        resolver["search"] = list(site.dns.search)
    state["dns-resolver"] = {"config": resolver}
    return NodePlan(
        name=node.name,
        index=index,
        management=management.name if management else None,
        ipv4=own_address(management.ipv4) if management else None,
        ipv6=own_address(management.ipv6) if management else None,
        nmstate=freeze(_merge(state, node.nmstate)),
    )


def addressed_networks(nmstate: Frozen) -> list[str]:
    """List the networks of the static addresses in a node's nmstate; what is no address is left out."""
    found: list[str] = []
    interfaces = dig(nmstate, "interfaces")
    for interface in interfaces if isinstance(interfaces, tuple) else ():
        for family in ("ipv4", "ipv6"):
            addresses = dig(interface, family, "address")
            for item in addresses if isinstance(addresses, tuple) else ():
                with suppress(ValueError):
                    text = f"{dig(item, 'ip')}/{dig(item, 'prefix-length')}"
                    found.append(str(ipaddress.ip_network(text, strict=False)))
    return found


def named_networks(site: Site) -> tuple[Network, ...]:
    """List every network that the site names, with the path where it is written."""
    networks: list[Network] = []
    cidrs = (("pods", site.cluster.pods), ("services", site.cluster.services))
    for role, pair in cidrs:
        for family in ("ipv4", "ipv6"):
            prefix = getattr(pair, family)
            networks.append(
                Network(("cluster", role, family), role, prefix.network, f"{role} {family}")  # type: ignore[arg-type]
            )
    for i, node in enumerate(site.nodes):
        for j, interface in enumerate(node.interfaces):
            for family, ip in (("ipv4", interface.ipv4), ("ipv6", interface.ipv6)):
                if ip is not None and ip.address is not None:
                    path: Path = ("nodes", i, "interfaces", j, family, "address")
                    label = f"{node.name} {interface.name}"
                    networks.append(Network(path, "node", ip.address.interface.network, label))
    libvirt = site.host.libvirt.network
    if site.host.kind == "libvirt":
        for family in ("ipv4", "ipv6"):
            given = getattr(libvirt, family)
            if given is not None:
                path = ("host", "libvirt", "network", family)
                networks.append(Network(path, "libvirt", given.network, f"libvirt {family}"))
    return tuple(networks)
