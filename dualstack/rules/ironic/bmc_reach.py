"""Whether each node that Ironic may run on has a way to the BMCs: it is on one of several, and moves.

Read is the main routing table as nmstate makes it; where rules choose among tables, or the chart's values choose the
node, nothing is said.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dualstack.address.family import FAMILIES, IPAddress, IPNetwork
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.origins import Path
from dualstack.plan.model import BmcPlan, NodePlan
from dualstack.plan.topology import several
from dualstack.rules.base import Subject
from dualstack.rules.network.nmstate_view import MAIN_TABLES, Link, is_list, read_links, read_routes

REACH = Rule(
    "DS285-bmc-reach",
    "With several nodes each one that Ironic may run on must have a way to every BMC.",
    Severity.WARNING,
    "Once Ironic has moved there, machines behind these BMCs are neither inspected nor provisioned nor switched off.",
    "suse-edge/charts metal3 (one replica on the host's network); ironic redfish driver (read)",
)
RULES = (REACH,)

_KEEPS_OFF: Final = (":NoSchedule", ":NoExecute")
_CHOOSE: Final = ("nodeSelector", "affinity", "tolerations")
_SHOWN: Final = 3


def has_way(document: At[Mapping[str, Any]], address: IPAddress) -> bool | None:
    """Tell whether a node has a way to an address; None where its nmstate does not tell.

    The longest prefix wins, as in the kernel: a blackhole takes away what a default route would give.
    """
    rules = document.value.get("route-rules")
    if isinstance(rules, Mapping) and rules.get("config"):
        return None
    ways = [*_connected(read_links(document)), *_routed(document)]
    fitting = [way for way in ways if way[0].version == address.version and address in way[0]]
    best = max((network.prefixlen for network, _ in fitting), default=None)
    return any(leads for network, leads in fitting if network.prefixlen == best)


def _connected(links: Sequence[Link]) -> Iterable[tuple[IPNetwork, bool]]:
    for link in links:
        for ip in link.ips:
            if ip.enabled:
                yield from ((own.value.network, True) for own in ip.addresses)
            if ip.gives_route:
                yield ipaddress.ip_network("0.0.0.0/0" if ip.family == "ipv4" else "::/0"), True


def _routed(document: At[Mapping[str, Any]]) -> Iterable[tuple[IPNetwork, bool]]:
    for hop in read_routes(document):
        if hop.destination is not None and hop.table in MAIN_TABLES and hop.vrf is None:
            yield hop.destination, not hop.refuses


def check_reach(subject: Subject) -> Findings:
    """Judge the ways from each node to the BMCs whose addresses are written."""
    metal3 = subject.plan.chart("metal3")
    if not several(subject.site) or metal3 is None or _chosen(subject.plan.values("metal3")):
        return
    nodes = [node for node in subject.plan.nodes if not _kept_off(subject.site.nodes[node.index].taints)]
    lacking: dict[tuple[str, ...], list[tuple[int, BmcPlan]]] = {}
    for index, bmc in enumerate(subject.plan.bmcs):
        if bmc.family in FAMILIES and (names := _without(nodes, ipaddress.ip_address(bmc.host))):
            lacking.setdefault(names, []).append((index, bmc))
    for names, found in lacking.items():
        path: Path = ("provisioning", "bmcs", found[0][0], "address")
        shown = ", ".join(f"{bmc.name} at {bmc.host}" for _, bmc in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        who = ", ".join(names)
        fix = f"give {who} a route to it, or a taint that keeps pods off, such as bmc=none:NoSchedule"
        yield REACH.at(path, f"{who} has no way to {shown}{more}", fix)


def _kept_off(taints: Iterable[str]) -> bool:
    return any(taint.endswith(_KEEPS_OFF) for taint in taints)


def _without(nodes: Iterable[NodePlan], address: IPAddress) -> tuple[str, ...]:
    return tuple(node.name for node in nodes if has_way(At((), node.nmstate), address) is False)


def _chosen(values: object) -> bool:
    """Tell whether the chart's values choose nodes anywhere."""
    if isinstance(values, Mapping):
        return any((key in _CHOOSE and value) or _chosen(value) for key, value in values.items())
    return is_list(values) and any(map(_chosen, values))


CHECKS = (check_reach,)
