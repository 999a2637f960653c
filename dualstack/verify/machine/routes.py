"""Routes of a machine, of every table, against the node's network file."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dualstack.address.family import LABEL, Family
from dualstack.plan.model import NodePlan
from dualstack.verify.machine.nics import Nic, mappings, plain, shown
from dualstack.verify.machine.reading import Reading
from dualstack.verify.model import Result, Word

_MAIN: Final = "254"
_TABLES: Final = {"main": _MAIN, "0": _MAIN, "local": "255", "default": "253"}
"""Numbers of the tables that ``ip`` names; nmstate's 0 is main."""
_REFUSALS: Final = ("blackhole", "unreachable", "prohibit", "throw")


@dataclass(frozen=True)
class _Hop:
    """One way of a route; a route may have several."""

    gateway: str
    device: str | None
    metric: int = 0

    def __str__(self) -> str:
        return " ".join(filter(None, (f"via {self.gateway}" if self.gateway else "", f"by {self.device}")))


@dataclass(frozen=True)
class _Route:
    """A route, as planned or as a machine has it; ``default`` for either family's."""

    to: str
    table: str
    hops: tuple[_Hop, ...]
    refuses: bool


def judge(node: NodePlan, nics: Sequence[Nic], reading: Reading, family: Family, result: Result) -> Iterator[Result]:
    """Judge the routes of a family; nothing where none is planned and there is none."""
    try:
        have = [_machines(one) for one in mappings(reading.data(family))]
    except ValueError as error:
        fix = "see that ip of iproute2 is on the machine"
        yield replace(result, word=Word.NOT_CHECKABLE, seen=str(error), fix=fix)
        return
    wanted = list(_planned(node, nics, family))
    wrong = [words for route, metric in wanted for words in _wrong(route, metric, have, family)]
    given = any(nic.learns(family) for nic in nics)
    defaults = [one for one in have if one.to == "default" and one.table == _MAIN and not one.refuses]
    if not defaults and given and not wrong:
        wrong.append(f"there is no default route over {LABEL[family]}: neither DHCP nor a router gave one")
    if not given:
        wrong += _rivals([route for route, _ in wanted], defaults)
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


def _planned(node: NodePlan, nics: Sequence[Nic], family: Family) -> Iterator[tuple[_Route, int | None]]:
    """Give each planned route with its metric, where it has one."""
    routes = node.nmstate.get("routes")
    config = routes.get("config") if isinstance(routes, Mapping) else None
    names = {str(nic.wanted.get("name")): nic.name for nic in nics}
    for one in mappings(config):
        try:
            network = ipaddress.ip_network(str(one.get("destination")), strict=False)
        except ValueError:
            continue  # raw nmstate that is wrong is what rules tell
        if (network.version == 6) is not (family == "ipv6") or one.get("state") == "absent":
            continue
        nic = one.get("next-hop-interface")
        hop = _Hop(plain(one.get("next-hop-address")), None if nic is None else names.get(str(nic)) or str(nic))
        table = str(one.get("table-id") or _MAIN)
        metric = one.get("metric")
        route = _Route(_to(network), _TABLES.get(table, table), (hop,), bool(one.get("route-type")))
        yield route, metric if isinstance(metric, int) and metric >= 0 else None


def _to(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    """Give a destination as ``ip`` writes it."""
    if network.prefixlen == 0:
        return "default"
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _machines(route: Mapping[str, Any]) -> _Route:
    """Read one that ``ip -j route`` gives."""
    table = str(route.get("table", "main"))
    metric = route.get("metric")
    hops = tuple(
        # `via` is a gateway of the other family.
        _Hop(plain(hop.get("gateway") or _host(hop)), shown(hop.get("dev")), metric if isinstance(metric, int) else 0)
        for hop in mappings(route.get("nexthops")) or [route]
    )
    return _Route(str(route.get("dst")), _TABLES.get(table, table), hops, route.get("type") in _REFUSALS)


def _host(hop: Mapping[str, Any]) -> Any:
    via = hop.get("via")
    return via.get("host") if isinstance(via, Mapping) else None


def _same(wanted: _Hop, hop: _Hop) -> bool:
    """Tell whether a way is the planned one; what is not planned may be anything."""
    return wanted.gateway in ("", hop.gateway) and wanted.device in (None, hop.device)


def _wrong(route: _Route, metric: int | None, have: Sequence[_Route], family: Family) -> Iterator[str]:
    label = f"the default route over {LABEL[family]}" if route.to == "default" else f"the route to {route.to}"
    there = [one for one in have if (one.to, one.table, one.refuses) == (route.to, route.table, route.refuses)]
    if not there:
        yield f"{label} is missing" + (f" in table {route.table}" if route.table != _MAIN else "")
        return
    if route.refuses:
        return
    hops = [hop for one in there for hop in one.hops]
    same = [hop for hop in hops if _same(route.hops[0], hop)]
    if not same:
        yield f"{label} goes {hops[0]}, planned is {route.hops[0]}"
    elif metric is not None and all(hop.metric != metric for hop in same):
        yield f"{label} has metric {same[0].metric}, planned is {metric}"


def _rivals(wanted: Sequence[_Route], defaults: Sequence[_Route]) -> Iterator[str]:
    """Tell of default routes that nobody planned and that win over those that are."""
    ways = [route.hops[0] for route in wanted if route.to == "default" and route.table == _MAIN]
    hops = [hop for route in defaults for hop in route.hops]
    own = [hop.metric for hop in hops if any(_same(way, hop) for way in ways)]
    for hop in hops:
        if own and hop.metric <= min(own) and not any(_same(way, hop) for way in ways):
            yield f"another default route {hop} wins, by metric {hop.metric}"
