"""A strict reading of the network files that dualstack writes by itself: unknown keys, missing ones, wrong types.

Only the part of nmstate that the plan emits; the key lists are nmstate 2.2.60's. It needs nobody's tool, so it always
runs, and it refuses more than nmstate does: a key that the plan is not known to write is an error here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

MAC = re.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
KINDS = {"ethernet": {"mac-address"}, "bond": {"link-aggregation"}, "vlan": {"vlan"}}
COMMON = {"name", "type", "state", "ipv4", "ipv6"}
MODES = {"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}


def _keys(where: str, body: Any, must: set[str], may: set[str]) -> Iterator[str]:
    if not isinstance(body, dict):
        yield f"{where}: no mapping"
        return
    yield from (f"{where}: {key} is missing" for key in sorted(must - set(body)))
    yield from (f"{where}: {key} is unknown" for key in sorted(set(body) - must - may))


def _is(where: str, value: Any, kind: type) -> Iterator[str]:
    if type(value) is not kind:
        yield f"{where}: {value!r} is no {kind.__name__}"


def _address(where: str, text: Any, version: int | None = None) -> Iterator[str]:
    try:
        ip = ipaddress.ip_address(text) if isinstance(text, str) else None
    except ValueError:
        ip = None
    if ip is None or str(ip) != text or version not in (None, ip.version):
        yield f"{where}: {text!r} is no canonical address"


def _ip(where: str, body: Any, family: str) -> Iterator[str]:
    if body == {"enabled": False}:
        return
    autoconf = {"autoconf"} if family == "ipv6" else set()
    yield from _keys(where, body, {"enabled", "dhcp"} | autoconf, {"address"})
    for key in body:
        if key != "address":
            yield from _is(f"{where}.{key}", body[key], bool)
    for index, item in enumerate(body.get("address", ())):
        place = f"{where}.address[{index}]"
        yield from _keys(place, item, {"ip", "prefix-length"}, set())
        yield from _address(f"{place}.ip", item.get("ip"), int(family[-1]))
        yield from _is(f"{place}.prefix-length", item.get("prefix-length"), int)
    if body.get("autoconf") and not body.get("dhcp"):
        yield f"{where}: autoconf without dhcp"
    if body.get("enabled") and not body.get("dhcp") and not body.get("address"):
        yield f"{where}: enabled, and no address can come"


def _interface(where: str, body: Any) -> Iterator[str]:
    kind = body.get("type")
    if kind not in KINDS:
        yield f"{where}: type {kind!r}"
        return
    yield from _keys(where, body, COMMON | KINDS[kind], {"mtu", "mac-address", "identifier", "wait-ip"})
    if body.get("state") != "up":
        yield f"{where}: state {body.get('state')!r}"
    if body.get("identifier", "mac-address") != "mac-address":
        yield f"{where}: identifier {body['identifier']!r}"
    for family in body["wait-ip"].split("+") if "wait-ip" in body else ():
        if family not in ("ipv4", "ipv6") or not body[family]["enabled"]:
            yield f"{where}: waits for {family}"
    if "mac-address" in body and not MAC.fullmatch(str(body["mac-address"])):
        yield f"{where}: MAC {body['mac-address']!r}"
    if "mtu" in body:
        yield from _is(f"{where}.mtu", body["mtu"], int)
    for family in ("ipv4", "ipv6"):
        yield from _ip(f"{where}.{family}", body.get(family), family)
    if kind == "bond":
        bond = body["link-aggregation"]
        yield from _keys(f"{where}.link-aggregation", bond, {"mode", "port"}, {"options"})
        if bond.get("mode") not in MODES:
            yield f"{where}: mode {bond.get('mode')!r}"
        yield from _is(f"{where}.port", bond.get("port"), list)
    if kind == "vlan":
        yield from _keys(f"{where}.vlan", body["vlan"], {"base-iface", "id"}, set())
        yield from _is(f"{where}.vlan.id", body["vlan"].get("id"), int)


def problems(document: Any) -> list[str]:
    """List everything in a network file that is not as the plan writes it."""
    found = list(_keys("", document, {"interfaces", "dns-resolver"}, {"routes"}))
    names = [body.get("name") for body in document["interfaces"]]
    for index, body in enumerate(document["interfaces"]):
        found += _interface(f"interfaces[{index}]", body)
    for index, route in enumerate(document.get("routes", {}).get("config", ())):
        where = f"routes[{index}]"
        must = {"destination", "next-hop-address", "next-hop-interface"}
        found += _keys(where, route, must, {"metric", "table-id"})
        found += _address(f"{where}.next-hop-address", route.get("next-hop-address"))
        if route.get("next-hop-interface") not in names:
            found.append(f"{where}: over {route.get('next-hop-interface')}")
        if str(ipaddress.ip_network(route.get("destination"))) != route.get("destination"):
            found.append(f"{where}: {route.get('destination')!r} is not canonical")
    resolver = document["dns-resolver"]
    found += _keys("dns-resolver", resolver, {"config"}, set())
    found += _keys("dns-resolver.config", resolver.get("config"), {"server"}, {"search"})
    for server in resolver["config"]["server"]:
        found += _address("dns-resolver.config.server", server)
    return found
