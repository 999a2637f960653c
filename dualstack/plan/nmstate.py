"""A node's network file: what nm-configurator takes, which is nmstate's own form.

Source of the form: nmstate's ``rust/src/lib`` as nm-configurator reads it (strict: unknown keys are refused).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from dualstack.address.family import FAMILIES, Family
from dualstack.document.frozen import freeze
from dualstack.document.merge import overlay
from dualstack.plan.model import NodePlan
from dualstack.plan.network import management_interface, own_address, serving_interface
from dualstack.site import Site
from dualstack.site.network import Interface, Ipv4, Ipv6, Node

DEFAULT_ROUTE: dict[Family, str] = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}


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


def _found_by_mac(section: dict[str, Any], repeated: Collection[str]) -> dict[str, Any]:
    """Have an ethernet interface found by its MAC, not by the name that this file gives it.

    nm-configurator puts the real NIC's name in by replacing text, which misses a VLAN of another name, takes eth1 for
    a part of eth10, and does nothing where the kernel has swapped two names. With an identifier the key file has
    ``mac-address=`` and what rests on the NIC names its connection by UUID (seen with nm-configurator 0.3.5).

    Args:
        section: the interface.
        repeated: MACs, in lower case, that several interfaces have, as a bond may repeat its port's: nm-configurator
            takes the NIC's key file for the other's then, and refuses the whole.
    """
    mac = section.get("mac-address")
    if section.get("type") != "ethernet" or not isinstance(mac, str) or not mac or "identifier" in section:
        return section
    if mac.lower() in repeated:
        return section
    found: dict[str, Any] = {}
    for key, item in section.items():
        found[key] = item
        if key == "mac-address":
            found["identifier"] = "mac-address"
    return found


def _awaited(section: dict[str, Any]) -> dict[str, Any]:
    """Have the boot wait for every family of an interface, where either comes from the network.

    NetworkManager calls a connection up once one family is; RKE2 then starts without the other (seen: the global IPv6
    came 2 s after ``nm-online -s`` was content with IPv4).
    """
    on: list[Family] = []
    given = False
    for family in FAMILIES:
        ip = section.get(family)
        if isinstance(ip, Mapping) and ip.get("enabled") is True:
            on.append(family)
            given = given or ip.get("dhcp") is True or ip.get("autoconf") is True
    return {**section, "wait-ip": "+".join(on)} if given and "wait-ip" not in section else section


def _settled(merged: Any, awaited: set[str]) -> Any:
    """Complete a node's merged nmstate: what holds for an interface whether it comes from fields or from raw nmstate.

    Args:
        merged: the nmstate, of whatever shape raw nmstate gave it.
        awaited: names of the interfaces that RKE2 and Ironic need at their start.
    """
    interfaces = merged.get("interfaces") if isinstance(merged, dict) else None
    if not isinstance(interfaces, list):
        return merged
    macs = Counter(str(item.get("mac-address")).lower() for item in interfaces if isinstance(item, Mapping))
    repeated = {mac for mac, count in macs.items() if count > 1}
    settled: list[Any] = []
    for item in interfaces:
        section = item
        if isinstance(item, Mapping) and item.get("state", "up") == "up":
            section = _found_by_mac(dict(item), repeated)
            if isinstance(name := item.get("name"), str) and name in awaited:
                section = _awaited(section)
        settled.append(section)
    return {**merged, "interfaces": settled}


def plan_node(site: Site, index: int) -> NodePlan:
    """Compute one node's nmstate and its addresses.

    The node's raw ``nmstate`` is merged over the fields: mappings by key, interfaces by name, other lists replace.
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
    needed = {item.name for item in (management, serving_interface(site, node)) if item is not None}
    return NodePlan(
        name=node.name,
        index=index,
        management=management.name if management else None,
        ipv4=own_address(management.ipv4) if management else None,
        ipv6=own_address(management.ipv6) if management else None,
        nmstate_computed=freeze(state),
        nmstate=freeze(_settled(overlay(state, node.nmstate, named=("interfaces",)), needed)),
        role=node.role,
    )
