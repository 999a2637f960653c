"""Routes of a machine, of every table, against the node's network file."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dualstack.address.family import LABEL, Family
from dualstack.plan.model import NodePlan
from dualstack.verify.machine.nics import Nic
from dualstack.verify.machine.reading import Reading
from dualstack.verify.model import Result, Word

_DEFAULTS: Final = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}


def judge(node: NodePlan, nics: Sequence[Nic], reading: Reading, family: Family, result: Result) -> Iterator[Result]:
    """Judge the routes of a family; nothing where none is planned and there is none."""
    try:
        have = [route for route in reading.data(family) if isinstance(route, Mapping)]
    except ValueError as error:
        fix = "see that ip of iproute2 is on the machine"
        yield replace(result, word=Word.NOT_CHECKABLE, seen=str(error), fix=fix)
        return
    config = node.nmstate.get("routes", {}).get("config", ())
    names = {str(nic.wanted.get("name")): nic.name for nic in nics}
    wanted = [route for route in config if _is_of(route, family)]
    wrong = [words for route in wanted for words in _wrong_route(route, names, have, family)]
    given = any(nic.learns(family) for nic in nics)
    defaults = [route for route in have if route.get("dst") == "default" and _table(route) == "254"]
    if not defaults and given and not wrong:
        wrong.append(f"there is no default route over {LABEL[family]}: neither DHCP nor a router gave one")
    if any(route.get("destination") == _DEFAULTS[family] for route in wanted) and not given:
        wrong += _rivals(wanted, names, defaults, family)
    if wrong:
        yield replace(
            result,
            word=Word.FAILED,
            seen="; ".join(wrong),
            consequence=f"{node.name} reaches other networks over {LABEL[family]} by another way than planned, or not",
            fix=f"on {node.name}: ip -{family[-1]} route; nmcli device show; its profile is the one of "
            f"network/{node.name}.yaml of a rendered directory",
        )
    elif wanted or defaults:
        yield replace(result, seen="as planned" if wanted else "a default route")


def _is_of(route: Mapping[str, Any], family: Family) -> bool:
    return (":" in str(route.get("destination"))) is (family == "ipv6")


def _table(route: Mapping[str, Any]) -> str:
    """Give a route's table by number; ``ip`` names the usual ones, and leaves out main."""
    return {"main": "254", "local": "255", "default": "253"}.get(
        str(route.get("table", "main")), str(route.get("table"))
    )


def _wrong_route(
    route: Mapping[str, Any], names: Mapping[str, str | None], have: Sequence[Mapping[str, Any]], family: Family
) -> Iterator[str]:
    destination = str(route.get("destination"))
    shown = "default" if destination == _DEFAULTS[family] else destination.removesuffix("/32").removesuffix("/128")
    label = f"the default route over {LABEL[family]}" if shown == "default" else f"the route to {destination}"
    table = str(route.get("table-id") or 254)
    there = [one for one in have if one.get("dst") == shown and _table(one) == table]
    if not there:
        yield f"{label} is missing" + (f" in table {table}" if table != "254" else "")
        return
    gateway, nic = route.get("next-hop-address"), str(route.get("next-hop-interface"))
    device = names.get(nic) or nic
    hops = [hop | {"metric": one.get("metric", 0)} for one in there for hop in _hops(one)]
    same = [
        hop
        for hop in hops
        if (not gateway or _canonical(hop.get("gateway")) == _canonical(gateway)) and hop.get("dev") == device
    ]
    if not same:
        yield f"{label} goes {_by(hops[0])}, planned is {_by({'gateway': gateway, 'dev': device})}"
        return
    metric = route.get("metric")
    if isinstance(metric, int) and metric >= 0 and all(hop["metric"] != metric for hop in same):
        yield f"{label} has metric {same[0]['metric']}, planned is {metric}"


def _hops(route: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the ways of a route: several where it has more than one."""
    several = [dict(hop) for hop in route.get("nexthops", ()) if isinstance(hop, Mapping)]
    for hop in several or [dict(route)]:
        via = hop.get("via")
        if isinstance(via, Mapping):  # a gateway of the other family
            hop["gateway"] = via.get("host")
        yield hop


def _rivals(
    wanted: Sequence[Mapping[str, Any]],
    names: Mapping[str, str | None],
    defaults: Sequence[Mapping[str, Any]],
    family: Family,
) -> Iterator[str]:
    """Tell of default routes that nobody planned and that win."""
    ways = {
        (_canonical(route.get("next-hop-address")), names.get(str(route.get("next-hop-interface"))))
        for route in wanted
        if route.get("destination") == _DEFAULTS[family]
    }
    hops = [hop | {"metric": route.get("metric", 0)} for route in defaults for hop in _hops(route)]
    own = [hop["metric"] for hop in hops if (_canonical(hop.get("gateway")), hop.get("dev")) in ways]
    for hop in hops:
        if (_canonical(hop.get("gateway")), hop.get("dev")) not in ways and own and hop["metric"] <= min(own):
            yield f"another default route {_by(hop)} wins, by metric {hop['metric']}"


def _canonical(address: Any) -> str:
    try:
        return str(ipaddress.ip_address(str(address)))
    except ValueError:
        return ""


def _by(hop: Mapping[str, Any]) -> str:
    gateway = f"via {hop['gateway']} " if hop.get("gateway") else ""
    return f"{gateway}by {hop.get('dev')}"
