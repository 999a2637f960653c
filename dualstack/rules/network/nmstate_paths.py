"""From a path in a node's merged nmstate back to the field of the site file that it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualstack.document.origins import Path
from dualstack.plan.model import NodePlan
from dualstack.rules.network.nmstate_view import is_list
from dualstack.site.network import Node

_FIELDS: dict[str | int, str] = {
    "mac-address": "mac",
    "base-iface": "base",
    "link-aggregation": "bond",
    "port": "ports",
}


def _covers(raw: object, rest: Path) -> bool:
    """True where raw nmstate holds the value at a path, or a list or scalar in its place."""
    for step in rest:
        if not isinstance(raw, Mapping):
            return True
        if step not in raw:
            return False
        raw = raw[step]
    return bool(rest)


def _field(rest: Path) -> Path:
    """Turn a path within an nmstate interface into one within an interface of the site file."""
    if len(rest) > 1 and rest[1] == "address":
        return (rest[0], "address")
    return tuple(_FIELDS.get(step, step) for step in rest)


def _name(item: object) -> object:
    return item.get("name") if isinstance(item, Mapping) else None


def _interface(node: Node, raw: Mapping[str, Any], index: int, rest: Path) -> Path:
    own = [interface.name for interface in node.interfaces]
    given = raw.get("interfaces")
    items = list(given) if is_list(given) else []
    if "interfaces" in raw and not is_list(given):
        return ("nmstate", "interfaces", index, *rest)
    if index < len(own):
        for place in reversed(range(len(items))):
            if _name(items[place]) == own[index] and _covers(items[place], rest):
                return ("nmstate", "interfaces", place, *rest)
        return ("interfaces", index, *_field(rest))
    added = [place for place, item in enumerate(items) if _name(item) not in own]
    place = added[index - len(own)] if index - len(own) < len(added) else 0
    return ("nmstate", "interfaces", place, *rest)


def _route_fields(node: Node) -> list[Path]:
    """List where the site gives each computed route, in the plan's order: gateways, then routes."""
    gateways: list[Path] = [
        ("interfaces", place, family, "gateway")
        for place, interface in enumerate(node.interfaces)
        for family, ip in (("ipv4", interface.ipv4), ("ipv6", interface.ipv6))
        if ip is not None and ip.gateway is not None
    ]
    return gateways + [("routes", place) for place in range(len(node.routes))]


def _route(node: Node, index: int, rest: Path) -> Path:
    fields = _route_fields(node)
    if index >= len(fields):
        return ("routes",)
    field = fields[index]
    if field[0] == "interfaces":
        return (*field[:-1], "metric") if rest == ("metric",) else field
    keys = {"next-hop-address": "gateway", "next-hop-interface": "interface", "table-id": "table"}
    return (*field, *(keys.get(str(step), step) for step in rest))


def site_path(node: Node, plan: NodePlan, path: Path) -> Path:
    """Return the path in the site file of a value in a node's merged nmstate.

    Args:
        node: the node as the site has it.
        plan: its plan, for its place in the site.
        path: the path in ``plan.nmstate``.
    """
    head: Path = ("nodes", plan.index)
    raw = node.nmstate
    if path[:1] == ("interfaces",) and len(path) > 1 and isinstance(path[1], int):
        return (*head, *_interface(node, raw, path[1], path[2:]))
    if path == ("interfaces",) and not ("interfaces" in raw and not is_list(raw["interfaces"])):
        return (*head, "interfaces")
    if path[:2] == ("routes", "config") and len(path) > 2 and not _covers(raw, path[:2]):
        return (*head, *_route(node, int(path[2]), path[3:]))
    if path[:2] == ("dns-resolver", "config") and len(path) > 2 and not _covers(raw, path[:3]):
        return ("dns", "resolvers" if path[2] == "server" else str(path[2]), *path[3:])
    return (*head, "nmstate", *path)
