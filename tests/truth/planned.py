"""What a node's network is to be, in the words of the kernel: from the nmstate that the plan has for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULTS = {"0.0.0.0/0", "::/0"}
AS_SHOWN = {"lacp_rate": "ad_lacp_rate"}
"""Options of a bond that ``ip`` has another name for."""


def links(nmstate: Any) -> dict[str, dict[str, Any]]:
    """Give by name what bonds (``mode``, ``ports``, options), VLANs (``id``, ``base``) and MTUs are to be."""
    found: dict[str, dict[str, Any]] = {}
    for one in nmstate["interfaces"]:
        more = {"mtu": one["mtu"]} if "mtu" in one else {}
        if bond := one.get("link-aggregation"):
            options = {key: str(value) for key, value in bond.get("options", {}).items()}
            found[one["name"]] = {"mode": bond["mode"], "ports": set(bond["port"]), **options, **more}
        elif vlan := one.get("vlan"):
            found[one["name"]] = {"id": vlan["id"], "base": vlan["base-iface"], **more}
        elif more:
            found[one["name"]] = more
    return found


def kernel_links(seen: Mapping[str, Any], nmstate: Any, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Give the same of ``ip -d -j link show``; ``names`` are the site's by the kernel's."""
    site = {name: names.get(name, name) for name in seen}
    found: dict[str, dict[str, Any]] = {}
    for name, wanted in links(nmstate).items():
        link = next((item for kernel, item in seen.items() if site[kernel] == name), None)
        if link is None:
            continue
        data = link.get("linkinfo", {}).get("info_data", {})
        ports = {site[item["ifname"]] for item in seen.values() if item.get("master") == link["ifname"]}
        has = {**{key: str(value) for key, value in data.items()}, "mtu": link["mtu"], "ports": ports}
        has |= {"id": data.get("id"), "base": site.get(link.get("link", ""))}
        found[name] = {key: has[AS_SHOWN.get(key, key)] for key in wanted}
    return found


def routes(nmstate: Any) -> set[tuple[str, str, str]]:
    """Give destination, gateway and interface of the routes that are planned."""
    return {
        (_destination(one["destination"]), one["next-hop-address"], one["next-hop-interface"])
        for one in nmstate.get("routes", {}).get("config", [])
    }


def kernel_routes(seen: Mapping[str, Any], names: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """Give the same of ``ip -j route`` of both families: what has a gateway and comes from no router."""
    return {
        (_destination(one["dst"]), one["gateway"], names.get(one["dev"], one["dev"]))
        for items in seen.values()
        for one in items
        if "gateway" in one and one["protocol"] not in ("ra", "dhcp")
    }


def _destination(text: str) -> str:
    return "default" if text in DEFAULTS else text


def addresses(nmstate: Any) -> dict[str, dict[str, list[str]]]:
    """Give the static addresses by interface and family, with prefix lengths; only interfaces that have one."""
    found = {
        one["name"]: {
            family: sorted(f"{item['ip']}/{item['prefix-length']}" for item in one.get(family, {}).get("address", []))
            for family in ("ipv4", "ipv6")
        }
        for one in nmstate["interfaces"]
    }
    return {name: families for name, families in found.items() if any(families.values())}


def resolvers(nmstate: Any) -> list[str]:
    """Give the planned resolvers in their order."""
    return list(nmstate["dns-resolver"]["config"]["server"])
